//! Which accounts are checked: those of the organization are listed once an hour, and kept from check to check.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Monitor;
use super::deadline::Deadline;
use super::pipeline::Check;
use crate::aws::{FleetClients, Listing, MemberList, StateStore};
use crate::failure::{Failure, Stage};
use crate::request::Request;
use crate::settings::{Accounts, UnitId};
use crate::target::Member;
use crate::time::Timestamp;

/// How long a list is used before the accounts are listed anew.
const KEPT_SECONDS: i64 = 3_600;

/// How far the clocks of two invocations may be apart.
const MOST_SECONDS_AHEAD: i64 = 300;

/// What is known of the organization's accounts.
#[derive(Debug, Default)]
pub(super) struct Members(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    known: Option<MemberList>,
    /// A listing that has not come to its end in the time of a check. The next one goes on with it.
    begun: Option<Progress>,
}

/// The accounts to check, and how well they are known.
#[derive(Debug)]
pub(super) struct Roster {
    /// The accounts.
    pub accounts: Arc<[Member]>,
    /// When they were listed; `None` where that was never done to the end.
    pub listed_at: Option<Timestamp>,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// How far a listing has come.
#[derive(Debug)]
struct Progress {
    found: Vec<Member>,
    left: Vec<Listing>,
    next: Option<String>,
    /// How many pages were read.
    pages: usize,
}

impl Progress {
    fn new(accounts: &Accounts) -> Self {
        let left = match accounts {
            Accounts::Units(units) => units.iter().flat_map(below).collect(),
            Accounts::Own | Accounts::These(_) | Accounts::Organization => vec![Listing::Accounts],
        };
        Self { found: Vec::new(), left, next: None, pages: 0 }
    }

    /// Lists the accounts to the end.
    async fn run(&mut self, fleet: &FleetClients) -> Result<(), Failure> {
        while let Some(listing) = self.left.last() {
            let page = fleet.organization.page(listing, self.next.as_deref()).await?;
            self.pages += 1;
            self.next = page.next;
            if self.next.is_none() {
                self.left.pop();
            }
            self.found.extend(page.members);
            // Before what is left of the present listing would go on with another's page.
            let end = self.left.len() - usize::from(self.next.is_some());
            self.left.splice(end..end, page.units.iter().flat_map(below));
        }
        Ok(())
    }
}

/// What a unit contains.
fn below(unit: &UnitId) -> [Listing; 2] {
    [Listing::AccountsOf(unit.clone()), Listing::UnitsOf(unit.clone())]
}

impl Check<'_> {
    /// The accounts that are checked.
    pub(super) async fn accounts(&self) -> Roster {
        let Monitor { settings, clients, members, .. } = self.monitor;
        let targets = &settings.targets;
        let own = Member { id: self.invocation.function.account.id.clone(), name: None };
        let roster = match (&targets.accounts, &clients.fleet) {
            (Accounts::Own, _) | (_, None) => Roster::known([own].into()),
            (Accounts::These(accounts), _) => {
                Roster::known(accounts.iter().map(|id| Member { id: id.clone(), name: None }).collect())
            }
            (accounts @ (Accounts::Organization | Accounts::Units(_)), Some(fleet)) => {
                let lister = Lister {
                    fleet,
                    states: clients.states.as_ref(),
                    accounts,
                    may_write: self.request == Request::Scheduled,
                    now: self.invocation.started_at,
                    deadline: self.deadline,
                };
                let roster = members.of_organization(lister).await;
                // Of an organization of which nothing is known, the function's own account is one.
                if *accounts == Accounts::Organization && roster.listed_at.is_none() && roster.accounts.is_empty() {
                    Roster { accounts: [own].into(), ..roster }
                } else {
                    roster
                }
            }
        };
        let is_included = |account: &&Member| !targets.excluded.contains(&account.id);
        Roster { accounts: roster.accounts.iter().filter(is_included).cloned().collect(), ..roster }
    }
}

impl Roster {
    /// Accounts that are in the settings.
    fn known(accounts: Arc<[Member]>) -> Self {
        Self { accounts, listed_at: None, failures: Vec::new() }
    }
}

/// What lists the accounts of an organization.
#[derive(Debug, Clone, Copy)]
struct Lister<'a> {
    fleet: &'a FleetClients,
    /// Where the list is kept; `None` without `STATE_TABLE`.
    states: Option<&'a StateStore>,
    accounts: &'a Accounts,
    /// Whether a new list may be stored.
    may_write: bool,
    now: Timestamp,
    deadline: Deadline,
}

impl Lister<'_> {
    /// The list that is stored, for a process that knows none.
    async fn stored(&self) -> Result<Option<MemberList>, Failure> {
        match self.states {
            Some(states) => self.deadline.share().bound(Stage::State, states.read_members(self.accounts)).await,
            None => Ok(None),
        }
    }

    /// Lists the accounts, from where an earlier check has left off, and stores the list.
    ///
    /// # Errors
    /// How far it came, if a later check can go on from there, and what failed.
    async fn list(
        &self,
        begun: Option<Progress>,
    ) -> Result<(MemberList, Option<Failure>), (Option<Progress>, Option<Failure>)> {
        let mut progress = begun.unwrap_or_else(|| Progress::new(self.accounts));
        let before = progress.pages;
        match self.deadline.share().wait_for(progress.run(self.fleet)).await {
            Some(Ok(())) => {}
            // If not even one page was read, it may be that AWS does not go on from where it was.
            Some(Err(failure)) => {
                return Err((Some(progress).filter(|progress| progress.pages > before), Some(failure)));
            }
            None => return Err((Some(progress), None)),
        }
        let list = MemberList { accounts: sorted(progress.found), listed_at: self.now };
        let stored = match self.states.filter(|_| self.may_write) {
            Some(states) => self.deadline.share().bound(Stage::State, states.write_members(self.accounts, &list)).await,
            None => Ok(()),
        };
        Ok((list, stored.err()))
    }
}

impl Members {
    /// The accounts of the organization: those that are known, or what a listing finds in a third of the time that is left.
    /// A list that cannot be replaced stays in use.
    async fn of_organization(&self, lister: Lister<'_>) -> Roster {
        let mut failures = Vec::new();
        let Memory { mut known, mut begun } = mem::take(&mut *self.memory());
        if known.is_none() {
            known = lister.stored().await.unwrap_or_else(|failure| {
                failures.push(failure);
                None
            });
        }
        if !known.as_ref().is_some_and(|list| is_fresh(list, lister.now)) {
            let failure = match lister.list(begun).await {
                Ok((list, failure)) => {
                    (known, begun) = (Some(list), None);
                    failure
                }
                Err((progress, failure)) => {
                    begun = progress;
                    failure
                }
            };
            failures.extend(failure);
        }
        let roster = match (&known, &begun) {
            (Some(MemberList { accounts, listed_at }), _) => {
                Roster { accounts: Arc::clone(accounts), listed_at: Some(*listed_at), failures }
            }
            (None, Some(progress)) => {
                let found = sorted(progress.found.clone());
                failures.push(Failure::listing_unfinished(found.len()));
                Roster { accounts: found, listed_at: None, failures }
            }
            (None, None) => Roster { accounts: Arc::default(), listed_at: None, failures },
        };
        *self.memory() = Memory { known, begun };
        roster
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list from the future is not believed to last.
fn is_fresh(list: &MemberList, now: Timestamp) -> bool {
    let listed_at = list.listed_at;
    listed_at <= now.plus_seconds(MOST_SECONDS_AHEAD) && now < listed_at.plus_seconds(KEPT_SECONDS)
}

/// In an order of their own, each once.
fn sorted(mut accounts: Vec<Member>) -> Arc<[Member]> {
    accounts.sort();
    accounts.dedup_by(|one, other| one.id == other.id);
    accounts.into()
}
