//! What an alert is about.

use crate::shown::shown_by;

/// What an alert is about. Each subject of a target has a level, a state and alerts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// How much of the send quota is used.
    Quota,
    /// Whether AWS lets the account send.
    Account,
    /// How much of the maximum send rate is used.
    Rate,
    /// Whether SES can be read at all.
    Reading,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 4] = [Self::Quota, Self::Account, Self::Rate, Self::Reading];

    /// The name in messages, in the report and in the keys of the stored state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quota => "QUOTA",
            Self::Account => "ACCOUNT",
            Self::Rate => "RATE",
            Self::Reading => "READING",
        }
    }
}

shown_by!(name: Subject);
