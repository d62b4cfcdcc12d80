//! Why a notification is sent.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Why a notification is sent.
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
    /// Somebody requested a test alert.
    Test,
}

impl Kind {
    /// The kinds that become due by a change of level or by time. A test alert is requested.
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

/// The text is not a kind of notification that can be pending.
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
