//! What an event asks for.

use serde_json::Value;

/// What a check is to do. Any JSON asks for a scheduled check, but for the fields `dryRun` and `testAlert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Read, alert where it is due, publish the metrics.
    Scheduled,
    /// Read and assess, report what would be sent, change nothing anywhere.
    DryRun,
    /// Send one alert marked as a test for each target; leave state and metrics alone.
    TestAlert,
}

/// An event whose `dryRun` or `testAlert` cannot be followed. Guessing could send alerts that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A field that is not a boolean.
    #[error("the event's \"{field}\" is {value}; allowed is true or false")]
    NotABoolean {
        /// The field.
        field: &'static str,
        /// Its JSON, cut where it is long.
        value: String,
    },
    /// Both at once.
    #[error(
        "the event asks for both \"dryRun\" and \"testAlert\"; a test alert is sent, a dry run sends nothing: ask for one"
    )]
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
    fn what_cannot_be_followed_is_named() {
        for (event, message) in [
            (json!({"dryRun": "yes"}), "the event's \"dryRun\" is \"yes\"; allowed is true or false"),
            (json!({"testAlert": 1}), "the event's \"testAlert\" is 1; allowed is true or false"),
        ] {
            assert_eq!(Request::from_event(&event).unwrap_err().to_string(), message);
        }
        assert_eq!(Request::from_event(&json!({"dryRun": true, "testAlert": true})), Err(InvalidRequest::Both));
    }

    proptest! {
        #[test]
        fn no_event_panics(text in "\\PC*", field in prop::sample::select(vec!["dryRun", "testAlert", "other"])) {
            let _ = Request::from_event(&json!({ field: text }));
        }
    }
}
