//! A notification: one message about an alert, before it is put into words.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::alert::AlertLevel;
use crate::reading::SendQuota;
use crate::target::Target;
use crate::time::Timestamp;

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The level rose from OK.
    Raised,
    /// The level rose from a lower level that is not OK.
    Escalated,
    /// The level has stayed above OK for `REMINDER_HOURS` since the last notification.
    Reminder,
    /// The level returned to OK.
    Recovered,
    /// Somebody asked for a test alert.
    Test,
}

impl Kind {
    /// The kinds that a change of level or the time brings about; a test alert is asked for.
    pub const DUE: [Self; 4] = [Self::Raised, Self::Escalated, Self::Reminder, Self::Recovered];

    /// The name in messages, in the report and in the stored state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raised => "RAISED",
            Self::Escalated => "ESCALATED",
            Self::Reminder => "REMINDER",
            Self::Recovered => "RECOVERED",
            Self::Test => "TEST",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no kind of notification that can be pending.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a kind of notification; expected RAISED, ESCALATED, REMINDER or RECOVERED")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::DUE.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownKind(name.to_owned()))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What SES answered for a target, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The account and Region.
    pub target: Target,
    /// The numbers.
    pub quota: SendQuota,
    /// When the check began that read them.
    pub checked_at: Timestamp,
}

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
