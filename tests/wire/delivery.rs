//! Claim, publish, commit: what is left behind by each way in which they can end.

use serde_json::{Value, json};
use ses_quota_monitor::check::Report;
use ses_quota_monitor::request::Request;

use crate::support::{self, Answer, Aws, Call, Table, healthy};

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
    assert_eq!(puts(&aws, "claimedBy"), [json!("request-1"), Value::Null]);
    // Until SNS has accepted it, the item says that people have not been notified.
    assert_eq!(puts(&aws, "level"), ["OK", "CRITICAL"]);
    assert_eq!(puts(&aws, "pendingLevel"), [json!("CRITICAL"), Value::Null]);
    let id = &puts(&aws, "pendingAlertId")[0];
    assert!(aws.calls_of("Publish")[0].form()["Message"].contains(id.as_str().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_read_does_not_keep_an_alert_back() {
    for answer in [refused("AccessDeniedException"), Answer::Silence, Answer::NoConnection] {
        let (aws, report) = check(move |call| (call.operation == "GetItem").then(|| answer.clone())).await;
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
        let item = json!({"Item": {"target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "2"}}});
        (call.operation == "GetItem").then(|| Answer::reply(200, item.to_string()))
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
async fn what_sns_refused_stays_pending_and_is_held_by_nobody() {
    let (aws, report) =
        check(|call| (call.operation == "Publish").then(|| Answer::xml_error(403, "AuthorizationError", "no"))).await;
    assert_eq!(puts(&aws, "claimedBy"), [json!("request-1"), Value::Null]);
    assert_eq!(puts(&aws, "level"), ["OK", "OK"]);
    assert_eq!(puts(&aws, "pendingLevel"), ["CRITICAL", "CRITICAL"]);
    assert_eq!(reported(&report), (json!("RAISED"), vec!["alert AuthorizationError".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn while_it_is_unknown_whether_anybody_heard_the_claim_stays() {
    for (answer, failure) in [
        (Answer::Silence, "alert Timeout"),
        (Answer::NoConnection, "alert NoConnection"),
        (Answer::xml_error(500, "InternalError", "An internal error occurred"), "alert InternalError"),
    ] {
        let (aws, report) = check(move |call| (call.operation == "Publish").then(|| answer.clone())).await;
        assert_eq!(puts(&aws, "claimedBy"), ["request-1"]);
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
    let alerting = json!({"Item": {
        "target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "1"}, "version": {"N": "3"},
        "level": {"S": "WARNING"}, "since": {"S": "2026-11-24T11:40:00Z"}, "notifiedAt": {"S": "2026-11-24T11:40:00Z"},
    }});
    for answer in [refused("AccessDeniedException"), Answer::Silence, Answer::NoConnection] {
        let item = alerting.to_string();
        let (aws, report) = check(move |call| match call.operation.as_str() {
            "GetSendQuota" => Some(Answer::quota(0, 50_000, 14)),
            "GetItem" => Some(Answer::reply(200, item.clone())),
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
