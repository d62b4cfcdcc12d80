//! A plan to send more mail: what the event's field `plan` asks for.

use serde_json::{Map, Value};

use super::InvalidRequest;
use crate::target::{AccountId, Region};
use crate::time::Timestamp;

/// Whether so much more may be sent. All but the recipients may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRequest {
    /// How many recipients, from 1: a whole number.
    pub recipients: f64,
    /// From when; the present where it is left out.
    pub start_at: Option<Timestamp>,
    /// How many recipients a second, above 0; the maximum send rate where it is left out.
    pub per_second: Option<f64>,
    /// From which account; the function's own where it is left out.
    pub account: Option<AccountId>,
    /// From which Region; the function's own where it is left out.
    pub region: Option<Region>,
}

/// How far ahead a plan may start: as far as the forecast reaches.
const MOST_SECONDS_AHEAD: i64 = 24 * 3_600;

/// How long ago a plan may start: clocks differ, and an answer takes time.
const MOST_SECONDS_AGO: i64 = 5 * 60;

const FIELDS: [&str; 5] = ["recipients", "startAt", "perSecond", "account", "region"];
const RECIPIENTS: &str = "a whole number of recipients from 1 to 1000000000000";
const START_AT: &str = "a time such as 2026-11-25T18:00:00Z";

impl PlanRequest {
    pub(super) fn read(plan: &Value) -> Result<Self, InvalidRequest> {
        let Value::Object(fields) = plan else {
            return Err(InvalidRequest::new("plan", plan, "an object such as {\"recipients\": 30000}"));
        };
        if let Some((name, value)) = fields.iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
            return Err(InvalidRequest::new(format!("plan.{name}"), value, format!("only {}", FIELDS.join(", "))));
        }
        let whole =
            |value: &Value| value.as_f64().filter(|number| number.fract() == 0.0 && (1.0..=1e12).contains(number));
        let rate = |value: &Value| value.as_f64().filter(|rate| *rate > 0.0 && *rate <= 1e12);
        let recipients = field(fields, "recipients", RECIPIENTS, whole)?;
        Ok(Self {
            recipients: recipients.ok_or(InvalidRequest::Missing { field: "plan.recipients", expected: RECIPIENTS })?,
            start_at: field(fields, "startAt", START_AT, parsed)?,
            per_second: field(fields, "perSecond", "a number of recipients a second above 0", rate)?,
            account: field(fields, "account", "a 12-digit account ID, as a string", parsed)?,
            region: field(fields, "region", "an AWS Region such as eu-west-1", parsed)?,
        })
    }

    /// When it starts: not in the past.
    ///
    /// # Errors
    /// [`InvalidRequest`] for a time more than 24 hours ahead, where nothing is known of the quota, or in the past.
    pub fn starts_at(&self, now: Timestamp) -> Result<Timestamp, InvalidRequest> {
        let Some(start_at) = self.start_at else { return Ok(now) };
        let (earliest, latest) = (now.plus_seconds(-MOST_SECONDS_AGO), now.plus_seconds(MOST_SECONDS_AHEAD));
        if (earliest..=latest).contains(&start_at) {
            return Ok(start_at.max(now));
        }
        let expected = format!("a time from now, {now}, to 24 hours ahead");
        Err(InvalidRequest::new("plan.startAt", &Value::String(start_at.to_string()), expected))
    }
}

/// A field, if it is there.
fn field<T>(
    fields: &Map<String, Value>,
    name: &str,
    expected: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, InvalidRequest> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match read(value) {
            Some(field) => Ok(Some(field)),
            None => Err(InvalidRequest::new(format!("plan.{name}"), value, expected)),
        },
    }
}

fn parsed<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::super::Event;
    use super::*;

    fn read(plan: &Value) -> Result<Event, InvalidRequest> {
        Event::read(&json!({ "plan": plan }))
    }

    #[test]
    fn only_the_recipients_are_required() {
        let all_left_out =
            PlanRequest { recipients: 30_000.0, start_at: None, per_second: None, account: None, region: None };
        assert_eq!(read(&json!({"recipients": 30_000})), Ok(Event::Plan(all_left_out)));
        let all = json!({
            "recipients": 1, "startAt": "2026-11-25T18:00:00Z", "perSecond": 0.5, "account": "111122223333",
            "region": "eu-west-1",
        });
        let all_given = PlanRequest {
            recipients: 1.0,
            start_at: "2026-11-25T18:00:00Z".parse().ok(),
            per_second: Some(0.5),
            account: "111122223333".parse().ok(),
            region: "eu-west-1".parse().ok(),
        };
        assert_eq!(read(&all), Ok(Event::Plan(all_given)));
    }

    #[test]
    fn what_is_invalid_is_named() {
        let messages = [
            json!(30_000),
            json!({}),
            json!({"recipients": 0}),
            json!({"recipients": 1.5}),
            json!({"recipients": "30000"}),
            json!({"recipients": 1, "startAt": "tomorrow"}),
            json!({"recipients": 1, "perSecond": 0}),
            json!({"recipients": 1, "account": 111_122_223_333_u64}),
            json!({"recipients": 1, "region": "Ireland"}),
            json!({"recipients": 1, "perMinute": 60}),
        ]
        .map(|plan| read(&plan).unwrap_err().to_string());
        assert_snapshot!(messages.join("\n"), @r#"
        invalid event: plan=30000: expected an object such as {"recipients": 30000}
        invalid event: plan.recipients is required: a whole number of recipients from 1 to 1000000000000
        invalid event: plan.recipients=0: expected a whole number of recipients from 1 to 1000000000000
        invalid event: plan.recipients=1.5: expected a whole number of recipients from 1 to 1000000000000
        invalid event: plan.recipients="30000": expected a whole number of recipients from 1 to 1000000000000
        invalid event: plan.startAt="tomorrow": expected a time such as 2026-11-25T18:00:00Z
        invalid event: plan.perSecond=0: expected a number of recipients a second above 0
        invalid event: plan.account=111122223333: expected a 12-digit account ID, as a string
        invalid event: plan.region="Ireland": expected an AWS Region such as eu-west-1
        invalid event: plan.perMinute=60: expected only recipients, startAt, perSecond, account, region
        "#);
        for check in ["dryRun", "testAlert"] {
            let both = Event::read(&json!({"plan": {"recipients": 1}, check: true})).unwrap_err().to_string();
            assert_eq!(
                both,
                format!("invalid event: plan and {check}=true: expected one of them, since a plan runs no check")
            );
        }
    }

    #[test]
    fn it_starts_within_the_next_24_hours() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let starts = |seconds| {
            let plan = PlanRequest {
                recipients: 1.0,
                start_at: Some(now.plus_seconds(seconds)),
                per_second: None,
                account: None,
                region: None,
            };
            plan.starts_at(now)
        };
        assert_eq!(starts(86_400), Ok(now.plus_seconds(86_400)));
        // By another clock, it is now.
        assert_eq!(starts(-300), Ok(now));
        assert_snapshot!(starts(86_401).unwrap_err(), @r#"invalid event: plan.startAt="2026-11-26T12:00:01Z": expected a time from now, 2026-11-25T12:00:00Z, to 24 hours ahead"#);
        assert_snapshot!(starts(-301).unwrap_err(), @r#"invalid event: plan.startAt="2026-11-25T11:54:59Z": expected a time from now, 2026-11-25T12:00:00Z, to 24 hours ahead"#);
    }
}
