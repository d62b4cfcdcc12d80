//! What the handler may return, and what may be logged.
//!
//! Source: AWS Lambda developer guide, "Lambda quotas", "Invocation payload".

use serde_json::Value;
use ses_quota_monitor::check::{Report, ShardFailed, Worked};
use ses_quota_monitor::settings::{Accounts, Regions, Settings, Targets};

use crate::forecast;

const MOST_BYTES: usize = 6 * 1_024 * 1_024;

/// As many as are listed.
const MOST_TARGETS: usize = 100;

/// Asserts that a report has one entry per Region of the function's own account, if that alone is checked, no NaN or infinity,
/// and errors of one line.
pub fn assert_sound(report: Report, settings: &Settings) {
    let Targets { accounts, regions, excluded, .. } = &settings.targets;
    if let (Accounts::Own, Regions::These(regions), true) = (accounts, regions, excluded.is_empty()) {
        assert_eq!(report.targets.len(), if report.parts.is_none() { regions.len() } else { 0 });
    }
    assert_shown(&report);
    if let Err(failed) = report.into_result() {
        assert!(is_one_line(&failed.to_string()), "{failed}");
    }
}

/// Asserts the same of a part, or that what it failed with is one line.
pub fn assert_sound_part(worked: Result<Worked, ShardFailed>) {
    match worked {
        Ok(Worked::Checked(report)) => assert_shown(&report),
        Ok(Worked::Stale) => {}
        Err(failed) => assert!(is_one_line(&failed.to_string()), "{failed}"),
    }
}

fn assert_shown(report: &Report) {
    let json = serde_json::to_string(report).expect("JSON");
    // What services say of people, and of sessions.
    assert!(!json.contains("private-"), "{json}");
    assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    let value: Value = serde_json::from_str(&json).expect("JSON");
    let targets = value["targets"].as_array().expect("a list");
    assert!(targets.len() <= MOST_TARGETS, "{} targets", targets.len());
    for target in targets {
        target.get("forecast").into_iter().for_each(forecast::assert_sound);
        target.as_object().expect("a target").iter().for_each(|(name, value)| assert_member(name, value));
    }
    for name in ["error", "furtherErrors", "counts"] {
        value.get(name).into_iter().for_each(|value| assert_member(name, value));
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
