//! A notification: one message about an alert, before it is put into words.

use crate::alert::{AlertLevel, Kind};
use crate::reading::Reading;
use crate::target::Target;
use crate::time::Timestamp;

/// One message about an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The same each time the same notification is sent, so that a subscriber can tell a repeat.
    pub alert_id: String,
    /// Why people are told.
    pub kind: Kind,
    /// The level now.
    pub level: AlertLevel,
    /// The level that people were last told of; `None` where it is not known.
    pub previous_level: Option<AlertLevel>,
    /// When the level left OK; `None` where it is not known, or was never left.
    pub since: Option<Timestamp>,
    /// The numbers it speaks of.
    pub reading: Reading,
}

impl Notification {
    /// A test alert about a target, whatever its level.
    #[must_use]
    pub fn test(reading: Reading, level: AlertLevel) -> Self {
        let alert_id = new_alert_id(&reading, Kind::Test);
        Self { alert_id, kind: Kind::Test, level, previous_level: None, since: None, reading }
    }
}

/// Made of what the alert is, not of chance: two checks that see the same second name the same alert alike.
#[must_use]
pub(crate) fn new_alert_id(reading: &Reading, kind: Kind) -> String {
    let Target { owner, region } = &reading.target;
    format!("{}/{region}/{}/{kind}", owner.account, reading.checked_at)
}
