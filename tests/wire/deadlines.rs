//! A dead endpoint does not outlive the invocation.

use std::time::Duration;

use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use crate::support::{self, Answer, Aws, Call, healthy, invocation, settings};

const OPERATIONS: [(&str, &str); 5] = [
    ("GetSendQuota", "read"),
    ("GetItem", "state"),
    ("PutItem", "state"),
    ("Publish", "alert"),
    ("PutMetricData", "metrics"),
];

/// A check of two Regions: how long it took, and what it failed with.
async fn check(aws: &Aws, request: Request, time_left: Duration) -> (Duration, String) {
    let settings = settings(&[("REGIONS", "us-east-1,eu-west-1")]);
    let clients = Clients::from_config(&aws.config(), &settings);
    let invocation = Invocation { time_left, ..invocation() };
    let start = Instant::now();
    let report = Monitor::new(settings, clients).check(request, &invocation).await;
    (start.elapsed(), report.into_result().unwrap_err().to_string())
}

#[tokio::test(start_paused = true)]
async fn a_dead_endpoint_leaves_time_to_report_it() {
    for (operation, step) in OPERATIONS {
        for seconds in [2, 5, 30] {
            let time_left = Duration::from_secs(seconds);
            let aws = Aws::healthy_but(operation, Answer::Silence);
            let (took, error) = check(&aws, Request::Scheduled, time_left).await;
            assert!(took + Duration::from_millis(900) <= time_left, "{operation}: {took:?} of {time_left:?}");
            assert!(error.contains(&format!("{step}: Timeout: ")), "{operation}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_is_dead_as_a_whole_leaves_time_to_report_it() {
    for request in [Request::Scheduled, Request::DryRun, Request::TestAlert] {
        let (took, error) = check(&Aws::new(|_| Answer::Silence), request, Duration::from_secs(30)).await;
        assert!(took <= Duration::from_millis(29_100), "{took:?}");
        assert!(error.starts_with("2 of 2 targets failed"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_no_time_left_a_check_ends_at_once() {
    for seconds in [0, 1] {
        let aws = Aws::new(|_| Answer::Silence);
        let (took, _) = check(&aws, Request::Scheduled, Duration::from_secs(seconds)).await;
        assert!(took < Duration::from_millis(10), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_dead_endpoint_leaves_the_rest_of_the_check_its_time() {
    for (operation, step) in OPERATIONS {
        let aws = Aws::healthy_but(operation, Answer::Silence);
        let start = Instant::now();
        let report = support::check(&aws, Request::Scheduled, &[]).await;
        // A third of what is left, but SNS and CloudWatch are waited for: nothing comes after them.
        let (took, most) = (start.elapsed(), if matches!(operation, "Publish" | "PutMetricData") { 29 } else { 20 });
        assert!(took < Duration::from_secs(most), "{operation}: {took:?}");
        assert!(report.into_result().unwrap_err().to_string().contains(&format!("{step}: Timeout: ")));
        for other in ["Publish", "PutMetricData"] {
            let tried = !aws.calls_of(other).is_empty();
            assert_eq!(tried, (operation, other) != ("GetSendQuota", "Publish"), "{other} beside a dead {operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_region_of_many_does_not_hold_the_others_up() {
    let regions: Vec<String> = (1..=64).map(|number| format!("ap-southeast-{number}")).collect();
    let aws =
        Aws::new(|call| if call.host.starts_with("email.ap-southeast-1.") { Answer::Silence } else { healthy(call) });
    let start = Instant::now();
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    let alerts = aws.calls_of("Publish");
    assert_eq!(alerts.len(), 63);
    let last = alerts.iter().map(|call| call.at - start).max().unwrap();
    // At five a second.
    assert!(last < Duration::from_secs(13), "{last:?}");
    assert!(report.into_result().unwrap_err().to_string().starts_with("1 of 64 targets failed"));
}

/// A connection that answers as fast as AWS does.
const ANSWER_TIME: Duration = Duration::from_millis(30);

#[tokio::test(start_paused = true)]
async fn an_alert_does_not_wait_until_other_regions_are_read() {
    let aws = Aws::new(|call| if call.host.starts_with("email.eu-west-1.") { Answer::Silence } else { healthy(call) });
    let start = Instant::now();
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", "eu-west-1,us-east-1")]).await;
    assert!(aws.calls_of("Publish")[0].at - start < ANSWER_TIME, "{:?}", aws.calls_of("Publish")[0].at - start);
    // The report is in the order of REGIONS all the same.
    let report = serde_json::to_value(report).unwrap();
    assert_eq!(
        (&report["targets"][0]["error"]["code"], &report["targets"][1]["level"]),
        (&"Timeout".into(), &"CRITICAL".into())
    );
}

#[tokio::test(start_paused = true)]
async fn metrics_do_not_wait_for_alerts() {
    let aws = Aws::healthy_but("Publish", Answer::Silence);
    let start = Instant::now();
    support::check(&aws, Request::Scheduled, &[]).await;
    assert!(aws.calls_of("PutMetricData")[0].at - start < ANSWER_TIME);
}

/// The number at the end of the name of the Region that SES is asked in.
fn number(call: &Call) -> Option<usize> {
    call.host.strip_prefix("email.ap-southeast-")?.split('.').next()?.parse().ok()
}

#[tokio::test(start_paused = true)]
async fn dead_regions_at_scattered_places_cost_the_others_nothing() {
    // 10 of 320, 20 of 320, and as many as there are places.
    for (total, every) in [(320, 32), (320, 16), (1_000, 33)] {
        let regions: Vec<String> = (0..total).map(|number| format!("ap-southeast-{number}")).collect();
        let alarming = [1, total / 2 + 1, total - 1];
        let aws = Aws::new(move |call| match number(call) {
            Some(number) if number % every == 0 => Answer::Silence,
            Some(number) if !alarming.contains(&number) => Answer::quota(1, 50_000, 14).after(ANSWER_TIME),
            _ => healthy(call).after(ANSWER_TIME),
        });
        let start = Instant::now();
        let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
        let last = |operation| aws.calls_of(operation).iter().map(|call| call.at - start).max().unwrap();
        assert_eq!(aws.calls_of("Publish").len(), 3);
        assert!(last("Publish") < Duration::from_secs(2), "{:?}", last("Publish"));
        let report = serde_json::to_value(report).unwrap();
        let unread = report["targets"].as_array().unwrap().iter().filter(|target| target["level"].is_null()).count();
        assert_eq!(unread, total.div_ceil(every));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_four_seconds_is_slow_and_not_down() {
    for operation in ["GetSendQuota", "GetItem", "PutItem", "Publish", "PutMetricData", "any"] {
        let aws = Aws::new(move |call| {
            let slow = operation == "any" || call.operation == operation;
            if slow { healthy(call).after(Duration::from_secs(4)) } else { healthy(call) }
        });
        let report = support::check(&aws, Request::Scheduled, &[]).await;
        assert!(report.into_result().is_ok(), "{operation}");
        assert_eq!(aws.calls().len(), 6, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn sns_is_waited_for_as_long_as_the_deadline_allows() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        "Publish" => healthy(call).after(Duration::from_secs(28)),
        _ => healthy(call),
    });
    let report = support::check(&aws, Request::Scheduled, &[]).await;
    assert!(report.into_result().is_ok());
    assert_eq!((aws.calls_of("Publish").len(), aws.calls_of("PutItem").len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_alerts_leaves_at_a_pace_that_email_bears_and_holds_up_no_reading() {
    let regions: Vec<String> = (0..200).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| healthy(call).after(ANSWER_TIME));
    let start = Instant::now();
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    let read = aws.calls_of("GetSendQuota").iter().map(|call| call.at - start).max().unwrap();
    assert!(read < Duration::from_secs(1), "{read:?}");
    let left: Vec<Instant> = aws.calls_of("Publish").iter().map(|call| call.at).collect();
    let most = left
        .iter()
        .map(|first| left.iter().filter(|at| (*first..*first + Duration::from_secs(1)).contains(at)).count());
    assert_eq!(most.max(), Some(5));
    // What there was no time for is unclaimed, and reported.
    assert!((130..145).contains(&left.len()), "{}", left.len());
    assert_eq!(aws.calls_of("PutItem").len(), 2 * left.len());
    let error = report.into_result().unwrap_err().to_string();
    assert_eq!(error.matches("alert: TooManyAlerts: ").count(), 200 - left.len());
}

#[tokio::test(start_paused = true)]
async fn many_regions_are_checked_at_the_same_time() {
    let regions: Vec<String> = (0..32).map(|number| format!("ap-southeast-{number}")).collect();
    // As many alert as may leave at once.
    let aws = Aws::new(|call| match number(call) {
        Some(number) if number >= 5 => Answer::quota(1, 50_000, 14).after(ANSWER_TIME),
        _ => healthy(call).after(ANSWER_TIME),
    });
    let start = Instant::now();
    support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    assert_eq!(aws.calls_of("Publish").len(), 5);
    // Read, claim, publish, commit: each takes its time once.
    assert!(start.elapsed() < 5 * ANSWER_TIME, "{:?}", start.elapsed());
}
