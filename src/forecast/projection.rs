//! The course that is expected of the use of a quota, and how far it may be off.

use super::course::Course;
use super::scenarios::{cumulated, scenarios};
use super::series::DAY;
use super::usage::{Usage, first_full, first_room, highest, quantile};
use super::window::RollingWindow;
use super::{Outlook, Peak, Relief, Unknown, UsedAt, Window};
use crate::reading::{SendHistory, SendQuota};
use crate::time::Timestamp;

/// With fewer days of history, nothing is told: on less, the forecast was no better than the present level.
pub(super) const LEAST_DAYS: usize = 3;
/// The part of the scenarios beyond each end of a window of time, and of a band of use. Fitted on the training traces, so that
/// these hold 4 times in 5: what comes is a little less regular than what was.
const WINDOW_TAIL: f64 = 0.06;
const BAND_TAIL: f64 = 0.08;
/// How near to the quota a scenario must come to count half, as a share of the quota: a use of 99.5% may as well be a full quota.
const SOFTNESS: f64 = 0.005;
/// The probability that is told: at least the first, and the second for each scenario in which the quota is full. Fitted on the
/// training traces: some of what fills a quota, and some of what keeps it from being full, is without precedent.
const TOLD: (f64, f64) = (0.02, 0.85);
/// From this probability on, a full quota is expected.
const EXPECTED: f64 = 0.5;
/// From this probability on, a full quota is mentioned.
const POSSIBLE: f64 = 0.2;

/// The course that is expected of a target's use of its quota, and others that it may take. Does not depend on the quota itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    now: Timestamp,
    /// Seconds from now, of the times of each usage.
    seconds: Usage,
    /// At the usual course.
    expected: Usage,
    /// How else it may go, and how much that counts.
    others: Vec<(Usage, f64)>,
}

impl Projection {
    /// Projects a history. The quota may be full.
    ///
    /// # Errors
    /// Why nothing can be told.
    pub fn new(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Result<Self, Unknown> {
        Self::of(&RollingWindow::new(history, quota, now)?, now)
    }

    pub(super) fn of(window: &RollingWindow, now: Timestamp) -> Result<Self, Unknown> {
        let series = &window.series;
        let enough = series.days_before(series.end()) >= LEAST_DAYS;
        let course = Course::new(series, series.end()).filter(|_| enough).ok_or(Unknown::ShortHistory)?;
        let coming = cumulated(&course.expected);
        let scale = window.recipients_per_attempt(&coming)?;
        let others = scenarios(series, &coming)
            .into_iter()
            .map(|scenario| (window.usage(&scenario.coming, scale), scenario.weight))
            .collect();
        Ok(Self { now, seconds: window.seconds(), expected: window.usage(&coming, scale), others })
    }

    /// The upper bound of what is used now and at the end of each quarter hour of the next 24 hours, in recipients, in the
    /// order of time. It holds 9 times in 10.
    #[must_use]
    pub fn upper_bounds(&self) -> Vec<(Timestamp, f64)> {
        (0..=DAY).map(|place| (self.at(self.seconds[place]), self.bound(place, 1.0 - BAND_TAIL).max(0.0))).collect()
    }

    /// What is expected to be used at the end of each quarter hour of the next 24 hours, in the order of time.
    pub(super) fn course(&self) -> impl Iterator<Item = UsedAt> {
        (1..=DAY).map(|place| UsedAt {
            at: self.at(self.seconds[place]),
            recipients: self.expected[place].max(0.0),
            band: Some((self.bound(place, BAND_TAIL).max(0.0), self.bound(place, 1.0 - BAND_TAIL).max(0.0))),
        })
    }

    /// What this share of the scenarios does not exceed at a place; below a half, at most what is expected, else at least.
    fn bound(&self, place: usize, share: f64) -> f64 {
        let others = self.others.iter().map(|(usage, weight)| (usage[place], *weight)).collect();
        let (bound, expected) = (quantile(others, share), self.expected[place]);
        bound.map_or(expected, |bound| if share < 0.5 { bound.min(expected) } else { bound.max(expected) })
    }

    /// How probable it is that a quota of `max` recipients is full within 6 hours, from 0 to 1.
    #[must_use]
    pub fn probability_6h(&self, max: f64) -> f64 {
        self.probability(max, DAY / 4)
    }

    /// How probable it is that the quota is full within so many quarter hours.
    fn probability(&self, max: f64, quarters: usize) -> f64 {
        let (mut full, mut all) = (0.0, 0.0);
        for (usage, weight) in &self.others {
            let excess = highest(&usage[1..=quarters]) / max - 1.0;
            full += weight / (1.0 + (-excess / SOFTNESS).exp());
            all += weight;
        }
        TOLD.0 + TOLD.1 * full / all
    }

    /// What is expected of a quota of `max` recipients, which is not full.
    pub(super) fn outlook(&self, max: f64) -> Outlook {
        let probability = self.probability(max, DAY);
        let peak = self.peak(max);
        let times: Vec<(f64, f64)> = self
            .others
            .iter()
            .filter_map(|(usage, weight)| Some((first_full(&self.seconds, usage, max)?, *weight)))
            .collect();
        let at = first_full(&self.seconds, &self.expected, max).or_else(|| quantile(times.clone(), 0.5));
        let (Some(at), true) = (at, probability >= POSSIBLE) else { return Outlook::NoBreach { peak, probability } };
        let window = Window {
            earliest: self.at(quantile(times.clone(), WINDOW_TAIL).map_or(at, |earliest| earliest.min(at))),
            latest: self.at(quantile(times, 1.0 - WINDOW_TAIL).map_or(at, |latest| latest.max(at))),
        };
        if probability >= EXPECTED {
            Outlook::Breach { at: self.at(at), window, peak, probability }
        } else {
            Outlook::MayBreach { window, peak, probability }
        }
    }

    /// What is expected of a quota of `max` recipients, which is full.
    pub(super) fn relief(&self, max: f64) -> Relief {
        let room_at = first_room(&self.seconds, &self.expected, max).map(|seconds| self.at(seconds));
        Relief { room_at, peak: self.peak(max) }
    }

    /// The highest use of a quota of `max` recipients.
    fn peak(&self, max: f64) -> Peak {
        let mut place = 0;
        for later in 1..=DAY {
            if self.expected[later] > self.expected[place] {
                place = later;
            }
        }
        let peak = self.expected[place];
        let highs: Vec<(f64, f64)> = self.others.iter().map(|(usage, weight)| (highest(usage), *weight)).collect();
        let low = quantile(highs.clone(), BAND_TAIL).map_or(peak, |low| low.min(peak));
        let high = quantile(highs, 1.0 - BAND_TAIL).map_or(peak, |high| high.max(peak));
        let percent = |recipients: f64| 100.0 * recipients / max;
        Peak { percent: percent(peak), low: percent(low), high: percent(high), at: self.at(self.seconds[place]) }
    }

    fn at(&self, seconds: f64) -> Timestamp {
        later(self.now, seconds)
    }
}

/// The time so many seconds after another, to the second.
#[allow(clippy::cast_possible_truncation)] // A day at most.
pub(super) fn later(now: Timestamp, seconds: f64) -> Timestamp {
    now.plus_seconds(seconds.round() as i64)
}
