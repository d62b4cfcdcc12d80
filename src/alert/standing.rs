//! How a target stands, all subjects together.

use super::AlertLevel;
use crate::shown::shown_by;

/// How a target stands, the better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Every level that is known is OK, that of the quota among them.
    Ok,
    /// The level of the quota is not known, although the numbers alone call it OK: its state could not be read.
    Unknown,
    /// A subject is at WARNING.
    Warning,
    /// A subject is at CRITICAL.
    Critical,
    /// The quota could not be read.
    Unread,
    /// A subject is at EXHAUSTED, whatever else could not be read.
    Exhausted,
}

impl Standing {
    /// Every standing, the better ones first.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Unknown, Self::Warning, Self::Critical, Self::Unread, Self::Exhausted];

    /// By the highest level that is known of any subject, and whether the quota could be read.
    #[must_use]
    pub fn of(highest: Option<AlertLevel>, is_read: bool) -> Self {
        match highest {
            Some(AlertLevel::Exhausted) => Self::Exhausted,
            _ if !is_read => Self::Unread,
            Some(AlertLevel::Critical) => Self::Critical,
            Some(AlertLevel::Warning) => Self::Warning,
            Some(AlertLevel::Ok) => Self::Ok,
            None => Self::Unknown,
        }
    }

    /// The name that people see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unread => "UNREAD",
            Self::Exhausted => "EXHAUSTED",
        }
    }
}

shown_by!(name: Standing);
