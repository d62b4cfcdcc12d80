//! Courses of the use of a quota: where they cross it, and what many of them have in common.

use super::series::DAY;

/// What is used of a quota, in recipients: now, and at the end of each quarter hour of the next 24 hours, the present one being
/// the first. Also the times of these, in seconds from now.
pub(super) type Usage = [f64; DAY + 1];

/// Seconds until a use first reaches `max`, from below; `None` where it does not.
pub(super) fn first_full(seconds: &Usage, usage: &Usage, max: f64) -> Option<f64> {
    let place = (1..=DAY).find(|place| usage[*place] >= max)?;
    Some(crossing(seconds, usage, place, max))
}

/// Seconds until a use first falls below `max`, from there or above; `None` where it does not.
pub(super) fn first_room(seconds: &Usage, usage: &Usage, max: f64) -> Option<f64> {
    let place = (1..=DAY).find(|place| usage[*place] < max)?;
    Some(crossing(seconds, usage, place, max))
}

/// When a use passes `max` on its way to a place, if it goes straight.
fn crossing(seconds: &Usage, usage: &Usage, place: usize, max: f64) -> f64 {
    let (before, after) = (usage[place - 1], usage[place]);
    // The two are on different sides of it.
    let part = ((max - before) / (after - before)).clamp(0.0, 1.0);
    seconds[place - 1] + part * (seconds[place] - seconds[place - 1])
}

/// The highest of some uses.
pub(super) fn highest(usage: &[f64]) -> f64 {
    usage.iter().copied().fold(0.0, f64::max)
}

/// The value that a share of all weighted values does not exceed; `None` if there are none.
pub(super) fn quantile(mut weighted: Vec<(f64, f64)>, share: f64) -> Option<f64> {
    weighted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    let found = weighted.iter().find(|(_, weight)| {
        sum += weight;
        sum >= share * total
    });
    found.or(weighted.last()).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(usage: impl Fn(usize) -> f64) -> Usage {
        std::array::from_fn(usage)
    }

    #[test]
    fn a_use_crosses_the_quota_within_a_quarter_hour() {
        let seconds = quarters(|place| [0.0, 300.0, 1_200.0].get(place).copied().unwrap_or(9_000.0));
        let rises = quarters(|place| [70.0, 80.0, 140.0].get(place).copied().unwrap_or(0.0));
        assert_eq!(first_full(&seconds, &rises, 100.0), Some(600.0));
        assert_eq!(first_full(&seconds, &rises, 140.0), Some(1_200.0));
        assert_eq!(first_full(&seconds, &rises, 141.0), None);
        let falls = quarters(|place| [120.0, 110.0, 80.0].get(place).copied().unwrap_or(80.0));
        assert_eq!(first_room(&seconds, &falls, 100.0), Some(600.0));
        assert_eq!(first_room(&seconds, &falls, 80.0), None);
    }

    #[test]
    fn quantiles_go_by_weight() {
        let weighted = || vec![(3.0, 1.0), (1.0, 8.0), (2.0, 1.0)];
        assert_eq!(
            [0.0, 0.5, 0.85, 0.95, 1.0].map(|share| quantile(weighted(), share)),
            [1.0, 1.0, 2.0, 3.0, 3.0].map(Some)
        );
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }
}
