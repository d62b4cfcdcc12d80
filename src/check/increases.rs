//! Whether a request for a higher quota is open: asked when an alert is to say so, and never waited for for long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::debug;

use super::deadline::Deadline;
use super::sessions::Sessions;
use crate::aws::IncreaseReader;
use crate::failure::Stage;
use crate::reading::IncreaseRequest;
use crate::target::{AccountId, Target};
use crate::time::Timestamp;

/// How long an alert waits for it, while it is claimed. That the quota fills up matters more than what was asked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a target whose role may not ask is not asked about again: older roles may not.
const DENIED_SECONDS: i64 = 3_600;

/// The targets whose roles may not ask, and since when that is known.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<BTreeMap<Target, Timestamp>>);

impl Denials {
    fn contains(&self, target: &Target, now: Timestamp) -> bool {
        let denied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        denied.get(target).is_some_and(|denied_at| is_fresh(*denied_at, now))
    }

    fn insert(&self, target: Target, now: Timestamp) {
        let mut denied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        denied.retain(|_, denied_at| is_fresh(*denied_at, now));
        denied.insert(target, now);
    }
}

fn is_fresh(denied_at: Timestamp, now: Timestamp) -> bool {
    now < denied_at.plus_seconds(DENIED_SECONDS)
}

/// What open requests are asked for with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Increases<'a> {
    /// Reads the requests.
    pub reader: &'a IncreaseReader,
    /// Who may not.
    pub denials: &'a Denials,
    /// The sessions that are open.
    pub sessions: &'a Sessions,
    /// The function's own account, which is read without a session.
    pub own: &'a AccountId,
    /// When the check started.
    pub now: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
}

impl Increases<'_> {
    /// The request that is open for a target; `None` where there is none, and where that is not known: no failure of a check.
    pub(super) async fn open(&self, target: &Target) -> Option<IncreaseRequest> {
        let Self { reader, denials, sessions, own, now, deadline } = *self;
        if denials.contains(target, now) {
            return None;
        }
        let session = sessions.get(&target.account.id, now);
        if session.is_none() && target.account.id != *own {
            return None;
        }
        let deadline = deadline.share().at_most(PATIENCE);
        match deadline.bound(Stage::Increases, reader.requests(&target.region, session.as_ref())).await {
            Ok(requests) => IncreaseRequest::open_of(requests),
            Err(failure) => {
                debug!(%target, %failure, "whether a request for a higher quota is open is not known");
                if failure.is_denied() {
                    denials.insert(target.clone(), now);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::tests::target;

    #[test]
    fn who_may_not_ask_is_remembered_for_an_hour_and_takes_no_memory_then() {
        let denials = Denials::default();
        let (here, there) = (target("aws", "us-east-1"), target("aws", "eu-west-1"));
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        denials.insert(here.clone(), noon);
        assert!(denials.contains(&here, noon) && denials.contains(&here, noon.plus_seconds(3_599)));
        assert!(!denials.contains(&here, noon.plus_seconds(3_600)) && !denials.contains(&there, noon));
        denials.insert(there, noon.plus_seconds(3_600));
        assert_eq!(denials.0.lock().unwrap().len(), 1);
    }
}
