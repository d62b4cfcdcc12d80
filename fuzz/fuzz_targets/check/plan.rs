//! What a plan may be answered.

use serde_json::Value;
use ses_quota_monitor::check::{PlanAnswer, PlanFailed};
use ses_quota_monitor::request::PlanRequest;

const FIELDS: [&str; 13] = [
    "account",
    "region",
    "recipients",
    "startAt",
    "perSecond",
    "fits",
    "room",
    "fitsFrom",
    "takesSeconds",
    "forecast",
    "sendingEnabled",
    "error",
    "furtherErrors",
];

/// Asserts that an answer does not contradict itself, or that its failure is one line.
pub fn assert_sound(answer: Result<PlanAnswer, PlanFailed>, asked: &PlanRequest) {
    let answer = match answer {
        Ok(answer) => serde_json::to_value(answer).expect("JSON"),
        Err(failed) => {
            assert!(["InvalidRequest", "PlanFailed"].contains(&failed.name()));
            assert!(!failed.to_string().contains(char::is_control), "{failed}");
            return;
        }
    };
    assert!(!answer.to_string().contains("private-"), "{answer}");
    let plan = answer["plan"].as_object().expect("a plan");
    let field = |name: &str| plan.get(name).unwrap_or(&Value::Null);
    assert!(plan.keys().all(|name| FIELDS.contains(&name.as_str())), "{answer}");
    assert!(plan.iter().all(|(name, value)| !value.is_null() || name == "fitsFrom"), "{answer}");

    let fits = field("fits").as_bool().expect("whether it fits");
    let (start_at, fits_from) = (field("startAt").as_str().expect("a time"), field("fitsFrom").as_str());
    assert_eq!(fits, fits_from == Some(start_at), "{answer}");
    assert!(fits_from.is_none_or(|from| from >= start_at), "{answer}");
    assert_eq!(field("recipients").as_f64(), Some(asked.recipients));
    match field("room").as_f64() {
        Some(room) => {
            assert!(room >= 0.0 && room.fract() == 0.0, "{answer}");
            assert_eq!(fits, room >= asked.recipients, "{answer}");
        }
        // Unlimited.
        None => assert!(fits && field("forecast").is_null(), "{answer}"),
    }
    let rate = field("perSecond").as_f64();
    assert!(rate.is_none_or(|rate| rate >= 0.0 && rate <= asked.per_second.unwrap_or(f64::INFINITY)), "{answer}");
    assert_eq!(field("takesSeconds").is_number(), rate > Some(0.0), "{answer}");
    assert!(field("forecast").is_null() || field("forecast") == "cannotTell", "{answer}");
    assert!(field("sendingEnabled").is_null() || (field("sendingEnabled") == false && !fits), "{answer}");
}
