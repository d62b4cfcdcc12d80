//! How long ago something was.

use std::fmt::Display;

use crate::time::Timestamp;

/// Two clocks may differ by so much; what is further ahead is a mistake.
const MOST_SECONDS_AHEAD: i64 = 300;

/// `47 minutes`, `5 hours`, `3 days`
pub(super) fn minutes_in_words(minutes: i64) -> String {
    match minutes {
        ..120 => counted(minutes, "minute"),
        120..2_880 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1_440, "day"),
    }
}

/// `1 target`, `2 targets`
pub(super) fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    format!("{number} {noun}{}", if number == N::from(1) { "" } else { "s" })
}

/// How old a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// So many minutes, from 0.
    Minutes(i64),
    /// It says that it is of the future.
    Ahead,
}

impl Age {
    pub(super) fn of(time: Timestamp, now: Timestamp) -> Self {
        match now.epoch_seconds() - time.epoch_seconds() {
            seconds if seconds < -MOST_SECONDS_AHEAD => Self::Ahead,
            seconds => Self::Minutes(seconds.max(0) / 60),
        }
    }

    /// Whether three checks should have come since.
    pub(super) fn is_stale(self, interval_minutes: i64) -> bool {
        match self {
            Self::Minutes(minutes) => minutes >= 3 * interval_minutes,
            Self::Ahead => true,
        }
    }

    /// For a cell: `4 min ago`.
    pub(super) fn in_short(self) -> String {
        match self {
            Self::Minutes(..1) => "just now".to_owned(),
            Self::Minutes(minutes @ 1..120) => format!("{minutes} min ago"),
            Self::Minutes(minutes @ 120..2_880) => format!("{} h ago", minutes / 60),
            Self::Minutes(minutes) => format!("{} days ago", minutes / 1_440),
            Self::Ahead => "in the future".to_owned(),
        }
    }
}
