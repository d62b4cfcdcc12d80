//! Whole checks: what each kind of request does, and that no part of a check stops another.

use insta::assert_snapshot;
use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor, Report};
use ses_quota_monitor::request::Request;

use crate::support::{Answer, Aws, Call, check, healthy, invocation, settings};

const REGIONS: (&str, &str) = ("REGIONS", "us-east-1,eu-west-1,ap-south-1");

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

/// What was due for each target, or would be.
fn notifications(report: &Report) -> Vec<Value> {
    let report = serde_json::to_value(report).unwrap();
    report["targets"].as_array().unwrap().iter().map(|target| target["notification"].clone()).collect()
}

/// The Region and `step code` of each failure of the targets.
fn failures(report: &Report) -> Vec<String> {
    let report = serde_json::to_value(report).unwrap();
    let of_target = |target: &Value| {
        let further = target["furtherErrors"].as_array().cloned().unwrap_or_default();
        let errors = [target["error"].clone()].into_iter().filter(Value::is_object).chain(further);
        let region = target["region"].clone();
        let shown = move |error: Value| format!("{region} {} {}", error["step"], error["code"]).replace('"', "");
        errors.map(shown).collect::<Vec<_>>()
    };
    report["targets"].as_array().unwrap().iter().flat_map(of_target).collect()
}

/// What the invocation fails with.
fn error(report: Report) -> String {
    report.into_result().unwrap_err().to_string()
}

/// How often each operation was requested.
fn counts(aws: &Aws) -> String {
    let count = |operation: &str| format!("{operation} {}", aws.calls_of(operation).len());
    ["GetSendQuota", "GetAccount", "BatchGetItem", "PutItem", "Publish", "PutMetricData"].map(count).join(", ")
}

/// `AccessDenied`, as the service says it.
fn denied(call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetSendQuota" => Answer::xml_error(403, "AccessDenied", "no"),
        "GetAccount" => Answer::rest_error(403, "AccessDeniedException", "no"),
        "Publish" => Answer::xml_error(403, "AuthorizationError", "no"),
        "PutMetricData" => Answer::cbor_error(403, "AccessDenied", "no"),
        _ => Answer::json_error(400, "AccessDeniedException", "no"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_check_reads_claims_publishes_and_commits() {
    let aws = Aws::new(healthy);
    let report = check(&aws, Request::Scheduled, &[]).await;
    assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":"RAISED","subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":"RAISED","reason":"96.2% is above the CRITICAL threshold of 95%; up from OK"}],"forecast":{"verdict":"cannotTell","reason":"noHistory"}}]}"#);
    assert!(report.into_result().is_ok());
    let operations = aws.operations();
    let alerting: Vec<&str> = operations.iter().map(String::as_str).filter(|name| *name != "PutMetricData").collect();
    assert_eq!(
        alerting,
        [
            "GetSendQuota",
            "GetAccount",
            "BatchGetItem",
            "GetSendStatistics",
            "PutItem",
            "ListRequestedServiceQuotaChangeHistoryByQuota",
            "Publish",
            "PutItem"
        ]
    );
    assert_eq!(aws.calls_of("PutMetricData").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_due_nothing_written() {
    let aws = Aws::healthy_but("GetSendQuota", Answer::quota(100, 50_000, 14));
    let report = check(&aws, Request::Scheduled, &[]).await;
    assert!(report.into_result().is_ok());
    assert_eq!(counts(&aws), "GetSendQuota 1, GetAccount 1, BatchGetItem 1, PutItem 0, Publish 0, PutMetricData 1");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_reports_what_it_would_send_and_changes_nothing() {
    let aws = Aws::new(healthy);
    let report = check(&aws, Request::DryRun, &[REGIONS]).await;
    assert_eq!(counts(&aws), "GetSendQuota 3, GetAccount 3, BatchGetItem 1, PutItem 0, Publish 0, PutMetricData 0");
    assert!(json(&report).contains("\"dryRun\":true"));
    assert_eq!(notifications(&report), ["RAISED"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_fails_changes_nothing_either() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        "BatchGetItem" => denied(call),
        _ => healthy(call),
    });
    let report = check(&aws, Request::DryRun, &[]).await;
    assert_eq!(counts(&aws), "GetSendQuota 1, GetAccount 1, BatchGetItem 1, PutItem 0, Publish 0, PutMetricData 0");
    assert!(report.into_result().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_test_alert_is_one_publish_and_nothing_else() {
    for (sent, state_table) in [(100, "alert-state"), (48_100, "alert-state"), (48_100, "")] {
        for (regions, targets) in [("us-east-1", 1), (REGIONS.1, 3)] {
            let aws = Aws::healthy_but("GetSendQuota", Answer::quota(sent, 50_000, 14));
            let report = check(&aws, Request::TestAlert, &[("REGIONS", regions), ("STATE_TABLE", state_table)]).await;
            assert_eq!(notifications(&report), vec!["TEST"; targets]);
            assert!(report.into_result().is_ok());
            let reads = format!(
                "GetSendQuota {targets}, GetAccount {targets}, BatchGetItem 0, PutItem 0, Publish 1, PutMetricData 0"
            );
            assert_eq!(counts(&aws), reads);
            let publish = &aws.calls_of("Publish")[0];
            assert!(publish.form()["Subject"].starts_with("[TEST] "));
            assert_eq!(publish.attributes()["kind"], "TEST");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_alert_reports_as_failed_only_what_failed() {
    // One Region cannot be read: the others are spoken of.
    let aws = Aws::new(|call| if call.host.starts_with("email.eu-west-1.") { denied(call) } else { healthy(call) });
    let report = check(&aws, Request::TestAlert, &[REGIONS]).await;
    assert_eq!(notifications(&report), ["TEST".into(), Value::Null, "TEST".into()]);
    assert!(!aws.calls_of("Publish")[0].form()["Message"].contains("eu-west-1"));
    assert_eq!(failures(&report), ["eu-west-1 read AccessDenied", "eu-west-1 account AccessDeniedException"]);
    assert!(report.into_result().is_ok());
    // None can be read: there is nothing to speak of.
    let aws = Aws::healthy_but("GetSendQuota", Answer::xml_error(403, "AccessDenied", "no"));
    let report = check(&aws, Request::TestAlert, &[REGIONS]).await;
    assert!(aws.calls_of("Publish").is_empty());
    assert!(error(report).starts_with("3 of 3 targets failed in part or whole: "));
    // The one publish fails for all of them.
    let aws = Aws::new(|call| if call.operation == "Publish" { denied(call) } else { healthy(call) });
    let report = check(&aws, Request::TestAlert, &[REGIONS]).await;
    assert_eq!(error(report).matches("alert: AuthorizationError").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_state_table_dynamodb_is_not_asked() {
    let aws = Aws::new(healthy);
    let report = check(&aws, Request::Scheduled, &[("STATE_TABLE", "")]).await;
    assert!(report.into_result().is_ok());
    assert_eq!(counts(&aws), "GetSendQuota 1, GetAccount 1, BatchGetItem 0, PutItem 0, Publish 1, PutMetricData 1");
}

#[tokio::test(start_paused = true)]
async fn the_metric_tells_whether_everything_could_be_read() {
    for (operation, has_failed) in [("GetSendQuota", 1.0), ("GetAccount", 1.0), ("BatchGetItem", 1.0), ("none", 0.0)] {
        let aws = Aws::new(move |call| if call.operation == operation { denied(call) } else { healthy(call) });
        check(&aws, Request::Scheduled, &[]).await;
        let metrics = aws.calls_of("PutMetricData")[0].cbor();
        let mut data = metrics["MetricData"].as_array().unwrap().iter();
        let metric = data.find(|datum| datum["MetricName"] == "CheckFailed").unwrap();
        assert_eq!(metric["Value"], has_failed, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_not_read_is_unknown_not_ok_and_not_zero() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        "GetSendQuota" => denied(call),
        _ => healthy(call),
    });
    let report = check(&aws, Request::Scheduled, &[]).await;
    // What is written is since when the target has not been read.
    assert_eq!(counts(&aws), "GetSendQuota 1, GetAccount 1, BatchGetItem 1, PutItem 1, Publish 0, PutMetricData 1");
    let metrics = String::from_utf8_lossy(&aws.calls_of("PutMetricData")[0].body).into_owned();
    assert!(metrics.contains("CheckFailed"));
    assert!(!metrics.contains("SentLast24Hours") && !has_level(&aws));
    assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","error":{"step":"read","code":"AccessDenied","message":"no","hint":"grant the role that reads this account ses:GetSendQuota, in this Region too"}}]}"#);
    assert_snapshot!(error(report), @"1 of 1 targets failed in part or whole: 111122223333#us-east-1: read: AccessDenied: no [grant the role that reads this account ses:GetSendQuota, in this Region too]");
}

#[tokio::test(start_paused = true)]
async fn a_level_is_unknown_where_the_state_is() {
    // 78% is OK, or WARNING if that was told before; 96.2% is CRITICAL at least.
    for (sent, level) in [(39_000, Value::Null), (48_100, "CRITICAL".into())] {
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "GetSendQuota" => Answer::quota(sent, 50_000, 14),
            "BatchGetItem" => denied(call),
            _ => healthy(call),
        });
        let report = serde_json::to_value(check(&aws, Request::Scheduled, &[]).await).unwrap();
        assert_eq!(report["targets"][0]["level"], level);
        let metrics = String::from_utf8_lossy(&aws.calls_of("PutMetricData")[0].body).into_owned();
        assert!(metrics.contains("QuotaUtilization") && !has_level(&aws));
    }
    // Where none is kept, the numbers are all there is.
    let aws = Aws::healthy_but("GetSendQuota", Answer::quota(39_000, 50_000, 14));
    let report = serde_json::to_value(check(&aws, Request::Scheduled, &[("STATE_TABLE", "")]).await).unwrap();
    assert_eq!(report["targets"][0]["level"], "OK");
    assert!(has_level(&aws));
}

/// Whether `AlertLevel` was published: that of the quota.
fn has_level(aws: &Aws) -> bool {
    let metrics = aws.calls_of("PutMetricData")[0].cbor();
    metrics["MetricData"].as_array().unwrap().iter().any(|datum| datum["MetricName"] == "AlertLevel")
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_fails_does_not_stop_the_metrics_nor_they_the_alert() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        "Publish" => denied(call),
        _ => healthy(call),
    });
    let without_alert = check(&aws, Request::Scheduled, &[REGIONS]).await;
    assert_eq!(counts(&aws), "GetSendQuota 3, GetAccount 3, BatchGetItem 1, PutItem 6, Publish 3, PutMetricData 1");
    assert_eq!(error(without_alert).matches("alert: AuthorizationError: no").count(), 3);

    let aws = Aws::new(|call| match call.operation.as_str() {
        "PutMetricData" => denied(call),
        _ => healthy(call),
    });
    let without_metrics = check(&aws, Request::Scheduled, &[REGIONS]).await;
    assert_eq!(counts(&aws), "GetSendQuota 3, GetAccount 3, BatchGetItem 1, PutItem 6, Publish 3, PutMetricData 1");
    assert_eq!(notifications(&without_metrics), ["RAISED"; 3]);
    // Once for each target, and once for what is measured of all of them.
    assert_eq!(error(without_metrics).matches("metrics: AccessDenied: no").count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_fails_leaves_the_others_alone() {
    for (failing, failure, alerts) in
        [("GetSendQuota", "eu-west-1 read NoConnection", 2), ("GetAccount", "eu-west-1 account NoConnection", 3)]
    {
        let aws = Aws::new(move |call| {
            let is_europe = call.host.contains("eu-west-1");
            if call.operation == failing && is_europe { Answer::NoConnection } else { healthy(call) }
        });
        let report = check(&aws, Request::Scheduled, &[REGIONS]).await;
        assert_eq!(aws.calls_of("Publish").len(), alerts, "{failing}");
        assert_eq!(failures(&report), [failure]);
        assert!(report.into_result().is_ok(), "{failing}");
    }
}

/// States are read in batches of 25 targets.
#[tokio::test(start_paused = true)]
async fn states_that_are_not_read_concern_the_targets_of_their_batch_alone() {
    let regions: Vec<String> = (0..40).map(|number| format!("ap-southeast-{number}")).collect();
    let aws = Aws::new(|call| match call.operation.as_str() {
        "BatchGetItem" if call.nth == 0 => denied(call),
        _ => healthy(call),
    });
    let report = check(&aws, Request::Scheduled, &[("REGIONS", &regions.join(","))]).await;
    let of_the_first = regions[..25].iter().map(|region| format!("{region} state AccessDeniedException"));
    assert_eq!(failures(&report), of_the_first.collect::<Vec<_>>());
    assert_eq!(notifications(&report), ["RAISED"; 40]);
    assert!(report.into_result().is_err());
}

#[tokio::test(start_paused = true)]
async fn all_that_fails_is_named_and_the_alert_is_tried_all_the_same() {
    let aws = Aws::new(|call| if call.host.starts_with("email.") { healthy(call) } else { denied(call) });
    let report = check(&aws, Request::Scheduled, &[]).await;
    assert_snapshot!(error(report), @"1 of 1 targets failed in part or whole: metrics: AccessDenied: no [grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE]; 111122223333#us-east-1: state: AccessDeniedException: no [grant the function's role dynamodb:BatchGetItem and dynamodb:PutItem on the table in STATE_TABLE]; 111122223333#us-east-1: alert: AuthorizationError: no [grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too]; 111122223333#us-east-1: metrics: AccessDenied: no [grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE]");
}

#[tokio::test(start_paused = true)]
async fn each_region_speaks_of_itself_to_the_same_topic() {
    let aws = Aws::new(healthy);
    check(&aws, Request::Scheduled, &[REGIONS]).await;
    let mut alerts: Vec<String> =
        aws.calls_of("Publish").iter().map(|call| format!("{} {}", call.host, call.attributes()["region"])).collect();
    alerts.sort();
    assert_snapshot!(alerts.join("\n"), @"
    sns.eu-central-1.amazonaws.com ap-south-1
    sns.eu-central-1.amazonaws.com eu-west-1
    sns.eu-central-1.amazonaws.com us-east-1
    ");
}

/// Checks every five minutes for two hours in one process: what was counted, and when.
async fn two_hours(answer: Answer) -> (Aws, Vec<f64>) {
    let aws = Aws::new(move |call| if call.operation == "GetTopicAttributes" { answer.clone() } else { healthy(call) });
    let settings = settings(&[]);
    let config = aws.config().into_builder().disable_request_compression(true).build();
    let monitor = Monitor::new(settings.clone(), Clients::from_config(&config, &settings));
    for minute in (0..120).step_by(5) {
        let started_at = invocation().started_at.plus_seconds(60 * minute);
        let report = monitor.check(Request::Scheduled, &Invocation { started_at, ..invocation() }).await;
        assert!(report.into_result().is_ok());
    }
    let published = aws.calls_of("PutMetricData");
    let counted = published.iter().flat_map(|call| {
        let data = call.cbor()["MetricData"].as_array().unwrap().clone();
        data.into_iter().filter(|datum| datum["MetricName"] == "Subscribers").map(|datum| {
            assert!(datum["Dimensions"].is_null());
            datum["Value"].as_f64().unwrap()
        })
    });
    let counted = counted.collect();
    (aws, counted)
}

#[tokio::test(start_paused = true)]
async fn the_subscribers_are_counted_once_an_hour_but_not_in_the_first_check() {
    let (aws, counted) = two_hours(Answer::subscribers(3)).await;
    assert_eq!(counted, [3.0, 3.0]);
    assert_eq!(aws.calls_of("GetTopicAttributes")[0].host, "sns.eu-central-1.amazonaws.com");
    assert_eq!(two_hours(Answer::subscribers(0)).await.1, [0.0, 0.0]);
    // Where the role may not ask, or SNS does not answer, nobody is told a number, and nothing has failed.
    for unknown in [Answer::xml_error(403, "AuthorizationError", "no"), Answer::Silence, Answer::reply(200, "<html/>")]
    {
        assert_eq!(two_hours(unknown).await.1, [0.0; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_sends_a_test_alert_learns_how_many_subscribers_there_are() {
    for (confirmed, told) in [(0, "\"subscribers\":0"), (2, "\"subscribers\":2")] {
        let aws = Aws::healthy_but("GetTopicAttributes", Answer::subscribers(confirmed));
        let report = check(&aws, Request::TestAlert, &[]).await;
        assert!(json(&report).contains(told), "{}", json(&report));
    }
    let aws = Aws::healthy_but("GetTopicAttributes", Answer::xml_error(403, "AuthorizationError", "no"));
    let report = check(&aws, Request::TestAlert, &[]).await;
    assert!(!json(&report).contains("subscribers"));
    assert!(report.into_result().is_ok());
}
