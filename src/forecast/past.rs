//! How far a quota was used in the last two weeks, in recipients, as a forecast scales them.

use super::Unknown;
use super::course::Course;
use super::projection::LEAST_DAYS;
use super::scenarios::cumulated;
use super::series::{DAY, KEPT_DAYS, Series, real};
use super::window::RollingWindow;
use crate::reading::{SendHistory, SendQuota};
use crate::time::Timestamp;

/// Quarter hours in a week.
const WEEK: usize = 7 * DAY;

/// What was sent in the last two weeks, as far as SES has reported it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// The 24 hours in which most was sent; the latest of several.
    pub busiest: BusyDay,
    /// What was sent in the last 7 days, over what was sent in the 7 before; `None` where the history does not reach back that
    /// far, or has nothing of them.
    pub weekly_growth: Option<f64>,
}

/// 24 hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BusyDay {
    /// How many recipients were sent to in them.
    pub recipients: f64,
    /// When they ended.
    pub until: Timestamp,
}

impl Past {
    /// What a history says of the use of a quota.
    ///
    /// # Errors
    /// Why nothing can be told: the same as of the future.
    pub fn new(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Result<Self, Unknown> {
        let window = RollingWindow::new(history, quota, now)?;
        let series = &window.series;
        let enough = series.days_before(series.end()) >= LEAST_DAYS;
        let course = Course::new(series, series.end()).filter(|_| enough).ok_or(Unknown::ShortHistory)?;
        let scale = window.recipients_per_attempt(&cumulated(&course.expected))?;
        let mut busiest = DAY;
        for end in DAY..=series.end() {
            if series.sum(end - DAY, end) >= series.sum(busiest - DAY, busiest) {
                busiest = end;
            }
        }
        #[allow(clippy::cast_possible_truncation)] // Two weeks at most.
        let ago = ((real(series.end() + series.gap - busiest) + history.elapsed(now)) * 900.0).round() as i64;
        let busiest = BusyDay { recipients: scale * series.sum(busiest - DAY, busiest), until: now.plus_seconds(-ago) };
        Ok(Self { busiest, weekly_growth: weekly_growth(series) })
    }
}

fn weekly_growth(series: &Series) -> Option<f64> {
    let end = series.end();
    let earlier = series.sum(end - 2 * WEEK, end - WEEK);
    (series.days_before(end) >= KEPT_DAYS && earlier > 0.0).then(|| series.sum(end - WEEK, end) / earlier)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Whole numbers, and halves of them.
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-03-02T00:07:13Z: off the quarter hours of the clock.
    const START: i64 = 1_772_410_033;

    fn quarter(number: i64) -> Timestamp {
        Timestamp::from_epoch_seconds(START + 900 * number)
    }

    /// So many attempts in each quarter hour of these days, the last of which ends now, and `sent` of the quota's own count.
    fn past(days: &[f64], sent: f64) -> Result<Past, Unknown> {
        let points = days.iter().zip(0..).flat_map(|(attempts, day)| (0..96).map(move |at| (96 * day + at, *attempts)));
        let history = SendHistory::new(points.map(|(at, attempts)| (quarter(at), attempts)));
        let quota = SendQuota::new(sent, 50_000.0, 14.0).unwrap();
        Past::new(&history, &quota, quarter(96 * i64::try_from(days.len()).unwrap()))
    }

    #[test]
    fn the_busiest_day_is_where_most_was_sent_in_24_hours() {
        let mut days = [10.0; 14];
        days[4] = 40.0;
        let busy = past(&days, 960.0).unwrap();
        assert_eq!((busy.busiest.recipients, busy.busiest.until), (3_840.0, quarter(5 * 96)));
        // Two recipients an attempt.
        assert_eq!(past(&days, 1_920.0).unwrap().busiest.recipients, 7_680.0);
        // It need not begin at midnight, nor be over long.
        let points = (0..14 * 96).map(|at| (quarter(at), if (40..200).contains(&at) { 30.0 } else { 10.0 }));
        let quota = SendQuota::new(960.0, 50_000.0, 14.0).unwrap();
        let busy = Past::new(&SendHistory::new(points), &quota, quarter(14 * 96).plus_seconds(300)).unwrap().busiest;
        assert!((quarter(136)..=quarter(200)).contains(&busy.until), "{busy:?}");
    }

    #[test]
    fn growth_is_told_of_two_whole_weeks() {
        let weeks = |first, second| [[first; 7], [second; 7]].concat();
        assert_eq!(past(&weeks(10.0, 15.0), 1_440.0).unwrap().weekly_growth, Some(1.5));
        assert_eq!(past(&weeks(20.0, 10.0), 960.0).unwrap().weekly_growth, Some(0.5));
        assert_eq!(past(&[10.0; 10], 960.0).unwrap().weekly_growth, None);
        assert_eq!(past(&weeks(0.0, 10.0), 960.0).unwrap().weekly_growth, None);
    }

    #[test]
    fn too_little_tells_nothing() {
        assert_eq!(past(&[10.0; 2], 960.0), Err(Unknown::ShortHistory));
        assert_eq!(past(&[], 960.0), Err(Unknown::NoHistory));
        assert_eq!(past(&[10.0; 14], 9_000.0), Err(Unknown::DoNotMatch));
    }

    proptest! {
        #[test]
        fn no_day_is_busier_than_the_busiest(days in prop::collection::vec(1.0..50.0_f64, 3..15)) {
            let last = 96.0 * days.last().unwrap();
            let busiest = past(&days, last).unwrap().busiest;
            let most = days.iter().fold(0.0_f64, |most, day| most.max(96.0 * day));
            prop_assert!(busiest.recipients >= most - 1e-6, "{busiest:?} {most}");
            prop_assert!(busiest.until <= quarter(96 * i64::try_from(days.len()).unwrap()));
        }
    }
}
