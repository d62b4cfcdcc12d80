//! A check in a process of its own, what it did, and the items that it finds.

use serde_json::{Value, json};
use ses_quota_monitor::check::{Invocation, Report};
use ses_quota_monitor::request::Request;

use crate::support::{Aws, Call, Table, invocation, monitor};

/// What a check did.
pub struct Checked {
    pub aws: Aws,
    pub report: Report,
}

impl Checked {
    /// `SUBJECT KIND LEVEL` of each alert.
    pub fn told(&self) -> Vec<String> {
        let field = |document: &Value, name: &str| document[name].as_str().unwrap().to_owned();
        let told = |document: Value| ["subject", "kind", "level"].map(|name| field(&document, name)).join(" ");
        let mut all: Vec<String> = self.documents().into_iter().map(told).collect();
        all.sort();
        all
    }

    /// The documents of its messages.
    pub fn documents(&self) -> Vec<Value> {
        let document = |call: Call| {
            let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
            serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap()
        };
        self.aws.calls_of("Publish").into_iter().map(document).collect()
    }

    /// `step code` of each failure of its first target.
    pub fn failures(&self) -> Vec<String> {
        let target = &self.json()["targets"][0];
        let further = target["furtherErrors"].as_array().cloned().unwrap_or_default();
        let errors = [target["error"].clone()].into_iter().filter(Value::is_object).chain(further);
        errors.map(|error| format!("{} {}", error["step"], error["code"]).replace('"', "")).collect()
    }

    /// What its report says of the subjects of its first target.
    pub fn subjects(&self) -> Value {
        self.json()["targets"][0]["subjects"].clone()
    }

    pub fn json(&self) -> Value {
        serde_json::to_value(&self.report).unwrap()
    }

    /// The value of a metric of the first target, or of the fleet.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let all = self.aws.calls_of("PutMetricData").into_iter().map(|call| call.cbor());
        let data = all.flat_map(|body| body["MetricData"].as_array().unwrap().clone());
        data.into_iter().find(|datum| datum["MetricName"] == name).map(|datum| datum["Value"].as_f64().unwrap())
    }
}

/// A check at so many minutes after noon, in a process of its own.
pub async fn check_with(aws: Aws, minute: i64, variables: &[(&str, &str)]) -> Checked {
    let started_at = invocation().started_at.plus_seconds(60 * minute);
    let request_id = format!("request-{minute}");
    let invocation = Invocation { started_at, request_id, ..invocation() };
    let report = monitor(&aws, variables).check(Request::Scheduled, &invocation).await;
    Checked { aws, report }
}

/// An item of version 1 of the schema.
pub fn item(key: &str, attributes: &Value) -> Value {
    let mut item = json!({"target": {"S": key}, "schemaVersion": {"N": "1"}, "version": {"N": "7"}});
    for (name, text) in attributes.as_object().unwrap() {
        item[name] = json!({"S": text});
    }
    item
}

/// A subject at a level since 10:00, of which people were notified then.
pub fn alerting(key: &str, level: &str) -> Value {
    let ten = "2026-11-24T10:00:00Z";
    item(key, &json!({"level": level, "since": ten, "notifiedAt": ten, "changedAt": ten}))
}

pub fn table(items: impl IntoIterator<Item = Value>) -> Table {
    let table = Table::default();
    items.into_iter().for_each(|item| table.put(&item));
    table
}
