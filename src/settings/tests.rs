use std::collections::HashMap;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::alert::{AlertPolicy, Thresholds};

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";

pub(super) fn settings(variables: &[(&str, &str)]) -> Result<Settings, InvalidSettings> {
    let lambda = [("AWS_REGION", "us-east-1"), ("ALERT_TOPIC_ARN", TOPIC)];
    let variables: HashMap<&str, &str> = lambda.into_iter().chain(variables.iter().copied()).collect();
    Settings::from_lookup(|name| variables.get(name).map(|value| (*value).to_owned()))
}

pub(super) fn error(variables: &[(&str, &str)]) -> String {
    settings(variables).unwrap_err().to_string()
}

#[test]
fn only_the_topic_is_required() {
    let settings = settings(&[]).unwrap();
    assert_eq!(settings.publishing.alert_topic.as_str(), TOPIC);
    assert_eq!(settings.publishing.state_table, None);
    assert_eq!(settings.publishing.metric_namespace, "SESQuotaMonitor");
    assert_eq!((settings.publishing.metric_detail, settings.publishing.snapshot), (MetricDetail::All, false));
    assert_eq!(settings.targets.regions, Regions::These(vec!["us-east-1".parse().unwrap()]));
    assert_eq!(settings.targets.accounts, Accounts::Own);
    assert_eq!(settings.targets.reader_role.name, "ses-quota-monitor-reader");
    assert_eq!(settings.alerting, AlertPolicies::default());
    assert_eq!(settings.sharding, None);
}

#[test]
fn everything_can_be_set() {
    let settings = settings(&[
        ("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:Alerts_1"),
        ("STATE_TABLE", "ses-quota"),
        ("METRIC_NAMESPACE", "Mail/Quota"),
        ("METRIC_DETAIL", "fleet"),
        ("SNAPSHOT", "true"),
        ("REGIONS", " us-east-1, eu-west-1,us-east-1,"),
        ("WARNING_PERCENT", "62.5"),
        ("CRITICAL_PERCENT", "100"),
        ("CLEAR_MARGIN_PERCENT", "0"),
        ("REMINDER_HOURS", "0.5"),
        ("WORK_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/shards"),
        ("SHARD_TARGETS", "500"),
        ("CHECK_INTERVAL_MINUTES", "15"),
    ])
    .unwrap();
    assert_eq!(settings.publishing.alert_topic.region().as_str(), "eu-west-1");
    assert_eq!(settings.publishing.state_table.as_deref(), Some("ses-quota"));
    assert_eq!(settings.publishing.metric_namespace, "Mail/Quota");
    assert_eq!((settings.publishing.metric_detail, settings.publishing.snapshot), (MetricDetail::Fleet, true));
    let regions = ["us-east-1", "eu-west-1"].map(|region| region.parse().unwrap());
    assert_eq!(settings.targets.regions, Regions::These(regions.to_vec()));
    assert_eq!(Some(settings.alerting.usual.thresholds), Thresholds::new(62.5, 100.0, 0.0));
    assert_eq!(settings.alerting.usual.reminder_seconds, Some(1_800));
    let queue_url = "https://sqs.us-east-1.amazonaws.com/111122223333/shards".to_owned();
    assert_eq!(settings.sharding, Some(Sharding { queue_url, targets: 500 }));
    assert_eq!(settings.interval_minutes, 15);
}

#[test]
fn empty_is_unset_and_zero_hours_is_never() {
    let settings = settings(&[("STATE_TABLE", ""), ("REGIONS", " "), ("WARNING_PERCENT", ""), ("REMINDER_HOURS", "0")]);
    let settings = settings.unwrap();
    assert_eq!((settings.publishing.state_table, settings.alerting.usual.reminder_seconds), (None, None));
    assert_eq!(settings.targets.regions, Regions::These(vec!["us-east-1".parse().unwrap()]));
}

#[test]
fn every_invalid_setting_is_in_one_message() {
    let message = error(&[
        ("ALERT_TOPIC_ARN", "alerts"),
        ("STATE_TABLE", "a table"),
        ("METRIC_NAMESPACE", "AWS/SES"),
        ("METRIC_DETAIL", "some"),
        ("SNAPSHOT", "yes"),
        ("REGIONS", "us-east-1,Frankfurt"),
        ("ACCOUNTS", "all"),
        ("EXCLUDE_ACCOUNTS", "organization"),
        ("READER_ROLE", "/readers/ses"),
        ("EXTERNAL_ID", "§"),
        ("WARNING_PERCENT", "eighty"),
        ("CRITICAL_PERCENT", "101"),
        ("CLEAR_MARGIN_PERCENT", "-1"),
        ("UNREADABLE_MINUTES", "0"),
        ("REMINDER_HOURS", "inf"),
        ("THRESHOLDS", "eu-west-1"),
        ("WORK_QUEUE_URL", "shards"),
        ("SHARD_TARGETS", "0"),
        ("CHECK_INTERVAL_MINUTES", "rate(5 minutes)"),
    ]);
    assert_snapshot!(message.replace("; ", ";\n").replace(": ALERT", ":\nALERT"), @r#"
    19 invalid settings:
    ALERT_TOPIC_ARN="alerts": expected the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts;
    STATE_TABLE="a table": expected the name (3 to 255 of A-Z a-z 0-9 _ . -) or the ARN of a DynamoDB table;
    METRIC_NAMESPACE="AWS/SES": expected 1 to 255 of A-Z a-z 0-9 . - _ / # : and space, beginning neither with AWS/ nor with a colon or space;
    METRIC_DETAIL="some": expected all, sending or fleet;
    SNAPSHOT="yes": expected true or false;
    REGIONS="us-east-1,Frankfurt": expected AWS Regions, comma-separated, such as us-east-1,eu-west-1, or all by itself, found "Frankfurt";
    ACCOUNTS="all": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself, found "all";
    EXCLUDE_ACCOUNTS="organization": expected 12-digit account IDs, comma-separated, found "organization";
    READER_ROLE="/readers/ses": expected the name of an IAM role, not its path or ARN: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -;
    EXTERNAL_ID="§": expected an external ID: 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -;
    WARNING_PERCENT="eighty": expected a number above 0 and below CRITICAL_PERCENT;
    CRITICAL_PERCENT="101": expected a number above WARNING_PERCENT and at most 100;
    CLEAR_MARGIN_PERCENT="-1": expected a number from 0 to below WARNING_PERCENT;
    THRESHOLDS="eu-west-1": expected TARGETS=WARNING/CRITICAL, such as eu-west-1=60/80, in "eu-west-1";
    UNREADABLE_MINUTES="0": expected a whole number of minutes from 1 to 10080 (a week);
    REMINDER_HOURS="inf": expected 0 (never), or a number of hours from 0.0167 (a minute) to 8760 (a year);
    WORK_QUEUE_URL="shards": expected the URL of an SQS queue;
    SHARD_TARGETS="0": expected a whole number of targets from 1 to 10000;
    CHECK_INTERVAL_MINUTES="rate(5 minutes)": expected a whole number of minutes from 1 to 1440 (a day)
    "#);
}

#[test]
fn a_missing_setting_is_named_as_missing() {
    assert_snapshot!(Settings::from_lookup(|_| None).unwrap_err().to_string(), @"2 invalid settings: ALERT_TOPIC_ARN is required: the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts; AWS_REGION is required: the function's Region, which Lambda sets; or set REGIONS");
}

#[test]
fn the_fleet_page_needs_a_table_alone() {
    let purpose = |variables: &[(&str, &str)]| {
        Purpose::from_lookup(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    };
    let page = [("FLEET_PAGE", "true"), ("STATE_TABLE", "states"), ("AWS_REGION", "us-east-1")];
    let expected = PageSettings {
        state_table: "states".to_owned(),
        interval_minutes: Settings::INTERVAL_MINUTES,
        certificates: Certificates::Amazon,
    };
    assert_eq!(purpose(&page), Ok(Purpose::FleetPage(expected)));
    let topic = ("ALERT_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:alerts");
    for is_page in ["false", ""] {
        let monitor = purpose(&[("FLEET_PAGE", is_page), topic, ("AWS_REGION", "us-east-1")]);
        assert!(matches!(monitor, Ok(Purpose::Monitor(_))), "{monitor:?}");
    }
    let errors = [
        purpose(&[("FLEET_PAGE", "true"), ("AWS_REGION", "us-east-1"), ("CHECK_INTERVAL_MINUTES", "0")]),
        purpose(&[("FLEET_PAGE", "yes"), topic, ("AWS_REGION", "us-east-1")]),
    ]
    .map(|purpose| purpose.unwrap_err().to_string());
    assert_snapshot!(errors.join("\n"), @r#"
    2 invalid settings: STATE_TABLE is required: the table in which the checks of the monitor store what they find; CHECK_INTERVAL_MINUTES="0": expected a whole number of minutes from 1 to 1440 (a day)
    1 invalid setting: FLEET_PAGE="yes": expected true or false
    "#);
}

#[test]
fn thresholds_that_contradict_each_other() {
    let messages = [
        error(&[("WARNING_PERCENT", "95")]),
        error(&[("WARNING_PERCENT", "0")]),
        error(&[("WARNING_PERCENT", "5"), ("CRITICAL_PERCENT", "10")]),
    ];
    assert_snapshot!(messages.join("\n"), @r#"
    1 invalid setting: WARNING_PERCENT and CRITICAL_PERCENT="95 and 95": expected 0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100
    1 invalid setting: WARNING_PERCENT and CRITICAL_PERCENT="0 and 95": expected 0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100
    1 invalid setting: CLEAR_MARGIN_PERCENT="5": expected a number from 0 to below WARNING_PERCENT, or an alert could never end
    "#);
}

#[test]
fn everything_is_in_the_functions_partition() {
    let message = error(&[
        ("ALERT_TOPIC_ARN", "arn:aws-cn:sns:cn-north-1:111122223333:alerts"),
        ("STATE_TABLE", "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/ses-quota"),
        ("REGIONS", "us-east-1,eusc-de-east-1"),
        ("THRESHOLDS", "eu-west-1=60/80;111122223333/cn-north-1=60/80"),
    ]);
    assert_snapshot!(message.replace("; ", ";\n").replace(": ALERT", ":\nALERT"), @r#"
    4 invalid settings:
    ALERT_TOPIC_ARN="arn:aws-cn:sns:cn-north-1:111122223333:alerts": expected a topic in the function's partition, aws (AWS_REGION=us-east-1);
    STATE_TABLE="arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/ses-quota": expected a table in the function's partition, aws (AWS_REGION=us-east-1);
    REGIONS="us-east-1,eusc-de-east-1": expected Regions in the function's partition, aws (AWS_REGION=us-east-1);
    THRESHOLDS="eu-west-1=60/80;111122223333/cn-north-1=60/80": expected a Region in the function's partition, aws (AWS_REGION=us-east-1) in "111122223333/cn-north-1=60/80"
    "#);
}

#[test]
fn a_topic_is_in_the_partition_of_its_region() {
    for arn in ["arn:aws:sns:cn-north-1:111122223333:alerts", "arn:aws-cn:sns:us-east-1:111122223333:alerts"] {
        assert!(error(&[("ALERT_TOPIC_ARN", arn)]).contains("expected a topic in the function's partition"), "{arn}");
    }
}

#[test]
fn every_partition_can_be_used_and_an_unknown_one_is_not_refused() {
    for (partition, region) in [
        ("aws", "eu-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws-new", "new-east-1"),
    ] {
        let variables = [
            ("AWS_REGION", region),
            ("REGIONS", region),
            ("ALERT_TOPIC_ARN", &format!("arn:{partition}:sns:{region}:111122223333:alerts")),
            ("STATE_TABLE", &format!("arn:{partition}:dynamodb:{region}:111122223333:table/ses-quota")),
        ];
        assert!(settings(&variables).is_ok(), "{partition}");
    }
}

#[test]
fn a_table_is_named_or_has_an_arn() {
    let longest = "t".repeat(255);
    for table in ["abc", "Table_1.x-y", &longest, "arn:aws:dynamodb:us-east-1:444455556666:table/abc"] {
        assert_eq!(settings(&[("STATE_TABLE", table)]).unwrap().publishing.state_table.as_deref(), Some(table));
    }
    for table in [
        "ab",
        &"t".repeat(256),
        "a/b",
        "table/abc",
        "arn:aws:sns:us-east-1:111122223333:table/abc",
        "arn:aws:dynamodb:us-east-1:111122223333:abc",
        "arn:aws:dynamodb:us-east-1:111122223333:table/ab",
        "arn:aws:dynamodb:us-east-1:111122223333:table/abc/index/i",
        "arn:aws:dynamodb:us-east-1:111122223333:table/abc:x",
        "arn:moon:dynamodb:us-east-1:111122223333:table/abc",
        "arn:aws:dynamodb::111122223333:table/abc",
        "arn:aws:dynamodb:us-east-1:1:table/abc",
    ] {
        assert!(error(&[("STATE_TABLE", table)]).contains("STATE_TABLE"), "{table}");
    }
}

#[test]
fn a_reminder_comes_once_a_minute_at_most() {
    for (hours, seconds) in [("0.0167", 60), ("0.02", 72), ("8760", 31_536_000)] {
        assert_eq!(settings(&[("REMINDER_HOURS", hours)]).unwrap().alerting.usual.reminder_seconds, Some(seconds));
    }
    for hours in ["0.0166", "0.0001", "1e-300", "-1", "8760.1"] {
        assert!(error(&[("REMINDER_HOURS", hours)]).contains("REMINDER_HOURS"), "{hours}");
    }
    assert_eq!(settings(&[("REMINDER_HOURS", "-0")]).unwrap().alerting.usual.reminder_seconds, None);
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
        assert!(error(&[("ALERT_TOPIC_ARN", arn)]).contains("ALERT_TOPIC_ARN"), "{arn}");
    }
}

proptest! {
    #[test]
    fn any_value_is_taken_or_named(
        name in prop::sample::select(vec![
            "ALERT_TOPIC_ARN", "STATE_TABLE", "METRIC_NAMESPACE", "METRIC_DETAIL", "SNAPSHOT", "REGIONS",
            "ACCOUNTS", "EXCLUDE_ACCOUNTS", "READER_ROLE", "EXTERNAL_ID", "WARNING_PERCENT", "CRITICAL_PERCENT",
            "CLEAR_MARGIN_PERCENT", "THRESHOLDS", "RATE_WARNING_PERCENT", "UNREADABLE_MINUTES", "REMINDER_HOURS",
            "WORK_QUEUE_URL", "SHARD_TARGETS", "CHECK_INTERVAL_MINUTES",
        ]),
        value in prop_oneof![
            "\\PC{0,300}",
            "[a-z0-9=/;:., -]{0,60}",
            any::<f64>().prop_map(|number| number.to_string()),
        ],
    ) {
        match settings(&[(name, &value)]) {
            Ok(settings) => {
                // Nothing is accepted that CloudWatch would reject.
                prop_assert!((1..=255).contains(&settings.publishing.metric_namespace.len()));
                prop_assert!(settings.publishing.metric_namespace.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
            Err(invalid) => {
                let message = invalid.to_string();
                prop_assert!(message.contains(name) || (name == "WARNING_PERCENT" && message.contains("CLEAR_MARGIN")), "{}", message);
                prop_assert!(!message.contains('\n'));
            }
        }
    }
}

/// The value of `Default:` of a parameter in the template.
fn template_default(parameter: &str) -> &'static str {
    let template = include_str!("../../template.yaml");
    let (_, rest) = template.split_once(&format!("\n  {parameter}:\n    Type:")).unwrap();
    let (_, rest) = rest.split_once("\n    Default: ").unwrap();
    rest.lines().next().unwrap().trim_matches('\'')
}

/// Whether each row of a page about a setting has the default in a cell of its own; a page may leave a setting out.
fn tells(page: &str, name: &str, default: &str) -> bool {
    let mut rows = page.lines().filter(|line| line.starts_with(&format!("| `{name}` |")));
    rows.all(|row| row.split('|').any(|cell| cell.trim() == format!("`{default}`")))
}

#[test]
fn the_template_and_the_documentation_tell_the_defaults() {
    let (readme, reference) = (include_str!("../../README.md"), include_str!("../../docs/configuration.md"));
    let Settings { publishing, targets, alerting, .. } = settings(&[]).unwrap();
    let AlertPolicy { thresholds, rate_warning, unreadable_minutes, reminder_seconds } = alerting.usual;
    for (parameter, variable, default) in [
        ("WarningPercent", "WARNING_PERCENT", thresholds.warning().to_string()),
        ("CriticalPercent", "CRITICAL_PERCENT", thresholds.critical().to_string()),
        ("ClearMarginPercent", "CLEAR_MARGIN_PERCENT", thresholds.clear_margin().to_string()),
        ("RateWarningPercent", "RATE_WARNING_PERCENT", rate_warning.unwrap_or_default().to_string()),
        ("UnreadableMinutes", "UNREADABLE_MINUTES", unreadable_minutes.to_string()),
        ("ReminderHours", "REMINDER_HOURS", (reminder_seconds.unwrap() / 3_600).to_string()),
        ("MetricNamespace", "METRIC_NAMESPACE", publishing.metric_namespace),
        ("Snapshot", "SNAPSHOT", publishing.snapshot.to_string()),
        ("ReaderRole", "READER_ROLE", targets.reader_role.name),
        ("ShardTargets", "SHARD_TARGETS", Sharding::TARGETS.to_string()),
        ("CheckIntervalMinutes", "CHECK_INTERVAL_MINUTES", Settings::INTERVAL_MINUTES.to_string()),
    ] {
        assert_eq!(template_default(parameter), default, "{parameter}");
        for name in [parameter, variable] {
            assert!(reference.contains(&format!("| `{name}` |")), "{name} is not documented");
            assert!(tells(reference, name, &default) && tells(readme, name, &default), "{name}: {default}");
        }
    }
}
