//! No alert lost, none doubled, whatever it is about: checks one after the other, or two at the same time, over the same table,
//! with late readings, and with faults and crashes at any call; of the own account, and of another one, whose role cannot be
//! assumed at times.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fleet::account as account_of;
use crate::support::{cases, run};
use crate::world::{Ending, Fault, Received, Turn, World};

/// One check, or two at the same time.
type Turns = (Turn, Option<Turn>);

const OPERATIONS: [&str; 8] = [
    "GetSendQuota",
    "GetSendStatistics",
    "GetAccount",
    "BatchGetItem",
    "PutItem",
    "Publish",
    "PutMetricData",
    ASK_FOR_REQUESTS,
];

/// Asked while an alert is claimed.
const ASK_FOR_REQUESTS: &str = "ListRequestedServiceQuotaChangeHistoryByQuota";

/// From an unused quota to an exhausted one, with values within the margins.
fn any_sent() -> impl Strategy<Value = u32> {
    select(vec![0, 500, 760, 780, 800, 900, 920, 950, 970, 1_000, 1_100])
}

/// None, and around the threshold of 50%, which is 225, and around its margin.
fn any_rate() -> impl Strategy<Value = u32> {
    select(vec![0, 0, 200, 210, 230, 450])
}

fn any_fault() -> BoxedStrategy<Fault> {
    fault_in(OPERATIONS.to_vec())
}

/// One that a check of another account can meet, too.
fn any_fault_of_another() -> BoxedStrategy<Fault> {
    fault_in([&OPERATIONS[..], &["AssumeRole"]].concat())
}

fn fault_in(operations: Vec<&'static str>) -> BoxedStrategy<Fault> {
    (select(operations), 0..3_usize, any::<bool>(), select(&Ending::ALL[..]))
        .prop_map(|(operation, nth, lasts, ending)| Fault { operation, nth, lasts, ending })
        .boxed()
}

/// Healthy, under review, and paused.
fn any_account() -> impl Strategy<Value = (bool, &'static str)> {
    select(vec![(true, "HEALTHY"), (true, "HEALTHY"), (true, "PROBATION"), (false, "PROBATION"), (true, "SHUTDOWN")])
}

/// A fault that hides neither the stored state nor the claim before an alert is sent.
fn but_amnesia(fault: BoxedStrategy<Fault>) -> BoxedStrategy<Fault> {
    let remembers = |fault: &Fault| {
        let is_memory = fault.operation == "BatchGetItem" || fault.operation == "PutItem";
        fault.ending.is_crash() || !is_memory || !(fault.lasts || fault.ending == Ending::Refused)
    };
    fault.prop_filter("nothing is remembered", remembers).boxed()
}

/// A fault of which the check knows whether the call was carried out, or after which a retry succeeds, or a crash before
/// anything is sent.
fn clear(fault: BoxedStrategy<Fault>) -> BoxedStrategy<Fault> {
    let is_clear = |fault: &Fault| {
        let is_first_write = fault.operation == "PutItem" && fault.nth == 0;
        let is_reading = !["PutItem", "Publish", "PutMetricData", ASK_FOR_REQUESTS].contains(&fault.operation);
        match fault.ending {
            Ending::Refused | Ending::Throttled => fault.operation != "PutItem" || !fault.lasts,
            Ending::RequestLost | Ending::AnswerLost | Ending::CarriedOutThenFailed => {
                fault.operation != "Publish" && !fault.lasts
            }
            Ending::CrashBefore => is_reading || is_first_write,
            Ending::CrashAfter => is_reading,
        }
    };
    but_amnesia(fault).prop_filter("in doubt", is_clear).boxed()
}

/// The same of another account: of that as a whole, people are told while its target is still being read.
fn clear_of_another() -> BoxedStrategy<Fault> {
    let is_early = |fault: &Fault| ["AssumeRole", "BatchGetItem", "PutItem"].contains(&fault.operation);
    let is_clear = move |fault: &Fault| !fault.ending.is_crash() || is_early(fault);
    clear(any_fault_of_another()).prop_filter("in doubt", is_clear).boxed()
}

fn any_turn(fault: impl Strategy<Value = Fault>) -> impl Strategy<Value = Turn> {
    // Often on time, and sometimes late, by less than the interval between two checks.
    let late = prop_oneof![3 => Just(0), 1 => 0..240_i64];
    let latency = prop_oneof![2 => Just(0), 1 => 0..200_u64].prop_map(Duration::from_millis);
    (any_sent(), any_rate(), any_account(), option::of(fault), late, latency).prop_map(
        |(sent, rate, account, fault, late, latency)| Turn { sent, rate, account, role: true, fault, late, latency },
    )
}

fn turns(fault: BoxedStrategy<Fault>) -> impl Strategy<Value = Vec<Turns>> {
    vec((any_turn(fault.clone()), option::weighted(0.3, any_turn(fault))), 1..10)
}

/// Checks of another account, whose role cannot be assumed in some of them.
fn turns_of_another(fault: BoxedStrategy<Fault>) -> impl Strategy<Value = Vec<Turns>> {
    let roles = vec((any::<bool>(), any::<bool>()), 10);
    (turns(fault), roles).prop_map(|(mut turns, roles)| {
        for ((one, other), roles) in turns.iter_mut().zip(roles) {
            one.role = roles.0;
            if let Some(other) = other {
                other.role = roles.1;
            }
        }
        turns
    })
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

const SUBJECTS: [&str; 4] = ["QUOTA", "ACCOUNT", "RATE", "READING"];

/// What is true and known of each subject after these checks and one more without a fault.
fn ends(turns: Vec<Turns>, (sent, account): Last) -> Vec<End> {
    let last = Turn { account, ..Turn::healthy(sent) };
    ends_in(World::default(), turns, last, &SUBJECTS.map(|subject| ("us-east-1", subject)))
}

/// The same of another account: of its target, if the role can be assumed in the end, and of the account as a whole, which is
/// told about in the second check that cannot read it.
fn ends_of_another(turns: Vec<Turns>, (sent, account): Last, role: bool) -> Vec<End> {
    let last = Turn { account, role, ..Turn::healthy(sent) };
    let of_target = SUBJECTS.map(|subject| ("us-east-1", subject));
    let known = of_target.into_iter().filter(|_| role).chain([("all", "READING")]);
    ends_in(World::of(account_of(0)), turns, last, &known.collect::<Vec<_>>())
}

fn ends_in(mut world: World, turns: Vec<Turns>, last: Turn, of: &[(&str, &'static str)]) -> Vec<End> {
    run(async {
        for turn in turns {
            match turn {
                (turn, None) => drop(world.check(turn).await),
                (one, Some(other)) => world.check_twice([one, other]).await,
            }
        }
        if !last.role {
            world.check(last).await;
        }
        let report = world.check(last).await.unwrap();
        let about = |region: &str, subject: &str| {
            let mut targets = report["targets"].as_array().unwrap().iter();
            let subjects = targets.find(|target| target["region"] == region)?["subjects"].as_array()?.clone();
            subjects.into_iter().find(|about| about["subject"] == subject)
        };
        let end = |&(region, subject)| {
            let level =
                about(region, subject).map_or("OK".to_owned(), |about| about["level"].as_str().unwrap().to_owned());
            End { subject, level, received: world.received(region, subject) }
        };
        of.iter().map(end).collect()
    })
}

/// People have been notified of the level, and can recognise every repeat.
fn none_is_lost(ends: &[End]) -> Result<(), TestCaseError> {
    for End { subject, level, received } in ends {
        let since_recovery = received.iter().rev().take_while(|received| received.kind != "RECOVERED");
        let highest = since_recovery.map(|received| severity(&received.level)).max().unwrap_or(0);
        prop_assert!(highest >= severity(level), "{subject} is {level} after {received:?}");
        for (nth, one) in received.iter().enumerate() {
            for other in received[nth + 1..].iter().filter(|other| other.alert_id == one.alert_id) {
                prop_assert_eq!((&other.kind, &other.level), (&one.kind, &one.level), "{:?}", received);
            }
        }
    }
    Ok(())
}

/// No check has said anything twice.
fn none_is_repeated(ends: &[End]) -> Result<(), TestCaseError> {
    for End { received, .. } in ends {
        let senders: BTreeSet<(u32, u64)> = received.iter().map(|received| received.sender).collect();
        prop_assert_eq!(senders.len(), received.len(), "{:?}", received);
    }
    Ok(())
}

/// The last notification is no better than the level, nobody is left with an alert that is over, and what a pager opens, it
/// closes.
fn none_is_left_open(ends: &[End]) -> Result<(), TestCaseError> {
    for End { subject, level, received } in ends {
        let last_received = received.last().map_or("OK", |received| &received.level);
        prop_assert!(severity(last_received) >= severity(level), "{subject} is {level} after {received:?}");
        prop_assert_eq!(last_received == "OK", level == "OK", "{}: {:?}", subject, received);
        let mut open = BTreeSet::new();
        for Received { kind, incident_id, .. } in received {
            if kind == "RECOVERED" {
                open.remove(incident_id)
            } else {
                open.insert(incident_id)
            };
        }
        prop_assert_eq!(open.len(), usize::from(level != "OK"), "{:?}", received);
    }
    Ok(())
}

/// Each follows from the one before it, and none has come twice.
fn none_is_doubled(ends: &[End]) -> Result<(), TestCaseError> {
    for End { received, .. } in ends {
        let mut before = "OK";
        for Received { kind, level, .. } in received {
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
    Ok(())
}

/// A recovery whose claim was refused, and then a level within the margin: once, the recovery was sent all the same, and
/// the next alert was not.
#[test]
fn a_recovery_that_could_not_be_recorded_hides_no_alert() {
    let refused = Fault { operation: "PutItem", nth: 0, lasts: false, ending: Ending::Refused };
    let turns = vec![(Turn::healthy(800), None), (Turn { fault: Some(refused), ..Turn::healthy(0) }, None)];
    let End { level, received, .. } = ends(turns, (760, (true, "HEALTHY"))).swap_remove(0);
    let kinds: Vec<&str> = received.iter().map(|received| received.kind.as_str()).collect();
    assert_eq!((level.as_str(), kinds), ("WARNING", vec!["RAISED"]));
}

proptest! {
    #![proptest_config(cases(400))]

    /// Whatever went wrong before: after one check without a fault, people know what it found.
    #[test]
    fn no_alert_is_lost(turns in turns(any_fault()), last in any_last()) {
        none_is_lost(&ends(turns, last))?;
    }

    /// Whatever goes wrong, no check says anything twice: it gives up where a publish may have been carried out.
    #[test]
    fn no_check_says_anything_twice(turns in turns(any_fault()), last in any_last()) {
        none_is_repeated(&ends(turns, last))?;
    }

    /// As long as the table can be read and written.
    #[test]
    fn no_recovery_is_lost(turns in turns(but_amnesia(any_fault())), last in any_last()) {
        none_is_left_open(&ends(turns, last))?;
    }

    /// As long as it is known of each publish whether it was carried out.
    #[test]
    fn no_alert_is_doubled(turns in turns(clear(any_fault())), last in any_last()) {
        none_is_doubled(&ends(turns, last))?;
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn no_alert_of_another_account_is_lost_or_said_twice_by_a_check(
        turns in turns_of_another(any_fault_of_another()), last in any_last(), role in any::<bool>(),
    ) {
        let ends = || ends_of_another(turns.clone(), last, role);
        none_is_lost(&ends())?;
        none_is_repeated(&ends())?;
    }

    #[test]
    fn no_recovery_of_another_account_is_lost(
        turns in turns_of_another(but_amnesia(any_fault_of_another())), last in any_last(), role in any::<bool>(),
    ) {
        none_is_left_open(&ends_of_another(turns, last, role))?;
    }

    #[test]
    fn no_alert_of_another_account_is_doubled(
        turns in turns_of_another(clear_of_another()), last in any_last(), role in any::<bool>(),
    ) {
        none_is_doubled(&ends_of_another(turns, last, role))?;
    }
}
