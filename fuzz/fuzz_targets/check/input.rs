//! What comes from outside of one check. Without bytes left, it is the usual input: no faults, and 96.2% of the quota used.

use std::collections::BTreeMap;
use std::time::Duration;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::json;

use crate::answers::Answers;
use crate::text;

/// The variables that the settings are read from, with values of which any goes with any of the others.
const VARIABLES: [(&str, &[&str]); 21] = [
    ("ALERT_TOPIC_ARN", &["arn:aws:sns:eu-central-1:111122223333:alerts", "arn:aws:sns:a-1:111122223333:a"]),
    ("STATE_TABLE", &["alert-state", "", "arn:aws:dynamodb:us-east-1:111122223333:table/alert-state"]),
    ("METRIC_NAMESPACE", &["", "Mail/Quota", "a b#c:d"]),
    ("REGIONS", &["", "us-east-1", "us-east-1, eu-west-1,,us-east-1,ap-southeast-9999999", "all"]),
    ("ACCOUNTS", &["", "444455556666,111122223333", "organization", "ou-ab12-00000001", "444455556666"]),
    ("EXCLUDE_ACCOUNTS", &["", "777788889999", "111122223333"]),
    ("READER_ROLE", &["", "quota.reader@1"]),
    ("EXTERNAL_ID", &["", "an:external/id"]),
    ("THRESHOLDS", &["", "eu-west-1=60/80;444455556666=70/90;444455556666/us-east-1=50/75"]),
    ("METRIC_DETAIL", &["", "all", "sending", "fleet"]),
    ("SNAPSHOT", &["", "false", "true"]),
    ("WORK_QUEUE_URL", &["", "https://sqs.us-east-1.amazonaws.com/111122223333/work"]),
    ("SHARD_TARGETS", &["", "1", "3"]),
    ("CHECK_INTERVAL_MINUTES", &["", "1", "60"]),
    ("AWS_REGION", &["us-east-1", "eu-west-1", "a-1"]),
    ("WARNING_PERCENT", &["", "80", "50.5", "6"]),
    ("CRITICAL_PERCENT", &["", "95", "81", "100"]),
    ("CLEAR_MARGIN_PERCENT", &["", "0", "5.999"]),
    ("RATE_WARNING_PERCENT", &["", "50", "6", "0", "100"]),
    ("UNREADABLE_MINUTES", &["", "1", "10080"]),
    ("REMINDER_HOURS", &["", "0", "0.0167", "8760"]),
];

/// Some, of which alerts leave together, and so many that neither their alerts nor their metrics fit one request. The latter
/// are slow.
const REGIONS: [u32; 8] = [5, 4, 5, 5, 6, 6, 8, 170];

const EVENTS: [&str; 7] = [
    include_str!("../../../events/shard.json"),
    include_str!("../../../events/scheduled.json"),
    include_str!("../../../events/scheduler.json"),
    "[]",
    include_str!("../../../events/test-alert.json"),
    include_str!("../../../events/dry-run.json"),
    include_str!("../../../events/widget.json"),
];

/// What a part may say, with values of which any goes with any of the others, and some that are refused.
const PART: [(&str, &[&str]); 4] = [
    ("number", &["0", "11", "18446744073709551615", "-1"]),
    ("of", &["12", "1", "0"]),
    ("expiresAt", &["\"2026-11-24T12:05:00Z\"", "\"2026-11-24T12:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "\"\""]),
    (
        "accounts",
        &[
            "[{\"id\":\"444455556666\",\"name\":\"Payments\"},{\"id\":\"111122223333\"}]",
            "[{\"id\":\"444455556666\",\"name\":\"\\u0007\"}]",
            "[]",
            "[{\"id\":\"1\"}]",
        ],
    ),
];

/// The fields of a plan, with values of which any goes with any of the others, and some that are refused.
const PLAN: [(&str, &[&str]); 5] = [
    ("recipients", &["30000", "1", "1e12", "0"]),
    (
        "startAt",
        &[
            "\"2026-11-24T12:00:00Z\"",
            "\"2026-11-24T18:00:01Z\"",
            "\"2026-11-25T12:00:00Z\"",
            "\"2026-11-25T12:00:01Z\"",
        ],
    ),
    ("perSecond", &["14", "0.5", "1e-300", "1e12", "0"]),
    ("account", &["\"111122223333\"", "\"444455556666\"", "\"999988887777\"", "111122223333"]),
    ("region", &["\"us-east-1\"", "\"eu-west-1\"", "\"\""]),
];

/// Everything that comes from outside.
#[derive(Debug)]
pub struct Input {
    pub event: Vec<u8>,
    pub variables: BTreeMap<&'static str, String>,
    pub function_arn: String,
    pub request_id: String,
    /// Seconds since 1970.
    pub started_at: i64,
    /// At most the 15 minutes to which `main.rs` limits it.
    pub time_left: Duration,
    pub answers: Answers,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            event: event(input)?,
            variables: variables(input)?,
            answers: input.arbitrary()?,
            function_arn: text::mostly(
                input,
                &[
                    "arn:aws:lambda:us-east-1:111122223333:function:monitor",
                    "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:monitor:live",
                    "arn:aws-moon:lambda:a-1:000000000000:function",
                ],
            )?,
            request_id: text::mostly(input, &["request-1"])?,
            started_at: if input.ratio(7, 8)? { 1_795_521_600 } else { input.arbitrary()? },
            time_left: if input.ratio(7, 8)? {
                Duration::from_secs(30)
            } else {
                Duration::from_millis(input.int_in_range(0..=15 * 60 * 1_000)?)
            },
        })
    }
}

fn event(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match input.int_in_range(0..=31)? {
        21..=24 => work(input)?.into_bytes(),
        25..=28 => plan(input)?.into_bytes(),
        29 => input.arbitrary()?,
        30 => format!("{{\"dryRun\":{}}}", input.arbitrary::<String>()?).into_bytes(),
        31 => format!("{{\"testAlert\":{}}}", input.arbitrary::<String>()?).into_bytes(),
        _ => input.choose(&EVENTS)?.as_bytes().to_vec(),
    })
}

/// An event of the queue, mostly with one message.
fn work(input: &mut Unstructured<'_>) -> Result<String> {
    let mut records = Vec::new();
    for number in 0..*input.choose(&[1, 1, 1, 2, 3])? {
        let mut fields = Vec::new();
        for (name, usual) in PART {
            fields.push(format!("\"{name}\":{}", text::mostly(input, usual)?));
        }
        let body = format!("{{\"shard\":{{{}}}}}", fields.join(","));
        let body = if input.ratio(31, 32)? { body } else { input.arbitrary()? };
        records.push(json!({"messageId": format!("message-{number}"), "eventSource": "aws:sqs", "body": body}));
    }
    Ok(json!({ "Records": records }).to_string())
}

fn plan(input: &mut Unstructured<'_>) -> Result<String> {
    let mut fields = vec![format!("\"recipients\":{}", input.int_in_range(1..=100_000)?)];
    for (name, usual) in PLAN {
        if input.arbitrary()? {
            fields.push(format!("\"{name}\":{}", text::mostly(input, usual)?));
        }
    }
    Ok(format!("{{\"plan\":{{{}}}}}", fields.join(",")))
}

fn variables(input: &mut Unstructured<'_>) -> Result<BTreeMap<&'static str, String>> {
    let mut variables = BTreeMap::new();
    for (name, usual) in VARIABLES {
        variables.insert(name, text::mostly(input, usual)?);
    }
    if !input.ratio(15, 16)? {
        let regions: Vec<String> = (0..*input.choose(&REGIONS)?).map(|nth| format!("a-{nth}")).collect();
        variables.insert("REGIONS", regions.join(","));
    }
    Ok(variables)
}
