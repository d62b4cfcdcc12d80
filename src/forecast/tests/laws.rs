//! What holds for any history, quota and time.

use proptest::collection::vec;
use proptest::prelude::*;

use super::any::any_forecast;
use super::*;

const DAY_SECONDS: i64 = 86_400;
/// 2026-03-20T00:00:00Z.
const NOW: i64 = 1_773_964_800;

/// Seconds before a time, and a count: any points, dense enough to be forecast, or sparse.
fn any_points() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let sparse = vec((-3_000_i64..20 * DAY_SECONDS, 0.0..3_000.0_f64), 0..60);
    let huge = vec((0_i64..14 * DAY_SECONDS, prop_oneof![0.0..1e13_f64, any::<f64>()]), 0..60);
    prop_oneof![3 => patterned(), 1 => sparse, 1 => huge]
}

/// Points of days that resemble each other, with their own levels, from some day on.
fn patterned() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let shape = vec(prop_oneof![Just(0.0), 1.0..1_000.0_f64], 12);
    (shape, vec(0.0..2.0_f64, 15), 1_usize..16, 0_i64..900).prop_map(|(shape, levels, days, late)| {
        let quarters = (0..96 * days).filter_map(|ago| {
            let count = (shape[ago % 96 / 8] * levels[ago / 96]).round();
            Some((late + 900 * i64::try_from(ago).ok()?, count)).filter(|(_, count)| *count > 0.0)
        });
        quarters.collect()
    })
}

fn history(points: &[(i64, f64)], now: i64) -> SendHistory {
    SendHistory::new(points.iter().map(|(ago, count)| (Timestamp::from_epoch_seconds(now - ago), *count)))
}

/// A quota at a utilization, with so many recipients an attempt.
fn quota(history: &SendHistory, now: i64, utilization: f64, recipients: f64) -> SendQuota {
    let sent = history.attempts_in_the_day_before(Timestamp::from_epoch_seconds(now)) * recipients;
    let sent = sent.min(1e12);
    SendQuota::new(sent, (sent / utilization).clamp(1.0, 1e12), 14.0).unwrap()
}

fn probability(outlook: &Outlook) -> Option<f64> {
    match outlook {
        Outlook::Breach { probability, .. }
        | Outlook::MayBreach { probability, .. }
        | Outlook::NoBreach { probability, .. } => Some(*probability),
        Outlook::Full { .. } => Some(1.0),
        Outlook::CannotTell(_) => None,
    }
}

/// A forecast at some other time.
fn moved(mut forecast: Forecast, seconds: i64) -> Forecast {
    match &mut forecast.outlook {
        Outlook::Breach { at, window, peak, .. } => {
            for time in [at, &mut window.earliest, &mut window.latest, &mut peak.at] {
                *time = time.plus_seconds(seconds);
            }
        }
        Outlook::MayBreach { window, peak, .. } => {
            for time in [&mut window.earliest, &mut window.latest, &mut peak.at] {
                *time = time.plus_seconds(seconds);
            }
        }
        Outlook::NoBreach { peak, .. } => peak.at = peak.at.plus_seconds(seconds),
        Outlook::Full(Ok(relief)) => {
            relief.room_at = relief.room_at.map(|time| time.plus_seconds(seconds));
            relief.peak.at = relief.peak.at.plus_seconds(seconds);
        }
        Outlook::Full(Err(_)) | Outlook::CannotTell(_) => {}
    }
    if let Some(pace) = &mut forecast.if_pace_holds {
        pace.full_at = pace.full_at.plus_seconds(seconds);
    }
    forecast
}

proptest! {
    #[test]
    fn whatever_is_told_makes_sense(
        points in any_points(),
        now in prop_oneof![8 => Just(NOW), 1 => Just(0), 1 => Just(253_402_300_799), 1 => 0..253_402_300_799_i64],
        utilization in 0.01..1.3_f64,
        recipients in prop_oneof![4 => Just(1.0), 1 => 0.0..5.0_f64],
    ) {
        let history = history(&points, now);
        let quota = quota(&history, now, utilization, recipients);
        let now = Timestamp::from_epoch_seconds(now);
        let forecast = Forecast::new(&history, &quota, now);
        let within = |time: Timestamp| now <= time && time <= now.plus_seconds(DAY_SECONDS);
        let used = quota.utilization().unwrap().percent();
        let check_peak = |peak: &Peak| {
            within(peak.at) && peak.low <= peak.percent && peak.percent <= peak.high && peak.high.is_finite()
                && peak.low >= 0.0 && peak.percent >= used * (1.0 - 1e-12)
        };
        if let Some(probability) = probability(&forecast.outlook) {
            prop_assert!((0.0..=1.0).contains(&probability));
        }
        match &forecast.outlook {
            Outlook::Breach { at, window, peak, probability } => {
                prop_assert!(window.earliest <= *at && *at <= window.latest, "{forecast:?}");
                prop_assert!(within(window.earliest) && within(window.latest) && check_peak(peak), "{forecast:?}");
                prop_assert!(*probability >= 0.5);
            }
            Outlook::MayBreach { window, peak, probability } => {
                prop_assert!(window.earliest <= window.latest, "{forecast:?}");
                prop_assert!(within(window.earliest) && within(window.latest) && check_peak(peak), "{forecast:?}");
                prop_assert!((0.2..0.5).contains(probability));
            }
            Outlook::NoBreach { peak, probability } => prop_assert!(check_peak(peak) && *probability < 0.5, "{forecast:?}"),
            Outlook::Full(Ok(Relief { room_at, peak })) => {
                prop_assert!(used >= 100.0 && room_at.is_none_or(within) && check_peak(peak), "{forecast:?}");
            }
            Outlook::Full(Err(unknown)) => {
                prop_assert!(used >= 100.0);
                prop_assert_eq!(Projection::new(&history, &quota, now).err(), Some(*unknown));
            }
            Outlook::CannotTell(unknown) => prop_assert_eq!(Projection::new(&history, &quota, now).err(), Some(*unknown)),
        }
        prop_assert!(forecast.if_pace_holds.is_none_or(|pace| within(pace.full_at)), "{forecast:?}");
        prop_assert!(forecast.history_days <= 14);
    }

    #[test]
    fn upper_bounds_lie_between_the_expected_and_the_highest_peak(
        points in any_points(),
        utilization in 0.01..1.3_f64,
    ) {
        let history = history(&points, NOW);
        let quota = quota(&history, NOW, utilization, 1.0);
        let now = Timestamp::from_epoch_seconds(NOW);
        if let Ok(projection) = Projection::new(&history, &quota, now) {
            let bounds = projection.upper_bounds();
            prop_assert_eq!(bounds.len(), 97);
            prop_assert_eq!(bounds[0], (now, quota.sent_last_24_hours()));
            prop_assert!(bounds[1].0 <= now.plus_seconds(900));
            let max = quota.max_24_hour_send().unwrap();
            let probability_6h = projection.probability_6h(max);
            prop_assert!((0.0..=1.0).contains(&probability_6h));
            for pair in bounds.windows(2) {
                prop_assert!(pair[1].1 >= 0.0 && pair[1].1.is_finite());
                prop_assert!(pair[0].0 < pair[1].0);
            }
            let outlook = Forecast::new(&history, &quota, now).outlook;
            if let Outlook::Breach { peak, probability, .. } | Outlook::MayBreach { peak, probability, .. } | Outlook::NoBreach { peak, probability } = outlook {
                let highest = bounds.iter().fold(0.0, |highest: f64, (_, bound)| highest.max(*bound));
                prop_assert!(100.0 * highest / max <= peak.high * (1.0 + 1e-9), "{highest} of {max}, {peak:?}");
                prop_assert!(100.0 * highest / max >= peak.percent * (1.0 - 1e-9), "{highest} of {max}, {peak:?}");
                prop_assert!(probability_6h <= probability + 1e-9);
            }
        }
    }

    #[test]
    fn the_same_traffic_at_another_time_gives_the_same_forecast(
        points in any_points(),
        utilization in 0.3..1.1_f64,
        seconds in prop_oneof![Just(900), Just(DAY_SECONDS), -100 * DAY_SECONDS..100 * DAY_SECONDS],
    ) {
        let forecast = |now: i64| {
            let history = history(&points, now);
            Forecast::new(&history, &quota(&history, now, utilization, 1.0), Timestamp::from_epoch_seconds(now))
        };
        prop_assert_eq!(moved(forecast(NOW), seconds), forecast(NOW + seconds));
    }

    #[test]
    fn a_larger_account_gets_the_same_forecast(points in patterned(), utilization in 0.3..1.1_f64) {
        let now = Timestamp::from_epoch_seconds(NOW);
        let small = history(&points, NOW);
        let sent = small.attempts_in_the_day_before(now);
        let max = (sent / utilization).max(1.0);
        // A power of two leaves all roundings as they are.
        let larger = SendHistory::new(
            points.iter().map(|(ago, count)| (Timestamp::from_epoch_seconds(NOW - ago), 64.0 * count)),
        );
        let one = Forecast::new(&small, &SendQuota::new(sent, max, 1.0).unwrap(), now);
        let other = Forecast::new(&larger, &SendQuota::new(64.0 * sent, 64.0 * max, 1.0).unwrap(), now);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_higher_quota_is_never_more_probably_full(points in any_points(), utilization in 0.3..1.1_f64, higher in 1.0..2.0_f64) {
        let now = Timestamp::from_epoch_seconds(NOW);
        let history = history(&points, NOW);
        let sent = history.attempts_in_the_day_before(now).min(5e11);
        let max = (sent / utilization).clamp(1.0, 4e11);
        let [one, other] = [max, higher * max].map(|max| {
            probability(&Forecast::new(&history, &SendQuota::new(sent, max, 1.0).unwrap(), now).outlook)
        });
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert!(other <= one + 1e-12, "{one} {other}");
        }
    }

    #[test]
    fn what_is_written_reads_back(forecast in any_forecast()) {
        let fields = ForecastFields::from(&forecast);
        let read: ForecastFields = serde_json::from_value(serde_json::to_value(&fields).unwrap()).unwrap();
        let outlook = read.outlook().unwrap();
        prop_assert_eq!(ForecastFields::from(&Forecast { outlook, ..forecast }), fields);
    }

    #[test]
    fn what_is_still_to_come_is_not_known(
        points in patterned(),
        future in vec((1_i64..DAY_SECONDS / 900, 1.0..1_000.0_f64), 1..5),
        utilization in 0.3..1.1_f64,
    ) {
        let now = Timestamp::from_epoch_seconds(NOW);
        let late = points.first().map_or(0, |(ago, _)| *ago);
        let known = history(&points, NOW);
        let quota = quota(&known, NOW, utilization, 1.0);
        // On the grid of the others: a single point off it may move it where there are few.
        let future = future.into_iter().map(|(quarters, count)| (late % 900 - 900 * quarters, count));
        let all: Vec<_> = points.iter().copied().chain(future).filter(|(ago, _)| *ago >= 0 || *ago < -900).collect();
        prop_assert_eq!(Forecast::new(&known, &quota, now), Forecast::new(&history(&all, NOW), &quota, now));
    }
}
