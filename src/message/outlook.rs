//! The forecast in words: the usual course, not a promise. Times are rounded to 5 minutes, windows to 15.

use std::fmt::Write;

use super::situation::is_stopped;
use crate::alert::{Finding, Notification};
use crate::forecast::{Forecast, Outlook, Peak, Relief, Unknown, Window};
use crate::numbers::whole_percent as whole;
use crate::reading::{Reading, SendHistory, Utilization};
use crate::time::Timestamp;

/// Up to here, a window is narrow enough to name a time in it: half of the times that were told were off by less than an hour.
const NARROW_SECONDS: i64 = 8 * 3_600;

/// So much above the present, in percentage points, a peak is worth telling of.
const NEAR: f64 = 1.0;

/// What is expected, in a sentence or two; `None` where that is not what the notification is about.
pub(super) fn text(notification: &Notification) -> Option<String> {
    is_about_the_quota(notification).then(|| outlook(&notification.reading)).flatten()
}

/// What is expected of a quota, in a sentence or two; `None` where there is no forecast, or SES takes no mail at all.
#[must_use]
pub fn outlook(reading: &Reading) -> Option<String> {
    let forecast = forecast(reading)?;
    let now = reading.checked_at;
    let mut text = match &forecast.outlook {
        Outlook::Breach { at, window, .. } if is_narrow(window) => {
            format!("At the usual course the quota is full at about {} ({}).", at.about(now), window.for_people(now))
        }
        Outlook::Breach { window, .. } => {
            format!("The quota will probably be full in the next 24 hours, some time {} UTC.", window.for_people(now))
        }
        Outlook::MayBreach { peak, probability, .. } => format!(
            "The quota may be reached in the next 24 hours (about {} in 10); expected peak {}, up to {}.",
            in_ten(*probability),
            whole(peak.percent),
            whole(peak.high)
        ),
        Outlook::NoBreach { peak, .. } => {
            format!("Not expected to be reached in the next 24 hours: {}.", course(peak, reading))
        }
        Outlook::Full(relief) => format!(
            "The quota is full. {}",
            match relief.map(|relief| relief.room_at) {
                Ok(Some(room_at)) => format!("At the usual course it has room again at about {}.", room_at.about(now)),
                Ok(None) => "At the usual course it has no room in the next 24 hours.".to_owned(),
                Err(unknown) => format!("When will it have room again? {}", cannot_be_told(unknown)),
            }
        ),
        Outlook::CannotTell(unknown) => format!("When will the quota be full? {}", cannot_be_told(*unknown)),
    };
    if let Some(full_at) = forecast.if_pace_holds.filter(|pace| pace.is_worth_telling).map(|pace| pace.full_at) {
        let _ = write!(text, " If the last hour's pace holds, the quota is full at {}.", full_at.about(now));
    }
    if forecast.is_from_little_history() {
        let _ = write!(text, " (Only {} days of history.)", forecast.history_days);
    }
    Some(text)
}

/// The same in a few words, for a phone and a line of a digest; `None` where nothing can be told.
pub(super) fn of_notification(notification: &Notification) -> Option<String> {
    let reading = Some(&notification.reading).filter(|_| is_about_the_quota(notification))?;
    match &forecast(reading)?.outlook {
        Outlook::Full(Ok(Relief { room_at: None, .. }) | Err(_)) | Outlook::CannotTell(_) => None,
        outlook => Some(in_short(outlook, reading.checked_at)),
    }
}

/// What is expected, in a few words.
#[must_use]
pub fn in_short(outlook: &Outlook, now: Timestamp) -> String {
    match outlook {
        Outlook::Breach { at, window, .. } if is_narrow(window) => format!("full at about {}", at.about(now)),
        Outlook::Breach { window, .. } => format!("probably full {} UTC", window.for_people(now)),
        Outlook::MayBreach { probability, .. } => format!("may be full in 24 hours ({} in 10)", in_ten(*probability)),
        Outlook::NoBreach { peak, .. } => format!("not expected to be full, peak {}", whole(peak.percent)),
        Outlook::Full(Ok(Relief { room_at: Some(room_at), .. })) => {
            format!("room again at about {}", room_at.about(now))
        }
        Outlook::Full(Ok(Relief { room_at: None, .. })) => "no room in the next 24 hours".to_owned(),
        Outlook::Full(Err(unknown)) | Outlook::CannotTell(unknown) => format!("cannot be told: {unknown}"),
    }
}

fn is_about_the_quota(notification: &Notification) -> bool {
    matches!(notification.finding, Finding::Quota(_))
}

/// The forecast, where SES takes mail at all.
fn forecast(reading: &Reading) -> Option<&Forecast> {
    reading.forecast.as_ref().filter(|_| !is_stopped(reading))
}

fn is_narrow(window: &Window) -> bool {
    window.latest.epoch_seconds() - window.earliest.epoch_seconds() <= NARROW_SECONDS
}

/// `peaks at about 92% (88-97%) around 18:00 UTC, then falls`
fn course(peak: &Peak, reading: &Reading) -> String {
    const QUARTER: i64 = SendHistory::QUARTER;
    let now = reading.checked_at;
    let used = reading.quota.and_then(|quota| quota.utilization()).map_or(0.0, Utilization::percent);
    let highest = format!("{} ({:.0}-{})", whole(peak.percent), peak.low.floor(), whole(peak.high));
    let is_rising_to_the_end = peak.at > now.plus_seconds(86_400 - 2 * QUARTER);
    if peak.at <= now.plus_seconds(QUARTER) {
        "past its peak and falling".to_owned()
    } else if peak.percent <= used + NEAR {
        format!("stays at or below about {highest}")
    } else if is_rising_to_the_end {
        format!("rises to about {highest} until then")
    } else {
        format!("peaks at about {highest} around {}, then falls", peak.at.about(now))
    }
}

fn cannot_be_told(unknown: Unknown) -> String {
    format!("Cannot be told: {unknown}.")
}

/// The nearest tenth, neither none nor all.
fn in_ten(probability: f64) -> String {
    format!("{:.0}", (10.0 * probability).clamp(1.0, 9.0))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::alert::{AlertLevel, AlertPolicy, Kind};
    use crate::forecast::IfPaceHolds;
    use crate::reading::SendQuota;
    use crate::target::tests::target;
    use crate::time::Timestamp;

    /// A notification at noon about 81% of a quota.
    fn with(forecast: Forecast) -> Notification {
        let quota = SendQuota::new(40_500.0, 50_000.0, 14.0).unwrap();
        let finding = Finding::Quota(quota);
        let cause = AlertPolicy::default().cause(&finding, AlertLevel::Warning);
        let unknown = Reading::unknown(target("aws", "us-east-1"), at("24T12:00:00"));
        let reading = Reading { quota: Some(quota), forecast: Some(forecast), ..unknown };
        Notification::new(reading, finding, Kind::Raised, AlertLevel::Warning, cause)
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-{time}Z").parse().unwrap()
    }

    fn window(earliest: &str, latest: &str) -> Window {
        Window { earliest: at(earliest), latest: at(latest) }
    }

    fn peak(percent: f64, low: f64, high: f64, time: &str) -> Peak {
        Peak { percent, low, high, at: at(time) }
    }

    fn of(outlook: Outlook) -> Forecast {
        Forecast { outlook, if_pace_holds: None, history_days: 14 }
    }

    fn breach(time: &str, earliest: &str, latest: &str) -> Forecast {
        let peak = peak(107.0, 101.0, 115.0, "24T19:00:00");
        of(Outlook::Breach { at: at(time), window: window(earliest, latest), peak, probability: 0.7 })
    }

    fn may_breach(probability: f64) -> Forecast {
        let window = window("24T14:00:00", "25T09:00:00");
        of(Outlook::MayBreach { window, peak: peak(94.2, 88.0, 111.4, "24T18:00:00"), probability })
    }

    fn no_breach(percent: f64, low: f64, high: f64, time: &str) -> Forecast {
        of(Outlook::NoBreach { peak: peak(percent, low, high, time), probability: 0.05 })
    }

    fn full(room_at: Option<&str>) -> Forecast {
        of(Outlook::Full(Ok(Relief { room_at: room_at.map(at), peak: peak(103.0, 101.0, 106.0, "24T15:00:00") })))
    }

    /// The sentence for email and chat, and the few words for phones and digests.
    fn words(forecasts: impl IntoIterator<Item = Forecast>) -> String {
        let both = |forecast| {
            let notification = with(forecast);
            format!("{}\n  {}\n", text(&notification).unwrap(), of_notification(&notification).unwrap_or_default())
        };
        forecasts.into_iter().map(both).collect()
    }

    #[test]
    fn it_fills() {
        assert_snapshot!(words([
            breach("24T14:31:10", "24T13:48:20", "24T16:08:00"),
            // Soon, and over midnight.
            breach("24T12:04:00", "24T12:01:00", "24T12:20:00"),
            breach("24T23:58:00", "24T22:31:00", "25T01:02:00"),
            breach("25T06:01:00", "25T03:00:00", "25T08:00:00"),
            // Too wide for a time.
            breach("24T18:31:10", "24T13:48:20", "24T22:58:00"),
            breach("24T18:31:10", "24T12:05:00", "25T09:00:00"),
        ]), @"
        At the usual course the quota is full at about 14:30 UTC (between 13:45 and 16:15).
          full at about 14:30 UTC
        At the usual course the quota is full at about 12:05 UTC (between now and 12:30).
          full at about 12:05 UTC
        At the usual course the quota is full at about 2026-11-25 00:00 UTC (between 22:30 and 2026-11-25 01:15).
          full at about 2026-11-25 00:00 UTC
        At the usual course the quota is full at about 2026-11-25 06:00 UTC (between 2026-11-25 03:00 and 2026-11-25 08:00).
          full at about 2026-11-25 06:00 UTC
        The quota will probably be full in the next 24 hours, some time between 13:45 and 23:00 UTC.
          probably full between 13:45 and 23:00 UTC
        The quota will probably be full in the next 24 hours, some time between now and 2026-11-25 09:00 UTC.
          probably full between now and 2026-11-25 09:00 UTC
        ");
    }

    #[test]
    fn it_may_fill() {
        assert_snapshot!(words([may_breach(0.31), may_breach(0.2), may_breach(0.499)]), @"
        The quota may be reached in the next 24 hours (about 3 in 10); expected peak 94%, up to 111%.
          may be full in 24 hours (3 in 10)
        The quota may be reached in the next 24 hours (about 2 in 10); expected peak 94%, up to 111%.
          may be full in 24 hours (2 in 10)
        The quota may be reached in the next 24 hours (about 5 in 10); expected peak 94%, up to 111%.
          may be full in 24 hours (5 in 10)
        ");
    }

    #[test]
    fn it_is_not_expected_to_fill() {
        assert_snapshot!(words([
            no_breach(92.3, 88.2, 97.4, "24T18:02:00"),
            no_breach(92.3, 88.2, 97.4, "25T02:02:00"),
            // Not far above the present 81%.
            no_breach(81.9, 81.0, 86.0, "24T14:00:00"),
            // The present is the peak.
            no_breach(81.0, 81.0, 85.0, "24T12:00:00"),
            // Rising until the forecast ends.
            no_breach(95.0, 90.0, 99.8, "25T12:00:00"),
            // Below 100 is never shown as 100.
            no_breach(99.7, 95.5, 103.2, "24T18:02:00"),
        ]), @"
        Not expected to be reached in the next 24 hours: peaks at about 92% (88-97%) around 18:00 UTC, then falls.
          not expected to be full, peak 92%
        Not expected to be reached in the next 24 hours: peaks at about 92% (88-97%) around 2026-11-25 02:00 UTC, then falls.
          not expected to be full, peak 92%
        Not expected to be reached in the next 24 hours: stays at or below about 82% (81-86%).
          not expected to be full, peak 82%
        Not expected to be reached in the next 24 hours: past its peak and falling.
          not expected to be full, peak 81%
        Not expected to be reached in the next 24 hours: rises to about 95% (90-99%) until then.
          not expected to be full, peak 95%
        Not expected to be reached in the next 24 hours: peaks at about 99% (95-103%) around 18:00 UTC, then falls.
          not expected to be full, peak 99%
        ");
    }

    #[test]
    fn it_is_full() {
        let unknown = of(Outlook::Full(Err(Unknown::NotRead)));
        assert_snapshot!(words([full(Some("24T17:28:00")), full(Some("25T03:00:00")), full(None), unknown]), @"
        The quota is full. At the usual course it has room again at about 17:30 UTC.
          room again at about 17:30 UTC
        The quota is full. At the usual course it has room again at about 2026-11-25 03:00 UTC.
          room again at about 2026-11-25 03:00 UTC
        The quota is full. At the usual course it has no room in the next 24 hours.
          
        The quota is full. When will it have room again? Cannot be told: the history could not be read.
        ");
    }

    #[test]
    fn nothing_can_be_told() {
        let reasons =
            [Unknown::NotRead, Unknown::NoHistory, Unknown::ShortHistory, Unknown::DoNotMatch, Unknown::NoQuota];
        assert_snapshot!(words(reasons.map(|reason| of(Outlook::CannotTell(reason)))), @"
        When will the quota be full? Cannot be told: the history could not be read.
          
        When will the quota be full? Cannot be told: less than 3 days of history.
          
        When will the quota be full? Cannot be told: less than 3 days of history.
          
        When will the quota be full? Cannot be told: the statistics and the quota counter do not agree.
          
        When will the quota be full? Cannot be told: there is no sending quota.
        ");
    }

    #[test]
    fn what_else_to_know() {
        let if_pace_holds = Some(IfPaceHolds { full_at: at("24T13:21:00"), is_worth_telling: true });
        let usual = Some(IfPaceHolds { full_at: at("24T13:21:00"), is_worth_telling: false });
        let peaks = || no_breach(92.3, 88.2, 97.4, "24T18:02:00");
        assert_snapshot!(words([
            Forecast { if_pace_holds, ..peaks() },
            Forecast { if_pace_holds: usual, ..peaks() },
            Forecast { history_days: 5, ..peaks() },
            Forecast { if_pace_holds, history_days: 2, ..of(Outlook::CannotTell(Unknown::ShortHistory)) },
        ]), @"
        Not expected to be reached in the next 24 hours: peaks at about 92% (88-97%) around 18:00 UTC, then falls. If the last hour's pace holds, the quota is full at 13:20 UTC.
          not expected to be full, peak 92%
        Not expected to be reached in the next 24 hours: peaks at about 92% (88-97%) around 18:00 UTC, then falls.
          not expected to be full, peak 92%
        Not expected to be reached in the next 24 hours: peaks at about 92% (88-97%) around 18:00 UTC, then falls. (Only 5 days of history.)
          not expected to be full, peak 92%
        When will the quota be full? Cannot be told: less than 3 days of history. If the last hour's pace holds, the quota is full at 13:20 UTC.
        ");
    }

    #[test]
    fn the_documentation_has_the_same_sentences() {
        let page = include_str!("../../docs/forecast.md");
        let if_pace_holds = Some(IfPaceHolds { full_at: at("24T13:21:00"), is_worth_telling: true });
        let unknown = || of(Outlook::CannotTell(Unknown::ShortHistory));
        for forecast in [
            breach("24T14:31:10", "24T13:48:20", "24T16:08:00"),
            breach("24T18:31:10", "24T13:48:20", "24T22:58:00"),
            may_breach(0.31),
            no_breach(92.3, 88.2, 97.4, "24T18:02:00"),
            full(Some("24T17:28:00")),
            unknown(),
        ] {
            let sentence = text(&with(forecast)).unwrap();
            assert!(page.contains(&format!("\"{sentence}\"")), "{sentence}");
        }
        let plain = text(&with(unknown())).unwrap();
        let little = Forecast { history_days: 5, ..no_breach(92.3, 88.2, 97.4, "24T18:02:00") };
        let with_pace = text(&with(Forecast { if_pace_holds, ..unknown() })).unwrap();
        let of_little_history = text(&with(little)).unwrap();
        for more in [with_pace.trim_start_matches(&plain).trim(), &of_little_history[of_little_history.len() - 26..]] {
            assert!(page.contains(&format!("\"{}\"", more.trim())), "{more}");
        }
    }

    #[test]
    fn only_an_alert_about_the_quota_of_an_account_that_may_send_has_one() {
        use crate::reading::AccountStatus;

        let quota = with(no_breach(92.3, 88.2, 97.4, "24T18:02:00"));
        let paused = AccountStatus::new(Some(false), Some("SHUTDOWN"), Some(true));
        let of_a_paused_account =
            Notification { reading: Reading { account: paused, ..quota.reading.clone() }, ..quota.clone() };
        let rate = Notification { finding: Finding::Rate(None), ..quota };
        for notification in [of_a_paused_account, rate] {
            assert_eq!((text(&notification), of_notification(&notification)), (None, None));
        }
    }
}
