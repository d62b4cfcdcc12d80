//! What DynamoDB accepts, and a later check can read.
//!
//! Source: Amazon DynamoDB developer guide, "Quotas in Amazon DynamoDB", "Item size".

use serde_json::Value;
use ses_quota_monitor::alert::Subject;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::settings::{Accounts, Settings};
use ses_quota_monitor::target::{Account, Partition, Region, Target};

use fake_aws::{Answer, Aws, Call};

const MOST_BYTES: usize = 400 * 1_024;

/// Asserts that each `PutItem` is accepted, and that its item reads back.
pub async fn assert_taken(calls: &[Call], settings: &Settings, partition: &Partition) {
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
        let key = text(&item["target"]);
        if key.starts_with("accounts#") {
            assert!(matches!(settings.targets.accounts, Accounts::Organization | Accounts::Units(_)));
            let read = states.read_members(&settings.targets.accounts).await;
            assert!(read.unwrap_or_else(|failure| panic!("{failure}: {item}")).is_some(), "{item}");
            continue;
        }
        if key.starts_with("snapshot#") {
            assert!(settings.publishing.snapshot);
            let targets: Vec<Value> = serde_json::from_str(text(&item["targets"])).expect("a list");
            assert!(targets.iter().all(Value::is_object), "{item}");
            // Keeps the number of what is read.
            let _ = states.read(&[]).await;
            continue;
        }
        let (target, subject) = written(key, partition);
        let read = states.read(std::slice::from_ref(&target)).await;
        let mut read = read.unwrap_or_else(|failure| panic!("{failure}: {item}"));
        if let Some(Err(failure)) = read.remove(&target).and_then(|mut subjects| subjects.remove(&subject)) {
            panic!("{failure}: {item}");
        }
    }
}

/// The target and the subject whose key this is.
fn written(key: &str, partition: &Partition) -> (Target, Subject) {
    let (account, rest) = key.split_once('#').expect("an account");
    let (region, subject) = rest.split_once('#').unwrap_or((rest, "QUOTA"));
    let region = if region == Region::all().as_str() { Region::all() } else { region.parse().expect("a Region") };
    let account = Account { partition: partition.clone(), id: account.parse().expect("an account") };
    let target = Target { account, region };
    let mut subjects = Subject::of(&target).iter().copied();
    let subject = subjects.find(|known| known.name() == subject).expect("a subject of the target");
    (target, subject)
}

/// A string or a number, the only types in use.
fn text(value: &Value) -> &str {
    let text = value["S"].as_str().or(value["N"].as_str());
    text.unwrap_or_else(|| panic!("neither a string nor a number: {value}"))
}
