//! What DynamoDB accepts, and a later check can read.
//!
//! Source: Amazon DynamoDB developer guide, "Quotas in Amazon DynamoDB", "Item size".

use serde_json::Value;
use ses_quota_monitor::alert::Subject;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::{Account, Target};

use fake_aws::{Answer, Aws, Call};

const MOST_BYTES: usize = 400 * 1_024;

/// Asserts that each `PutItem` is accepted, and that its item reads back.
pub async fn assert_taken(calls: &[Call], settings: &Settings, account: &Account) {
    let items: Vec<Value> = calls.iter().map(|call| call.json()["Item"].clone()).collect();
    let found = items.clone();
    let aws = Aws::new(move |call| Answer::items("alert-state", std::slice::from_ref(&found[call.nth])));
    // One client for all of them.
    let Some(states) = Clients::from_config(&aws.config(), settings).states else {
        assert!(items.is_empty());
        return;
    };
    for item in &items {
        let attributes = item.as_object().expect("an item");
        let size: usize = attributes.iter().map(|(name, value)| name.len() + text(value).len()).sum();
        assert!(size <= MOST_BYTES, "{size} bytes");
        let (target, subject) = written(text(&item["target"]), settings, account);
        let read = states.read(&target).await.unwrap_or_else(|failure| panic!("{failure}: {item}"));
        if let Err(failure) = &read[&subject] {
            panic!("{failure}: {item}");
        }
    }
}

/// The target of this check and the subject whose key this is.
fn written(key: &str, settings: &Settings, account: &Account) -> (Target, Subject) {
    let regions = settings.targets.regions.iter();
    let targets = regions.map(|region| Target { account: account.clone(), region: region.clone() });
    let mut all = targets.flat_map(|target| Subject::ALL.map(|subject| (target.clone(), subject)));
    all.find(|(target, subject)| key == key_of(target, *subject)).expect("a subject of a target of this check")
}

fn key_of(target: &Target, subject: Subject) -> String {
    match subject {
        Subject::Quota => format!("{}#{}", target.account.id, target.region),
        Subject::Account | Subject::Rate | Subject::Reading => {
            format!("{}#{}#{subject}", target.account.id, target.region)
        }
    }
}

/// A string or a number, the only types in use.
fn text(value: &Value) -> &str {
    let text = value["S"].as_str().or(value["N"].as_str());
    text.unwrap_or_else(|| panic!("neither a string nor a number: {value}"))
}
