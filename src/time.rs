//! Points in time, as messages, the report and the stored state show them.

use std::fmt;
use std::str::FromStr;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};

use crate::shown::read_from_text;

/// A point in time in UTC, in whole seconds. Reads and writes RFC 3339: `2026-11-24T12:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The last second of the year 9999, where RFC 3339 ends.
const LATEST: i64 = 253_402_300_799;

impl Timestamp {
    /// 1970-01-01T00:00:00Z, before anything that the monitor has seen.
    pub const EPOCH: Self = Self(0);

    /// From seconds since 1970-01-01T00:00:00Z, clamped to the years 1970 to 9999.
    #[must_use]
    pub fn from_epoch_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(0, LATEST))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn epoch_seconds(self) -> i64 {
        self.0
    }

    /// The moment `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_epoch_seconds(self.0.saturating_add(seconds))
    }

    /// The beginning of its clock hour.
    #[must_use]
    pub fn start_of_hour(self) -> Self {
        Self(self.0 - self.0 % 3_600)
    }

    /// For people who know that it is UTC: `12:00`, or `2026-11-24 12:00` where that is not the day of `now`.
    #[must_use]
    pub fn clock(self, now: Self) -> String {
        let (text, today) = (self.to_string(), now.to_string());
        if text[..10] == today[..10] { text[11..16].to_owned() } else { format!("{} {}", &text[..10], &text[11..16]) }
    }

    /// For people, where nobody knows it to the minute: rounded to 5 minutes, `12:00 UTC`, with the date where that is not the
    /// day of `now`.
    #[must_use]
    pub fn about(self, now: Self) -> String {
        let rounded = Self::from_epoch_seconds((self.0 + 150).div_euclid(300) * 300);
        format!("{} UTC", rounded.clock(now))
    }

    /// For people: `2026-11-24 12:00 UTC`.
    #[must_use]
    pub fn for_people(self) -> String {
        let text = self.to_string();
        format!("{} {} UTC", &text[..10], &text[11..16])
    }

    /// For people: `15 minutes`, from there to `now`; no time at all where that is earlier.
    #[must_use]
    pub fn how_long_until(self, now: Self) -> String {
        let minutes = (now.0 - self.0).max(0) / 60;
        let (count, unit) = match minutes {
            0..120 => (minutes, "minute"),
            120..2_880 => (minutes / 60, "hour"),
            _ => (minutes / 1_440, "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural}")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DateTime::from_secs(self.0).fmt(Format::DateTime).map_err(|_| fmt::Error)?)
    }
}

/// The text is not a time in RFC 3339 between 1970 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a time such as 2026-11-24T12:00:00Z")]
pub struct InvalidTimestamp(String);

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::from_str(text, Format::DateTime)
            .ok()
            .map(|time| time.secs())
            .filter(|seconds| (0..=LATEST).contains(seconds))
            .map(Self)
            .ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

read_from_text!(Timestamp);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(noon.to_string(), "2026-11-24T12:00:00Z");
        assert_eq!(noon.for_people(), "2026-11-24 12:00 UTC");
        assert_eq!(noon.plus_seconds(3_599).start_of_hour(), noon);
        assert_eq!("yesterday".parse::<Timestamp>(), Err(InvalidTimestamp("yesterday".to_owned())));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(seconds in any::<i64>()) {
            let time = Timestamp::from_epoch_seconds(seconds);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }

        #[test]
        fn a_text_is_read_as_the_second_that_it_names_or_is_named(
            text in "\\PC*|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|z|[+-]0[0-9]:00)?",
        ) {
            match text.parse::<Timestamp>() {
                Ok(time) => {
                    prop_assert_eq!(&time.to_string()[..19], &text[..19]);
                    prop_assert!((0..=LATEST).contains(&time.epoch_seconds()));
                }
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
        }
    }
}
