//! What goes wrong in some accounts costs no other anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::time::Instant;

use crate::fleet::{Done, Fleet, account, accounts, asked, check};
use crate::support::{Answer, Call, cases, run};

/// How long each call takes.
const LATENCY: Duration = Duration::from_millis(30);

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Denied,
    Throttled,
    Hangs,
    Nonsense,
    Slow,
    Reset,
    Unreachable,
    Broken,
}

impl Trouble {
    const ALL: [Self; 8] = [
        Self::Denied,
        Self::Throttled,
        Self::Hangs,
        Self::Nonsense,
        Self::Slow,
        Self::Reset,
        Self::Unreachable,
        Self::Broken,
    ];

    fn answer(self, call: &Call, usual: impl Fn() -> Answer) -> Answer {
        let error = |status, code| match call.operation.as_str() {
            "GetAccount" => Answer::rest_error(status, code, "no"),
            _ => Answer::xml_error(status, code, "no"),
        };
        match self {
            Self::Denied => error(403, "AccessDenied").after(LATENCY),
            Self::Throttled => error(400, "Throttling").after(LATENCY),
            Self::Hangs => Answer::Silence,
            Self::Nonsense => Answer::reply(200, "<html/>").after(LATENCY),
            Self::Slow => usual().after(Duration::from_secs(4)),
            Self::Reset => Answer::Reset,
            Self::Unreachable => Answer::NoConnection,
            Self::Broken => error(500, "InternalFailure").after(LATENCY),
        }
    }
}

/// An account: what it sent of 1,000, and which of its calls go wrong, and how.
#[derive(Debug, Clone, Copy)]
struct Sender {
    sent: u32,
    trouble: Option<(&'static str, Trouble)>,
}

fn any_sender(troubled: f64) -> impl Strategy<Value = Sender> {
    let operation = select(vec!["AssumeRole", "GetSendQuota", "GetAccount", "GetSendStatistics"]);
    let trouble = option::weighted(troubled, (operation, select(&Trouble::ALL[..])));
    (select(vec![10, 10, 10, 10, 10, 10, 10, 850, 960, 1_000]), trouble)
        .prop_map(|(sent, trouble)| Sender { sent, trouble })
}

/// Accounts of which some are in trouble, most, or nearly all.
fn any_senders() -> impl Strategy<Value = Vec<Sender>> {
    select(vec![0.1, 0.5, 0.9]).prop_flat_map(|troubled| vec(any_sender(troubled), 200))
}

/// The account that a call is about.
fn about(call: &Call) -> Option<usize> {
    let account = if call.operation == "AssumeRole" { call.assumed_account() } else { call.account()?.to_owned() };
    account.strip_prefix("4444")?.parse().ok()
}

/// A check of these accounts, how long it took, and when it began.
async fn check_in(fleet: &Fleet, minute: i64, senders: &[Sender], regions: &str) -> (Done, Duration, Instant) {
    let (usual, all) = (fleet.clone(), senders.to_vec());
    let aws = fleet.aws(move |call| {
        let sender = about(call).map(|number| all[number]);
        let usual = || match (call.operation.as_str(), sender) {
            ("GetSendQuota", Some(Sender { sent, .. })) => Answer::quota(sent, 1_000, 14).after(LATENCY),
            _ => usual.usual(call).after(LATENCY),
        };
        match sender.and_then(|sender| sender.trouble) {
            Some((operation, trouble)) if operation == call.operation => Some(trouble.answer(call, usual)),
            _ => Some(usual()),
        }
    });
    let start = Instant::now();
    let accounts = accounts(senders.len());
    let done = check(&aws, minute, &[("ACCOUNTS", &accounts), ("REGIONS", regions)]).await;
    (done, start.elapsed(), start)
}

fn assert_paced(done: &Done) {
    let left: Vec<Instant> = done.of("Publish").iter().map(|call| call.at).collect();
    for window in left.windows(6) {
        assert!(window[5] - window[0] > Duration::from_secs(1), "six messages within {:?}", window[5] - window[0]);
    }
}

fn level(sent: u32) -> (&'static str, f64) {
    match sent {
        850 => ("WARNING", 1.0),
        960 => ("CRITICAL", 2.0),
        1_000 => ("EXHAUSTED", 3.0),
        _ => ("OK", 0.0),
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn accounts_in_trouble_cost_no_other_anything(senders in any_senders()) {
        let fleet = Fleet::default();
        let (done, took, start) = run(check_in(&fleet, 0, &senders, &REGIONS.join(",")));
        prop_assert!(took < Duration::from_millis(29_100), "{took:?}");
        assert_paced(&done);
        let metrics: BTreeMap<String, f64> = done.metrics().into_iter().collect();
        let told: BTreeSet<String> = done.told().into_iter().collect();
        let calls: Vec<String> = done.of("GetSendQuota").into_iter().filter_map(asked).collect();
        let mut expected = BTreeSet::new();
        for (number, Sender { sent, trouble }) in senders.iter().enumerate() {
            for region in REGIONS {
                let target = format!("{}#{region}", account(number));
                let reported = done.target(&target).unwrap();
                let (level, value) = level(*sent);
                if level != "OK" {
                    expected.insert(format!("{target} QUOTA RAISED {level}"));
                }
                if trouble.is_some() {
                    continue;
                }
                let told = told.contains(&format!("{target} QUOTA RAISED {level}"));
                prop_assert_eq!(told, level != "OK", "{}", target);
                prop_assert!(reported["level"] == level && reported.get("error").is_none(), "{reported}");
                prop_assert_eq!(calls.iter().filter(|call| **call == target).count(), 1, "{}", target);
                for (name, value) in [("SentLast24Hours", f64::from(*sent)), ("AlertLevel", value), ("CheckFailed", 0.0), ("SendingStatus", 0.0)] {
                    prop_assert_eq!(metrics.get(&format!("{target} {name}")), Some(&value), "{} {}", target, name);
                }
            }
        }
        // Nothing is told that is not true.
        prop_assert!(told.is_subset(&expected), "{:?}", told.difference(&expected).collect::<Vec<_>>());
        // As soon as those that hang are known to.
        let (_, last) = last_healthy(&done, &senders, start);
        prop_assert!(last < Duration::from_secs(12), "{last:?}");
    }
}

/// Half of so many accounts in trouble, and what every twentieth sent of 1,000.
fn half(count: usize, operation: &'static str, trouble: Trouble) -> Vec<Sender> {
    let sender = |number| Sender {
        sent: if number % 20 == 1 { 960 } else { 10 },
        trouble: (number % 2 == 0).then_some((operation, trouble)),
    };
    (0..count).map(sender).collect()
}

/// When the last quota was asked for of those that are not in trouble, and how many were.
fn last_healthy(done: &Done, senders: &[Sender], start: Instant) -> (usize, Duration) {
    let asked = done.of("GetSendQuota").into_iter();
    let healthy = asked.filter(|call| about(call).is_some_and(|number| senders[number].trouble.is_none()));
    let at: Vec<Duration> = healthy.map(|call| call.at - start).collect();
    (at.len(), at.into_iter().max().unwrap_or_default())
}

/// A thousand, at once and for as long as that: all others are read and alerted about, and people get a few messages.
#[tokio::test(start_paused = true)]
async fn a_thousand_accounts_in_trouble_cost_the_other_thousand_nothing() {
    for (operation, trouble, region, seconds) in [
        ("AssumeRole", Trouble::Hangs, "all", 16),
        ("GetSendQuota", Trouble::Hangs, "us-east-1", 12),
        ("GetSendQuota", Trouble::Denied, "us-east-1", 6),
    ] {
        let senders = half(2_000, operation, trouble);
        let fleet = Fleet::default();
        for (minute, unread) in [(0, 0), (15, 1_000)] {
            let (done, took, start) = check_in(&fleet, minute, &senders, "us-east-1").await;
            let shown = format!("{operation} {trouble:?} at {minute}");
            assert!(took < Duration::from_millis(29_100), "{shown}: {took:?}");
            assert_paced(&done);
            let (read, last) = last_healthy(&done, &senders, start);
            assert!(read == 1_000 && last < Duration::from_secs(seconds), "{shown}: {read} within {last:?}");
            let told = done.told();
            let of_trouble =
                told.iter().filter(|told| told.ends_with(&format!("#{region} READING RAISED WARNING"))).count();
            let of_quotas = told.iter().filter(|told| told.ends_with(" QUOTA RAISED CRITICAL")).count();
            assert_eq!((of_trouble, of_quotas), (unread, if minute == 0 { 100 } else { 0 }), "{shown}");
            assert_eq!(told.len(), of_trouble + of_quotas, "{shown}");
            // Three alone, and the rest in digests of 50.
            assert!(done.of("Publish").len() <= 3 + told.len().div_ceil(50), "{shown}: {}", done.of("Publish").len());
            assert_eq!(done.error, None, "{shown}");
        }
    }
}

/// SNS takes its time for each message, so that twenty digests do not fit a check.
#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_for_is_said_by_the_next_check() {
    let fleet = Fleet::default();
    let usual = fleet.clone();
    let aws = fleet.aws(move |call| {
        Some(match (call.operation.as_str(), about(call)) {
            ("Publish", _) => usual.usual(call).after(Duration::from_millis(1_500)),
            ("AssumeRole", Some(number)) if number % 2 == 0 => Trouble::Denied.answer(call, || unreachable!()),
            _ => usual.usual(call).after(LATENCY),
        })
    });
    let accounts = accounts(2_000);
    let variables = [("ACCOUNTS", accounts.as_str())];
    assert!(check(&aws, 0, &variables).await.told().is_empty());
    let mut ids: Vec<String> = Vec::new();
    for minute in [15, 20, 25] {
        let done = check(&aws, minute, &variables).await;
        assert_paced(&done);
        ids.extend(done.alerts().iter().map(|alert| alert["alertId"].as_str().unwrap().to_owned()));
        let unsaid = done.failures().iter().filter(|failure| failure.ends_with("#all alert TooManyAlerts")).count();
        assert_eq!(
            (unsaid > 0, done.error.is_some()),
            (minute == 15, minute == 15),
            "{minute}: {unsaid} {:?}",
            done.error
        );
        assert!(minute > 15 || ids.len() > 300, "{}", ids.len());
    }
    let each: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(each.len(), 1_000);
    // The last digest of a check, to which SNS may not have answered in time, comes again.
    assert!(ids.len() <= 1_050, "{}", ids.len());
}

/// Of 800 accounts, one Region answers nobody.
#[tokio::test(start_paused = true)]
async fn a_region_that_is_a_black_hole_costs_the_other_next_to_nothing() {
    let fleet = Fleet::default();
    let usual = fleet.clone();
    let aws = fleet.aws(move |call| {
        let is_hole = call.host.starts_with("email.us-east-1.");
        Some(if is_hole { Answer::Silence } else { usual.usual(call).after(LATENCY) })
    });
    let start = Instant::now();
    let accounts = accounts(800);
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts), ("REGIONS", &REGIONS.join(","))]).await;
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let other = done.of("GetSendQuota").into_iter().filter(|call| call.host.starts_with("email.eu-west-1."));
    let at: Vec<Duration> = other.map(|call| call.at - start).collect();
    let last = at.iter().max().unwrap();
    // It would take 4 seconds if nothing were wrong.
    assert!(at.len() == 800 && *last < Duration::from_secs(9), "{} within {last:?}", at.len());
    assert_eq!((done.failures().len(), done.error), (800, None));
    assert_eq!(done.report["targets"].as_array().unwrap().iter().filter(|target| target["level"] == "OK").count(), 800);
}

/// It is not down.
#[tokio::test(start_paused = true)]
async fn a_service_that_takes_four_seconds_is_slow_for_a_fleet_too() {
    for operation in ["GetSendQuota", "GetAccount", "AssumeRole"] {
        let fleet = Fleet::default();
        let usual = fleet.clone();
        let aws = fleet.aws(move |call| {
            let is_slow = call.operation == operation;
            Some(usual.usual(call).after(if is_slow { Duration::from_secs(4) } else { LATENCY }))
        });
        let accounts = accounts(600);
        let done = check(&aws, 0, &[("ACCOUNTS", &accounts)]).await;
        assert_eq!((done.failures(), done.error), (vec![], None), "{operation}");
    }
}

/// All of them hang: each has one call under way.
#[tokio::test(start_paused = true)]
async fn no_more_than_four_hundred_are_waited_for_at_once() {
    let aws = Fleet::default().aws(|call| asked(call).map(|_| Answer::Silence));
    let start = Instant::now();
    let accounts = accounts(500);
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts), ("REGIONS", &REGIONS.join(","))]).await;
    let within = |time| done.of("GetSendQuota").into_iter().filter(|call| call.at - start < time).count();
    // Before the first of them is given up.
    assert_eq!(within(Duration::from_secs(5)), 400);
    assert_eq!(done.read().len(), 1_000);
}
