//! Why a notification is sent.

use std::str::FromStr;

use crate::shown::shown_by;

/// Why a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

shown_by!(name: Kind);

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
