//! The snapshot: what checks store is what is read back, and what is missing is said.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};
use ses_quota_monitor::alert::{AlertLevel, Standing, Subject};
use ses_quota_monitor::aws::StateStore;
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::reading::{Reading, SendQuota};
use ses_quota_monitor::snapshot::{Part, Snapshot, SnapshotTarget};
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;

use crate::support::{Answer, Aws, TABLE, Table, at, target};

/// A state table, and the way to it.
struct World {
    table: Table,
    aws: Aws,
    states: StateStore,
}

impl World {
    fn new() -> Self {
        let table = Table::default();
        let scripted = table.clone();
        let aws = Aws::new(move |call| scripted.answer(call));
        let states = StateStore::new(&aws.config(), TABLE.to_owned());
        Self { table, aws, states }
    }

    /// Stores a part of a check of these Regions at a time.
    async fn store(&self, number: usize, of: usize, regions: impl IntoIterator<Item = String>, checked_at: Timestamp) {
        let targets = regions.into_iter().map(|region| found(&region));
        self.states.write_snapshot(Part { number, of }, targets, checked_at).await.unwrap();
    }

    async fn read(&self) -> Snapshot {
        self.states.read_snapshot().await.unwrap().unwrap()
    }

    /// Changes an attribute of an item.
    fn change(&self, key: &str, attribute: &str, value: Value) {
        let mut item = self.table.item(key).unwrap();
        item[attribute] = value;
        self.table.put(&item);
    }
}

fn found(region: &str) -> SnapshotTarget {
    let account = target("us-east-1").account;
    let target = Target { account, region: region.parse().unwrap() };
    let quota = SendQuota::new(48_100.0, 50_000.0, 14.0).ok();
    let reading = Reading { quota, ..Reading::unknown(target, noon()) };
    SnapshotTarget::new(&reading, [(Subject::Quota, Some(AlertLevel::Critical))], &[])
}

fn regions(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("us-east-{number}"))
}

fn noon() -> Timestamp {
    at("2026-11-24T12:00:00Z")
}

fn names(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.targets.iter().map(|found| found.target.region.to_string()).collect()
}

fn gaps(snapshot: &Snapshot) -> String {
    snapshot.gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn what_a_check_stores_is_read_back() {
    let world = World::new();
    assert_eq!(world.states.read_snapshot().await, Ok(None));
    world.store(0, 1, regions(1..4), noon()).await;
    let snapshot = world.read().await;
    assert_eq!((names(&snapshot), gaps(&snapshot)), (regions(1..4).collect(), String::new()));
    assert_eq!(snapshot.checked_at(), Some(noon()));
    for found in &snapshot.targets {
        assert_eq!((found.checked_at, found.target.standing()), (noon(), Standing::Critical));
        assert_eq!(found.target, self::found(found.target.region.as_str()));
    }
    let asked = &world.aws.calls_of("BatchGetItem")[0].json()["RequestItems"][TABLE];
    assert_eq!(asked["ConsistentRead"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn all_items_of_all_parts_are_read() {
    let world = World::new();
    // More parts than are asked for at first, and one of more than one item.
    for (number, seconds) in (0..50).zip(0..) {
        world.store(number, 50, regions(100 * number..100 * number + 3), noon().plus_seconds(seconds)).await;
    }
    world.store(7, 50, regions(10_000..14_000), noon().plus_seconds(300)).await;
    let snapshot = world.read().await;
    assert_eq!(snapshot.targets.len(), 4_000 + 49 * 3);
    assert_eq!((snapshot.parts.len(), gaps(&snapshot)), (50, String::new()));
    assert_eq!(snapshot.parts[7].targets, 4_000);
    // Each has the time of its own part.
    let of_part = |region: &str| snapshot.targets.iter().find(|found| found.target.region.as_str() == region).unwrap();
    assert_eq!(of_part("us-east-4900").checked_at, noon().plus_seconds(49));
    assert!(world.table.item("snapshot#7.1").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_over_is_not_shown() {
    let world = World::new();
    for number in 0..3 {
        world.store(number, 3, regions(10 * number..10 * number + 2), noon()).await;
    }
    // One part now, and less of it.
    let later = noon().plus_seconds(300);
    world.store(0, 1, regions(0..4_000), noon().plus_seconds(60)).await;
    world.store(0, 1, regions(0..3), later).await;
    assert!(world.table.item("snapshot#0.1").is_some() && world.table.item("snapshot#2").is_some());
    let snapshot = world.read().await;
    assert_eq!((names(&snapshot), gaps(&snapshot)), (regions(0..3).collect(), String::new()));
    assert!(snapshot.targets.iter().all(|found| found.checked_at == later));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_said() {
    let world = World::new();
    for number in 1..5 {
        world.store(number, 6, regions(10 * number..10 * number + 2), noon()).await;
    }
    world.store(5, 6, regions(1_000..5_000), noon()).await;
    world.change("snapshot#2", "schemaVersion", json!({"N": "2"}));
    world.change("snapshot#3", "targets", json!({"S": "[{\"account\":\"1\"}]"}));
    world.change("snapshot#4", "of", json!({"N": "0"}));
    world.change("snapshot#5.1", "targets", json!({"S": "[{}"}));
    let snapshot = world.read().await;
    assert_snapshot!(gaps(&snapshot), @r#"
    part 1 of 6 is missing: its targets are not shown
    part 3 of 6 is not understood (schemaVersion is 2, this version reads 1): its targets are not shown
    part 4 of 6 is not understood (targets: "1" is not a 12-digit account ID at line 1 column 16): its targets are not shown
    part 5 of 6 is not understood (of is 0, expected 1 to 100000): its targets are not shown
    part 6 of 6, item 2 of 2, is not understood (targets: missing field `account` at line 1 column 3): its targets are not shown
    "#);
    assert!(names(&snapshot).is_superset(&regions(10..12).collect()));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_has_just_been_parted_anew_is_said_to_be_incomplete() {
    let world = World::new();
    for number in 0..3 {
        world.store(number, 3, regions(10 * number..10 * number + 2), noon()).await;
    }
    // The Regions 20 and 21 were in part 3, and the new part 2 is not there yet.
    world.store(0, 2, regions(0..2), noon().plus_seconds(300)).await;
    let snapshot = world.read().await;
    assert_snapshot!(gaps(&snapshot), @"part 2 of 2 is of an earlier check (2026-11-24 12:00 UTC), which was divided differently: some targets may be missing");
    assert_eq!(names(&snapshot).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_target_in_two_parts_is_shown_as_it_was_found_last() {
    let world = World::new();
    world.store(0, 2, regions(1..3), noon()).await;
    world.store(1, 2, regions(2..4), noon().plus_seconds(60)).await;
    let snapshot = world.read().await;
    let seconds: Vec<i64> =
        snapshot.targets.iter().map(|found| found.checked_at.epoch_seconds() - noon().epoch_seconds()).collect();
    assert_eq!(seconds, [0, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_can_be_read_is_no_empty_snapshot() {
    let world = World::new();
    world.store(0, 1, regions(1..3), noon()).await;
    world.change("snapshot#0", "schemaVersion", json!({"N": "2"}));
    let snapshot = world.read().await;
    assert_eq!((snapshot.targets.len(), snapshot.checked_at()), (0, None));
    assert_snapshot!(gaps(&snapshot), @"part 1 of 1 is not understood (schemaVersion is 2, this version reads 1): its targets are not shown");
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_read_is_a_failure() {
    let denied =
        "User: arn:aws:sts::111122223333:assumed-role/page is not authorized to perform: dynamodb:BatchGetItem";
    let failed = async |answer: Answer| {
        let aws = Aws::new(move |_| answer.clone());
        let failure: Failure = StateStore::new(&aws.config(), TABLE.to_owned()).read_snapshot().await.unwrap_err();
        failure.to_string()
    };
    assert_snapshot!(failed(Answer::json_error(400, "AccessDeniedException", denied)).await, @"snapshot: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/page is not authorized to perform: dynamodb:BatchGetItem [grant the role dynamodb:PutItem on the table in STATE_TABLE, to store what a check found, or dynamodb:BatchGetItem, to read it]");
    assert_snapshot!(failed(Answer::json_error(400, "ResourceNotFoundException", "not found")).await, @"snapshot: ResourceNotFoundException: not found [the table in STATE_TABLE does not exist in the function's Region]");
}

/// A table that never returns this item.
#[tokio::test(start_paused = true)]
async fn an_item_that_dynamodb_leaves_out_is_said_to_be_missing() {
    let world = World::new();
    world.store(0, 2, regions(1..3), noon()).await;
    world.store(1, 2, regions(3..5), noon()).await;
    let table = world.table.clone();
    let aws = Aws::new(move |call| {
        let mut asked = call.json()["RequestItems"][TABLE].clone();
        let is_left_out = |key: &Value| key["target"]["S"] == "snapshot#1";
        let keys = asked["Keys"].as_array().unwrap().clone();
        let left: Vec<Value> = keys.iter().filter(|key| is_left_out(key)).cloned().collect();
        let items: Vec<Value> = keys
            .iter()
            .filter(|key| !is_left_out(key))
            .filter_map(|key| table.item(key["target"]["S"].as_str()?))
            .collect();
        asked["Keys"] = json!(left);
        let mut unprocessed = json!({});
        if !left.is_empty() {
            unprocessed[TABLE] = asked;
        }
        Answer::reply(200, json!({"Responses": {TABLE: items}, "UnprocessedKeys": unprocessed}).to_string())
    });
    let snapshot = StateStore::new(&aws.config(), TABLE.to_owned()).read_snapshot().await.unwrap().unwrap();
    assert_snapshot!(gaps(&snapshot), @"part 2 of 2 was not returned by DynamoDB, which is throttled: its targets are not shown");
    assert_eq!(names(&snapshot), regions(1..3).collect());
}
