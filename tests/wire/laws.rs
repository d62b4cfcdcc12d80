//! No alert lost, none doubled, whatever it is about: checks one after the other, or two at the same time, over the same table, with late readings,
//! and with faults and crashes at any call.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::run;
use crate::world::{Ending, Fault, Received, Turn, World};

/// One check, or two at the same time.
type Turns = (Turn, Option<Turn>);

const OPERATIONS: [&str; 7] =
    ["GetSendQuota", "GetSendStatistics", "GetAccount", "BatchGetItem", "PutItem", "Publish", "PutMetricData"];

/// From an unused quota to an exhausted one, with values within the margins.
fn any_sent() -> impl Strategy<Value = u32> {
    select(vec![0, 500, 760, 780, 800, 900, 920, 950, 970, 1_000, 1_100])
}

/// None, and around the threshold of 50%, which is 225, and around its margin.
fn any_rate() -> impl Strategy<Value = u32> {
    select(vec![0, 0, 200, 210, 230, 450])
}

fn any_fault() -> impl Strategy<Value = Fault> {
    (select(&OPERATIONS[..]), 0..3_usize, any::<bool>(), select(&Ending::ALL[..]))
        .prop_map(|(operation, nth, lasts, ending)| Fault { operation, nth, lasts, ending })
}

/// Healthy, under review, and paused.
fn any_account() -> impl Strategy<Value = (bool, &'static str)> {
    select(vec![(true, "HEALTHY"), (true, "HEALTHY"), (true, "PROBATION"), (false, "PROBATION"), (true, "SHUTDOWN")])
}

/// A fault that hides neither the stored state nor the claim before an alert is sent.
fn any_fault_but_amnesia() -> impl Strategy<Value = Fault> {
    any_fault().prop_filter("nothing is remembered", |fault| {
        let is_memory = fault.operation == "BatchGetItem" || fault.operation == "PutItem";
        fault.ending.is_crash() || !is_memory || !(fault.lasts || fault.ending == Ending::Refused)
    })
}

/// A fault of which the check knows whether the call was carried out, or after which a retry succeeds, or a crash before
/// anything is sent.
fn any_clear_fault() -> impl Strategy<Value = Fault> {
    any_fault_but_amnesia().prop_filter("in doubt", |fault| {
        let is_first_write = fault.operation == "PutItem" && fault.nth == 0;
        let is_reading = ["GetSendQuota", "GetSendStatistics", "GetAccount", "BatchGetItem"].contains(&fault.operation);
        match fault.ending {
            Ending::Refused | Ending::Throttled => fault.operation != "PutItem" || !fault.lasts,
            Ending::RequestLost | Ending::AnswerLost | Ending::CarriedOutThenFailed => {
                fault.operation != "Publish" && !fault.lasts
            }
            Ending::CrashBefore => is_reading || is_first_write,
            Ending::CrashAfter => is_reading,
        }
    })
}

fn any_turn(fault: impl Strategy<Value = Fault>) -> impl Strategy<Value = Turn> {
    // Often on time, and sometimes late, by less than the interval between two checks.
    let late = prop_oneof![3 => Just(0), 1 => 0..240_i64];
    let latency = prop_oneof![2 => Just(0), 1 => 0..200_u64].prop_map(Duration::from_millis);
    (any_sent(), any_rate(), any_account(), option::of(fault), late, latency)
        .prop_map(|(sent, rate, account, fault, late, latency)| Turn { sent, rate, account, fault, late, latency })
}

fn turns<F: Strategy<Value = Fault>>(fault: fn() -> F) -> impl Strategy<Value = Vec<Turns>> {
    vec((any_turn(fault()), option::weighted(0.3, any_turn(fault()))), 1..10)
}

fn severity(level: &str) -> usize {
    ["OK", "WARNING", "CRITICAL", "EXHAUSTED"].iter().position(|name| *name == level).unwrap()
}

/// What is true and known of a subject in the end.
#[derive(Debug)]
struct End {
    subject: &'static str,
    /// The level that the last check reported.
    level: String,
    /// What people received about it.
    received: Vec<Received>,
}

/// The last check: what it finds. It meets no fault.
type Last = (u32, (bool, &'static str));

fn any_last() -> impl Strategy<Value = Last> {
    (any_sent(), any_account())
}

/// What is true and known of each subject after these checks and one more without a fault.
fn ends(turns: Vec<Turns>, (sent, account): Last) -> [End; 4] {
    let mut world = World::default();
    run(async {
        for turn in turns {
            match turn {
                (turn, None) => drop(world.check(turn).await),
                (one, Some(other)) => world.check_twice([one, other]).await,
            }
        }
        let report = world.check(Turn { account, ..Turn::healthy(sent) }).await.unwrap();
        ["QUOTA", "ACCOUNT", "RATE", "READING"].map(|subject| {
            let reported =
                report["subjects"].as_array().into_iter().flatten().find(|about| about["subject"] == subject);
            let level = reported.map_or("OK", |about| about["level"].as_str().unwrap()).to_owned();
            End { subject, level, received: world.received(subject) }
        })
    })
}

/// Each case is some whole checks; `PROPTEST_CASES` asks for more of them.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { ProptestConfig { cases: 400, ..usual } }
}

/// A recovery whose claim was refused, and then a level within the margin: once, the recovery was sent all the same, and
/// the next alert was not.
#[test]
fn a_recovery_that_could_not_be_recorded_hides_no_alert() {
    let refused = Fault { operation: "PutItem", nth: 0, lasts: false, ending: Ending::Refused };
    let turns = vec![(Turn::healthy(800), None), (Turn { fault: Some(refused), ..Turn::healthy(0) }, None)];
    let [End { level, received, .. }, ..] = ends(turns, (760, (true, "HEALTHY")));
    let kinds: Vec<&str> = received.iter().map(|received| received.kind.as_str()).collect();
    assert_eq!((level.as_str(), kinds), ("WARNING", vec!["RAISED"]));
}

proptest! {
    #![proptest_config(config())]

    /// Whatever went wrong before: after one check without a fault, people have been notified of the level that it found, and
    /// can recognise every repeat.
    #[test]
    fn no_alert_is_lost(turns in turns(any_fault), last in any_last()) {
        for End { subject, level, received } in ends(turns, last) {
            let since_recovery = received.iter().rev().take_while(|received| received.kind != "RECOVERED");
            let highest = since_recovery.map(|received| severity(&received.level)).max().unwrap_or(0);
            prop_assert!(highest >= severity(&level), "{subject} is {level} after {received:?}");
            for (nth, one) in received.iter().enumerate() {
                for other in received[nth + 1..].iter().filter(|other| other.alert_id == one.alert_id) {
                    prop_assert_eq!((&other.kind, &other.level), (&one.kind, &one.level), "{:?}", received);
                }
            }
        }
    }

    /// Whatever goes wrong, no check says anything twice: it gives up where a publish may have been carried out.
    #[test]
    fn no_check_says_anything_twice(turns in turns(any_fault), last in any_last()) {
        for End { received, .. } in ends(turns, last) {
            let senders: BTreeSet<(u32, u64)> = received.iter().map(|received| received.sender).collect();
            prop_assert_eq!(senders.len(), received.len(), "{:?}", received);
        }
    }

    /// As long as the table can be read and written, the last notification is no better than the level, nobody is left with an
    /// alert that is over, and what a pager opens, it closes.
    #[test]
    fn no_recovery_is_lost(turns in turns(any_fault_but_amnesia), last in any_last()) {
        for End { subject, level, received } in ends(turns, last) {
            let last_received = received.last().map_or("OK", |received| &received.level);
            prop_assert!(severity(last_received) >= severity(&level), "{subject} is {level} after {received:?}");
            prop_assert_eq!(last_received == "OK", level == "OK", "{}: {:?}", subject, received);
            let mut open = BTreeSet::new();
            for Received { kind, incident_id, .. } in &received {
                if kind == "RECOVERED" { open.remove(incident_id) } else { open.insert(incident_id) };
            }
            prop_assert_eq!(open.len(), usize::from(level != "OK"), "{:?}", received);
        }
    }

    /// As long as it is known of each publish whether it was carried out, nobody receives anything twice.
    #[test]
    fn no_alert_is_doubled(turns in turns(any_clear_fault), last in any_last()) {
        for End { received, .. } in ends(turns, last) {
            let mut before = "OK";
            for Received { kind, level, .. } in &received {
                let fits = match kind.as_str() {
                    "RAISED" => before == "OK" && level != "OK",
                    // From a level that had fallen, unannounced, it may rise to one that was received before.
                    "ESCALATED" => before != "OK" && severity(level) > 1,
                    "RECOVERED" => before != "OK" && level == "OK",
                    _ => false,
                };
                prop_assert!(fits, "{received:?}");
                before = level;
            }
            let ids: BTreeSet<&str> = received.iter().map(|received| received.alert_id.as_str()).collect();
            prop_assert_eq!(ids.len(), received.len(), "{:?}", received);
        }
    }
}
