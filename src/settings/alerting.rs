//! When a notification is due: thresholds, patience with what cannot be read, and reminders.

use std::ops::RangeInclusive;

use super::exceptions;
use super::reader::Reader;
use crate::alert::{AlertPolicies, AlertPolicy, Thresholds};

/// `REMINDER_HOURS` other than 0: from a minute, the shortest time between two checks, to a year.
const REMINDER_HOURS: RangeInclusive<f64> = 1.0 / 60.0..=8_760.0;

/// From a minute, the shortest time between two checks, to a week.
const UNREADABLE_MINUTES: RangeInclusive<i64> = 1..=10_080;

/// Reads `WARNING_PERCENT`, `CRITICAL_PERCENT` and `CLEAR_MARGIN_PERCENT`, in percent of the quota, `THRESHOLDS`, the
/// exceptions to the first two, `RATE_WARNING_PERCENT`, in percent of the maximum send rate, `UNREADABLE_MINUTES`, and
/// `REMINDER_HOURS`; 0 for never. The defaults are those of [`AlertPolicy`].
pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> AlertPolicies {
    let default = AlertPolicy::default();
    let thresholds = thresholds(reader, default.thresholds);
    // Where these are invalid, nothing is compared with the margin: it may be another.
    let clear_margin = if reader.has_rejected("_PERCENT") { 0.0 } else { thresholds.clear_margin() };
    let exceptions = exceptions::read(reader, clear_margin);
    let rate_warning = rate_warning(reader, clear_margin);
    let unreadable_minutes = reader
        .optional("UNREADABLE_MINUTES", "a whole number of minutes from 1 to 10080 (a week)", |text| {
            text.parse().ok().filter(|minutes| UNREADABLE_MINUTES.contains(minutes))
        })
        .unwrap_or(default.unreadable_minutes);
    let expected = "0 (never), or a number of hours from 0.0167 (a minute) to 8760 (a year)";
    let reminder_hours = reader.optional("REMINDER_HOURS", expected, |text| {
        number(text).filter(|hours| *hours == 0.0 || REMINDER_HOURS.contains(hours))
    });
    #[allow(clippy::cast_possible_truncation)] // At most a year of seconds.
    let reminder_seconds = match reminder_hours {
        None => default.reminder_seconds,
        Some(hours) => (hours > 0.0).then_some((hours * 3_600.0) as i64),
    };
    let usual = AlertPolicy { thresholds, rate_warning, unreadable_minutes, reminder_seconds };
    AlertPolicies { usual, exceptions }
}

/// `RATE_WARNING_PERCENT`; `None` for never, which 0 says. The margin ends an alert about the rate, too.
fn rate_warning<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>, margin: f64) -> Option<f64> {
    let expected = "0 (never), or a number above CLEAR_MARGIN_PERCENT and at most 100";
    let percent = reader.optional("RATE_WARNING_PERCENT", expected, |text| {
        number(text).filter(|percent| *percent == 0.0 || (*percent > margin && *percent <= 100.0))
    });
    percent.filter(|percent| *percent > 0.0)
}

/// The thresholds together. Values that contradict each other are noted, unless one of them is invalid by itself.
fn thresholds<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>, default: Thresholds) -> Thresholds {
    let percent = |text: &str| number(text).filter(|percent| (0.0..=100.0).contains(percent));
    let warning = reader
        .optional("WARNING_PERCENT", "a number above 0 and below CRITICAL_PERCENT", percent)
        .unwrap_or(default.warning());
    let critical = reader
        .optional("CRITICAL_PERCENT", "a number above WARNING_PERCENT and at most 100", percent)
        .unwrap_or(default.critical());
    let margin = reader
        .optional("CLEAR_MARGIN_PERCENT", "a number from 0 to below WARNING_PERCENT", percent)
        .unwrap_or(default.clear_margin());
    match Thresholds::new(warning, critical, margin) {
        Some(thresholds) => return thresholds,
        None if reader.has_rejected("_PERCENT") => {}
        None if !(0.0 < warning && warning < critical) => reader.reject(
            "WARNING_PERCENT and CRITICAL_PERCENT",
            format!("{warning} and {critical}"),
            "0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100",
        ),
        None => reader.reject(
            "CLEAR_MARGIN_PERCENT",
            margin.to_string(),
            "a number from 0 to below WARNING_PERCENT, or an alert could never end",
        ),
    }
    default
}

pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
