//! `Publish`: the form that SNS gets, and whether a failure means that nobody heard.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::Value;
use ses_quota_monitor::alert::{AlertLevel, Kind, Notification};
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::message::Message;
use ses_quota_monitor::reading::{Reading, SendQuota};

use crate::support::{Answer, Aws, at, clients, healthy, target};

fn message() -> Message {
    let reading = Reading {
        target: target("us-east-1"),
        quota: SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap(),
        checked_at: at("2026-11-24T12:00:00Z"),
    };
    Message::new(&Notification {
        previous_level: Some(AlertLevel::Warning),
        since: Some(at("2026-11-24T11:40:00Z")),
        ..Notification::new(reading, Kind::Escalated, AlertLevel::Critical, at("2026-11-24T12:00:00Z"))
    })
}

async fn publish(answer: Answer) -> (Result<(), Failure>, usize) {
    let aws = Aws::healthy_but("Publish", answer);
    let published = clients(&aws).alerts.publish(&message()).await;
    (published, aws.calls().len())
}

#[tokio::test(start_paused = true)]
async fn the_topics_own_region_is_published_in() {
    let aws = Aws::new(healthy);
    clients(&aws).alerts.publish(&message()).await.unwrap();
    let call = &aws.calls()[0];
    assert_eq!(call.host, "sns.eu-central-1.amazonaws.com");
    assert!(call.headers.get("authorization").unwrap().contains("/eu-central-1/sns/"));
}

#[tokio::test(start_paused = true)]
async fn the_form_carries_subject_attributes_and_a_body_for_each_protocol() {
    let aws = Aws::new(healthy);
    clients(&aws).alerts.publish(&message()).await.unwrap();
    let call = &aws.calls()[0];
    let mut form = call.form();
    let body: BTreeMap<String, Value> = serde_json::from_str(&form.remove("Message").unwrap()).unwrap();
    let protocols: Vec<&str> = body.keys().map(String::as_str).collect();
    assert_eq!(protocols, ["default", "email", "firehose", "http", "https", "lambda", "sms", "sqs"]);
    assert!(body.values().all(Value::is_string));
    let attributes = call.attributes().into_iter().map(|(name, value)| format!("attribute {name}={value}"));
    let fields = form.into_iter().filter(|(name, _)| !name.starts_with("MessageAttributes."));
    let lines: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).chain(attributes).collect();
    assert_snapshot!(lines.join("\n"), @"
    Action=Publish
    MessageStructure=json
    Subject=[CRITICAL] SES us-east-1 (111122223333): 96.2% of the 24-hour sending quota used
    TopicArn=arn:aws:sns:eu-central-1:111122223333:alerts
    Version=2010-03-31
    attribute account=111122223333
    attribute kind=ESCALATED
    attribute level=CRITICAL
    attribute region=us-east-1
    ");
}

#[tokio::test(start_paused = true)]
async fn what_sns_refuses_is_a_refusal() {
    for (status, code) in [
        (403, "AuthorizationError"),
        (404, "NotFound"),
        (400, "InvalidParameter"),
        (400, "Throttled"),
        (400, "KMSAccessDenied"),
        (403, "InvalidClientTokenId"),
    ] {
        let failure = publish(Answer::xml_error(status, code, "no")).await.0.unwrap_err();
        assert!(failure.is_refusal, "{failure}");
        assert_eq!(failure.code.trim_end_matches("Exception"), code);
    }
}

#[tokio::test(start_paused = true)]
async fn what_sns_may_have_done_all_the_same_is_no_refusal() {
    for answer in [
        Answer::xml_error(500, "InternalError", "An internal error occurred"),
        Answer::xml_error(500, "InternalFailure", "An internal error occurred"),
        Answer::xml_error(503, "ServiceUnavailable", "try later"),
        Answer::reply(502, "<html>Bad Gateway</html>"),
        Answer::reply(504, ""),
        Answer::reply(200, "<html>Sign in to the network</html>"),
        Answer::Silence,
        Answer::NoConnection,
    ] {
        let failure = publish(answer.clone()).await.0.unwrap_err();
        assert!(!failure.is_refusal, "{answer:?}: {failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_fault_is_no_refusal_whatever_its_code() {
    let failure = publish(Answer::xml_error(500, "SomethingNew", "unheard of")).await.0.unwrap_err();
    assert!(!failure.is_refusal, "{failure}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_not_asked_for_again_and_a_refusal_is() {
    for (answer, attempts) in [
        (Answer::Silence, 1),
        (Answer::NoConnection, 1),
        (Answer::xml_error(400, "Throttling", "Rate exceeded"), 3),
        (Answer::xml_error(403, "AuthorizationError", "no"), 1),
    ] {
        assert_eq!(publish(answer.clone()).await.1, attempts, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_what_to_do() {
    let mut lines = Vec::new();
    for answer in [
        Answer::xml_error(403, "AuthorizationError", "User is not authorized to perform: SNS:Publish"),
        Answer::xml_error(404, "NotFound", "Topic does not exist"),
        Answer::xml_error(400, "KMSAccessDenied", "The ciphertext references a key that you cannot use"),
        Answer::xml_error(500, "InternalError", "An internal error occurred"),
        Answer::Silence,
        Answer::NoConnection,
    ] {
        lines.push(publish(answer).await.0.unwrap_err().to_string());
    }
    assert_snapshot!(lines.join("\n"), @"
    alert: AuthorizationError: User is not authorized to perform: SNS:Publish [grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too]
    alert: NotFound: Topic does not exist [the topic in ALERT_TOPIC_ARN does not exist]
    alert: KMSAccessDenied: The ciphertext references a key that you cannot use [grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key]
    alert: InternalError: An internal error occurred
    alert: Timeout: request has timed out: operation attempt timeout (single attempt) occurred after 6s
    alert: NoConnection: dispatch failure: io error: connection refused
    ");
}
