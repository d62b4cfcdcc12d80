//! A notification: one message about an alert, before it is put into words.

use crate::alert::{AlertId, AlertLevel, Kind};
use crate::reading::Reading;
use crate::time::Timestamp;

/// One message about an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The same each time the same notification is sent, so that a subscriber can recognise a repeat.
    pub alert_id: AlertId,
    /// Why the notification is sent.
    pub kind: Kind,
    /// The level now.
    pub level: AlertLevel,
    /// The level that people last heard of; `None` where it is unknown.
    pub previous_level: Option<AlertLevel>,
    /// When the level left OK; `None` where it is unknown, or never left OK.
    pub since: Option<Timestamp>,
    /// The numbers that it reports.
    pub reading: Reading,
}

impl Notification {
    /// A notification that refers to nothing earlier, and became due at `time`.
    #[must_use]
    pub fn new(reading: Reading, kind: Kind, level: AlertLevel, time: Timestamp) -> Self {
        let alert_id = AlertId::new(&reading.target, time, level, kind);
        Self { alert_id, kind, level, previous_level: None, since: None, reading }
    }

    /// The same under the identity that it has all through its clock hour: for a notification that no state guards, so
    /// that machines can drop repeats.
    #[must_use]
    pub fn of_the_hour(self) -> Self {
        let Reading { target, checked_at, .. } = &self.reading;
        let alert_id = AlertId::new(target, checked_at.start_of_hour(), self.level, self.kind);
        Self { alert_id, ..self }
    }
}
