//! Whether anybody listens to the topic.

use std::sync::{Mutex, PoisonError};

use tracing::{debug, warn};

use super::deadline::Deadline;
use crate::aws::Clients;
use crate::failure::Stage;
use crate::metrics;
use crate::time::Timestamp;

/// When the subscribers were counted last: once a clock hour, but not in the first check of a process, which would pay one
/// more connection for it at each cold start.
#[derive(Debug, Default)]
pub(super) struct Listeners(Mutex<Option<Timestamp>>);

impl Listeners {
    /// Whether the check that starts at `now` counts them.
    pub(super) fn are_due(&self, now: Timestamp) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.start_of_hour();
        match counted.replace(hour) {
            None => {
                *counted = Some(Timestamp::EPOCH);
                false
            }
            Some(last) => last != hour,
        }
    }
}

/// Counts the confirmed subscribers of the topic, and warns if there are none. `None` where SNS does not say, or the
/// function's role may not ask: that is no failure of a check.
pub(super) async fn count(clients: &Clients, deadline: Deadline) -> Option<u32> {
    match deadline.share().bound(Stage::Alert, clients.alerts.confirmed_subscribers()).await {
        Ok(Some(0)) => {
            warn!(
                "the alert topic has no confirmed subscriber, so alerts reach nobody: confirm a subscription or add one"
            );
            Some(0)
        }
        Ok(confirmed) => confirmed,
        Err(failure) => {
            debug!(%failure, "the subscribers of the alert topic are not known");
            None
        }
    }
}

/// Publishes their number as a metric.
pub(super) async fn publish(clients: &Clients, confirmed: u32, at: Timestamp, deadline: Deadline) {
    let measured = [(None, vec![metrics::for_subscribers(confirmed)])];
    if let Err(failure) = deadline.bound(Stage::Metrics, clients.metrics.publish(&measured, at)).await {
        debug!(%failure, "the number of subscribers is not published");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_once_an_hour_and_not_in_the_first_check() {
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let listeners = Listeners::default();
        let counted: Vec<i64> =
            (-5..130).step_by(5).filter(|minute| listeners.are_due(noon.plus_seconds(60 * minute))).collect();
        assert_eq!(counted, [0, 60, 120]);
        let listeners = Listeners::default();
        let counted: Vec<i64> =
            (0..130).step_by(5).filter(|minute| listeners.are_due(noon.plus_seconds(60 * minute))).collect();
        assert_eq!(counted, [5, 60, 120]);
    }
}
