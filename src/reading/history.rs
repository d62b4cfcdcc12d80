//! What was sent in each quarter hour, as `GetSendStatistics` returns it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::quota::IMPLAUSIBLE;
use super::{SendQuota, Utilization};
use crate::time::Timestamp;

/// How far recipients per attempt may be from 1, as a ratio in either direction. A message to many recipients may be one
/// attempt, but a history that is further off is probably of something else.
const MOST_PER_ATTEMPT: f64 = 3.0;

/// Recipients per attempt: the unit of the history is not documented, so it is scaled to the quota's own count. `None` where the
/// two counts do not match.
#[must_use]
pub fn recipients_per_attempt(recipients: f64, attempts: f64) -> Option<f64> {
    let ratio = if recipients.max(attempts) > 0.0 { recipients / attempts } else { 1.0 };
    (1.0 / MOST_PER_ATTEMPT..=MOST_PER_ATTEMPT).contains(&ratio).then_some(ratio)
}

/// What was sent in each quarter hour of the last two weeks, in delivery attempts. An empty quarter hour is not in it.
///
/// SES answers with points in any order, without the empty ones, and with the newest partial or late. The points of an answer
/// lie on a grid of 15 minutes, but not on the quarter hours of the clock: the grid is taken from them. The time of a point is
/// taken for the beginning of its quarter hour, which SES does not document.
///
/// Source: Amazon SES API reference, `GetSendStatistics` and `SendDataPoint`, with the times of the examples there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SendHistory {
    /// Where the grid lies: seconds after a quarter hour of the clock, from 0 to 899.
    offset: i64,
    /// By the number of the quarter hour on that grid.
    quarters: BTreeMap<i64, f64>,
}

impl SendHistory {
    /// The length of a quarter hour, in seconds.
    pub const QUARTER: i64 = 900;
    /// Quarter hours in a day.
    pub const DAY: i64 = 96;
    /// What SES keeps: 14 days, in quarter hours.
    pub const KEPT: i64 = 14 * Self::DAY;
    /// By how many quarter hours the newest point may lag. If it is older, nothing was sent since. SES documents no lag.
    const LAG: i64 = 3;

    /// From points in any order: the beginning of each, and how much was sent in it. What is no plausible count is dropped.
    #[must_use]
    pub fn new(points: impl IntoIterator<Item = (Timestamp, f64)>) -> Self {
        let points: Vec<(i64, f64)> = points
            .into_iter()
            .map(|(time, count)| (time.epoch_seconds(), count))
            .filter(|(_, count)| *count > 0.0 && *count <= IMPLAUSIBLE)
            .collect();
        // By offset: how many points have it, and the newest of them, which decides between offsets that are equally frequent.
        let mut offsets = BTreeMap::<i64, (usize, i64)>::new();
        for (time, _) in &points {
            let (points, newest) = offsets.entry(time % Self::QUARTER).or_default();
            *points += 1;
            *newest = *time.max(newest);
        }
        let offset = offsets.into_iter().max_by_key(|(_, frequency)| *frequency).map_or(0, |(offset, _)| offset);
        let mut quarters = BTreeMap::new();
        for (time, count) in points {
            *quarters.entry((time - offset).div_euclid(Self::QUARTER)).or_default() += count;
        }
        Self { offset, quarters }
    }

    /// The number of the quarter hour that `at` lies in, on the grid of the points.
    #[must_use]
    pub fn quarter(&self, at: Timestamp) -> i64 {
        (at.epoch_seconds() - self.offset).div_euclid(Self::QUARTER)
    }

    /// How much of the quarter hour that `at` lies in has passed by then, from 0 to less than 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Less than 900.
    pub fn elapsed(&self, at: Timestamp) -> f64 {
        (at.epoch_seconds() - self.offset).rem_euclid(Self::QUARTER) as f64 / Self::QUARTER as f64
    }

    /// Attempts in the quarter hour of this number.
    #[must_use]
    pub fn attempts(&self, quarter: i64) -> f64 {
        self.quarters.get(&quarter).copied().unwrap_or(0.0)
    }

    /// Attempts in each quarter hour of a range, in the order of time.
    #[must_use]
    pub fn attempts_in(&self, quarters: Range<i64>) -> Vec<f64> {
        let mut reported = self.quarters.range(quarters.clone()).peekable();
        quarters
            .map(|quarter| reported.next_if(|(at, _)| **at == quarter).map_or(0.0, |(_, attempts)| *attempts))
            .collect()
    }

    /// The quarter hours whose counts are complete: from the first of 14 days in which something was sent, to before the first
    /// that SES has not reported completely. `None` if nothing was sent in complete quarter hours of these days.
    #[must_use]
    pub fn complete(&self, now: Timestamp) -> Option<Range<i64>> {
        let present = self.quarter(now);
        let mut sent = self.quarters.range(present - Self::KEPT..present).map(|(quarter, _)| *quarter);
        let first = sent.next()?;
        let newest = sent.next_back().unwrap_or(first);
        // Statistics that have begun to count the present quarter hour do not lag.
        let lags = newest + 1 + Self::LAG >= present && !self.quarters.contains_key(&present);
        Some(first..if lags { newest + 1 } else { present })
    }

    /// Attempts in the newest complete quarter hour that SES has reported; 0 where it has reported none for more than three
    /// quarter hours.
    #[must_use]
    pub fn last_complete_quarter(&self, now: Timestamp) -> f64 {
        self.complete(now).map_or(0.0, |complete| self.attempts(complete.end - 1))
    }

    /// Attempts in the 24 hours before `now`, as far as SES has reported them, taken to be even within a quarter hour. What is
    /// reported of the present quarter hour was sent by now.
    #[must_use]
    pub fn attempts_in_the_day_before(&self, now: Timestamp) -> f64 {
        let present = self.quarter(now);
        let oldest = present - Self::DAY;
        let whole: f64 = self.quarters.range(oldest + 1..=present).map(|(_, attempts)| attempts).sum();
        whole + (1.0 - self.elapsed(now)) * self.attempts(oldest)
    }

    /// The share of the maximum send rate that was used on average in the last complete quarter hour; `None` where it is not
    /// known, or the rate is unlimited or 0.
    #[must_use]
    pub fn rate_used(&self, quota: &SendQuota, now: Timestamp) -> Option<Utilization> {
        let max = quota.max_send_rate().per_second().filter(|max| *max > 0.0)?;
        let scale = recipients_per_attempt(quota.sent_last_24_hours(), self.attempts_in_the_day_before(now))?;
        #[allow(clippy::cast_precision_loss)] // 900.
        let per_second = scale * self.last_complete_quarter(now) / Self::QUARTER as f64;
        Some(Utilization::of(per_second, max))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Whole numbers, and halves of them.
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-03-02T00:07:13Z: off the quarter hours of the clock.
    const START: i64 = 1_772_410_033;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_epoch_seconds(START + seconds)
    }

    /// Points by the number of the quarter hour after [`START`].
    fn history(points: &[(i64, f64)]) -> SendHistory {
        SendHistory::new(points.iter().map(|(quarter, count)| (after(900 * quarter), *count)))
    }

    #[test]
    fn the_grid_is_that_of_the_points() {
        let history = history(&[(5, 10.0), (3, 30.0), (5, 1.0)]);
        assert_eq!(history.elapsed(after(450)), 0.5);
        assert_eq!(history.attempts(history.quarter(after(5 * 900))), 11.0);
        assert_eq!(history.attempts(history.quarter(after(6 * 900 - 1))), 11.0);
        assert_eq!(history.attempts(history.quarter(after(6 * 900))), 0.0);
        // A single point off the grid counts in the quarter hour that it lies in.
        let odd = SendHistory::new([(after(0), 1.0), (after(900), 2.0), (after(1_000), 4.0)]);
        assert_eq!(odd.attempts(odd.quarter(after(900))), 6.0);
    }

    #[test]
    fn what_is_no_count_is_dropped() {
        let nothing = history(&[(0, f64::NAN), (1, -3.0), (2, f64::INFINITY), (3, 0.0), (4, 1e300)]);
        assert_eq!(nothing, SendHistory::default());
    }

    #[test]
    fn the_last_complete_quarter_is_the_newest_that_is_reported() {
        let history = history(&[(0, 7.0), (1, 8.0), (2, 3.0)]);
        // The third quarter hour is not over.
        assert_eq!(history.last_complete_quarter(after(2 * 900 + 60)), 8.0);
        for minutes in [45, 60, 89] {
            assert_eq!(history.last_complete_quarter(after(60 * minutes)), 3.0, "statistics lag, {minutes} min");
        }
        assert_eq!(history.last_complete_quarter(after(7 * 900)), 0.0, "nothing was sent");
        assert_eq!(history.last_complete_quarter(after(15 * 86_400)), 0.0);
        assert_eq!(history.last_complete_quarter(after(0)), 0.0, "nothing but the future");
        assert_eq!(SendHistory::default().last_complete_quarter(after(0)), 0.0);
    }

    #[test]
    fn statistics_that_count_the_present_do_not_lag() {
        let history = history(&[(0, 7.0), (2, 3.0)]);
        assert_eq!(history.last_complete_quarter(after(2 * 900 + 60)), 0.0);
    }

    #[test]
    fn a_day_is_24_hours_to_the_second() {
        let history = history(&[(0, 900.0), (50, 1.0), (96, 4.0), (97, 1_000.0)]);
        for (seconds, attempts) in [(0, 905.0), (300, 605.0), (899, 6.0)] {
            assert!((history.attempts_in_the_day_before(after(86_400 + seconds)) - attempts).abs() < 1e-9);
        }
        assert_eq!(SendHistory::default().attempts_in_the_day_before(Timestamp::EPOCH), 0.0);
    }

    #[test]
    fn the_send_rate_is_scaled_to_the_quotas_count_and_unknown_where_the_two_do_not_match() {
        let now = after(97 * 900);
        let used = |points: &[(i64, f64)], sent: f64, rate: f64| {
            let quota = SendQuota::new(sent, 50_000.0, rate).unwrap();
            history(points).rate_used(&quota, now).map(Utilization::percent_rounded_down)
        };
        let points = [(50, 9_000.0), (96, 4_500.0)];
        assert_eq!(used(&points, 13_500.0, 10.0), Some(50.0));
        assert_eq!(used(&points, 27_000.0, 10.0), Some(100.0), "two recipients an attempt");
        assert_eq!(used(&points, 3.1 * 13_500.0, 10.0), None);
        assert_eq!(used(&points, 13_500.0 / 3.1, 10.0), None);
        assert_eq!(used(&[], 100.0, 10.0), None, "something was sent, but the history has nothing of it");
        assert_eq!(used(&[], 0.0, 10.0), Some(0.0));
        assert_eq!([-1.0, 0.0, f64::NAN].map(|rate| used(&points, 13_500.0, rate)), [None; 3], "no maximum");
    }

    proptest! {
        #[test]
        fn the_order_of_points_does_not_matter(points in prop::collection::vec((0_i64..3_000, 0_u32..100), 0..40), now in 0_i64..4_000) {
            let build = |points: &[(i64, u32)]| SendHistory::new(points.iter().map(|(time, count)| (after(*time), f64::from(*count))));
            let mut reversed = points.clone();
            reversed.reverse();
            let (one, other) = (build(&points), build(&reversed));
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(one.last_complete_quarter(after(now)), other.last_complete_quarter(after(now)));
        }
    }
}
