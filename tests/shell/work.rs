//! Messages of the queue, from their event to what the queue is told and what is logged.

use std::time::{Duration, Instant};

use fake_aws::{Answer, Aws};
use serde_json::{Value, json};

use crate::function::{SESSION_TOKEN, aws, function, lines, now};

/// An event with these messages, as SQS and Lambda send it.
fn event(bodies: &[String]) -> Value {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": format!("message-{number}"), "receiptHandle": "handle", "body": body, "attributes": {},
            "messageAttributes": {}, "md5OfBody": "0", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:work",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// A part with one account, that expires so many seconds from now.
fn part(account: &str, seconds: i64) -> String {
    let expires_at = i64::try_from(now().as_secs()).unwrap() + seconds;
    let expires_at = ses_quota_monitor::time::Timestamp::from_epoch_seconds(expires_at);
    json!({"shard": {"number": 2, "of": 12, "expiresAt": expires_at, "accounts": [{"id": account, "name": "Payments"}]}})
        .to_string()
}

const FLEET: [(&str, &str); 2] =
    [("ACCOUNTS", "organization"), ("WORK_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/work")];

/// Alerts about the account 444455556666 are refused.
fn one_is_refused() -> Aws {
    aws(|call| {
        (call.operation == "Publish" && call.attributes()["account"] == "444455556666")
            .then(|| Answer::xml_error(403, "AuthorizationError", "no"))
    })
}

#[test]
fn messages_that_fail_are_named_so_that_they_and_no_others_come_again() {
    let aws = one_is_refused();
    let function = function(&aws, &FLEET);
    let bodies = [
        part("999988887777", 60),
        "no part".to_owned(),
        part("444455556666", 60),
        part("999988887777", -1),
        part("111122223333", 60),
    ];
    let outcome = function.send_event(event(&bodies));
    assert!(!outcome.is_error, "{outcome:?}");
    assert_eq!(
        outcome.payload,
        json!({"batchItemFailures": [{"itemIdentifier": "message-1"}, {"itemIdentifier": "message-2"}]})
    );
    // Each account that is named is checked, and none is listed.
    assert_eq!((aws.calls_of("Publish").len(), aws.calls_of("AssumeRole").len()), (3, 2));
    assert!(aws.calls_of("ListAccounts").is_empty());
    let log = function.log();
    let of = |level: &str| log.iter().filter(|line| line["level"] == level).collect::<Vec<_>>();
    let (errors, warnings) = (of("ERROR"), of("WARN"));
    assert_eq!((errors.len(), warnings.len()), (2, 1), "{}", lines(&log));
    assert_eq!(errors[0]["message_id"], "message-1");
    assert!(errors[0]["message"].as_str().unwrap().starts_with("the message is no part of a check: "), "{}", errors[0]);
    assert_eq!(errors[1]["message_id"], "message-2");
    assert!(errors[1]["message"].as_str().unwrap().starts_with("part 3 of 12 failed: 1 of 1 targets failed"));
    assert!(warnings[0]["message"].as_str().unwrap().contains("dropped a part"), "{}", warnings[0]);
    let reports: Vec<_> = log.iter().filter(|line| line["targets"].is_array() && line["level"] == "INFO").collect();
    assert_eq!(reports.len(), 2, "{}", lines(&log));
    assert_eq!(
        (&reports[0]["targets"][0]["account"], &reports[0]["targets"][0]["accountName"]),
        (&json!("999988887777"), &json!("Payments"))
    );
}

#[test]
fn an_event_without_failures_has_an_empty_list() {
    let function = function(&one_is_refused(), &FLEET);
    let outcome = function.send_event(event(&[part("999988887777", 60)]));
    assert_eq!((outcome.is_error, outcome.payload), (false, json!({"batchItemFailures": []})));
}

/// What the first one leaves is all that the second one has.
#[test]
fn all_messages_of_an_invocation_share_its_time() {
    let aws = aws(|call| (call.operation == "Publish").then_some(Answer::Silence));
    let function = function(&aws, &FLEET);
    let start = Instant::now();
    let (parts, time_left) = ([part("999988887777", 60), part("444455556666", 60)], Duration::from_secs(4));
    let outcome = function.send_event_with(event(&parts), time_left);
    assert!(start.elapsed() < time_left, "{:?}", start.elapsed());
    assert_eq!(outcome.payload["batchItemFailures"].as_array().unwrap().len(), 2);
}

#[test]
fn a_check_that_is_parted_says_in_how_many_parts() {
    let aws = aws(|_| None);
    let accounts = ("ACCOUNTS", "111122223333,444455556666,777788889999");
    let function = function(&aws, &[accounts, FLEET[1], ("SHARD_TARGETS", "2")]);
    let outcome = function.invoke();
    assert!(!outcome.is_error, "{outcome:?}");
    assert_eq!((&outcome.payload["parts"], aws.operations()), (&json!(2), vec!["SendMessage".to_owned(); 2]));
    // What was sent is what is taken.
    let bodies =
        aws.calls_of("SendMessage").into_iter().map(|call| call.json()["MessageBody"].as_str().unwrap().to_owned());
    let outcome = function.send_event(event(&bodies.collect::<Vec<_>>()));
    assert_eq!(outcome.payload, json!({"batchItemFailures": []}));
    assert_eq!(aws.calls_of("Publish").len(), 3);
}

#[test]
fn at_the_most_verbose_level_no_session_is_logged() {
    let variables = [FLEET[0], FLEET[1], ("AWS_LAMBDA_LOG_LEVEL", "TRACE")];
    let function = function(&one_is_refused(), &variables);
    function.send_event(event(&[part("999988887777", 60), part("444455556666", 60)]));
    let log = function.log();
    let text = lines(&log);
    assert!(log.iter().any(|line| line["level"] == "DEBUG"), "{text}");
    for secret in [SESSION_TOKEN, "private-token", "private-key", "ASIA4444"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
