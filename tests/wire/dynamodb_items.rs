//! The items of the state table: what is written reads back, and what this version did not write is refused, not guessed.

use insta::assert_snapshot;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use ses_quota_monitor::alert::{
    Alert, AlertId, AlertLevel, AlertPolicy, AlertState, Claim, Finding, Kind, LastHeard, Pending, Subject, Unread,
    decide,
};
use ses_quota_monitor::aws::{StateStore, StoredState, Write};
use ses_quota_monitor::failure::{Failure, Stage};
use ses_quota_monitor::reading::{AccountStatus, Reading, SendQuota};
use ses_quota_monitor::time::Timestamp;

use crate::support::{self, Aws, Table, at, clients, run, target};

/// Every attribute of an item.
const ATTRIBUTES: [&str; 15] = [
    "schemaVersion",
    "version",
    "level",
    "since",
    "notifiedAt",
    "changedAt",
    "unreadSince",
    "pendingAlertId",
    "pendingKind",
    "pendingLevel",
    "pendingSince",
    "knownLowest",
    "knownHighest",
    "claimedBy",
    "claimedUntil",
];

fn store(table: &Table) -> StateStore {
    let table = table.clone();
    clients(&Aws::new(move |call| table.answer(call))).states.unwrap()
}

/// The state of a subject.
fn state_of(store: &StateStore, subject: Subject) -> Result<StoredState, Failure> {
    run(support::read(store, &target("us-east-1")))?.remove(&subject).unwrap()
}

/// What is made of an item.
fn read(item: &Value) -> Result<StoredState, Failure> {
    let mut item = item.clone();
    // DynamoDB returns no item with another key.
    item["target"] = json!({"S": "111122223333#us-east-1"});
    let table = Table::default();
    table.put(&item);
    state_of(&store(&table), Subject::Quota)
}

const ALERT_ID: &str = "111122223333/us-east-1/QUOTA/2026-11-24T11:35:00Z/CRITICAL/ESCALATED";

/// An item with every attribute, as this version writes it.
fn item() -> Value {
    json!({
        "schemaVersion": {"N": "1"}, "version": {"N": "7"},
        "level": {"S": "WARNING"}, "since": {"S": "2026-11-24T11:40:00Z"}, "notifiedAt": {"S": "2026-11-24T11:40:00Z"},
        "changedAt": {"S": "2026-11-24T11:40:00Z"}, "unreadSince": {"S": "2026-11-24T11:25:00Z"}, "pendingAlertId": {"S": ALERT_ID}, "pendingKind": {"S": "ESCALATED"},
        "pendingLevel": {"S": "CRITICAL"}, "pendingSince": {"S": "2026-11-24T11:40:00Z"},
        "knownLowest": {"S": "WARNING"}, "knownHighest": {"S": "WARNING"}, "claimedBy": {"S": "request-1"},
        "claimedUntil": {"S": "2026-11-24T12:00:40Z"},
    })
}

fn any_level() -> impl Strategy<Value = AlertLevel> {
    select(&AlertLevel::ALL[..])
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (0..=253_402_300_799_i64).prop_map(Timestamp::from_epoch_seconds)
}

fn any_claim() -> impl Strategy<Value = Claim> {
    ("\\PC{1,40}", any_time()).prop_map(|(by, until)| Claim { by, until })
}

fn any_subject() -> impl Strategy<Value = Subject> {
    select(&Subject::ALL[..])
}

fn any_pending(subject: Subject) -> impl Strategy<Value = Pending> {
    let identity = (any_time(), select(&Kind::DUE[..]), any_level(), option::of(any_time()));
    (identity, any_level(), any_level(), option::of(any_claim())).prop_map(move |(identity, lowest, highest, claim)| {
        let (time, kind, level, since) = identity;
        let alert_id = Some(AlertId::new(&target("us-east-1"), subject, time, level, kind));
        Pending { alert_id, kind, level, since, last_heard: LastHeard { lowest, highest }, claim }
    })
}

fn any_state(subject: Subject) -> impl Strategy<Value = AlertState> {
    let level = select(&AlertLevel::ALL[1..]);
    let alert =
        (level, any_time(), any_time()).prop_map(|(level, since, notified_at)| Alert { level, since, notified_at });
    (option::of(alert), option::of(any_pending(subject)), option::of(any_time()), option::of(any_time()))
        .prop_map(|(alert, pending, changed_at, unread_since)| AlertState { alert, pending, changed_at, unread_since })
}

/// A value of an attribute: one that this version would write, or any other.
fn any_attribute() -> impl Strategy<Value = Value> {
    let known = select(vec![
        "OK",
        "WARNING",
        "CRITICAL",
        "EXHAUSTED",
        "RAISED",
        "REMINDER",
        "RECOVERED",
        "TEST",
        "1",
        "2",
        "0",
        "-1",
        "18446744073709551615",
        "1e3",
        "2026-11-24T11:40:00Z",
        "0001-01-01T00:00:00Z",
        "+99999-01-01T00:00:00Z",
        "2026-11-24T11:40:00.999999999Z",
        "",
    ]);
    let text = prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,20}"];
    text.prop_flat_map(|text| {
        select(vec![
            json!({"S": text}),
            json!({"S": text}),
            json!({"N": text}),
            json!({"N": text}),
            json!({"NULL": true}),
            json!({"BOOL": false}),
            json!({"SS": [text]}),
            json!({"M": {"S": {"S": text}}}),
            json!({"L": []}),
            json!({"B": "AA=="}),
            json!({"X": text}),
            json!({}),
            json!(null),
            json!(text),
        ])
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        (subject, states) in any_subject().prop_flat_map(|subject| (Just(subject), vec(any_state(subject), 1..4))),
    ) {
        let store = store(&Table::default());
        let target = target("us-east-1");
        let mut stored = StoredState::default();
        for state in states {
            let Ok(Write::Done(written)) = run(store.write(&target, subject, &stored, state.clone())) else {
                return Err(TestCaseError::fail("not written"));
            };
            stored = state_of(&store, subject).unwrap();
            prop_assert_eq!(&stored.state, &state);
            prop_assert_eq!(&stored, &written);
        }
    }

    #[test]
    fn any_item_is_understood_or_named(changes in btree_map(select(&ATTRIBUTES[..]), option::of(any_attribute()), 0..5)) {
        let mut changed = item();
        for (name, value) in changes {
            match value {
                Some(value) => changed[name] = value,
                None => drop(changed.as_object_mut().unwrap().remove(name)),
            }
        }
        match read(&changed) {
            Ok(StoredState { state, .. }) => {
                for (sent, time) in [(0.0, 0), (850.0, 1_700_000_000), (1_000.0, i64::MAX)] {
                    let quota = SendQuota::new(sent, 1_000.0, 1.0).unwrap();
                    let account = AccountStatus::new(Some(true), Some("PROBATION"), None).unwrap();
                    let checked_at = Timestamp::from_epoch_seconds(time);
                    let unread = Unread { since: checked_at, failure: Failure::new(Stage::Read, "Timeout", "no answer") };
                    let reading = Reading { quota: Some(quota), account: Some(account.clone()), ..Reading::unknown(target("us-east-1"), checked_at) };
                    let findings = [
                        Finding::Quota(quota), Finding::Account(account), Finding::Reading(None), Finding::Reading(Some(unread)),
                    ];
                    for finding in findings {
                        let _ = decide(&state, &reading, &finding, &AlertPolicy::default());
                    }
                }
            }
            // `UnexpectedResponse`: it is not an item at all.
            Err(failure) => prop_assert!(["UnknownState", "UnexpectedResponse"].contains(&failure.code.as_str())),
        }
    }
}

#[test]
fn an_item_of_this_version_is_read() {
    let state = read(&item()).unwrap().state;
    assert_eq!(state.changed_at, Some(at("2026-11-24T11:40:00Z")));
    assert_eq!(state.unread_since, Some(at("2026-11-24T11:25:00Z")));
    assert_eq!(state.pending.map(|pending| pending.level), Some(AlertLevel::Critical));
}

#[test]
fn what_another_version_may_add_does_no_harm() {
    let mut with_more = item();
    with_more["expiresAt"] = json!({"N": "1800000000"});
    with_more["note"] = json!({"M": {}});
    assert_eq!(read(&with_more), read(&item()));
}

#[test]
fn a_version_that_no_write_could_follow_is_not_understood() {
    for version in [json!({"N": "0"}), json!({"S": "7"})] {
        let mut wrong = item();
        wrong["version"] = version.clone();
        assert_eq!(read(&wrong).map_err(|failure| failure.code), Err("UnknownState".to_owned()), "{version}");
    }
}

#[test]
fn after_the_highest_version_a_write_begins_anew() {
    let mut last = item();
    last["target"] = json!({"S": "111122223333#us-east-1"});
    last["version"] = json!({"N": "18446744073709551615"});
    let table = Table::default();
    table.put(&last);
    let (store, target) = (store(&table), target("us-east-1"));
    let stored = state_of(&store, Subject::Quota).unwrap();
    let written = run(store.write(&target, Subject::Quota, &stored, stored.state.clone())).unwrap();
    assert_eq!(written, Write::Done(state_of(&store, Subject::Quota).unwrap()));
}

#[test]
fn only_an_alert_id_of_this_very_notification_is_believed() {
    for (id, is_believed) in [
        (ALERT_ID.to_owned(), true),
        ("Your account is being closed: https://example.com/login".to_owned(), false),
        (ALERT_ID.replace("us-east-1", "eu-west-1"), false),
        (ALERT_ID.replace("CRITICAL", "WARNING"), false),
        (ALERT_ID.replace("QUOTA", "ACCOUNT"), false),
        (format!("{ALERT_ID}\nhttps://example.com"), false),
        ("x".repeat(300_000), false),
        (String::new(), false),
    ] {
        let mut changed = item();
        changed["pendingAlertId"] = json!({"S": id});
        let believed = read(&changed).unwrap().state.pending.unwrap().alert_id;
        assert_eq!(believed.map(|id| id.to_string()), is_believed.then_some(id));
    }
}

#[test]
fn what_an_item_says_is_made_one_line_of_bounded_length() {
    let mut wrong = item();
    wrong["level"] = json!({"S": "PURPLE\n".repeat(10_000)});
    let failure = read(&wrong).unwrap_err();
    assert!(!failure.message.contains('\n') && failure.message.len() <= 500, "{failure}");
}

#[test]
fn what_is_not_understood_is_named() {
    let mut lines = Vec::new();
    for (name, value) in [
        ("schemaVersion", json!({"N": "2"})),
        ("schemaVersion", json!({"N": "1.0"})),
        ("version", json!({"N": "-1"})),
        ("level", json!({"S": "PURPLE"})),
        ("level", json!({"BOOL": true})),
        ("since", json!({"S": "yesterday"})),
        ("unreadSince", json!({"S": "yesterday"})),
        ("pendingKind", json!({"S": "TEST"})),
        ("knownLowest", json!({"NULL": true})),
        ("claimedUntil", json!({"N": "1800000000"})),
    ] {
        let mut wrong = item();
        wrong[name] = value;
        lines.push(read(&wrong).unwrap_err().to_string());
    }
    for name in
        ["schemaVersion", "version", "level", "since", "notifiedAt", "pendingKind", "knownHighest", "claimedUntil"]
    {
        let mut wrong = item();
        wrong.as_object_mut().unwrap().remove(name);
        lines.push(read(&wrong).unwrap_err().to_string());
    }
    let common = "state: UnknownState: the item 111122223333#us-east-1 in the table alert-state is not understood: ";
    let advice =
        " [delete this item from the table to start over; until then an alert goes out once an hour, and no recovery]";
    let lines: Vec<&str> =
        lines.iter().map(|line| line.strip_prefix(common).unwrap().strip_suffix(advice).unwrap()).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    schemaVersion is 2, this version reads 1
    schemaVersion: invalid digit found in string
    version: invalid digit found in string
    level: "PURPLE" is not a level; expected OK, WARNING, CRITICAL or EXHAUSTED
    level is neither a string nor a number
    since: "yesterday" is not a time such as 2026-11-24T12:00:00Z
    unreadSince: "yesterday" is not a time such as 2026-11-24T12:00:00Z
    pendingKind: "TEST" is not a kind of notification; expected RAISED, ESCALATED, REMINDER or RECOVERED
    knownLowest is neither a string nor a number
    claimedUntil: "1800000000" is not a time such as 2026-11-24T12:00:00Z
    schemaVersion is missing
    version is missing
    level is missing
    since is missing
    notifiedAt is missing
    pendingKind is missing
    knownHighest is missing
    claimedUntil is missing
    "#);
}
