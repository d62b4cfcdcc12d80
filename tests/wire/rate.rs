//! How much of the maximum send rate is used, where people want to hear of it: whole checks over the life of this subject.

use serde_json::{Value, json};

use crate::checked::{Checked, alerting, check_with, table};
use crate::support::{Answer, Aws, Table, healthy, invocation};

const RATE: &str = "111122223333#us-east-1#RATE";

/// Of a maximum send rate of 1, so that 900 in a quarter hour are 100%.
const MAX_RATE: u32 = 1;

/// The setting with which people are told from 80% on. A level ends 5 percentage points below.
const WATCHED: &[(&str, &str)] = &[("RATE_WARNING_PERCENT", "80")];

/// A history in which so many were sent in the last complete quarter hours, the newest last, and so many earlier that day.
fn history(minute: i64, newest: &[u32], earlier: u32) -> Answer {
    let quarter =
        |back: usize| invocation().started_at.plus_seconds(900 * (minute / 15 - i64::try_from(back).unwrap()));
    let newest = newest.iter().rev().enumerate().map(|(nth, sent)| (quarter(nth + 1), *sent));
    Answer::statistics(newest.chain([(quarter(20), earlier)]).filter(|(_, sent)| *sent > 0))
}

/// A check at so many minutes after noon of an account that has sent 10,000 of 1,000,000, so many of them in the last quarter
/// hour.
async fn check(table: &Table, minute: i64, sent: u32, variables: &[(&str, &str)]) -> Checked {
    let quota = Answer::quota(10_000, 1_000_000, MAX_RATE);
    check_of(table, minute, quota, history(minute, &[sent], 10_000 - sent), variables).await
}

async fn check_of(table: &Table, minute: i64, quota: Answer, history: Answer, variables: &[(&str, &str)]) -> Checked {
    let table = table.clone();
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => quota.clone(),
        "GetSendStatistics" => history.clone(),
        "BatchGetItem" | "PutItem" => table.answer(call),
        _ => healthy(call),
    });
    check_with(aws, minute, variables).await
}

/// What is told by a check each quarter hour in which so many were sent before it.
async fn life(table: &Table, sent: impl IntoIterator<Item = u32>) -> Vec<String> {
    let mut told = Vec::new();
    for (nth, sent) in (0..).zip(sent) {
        told.push(check(table, 15 * nth, sent, WATCHED).await.told().join(", "));
    }
    told
}

#[tokio::test(start_paused = true)]
async fn it_is_not_watched_unless_somebody_asks_for_it() {
    for variables in [&[][..], &[("RATE_WARNING_PERCENT", "0")]] {
        let table = Table::default();
        let checked = check(&table, 0, 900, variables).await;
        assert!(checked.told().is_empty() && checked.failures().is_empty());
        assert_eq!((table.item(RATE), checked.subjects()), (None, Value::Null));
        assert_eq!(checked.metric("HighestAlertLevel"), Some(0.0));
        // Nobody paid for the history.
        assert!(checked.aws.calls_of("GetSendStatistics").is_empty());
        assert_eq!(checked.metric("SendRateUtilization"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_told_once_and_ends_below_the_margin_only() {
    // 79.9%, 80%, 92%, within the margin, below it, and anew.
    let told = life(&Table::default(), [719, 720, 828, 675, 720, 674, 675, 719, 720]).await;
    let (raised, recovered) = ("RATE RAISED WARNING", "RATE RECOVERED OK");
    assert_eq!(told, ["", raised, "", "", "", recovered, "", "", raised]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_names_the_rate_and_has_a_key_of_its_own() {
    let table = Table::default();
    let checked = check(&table, 0, 828, WATCHED).await;
    let publish = &checked.aws.calls_of("Publish")[0];
    assert_eq!(
        publish.form()["Subject"],
        "[WARNING] SES us-east-1 (111122223333): 92.0% of the maximum send rate used"
    );
    assert_eq!(publish.attributes()["subject"], "RATE");
    let document = &checked.documents()[0];
    assert_eq!(document["alertId"], "111122223333/us-east-1/RATE/2026-11-24T12:00:00Z/WARNING/RAISED");
    assert_eq!(document["incidentId"], "111122223333/us-east-1/RATE/2026-11-24T12:00:00Z");
    assert_eq!(
        checked.subjects(),
        json!([{
            "subject": "RATE", "level": "WARNING", "notification": "RAISED",
            "reason": "92.0% is above the WARNING threshold of 80%; up from OK",
        }])
    );
    assert_eq!(table.item(RATE).unwrap()["level"]["S"], "WARNING");
    assert_eq!(table.item("111122223333#us-east-1"), None);
    assert_eq!((checked.metric("SendRateUtilization"), checked.metric("AlertLevel")), (Some(92.0), Some(0.0)));
    assert_eq!(checked.metric("HighestAlertLevel"), Some(1.0));
    assert!(checked.report.into_result().is_ok());
}

/// The unit of the statistics is not documented: what they count is recipients, attempts, or something between.
#[tokio::test(start_paused = true)]
async fn the_statistics_are_scaled_by_what_the_quota_counted() {
    for (sent, percent) in [(5_000, 46.0), (10_000, 92.0), (20_000, 184.0)] {
        let quota = Answer::quota(sent, 1_000_000, MAX_RATE);
        let checked = check_of(&Table::default(), 0, quota, history(0, &[828], 10_000 - 828), WATCHED).await;
        let used = checked.metric("SendRateUtilization").unwrap();
        assert!((used - percent).abs() < 0.1, "{used} for {sent}");
        assert_eq!(checked.told().len(), usize::from(percent >= 80.0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_history_that_cannot_be_read_leaves_the_level_as_it_was() {
    for (item, highest) in [(Some("WARNING"), 1.0), (None, 0.0)] {
        for trouble in [Answer::xml_error(403, "AccessDenied", "no"), Answer::Silence, Answer::reply(200, "<html/>")] {
            let table = table(item.map(|level| alerting(RATE, level)));
            let quota = Answer::quota(10_000, 1_000_000, MAX_RATE);
            let checked = check_of(&table, 0, quota, trouble, WATCHED).await;
            assert!(checked.told().is_empty(), "{:?}", checked.told());
            assert_eq!(checked.failures().len(), 1);
            assert_eq!(checked.metric("HighestAlertLevel"), Some(highest));
            assert_eq!((checked.metric("SendRateUtilization"), checked.metric("CheckFailed")), (None, Some(0.0)));
            assert!(checked.aws.calls_of("PutItem").is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_unlimited_ends_an_alert_and_one_that_is_unknown_does_not() {
    for (rate, told, highest) in [("-1", &["RATE RECOVERED OK"][..], 0.0), ("many", &[], 1.0), ("NaN", &[], 1.0)] {
        let quota = Answer::quota(10_000, 1_000_000, rate);
        let table = table([alerting(RATE, "WARNING")]);
        let checked = check_of(&table, 0, quota, history(0, &[828], 9_172), WATCHED).await;
        assert_eq!((checked.told(), checked.metric("HighestAlertLevel")), (strings(told), Some(highest)), "{rate}");
    }
    let unlimited = Answer::quota(10_000, 1_000_000, "-1");
    let checked = check_of(&Table::default(), 0, unlimited, history(0, &[828], 9_172), WATCHED).await;
    assert!(checked.told().is_empty() && checked.subjects().is_null());
    assert_eq!(checked.metric("SendRateUtilization"), None);
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_watching_hears_that_an_alert_is_over() {
    let table = table([alerting(RATE, "WARNING")]);
    let mut told = Vec::new();
    for minute in [0, 5, 10] {
        told.push(check(&table, minute, 900, &[]).await.told().join(", "));
    }
    assert_eq!(told, ["RATE RECOVERED OK", "", ""]);
}

#[tokio::test(start_paused = true)]
async fn a_quarter_hour_that_is_late_is_not_taken_for_an_empty_one() {
    let late = |newest: &'static [u32]| async move {
        let table = table([alerting(RATE, "WARNING")]);
        let quota = Answer::quota(10_000, 1_000_000, MAX_RATE);
        check_of(&table, 1, quota, history(1, newest, 9_172), WATCHED).await
    };
    for newest in [&[828][..], &[828, 0], &[828, 0, 0]] {
        assert!(late(newest).await.told().is_empty(), "{newest:?}");
    }
    // For hours, nothing came: nothing was sent.
    assert_eq!(late(&[828, 0, 0, 0, 0, 0, 0, 0]).await.told(), ["RATE RECOVERED OK"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_told_beside_the_quota_and_in_a_message_of_its_own() {
    let quota = Answer::quota(960, 1_000, "0.5");
    let checked = check_of(&Table::default(), 0, quota, history(0, &[450], 510), WATCHED).await;
    assert_eq!(checked.told(), ["QUOTA RAISED CRITICAL", "RATE RAISED WARNING"]);
    // What is expected of the quota explains nothing about the rate.
    let texts =
        checked.aws.calls_of("Publish").into_iter().find(|call| call.attributes()["subject"] == "RATE").unwrap();
    assert!(!texts.form()["Message"].contains("When will the quota be full?"), "{}", texts.form()["Message"]);
    assert_eq!(checked.metric("HighestAlertLevel"), Some(2.0));
}
