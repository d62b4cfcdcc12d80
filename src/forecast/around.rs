//! The use of a quota in the day before, and what is expected of it in the day after, for those who want to see it.

use super::projection::{Projection, later};
use super::scenarios::cumulated;
use super::series::DAY;
use super::window::RollingWindow;
use crate::reading::{SendHistory, SendQuota};
use crate::time::Timestamp;

/// What is used of a quota at a time: the recipients of the 24 hours before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsedAt {
    /// When.
    pub at: Timestamp,
    /// How many recipients, from 0.
    pub recipients: f64,
    /// From how many to how many it may be, 4 times in 5, where it is expected; `None` where it is known.
    pub band: Option<(f64, f64)>,
}

/// The use of a quota at the end of each quarter hour of the last 24 hours, now, and as it is expected at the end of each quarter
/// hour of the next 24 hours, in the order of time. Ends with the present where nothing can be told of later; empty where there is
/// no quota, or the history does not tell.
#[must_use]
pub fn around(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Vec<UsedAt> {
    let Ok(window) = RollingWindow::new(history, quota, now) else { return Vec::new() };
    // What SES still owes of the last quarter hours is taken to go on at the last hour's pace.
    let coming = cumulated(&[window.series.pace(); DAY]);
    let Ok(scale) = window.recipients_per_attempt(&coming) else { return Vec::new() };
    let known = |at, recipients: f64| UsedAt { at, recipients: recipients.max(0.0), band: None };
    let past = window.past(&coming, scale).filter(|(seconds, _)| *seconds < 0.0);
    let past = past.map(|(seconds, recipients)| known(later(now, seconds), recipients));
    let present = known(now, quota.sent_last_24_hours());
    let projection = Projection::of(&window, now).ok();
    let next = projection.iter().flat_map(Projection::course);
    past.chain([present]).chain(next).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_772_410_033;

    /// So many days that send `sent` in each quarter hour, up to `elapsed` seconds into the next one.
    fn steady(days: i64, sent: f64, max: f64, elapsed: i64) -> Vec<UsedAt> {
        let quarter = |number: i64| Timestamp::from_epoch_seconds(START + 900 * number);
        let history = SendHistory::new((0..96 * days).map(|number| (quarter(number), sent)));
        let quota = SendQuota::new(96.0 * sent, max, 14.0).unwrap();
        around(&history, &quota, quarter(96 * days).plus_seconds(elapsed))
    }

    #[test]
    fn as_much_as_leaves_comes_in() {
        let around = steady(14, 10.0, 2_000.0, 300);
        assert_eq!(around.len(), 97 + 1 + 96);
        assert!(around.iter().all(|used| (used.recipients - 960.0).abs() < 1.0), "{around:?}");
        assert_eq!(around.iter().filter(|used| used.band.is_some()).count(), 96);
        let present = &around[97];
        assert_eq!(present.at.epoch_seconds(), START + 900 * 96 * 14 + 300);
        assert!(around.is_sorted_by_key(|used| used.at));
    }

    #[test]
    fn a_use_that_was_nothing_a_day_ago_has_risen_since() {
        // One day of history: the use rises from nothing, and nothing can be told of the next day.
        let around = steady(1, 10.0, 2_000.0, 0);
        assert!(around.iter().all(|used| used.band.is_none()));
        assert!(around[0].recipients < 1e-6 && (around[48].recipients - 480.0).abs() < 1e-6, "{around:?}");
        assert_eq!(around.len(), 97);
    }

    #[test]
    fn without_a_quota_there_is_nothing_to_show() {
        for max in [-1.0, 0.0] {
            assert_eq!(steady(14, 10.0, max, 0), []);
        }
    }

    proptest! {
        #[test]
        fn it_is_in_order_and_holds_the_present_and_what_is_expected_lies_in_its_band(
            points in prop::collection::vec((0_i64..14 * 96, 0_u32..1_000), 0..300),
            sent in 0_u32..100_000,
            max in 1_u32..100_000,
            elapsed in 0_i64..4_000,
        ) {
            let start = Timestamp::from_epoch_seconds(START);
            let points = points.into_iter().map(|(quarter, count)| (start.plus_seconds(900 * quarter), f64::from(count)));
            let quota = SendQuota::new(f64::from(sent), f64::from(max), 14.0).unwrap();
            let now = start.plus_seconds(14 * 86_400 + elapsed);
            let around = around(&SendHistory::new(points), &quota, now);
            prop_assert!(around.is_sorted_by_key(|used| used.at));
            for used in &around {
                prop_assert!(used.recipients.is_finite() && used.recipients >= 0.0);
                prop_assert_eq!(used.at > now, used.band.is_some());
                let (low, high) = used.band.unwrap_or((0.0, f64::INFINITY));
                prop_assert!((0.0..=used.recipients).contains(&low) && used.recipients <= high);
            }
            let present: Vec<f64> = around.iter().filter(|used| used.at == now).map(|used| used.recipients).collect();
            prop_assert_eq!(present, if around.is_empty() { vec![] } else { vec![f64::from(sent)] });
        }
    }
}
