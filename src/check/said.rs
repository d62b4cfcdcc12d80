//! Which alerts this process has sent although no state guards them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::alert::{AlertId, Kind, Notification};
use crate::time::Timestamp;

/// The unguarded alerts of a clock hour: without a state, the process is the only memory there is.
#[derive(Debug, Default)]
pub(super) struct SaidThisHour(Mutex<(Option<Timestamp>, BTreeSet<AlertId>)>);

impl SaidThisHour {
    /// Whether an alert about this subject and level of the target has been sent in this hour.
    pub(super) fn contains(&self, notification: &Notification) -> bool {
        let (_, alert) = of_the_hour(notification);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.contains(&alert)
    }

    /// Remembers that it has been sent. Those of another hour are forgotten.
    pub(super) fn insert(&self, notification: &Notification) {
        let (hour, alert) = of_the_hour(notification);
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.0.replace(hour) != Some(hour) {
            said.1.clear();
        }
        said.1.insert(alert);
    }
}

/// The same for every alert about a subject and level of a target in an hour, whatever its kind.
fn of_the_hour(notification: &Notification) -> (Timestamp, AlertId) {
    let reading = &notification.reading;
    let hour = reading.checked_at.start_of_hour();
    (hour, AlertId::new(&reading.target, notification.subject(), hour, notification.level, Kind::Raised))
}
