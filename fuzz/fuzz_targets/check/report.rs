//! What the handler may return, and what may be logged.
//!
//! Source: AWS Lambda developer guide, "Lambda quotas", "Invocation payload".

use serde_json::Value;
use ses_quota_monitor::check::Report;
use ses_quota_monitor::settings::Settings;

use crate::forecast;

const MOST_BYTES: usize = 6 * 1_024 * 1_024;

/// Asserts that a report has one entry per Region, no NaN or infinity, and errors of one line.
pub fn assert_sound(report: Report, settings: &Settings) {
    let json = serde_json::to_string(&report).expect("JSON");
    assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    let value: Value = serde_json::from_str(&json).expect("JSON");
    let targets = value["targets"].as_array().expect("a list");
    assert_eq!(targets.len(), settings.targets.regions.len());
    for target in targets {
        target.get("forecast").into_iter().for_each(forecast::assert_sound);
        target.as_object().expect("a target").iter().for_each(|(name, value)| assert_member(name, value));
    }
    for name in ["error", "furtherErrors"] {
        value.get(name).into_iter().for_each(|value| assert_member(name, value));
    }
    if let Err(failed) = report.into_result() {
        assert!(is_one_line(&failed.to_string()), "{failed}");
    }
}

fn assert_member(name: &str, value: &Value) {
    match value {
        Value::Null => assert_eq!(name, "notification"),
        Value::Number(number) => assert!(number.as_f64() >= Some(0.0), "{name} is {number}"),
        Value::String(text) => assert!(is_one_line(text), "{name} is {text:?}"),
        Value::Array(members) => members.iter().for_each(|value| assert_member(name, value)),
        Value::Object(members) => members.iter().for_each(|(name, value)| assert_member(name, value)),
        Value::Bool(_) => {}
    }
}

fn is_one_line(text: &str) -> bool {
    !text.contains(char::is_control)
}
