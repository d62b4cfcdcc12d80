//! `PutMetricData`: what CloudWatch gets, and in how many requests.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;
use ses_quota_monitor::alert::AlertLevel;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::metrics::{Metric, for_reading, for_unread_target};
use ses_quota_monitor::reading::SendQuota;
use ses_quota_monitor::target::Target;

use crate::support::{Answer, Aws, Call, at, clients, healthy, settings, target};

/// Every metric there is.
fn all_metrics() -> Vec<Metric> {
    for_reading(&SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap(), AlertLevel::Critical, false)
}

/// Targets with every metric.
fn targets(count: usize) -> Vec<(Target, Vec<Metric>)> {
    (0..count).map(|number| (target(&format!("ap-southeast-{number}")), all_metrics())).collect()
}

/// The Region of each datum of a request.
fn regions(call: &Call) -> Vec<String> {
    let body = call.cbor();
    let region = |datum: &Value| datum["Dimensions"][1]["Value"].as_str().unwrap().to_owned();
    body["MetricData"].as_array().unwrap().iter().map(region).collect()
}

/// Clients that do not compress, so that a test can read what they send.
fn uncompressed(aws: &Aws) -> Clients {
    let config = aws.config().into_builder().disable_request_compression(true).build();
    Clients::from_config(&config, &settings(&[]))
}

#[tokio::test(start_paused = true)]
async fn every_datum_has_both_dimensions_a_unit_and_the_time_of_the_reading() {
    let aws = Aws::new(healthy);
    let targets = [(target("us-east-1"), all_metrics()), (target("eu-west-1"), for_unread_target())];
    assert_eq!(uncompressed(&aws).metrics.publish(&targets, at("2026-11-24T12:00:00Z")).await, [None, None]);
    let [call] = &aws.calls()[..] else { panic!("one request is enough") };
    assert_eq!(call.host, "monitoring.us-east-1.amazonaws.com");
    let body = call.cbor();
    assert_eq!(body["Namespace"], "SESQuotaMonitor");
    let mut lines = Vec::new();
    for datum in body["MetricData"].as_array().unwrap() {
        let dimensions: Vec<String> = datum["Dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dimension| format!("{}={}", dimension["Name"], dimension["Value"]))
            .collect();
        let [name, value, unit, time] =
            ["MetricName", "Value", "Unit", "Timestamp"].map(|field| datum[field].to_string());
        lines.push(format!("{name} {value} {unit} {time} {}", dimensions.join(" ")).replace('"', ""));
    }
    assert_snapshot!(lines.join("\n"), @"
    SentLast24Hours 48100.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    Max24HourSend 50000.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    MaxSendRate 14.0 Count/Second 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    QuotaUtilization 96.2 Percent 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    AlertLevel 2.0 None 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    CheckFailed 0.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    CheckFailed 1.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=eu-west-1
    ");
}

#[tokio::test(start_paused = true)]
async fn the_namespace_is_the_one_that_is_set() {
    let aws = Aws::new(healthy);
    let settings = settings(&[("METRIC_NAMESPACE", "Mail/Quota")]);
    let metrics = Clients::from_config(&aws.config(), &settings).metrics;
    metrics.publish(&targets(1), at("2026-11-24T12:00:00Z")).await;
    assert_eq!(aws.calls()[0].cbor()["Namespace"], "Mail/Quota");
}

#[tokio::test(start_paused = true)]
async fn many_targets_go_in_as_few_requests_as_they_fit_each_within_one() {
    let aws = Aws::new(healthy);
    let targets = targets(400);
    assert_eq!(uncompressed(&aws).metrics.publish(&targets, at("2026-11-24T12:00:00Z")).await, vec![None; 400]);
    let requests: Vec<Vec<String>> = aws.calls().iter().map(regions).collect();
    // 166 targets with 6 metrics each are 996 data; one more would not fit.
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [996, 996, 408]);
    let all = requests.iter().map(|regions| regions.iter().collect::<BTreeSet<_>>());
    assert_eq!(all.map(|regions| regions.len()).sum::<usize>(), 400, "a target is in two requests");
    let order: Vec<String> = targets.iter().flat_map(|(target, _)| vec![target.region.to_string(); 6]).collect();
    assert_eq!(requests.concat(), order);
}

#[tokio::test(start_paused = true)]
async fn a_full_request_is_well_below_what_cloudwatch_takes() {
    const MOST_BYTES: usize = 1_000_000;
    let aws = Aws::new(healthy);
    let longest = target("ap-southeast-9999999");
    let full = vec![(longest, all_metrics()); 166];
    uncompressed(&aws).metrics.publish(&full, at("2026-11-24T12:00:00Z")).await;
    let size = aws.calls()[0].body.len();
    assert!(size < MOST_BYTES / 2, "{size}");
}

#[tokio::test(start_paused = true)]
async fn a_large_request_is_compressed() {
    let aws = Aws::new(healthy);
    clients(&aws).metrics.publish(&targets(166), at("2026-11-24T12:00:00Z")).await;
    let call = &aws.calls()[0];
    assert_eq!(call.headers.get("content-encoding"), Some("gzip"));
    assert!(call.body.len() < 50_000, "{}", call.body.len());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_fails_its_own_targets_and_no_others() {
    let aws = Aws::new(|call| match call.nth {
        1 => Answer::cbor_error(400, "InvalidParameterValue", "no"),
        _ => healthy(call),
    });
    let failures = uncompressed(&aws).metrics.publish(&targets(400), at("2026-11-24T12:00:00Z")).await;
    let failed: Vec<bool> = failures.iter().map(Option::is_some).collect();
    assert_eq!(failed, [vec![false; 166], vec![true; 166], vec![false; 68]].concat());
    assert_eq!(aws.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_targets_no_request() {
    let aws = Aws::new(healthy);
    assert_eq!(uncompressed(&aws).metrics.publish(&[], at("2026-11-24T12:00:00Z")).await, []);
    assert!(aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cloudwatch_refuses_says_what_to_do() {
    let mut lines = Vec::new();
    for answer in [
        Answer::cbor_error(403, "AccessDenied", "User is not authorized to perform: cloudwatch:PutMetricData"),
        Answer::cbor_error(400, "InvalidParameterValue", "The parameter MetricData.member.1.Value must be a number"),
        Answer::cbor_error(400, "Throttling", "Rate exceeded"),
        Answer::cbor_error(500, "InternalServiceFault", "Service unavailable"),
        Answer::Silence,
        Answer::NoConnection,
    ] {
        let is_silent = matches!(answer, Answer::Silence);
        let aws = Aws::healthy_but("PutMetricData", answer);
        let failures = uncompressed(&aws).metrics.publish(&targets(1), at("2026-11-24T12:00:00Z")).await;
        // How many attempts fit the timeout of a call varies: the SDK waits a random time between them.
        let requests = if is_silent { "some".to_owned() } else { aws.calls().len().to_string() };
        lines.push(format!("{requests} request(s), {}", failures[0].as_ref().unwrap()));
    }
    assert_snapshot!(lines.join("\n"), @"
    1 request(s), metrics: AccessDenied: User is not authorized to perform: cloudwatch:PutMetricData [grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE]
    1 request(s), metrics: InvalidParameterValue: The parameter MetricData.member.1.Value must be a number
    3 request(s), metrics: Throttling: Rate exceeded
    3 request(s), metrics: InternalServiceFault: Service unavailable
    some request(s), metrics: Timeout: request has timed out: operation timeout (all attempts including retries) occurred after 5s
    3 request(s), metrics: NoConnection: dispatch failure: io error: connection refused
    ");
}
