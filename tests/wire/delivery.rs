//! Claim, publish, commit: what is left behind by each way in which they can end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor, Report};
use ses_quota_monitor::request::Request;

use crate::support::{self, Answer, Aws, Call, TABLE, Table, healthy};

/// Who claims: the request ID, and the number of the attempt.
const CLAIMANT: &str = "request-1/0000000000000001";

/// A check at 96.2% with one operation that ends otherwise.
async fn check(script: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> (Aws, Report) {
    let aws = Aws::new(move |call| script(call).unwrap_or_else(|| healthy(call)));
    let report = support::check(&aws, Request::Scheduled, &[]).await;
    (aws, report)
}

/// What was reported: the notification, and `step code` of each failure.
fn reported(report: &Report) -> (Value, Vec<String>) {
    let report = serde_json::to_value(report).unwrap();
    let target = &report["targets"][0];
    let further = target["furtherErrors"].as_array().cloned().unwrap_or_default();
    let failures = [&target["error"]].into_iter().filter(|error| !error.is_null()).chain(&further);
    let shown = |error: &Value| format!("{} {}", error["step"].as_str().unwrap(), error["code"].as_str().unwrap());
    (target["notification"].clone(), failures.map(shown).collect())
}

/// An attribute of each item that was put.
fn puts(aws: &Aws, attribute: &str) -> Vec<Value> {
    aws.calls_of("PutItem").iter().map(|call| call.json()["Item"][attribute]["S"].clone()).collect()
}

fn refused(code: &str) -> Answer {
    Answer::json_error(400, code, "no")
}

#[tokio::test(start_paused = true)]
async fn a_claim_ends_when_its_holder_is_dead_for_certain() {
    let (aws, _) = check(|_| None).await;
    // Noon, 30 seconds until Lambda ends the invocation, 10 for clocks that disagree.
    assert_eq!(puts(&aws, "claimedUntil"), [json!("2026-11-24T12:00:40Z"), Value::Null]);
    assert_eq!(puts(&aws, "claimedBy"), [json!(CLAIMANT), Value::Null]);
    // Until SNS has accepted it, the item says that people have not been notified.
    assert_eq!(puts(&aws, "level"), ["OK", "CRITICAL"]);
    assert_eq!(puts(&aws, "pendingLevel"), [json!("CRITICAL"), Value::Null]);
    let id = &puts(&aws, "pendingAlertId")[0];
    assert!(aws.calls_of("Publish")[0].form()["Message"].contains(id.as_str().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_read_does_not_keep_an_alert_back() {
    for answer in [refused("AccessDeniedException"), Answer::Silence, Answer::NoConnection] {
        let (aws, report) = check(move |call| (call.operation == "BatchGetItem").then(|| answer.clone())).await;
        assert_eq!(aws.calls_of("Publish").len(), 1);
        assert!(aws.calls_of("PutItem").is_empty());
        let (notification, failures) = reported(&report);
        assert_eq!(notification, "RAISED");
        assert!(failures.len() == 1 && failures[0].starts_with("state "), "{failures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_not_understood_is_left_as_it_is_and_the_alert_sent() {
    let (aws, report) = check(|call| {
        let item = json!({"target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "2"}});
        (call.operation == "BatchGetItem").then(|| Answer::items(TABLE, &[item]))
    })
    .await;
    assert_eq!(aws.calls_of("Publish").len(), 1);
    assert!(aws.calls_of("PutItem").is_empty());
    assert_eq!(reported(&report), (json!("RAISED"), vec!["state UnknownState".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_fails_does_not_keep_an_alert_back() {
    let (aws, report) = check(|call| (call.operation == "PutItem").then(|| refused("AccessDeniedException"))).await;
    // No second write: it has no claim to commit.
    assert_eq!((aws.calls_of("Publish").len(), aws.calls_of("PutItem").len()), (1, 1));
    assert_eq!(reported(&report), (json!("RAISED"), vec!["state AccessDeniedException".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_the_race_for_a_claim_leaves_the_target_to_the_winner() {
    let (aws, report) = check(|call| {
        let mut theirs = (call.operation == "PutItem").then(|| call.json()["Item"].clone())?;
        theirs["claimedBy"] = json!({"S": "request-2"});
        Some(Table::condition_failed(Some(&theirs)))
    })
    .await;
    assert!(aws.calls_of("Publish").is_empty());
    assert_eq!(aws.calls_of("PutItem").len(), 1);
    assert_eq!(reported(&report), (Value::Null, vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_published_stays_pending_and_is_held_by_nobody() {
    for (answer, failure) in [
        (Answer::xml_error(403, "AuthorizationError", "no"), "alert AuthorizationError"),
        (Answer::NoConnection, "alert NoConnection"),
    ] {
        let (aws, report) = check(move |call| (call.operation == "Publish").then(|| answer.clone())).await;
        assert_eq!(puts(&aws, "claimedBy"), [json!(CLAIMANT), Value::Null]);
        assert_eq!(puts(&aws, "level"), ["OK", "OK"]);
        assert_eq!(puts(&aws, "pendingLevel"), ["CRITICAL", "CRITICAL"]);
        assert_eq!(reported(&report), (json!("RAISED"), vec![failure.to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_is_unknown_whether_anybody_heard_the_claim_stays() {
    for (answer, failure) in [
        (Answer::Silence, "alert Timeout"),
        (Answer::Reset, "alert NoAnswer"),
        (Answer::xml_error(500, "InternalError", "An internal error occurred"), "alert InternalError"),
    ] {
        let (aws, report) = check(move |call| (call.operation == "Publish").then(|| answer.clone())).await;
        assert_eq!(puts(&aws, "claimedBy"), [CLAIMANT]);
        assert_eq!(reported(&report), (json!("RAISED"), vec![failure.to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_is_reported_beside_the_alert_that_was_sent() {
    for (answer, failure) in [
        (refused("AccessDeniedException"), "state AccessDeniedException"),
        (Answer::Silence, "state Timeout"),
        (Table::condition_failed(None), "state ClaimLost"),
    ] {
        let (aws, report) =
            check(move |call| (call.operation == "PutItem" && call.nth > 0).then(|| answer.clone())).await;
        assert_eq!(aws.calls_of("Publish").len(), 1);
        assert_eq!(reported(&report), (json!("RAISED"), vec![failure.to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_cannot_be_claimed_is_left_to_the_next_check() {
    let alerting = json!({
        "target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "1"}, "version": {"N": "3"},
        "level": {"S": "WARNING"}, "since": {"S": "2026-11-24T11:40:00Z"}, "notifiedAt": {"S": "2026-11-24T11:40:00Z"},
    });
    for answer in [refused("AccessDeniedException"), Answer::Silence, Answer::NoConnection] {
        let item = alerting.clone();
        let (aws, report) = check(move |call| match call.operation.as_str() {
            "GetSendQuota" => Some(Answer::quota(0, 50_000, 14)),
            "BatchGetItem" => Some(Answer::items(TABLE, std::slice::from_ref(&item))),
            "PutItem" => Some(answer.clone()),
            _ => None,
        })
        .await;
        assert!(aws.calls_of("Publish").is_empty());
        let (notification, failures) = reported(&report);
        assert_eq!(notification, "RECOVERED");
        assert!(failures.len() == 1 && failures[0].starts_with("state "), "{failures:?}");
    }
}

/// An item at `level`, under a version.
fn item(version: &str, level: &str) -> Value {
    json!({
        "target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "1"}, "version": {"N": version},
        "level": {"S": level}, "since": {"S": "2026-11-24T10:00:00Z"}, "notifiedAt": {"S": "2026-11-24T10:00:00Z"},
        "changedAt": {"S": "2026-11-24T10:00:00Z"},
    })
}

/// A check over a table, in which another check writes an item just before each of this one's first `races` writes.
async fn racing(read: &Value, races: Vec<Value>, sent: u32) -> (Aws, Report) {
    let table = Table::default();
    table.put(read);
    check(move |call| match call.operation.as_str() {
        "GetSendQuota" => Some(Answer::quota(sent, 1_000, 14)),
        "BatchGetItem" => Some(table.answer(call)),
        "PutItem" => {
            if let Some(theirs) = races.get(call.nth) {
                table.put(theirs);
            }
            Some(table.answer(call))
        }
        _ => None,
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_the_race_to_a_silent_record_still_alerts() {
    let (aws, report) = racing(&item("7", "CRITICAL"), vec![item("8", "WARNING")], 1_000).await;
    // From what the other check has recorded.
    assert_eq!(aws.calls_of("Publish").len(), 1);
    assert!(aws.calls_of("Publish")[0].form()["Message"].contains("rose from WARNING to EXHAUSTED"));
    assert_eq!(reported(&report), (json!("ESCALATED"), vec![]));
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_the_race_to_the_same_news_says_nothing() {
    let (aws, report) = racing(&item("7", "WARNING"), vec![item("8", "EXHAUSTED")], 1_000).await;
    assert!(aws.calls_of("Publish").is_empty());
    assert_eq!(reported(&report), (Value::Null, vec![]));
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_every_race_leaves_the_target_to_the_next_check_and_says_so() {
    let races = ["8", "9", "10"].map(|version| item(version, "WARNING")).to_vec();
    let (aws, report) = racing(&item("7", "WARNING"), races.clone(), 1_000).await;
    assert_eq!((aws.calls_of("PutItem").len(), aws.calls_of("Publish").len()), (3, 0));
    assert_eq!(reported(&report), (json!("ESCALATED"), vec!["state Contended".to_owned()]));
    // The third decision may still win.
    let (aws, report) = racing(&item("7", "WARNING"), races[..2].to_vec(), 1_000).await;
    assert_eq!(aws.calls_of("Publish").len(), 1);
    assert_eq!(reported(&report), (json!("ESCALATED"), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_loses_looks_again_too() {
    // 85% is a fall to WARNING from CRITICAL, and news where another check has said that it is over.
    let mut over = item("8", "OK");
    for attribute in ["since", "notifiedAt"] {
        over.as_object_mut().unwrap().remove(attribute);
    }
    let (aws, report) = racing(&item("7", "CRITICAL"), vec![over], 850).await;
    assert_eq!(aws.calls_of("Publish").len(), 1);
    assert_eq!(reported(&report), (json!("RAISED"), vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_delivered_twice_under_one_request_id_is_told_once() {
    let (table, start) = (Table::default(), Duration::from_millis(30));
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "BatchGetItem" | "PutItem" => table.answer(call).after(start),
        _ => healthy(call).after(start),
    });
    let settings = support::settings(&[]);
    let twice = [1, 2].map(|attempt| {
        let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
        async move { monitor.check(Request::Scheduled, &Invocation { attempt, ..support::invocation() }).await }
    });
    let [first, second] = twice;
    let (first, second) = tokio::join!(first, second);
    assert_eq!(aws.calls_of("Publish").len(), 1);
    // Either of them may be first.
    let mut both = [reported(&first), reported(&second)];
    both.sort_by_key(|(notification, _)| notification.is_null());
    assert_eq!(both, [(json!("RAISED"), vec![]), (Value::Null, vec![])]);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_cannot_be_true_is_reported_once_and_mutes_nobody() {
    let mut muted = item("7", "CRITICAL");
    muted["notifiedAt"] = json!({"S": "2099-01-01T00:00:00Z"});
    let (aws, report) = racing(&muted, vec![], 960).await;
    assert_eq!(reported(&report), (json!("REMINDER"), vec!["state ImpossibleTime".to_owned()]));
    assert_eq!(puts(&aws, "notifiedAt").last(), Some(&json!("2026-11-24T12:00:00Z")));
}

/// Checks every five minutes, each with Lambda's two retries, over an hour. `cold`: each in a process of its own.
async fn an_hour(table: Option<&Answer>, cold: bool, sent: fn(i64) -> u32) -> Vec<(String, String)> {
    let settings = support::settings(if table.is_none() { &[("STATE_TABLE", "")] } else { &[] });
    let (table, heard) = (table.cloned(), Arc::new(Mutex::new(Vec::new())));
    let (minute, said) = (Arc::new(AtomicI64::new(0)), heard.clone());
    let now = minute.clone();
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota(sent(now.load(Relaxed)), 1_000, 14),
        "BatchGetItem" | "PutItem" => table.clone().unwrap(),
        "Publish" => {
            let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
            let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
            let text = |name: &str| document[name].as_str().unwrap().to_owned();
            said.lock().unwrap().push((text("level"), text("alertId")));
            healthy(call)
        }
        _ => healthy(call),
    });
    let new = || Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
    let mut monitor = new();
    for started in (0..60).step_by(5) {
        for retry in [0, 1, 3] {
            if cold {
                monitor = new();
            }
            minute.store(started + retry, Relaxed);
            let started_at = support::at("2026-11-24T12:00:00Z").plus_seconds(60 * (started + retry));
            monitor.check(Request::Scheduled, &Invocation { started_at, ..support::invocation() }).await;
        }
    }
    heard.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn without_a_state_an_alert_goes_out_once_an_hour_and_level() {
    let rising = |minute| if minute < 30 { 850 } else { 960 };
    for state in [None, Some(refused("AccessDeniedException")), Some(Answer::NoConnection)] {
        let levels: Vec<String> =
            an_hour(state.as_ref(), false, rising).await.into_iter().map(|(level, _)| level).collect();
        assert_eq!(levels, ["WARNING", "CRITICAL"], "{state:?}");
    }
    // A process knows nothing of another, but machines can drop what it repeats.
    let heard = an_hour(Some(&refused("AccessDeniedException")), true, rising).await;
    assert_eq!(heard.len(), 36);
    let ids: BTreeSet<&str> = heard.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(
        ids.into_iter().collect::<Vec<_>>(),
        [
            "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/RAISED",
            "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/WARNING/RAISED"
        ]
    );
}
