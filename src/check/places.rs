//! What a check looks at, and how it gets there: for each account, whether it can be read at all, where it is another's, then
//! its Regions.

use std::collections::BTreeMap;
use std::iter::{self, Peekable};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, Shared};

use super::pipeline::Check;
use crate::alert::Subject;
use crate::aws::{FleetClients, Session, StateStore, States};
use crate::failure::{Failure, Stage};
use crate::request::Request;
use crate::settings::Regions;
use crate::target::{Account, AccountName, Member, Region, Target};

/// An account in a Region, or an account as a whole, and how it is read.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    /// The target; with [`Region::all`], the account as a whole.
    pub target: Target,
    /// What people call the account.
    pub name: Option<AccountName>,
    /// As whom it is read.
    pub access: Access<'a>,
    /// Where its states are read; `None` where none are kept, or none are needed.
    pub states: Option<StateBatch<'a>>,
}

/// As whom an account is read. Its Regions share one session.
#[derive(Debug, Clone)]
pub(super) enum Access<'a> {
    /// As the function.
    Own,
    /// In a session, which is opened when it is first needed.
    Role(Shared<BoxFuture<'a, Result<Session, Failure>>>),
}

impl Access<'_> {
    /// The session; `None` for the function's own account.
    pub(super) async fn open(&self) -> Result<Option<Session>, Failure> {
        match self {
            Self::Own => Ok(None),
            Self::Role(session) => session.clone().await.map(Some),
        }
    }
}

/// The states of some targets, which are read together when the first of them needs its own.
#[derive(Debug, Clone)]
pub(super) struct StateBatch<'a>(Shared<BoxFuture<'a, Result<Together, Failure>>>);

/// Those of each target.
type Together = Arc<BTreeMap<Target, States>>;

impl StateBatch<'_> {
    /// The states of a target.
    pub(super) async fn of(self, target: &Target) -> Result<States, Failure> {
        Ok(self.0.await?.get(target).cloned().unwrap_or_default())
    }
}

impl Check<'_> {
    /// The places in these accounts, in their order. Each is made when it is its turn: they are many, and not small.
    pub(super) fn places<'p>(&'p self, accounts: &'p [Member]) -> impl Iterator<Item = Place<'p>> {
        // A test alert leaves the states alone.
        let states = self.monitor.clients.states.as_ref().filter(|_| self.request != Request::TestAlert);
        let mut places = accounts.iter().flat_map(|account| self.in_account(account)).peekable();
        let next_batch = move || {
            let mut batch = fitting(&mut places);
            if let Some(states) = states {
                let read = self.batch(states, batch.iter().map(|place| place.target.clone()).collect());
                for place in &mut batch {
                    place.states = Some(read.clone());
                }
            }
            (!batch.is_empty()).then_some(batch)
        };
        iter::from_fn(next_batch).flatten()
    }

    /// How many targets there are in these accounts.
    pub(super) fn targets(&self, accounts: &[Member]) -> usize {
        let own = &self.invocation.function.account;
        accounts.iter().map(|account| self.regions(&own.with_id(account.id.clone())).len()).sum()
    }

    fn in_account<'p>(&'p self, Member { id, name }: &'p Member) -> impl Iterator<Item = Place<'p>> {
        let account = self.invocation.function.account.with_id(id.clone());
        let access = self.access(&account);
        let whole = matches!(access, Access::Role(_)).then(Region::all);
        let regions = self.regions(&account);
        let place = move |region: Region| Place {
            target: Target { account: account.clone(), region },
            name: name.clone(),
            access: access.clone(),
            states: None,
        };
        whole.into_iter().chain(regions).map(place)
    }

    /// As whom an account is read.
    pub(super) fn access(&self, account: &Account) -> Access<'_> {
        match &self.monitor.clients.fleet {
            Some(fleet) if *account != self.invocation.function.account => {
                Access::Role(self.session(fleet, account.clone()).boxed().shared())
            }
            _ => Access::Own,
        }
    }

    /// The session of an account: the one that is kept, or a new one.
    async fn session(&self, fleet: &FleetClients, account: Account) -> Result<Session, Failure> {
        let (sessions, now) = (&self.monitor.sessions, self.invocation.started_at);
        if let Some(session) = sessions.get(&account.id, now) {
            return Ok(session);
        }
        let assume = fleet.roles.assume(&account);
        let session = self.patience.bound(&Region::all(), self.deadline, Stage::Role, assume).await?;
        sessions.keep(&account.id, session.clone());
        Ok(session)
    }

    fn regions(&self, account: &Account) -> Vec<Region> {
        let Self { monitor, invocation, .. } = self;
        match &monitor.settings.targets.regions {
            Regions::These(regions) => regions.clone(),
            Regions::All => {
                let is_there = |region: &Region| {
                    let target = Target { account: account.clone(), region: region.clone() };
                    !monitor.left_out.contains(&target, invocation.started_at)
                };
                Region::with_ses(&account.partition).into_iter().filter(is_there).collect()
            }
        }
    }

    fn batch<'s>(&self, states: &'s StateStore, targets: Vec<Target>) -> StateBatch<'s> {
        let deadline = self.deadline;
        let read = async move {
            let read = deadline.share().bound(Stage::State, states.read(&targets)).await?;
            Ok(Arc::new(read))
        };
        StateBatch(read.boxed().shared())
    }
}

/// As many of the next places as have their states read in one request.
fn fitting<'p>(places: &mut Peekable<impl Iterator<Item = Place<'p>>>) -> Vec<Place<'p>> {
    let (mut batch, mut keys) = (Vec::new(), 0);
    while let Some(place) =
        places.next_if(|next| keys + Subject::of(&next.target).len() <= StateStore::KEYS_PER_REQUEST)
    {
        keys += Subject::of(&place.target).len();
        batch.push(place);
    }
    batch
}
