//! `Publish`: the form that SNS gets, and whether a failure means that nobody heard.

use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;
use ses_quota_monitor::alert::{AlertLevel, AlertPolicy, Finding, IncidentId, Kind, Notification, Subject};
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::message::Message;
use ses_quota_monitor::reading::{Reading, SendQuota};
use tokio::time::Instant;

use crate::support::{Answer, Aws, at, clients, healthy, run, target};

fn message() -> Message {
    let quota = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
    let (level, since) = (AlertLevel::Critical, at("2026-11-24T11:40:00Z"));
    let (target, finding) = (target("us-east-1"), Finding::Quota(quota));
    let incident_id = Some(IncidentId::new(&target, Subject::Quota, since));
    let reading = Reading { quota: Some(quota), ..Reading::unknown(target, at("2026-11-24T12:00:00Z")) };
    let cause = AlertPolicy::default().cause(&finding, level);
    Message::new(&Notification {
        incident_id,
        previous_level: Some(AlertLevel::Warning),
        since: Some(since),
        ..Notification::new(reading, finding, Kind::Escalated, level, cause)
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
    attribute subject=QUOTA
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

/// What SNS may have carried out all the same.
fn in_doubt() -> Vec<Answer> {
    vec![
        Answer::xml_error(500, "InternalError", "An internal error occurred"),
        Answer::xml_error(500, "SomethingNew", "unheard of"),
        Answer::xml_error(503, "ServiceUnavailable", "try later"),
        Answer::reply(502, "<html>Bad Gateway</html>"),
        Answer::reply(504, ""),
        Answer::reply(403, "<html>Blocked by policy</html>"),
        Answer::reply(200, "<html>Sign in to the network</html>"),
        Answer::NoAnswer,
        Answer::Reset,
    ]
}

#[tokio::test(start_paused = true)]
async fn what_sns_may_have_published_is_no_refusal_and_is_not_repeated() {
    for answer in in_doubt() {
        let (published, attempts) = publish(answer.clone()).await;
        let failure = published.unwrap_err();
        assert!(!failure.is_refusal, "{answer:?}: {failure}");
        assert_eq!(attempts, 1, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_published_is_repeated_and_is_a_refusal_in_the_end() {
    for (answer, attempts) in [
        (Answer::NoConnection, 6),
        (Answer::xml_error(400, "Throttling", "Rate exceeded"), 6),
        (Answer::xml_error(403, "AuthorizationError", "no"), 1),
    ] {
        let (published, made) = publish(answer.clone()).await;
        assert!(published.unwrap_err().is_refusal, "{answer:?}");
        assert_eq!(made, attempts, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_attempts_fit_a_check() {
    let start = Instant::now();
    publish(Answer::NoConnection.after(Duration::from_millis(1_500))).await.0.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(17), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_use_up_the_attempts_of_a_later_alert() {
    let aws = Aws::new(|call| if call.nth < 600 { Answer::NoConnection } else { healthy(call) });
    let alerts = clients(&aws).alerts;
    for _ in 0..100 {
        alerts.publish(&message()).await.unwrap_err();
    }
    assert_eq!(aws.calls().len(), 600);
}

/// To give up would leave the alert in doubt. The check has a deadline for it.
#[tokio::test(start_paused = true)]
async fn an_answer_is_waited_for_as_long_as_the_check_can() {
    let (published, attempts) = publish(publication().after(Duration::from_secs(25))).await;
    assert_eq!((published, attempts), (Ok(()), 1));
}

fn publication() -> Answer {
    Answer::reply(200, "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn subscribers_never_get_two_copies_and_the_last_attempt_tells_whether_they_may_have_one(
        answers in prop::collection::vec(prop_oneof![
            4 => Just((false, Answer::NoConnection)),
            4 => Just((false, Answer::xml_error(400, "Throttling", "Rate exceeded"))),
            1 => prop::sample::select(in_doubt()).prop_map(|answer| (true, answer)),
        ], 6),
    ) {
        let script = answers.clone();
        let aws = Aws::new(move |call| script[call.nth].1.clone());
        let failure = run(async { clients(&aws).alerts.publish(&message()).await }).unwrap_err();
        let first_in_doubt = answers.iter().position(|(is_in_doubt, _)| *is_in_doubt);
        prop_assert_eq!(aws.calls().len(), first_in_doubt.map_or(6, |place| place + 1));
        prop_assert_eq!(failure.is_refusal, first_in_doubt.is_none());
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
        Answer::reply(502, "<html>Bad Gateway</html>"),
        Answer::NoAnswer,
        Answer::NoConnection,
    ] {
        lines.push(publish(answer).await.0.unwrap_err().to_string());
    }
    assert_snapshot!(lines.join("\n"), @"
    alert: AuthorizationError: User is not authorized to perform: SNS:Publish [grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too]
    alert: NotFound: Topic does not exist [the topic in ALERT_TOPIC_ARN does not exist]
    alert: KMSAccessDenied: The ciphertext references a key that you cannot use [grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key]
    alert: InternalError: An internal error occurred [subscribers may have received the alert all the same; a later check sends it again]
    alert: UnexpectedResponse: HTTP 502 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered? Subscribers may have received the alert all the same; a later check sends it again]
    alert: NoAnswer: dispatch failure: other: connection closed before message completed [subscribers may have received the alert all the same; a later check sends it again]
    alert: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    ");
}
