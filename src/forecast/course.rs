//! The usual course: what is sent in the next 24 hours if they go as the days behind.

use super::series::{DAY, KEPT_DAYS, Series, real};

/// The share of the week before last in the weekly pattern. Fitted on the training traces.
const OLDER_WEEK: f64 = 0.3;
/// How many quarter hours tell by how much the present departs from the usual course. Fitted on the training traces.
const RECENT: usize = 8;
/// In how many quarter hours half of such a departure is gone. Fitted on the training traces.
const HALF_LIFE: f64 = 3.0;

/// What is expected of the 24 hours from the end of a history on, in attempts a quarter hour.
pub(super) struct Course {
    /// By the days and weeks behind alone.
    pub usual: [f64; DAY],
    /// With the departure of the last two hours from it, which fades.
    pub expected: [f64; DAY],
}

impl Course {
    /// The course from a quarter hour of the series on, by what came before it; `None` with less than a day of that.
    ///
    /// Two patterns are mixed: the mean of all days, and the same weekday of the last two weeks. Each is scaled to the present
    /// level, and counts by how well it would have foretold the totals of the last seven days.
    pub fn new(series: &Series, from: usize) -> Option<Self> {
        let days = Some(series.days_before(from)).filter(|days| *days > 0)?;
        let mean = series.sum(from - days * DAY, from) / real(days);
        if mean <= 0.0 {
            return Some(Self { usual: [0.0; DAY], expected: [0.0; DAY] });
        }
        // Attempts in the `quarters` quarter hours up to the same time `ago` days before.
        let last = |quarters: usize, ago: usize| series.sum(from - ago * DAY - quarters, from - ago * DAY);
        // Totals of the days behind, the last 24 hours first.
        let totals: Vec<f64> = (0..days).map(|ago| last(DAY, ago)).collect();

        let week_share = week_share(&totals, mean);
        let mean_level = (1.0 - week_share) * level(totals[0], mean, mean);
        let week_level = week_share * weekly_level(&totals, 0, mean);
        let mut usual = [0.0; DAY];
        for (ahead, usual) in usual.iter_mut().enumerate() {
            let yesterday = from + ahead - DAY;
            *usual = mean_level * series.mean_at_this_time(yesterday, days);
            if week_share > 0.0 {
                let a_week_ago = series.at(yesterday - 6 * DAY);
                *usual += week_level
                    * if days < KEPT_DAYS {
                        a_week_ago
                    } else {
                        (1.0 - OLDER_WEEK) * a_week_ago + OLDER_WEEK * series.at(yesterday - 13 * DAY)
                    };
            }
        }

        let departure = if days < 2 {
            1.0
        } else {
            let mean_recently = (1..days).map(|ago| last(RECENT, ago)).sum::<f64>() / real(days - 1);
            let week_ago = if week_share > 0.0 { last(RECENT, 7) } else { 0.0 };
            level(last(RECENT, 0), mean_level * mean_recently + week_level * week_ago, mean * real(RECENT) / real(DAY))
        };
        let fades = 0.5_f64.powf(1.0 / HALF_LIFE);
        // Each quarter hour is taken at its middle.
        let mut left = (departure - 1.0) * fades.sqrt();
        let expected = usual.map(|usual| {
            let expected = usual * (1.0 + left);
            left *= fades;
            expected
        });
        Some(Self { usual, expected })
    }
}

/// How much more was sent than expected, as a ratio. One more window of the mean size on both sides keeps it from meaning much
/// where little was sent.
fn level(sent: f64, expected: f64, mean: f64) -> f64 {
    (sent + mean) / (expected + mean)
}

/// The level of a day against the same weekday of the week before; 1 where that is not known.
fn weekly_level(totals: &[f64], ago: usize, mean: f64) -> f64 {
    totals.get(ago + 7).map_or(1.0, |week_before| level(totals[ago], *week_before, mean))
}

/// How much the pattern of the week counts, from 0 to 1, the mean day being the rest: by the squares of the errors that the two
/// would have made on the totals of the last seven days.
fn week_share(totals: &[f64], mean: f64) -> f64 {
    let days = totals.len();
    if days < 8 {
        return 0.0;
    }
    let average = |errors: &mut dyn Iterator<Item = f64>| {
        let (sum, number) = errors.fold((0.0, 0.0), |(sum, number), error| (sum + error, number + 1.0));
        sum / number
    };
    let by_week = average(
        &mut (0..7.min(days - 7))
            .map(|ago| (totals[ago] - totals[ago + 7] * weekly_level(totals, ago + 1, mean)).abs()),
    );
    let by_mean = average(&mut (0..7).map(|ago| {
        let before = &totals[ago + 1..days.min(ago + 8)];
        (totals[ago] - before.iter().sum::<f64>() / real(before.len())).abs()
    }));
    let both = by_mean * by_mean + by_week * by_week;
    if both > 0.0 { by_mean * by_mean / both } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::SendHistory;
    use crate::time::Timestamp;

    /// The course after so many days, of which `sent` gives the attempts by day and quarter hour.
    fn course(days: usize, sent: impl Fn(usize, usize) -> f64) -> Course {
        let start = 1_772_410_033;
        let quarter = |number: usize| Timestamp::from_epoch_seconds(start + 900 * i64::try_from(number).unwrap());
        let points = (0..days * DAY).map(|number| (quarter(number), sent(number / DAY, number % DAY)));
        let series = Series::new(&SendHistory::new(points), quarter(days * DAY)).unwrap();
        Course::new(&series, series.end()).unwrap()
    }

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.01 * other.abs().max(1.0)
    }

    #[test]
    fn days_that_are_all_the_same_go_on_so() {
        for days in [3, 8, 14] {
            let course = course(days, |_, quarter| if quarter < 48 { 10.0 } else { 30.0 });
            assert!(near(course.expected[0], 10.0) && near(course.expected[47], 10.0), "{days}");
            assert!(near(course.expected[48], 30.0) && near(course.expected[95], 30.0), "{days}");
        }
    }

    #[test]
    fn a_weekly_newsletter_is_expected_on_its_day() {
        let newsletter =
            |day: usize, quarter: usize| if day.is_multiple_of(7) && quarter == 40 { 5_000.0 } else { 10.0 };
        assert!(course(14, newsletter).expected[40] > 3_000.0);
        let quiet = course(16, newsletter).expected[40];
        assert!(quiet < 500.0, "{quiet}");
    }

    #[test]
    fn a_departure_is_carried_on_and_fades() {
        let burst = course(14, |day, quarter| if day == 13 && quarter >= 88 { 40.0 } else { 10.0 });
        assert!(burst.expected[0] > 15.0 && burst.usual[0] < 12.0);
        assert!(burst.expected[0] > burst.expected[6] && burst.expected[6] > burst.expected[24]);
        assert!(near(burst.expected[24], burst.usual[24]));
    }

    #[test]
    fn where_little_was_sent_a_ratio_means_little() {
        assert!(near(level(0.0, 0.0, 10.0), 1.0));
        assert!(near(level(100.0, 0.0, 10.0), 11.0));
        assert!(near(level(1_000.0, 500.0, 10.0), 1.98));
    }
}
