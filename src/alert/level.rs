//! Levels: how bad it is.

use std::str::FromStr;

use crate::shown::{read_from_text, shown_by};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertLevel {
    /// The quota: below every threshold, or unlimited. The account: healthy. SES: read.
    Ok,
    /// The quota: from `WARNING_PERCENT`. The account: under review. SES: not read for `UNREADABLE_MINUTES`.
    Warning,
    /// The quota: from `CRITICAL_PERCENT`.
    Critical,
    /// SES rejects mail. The quota: from 100%, or 0. The account: paused.
    Exhausted,
}

impl AlertLevel {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Critical, Self::Exhausted];

    /// The name in messages, in the report and in the stored state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Exhausted => "EXHAUSTED",
        }
    }

    /// The value of the metric `AlertLevel`: 0 OK, 1 WARNING, 2 CRITICAL, 3 EXHAUSTED.
    #[must_use]
    pub fn metric_value(self) -> f64 {
        match self {
            Self::Ok => 0.0,
            Self::Warning => 1.0,
            Self::Critical => 2.0,
            Self::Exhausted => 3.0,
        }
    }
}

shown_by!(name: AlertLevel);
read_from_text!(AlertLevel);

/// The text names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a level; expected OK, WARNING, CRITICAL or EXHAUSTED")]
pub struct UnknownLevel(String);

impl FromStr for AlertLevel {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn any_level() -> impl Strategy<Value = AlertLevel> {
        prop::sample::select(&AlertLevel::ALL[..])
    }

    proptest! {
        #[test]
        fn names_read_back(level in any_level()) {
            prop_assert_eq!(level.name().parse::<AlertLevel>(), Ok(level));
        }
    }
}
