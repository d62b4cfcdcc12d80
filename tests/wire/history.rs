//! What was sent in the last two weeks: when SES is asked for it, how long the answer is kept, and that no alert depends on it.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use crate::checked::{Checked, alerting, check_with, table};
use crate::support::{self, Answer, Aws, Call, Table, at, healthy, invocation, monitor};

const STATISTICS: &str = "GetSendStatistics";
const WATCHED: (&str, &str) = ("RATE_WARNING_PERCENT", "50");

/// The longest that an alert may wait for the history.
const PATIENCE: Duration = Duration::from_secs(5);

fn quota(sent: u32) -> Answer {
    Answer::quota(sent, 1_000, 14)
}

/// How often a check in a process that has just started asks for the history, where SES answers with this quota.
async fn reads(quota: Answer, request: Request, variables: &[(&str, &str)]) -> usize {
    let aws = Aws::healthy_but("GetSendQuota", quota);
    support::check(&aws, request, variables).await;
    aws.calls_of(STATISTICS).len()
}

#[tokio::test(start_paused = true)]
async fn it_is_read_from_half_of_the_warning_threshold_on() {
    for (sent, read) in [(0, 0), (10, 0), (399, 0), (400, 1), (799, 1), (800, 1), (950, 1), (1_000, 1), (1_200, 1)] {
        assert_eq!(reads(quota(sent), Request::Scheduled, &[]).await, read, "{sent}");
    }
    for (sent, read) in [(299, 0), (300, 1)] {
        assert_eq!(reads(quota(sent), Request::Scheduled, &[("WARNING_PERCENT", "60")]).await, read, "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_read_as_long_as_an_alert_about_the_quota_is_open() {
    let (of_quota, of_account) = ("111122223333#us-east-1", "111122223333#us-east-1#ACCOUNT");
    let (open, other, none) = (alerting(of_quota, "WARNING"), alerting(of_account, "WARNING"), json!({}));
    for (item, read) in [(open, 1), (other, 0), (none, 0)] {
        let table = table([item].into_iter().filter(|item| *item != json!({})));
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "GetSendQuota" => quota(50),
            "BatchGetItem" | "PutItem" => table.answer(call),
            _ => healthy(call),
        });
        check_with(aws.clone(), 0, &[]).await;
        assert_eq!(aws.calls_of(STATISTICS).len(), read);
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_cannot_be_full_has_no_forecast() {
    for (max, rate_is_watched, read) in [("-1", false, 0), ("0", false, 0), ("-1", true, 1), ("0", true, 1)] {
        for request in [Request::Scheduled, Request::DryRun, Request::TestAlert] {
            let aws = Aws::healthy_but("GetSendQuota", Answer::quota(500, max, 14));
            let report = support::check(&aws, request, if rate_is_watched { &[WATCHED] } else { &[] }).await;
            assert_eq!(aws.calls_of(STATISTICS).len(), read, "{max} {request:?}");
            assert!(serde_json::to_value(report).unwrap()["targets"][0]["forecast"].is_null());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_read_where_the_rate_is_watched_and_where_a_person_asks() {
    assert_eq!(reads(quota(0), Request::Scheduled, &[WATCHED]).await, 1);
    assert_eq!(reads(quota(0), Request::DryRun, &[]).await, 1);
    assert_eq!(reads(quota(0), Request::TestAlert, &[]).await, 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_quota_there_is_nothing_to_explain() {
    for unread in [Answer::xml_error(403, "AccessDenied", "no"), Answer::NoConnection, quota_of_nonsense()] {
        for variables in [&[][..], &[WATCHED]] {
            assert_eq!(reads(unread.clone(), Request::Scheduled, variables).await, 0);
        }
    }
}

fn quota_of_nonsense() -> Answer {
    Answer::quota("NaN", "NaN", "NaN")
}

/// When SES is asked for a history, by checks of one process at these times of a day.
async fn times_read(monitor: &Monitor, aws: &Aws, region: &str, times: &[&str]) -> Vec<String> {
    let mut read = Vec::new();
    let count = || aws.calls_of(STATISTICS).iter().filter(|call| call.host.contains(region)).count();
    for time in times {
        let before = count();
        let started_at = at(&format!("2026-11-24T{time}Z"));
        monitor.check(Request::Scheduled, &Invocation { started_at, ..invocation() }).await;
        read.extend((count() > before).then(|| (*time).to_owned()));
    }
    read
}

/// An answer whose points lie on a grid that begins so many seconds after each quarter hour of the clock.
fn on_a_grid(offset: i64) -> Answer {
    let newest = at("2026-11-24T11:30:00Z").plus_seconds(offset);
    Answer::statistics((0..200).map(|quarter| (newest.plus_seconds(-900 * quarter), 10)))
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_until_the_next_quarter_hour_of_its_grid_begins() {
    let on_the_clock = ["12:00:00", "12:05:00", "12:14:59", "12:15:00", "12:29:00", "12:31:00", "14:00:00"];
    let off_the_clock = ["12:00:00", "12:05:00", "12:07:12", "12:07:13", "12:15:00", "12:22:12", "12:22:13"];
    for (answer, times, read) in [
        (on_a_grid(0), on_the_clock, &["12:00:00", "12:15:00", "12:31:00", "14:00:00"][..]),
        (on_a_grid(433), off_the_clock, &["12:00:00", "12:07:13", "12:22:13"]),
        // An account that has sent nothing has no grid of its own.
        (Answer::statistics([("", 0); 0]), on_the_clock, &["12:00:00", "12:15:00", "12:31:00", "14:00:00"]),
    ] {
        let aws = Aws::healthy_but(STATISTICS, answer);
        assert_eq!(times_read(&monitor(&aws, &[]), &aws, "us-east-1", &times).await, read);
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_is_read_by_the_next_check() {
    let aws = Aws::new(|call| match (call.operation.as_str(), call.nth) {
        (STATISTICS, 0) => Answer::xml_error(403, "AccessDenied", "no"),
        _ => healthy(call),
    });
    let times = ["12:00:00", "12:05:00", "12:10:00"];
    assert_eq!(times_read(&monitor(&aws, &[]), &aws, "us-east-1", &times).await, ["12:00:00", "12:05:00"]);
}

#[tokio::test(start_paused = true)]
async fn each_region_has_a_history_of_its_own() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        STATISTICS => on_a_grid(if call.host.contains("eu-west-1") { 300 } else { 0 }),
        _ => healthy(call),
    });
    let monitor = monitor(&aws, &[("REGIONS", "us-east-1,eu-west-1")]);
    let times = ["12:00:00", "12:05:00", "12:15:00", "12:20:00"];
    let mut read = Vec::new();
    for time in times {
        let before = aws.calls_of(STATISTICS).len();
        times_read(&monitor, &aws, "", &[time]).await;
        let mut hosts: Vec<String> =
            aws.calls_of(STATISTICS)[before..].iter().map(|call| call.host.replace(".amazonaws.com", "")).collect();
        hosts.sort();
        read.push(format!("{time} {}", hosts.join(" ")));
    }
    assert_snapshot!(read.join("\n"), @"
    12:00:00 email.eu-west-1 email.us-east-1
    12:05:00 email.eu-west-1
    12:15:00 email.us-east-1
    12:20:00 email.eu-west-1
    ");
}

/// SES accepts one request a second per account and Region.
#[tokio::test(start_paused = true)]
async fn one_call_to_ses_comes_after_the_other() {
    const ANSWER_TIME: Duration = Duration::from_millis(30);
    let aws = Aws::new(|call| healthy(call).after(ANSWER_TIME));
    let start = Instant::now();
    support::check(&aws, Request::Scheduled, &[("REGIONS", "eu-west-1")]).await;
    let of_ses = |call: &Call| call.host == "email.eu-west-1.amazonaws.com";
    let asked: Vec<(String, Duration)> =
        aws.calls().into_iter().filter(of_ses).map(|call| (call.operation, call.at - start)).collect();
    let operations: Vec<&str> = asked.iter().map(|(operation, _)| operation.as_str()).collect();
    assert_eq!(operations, ["GetSendQuota", "GetAccount", STATISTICS]);
    assert!(asked.is_sorted_by_key(|(_, at)| *at) && asked[2].1 >= asked[1].1 + ANSWER_TIME, "{asked:?}");
}

/// What SES may answer in place of a history.
fn troubles() -> Vec<Answer> {
    vec![
        Answer::xml_error(403, "AccessDenied", "User is not authorized to perform: ses:GetSendStatistics"),
        Answer::xml_error(400, "Throttling", "Rate exceeded"),
        Answer::xml_error(500, "InternalFailure", "try again"),
        Answer::reply(503, ""),
        Answer::reply(200, "<html/>"),
        Answer::reply(200, [0xff, 0x00, 0xfe]),
        Answer::statistics([("yesterday", 1)]),
        Answer::NoConnection,
        Answer::NoAnswer,
        Answer::Reset,
        Answer::Silence,
        healthy_history().after(Duration::from_mins(1)),
    ]
}

fn healthy_history() -> Answer {
    Answer::statistics([("", 0); 0])
}

/// One check with this answer in place of a history, and how long it was until its alert left.
async fn check_despite(history: Answer, table: &Table, minute: i64) -> (Checked, Option<Duration>) {
    let table = table.clone();
    let aws = Aws::new(move |call| match call.operation.as_str() {
        STATISTICS => history.clone(),
        "BatchGetItem" | "PutItem" => table.answer(call),
        _ => healthy(call),
    });
    let start = Instant::now();
    let checked = check_with(aws.clone(), minute, &[]).await;
    let left = aws.calls_of("Publish").first().map(|call| call.at - start);
    (checked, left)
}

/// A document without what is taken from the history, and its forecast.
fn parted(checked: &Checked) -> (Value, Value) {
    let mut documents = checked.documents();
    let mut document = documents.pop().expect("an alert");
    let fields = document.as_object_mut().unwrap();
    let forecast = fields.remove("forecast").unwrap_or_default();
    fields.remove("sendRateUtilizationPercent");
    (document, forecast)
}

#[tokio::test(start_paused = true)]
async fn without_it_an_alert_says_all_the_same_except_a_forecast() {
    let (known, left) = check_despite(healthy_history(), &Table::default(), 0).await;
    assert!(left.unwrap() < Duration::from_millis(1));
    let (document, _) = parted(&known);
    for trouble in troubles() {
        let (checked, left) = check_despite(trouble.clone(), &Table::default(), 0).await;
        assert!(left.unwrap() <= PATIENCE + Duration::from_millis(10), "{left:?} {trouble:?}");
        assert_eq!(parted(&checked), (document.clone(), json!({"verdict": "cannotTell", "reason": "notRead"})));
        let publish = &checked.aws.calls_of("Publish")[0];
        let same = &known.aws.calls_of("Publish")[0];
        assert_eq!((&publish.form()["Subject"], publish.attributes()), (&same.form()["Subject"], same.attributes()));
        let texts: Value = serde_json::from_str(&publish.form()["Message"]).unwrap();
        let email = texts["default"].as_str().unwrap();
        assert!(email.contains("Cannot be told: the history could not be read."), "{email}");
    }
}

#[tokio::test(start_paused = true)]
async fn that_it_cannot_be_read_is_reported_and_is_no_error() {
    let mut lines = Vec::new();
    for trouble in troubles() {
        let (checked, _) = check_despite(trouble.clone(), &Table::default(), 0).await;
        let target = &checked.json()["targets"][0];
        assert_eq!(target["error"]["step"], "history", "{trouble:?}");
        assert!(target["furtherErrors"].is_null(), "{target}");
        let error = &target["error"];
        lines.push(format!("{} {} {}", error["code"], error["message"], error["hint"]));
        // `CheckFailed` is an alarm, and people have been told all that they are to be told.
        assert_eq!((checked.metric("CheckFailed"), checked.metric("ForecastPeakUtilization")), (Some(0.0), None));
        assert!(checked.report.has_failures() && checked.report.into_result().is_ok());
    }
    assert_snapshot!(lines.join("\n"), @r#"
    "AccessDenied" "User is not authorized to perform: ses:GetSendStatistics" "grant the role that reads this account ses:GetSendStatistics, in this Region too; until then alerts come without a forecast"
    "Throttling" "Rate exceeded" null
    "InternalFailure" "try again" null
    "UnexpectedResponse" "HTTP 503 without an AWS error code" "this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?"
    "UnexpectedResponse" "HTTP 200, not readable: unhandled error: error parsing XML: invalid root, expected GetSendStatisticsResponse got StartEl { name: Name { prefix: \"\", local: \"html\" }, attributes: [], closed: true, depth: 0 }" "this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?"
    "UnexpectedResponse" "HTTP 200, not readable: unhandled error: error parsing XML: invalid utf-8 sequence of 1 bytes from index 0" "this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?"
    "UnexpectedResponse" "HTTP 200, not readable: unhandled error: error parsing XML: expected (timestamp: `com.amazonaws.ses#Timestamp`)" "this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?"
    "NoConnection" "dispatch failure: io error: client error (Connect): dns error: no such host" "is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy"
    "NoAnswer" "dispatch failure: other: connection closed before message completed" null
    "NoAnswer" "dispatch failure: io error: connection reset by peer" null
    "Timeout" "no answer within 5.0 s" null
    "Timeout" "no answer within 5.0 s" null
    "#);
}

#[tokio::test(start_paused = true)]
async fn however_long_it_cannot_be_read_that_is_no_alert_of_its_own() {
    for trouble in [Answer::xml_error(403, "AccessDenied", "no"), Answer::Silence] {
        let (table, mut told) = (Table::default(), Vec::new());
        for minute in (0..60).step_by(5) {
            told.extend(check_despite(trouble.clone(), &table, minute).await.0.told());
        }
        assert_eq!(told, ["QUOTA RAISED CRITICAL"]);
        assert!(table.item("111122223333#us-east-1#READING").is_none());
    }
}

/// What is missing could be the newest points, and taken for a rate that has fallen.
#[tokio::test(start_paused = true)]
async fn half_an_answer_is_no_history() {
    let Answer::Reply { body, .. } = on_a_grid(0) else { panic!("not a reply") };
    for end in [2_000, body.len() / 2, body.len() - 200, body.len() - 1] {
        let half = Answer::reply(200, &body[..end]);
        let (checked, _) = check_despite(half, &Table::default(), 0).await;
        assert_eq!(checked.failures().len(), 1, "{end} of {} bytes", body.len());
        assert_eq!(parted(&checked).1, json!({"verdict": "cannotTell", "reason": "notRead"}));
    }
}

/// Many Regions whose history hangs: each alert waits for its own at most, and none for another's.
#[tokio::test(start_paused = true)]
async fn histories_that_hang_do_not_add_up() {
    let regions: Vec<String> = (0..100).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::healthy_but(STATISTICS, Answer::Silence);
    let start = Instant::now();
    let report = support::check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    let left: Vec<Duration> = aws.calls_of("Publish").iter().map(|call| call.at - start).collect();
    assert!(left.iter().all(|at| *at <= PATIENCE + Duration::from_secs(3)), "{left:?}");
    assert!(report.into_result().is_ok());
}

/// All that SES keeps, in no order, and not on the quarter hours of the clock.
#[tokio::test(start_paused = true)]
async fn two_weeks_in_any_order_are_understood() {
    let newest = at("2026-11-24T11:37:13Z");
    // 577 has no divisor in common with 1,344.
    let shuffled = (0..1_344).map(|nth| 577 * nth % 1_344);
    let points: Vec<(String, u32)> =
        shuffled.map(|quarter| (newest.plus_seconds(-900 * quarter).to_string(), 501)).collect();
    let with_fractions = points.iter().map(|(time, sent)| (time.replace('Z', ".000Z"), *sent));
    let mut forecasts = Vec::new();
    for answer in [Answer::statistics(points.clone()), Answer::statistics(with_fractions)] {
        let (checked, _) = check_despite(answer, &Table::default(), 0).await;
        assert!(checked.failures().is_empty());
        assert_eq!(checked.told(), ["QUOTA RAISED CRITICAL"]);
        forecasts.push(parted(&checked).1);
    }
    assert_eq!(forecasts[0], forecasts[1]);
    assert_snapshot!(forecasts[0].to_string(), @r#"{"peakAt":"2026-11-24T12:00:00Z","peakHighPercent":96.2,"peakLowPercent":96.2,"peakPercent":96.2,"probability":0.04,"verdict":"noBreach"}"#);
}
