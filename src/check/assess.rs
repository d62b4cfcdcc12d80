//! What an observation means: the level of a target, and what to do about it. Pure.

use super::observe::Observation;
use crate::alert::{Action, AlertLevel, AlertPolicy, Decision, Kind, Notification, decide, decide_without_state};
use crate::aws::StoredState;
use crate::failure::Failure;
use crate::metrics::{self, Metric};
use crate::reading::{Reading, SendQuota};
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What a check knows of a target before it acts.
#[derive(Debug)]
pub(super) struct Assessment {
    /// The quota and the level; `None` where the quota is unknown.
    pub finding: Option<(SendQuota, AlertLevel)>,
    /// What to do.
    pub action: Action,
    /// The state that guards the action; `None` where it is unknown, or none is kept.
    pub state: Option<StoredState>,
    /// What could not be read.
    pub failures: Vec<Failure>,
}

impl Assessment {
    /// The metrics of the target.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        match &self.finding {
            Some((quota, level)) => metrics::for_reading(quota, *level, !self.failures.is_empty()),
            None => metrics::for_unread_target(),
        }
    }
}

/// Assesses what was observed of a target by a check that started at `checked_at`.
pub(super) fn assess(
    request: Request,
    target: &Target,
    observation: Observation,
    checked_at: Timestamp,
    policy: &AlertPolicy,
) -> Assessment {
    let (state, state_failure) = match observation.state {
        Ok(state) => (state, None),
        Err(failure) => (None, Some(failure)),
    };
    let quota = match observation.quota {
        Ok(quota) => quota,
        // Unknown is not OK: there is no level, and no recovery.
        Err(failure) => {
            let failures = [failure].into_iter().chain(state_failure).collect();
            return Assessment { finding: None, action: Action::Nothing, state, failures };
        }
    };
    let reading = Reading { target: target.clone(), quota, checked_at };
    let Decision { level, action, disbelieved } = match (request, &state) {
        (Request::TestAlert, _) => test_alert(&reading, policy),
        (Request::Scheduled | Request::DryRun, Some(stored)) => decide(&stored.state, &reading, policy),
        (Request::Scheduled | Request::DryRun, None) => decide_without_state(&reading, policy),
    };
    let disbelieved = disbelieved.iter().map(Failure::impossible_time);
    let failures = state_failure.into_iter().chain(disbelieved).collect();
    Assessment { finding: Some((quota, level)), action, state, failures }
}

/// A test alert, whatever the level.
fn test_alert(reading: &Reading, policy: &AlertPolicy) -> Decision {
    let level = policy.thresholds.level(&reading.quota);
    let notification = Notification::new(reading.clone(), Kind::Test, level, reading.checked_at);
    Decision { level, action: Action::Notify { notification, guard: None }, disbelieved: Vec::new() }
}
