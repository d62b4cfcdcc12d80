//! The rolling window of 24 hours: what leaves it is known, what enters it is assumed.

use super::Unknown;
use super::scenarios::Cumulated;
use super::series::{DAY, Series, real};
use super::usage::Usage;
use crate::reading::{SendHistory, SendQuota, recipients_per_attempt};
use crate::time::Timestamp;

/// Seconds in a quarter hour.
const QUARTER: f64 = 900.0;
/// Differences up to this share of the quota tell nothing, whatever their ratio is.
const IRRELEVANT: f64 = 0.02;

/// What is known of a quota's rolling window at present.
pub(super) struct RollingWindow {
    /// The history.
    pub series: Series,
    /// Seconds from the present to the end of the quarter hour that it lies in: more than 0, up to 900.
    until_end: f64,
    /// Recipients in the last 24 hours, by the quota's own count.
    sent: f64,
    /// Recipients allowed in 24 hours; more than 0.
    pub max: f64,
}

impl RollingWindow {
    /// What is known of a quota by its history.
    ///
    /// # Errors
    /// There is no quota, or no history.
    pub fn new(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Result<Self, Unknown> {
        let max = quota.max_24_hour_send().filter(|max| *max > 0.0).ok_or(Unknown::NoQuota)?;
        let series = Series::new(history, now).ok_or(Unknown::NoHistory)?;
        let until_end = (1.0 - history.elapsed(now)) * QUARTER;
        Ok(Self { series, until_end, sent: quota.sent_last_24_hours(), max })
    }

    /// Seconds from the present to each of the times of a [`Usage`].
    pub fn seconds(&self) -> Usage {
        std::array::from_fn(|place| if place == 0 { 0.0 } else { self.until_end + real(place - 1) * QUARTER })
    }

    /// Recipients per attempt, by what both counts say of the last 24 hours; `coming` stands in for what SES still owes.
    ///
    /// # Errors
    /// The counts do not match.
    pub fn recipients_per_attempt(&self, coming: &Cumulated) -> Result<f64, Unknown> {
        let (attempts, _) = self.attempts(coming);
        let is_irrelevant = (self.sent - attempts).abs() <= IRRELEVANT * self.max;
        recipients_per_attempt(self.sent, attempts).or(is_irrelevant.then_some(1.0)).ok_or(Unknown::DoNotMatch)
    }

    /// The use of the quota if so many attempts come.
    pub fn usage(&self, coming: &Cumulated, recipients_per_attempt: f64) -> Usage {
        let (now, mut usage) = self.attempts(coming);
        for usage in &mut usage {
            *usage = self.sent + recipients_per_attempt * (*usage - now);
        }
        usage[0] = self.sent;
        usage
    }

    /// What was used at the end of each quarter hour of the 24 hours before the end of the history: seconds from the present,
    /// below 0 except where it is now, and recipients.
    pub fn past(&self, coming: &Cumulated, recipients_per_attempt: f64) -> impl Iterator<Item = (f64, f64)> {
        let (now, _) = self.attempts(coming);
        let end = self.series.end();
        let ends_at = self.until_end - QUARTER * real(self.series.gap + 1);
        (0..=DAY).rev().map(move |ago| {
            let attempts = self.series.sum(end - ago - DAY, end - ago);
            (ends_at - QUARTER * real(ago), self.sent + recipients_per_attempt * (attempts - now))
        })
    }

    /// Attempts in the 24 hours before now, and in those before each of the times of a [`Usage`], but with the beginning of the
    /// present quarter hour in the place of now.
    fn attempts(&self, coming: &Cumulated) -> (f64, Usage) {
        let Series { gap, .. } = self.series;
        let end = self.series.end();
        // Attempts from the end of the history to `ahead` quarter hours after it. Where SES owes some, the 24 hours end later than
        // what is assumed: it begins anew.
        let until = |ahead: usize| coming[ahead.min(DAY)] + if ahead > DAY { coming[ahead - DAY] } else { 0.0 };
        let attempts: Usage = std::array::from_fn(|place| {
            let ahead = gap + place;
            let left = if ahead <= DAY { -self.series.sum(end + ahead - DAY, end) } else { until(ahead - DAY) };
            until(ahead) - left
        });
        let elapsed = 1.0 - self.until_end / QUARTER;
        (attempts[0] + elapsed * (attempts[1] - attempts[0]), attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 attempts in each quarter hour of three days, of which SES owes the last `late`, and 2 recipients for each of them.
    fn window(late: i64, elapsed: i64) -> RollingWindow {
        let quarter = |number: i64| Timestamp::from_epoch_seconds(1_772_410_033 + 900 * number);
        let history = SendHistory::new((0..288 - late).map(|number| (quarter(number), 10.0)));
        let quota = SendQuota::new(1_920.0, 2_000.0, 1.0).unwrap();
        RollingWindow::new(&history, &quota, quarter(288).plus_seconds(elapsed)).unwrap()
    }

    /// So many attempts a quarter hour.
    fn steady(attempts: f64) -> Cumulated {
        std::array::from_fn(|ahead| attempts * real(ahead))
    }

    #[test]
    fn as_much_as_leaves_the_window_keeps_the_use() {
        for (late, elapsed) in [(0, 0), (0, 450), (2, 300), (3, 899)] {
            let window = window(late, elapsed);
            let ratio = window.recipients_per_attempt(&steady(10.0)).unwrap();
            assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
            let usage = window.usage(&steady(10.0), ratio);
            assert!(usage.iter().all(|used| (used - 1_920.0).abs() < 1e-6), "{late} {elapsed} {usage:?}");
        }
    }

    #[test]
    fn nothing_that_comes_lets_the_use_fall_to_nothing() {
        let usage = window(0, 450).usage(&steady(0.0), 2.0);
        assert!((usage[96] - 0.0).abs() < 20.0 + 1e-9 && usage[48] < usage[47], "{usage:?}");
    }

    #[test]
    fn the_times_are_the_ends_of_quarter_hours() {
        let seconds = window(0, 300).seconds();
        assert!(seconds.iter().zip([0.0, 600.0, 1_500.0, 2_400.0]).all(|(one, other)| (one - other).abs() < 1e-6));
    }
}
