//! `PutMetricData`: what CloudWatch gets, and in how many requests.

use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;
use ses_quota_monitor::alert::AlertLevel;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::Monitor;
use ses_quota_monitor::forecast::{Forecast, Outlook, Peak};
use ses_quota_monitor::metrics::{Metric, for_failed_shard, for_target};
use ses_quota_monitor::reading::{AccountStatus, Reading, SendQuota};
use ses_quota_monitor::request::Request;
use ses_quota_monitor::target::Target;
use tokio::time::Instant;

use crate::support::{Answer, Aws, Call, at, clients, healthy, invocation, settings, target};

/// Every metric there is.
fn all_metrics() -> Vec<Metric> {
    let quota = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
    let account = AccountStatus::new(Some(true), Some("PROBATION"), Some(true));
    let peak = Peak { percent: 97.0, low: 96.2, high: 99.0, at: at("2026-11-24T14:00:00Z") };
    let outlook = Outlook::NoBreach { peak, probability: 0.1 };
    let forecast = Some(Forecast { outlook, if_pace_holds: None, history_days: 14 });
    let rate_used = SendQuota::new(7.0, 14.0, 14.0).unwrap().utilization();
    let reading = Reading { quota: Some(quota), account, forecast, rate_used, ..unread() };
    for_target(&reading, Some(AlertLevel::Critical), false)
}

/// What is known of a target of which nothing could be read.
fn unread() -> Reading {
    Reading::unknown(target("us-east-1"), at("2026-11-24T12:00:00Z"))
}

/// Targets with every metric.
fn targets(count: usize) -> Vec<(Option<Target>, Vec<Metric>)> {
    (0..count).map(|number| (Some(target(&format!("ap-southeast-{number}"))), all_metrics())).collect()
}

/// The Region of each datum of a request; that of the fleet has none.
fn regions(call: &Call) -> Vec<String> {
    let body = call.cbor();
    let region = |datum: &Value| Some(datum["Dimensions"][1]["Value"].as_str()?.to_owned());
    body["MetricData"].as_array().unwrap().iter().filter_map(region).collect()
}

/// Clients that do not compress, so that a test can read what they send.
fn uncompressed(aws: &Aws) -> Clients {
    let config = aws.config().into_builder().disable_request_compression(true).build();
    Clients::from_config(&config, &settings(&[]))
}

#[tokio::test(start_paused = true)]
async fn every_datum_has_both_dimensions_or_none_a_unit_and_the_time_of_the_reading() {
    let aws = Aws::new(healthy);
    let targets = [
        (Some(target("us-east-1")), all_metrics()),
        (Some(target("eu-west-1")), for_target(&unread(), None, true)),
        (None, vec![for_failed_shard()]),
    ];
    assert_eq!(uncompressed(&aws).metrics.publish(&targets, at("2026-11-24T12:00:00Z")).await, Ok(()));
    let [call] = &aws.calls()[..] else { panic!("one request is enough") };
    assert_eq!(call.host, "monitoring.us-east-1.amazonaws.com");
    let body = call.cbor();
    assert_eq!(body["Namespace"], "SESQuotaMonitor");
    let mut lines = Vec::new();
    for datum in body["MetricData"].as_array().unwrap() {
        let dimensions: Vec<String> = datum["Dimensions"]
            .as_array()
            .into_iter()
            .flatten()
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
    ForecastPeakUtilization 97.0 Percent 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    SendRateUtilization 50.0 Percent 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    SendingStatus 1.0 None 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    AlertLevel 2.0 None 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    CheckFailed 0.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=us-east-1
    CheckFailed 1.0 Count 2026-11-24T12:00:00Z Account=111122223333 Region=eu-west-1
    ShardsFailed 1.0 Count 2026-11-24T12:00:00Z
    ");
}

#[tokio::test(start_paused = true)]
async fn the_namespace_is_the_one_that_is_set() {
    let aws = Aws::new(healthy);
    let settings = settings(&[("METRIC_NAMESPACE", "Mail/Quota")]);
    let metrics = Clients::from_config(&aws.config(), &settings).metrics;
    metrics.publish(&targets(1), at("2026-11-24T12:00:00Z")).await.unwrap();
    assert_eq!(aws.calls()[0].cbor()["Namespace"], "Mail/Quota");
}

/// A check of 400 Regions, none of them near its quota.
async fn check_400(aws: &Aws) -> Value {
    let regions: Vec<String> = (0..400).map(|number| format!("ap-southeast-{number}")).collect();
    let settings = settings(&[("REGIONS", &regions.join(","))]);
    let config = aws.config().into_builder().disable_request_compression(true).build();
    let monitor = Monitor::new(settings.clone(), Clients::from_config(&config, &settings));
    let report = monitor.check(Request::Scheduled, &invocation()).await;
    // All of them, of which a report shows a hundred.
    serde_json::to_value(report.targets).unwrap()
}

fn unalarming(call: &Call) -> Answer {
    if call.operation == "GetSendQuota" { Answer::quota(1, 50_000, 14) } else { healthy(call) }
}

/// The Regions of those targets whose metrics failed.
fn failed(targets: &Value) -> Vec<&Value> {
    let targets = targets.as_array().unwrap().iter();
    targets.filter(|target| target["error"]["step"] == "metrics").map(|target| &target["region"]).collect()
}

#[tokio::test(start_paused = true)]
async fn many_targets_go_in_as_few_requests_as_they_fit_each_within_one() {
    let aws = Aws::new(unalarming);
    let targets = check_400(&aws).await;
    assert!(failed(&targets).is_empty());
    let requests: Vec<Vec<String>> = aws.calls_of("PutMetricData").iter().map(regions).collect();
    // 111 targets with all 9 metrics would be 999 data; one more would not fit. These have 7.
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [777, 777, 777, 469]);
    let all = requests.iter().map(|regions| regions.iter().collect::<BTreeSet<_>>());
    assert_eq!(all.map(|regions| regions.len()).sum::<usize>(), 400, "a target is in two requests");
    // What is measured of all of them together comes last.
    let data = aws.calls_of("PutMetricData").last().unwrap().cbor()["MetricData"].as_array().unwrap().clone();
    assert_eq!((data.len(), &data[469]["MetricName"]), (469 + 7, &"TargetsChecked".into()));
}

#[tokio::test(start_paused = true)]
async fn a_full_request_is_well_below_what_cloudwatch_takes() {
    const MOST_BYTES: usize = 1_000_000;
    let aws = Aws::new(healthy);
    let longest = target("ap-southeast-9999999");
    let full = vec![(Some(longest), all_metrics()); 111];
    uncompressed(&aws).metrics.publish(&full, at("2026-11-24T12:00:00Z")).await.unwrap();
    let size = aws.calls()[0].body.len();
    assert!(size < MOST_BYTES / 2, "{size}");
}

#[tokio::test(start_paused = true)]
async fn a_large_request_is_compressed() {
    let aws = Aws::new(healthy);
    clients(&aws).metrics.publish(&targets(111), at("2026-11-24T12:00:00Z")).await.unwrap();
    let call = &aws.calls()[0];
    assert_eq!(call.headers.get("content-encoding"), Some("gzip"));
    assert!(call.body.len() < 50_000, "{}", call.body.len());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_or_is_not_answered_fails_its_own_targets_and_no_others() {
    for answer in [Answer::cbor_error(400, "InvalidParameterValue", "no"), Answer::Silence] {
        let aws = Aws::new(move |call| match (call.operation.as_str(), call.nth) {
            // The second request, and attempts to repeat it.
            ("PutMetricData", 1 | 4..) => answer.clone(),
            _ => unalarming(call),
        });
        let targets = check_400(&aws).await;
        let requests = aws.calls_of("PutMetricData");
        let of_the_second: BTreeSet<String> = regions(&requests[1]).into_iter().collect();
        let failed: BTreeSet<String> =
            failed(&targets).iter().map(|region| region.as_str().unwrap().to_owned()).collect();
        assert_eq!(failed, of_the_second);
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_down_does_not_hold_back_the_metrics_of_others() {
    let aws = Aws::new(
        |call| {
            if call.host.starts_with("email.ap-southeast-7.") { Answer::Silence } else { unalarming(call) }
        },
    );
    let start = Instant::now();
    check_400(&aws).await;
    let mut data: Vec<(Duration, usize)> =
        aws.calls_of("PutMetricData").iter().map(|call| (call.at - start, regions(call).len())).collect();
    let (last, its_own) = data.pop().unwrap();
    assert!(data.iter().all(|(at, _)| *at <= Duration::from_secs(1)), "{data:?}");
    assert_eq!(data.iter().map(|(_, count)| count).sum::<usize>(), 399 * 7);
    // That it could not be read is a metric, too.
    assert!(last > Duration::from_secs(5) && its_own == 1, "{last:?} {its_own}");
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
        let published = uncompressed(&aws).metrics.publish(&targets(1), at("2026-11-24T12:00:00Z")).await;
        // How many attempts fit the timeout of a call varies: the SDK waits a random time between them.
        let requests = if is_silent { "some".to_owned() } else { aws.calls().len().to_string() };
        lines.push(format!("{requests} request(s), {}", published.unwrap_err()));
    }
    assert_snapshot!(lines.join("\n"), @"
    1 request(s), metrics: AccessDenied: User is not authorized to perform: cloudwatch:PutMetricData [grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE]
    1 request(s), metrics: InvalidParameterValue: The parameter MetricData.member.1.Value must be a number
    3 request(s), metrics: Throttling: Rate exceeded
    3 request(s), metrics: InternalServiceFault: Service unavailable
    some request(s), metrics: Timeout: request has timed out: operation attempt timeout (single attempt) occurred after 6s
    3 request(s), metrics: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    ");
}
