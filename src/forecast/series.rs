//! The history as a time series, with the sums that a forecast asks for again and again.

use crate::reading::SendHistory;
use crate::time::Timestamp;

/// Quarter hours in a day.
pub(super) const DAY: usize = 96;
/// Days that SES keeps.
pub(super) const KEPT_DAYS: usize = 14;
/// From so many days on, the history is taken to reach back the 14 days that SES keeps: there may have been nothing to send in
/// the first hours of them.
const ALL_DAYS: usize = 13;

/// Attempts in each quarter hour of the 14 days up to the end of what SES has reported, oldest first.
pub(super) struct Series {
    /// Attempts before each quarter hour, and before the end.
    before: Vec<f64>,
    /// Attempts in each quarter hour and at the same time of all days before it.
    at_this_time: Vec<f64>,
    /// The first quarter hour of which anything is known.
    start: usize,
    /// Quarter hours between the end and the one that the present lies in: those whose counts SES still owes.
    pub gap: usize,
}

impl Series {
    /// The series that SES has reported by `now`; `None` if nothing was sent in it.
    pub fn new(history: &SendHistory, now: Timestamp) -> Option<Self> {
        let complete = history.complete(now)?;
        let oldest = complete.end - SendHistory::KEPT;
        let counts = history.attempts_in(oldest..complete.end);
        let mut before = vec![0.0];
        let mut at_this_time: Vec<f64> = Vec::with_capacity(counts.len());
        let mut total = 0.0;
        for (quarter, count) in counts.iter().enumerate() {
            total += count;
            before.push(total);
            at_this_time.push(count + if quarter < DAY { 0.0 } else { at_this_time[quarter - DAY] });
        }
        let start = usize::try_from(complete.start - oldest).ok()?;
        let start = if start <= (KEPT_DAYS - ALL_DAYS) * DAY { 0 } else { start };
        let gap = usize::try_from(history.quarter(now) - complete.end).ok()?;
        Some(Self { before, at_this_time, start, gap })
    }

    /// The number of the first quarter hour that is not in the series.
    pub fn end(&self) -> usize {
        self.at_this_time.len()
    }

    /// Whole days that are known before a quarter hour.
    pub fn days_before(&self, quarter: usize) -> usize {
        quarter.saturating_sub(self.start) / DAY
    }

    /// Attempts in the quarter hours from one to before another.
    pub fn sum(&self, from: usize, to: usize) -> f64 {
        self.before[to] - self.before[from]
    }

    /// Attempts in a quarter hour.
    pub fn at(&self, quarter: usize) -> f64 {
        self.sum(quarter, quarter + 1)
    }

    /// Attempts a quarter hour in the last hour before the end.
    pub fn pace(&self) -> f64 {
        self.sum(self.end() - 4, self.end()) / 4.0
    }

    /// Mean attempts at the time of day of a quarter hour, over it and the same of the days before it, `days` in all.
    pub fn mean_at_this_time(&self, quarter: usize, days: usize) -> f64 {
        let older = quarter.checked_sub(days * DAY).map_or(0.0, |older| self.at_this_time[older]);
        (self.at_this_time[quarter] - older) / real(days)
    }
}

/// A number of days or of quarter hours, to calculate with.
#[allow(clippy::cast_precision_loss)] // A few thousand at most.
pub(super) fn real(number: usize) -> f64 {
    number as f64
}
