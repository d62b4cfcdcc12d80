//! What an observation means: the level of a target, and what to do about it. Pure.

use super::observe::Observation;
use crate::alert::{Action, AlertPolicy, Decision, decide, decide_without_state};
use crate::aws::StoredState;
use crate::failure::Failure;
use crate::metrics::{self, Metric};
use crate::reading::Reading;
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What a check knows of a target before it acts.
#[derive(Debug)]
pub(super) struct Assessment {
    /// What SES said, and what to do about it; `None` where the quota is unknown.
    pub decided: Option<(Reading, Decision)>,
    /// The state that the decision started from; `None` where it is unknown, or none is kept.
    pub state: Option<StoredState>,
    /// Whether the state could not be read: then the level may be higher than the numbers alone say.
    pub is_blind: bool,
    /// What could not be read, or not be believed.
    pub failures: Vec<Failure>,
}

impl Assessment {
    /// The metrics of the target.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        match &self.decided {
            Some((reading, decision)) => {
                let level = (!self.is_blind).then_some(decision.level);
                metrics::for_reading(&reading.quota, level, !self.failures.is_empty())
            }
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
    let is_blind = state_failure.is_some();
    let quota = match observation.quota {
        Ok(quota) => quota,
        // Unknown is not OK: there is no level, and no recovery.
        Err(failure) => {
            let failures = [failure].into_iter().chain(state_failure).collect();
            return Assessment { decided: None, state, is_blind, failures };
        }
    };
    let reading = Reading { target: target.clone(), quota, checked_at };
    let decision = match (request, &state) {
        // A test alert is sent whatever the level, and changes nothing.
        (Request::TestAlert, _) => {
            let level = policy.thresholds.level(&reading.quota);
            Decision { level, action: Action::Nothing, disbelieved: Vec::new() }
        }
        (Request::Scheduled | Request::DryRun, Some(stored)) => decide(&stored.state, &reading, policy),
        (Request::Scheduled | Request::DryRun, None) => decide_without_state(&reading, policy),
    };
    let disbelieved = decision.disbelieved.iter().map(Failure::impossible_time);
    let failures = state_failure.into_iter().chain(disbelieved).collect();
    Assessment { decided: Some((reading, decision)), state, is_blind, failures }
}
