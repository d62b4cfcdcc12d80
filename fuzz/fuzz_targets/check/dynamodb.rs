//! What DynamoDB accepts, and a later check can read.
//!
//! Source: Amazon DynamoDB developer guide, "Quotas in Amazon DynamoDB", "Item size".

use serde_json::{Value, json};
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::{Account, Target};

use fake_aws::{Answer, Aws, Call};

const MOST_BYTES: usize = 400 * 1_024;

/// Asserts that a `PutItem` is accepted, and that its item reads back.
pub async fn assert_taken(call: &Call, settings: &Settings, account: &Account) {
    let item = &call.json()["Item"];
    let attributes = item.as_object().expect("an item");
    let size: usize = attributes.iter().map(|(name, value)| name.len() + text(value).len()).sum();
    assert!(size <= MOST_BYTES, "{size} bytes");

    let key = text(&item["target"]);
    let region = settings.targets.regions.iter().find(|region| key == format!("{}#{region}", account.id));
    let target = Target { account: account.clone(), region: region.expect("a target of this check").clone() };
    let found = json!({"Item": item}).to_string();
    let aws = Aws::new(move |_| Answer::reply(200, found.clone()));
    let states = Clients::from_config(&aws.config(), settings).states.expect("a state table");
    if let Err(failure) = states.read(&target).await {
        panic!("{failure}: {item}");
    }
}

/// A string or a number, the only types in use.
fn text(value: &Value) -> &str {
    let text = value["S"].as_str().or(value["N"].as_str());
    text.unwrap_or_else(|| panic!("neither a string nor a number: {value}"))
}
