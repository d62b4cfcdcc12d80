//! What is told in situations that people know.

pub(crate) mod any;
mod laws;

use std::f64::consts::PI;

use super::*;

/// Monday, 2026-03-02T00:07:13Z: the points do not lie on the quarter hours of the clock.
const MONDAY: i64 = 1_772_410_033;

/// A time by days and hours after [`MONDAY`].
fn at(day: i64, hour: i64) -> Timestamp {
    Timestamp::from_epoch_seconds(MONDAY + 86_400 * day + 3_600 * hour + 60)
}

/// What is sent a quarter hour in an office, by days after [`MONDAY`] and hour: from 7 to 19, and less on weekends. No two days
/// are quite the same.
#[allow(clippy::cast_precision_loss)]
fn office(day: i64, hour: f64) -> f64 {
    if !(7.0..19.0).contains(&hour) {
        return 0.0;
    }
    let weekday = if day % 7 < 5 { 1.0 } else { 0.3 };
    (1_000.0 * (PI * (hour - 7.0) / 12.0).sin() * weekday * (1.0 + 0.08 * (day as f64 * 2.3).sin())).round()
}

/// The points of so many days before `now`.
fn points(now: Timestamp, days: i64, sent: impl Fn(i64, f64) -> f64) -> Vec<(Timestamp, f64)> {
    let now = now.epoch_seconds() - MONDAY;
    let quarters = (now - 86_400 * days).div_euclid(900) + 1..now.div_euclid(900);
    #[allow(clippy::cast_precision_loss)]
    let point = |quarter: i64| {
        let time = Timestamp::from_epoch_seconds(MONDAY + 900 * quarter);
        (time, sent(quarter.div_euclid(96), quarter.rem_euclid(96) as f64 / 4.0))
    };
    quarters.map(point).collect()
}

/// The forecast at a utilization; as many recipients as attempts.
fn forecast_at(utilization: f64, points: Vec<(Timestamp, f64)>, now: Timestamp) -> Forecast {
    let history = SendHistory::new(points);
    let sent = history.attempts_in_the_day_before(now);
    Forecast::new(&history, &SendQuota::new(sent, sent / utilization, 14.0).unwrap(), now)
}

/// Tuesday, 11:00, and a day that has run 45% above the usual so far.
fn busy_morning(days: i64) -> (Timestamp, Vec<(Timestamp, f64)>) {
    let now = at(15, 11);
    (now, points(now, days, |day, hour| office(day, hour) * if day == 15 { 1.45 } else { 1.0 }))
}

#[test]
fn a_busy_morning_fills_the_quota_the_same_day() {
    let (now, points) = busy_morning(14);
    let forecast = forecast_at(0.97, points, now);
    let Outlook::Breach { at: full_at, window, peak, probability } = forecast.outlook else { panic!("{forecast:?}") };
    assert!(full_at > at(15, 12) && full_at < at(15, 15), "{full_at}");
    assert!(window.earliest > at(15, 11) && window.latest < at(15, 20), "{window:?}");
    assert!(probability > 0.5 && peak.percent > 100.0 && peak.percent < 110.0, "{probability} {peak:?}");
    assert_eq!(forecast.history_days, 14);
    assert!(!forecast.if_pace_holds.unwrap().is_worth_telling);
}

#[test]
fn with_a_larger_quota_it_may_and_with_a_still_larger_one_it_is_not_expected_to() {
    let (now, points) = busy_morning(14);
    let may = forecast_at(0.88, points.clone(), now);
    assert!(matches!(may.outlook, Outlook::MayBreach { probability, .. } if probability < 0.5), "{may:?}");
    let not = forecast_at(0.8, points, now);
    let Outlook::NoBreach { peak, probability } = not.outlook else { panic!("{not:?}") };
    assert!(peak.percent < 90.0 && peak.high < 105.0 && probability < 0.2, "{peak:?} {probability}");
}

#[test]
fn statistics_that_lag_are_made_up_for() {
    let (now, mut points) = busy_morning(14);
    let sent = SendHistory::new(points.clone()).attempts_in_the_day_before(now);
    points.truncate(points.len() - 2);
    let forecast = Forecast::new(&SendHistory::new(points), &SendQuota::new(sent, sent / 0.97, 14.0).unwrap(), now);
    let Outlook::Breach { at: full_at, .. } = forecast.outlook else { panic!("{forecast:?}") };
    assert!(full_at > at(15, 12) && full_at < at(15, 15), "{full_at}");
}

#[test]
fn more_recipients_than_attempts_change_nothing() {
    let (now, points) = busy_morning(14);
    let history = SendHistory::new(points);
    let sent = history.attempts_in_the_day_before(now);
    let forecasts = [1.0, 1.5].map(|recipients| {
        let quota = SendQuota::new(recipients * sent, recipients * sent / 0.97, 14.0).unwrap();
        let outlook = Forecast::new(&history, &quota, now).outlook;
        let Outlook::Breach { at, probability, .. } = outlook else { panic!("{outlook:?}") };
        (at, (probability * 1e6).round())
    });
    assert_eq!(forecasts[0], forecasts[1]);
}

#[test]
fn a_weekend_ahead_lets_the_use_fall() {
    let now = at(18, 18);
    let forecast = forecast_at(0.93, points(now, 14, office), now);
    let Outlook::NoBreach { peak, .. } = forecast.outlook else { panic!("{forecast:?}") };
    assert!(peak.at < at(18, 20) && peak.percent < 94.0, "{peak:?}");
}

#[test]
fn a_working_day_ahead_lets_it_rise() {
    let now = at(20, 20);
    let forecast = forecast_at(0.3, points(now, 14, office), now);
    let (Outlook::MayBreach { peak, .. } | Outlook::NoBreach { peak, .. } | Outlook::Breach { peak, .. }) =
        forecast.outlook
    else {
        panic!("{forecast:?}")
    };
    assert!(peak.at > at(21, 12) && peak.at < at(21, 20) && peak.percent > 70.0, "{peak:?}");
}

#[test]
fn a_campaign_is_unusual_and_its_pace_is_told() {
    let now = at(15, 11);
    let campaign = |day, hour: f64| office(day, hour) / 2.0 + if day == 15 && hour >= 9.5 { 5_000.0 } else { 0.0 };
    let forecast = forecast_at(0.75, points(now, 14, campaign), now);
    let Outlook::Breach { at: full_at, probability, .. } = forecast.outlook else { panic!("{forecast:?}") };
    let pace = forecast.if_pace_holds.unwrap();
    assert!(probability > 0.7 && pace.is_worth_telling);
    assert!(now < pace.full_at && pace.full_at <= full_at && full_at < at(15, 14), "{} {full_at}", pace.full_at);
}

#[test]
fn what_stopped_suddenly_is_expected_to_come_back() {
    let now = at(15, 13);
    let stopped = |day, hour: f64| if day == 15 && hour >= 9.5 { 0.0 } else { office(day, hour) };
    let forecast = forecast_at(0.8, points(now, 14, stopped), now);
    let Outlook::MayBreach { peak, .. } = forecast.outlook else { panic!("{forecast:?}") };
    assert!(peak.at > at(16, 11) && peak.percent > 85.0, "{peak:?}");
    assert_eq!(forecast.if_pace_holds, None, "a pace of 0 fills nothing");
}

#[test]
fn less_than_three_days_tell_nothing_but_the_pace() {
    let (now, points) = busy_morning(2);
    let forecast = forecast_at(0.88, points, now);
    assert_eq!(forecast.outlook, Outlook::CannotTell(Unknown::ShortHistory));
    assert!(forecast.if_pace_holds.is_some_and(|pace| pace.full_at > now && pace.is_worth_telling));
    // Nothing was sent in the night with which the two days begin.
    assert_eq!(forecast.history_days, 1);
}

#[test]
fn four_days_tell_something() {
    let (now, points) = busy_morning(4);
    let forecast = forecast_at(0.88, points, now);
    assert!(!matches!(forecast.outlook, Outlook::CannotTell(_)), "{forecast:?}");
    assert_eq!(forecast.history_days, 3);
}

#[test]
fn what_cannot_be_told_is_not() {
    let now = at(15, 11);
    let history = SendHistory::new(points(now, 14, office));
    let sent = history.attempts_in_the_day_before(now);
    let outlook = |sent: f64, max: f64| {
        let quota = SendQuota::new(sent, max, 14.0).unwrap();
        assert_eq!(
            Projection::new(&history, &quota, now).err(),
            match Forecast::new(&history, &quota, now).outlook {
                Outlook::CannotTell(unknown) => Some(unknown),
                _ => None,
            }
        );
        Forecast::new(&history, &quota, now).outlook
    };
    assert_eq!(outlook(sent, -1.0), Outlook::CannotTell(Unknown::NoQuota));
    assert_eq!(outlook(sent, 0.0), Outlook::CannotTell(Unknown::NoQuota));
    assert_eq!(outlook(8.0 * sent, 10.0 * sent), Outlook::CannotTell(Unknown::DoNotMatch));
    assert_eq!(outlook(0.0, 2.0 * sent), Outlook::CannotTell(Unknown::DoNotMatch));
    // So little of the quota that it does not matter.
    assert!(matches!(outlook(8.0 * sent, 1_000.0 * sent), Outlook::NoBreach { .. }));
    let quota = SendQuota::new(0.0, 200.0, 1.0).unwrap();
    let nothing = Forecast::new(&SendHistory::default(), &quota, now);
    assert_eq!(
        nothing,
        Forecast { outlook: Outlook::CannotTell(Unknown::NoHistory), if_pace_holds: None, history_days: 0 }
    );
}

#[test]
fn a_full_quota_has_room_when_more_leaves_than_comes() {
    let now = at(18, 18);
    let forecast = forecast_at(1.01, points(now, 14, office), now);
    let Outlook::Full(Ok(Relief { room_at: Some(room_at), .. })) = forecast.outlook else { panic!("{forecast:?}") };
    // Saturday brings less than Friday brought.
    assert!(room_at > at(19, 6) && room_at < at(19, 10), "{room_at}");
    assert_eq!(forecast.if_pace_holds, None);
    let never = forecast_at(3.0, points(now, 14, |day, hour| office(day, hour) + 1_000.0), now);
    assert!(matches!(never.outlook, Outlook::Full(Ok(Relief { room_at: None, .. }))));
}

#[test]
fn a_full_quota_is_full_whatever_is_known() {
    let now = at(15, 11);
    let quota = SendQuota::new(200.0, 200.0, 1.0).unwrap();
    for (history, unknown) in [
        (SendHistory::default(), Unknown::NoHistory),
        (SendHistory::new(points(now, 2, office)), Unknown::ShortHistory),
        (SendHistory::new(points(now, 14, office)), Unknown::DoNotMatch),
    ] {
        assert_eq!(Forecast::new(&history, &quota, now).outlook, Outlook::Full(Err(unknown)));
    }
}
