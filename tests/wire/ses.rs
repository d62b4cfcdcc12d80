//! `GetSendQuota`: what is asked for, and what is made of every kind of answer.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::reading::{SendQuota, SendRate};
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use crate::support::{Answer, Aws, check, clients, healthy, with_warnings};

async fn read(answer: Answer) -> Result<SendQuota, Failure> {
    let aws = Aws::healthy_but("GetSendQuota", answer);
    clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await
}

/// The failure that each answer ends in.
async fn failures(answers: impl IntoIterator<Item = Answer>) -> String {
    let mut lines = Vec::new();
    for answer in answers {
        lines.push(read(answer).await.unwrap_err().to_string());
    }
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn each_region_is_asked_at_its_own_endpoint() {
    let aws = Aws::new(healthy);
    let quotas = clients(&aws).quotas;
    for region in ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"] {
        quotas.read(&region.parse().unwrap(), None).await.unwrap();
    }
    let asked: Vec<String> = aws
        .calls()
        .into_iter()
        .map(|call| {
            let signed_for = call.headers.get("authorization").unwrap().split('/').nth(2).unwrap().to_owned();
            format!("{} at {}, signed for {signed_for}", call.form()["Action"], call.host)
        })
        .collect();
    assert_snapshot!(asked.join("\n"), @"
    GetSendQuota at email.us-east-1.amazonaws.com, signed for us-east-1
    GetSendQuota at email.eu-west-1.amazonaws.com, signed for eu-west-1
    GetSendQuota at email.us-gov-west-1.amazonaws.com, signed for us-gov-west-1
    GetSendQuota at email.cn-north-1.amazonaws.com.cn, signed for cn-north-1
    ");
}

#[tokio::test(start_paused = true)]
async fn numbers_are_taken_as_they_are() {
    for (answer, numbers) in [
        (Answer::quota("48100.0", "50000.0", "14.0"), (48_100.0, 50_000.0, 14.0)),
        (Answer::quota("0", "200", "1"), (0.0, 200.0, 1.0)),
        (Answer::quota("1.2E3", "5.0E7", "0.5"), (1_200.0, 50_000_000.0, 0.5)),
        (Answer::quota("12", "0.0", "0.0"), (12.0, 0.0, 0.0)),
    ] {
        let (sent, max, rate) = numbers;
        assert_eq!(read(answer).await, Ok(SendQuota::new(sent, max, rate).unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn minus_one_is_unlimited() {
    let quota = read(Answer::quota("48100.0", "-1.0", "-1")).await.unwrap();
    assert_eq!((quota.max_24_hour_send(), quota.max_send_rate()), (None, SendRate::Unlimited));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_missing_is_unknown_and_not_zero() {
    let missing = [
        "<Max24HourSend>200.0</Max24HourSend><MaxSendRate>1.0</MaxSendRate>",
        "<SentLast24Hours>0.0</SentLast24Hours><MaxSendRate>1.0</MaxSendRate>",
        "<SentLast24Hours>0.0</SentLast24Hours><Max24HourSend/><MaxSendRate>1.0</MaxSendRate>",
        "<SentLast24Hours>0.0</SentLast24Hours><Max24HourSend></Max24HourSend><MaxSendRate>1.0</MaxSendRate>",
        "<MaxSendRate>1.0</MaxSendRate>",
        "",
    ];
    assert_snapshot!(failures(missing.map(Answer::quota_fields)).await, @"
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without SentLast24Hours
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without Max24HourSend
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#Max24HourSend`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#Max24HourSend`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without SentLast24Hours
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without SentLast24Hours
    ");
}

/// Answers with 48,100 of 50,000 sent, and every way in which the rate can make no sense.
fn with_odd_rates() -> impl Iterator<Item = Answer> {
    let rates = ["NaN", "-2", "1e13", "Infinity", "many", "", " 14.0 ", "<Rate>14.0</Rate>"];
    let fields = "<SentLast24Hours>48100.0</SentLast24Hours><Max24HourSend>50000.0</Max24HourSend>";
    let empty = format!("{fields}<MaxSendRate/>");
    let first = format!("<MaxSendRate>many</MaxSendRate>{fields}");
    let odd = rates.map(|rate| Answer::quota("48100.0", "50000.0", rate));
    odd.into_iter().chain([fields, &empty, &first].map(Answer::quota_fields))
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_makes_no_sense_is_unknown_and_hides_nothing_else() {
    for answer in with_odd_rates() {
        let aws = Aws::healthy_but("GetSendQuota", answer.clone());
        let quota = clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await;
        assert_eq!(quota, Ok(SendQuota::new(48_100.0, 50_000.0, f64::NAN).unwrap()), "{answer:?}");
        // Nor is it asked for again.
        assert_eq!(aws.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_rate_is_alerted_about_like_any_other() {
    for answer in with_odd_rates() {
        let aws = Aws::healthy_but("GetSendQuota", answer.clone());
        let report = serde_json::to_value(check(&aws, Request::Scheduled, &[]).await).unwrap();
        let target = &report["targets"][0];
        assert_eq!((&target["level"], &target["error"]), (&json!("CRITICAL"), &json!(null)), "{answer:?}");
        assert_eq!(target.get("maxSendRate"), None);
        let message: serde_json::Value = serde_json::from_str(&aws.calls_of("Publish")[0].form()["Message"]).unwrap();
        assert!(message["email"].as_str().unwrap().contains("  Maximum send rate:          unknown\n"));
        assert!(!message["sqs"].as_str().unwrap().contains("maxSendRate"));
        let metrics = String::from_utf8_lossy(&aws.calls_of("PutMetricData")[0].body).into_owned();
        assert!(metrics.contains("QuotaUtilization") && metrics.contains("AlertLevel"));
        assert!(!metrics.contains("MaxSendRate"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_ses_answered_instead_of_a_rate_is_logged() {
    let mut warnings = String::new();
    for answer in with_odd_rates().chain([Answer::quota("0", "200", "\u{7}\n"), Answer::quota("0", "200", "1")]) {
        warnings += &with_warnings(read(answer)).await.1;
    }
    assert_snapshot!(warnings, @r#"
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="NaN": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="-2": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="10000000000000": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="inf": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="many": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate=" 14.0 ": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="<Rate>14.0</Rate>": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="many": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    WARN ses_quota_monitor::aws::ses: SES answered MaxSendRate="  ": expected -1 (unlimited) or 0 to 1000000000000; the rate is unknown, and the quota is checked all the same region=us-east-1
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_odd_rate_excuses_no_other_number() {
    let odd = [
        Answer::quota("48100.0", "many", "many"),
        Answer::quota("many", "50000.0", "many"),
        Answer::quota("-5", "50000.0", "many"),
        Answer::quota_fields("<SentLast24Hours>48100.0</SentLast24Hours><Max24HourSend>50000.0</Max24Hour"),
        Answer::reply(500, "<SentLast24Hours>1</SentLast24Hours><Max24HourSend>2</Max24HourSend>"),
    ];
    assert_snapshot!(failures(odd).await, @"
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#Max24HourSend`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#SentLast24Hours`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: InvalidQuota: SES answered SentLast24Hours = -5; expected 0 to 1000000000000
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without Max24HourSend
    read: UnexpectedResponse: HTTP 500 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    ");
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_named() {
    let answers = [
        Answer::quota("NaN", "200.0", "1.0"),
        Answer::quota("0.0", "Infinity", "1.0"),
        Answer::quota("0.0", "-Infinity", "1.0"),
        Answer::quota("0.0", "1e13", "1.0"),
        Answer::quota("-5", "200.0", "1.0"),
        Answer::quota("many", "200.0", "1.0"),
        Answer::quota("0.0", "0x10", "1.0"),
        Answer::quota("0.0", "200,0", "1.0"),
    ];
    assert_snapshot!(failures(answers).await, @"
    read: InvalidQuota: SES answered SentLast24Hours = NaN; expected 0 to 1000000000000
    read: InvalidQuota: SES answered Max24HourSend = inf; expected -1 (unlimited), 0, or 1 to 1000000000000
    read: InvalidQuota: SES answered Max24HourSend = -inf; expected -1 (unlimited), 0, or 1 to 1000000000000
    read: InvalidQuota: SES answered Max24HourSend = 10000000000000; expected -1 (unlimited), 0, or 1 to 1000000000000
    read: InvalidQuota: SES answered SentLast24Hours = -5; expected 0 to 1000000000000
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#SentLast24Hours`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#Max24HourSend`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: expected (double: `com.amazonaws.ses#Max24HourSend`) [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    ");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_of_ses_is_named() {
    let answers = [
        Answer::reply(200, ""),
        Answer::reply(200, "<html><body>Sign in to the network</body></html>"),
        Answer::reply(200, "{\"SentLast24Hours\": 1}"),
        Answer::reply(200, [0xff, 0xfe, 0x00]),
        Answer::reply(200, "<GetSendQuotaResponse><GetSendQuotaResult><SentLast24Hours>1"),
        Answer::reply(404, "<html>Not Found</html>"),
        Answer::reply(400, ""),
    ];
    assert_snapshot!(failures(answers).await, @r#"
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: no root element [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: invalid root, expected GetSendQuotaResponse got StartEl { name: Name { prefix: "", local: "html" }, attributes: [], closed: false, depth: 0 } [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: no root element [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: invalid utf-8 sequence of 1 bytes from index 0 [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: InvalidResponse: response error: RequireAllFields read_after_deserialization interceptor encountered an error: SES answered without SentLast24Hours
    read: UnexpectedResponse: HTTP 404 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    read: UnexpectedResponse: HTTP 400 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    "#);
}

#[tokio::test(start_paused = true)]
async fn what_ses_refuses_comes_with_its_code_its_message_and_what_to_do() {
    let message = "User: arn:aws:sts::111122223333:assumed-role/monitor is not authorized to perform: ses:GetSendQuota";
    assert_snapshot!(failures([Answer::xml_error(403, "AccessDenied", message)]).await, @"read: AccessDenied: User: arn:aws:sts::111122223333:assumed-role/monitor is not authorized to perform: ses:GetSendQuota [grant the role that reads this account ses:GetSendQuota, in this Region too]");
}

#[tokio::test(start_paused = true)]
async fn what_ses_says_is_made_one_line() {
    let answer = Answer::xml_error(400, "No\nCode", "one\r\ntwo");
    assert_snapshot!(failures([answer]).await, @"read: No Code: one  two");
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_faults_are_tried_again() {
    for (status, code) in
        [(400, "Throttling"), (400, "ThrottlingException"), (500, "InternalFailure"), (503, "ServiceUnavailable")]
    {
        let aws = Aws::new(move |call| match call.nth {
            0 | 1 => Answer::xml_error(status, code, "Rate exceeded"),
            _ => healthy(call),
        });
        assert!(clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await.is_ok(), "{code}");
        assert_eq!(aws.calls().len(), 3);
    }
    assert_snapshot!(failures([Answer::xml_error(400, "Throttling", "Rate exceeded")]).await, @"read: Throttling: Rate exceeded");
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_asked_again() {
    let aws = Aws::healthy_but("GetSendQuota", Answer::xml_error(403, "AccessDenied", "no"));
    clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await.unwrap_err();
    assert_eq!(aws.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_answer_and_no_connection_are_told_apart() {
    assert_snapshot!(failures([Answer::Silence, Answer::NoConnection]).await, @"
    read: Timeout: request has timed out: operation attempt timeout (single attempt) occurred after 6s
    read: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    ");
}

/// By itself, the SDK limits retries by a budget.
#[tokio::test(start_paused = true)]
async fn the_retries_of_a_region_are_not_used_up_by_others() {
    let aws = Aws::new(|call| match call.host.as_str() {
        "email.eu-west-7.amazonaws.com" if call.nth % 2 == 1 => healthy(call),
        _ => Answer::xml_error(400, "Throttling", "Rate exceeded"),
    });
    let quotas = clients(&aws).quotas;
    let read = async |region: String| quotas.read(&region.parse().unwrap(), None).await;
    for number in 0..300 {
        read(format!("ap-southeast-{number}")).await.unwrap_err();
    }
    let attempts = aws.calls().len();
    assert_eq!(attempts, 900);
    assert!(read("eu-west-7".to_owned()).await.is_ok());
    assert_eq!(aws.calls().len(), attempts + 2);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_waited_for_and_a_lost_one_asked_for_again() {
    let aws = Aws::new(|call| healthy(call).after(Duration::from_secs(5)));
    clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await.unwrap();
    assert_eq!(aws.calls().len(), 1);
    let aws = Aws::new(|call| if call.nth == 0 { Answer::Silence } else { healthy(call) });
    let start = Instant::now();
    clients(&aws).quotas.read(&"us-east-1".parse().unwrap(), None).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}
