//! What an event asks for.

use serde_json::Value;

/// What an invocation does. Every event runs a scheduled check, except one with the field `dryRun` or `testAlert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Reads, alerts where an alert is due, publishes the metrics.
    Scheduled,
    /// Reads and assesses, reports what would be sent, changes nothing anywhere.
    DryRun,
    /// Sends one alert marked as a test for each target. State and metrics are left alone.
    TestAlert,
}

/// An event with an invalid `dryRun` or `testAlert`. Guessing could send alerts that nobody requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A field that is not a boolean.
    #[error("invalid event: {field}={value}: expected true or false")]
    NotABoolean {
        /// The field.
        field: &'static str,
        /// Its JSON, truncated.
        value: String,
    },
    /// Both at once.
    #[error("invalid event: dryRun=true and testAlert=true: expected one of them, since a dry run sends nothing")]
    Both,
}

impl Request {
    /// Reads what an event asks for.
    ///
    /// # Errors
    /// [`InvalidRequest`] for a `dryRun` or `testAlert` that is not a boolean, and for both at once.
    pub fn from_event(event: &Value) -> Result<Self, InvalidRequest> {
        match (flag(event, "dryRun")?, flag(event, "testAlert")?) {
            (false, false) => Ok(Self::Scheduled),
            (true, false) => Ok(Self::DryRun),
            (false, true) => Ok(Self::TestAlert),
            (true, true) => Err(InvalidRequest::Both),
        }
    }
}

fn flag(event: &Value, field: &'static str) -> Result<bool, InvalidRequest> {
    match event.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => {
            let value = other.to_string().chars().take(80).collect();
            Err(InvalidRequest::NotABoolean { field, value })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_json_is_a_scheduled_check() {
        for event in [json!({}), json!(null), json!([1]), json!("x"), json!({"detail-type": "Scheduled Event"})] {
            assert_eq!(Request::from_event(&event), Ok(Request::Scheduled));
        }
        assert_eq!(Request::from_event(&json!({"dryRun": false, "testAlert": null})), Ok(Request::Scheduled));
    }

    #[test]
    fn the_samples_ask_for_what_they_are_named_after() {
        for (event, request) in [
            (include_str!("../events/scheduled.json"), Request::Scheduled),
            (include_str!("../events/scheduler.json"), Request::Scheduled),
            (include_str!("../events/dry-run.json"), Request::DryRun),
            (include_str!("../events/test-alert.json"), Request::TestAlert),
        ] {
            assert_eq!(Request::from_event(&serde_json::from_str(event).unwrap()), Ok(request));
        }
    }

    #[test]
    fn an_invalid_field_is_named() {
        for (event, message) in [
            (json!({"dryRun": "yes"}), "invalid event: dryRun=\"yes\": expected true or false"),
            (json!({"testAlert": 1}), "invalid event: testAlert=1: expected true or false"),
        ] {
            assert_eq!(Request::from_event(&event).unwrap_err().to_string(), message);
        }
        assert_eq!(Request::from_event(&json!({"dryRun": true, "testAlert": true})), Err(InvalidRequest::Both));
    }

    proptest! {
        #[test]
        fn any_event_is_followed_or_its_field_is_named(
            field in prop::sample::select(vec!["dryRun", "testAlert", "other"]),
            value in prop_oneof![any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), "\\PC*".prop_map(Value::from)],
        ) {
            let request = Request::from_event(&json!({ field: value }));
            match (field, value) {
                ("dryRun", Value::Bool(true)) => prop_assert_eq!(request, Ok(Request::DryRun)),
                ("testAlert", Value::Bool(true)) => prop_assert_eq!(request, Ok(Request::TestAlert)),
                ("other", _) | (_, Value::Bool(false)) => prop_assert_eq!(request, Ok(Request::Scheduled)),
                _ => prop_assert!(request.unwrap_err().to_string().contains(field)),
            }
        }
    }
}
