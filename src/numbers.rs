//! Counts and rates, for people and for machines.

use serde_json::Number;

/// A count of recipients with thousands separators, rounded down to a whole number: `48,100`.
#[must_use]
pub fn count(recipients: f64) -> String {
    let digits = format!("{:.0}", recipients.floor());
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Recipients per second, with decimals only where there are any: `14`, `0.5`.
#[must_use]
pub fn per_second(rate: f64) -> String {
    if rate.fract() == 0.0 { count(rate) } else { rate.to_string() }
}

/// A number with its noun: `1 recipient`, `48,100 recipients`.
#[must_use]
pub fn recipients(number: &str) -> String {
    let noun = if number == "1" { "recipient" } else { "recipients" };
    format!("{number} {noun}")
}

/// A whole percentage: `94%`. What is below 100 is never shown as 100%.
#[must_use]
pub fn whole_percent(percent: f64) -> String {
    let rounded = if percent < 100.0 { percent.round().min(99.0) } else { percent.round() };
    format!("{rounded:.0}%")
}

/// The number as JSON, whole numbers without a decimal point: `48100`, not `48100.0`. `None` for NaN and infinities.
#[must_use]
pub fn json_number(number: f64) -> Option<Number> {
    /// Up to here, a double represents every whole number exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && (0.0..=EXACT).contains(&number) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The range is checked above.
        let whole = number as u64;
        return Some(whole.into());
    }
    Number::from_f64(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_thousands() {
        let shown: Vec<String> = [0.0, 999.0, 1_000.0, 48_100.9, 1_000_000_000.0].into_iter().map(count).collect();
        assert_eq!(shown, ["0", "999", "1,000", "48,100", "1,000,000,000"]);
        assert_eq!([14.0, 0.5, 1_500.0].map(per_second), ["14", "0.5", "1,500"]);
        let shown = ["0", "1", "1.5", "1,900"].map(recipients);
        assert_eq!(shown, ["0 recipients", "1 recipient", "1.5 recipients", "1,900 recipients"]);
    }

    #[test]
    fn a_hundred_percent_is_never_shown_early() {
        assert_eq!([0.4, 93.5, 99.7, 100.0, 111.4].map(whole_percent), ["0%", "94%", "99%", "100%", "111%"]);
    }

    #[test]
    fn machines_read_whole_numbers_as_such() {
        let written: Vec<String> =
            [48_100.0, 0.0, 96.2, 0.5].into_iter().map(|number| json_number(number).unwrap().to_string()).collect();
        assert_eq!(written, ["48100", "0", "96.2", "0.5"]);
        assert_eq!(json_number(f64::NAN), None);
        assert_eq!(json_number(f64::INFINITY), None);
    }
}
