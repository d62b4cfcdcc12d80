use std::collections::HashMap;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";

fn settings(variables: &[(&str, &str)]) -> Result<Settings, InvalidSettings> {
    let lambda = [("AWS_REGION", "us-east-1"), ("ALERT_TOPIC_ARN", TOPIC)];
    let variables: HashMap<&str, &str> = lambda.into_iter().chain(variables.iter().copied()).collect();
    Settings::from_lookup(|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn fault(variables: &[(&str, &str)]) -> String {
    settings(variables).unwrap_err().to_string()
}

#[test]
fn only_the_topic_is_needed() {
    let settings = settings(&[]).unwrap();
    assert_eq!(settings.alert_topic.as_str(), TOPIC);
    assert_eq!(settings.state_table, None);
    assert_eq!(settings.metric_namespace, "SESQuotaMonitor");
    assert_eq!(settings.regions, ["us-east-1".parse().unwrap()]);
    assert_eq!(settings.policy.thresholds, Thresholds::default());
    assert_eq!(settings.policy.reminder_seconds, Some(24 * 3_600));
}

#[test]
fn everything_can_be_set() {
    let settings = settings(&[
        ("ALERT_TOPIC_ARN", "arn:aws-cn:sns:cn-north-1:111122223333:Alerts_1"),
        ("STATE_TABLE", "ses-quota"),
        ("METRIC_NAMESPACE", "Mail/Quota"),
        ("REGIONS", " us-east-1, eu-west-1,us-east-1,"),
        ("WARNING_PERCENT", "62.5"),
        ("CRITICAL_PERCENT", "100"),
        ("CLEAR_MARGIN_PERCENT", "0"),
        ("REMINDER_HOURS", "0.5"),
    ])
    .unwrap();
    assert_eq!(settings.alert_topic.region().as_str(), "cn-north-1");
    assert_eq!(settings.state_table.as_deref(), Some("ses-quota"));
    assert_eq!(settings.metric_namespace, "Mail/Quota");
    assert_eq!(settings.regions, ["us-east-1".parse().unwrap(), "eu-west-1".parse().unwrap()]);
    assert_eq!(Some(settings.policy.thresholds), Thresholds::new(62.5, 100.0, 0.0));
    assert_eq!(settings.policy.reminder_seconds, Some(1_800));
}

#[test]
fn empty_is_unset_and_zero_hours_is_never() {
    let settings = settings(&[("STATE_TABLE", ""), ("REGIONS", " "), ("WARNING_PERCENT", ""), ("REMINDER_HOURS", "0")]);
    let settings = settings.unwrap();
    assert_eq!((settings.state_table, settings.policy.reminder_seconds), (None, None));
    assert_eq!(settings.regions.len(), 1);
}

#[test]
fn every_fault_is_in_one_message() {
    let message = fault(&[
        ("ALERT_TOPIC_ARN", "alerts"),
        ("STATE_TABLE", "a table"),
        ("METRIC_NAMESPACE", "AWS/SES"),
        ("REGIONS", "us-east-1,Frankfurt"),
        ("WARNING_PERCENT", "eighty"),
        ("CRITICAL_PERCENT", "101"),
        ("CLEAR_MARGIN_PERCENT", "-1"),
        ("REMINDER_HOURS", "inf"),
    ]);
    assert_snapshot!(message.replace("; ", ";\n").replace(": ALERT", ":\nALERT"), @r#"
    8 settings are wrong;
    correct them in the function's environment variables:
    ALERT_TOPIC_ARN="alerts": allowed is the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts;
    STATE_TABLE="a table": allowed is the name or ARN of a DynamoDB table (3 to 1024 of A-Z a-z 0-9 _ . - : /);
    METRIC_NAMESPACE="AWS/SES": allowed is 1 to 255 of A-Z a-z 0-9 . - _ / # : and space, beginning neither with AWS/ nor with a colon or space;
    REGIONS="us-east-1,Frankfurt": allowed is AWS Regions, comma-separated, such as us-east-1,eu-west-1;
    WARNING_PERCENT="eighty": allowed is a number above 0 and below CRITICAL_PERCENT;
    CRITICAL_PERCENT="101": allowed is a number above WARNING_PERCENT and at most 100;
    CLEAR_MARGIN_PERCENT="-1": allowed is a number from 0 to below WARNING_PERCENT;
    REMINDER_HOURS="inf": allowed is a number of hours from 0 (never) to 8760
    "#);
}

#[test]
fn what_is_missing_is_said_to_be_missing() {
    assert_snapshot!(Settings::from_lookup(|_| None).unwrap_err().to_string(), @"2 settings are wrong; correct them in the function's environment variables: ALERT_TOPIC_ARN is not set: needed is the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts; AWS_REGION is not set: needed is the function's Region, which Lambda sets; or set REGIONS");
}

#[test]
fn thresholds_that_do_not_go_together() {
    let messages = [
        fault(&[("WARNING_PERCENT", "95")]),
        fault(&[("WARNING_PERCENT", "0")]),
        fault(&[("WARNING_PERCENT", "5"), ("CRITICAL_PERCENT", "10")]),
    ];
    assert_snapshot!(messages.join("\n"), @r#"
    1 setting is wrong; correct it in the function's environment variables: WARNING_PERCENT and CRITICAL_PERCENT="95 and 95": allowed is 0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100
    1 setting is wrong; correct it in the function's environment variables: WARNING_PERCENT and CRITICAL_PERCENT="0 and 95": allowed is 0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100
    1 setting is wrong; correct it in the function's environment variables: CLEAR_MARGIN_PERCENT="5": allowed is a number from 0 to below WARNING_PERCENT, or an alert could never end
    "#);
}

#[test]
fn topics_that_cannot_carry_an_alert() {
    for arn in [
        "arn:aws:sqs:us-east-1:111122223333:alerts",
        "arn:aws \n:sns:us-east-1:111122223333:alerts",
        "arn:aws:sns:us-east-1:1:alerts",
        "arn:aws:sns:us-east-1:111122223333:",
        // Email and SMS cannot subscribe to a FIFO topic.
        "arn:aws:sns:us-east-1:111122223333:alerts.fifo",
        "arn:aws:sns:us-east-1:111122223333:alerts:5be6afe5-subscription",
    ] {
        assert!(fault(&[("ALERT_TOPIC_ARN", arn)]).contains("ALERT_TOPIC_ARN"), "{arn}");
    }
}

proptest! {
    #[test]
    fn any_value_is_taken_or_named(
        name in prop::sample::select(vec![
            "ALERT_TOPIC_ARN", "STATE_TABLE", "METRIC_NAMESPACE", "REGIONS",
            "WARNING_PERCENT", "CRITICAL_PERCENT", "CLEAR_MARGIN_PERCENT", "REMINDER_HOURS",
        ]),
        value in prop_oneof!["\\PC{0,300}", any::<f64>().prop_map(|number| number.to_string())],
    ) {
        match settings(&[(name, &value)]) {
            Ok(settings) => {
                // What CloudWatch would refuse is not let in.
                prop_assert!((1..=255).contains(&settings.metric_namespace.len()));
                prop_assert!(settings.metric_namespace.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
            Err(faults) => {
                let message = faults.to_string();
                prop_assert!(message.contains(name) || (name == "WARNING_PERCENT" && message.contains("CLEAR_MARGIN")), "{}", message);
                prop_assert!(!message.contains('\n'));
            }
        }
    }
}
