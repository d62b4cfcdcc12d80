//! What an event asks for.

mod page;
mod plan;
mod shard;

use serde_json::Value;

use crate::target::AccountId;

pub use page::{PageRequest, Theme, View};
pub use plan::PlanRequest;
pub use shard::{Shard, WorkItem};

/// What an event asks for: a check, except where it has the field `plan`, or comes from the queue or from a dashboard.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A check of all targets.
    Check(Request),
    /// Whether so much more may be sent.
    Plan(PlanRequest),
    /// Parts of a check, from the queue.
    Work(Vec<WorkItem>),
    /// A look at the fleet page, from a dashboard.
    Page(PageRequest),
}

/// What a check does. Every event runs a scheduled check, except one with the field `dryRun` or `testAlert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Reads, alerts where an alert is due, publishes the metrics.
    Scheduled,
    /// Reads and assesses, reports what would be sent, changes nothing anywhere.
    DryRun,
    /// Sends one alert marked as a test for each target. State and metrics are left alone.
    TestAlert,
}

/// An event with an invalid field. Guessing could send alerts that nobody requested, or approve mail that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A field with a value that it does not take.
    #[error("invalid event: {field}={value}: expected {expected}")]
    Invalid {
        /// The field.
        field: String,
        /// Its JSON, truncated.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// A field that is missing.
    #[error("invalid event: {field} is required: {expected}")]
    Missing {
        /// The field.
        field: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A dry run and a test alert at once.
    #[error("invalid event: dryRun=true and testAlert=true: expected one of them, since a dry run sends nothing")]
    Both,
    /// A plan and a check at once.
    #[error("invalid event: plan and {0}=true: expected one of them, since a plan runs no check")]
    PlanAnd(&'static str),
}

impl InvalidRequest {
    /// An account that is not checked.
    #[must_use]
    pub fn another_account(account: &AccountId) -> Self {
        let expected = "the account of the function, or one of ACCOUNTS";
        Self::new("plan.account", &Value::String(account.to_string()), expected)
    }

    fn new(field: impl Into<String>, value: &Value, expected: impl Into<String>) -> Self {
        let value = value.to_string().chars().take(80).collect();
        Self::Invalid { field: field.into(), value, expected: expected.into() }
    }
}

impl Event {
    /// Reads what an event asks for.
    ///
    /// # Errors
    /// [`InvalidRequest`] for a `dryRun`, `testAlert` or `describe` that is not a boolean, for an invalid `plan`, and for two of them at
    /// once.
    pub fn read(event: &Value) -> Result<Self, InvalidRequest> {
        if let Some(page) = page::page(event)? {
            return Ok(Self::Page(page));
        }
        if let Some(items) = shard::work(event) {
            return Ok(Self::Work(items));
        }
        let request = match (flag(event, "dryRun")?, flag(event, "testAlert")?) {
            (false, false) => Request::Scheduled,
            (true, false) => Request::DryRun,
            (false, true) => Request::TestAlert,
            (true, true) => return Err(InvalidRequest::Both),
        };
        match (event.get("plan"), request) {
            (None | Some(Value::Null), request) => Ok(Self::Check(request)),
            (Some(plan), Request::Scheduled) => PlanRequest::read(plan).map(Self::Plan),
            (Some(_), Request::DryRun) => Err(InvalidRequest::PlanAnd("dryRun")),
            (Some(_), Request::TestAlert) => Err(InvalidRequest::PlanAnd("testAlert")),
        }
    }
}

fn flag(event: &Value, field: &'static str) -> Result<bool, InvalidRequest> {
    match event.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(InvalidRequest::new(field, other, "true or false")),
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
            assert_eq!(Event::read(&event), Ok(Event::Check(Request::Scheduled)));
        }
        assert_eq!(Event::read(&json!({"dryRun": false, "testAlert": null})), Ok(Event::Check(Request::Scheduled)));
        assert_eq!(Event::read(&json!({ "plan": null })), Ok(Event::Check(Request::Scheduled)));
    }

    #[test]
    fn the_samples_ask_for_what_they_are_named_after() {
        for (event, request) in [
            (include_str!("../../events/scheduled.json"), Request::Scheduled),
            (include_str!("../../events/scheduler.json"), Request::Scheduled),
            (include_str!("../../events/dry-run.json"), Request::DryRun),
            (include_str!("../../events/test-alert.json"), Request::TestAlert),
        ] {
            assert_eq!(Event::read(&serde_json::from_str(event).unwrap()), Ok(Event::Check(request)));
        }
        let plan = serde_json::from_str(include_str!("../../events/plan.json")).unwrap();
        assert!(matches!(Event::read(&plan), Ok(Event::Plan(PlanRequest { recipients: 30_000.0, .. }))));
        let shard = serde_json::from_str(include_str!("../../events/shard.json")).unwrap();
        let Ok(Event::Work(items)) = Event::read(&shard) else { panic!("{shard}") };
        assert!(
            matches!(&items[..], [WorkItem { shard: Ok(Shard { number: 0, of: 12, accounts, .. }), .. }] if accounts.len() == 2)
        );
    }

    #[test]
    fn an_invalid_field_is_named() {
        for (event, message) in [
            (json!({"dryRun": "yes"}), "invalid event: dryRun=\"yes\": expected true or false"),
            (json!({"testAlert": 1}), "invalid event: testAlert=1: expected true or false"),
        ] {
            assert_eq!(Event::read(&event).unwrap_err().to_string(), message);
        }
        assert_eq!(Event::read(&json!({"dryRun": true, "testAlert": true})), Err(InvalidRequest::Both));
    }

    proptest! {
        #[test]
        fn any_event_is_followed_or_its_field_is_named(
            field in prop::sample::select(vec!["dryRun", "testAlert", "other"]),
            value in prop_oneof![any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), "\\PC*".prop_map(Value::from)],
        ) {
            let request = Event::read(&json!({ field: value }));
            match (field, value) {
                ("dryRun", Value::Bool(true)) => prop_assert_eq!(request, Ok(Event::Check(Request::DryRun))),
                ("testAlert", Value::Bool(true)) => prop_assert_eq!(request, Ok(Event::Check(Request::TestAlert))),
                ("other", _) | (_, Value::Bool(false)) => prop_assert_eq!(request, Ok(Event::Check(Request::Scheduled))),
                _ => prop_assert!(request.unwrap_err().to_string().contains(field)),
            }
        }
    }
}
