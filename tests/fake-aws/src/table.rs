//! A state table: items by their key, and writes under a condition.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::{Answer, Call};

/// Items by the value of `target`. A clone is the same table.
#[derive(Debug, Clone, Default)]
pub struct Table(Arc<Mutex<BTreeMap<String, Value>>>);

impl Table {
    /// Answers a `BatchGetItem` or a `PutItem`.
    ///
    /// # Panics
    /// If the request has a condition that the monitor does not use.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Answer {
        let mut items = self.0.lock().unwrap();
        let request = call.json();
        if call.operation == "BatchGetItem" {
            let (table, asked) = request["RequestItems"].as_object().unwrap().iter().next().unwrap();
            let found = asked["Keys"].as_array().unwrap().iter().filter_map(|asked| items.get(key(asked)));
            return Answer::items(table, &found.cloned().collect::<Vec<_>>());
        }
        let present = items.get(key(&request["Item"]));
        let value = |name: &str| request["ExpressionAttributeValues"][name].clone();
        let is_met = match request["ConditionExpression"].as_str() {
            None => true,
            Some("attribute_not_exists(#key)") => present.is_none(),
            Some("#version = :version") => present.is_some_and(|item| item["version"] == value(":version")),
            Some("attribute_not_exists(#key) OR #at <= :at OR #at > :latest") => present.is_none_or(|item| {
                let (at, known, latest) = (&item["checkedAt"], value(":at"), value(":latest"));
                text(at) <= text(&known) || text(at) > text(&latest)
            }),
            Some(other) => panic!("unknown condition {other}"),
        };
        if is_met {
            insert(&mut items, &request["Item"]);
            Answer::reply(200, "{}")
        } else {
            Self::condition_failed(present)
        }
    }

    /// What DynamoDB answers to a write whose condition is not met.
    #[must_use]
    pub fn condition_failed(present: Option<&Value>) -> Answer {
        let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        let mut body = json!({"__type": kind, "message": "The conditional request failed"});
        if let Some(item) = present {
            body["Item"] = item.clone();
        }
        Answer::reply(400, body.to_string())
    }

    /// The item with this key.
    ///
    /// # Panics
    /// If an answer has panicked.
    #[must_use]
    pub fn item(&self, key: &str) -> Option<Value> {
        self.0.lock().unwrap().get(key).cloned()
    }

    /// Puts an item, whatever was there.
    ///
    /// # Panics
    /// If the item has no key.
    pub fn put(&self, item: &Value) {
        insert(&mut self.0.lock().unwrap(), item);
    }
}

fn text(value: &Value) -> &str {
    value["S"].as_str().unwrap()
}

fn insert(items: &mut BTreeMap<String, Value>, item: &Value) {
    items.insert(key(item).to_owned(), item.clone());
}

fn key(item: &Value) -> &str {
    item["target"]["S"].as_str().unwrap()
}
