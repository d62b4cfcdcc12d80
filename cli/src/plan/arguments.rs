//! Numbers and times of a plan, as people type them.

use std::str::FromStr;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use ses_quota_monitor::time::Timestamp;

use crate::arguments::whole_number;

const DAY: i64 = 24 * 3_600;

/// How long ago a time of day still means the one that has just passed: as long as a plan takes it for now.
const JUST_PASSED: i64 = 5 * 60;

/// When sending starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// At this time.
    Time(Timestamp),
    /// The next time that it is so many seconds after midnight, UTC.
    TimeOfDay(i64),
}

impl StartAt {
    /// The time that is meant by somebody who says it now.
    pub fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::TimeOfDay(seconds) => {
                let earliest = now.plus_seconds(-JUST_PASSED).epoch_seconds();
                now.plus_seconds(-JUST_PASSED + (seconds - earliest).rem_euclid(DAY))
            }
        }
    }
}

impl FromStr for StartAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(seconds) = time_of_day(text) {
            return Ok(Self::TimeOfDay(seconds));
        }
        let time = DateTime::from_str(text, Format::DateTimeWithOffset).ok();
        let time = time.map(|time| Timestamp::from_epoch_seconds(time.secs()));
        time.map(Self::Time).ok_or("expected a time such as 18:00 (UTC) or 2026-11-25T18:00:00Z")
    }
}

/// Seconds after midnight.
fn time_of_day(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str, most: i64| {
        let is_number = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|number| is_number && *number <= most)
    };
    Some(3_600 * number(hours, 23)? + 60 * number(minutes, 59).filter(|_| minutes.len() == 2)?)
}

/// A number of recipients: `30000`, or `30,000`.
pub fn recipients(text: &str) -> Result<f64, &'static str> {
    const EXPECTED: &str = "expected a whole number of recipients from 1 to 1,000,000,000,000, such as 30000 or 30,000";
    const MOST: u64 = 1_000_000_000_000;
    #[allow(clippy::cast_precision_loss)] // A trillion is exact.
    whole_number(text, MOST).map(|number| number as f64).ok_or(EXPECTED)
}

/// Recipients a second.
pub fn per_second(text: &str) -> Result<f64, &'static str> {
    let rate = text.parse().ok().filter(|rate: &f64| *rate > 0.0 && *rate <= 1e12);
    rate.ok_or("expected a number of recipients a second above 0, such as 14 or 0.5")
}

/// The name of a stack. A number is none, which is what stands there when the recipients follow `--from`.
///
/// Source: AWS CloudFormation API reference, `CreateStack`, "StackName".
pub fn stack_name(text: &str) -> Result<String, &'static str> {
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic());
    is_name.then(|| text.to_owned()).ok_or("expected the name of a stack, or nothing; RECIPIENTS go before --from")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(text: &str, now: &str) -> String {
        let start_at: StartAt = text.parse().unwrap();
        start_at.after(format!("2026-11-25T{now}Z").parse().unwrap()).to_string()
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        assert_eq!(after("18:00", "12:00:00"), "2026-11-25T18:00:00Z");
        assert_eq!(after("9:30", "12:00:00"), "2026-11-26T09:30:00Z");
        assert_eq!(after("12:00", "12:00:00"), "2026-11-25T12:00:00Z");
        // It was meant when it was typed.
        assert_eq!(after("12:00", "12:04:59"), "2026-11-25T12:00:00Z");
        assert_eq!(after("12:00", "12:05:01"), "2026-11-26T12:00:00Z");
        assert_eq!(after("23:58", "00:01:00"), "2026-11-24T23:58:00Z");
        assert_eq!(after("2026-11-25T20:00:00+02:00", "12:00:00"), "2026-11-25T18:00:00Z");
    }

    #[test]
    fn recipients_are_grouped_by_thousands_or_not_at_all() {
        for (text, number) in [("1", 1.0), ("30000", 3e4), ("30,000", 3e4), ("1,000,000", 1e6), ("1000000000000", 1e12)]
        {
            assert_eq!(recipients(text), Ok(number), "{text}");
        }
        for text in ["", ",", "0", "3,00", "30,00,000", ",000", "1.5", "-1", "+1", "1e3", "30k", "1000000000001"] {
            assert!(recipients(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_time_of_day_comes_within_a_day(hours in 0_i64..24, minutes in 0_i64..60, now in 1_000_000_i64..4_000_000_000) {
            let now = Timestamp::from_epoch_seconds(now);
            let start_at: StartAt = format!("{hours:02}:{minutes:02}").parse().unwrap();
            let ahead = start_at.after(now).epoch_seconds() - now.epoch_seconds();
            prop_assert!((-JUST_PASSED..DAY).contains(&ahead));
            let clock = format!("T{hours:02}:{minutes:02}:00Z");
            prop_assert!(start_at.after(now).to_string().ends_with(&clock));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|[0-9,:.]{0,20}") {
            let _ = (text.parse::<StartAt>(), recipients(&text), per_second(&text), stack_name(&text));
        }

        #[test]
        fn a_count_for_people_reads_back(count in 1_u32..) {
            let shown = ses_quota_monitor::numbers::count(f64::from(count));
            prop_assert_eq!(recipients(&shown), Ok(f64::from(count)));
        }
    }
}
