//! A notification: one message about an alert, before it is put into words.

use crate::alert::{AlertLevel, Kind};
use crate::reading::Reading;
use crate::target::Target;
use crate::time::Timestamp;

/// One message about an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The same each time the same notification is sent, so that a subscriber can recognise a repeat.
    pub alert_id: String,
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
    /// A notification that refers to nothing earlier, with a new `alert_id`.
    #[must_use]
    pub fn new(reading: &Reading, kind: Kind, level: AlertLevel) -> Self {
        let alert_id = alert_id(reading, kind);
        Self { alert_id, kind, level, previous_level: None, since: None, reading: reading.clone() }
    }
}

/// Derived from the alert, not random: two checks that see the same second give the same alert the same ID.
fn alert_id(reading: &Reading, kind: Kind) -> String {
    let Target { account, region } = &reading.target;
    format!("{}/{region}/{}/{kind}", account.id, reading.checked_at)
}
