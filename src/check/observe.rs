//! Reads what is known of a target: its quota, account status and history from SES, and its states from the state table.

use std::sync::Arc;
use std::time::Duration;

use super::deadline::Deadline;
use super::histories::Histories;
use crate::alert::{AlertLevel, AlertPolicy, Subject};
use crate::aws::{Clients, StateStore, States};
use crate::failure::{Failure, Stage};
use crate::reading::{AccountStatus, SendHistory, SendQuota};
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What SES and DynamoDB answered about a target.
#[derive(Debug)]
pub(super) struct Observation {
    /// The send quota.
    pub quota: Result<SendQuota, Failure>,
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
    /// Says when a history is of use.
    pub policy: &'a AlertPolicy,
    /// What the check is asked for.
    pub request: Request,
    /// When the check started.
    pub now: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
}

impl Observer<'_> {
    /// Reads SES and the state table at the same time, then the history, if it is of use.
    pub(super) async fn observe(self, target: &Target) -> Observation {
        let Self { clients, deadline, .. } = self;
        // A test alert leaves the states alone.
        let states = clients.states.as_ref().filter(|_| self.request != Request::TestAlert);
        let ((quota, account), states) =
            tokio::join!(self.read_ses(target), deadline.share().bound(Stage::State, read_states(states, target)));
        let history = match &quota {
            Ok(quota) if self.wants_history(quota, &states) => self.history(target).await.map(Some),
            _ => Ok(None),
        };
        Observation { quota, account, states, history }
    }

    /// One call after the other: SES accepts one request a second per account and Region, and the second call finds the
    /// connection of the first. A Region that cannot be reached is not asked again.
    ///
    /// Source: Amazon SES developer guide, "Service quotas in Amazon SES".
    pub(super) async fn read_ses(
        &self,
        target: &Target,
    ) -> (Result<SendQuota, Failure>, Result<Option<AccountStatus>, Failure>) {
        let Self { clients, deadline, .. } = self;
        let quota = deadline.share().bound(Stage::Read, clients.quotas.read(&target.region)).await;
        let account = match &quota {
            Err(failure) if failure.is_unreachable() => Ok(None),
            _ => deadline.share().bound(Stage::Account, clients.accounts.read(&target.region)).await.map(Some),
        };
        (quota, account)
    }

    /// A history explains alerts, and is one more call: it is read where an alert is due or may be due soon, where the send
    /// rate is watched, and where a person asks.
    fn wants_history(&self, quota: &SendQuota, states: &Result<Option<States>, Failure>) -> bool {
        let is_rate_watched = self.policy.rate_warning.is_some() && quota.max_send_rate().per_second().is_some();
        let Some(used) = quota.utilization().filter(|_| quota.max_24_hour_send() != Some(0.0)) else {
            return is_rate_watched;
        };
        let stored = states.as_ref().ok().and_then(Option::as_ref).and_then(|states| states.get(&Subject::Quota));
        let level = stored.and_then(|stored| stored.as_ref().ok()).map(|stored| stored.state.assessed_level());
        is_rate_watched
            || self.request != Request::Scheduled
            || used.percent() >= self.policy.thresholds.warning() / 2.0
            || level > Some(AlertLevel::Ok)
    }

    /// The history: the one that is known, or what SES answers in the time that an alert can wait.
    pub(super) async fn history(&self, target: &Target) -> Result<Arc<SendHistory>, Failure> {
        if let Some(known) = self.histories.get(target, self.now) {
            return Ok(known);
        }
        let deadline = self.deadline.share().at_most(PATIENCE);
        let history = deadline.bound(Stage::History, self.clients.quotas.read_history(&target.region)).await?;
        let history = Arc::new(history);
        self.histories.keep(target, Arc::clone(&history), self.now);
        Ok(history)
    }
}

async fn read_states(states: Option<&StateStore>, target: &Target) -> Result<Option<States>, Failure> {
    match states {
        Some(states) => states.read(target).await.map(Some),
        None => Ok(None),
    }
}
