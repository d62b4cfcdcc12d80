//! A check in the deployed function: its time, its settings, its retries, and how it ends.

use std::time::Duration;

use fake_aws::{Answer, Server, healthy};
use ses_quota_monitor::time::Timestamp;

use crate::function::{Function, aws, function, now};

#[test]
fn a_claim_ends_ten_seconds_after_the_invocation() {
    let aws = aws(|_| None);
    let function = function(&aws, &[]);
    let earliest = now().as_secs() + 29 + 10;
    assert!(!function.invoke().is_error);
    let latest = now().as_secs() + 30 + 10;
    let claim = &aws.calls_of("PutItem")[0].json()["Item"];
    let until: Timestamp = claim["claimedUntil"]["S"].as_str().unwrap().parse().unwrap();
    let until = u64::try_from(until.epoch_seconds()).unwrap();
    assert!((earliest..=latest).contains(&until), "{until} not in {earliest}..={latest}");
}

#[test]
fn an_endpoint_that_does_not_answer_leaves_time_to_report_it() {
    let aws = aws(|call| (call.operation == "GetSendQuota").then_some(Answer::Silence));
    let outcome = function(&aws, &[]).invoke_with(Duration::from_secs(3));
    assert!(outcome.message().contains("read: Timeout: "), "{outcome:?}");
}

#[test]
fn a_call_that_failed_is_tried_again() {
    let aws = aws(|call| {
        (call.operation != "Publish" && call.nth == 0).then(|| Answer::xml_error(500, "InternalFailure", "try again"))
    });
    let outcome = function(&aws, &[]).invoke();
    assert!(!outcome.is_error, "{outcome:?}");
    assert_eq!(aws.calls_of("GetSendQuota").len(), 2);
}

#[test]
fn a_service_is_called_at_its_own_endpoint_if_it_has_one() {
    let (aws, sns) = (aws(|_| None), fake_aws::Aws::new(healthy));
    let url = format!("http://{}", Server::of(&sns).address);
    assert!(!function(&aws, &[("AWS_ENDPOINT_URL_SNS", &url)]).invoke().is_error);
    assert_eq!(sns.operations(), ["Publish"]);
    assert!(aws.calls_of("Publish").is_empty() && !aws.calls_of("GetSendQuota").is_empty());
}

#[test]
fn a_function_with_an_invalid_setting_does_not_start() {
    let (started, log) = Function::start(&[("REGIONS", "Frankfurt"), ("AWS_CA_BUNDLE", "/nowhere/proxy.pem")]).end();
    let message = log[0]["message"].as_str().unwrap();
    assert!(!started && log.len() == 1 && log[0]["level"] == "ERROR");
    for invalid in [r#"REGIONS="Frankfurt": expected "#, r#"AWS_CA_BUNDLE="/nowhere/proxy.pem": expected "#] {
        assert!(message.contains(invalid), "{message}");
    }
}
