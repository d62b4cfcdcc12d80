//! A dead endpoint does not outlive the invocation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor, Report};
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use crate::support::{self, Answer, Aws, Call, healthy, invocation, settings};

const OPERATIONS: [(&str, &str); 7] = [
    ("GetSendQuota", "read"),
    ("GetAccount", "account"),
    ("GetSendStatistics", "history"),
    ("BatchGetItem", "state"),
    ("PutItem", "state"),
    ("Publish", "alert"),
    ("PutMetricData", "metrics"),
];

/// A check of two Regions: how long it took, and its report.
async fn check(aws: &Aws, request: Request, time_left: Duration) -> (Duration, Report) {
    let settings = settings(&[("REGIONS", "us-east-1,eu-west-1")]);
    let clients = Clients::from_config(&aws.config(), &settings);
    let invocation = Invocation { time_left, ..invocation() };
    let start = Instant::now();
    let report = Monitor::new(settings, clients).check(request, &invocation).await;
    (start.elapsed(), report)
}

/// Whether a report says that a step had no answer.
fn has_timed_out(report: &Report, step: &str) -> bool {
    let report = serde_json::to_string(report).unwrap();
    report.contains(&format!(r#"{{"step":"{step}","code":"Timeout","#))
}

#[tokio::test(start_paused = true)]
async fn a_dead_endpoint_leaves_time_to_report_it() {
    for (operation, step) in OPERATIONS {
        for seconds in [2, 5, 30] {
            let time_left = Duration::from_secs(seconds);
            let aws = Aws::healthy_but(operation, Answer::Silence);
            let (took, report) = check(&aws, Request::Scheduled, time_left).await;
            assert!(took + Duration::from_millis(900) <= time_left, "{operation}: {took:?} of {time_left:?}");
            assert!(has_timed_out(&report, step), "{operation}: {report:?}");
            // People are told when the account status cannot be read, and a history only explains; everything else is left
            // undone.
            let is_told = ["GetAccount", "GetSendStatistics"].contains(&operation);
            assert_eq!(report.into_result().is_ok(), is_told, "{operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_is_dead_as_a_whole_leaves_time_to_report_it() {
    for request in [Request::Scheduled, Request::DryRun, Request::TestAlert] {
        let (took, report) = check(&Aws::new(|_| Answer::Silence), request, Duration::from_secs(30)).await;
        assert!(took <= Duration::from_millis(29_100), "{took:?}");
        let error = report.into_result().unwrap_err().to_string();
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
        assert!(has_timed_out(&report, step), "{operation}: {report:?}");
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
    // The first three leave at once, the other 60 in two messages, when the dead one has been given up.
    let left: Vec<Duration> = aws.calls_of("Publish").iter().map(|call| call.at - start).collect();
    assert_eq!(left.len(), 5);
    assert!(left[..3].iter().all(|at| *at < ANSWER_TIME), "{left:?}");
    assert!(left[3..].iter().all(|at| *at < Duration::from_secs(10)), "{left:?}");
    assert_eq!(aws.calls_of("PutItem").len(), 2 * 63 + 1);
    let regions = serde_json::to_value(&report).unwrap()["targets"].as_array().unwrap().clone();
    let failed: Vec<_> = regions.iter().filter(|target| target["error"].is_object()).collect();
    assert_eq!((failed.len(), &failed[0]["region"]), (1, &"ap-southeast-1".into()));
    assert!(report.into_result().is_ok());
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
        // Each of the others is two answers in one of 32 places, which a dead one keeps for half a second.
        let places = u32::try_from(total.div_ceil(32)).unwrap();
        let most = places * 2 * ANSWER_TIME + Duration::from_secs(1);
        assert!(last("Publish") < most, "{:?}", last("Publish"));
        let report = serde_json::to_value(report).unwrap();
        let unread = report["targets"].as_array().unwrap().iter().filter(|target| target["level"].is_null()).count();
        assert_eq!(unread, total.div_ceil(every));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_four_seconds_is_slow_and_not_down() {
    for operation in OPERATIONS.map(|(operation, _)| operation).into_iter().chain(["any"]) {
        let aws = Aws::new(move |call| {
            let slow = operation == "any" || call.operation == operation;
            if slow { healthy(call).after(Duration::from_secs(4)) } else { healthy(call) }
        });
        let report = support::check(&aws, Request::Scheduled, &[]).await;
        assert!(report.into_result().is_ok(), "{operation}");
        assert_eq!(aws.calls().len(), 9, "{operation}");
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
async fn a_flood_of_alerts_is_a_few_messages_and_holds_up_no_reading() {
    let regions: Vec<String> = (0..200).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| healthy(call).after(ANSWER_TIME));
    let start = Instant::now();
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    let read = aws.calls_of("GetAccount").iter().map(|call| call.at - start).max().unwrap();
    assert!(read < Duration::from_secs(1), "{read:?}");
    assert_eq!(alerts_in_each(&aws), [1, 1, 1, 50, 50, 50, 47]);
    // A digest leaves when all is read, and the next one claims nothing before that.
    let at = |operation: &str| aws.calls_of(operation).iter().map(|call| call.at - start).collect::<Vec<_>>();
    let (published, written) = (at("Publish"), at("PutItem"));
    assert!(published[3] > read, "{published:?}");
    assert_eq!(written.len(), 400);
    for (nth, published) in published[3..].iter().enumerate() {
        // The claims of the three that left alone, of those before it, and its own; and the commits of those before it.
        let before = written.iter().filter(|written| *written < published).count();
        assert_eq!(before, 6 + 100 * nth + [50, 50, 50, 47][nth], "{nth}");
    }
    assert!(report.into_result().is_ok());
}

/// How many alerts each message is about.
fn alerts_in_each(aws: &Aws) -> Vec<u64> {
    let count = |call: &Call| {
        let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
        let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
        document["count"].as_u64().unwrap_or(1)
    };
    aws.calls_of("Publish").iter().map(count).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fourth_alert_leaves_alone_if_it_is_the_last() {
    let regions: Vec<String> = (0..4).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| healthy(call).after(ANSWER_TIME));
    support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    assert_eq!(alerts_in_each(&aws), [1; 4]);
    assert!(aws.calls_of("Publish").iter().all(|call| call.attributes().contains_key("region")));
}

#[tokio::test(start_paused = true)]
async fn messages_leave_at_a_pace_that_email_bears() {
    // Three of each level and subject leave alone: more than may leave at once.
    let regions: Vec<String> = (0..24).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| match (call.operation.as_str(), number(call)) {
        ("GetSendQuota", Some(number)) => Answer::quota([850, 960, 1_000][number % 3], 1_000, 14),
        ("GetAccount", Some(number)) => Answer::account(number % 2 == 0, "PROBATION"),
        _ => healthy(call),
    });
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    assert!(report.into_result().is_ok());
    let left: Vec<Instant> = aws.calls_of("Publish").iter().map(|call| call.at).collect();
    let most = left
        .iter()
        .map(|first| left.iter().filter(|at| (*first..*first + Duration::from_secs(1)).contains(at)).count());
    assert_eq!(most.max(), Some(5));
    // 15 alone, and one digest of the rest of each of the five groups.
    assert_eq!(left.len(), 20);
    assert_eq!(alerts_in_each(&aws).iter().sum::<u64>(), 48);
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_for_is_unclaimed_and_reported() {
    let regions: Vec<String> = (0..203).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| match call.operation.as_str() {
        "Publish" => healthy(call).after(Duration::from_secs(11)),
        _ => healthy(call).after(ANSWER_TIME),
    });
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    // The third digest has no answer when time is up: whether anybody heard is unknown, and its claims stay.
    assert_eq!(alerts_in_each(&aws), [1, 1, 1, 50, 50, 50]);
    let written: BTreeMap<String, bool> = aws
        .calls_of("PutItem")
        .iter()
        .map(|call| call.json()["Item"].clone())
        .map(|item| (item["target"]["S"].to_string(), item["claimedBy"].is_object()))
        .collect();
    assert_eq!(written.values().filter(|is_claimed| **is_claimed).count(), 50);
    let targets = serde_json::to_value(&report.targets).unwrap();
    let codes = targets.as_array().unwrap().iter().map(|target| target["error"]["code"].as_str());
    let count = |code| codes.clone().filter(|one| *one == Some(code)).count();
    assert_eq!((count("Timeout"), count("TooManyAlerts")), (50, 50));
    let error = report.into_result().unwrap_err().to_string();
    assert!(error.starts_with("100 of 203 targets failed in part or whole: "), "{error}");
    assert!(error.ends_with("; and 90 more"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn many_regions_are_checked_at_the_same_time() {
    let regions: Vec<String> = (0..32).map(|number| format!("ap-southeast-{number}")).collect();
    // Three alerts leave alone, the other two together, when all is read.
    let aws = Aws::new(|call| match number(call) {
        Some(number) if number >= 5 && call.operation == "GetSendQuota" => {
            Answer::quota(1, 50_000, 14).after(ANSWER_TIME)
        }
        _ => healthy(call).after(ANSWER_TIME),
    });
    let start = Instant::now();
    support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    assert_eq!(alerts_in_each(&aws), [1, 1, 1, 2]);
    // Read the quota, the account and the history, claim, publish, commit: each takes its time once.
    assert!(start.elapsed() < 7 * ANSWER_TIME, "{:?}", start.elapsed());
}
