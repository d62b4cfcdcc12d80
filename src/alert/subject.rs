//! What an alert is about.

use std::str::FromStr;

use crate::shown::{read_from_text, shown_by};
use crate::target::Target;

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

    /// What alerts about a target can be about: of an account as a whole, only whether it can be read.
    #[must_use]
    pub fn of(target: &Target) -> &'static [Self] {
        if target.region.is_all() { &[Self::Reading] } else { &Self::ALL }
    }

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
read_from_text!(Subject);

/// The text names no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a subject; expected QUOTA, ACCOUNT, RATE or READING")]
pub struct UnknownSubject(String);

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(name: &str) -> Result<Self, UnknownSubject> {
        Self::ALL.into_iter().find(|subject| subject.name() == name).ok_or_else(|| UnknownSubject(name.to_owned()))
    }
}
