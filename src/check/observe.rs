//! Reads what is known of a target: its quota, account status and history from SES, and its states from the state table.

use std::sync::Arc;
use std::time::Duration;

use super::deadline::Deadline;
use super::histories::Histories;
use super::patience::Patience;
use super::places::{Access, Place};
use super::sessions::Sessions;
use crate::alert::{AlertLevel, AlertPolicies, Subject};
use crate::aws::{Clients, Session, States};
use crate::failure::{Failure, Stage};
use crate::reading::{AccountStatus, SendHistory, SendQuota};
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What SES and DynamoDB answered about a target.
#[derive(Debug)]
pub(super) struct Observation {
    /// The send quota; `Ok(None)` for an account as a whole, which can be read.
    pub quota: Result<Option<SendQuota>, Failure>,
    /// The status of the account; `Ok(None)` where SES was not asked.
    pub account: Result<Option<AccountStatus>, Failure>,
    /// The stored states; `Ok(None)` where none are kept, or none are needed.
    pub states: Result<Option<States>, Failure>,
    /// What was sent in the last two weeks; `Ok(None)` where nobody asks.
    pub history: Result<Option<Arc<SendHistory>>, Failure>,
}

/// How long an alert may wait for the history that explains it. A service that takes 4 seconds is slow, not down.
const PATIENCE: Duration = Duration::from_secs(5);

/// What targets are observed with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observer<'a> {
    /// The clients for AWS.
    pub clients: &'a Clients,
    /// The histories that are known.
    pub histories: &'a Histories,
    /// The sessions that are open.
    pub sessions: &'a Sessions,
    /// How long calls are waited for.
    pub patience: &'a Patience,
    /// Says when a history is of use.
    pub policies: &'a AlertPolicies,
    /// What the check is asked for.
    pub request: Request,
    /// When the check started.
    pub now: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
}

impl Observer<'_> {
    /// Reads SES and the states at the same time, then the history, if it is of use.
    pub(super) async fn observe(self, Place { target, access, states, .. }: &Place<'_>) -> Observation {
        let states = async {
            match states.clone() {
                Some(states) => states.of(target).await.map(Some),
                None => Ok(None),
            }
        };
        let ((quota, account, session), states) = tokio::join!(self.read(target, access), states);
        let history = match &quota {
            Ok(Some(quota)) if self.wants_history(target, quota, &states) => {
                self.history(target, session.as_ref()).await.map(Some)
            }
            _ => Ok(None),
        };
        Observation { quota, account, states, history }
    }

    /// Reads SES, where the account can be read at all. Returns the session, too.
    async fn read(
        &self,
        target: &Target,
        access: &Access<'_>,
    ) -> (Result<Option<SendQuota>, Failure>, Result<Option<AccountStatus>, Failure>, Option<Session>) {
        match access.open().await {
            Err(failure) => (Err(failure), Ok(None), None),
            Ok(session) if target.region.is_all() => (Ok(None), Ok(None), session),
            Ok(session) => {
                let (quota, account) = self.read_ses(target, session.as_ref()).await;
                (quota.map(Some), account, session)
            }
        }
    }

    /// One call after the other: SES accepts one request a second per account and Region, and the second call finds the
    /// connection of the first. A Region that cannot be reached is not asked again.
    ///
    /// Source: Amazon SES developer guide, "Service quotas in Amazon SES".
    pub(super) async fn read_ses(
        &self,
        target: &Target,
        session: Option<&Session>,
    ) -> (Result<SendQuota, Failure>, Result<Option<AccountStatus>, Failure>) {
        let (Self { clients, deadline, patience, .. }, region) = (self, &target.region);
        let quota = patience.bound(region, *deadline, Stage::Read, clients.quotas.read(region, session)).await;
        let account = match &quota {
            Err(failure) if failure.is_unreachable() => Ok(None),
            _ => {
                let read = clients.accounts.read(region, session);
                patience.bound(region, *deadline, Stage::Account, read).await.map(Some)
            }
        };
        // Somebody may have ended the session: the next check opens another. In a Region that the account has not enabled, none
        // would do.
        let is_ended = |failure: &Failure| failure.is_of_credentials() && !failure.is_absence(region);
        if session.is_some() && quota.as_ref().is_err_and(is_ended) {
            self.sessions.forget(&target.account.id);
        }
        (quota, account)
    }

    /// A history explains alerts, and is one more call: it is read where an alert is due or may be due soon, where the send
    /// rate is watched, and where a person asks.
    fn wants_history(&self, target: &Target, quota: &SendQuota, states: &Result<Option<States>, Failure>) -> bool {
        let policy = self.policies.of(target);
        let is_rate_watched = policy.rate_warning.is_some() && quota.max_send_rate().per_second().is_some();
        let Some(used) = quota.utilization().filter(|_| quota.max_24_hour_send() != Some(0.0)) else {
            return is_rate_watched;
        };
        let stored = states.as_ref().ok().and_then(Option::as_ref).and_then(|states| states.get(&Subject::Quota));
        let level = stored.and_then(|stored| stored.as_ref().ok()).map(|stored| stored.state.assessed_level());
        is_rate_watched
            || self.request != Request::Scheduled
            || used.percent() >= policy.thresholds.warning() / 2.0
            || level > Some(AlertLevel::Ok)
    }

    /// The history: the one that is known, or what SES answers in the time that an alert can wait.
    pub(super) async fn history(
        &self,
        target: &Target,
        session: Option<&Session>,
    ) -> Result<Arc<SendHistory>, Failure> {
        if let Some(known) = self.histories.get(target, self.now) {
            return Ok(known);
        }
        let deadline = self.deadline.share().at_most(PATIENCE);
        let history = deadline.bound(Stage::History, self.clients.quotas.read_history(&target.region, session)).await?;
        let history = Arc::new(history);
        self.histories.keep(target, Arc::clone(&history), self.now);
        Ok(history)
    }
}
