//! A check that is too large for one invocation: its parts, and that they are as good as one check.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use ses_quota_monitor::request::Request;

use crate::fleet::{Delivery, Done, Fleet, OWN, Process, account, accounts, asked};
use crate::members::is_listing;
use crate::support::{Answer, Aws, Call, Organization, cases, run};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/work";

/// The messages that a check has sent.
fn sent(done: &Done) -> Vec<String> {
    let body = |call: &&Call| call.json()["MessageBody"].as_str().unwrap().to_owned();
    let mut all: Vec<String> = done.of("SendMessage").iter().map(body).collect();
    all.sort_by_key(|body| part(body)["number"].as_u64());
    all
}

/// What a message says.
fn part(body: &str) -> Value {
    serde_json::from_str::<Value>(body).unwrap()["shard"].clone()
}

/// The accounts of a part.
fn in_part(body: &str) -> Vec<String> {
    part(body)["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Which accounts are checked in how many Regions, and how many targets a part may have.
#[derive(Debug, Clone)]
struct Size {
    accounts: String,
    regions: String,
    limit: String,
}

impl Size {
    fn new(count: usize, regions: usize, limit: usize) -> Self {
        let regions: Vec<String> = (1..=regions).map(|number| format!("ap-southeast-{number}")).collect();
        Self { accounts: accounts(count), regions: regions.join(","), limit: limit.to_string() }
    }

    fn variables(&self) -> [(&str, &str); 4] {
        let Self { accounts, regions, limit } = self;
        [("ACCOUNTS", accounts), ("REGIONS", regions), ("WORK_QUEUE_URL", QUEUE), ("SHARD_TARGETS", limit)]
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_of_more_targets_than_one_invocation_takes_sends_parts_and_reads_nothing_itself() {
    let (aws, size) = (Fleet::default().aws(|_| None), Size::new(5, 2, 4));
    let done = Process::new(&aws, &size.variables()).check(0).await;
    assert_eq!(done.error, None);
    assert!(
        done.calls.iter().all(|call| call.operation == "SendMessage" && call.host == "sqs.us-east-1.amazonaws.com")
    );
    assert!(done.calls.iter().all(|call| call.json()["QueueUrl"] == QUEUE && call.account().is_none()));
    let bodies = sent(&done);
    assert_eq!(
        bodies[2],
        json!({"shard": {"number": 2, "of": 3, "expiresAt": "2026-11-24T12:05:00Z", "accounts": [{"id": account(4)}]}})
            .to_string()
    );
    assert_eq!((&done.report["parts"], done.report["targets"].as_array().unwrap().len()), (&json!(3), 0));
}

#[tokio::test(start_paused = true)]
async fn as_many_targets_as_one_invocation_takes_are_checked_at_once() {
    for (size, is_parted) in [(Size::new(4, 2, 8), false), (Size::new(4, 2, 7), true), (Size::new(1, 1, 1), false)] {
        let aws = Fleet::default().aws(|_| None);
        let done = Process::new(&aws, &size.variables()).check(0).await;
        assert_eq!((!sent(&done).is_empty(), done.read().is_empty()), (is_parted, is_parted));
    }
    // Without a queue, all are checked in one invocation, however many they are.
    let size = Size::new(30, 2, 1);
    let variables = size.variables().into_iter().filter(|(name, _)| *name != "WORK_QUEUE_URL").collect::<Vec<_>>();
    assert_eq!(Process::new(&Fleet::default().aws(|_| None), &variables).check(0).await.read().len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_and_a_test_alert_are_not_parted() {
    for request in [Request::DryRun, Request::TestAlert] {
        let (aws, size) = (Fleet::default().aws(|_| None), Size::new(5, 2, 4));
        let done = Process::new(&aws, &size.variables()).request(request, 0).await;
        assert_eq!((done.of("SendMessage").len(), done.read().len(), done.error), (0, 10, None));
    }
}

#[tokio::test(start_paused = true)]
async fn the_parts_have_the_names_of_the_accounts_and_name_them_in_alerts() {
    let organization = (0..4).fold(Organization::default(), |all, number| {
        all.with_account(&account(number), "Payments \"and\" more", "ACTIVE", "r-ab12")
    });
    let fleet = Fleet { organization, ..Fleet::default() };
    let aws = fleet.aws(|call| (call.operation == "GetSendQuota").then(|| Answer::quota(960, 1_000, 14)));
    let size = Size { accounts: "organization".to_owned(), ..Size::new(0, 1, 2) };
    let process = Process::new(&aws, &size.variables());
    for body in sent(&process.check(0).await) {
        let (delivery, done) = process.work(&body, 1).await;
        assert_eq!(delivery, Delivery::Checked);
        assert!(!done.calls.iter().any(is_listing));
        assert_eq!(done.alerts().len(), 2);
        assert!(done.alerts().iter().all(|alert| alert["accountName"] == "Payments \"and\" more"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_comes_when_the_next_check_is_due_is_dropped() {
    for (interval, minute, delivery) in [
        ("5", 4, Delivery::Checked),
        ("5", 5, Delivery::Stale),
        ("15", 14, Delivery::Checked),
        ("15", 15, Delivery::Stale),
        ("5", 1_000, Delivery::Stale),
    ] {
        let (aws, size) = (Fleet::default().aws(|_| None), Size::new(2, 1, 1));
        let variables = [&size.variables()[..], &[("CHECK_INTERVAL_MINUTES", interval)]].concat();
        let process = Process::new(&aws, &variables);
        let body = sent(&process.check(0).await).swap_remove(0);
        let (delivered, done) = process.work(&body, minute).await;
        assert_eq!((delivered, done.calls.is_empty()), (delivery, delivery == Delivery::Stale), "{interval} {minute}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_no_part_fails_and_costs_nothing() {
    let (aws, size) = (Fleet::default().aws(|_| None), Size::new(2, 1, 1));
    let process = Process::new(&aws, &size.variables());
    for body in ["", "{}", "no JSON", "{\"shard\":{\"number\":0,\"of\":1,\"expiresAt\":\"soon\",\"accounts\":[]}}"] {
        let (delivered, done) = process.work(body, 0).await;
        assert!(delivered == Delivery::Failed && done.calls.is_empty(), "{body}");
        assert!(done.error.unwrap().starts_with("the message is no part of a check: "), "{body}");
    }
}

/// A message that was left in the queue when `ACCOUNTS` was removed: its accounts must not be taken for the own one.
#[tokio::test(start_paused = true)]
async fn a_part_of_a_monitor_that_checks_its_own_account_alone_fails() {
    let aws = Fleet::default().aws(|_| None);
    let body = json!({"shard": {
        "number": 0, "of": 1, "expiresAt": "2026-11-24T12:05:00Z", "accounts": [{"id": account(0)}, {"id": OWN}],
    }});
    let (delivered, done) = Process::new(&aws, &[]).work(&body.to_string(), 0).await;
    assert!(delivered == Delivery::Failed && done.calls.is_empty());
    assert!(done.error.unwrap().contains("ACCOUNTS"));
}

/// The highest numbers that a message can name.
#[tokio::test(start_paused = true)]
async fn a_part_with_any_number_is_checked_or_fails() {
    let aws = Fleet::default().aws(|call| (call.operation == "PutMetricData").then_some(Answer::NoConnection));
    let size = Size::new(2, 1, 1);
    let process = Process::new(&aws, &size.variables());
    let body = json!({"shard": {
        "number": u64::MAX, "of": u64::MAX, "expiresAt": "2026-11-24T12:05:00Z", "accounts": [{"id": account(0)}],
    }});
    let (delivered, done) = process.work(&body.to_string(), 0).await;
    assert_eq!(delivered, Delivery::Failed);
    assert!(done.error.unwrap().starts_with("part "));
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_is_measured_and_succeeds_when_it_comes_again() {
    let aws = Fleet::default().aws(|call| match (call.operation.as_str(), call.account()) {
        ("GetSendQuota", Some(_)) => Some(Answer::quota(960, 1_000, 14)),
        // The first publish of the first delivery.
        ("Publish", _) if call.nth == 0 => Some(Answer::xml_error(403, "AuthorizationError", "no")),
        _ => None,
    });
    let size = Size::new(2, 1, 1);
    let process = Process::new(&aws, &size.variables());
    let bodies = sent(&process.check(0).await);
    let (delivered, done) = process.work(&bodies[0], 1).await;
    assert_eq!((delivered, done.metric("ShardsFailed")), (Delivery::Failed, Some(1.0)));
    let error = done.error.unwrap();
    assert!(
        error.starts_with("part 1 of 2 failed: 1 of 1 targets failed") && error.contains("AuthorizationError"),
        "{error}"
    );
    // No other part is concerned.
    let (delivered, done) = process.work(&bodies[1], 1).await;
    assert_eq!((delivered, done.metric("ShardsFailed"), done.told().len()), (Delivery::Checked, None, 1));
    let (delivered, done) = process.work(&bodies[0], 4).await;
    assert_eq!((delivered, done.metric("ShardsFailed"), done.told().len()), (Delivery::Checked, None, 1));
}

/// It may be true of these accounts alone. To be told again of each would not help anybody.
#[tokio::test(start_paused = true)]
async fn a_part_of_which_nothing_can_be_read_has_not_failed() {
    let aws = Fleet::default().aws(|call| asked(call).map(|_| Answer::NoConnection));
    let process = Process::new(&aws, &Size::new(2, 1, 1).variables());
    let bodies = sent(&process.check(0).await);
    let (delivered, done) = process.work(&bodies[0], 1).await;
    assert_eq!(
        (delivered, done.metric("ShardsFailed"), done.metric("TargetsUnread")),
        (Delivery::Checked, None, Some(1.0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_be_reached_fails_the_check_and_what_was_sent_is_checked() {
    for (answer, code) in [
        (Answer::NoConnection, "NoConnection"),
        (Answer::json_error(400, "AccessDenied", "no"), "AccessDenied"),
        (Answer::json_error(400, "QueueDoesNotExist", "no"), "QueueDoesNotExist"),
        (Answer::Silence, "Timeout"),
    ] {
        // All but the first message.
        let aws =
            Fleet::default().aws(move |call| (call.operation == "SendMessage" && call.nth > 0).then(|| answer.clone()));
        let size = Size::new(3, 2, 2);
        let process = Process::new(&aws, &size.variables());
        let done = process.check(0).await;
        let error = done.error.as_ref().unwrap();
        assert!(error.starts_with("2 of 3 parts of the check could not be sent: shards: "), "{error}");
        assert_eq!(done.failures(), [format!("shards {code}"), format!("shards {code}")]);
        let first = sent(&done).into_iter().find(|body| part(body)["number"] == 0).unwrap();
        let (delivered, done) = process.work(&first, 1).await;
        assert_eq!((delivered, done.read().len()), (Delivery::Checked, 2));
    }
}

/// Where the accounts are not known, there is nothing to part; where an old list is in use, its accounts are.
#[tokio::test(start_paused = true)]
async fn a_listing_that_fails_is_reported_by_the_check_that_is_parted() {
    let organization =
        (0..6).fold(Organization::default(), |all, number| all.with_account(&account(number), "A", "ACTIVE", "r-ab12"));
    let fleet = Fleet { organization, ..Fleet::default() };
    let size = Size { accounts: "organization".to_owned(), ..Size::new(0, 1, 2) };
    assert_eq!(sent(&Process::new(&fleet.aws(|_| None), &size.variables()).check(0).await).len(), 3);
    let aws = fleet.aws(|call| (call.operation == "ListAccounts").then_some(Answer::NoConnection));
    let done = Process::new(&aws, &size.variables()).check(60).await;
    assert_eq!((sent(&done).len(), done.failures()), (3, vec!["accounts NoConnection".to_owned()]));
    assert_eq!(done.report["accountsListedAt"], "2026-11-24T12:00:00Z");
}

/// An account.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sender {
    /// It sent so much of 1,000 in each Region.
    Sent(u32),
    Unread,
    WithoutRole,
}

fn any_senders() -> impl Strategy<Value = Vec<Sender>> {
    let sender = select(vec![
        Sender::Sent(0),
        Sender::Sent(10),
        Sender::Sent(10),
        Sender::Sent(850),
        Sender::Sent(960),
        Sender::Sent(1_000),
        Sender::Unread,
        Sender::WithoutRole,
    ]);
    vec(sender, 1..40)
}

/// An AWS with these accounts, and the own one, which hardly sends anything.
fn aws(fleet: &Fleet, senders: &[Sender], latency: Duration) -> Aws {
    let (usual, senders) = (fleet.clone(), senders.to_vec());
    fleet.aws(move |call| {
        let account = if call.operation == "AssumeRole" {
            Some(call.assumed_account())
        } else {
            call.account().map(str::to_owned)
        };
        let sender = account.and_then(|account| Some(senders[account.strip_prefix("4444")?.parse::<usize>().ok()?]));
        let answer = match (call.operation.as_str(), sender) {
            ("GetSendQuota", Some(Sender::Sent(sent))) => Answer::quota(sent, 1_000, 14),
            ("GetSendQuota", Some(Sender::Unread)) | ("AssumeRole", Some(Sender::WithoutRole)) => {
                Answer::xml_error(403, "AccessDenied", "no")
            }
            ("GetAccount", Some(Sender::Unread)) => Answer::rest_error(403, "AccessDeniedException", "no"),
            _ => usual.usual(call),
        };
        Some(answer.after(latency))
    })
}

/// The accounts of these senders, and the own one.
fn size(senders: &[Sender], regions: usize, limit: usize) -> Size {
    let size = Size::new(senders.len(), regions, limit);
    Size { accounts: format!("{OWN},{}", size.accounts), ..size }
}

/// The states of all targets that are stored.
fn stored(fleet: &Fleet, senders: &[Sender], size: &Size) -> BTreeMap<String, Value> {
    let accounts = (0..senders.len()).map(account).chain([OWN.to_owned()]);
    let regions: Vec<&str> = size.regions.split(',').chain(["all"]).collect();
    let mut all = BTreeMap::new();
    for account in accounts {
        for region in &regions {
            for subject in ["", "#ACCOUNT", "#RATE", "#READING"] {
                let key = format!("{account}#{region}{subject}");
                all.extend(fleet.table.item(&key).map(|item| (key, item)));
            }
        }
    }
    all
}

/// What checks of some minutes told, measured and reported, in their order.
#[derive(Debug, PartialEq, Default)]
struct Found {
    told: Vec<Vec<String>>,
    measured: Vec<BTreeMap<String, f64>>,
    reported: Vec<BTreeMap<String, Value>>,
}

impl Found {
    /// Takes in what was done at a minute, in one invocation or several.
    fn add(&mut self, all: &[Done]) {
        let mut told: Vec<String> = all.iter().flat_map(Done::told).collect();
        told.sort();
        self.told.push(told);
        let mut measured: BTreeMap<String, f64> = BTreeMap::new();
        for (name, value) in all.iter().flat_map(Done::metrics) {
            // Sums add up, and the highest of all is the highest of each.
            let known = measured.entry(name.clone()).or_default();
            *known = if name.starts_with("Highest") { known.max(value) } else { *known + value };
        }
        self.measured.push(measured);
        let targets = all.iter().flat_map(|done| done.report["targets"].as_array().cloned().unwrap_or_default());
        let named = targets.map(|target| (format!("{}#{}", target["account"], target["region"]), target));
        self.reported.push(named.collect());
    }
}

proptest! {
    #![proptest_config(cases(15))]

    #[test]
    fn parts_hold_whole_accounts_and_together_all_of_them_once(
        count in 1..60_usize, regions in 1..6_usize, limit in 1..40_usize,
    ) {
        let (aws, size) = (Fleet::default().aws(|_| None), Size::new(count, regions, limit));
        let done = run(Process::new(&aws, &size.variables()).check(0));
        let bodies = sent(&done);
        if count * regions <= limit {
            prop_assert!(bodies.is_empty() && done.read().len() == count * regions);
            return Ok(());
        }
        prop_assert!(done.calls.len() == bodies.len() && done.error.is_none());
        let all: Vec<String> = bodies.iter().flat_map(|body| in_part(body)).collect();
        prop_assert_eq!(all, (0..count).map(account).collect::<Vec<_>>());
        for (number, body) in bodies.iter().enumerate() {
            let (part, accounts) = (part(body), in_part(body).len());
            prop_assert!(accounts == 1 || (accounts > 1 && accounts * regions <= limit), "{accounts} in a part");
            prop_assert_eq!((&part["number"], &part["of"]), (&json!(number), &json!(bodies.len())));
        }
        // No more of them than are needed.
        prop_assert_eq!(bodies.len(), count.div_ceil((limit / regions).max(1)));
    }

    /// Over the time in which alerts begin, are escalated to unread targets, and end.
    #[test]
    fn the_parts_of_a_check_tell_store_measure_and_report_what_one_check_would(
        senders in any_senders(), later in any_senders(), regions in 1..4_usize, limit in 1..30_usize,
    ) {
        let size = size(&senders, regions, limit);
        let whole = Size { limit: "10000".to_owned(), ..size.clone() };
        let later: Vec<Sender> = (0..senders.len()).map(|number| later[number % later.len()]).collect();
        let moments = [(0, &senders), (20, &senders), (40, &later), (60, &later)];
        let (at_once, in_parts) = (Fleet::default(), Fleet::default());
        let (mut once, mut parted) = (Found::default(), Found::default());
        run(async {
            for (minute, senders) in moments {
                let check = Process::new(&aws(&at_once, senders, Duration::ZERO), &whole.variables()).check(minute).await;
                once.add(&[check]);
                let aws = aws(&in_parts, senders, Duration::ZERO);
                let dispatched = Process::new(&aws, &size.variables()).check(minute).await;
                let mut all = Vec::new();
                for body in sent(&dispatched) {
                    // Each in a process of its own.
                    let (delivered, done) = Process::new(&aws, &size.variables()).work(&body, minute).await;
                    assert!(delivered != Delivery::Stale);
                    all.push(done);
                }
                if all.is_empty() {
                    all.push(dispatched);
                }
                parted.add(&all);
            }
        });
        prop_assert_eq!(&parted.told, &once.told);
        let stored = |fleet| stored(fleet, &senders, &size);
        prop_assert_eq!(stored(&in_parts), stored(&at_once));
        for (parted, once) in parted.measured.iter_mut().zip(&once.measured) {
            // A check of a single target has no sums.
            parted.retain(|name, _| once.contains_key(name));
        }
        prop_assert_eq!(&parted.measured, &once.measured);
        prop_assert_eq!(&parted.reported, &once.reported);
    }

    /// Two dispatchers at once, and each message delivered once or twice, in any order, some at the same time.
    #[test]
    fn each_alert_is_told_once_however_often_its_part_is_delivered(
        senders in any_senders(), regions in 1..3_usize, limit in 1..20_usize, order in vec(any::<Index>(), 1..80),
        together in 1..6_usize,
    ) {
        let (fleet, size) = (Fleet::default(), size(&senders, regions, limit));
        let aws = aws(&fleet, &senders, Duration::from_millis(30));
        run(async {
            let dispatchers = [0, 0].map(|minute| {
                let process = Process::new(&aws, &size.variables());
                async move { process.check(minute).await }
            });
            let dispatched = join_all(dispatchers).await;
            // Both see the calls of both.
            let bodies: BTreeSet<String> = dispatched.iter().flat_map(sent).collect();
            let mut deliveries: Vec<String> = bodies.iter().cloned().collect();
            if !deliveries.is_empty() {
                deliveries.extend(order.iter().map(|index| index.get(&deliveries).clone()).collect::<Vec<_>>());
                let half = order[0].index(deliveries.len());
                deliveries.rotate_left(half);
            }
            for at_once in deliveries.chunks(together) {
                let works = at_once.iter().map(|body| {
                    let process = Process::new(&aws, &size.variables());
                    async move { process.work(body, 1).await.0 }
                });
                assert!(join_all(works).await.into_iter().all(|delivered| delivered != Delivery::Stale));
            }
        });
        let told: Vec<String> = aws.calls_of("Publish").iter().flat_map(crate::fleet::alerts).map(|alert| crate::fleet::told(&alert)).collect();
        let mut expected = BTreeSet::new();
        for (number, sender) in senders.iter().enumerate() {
            let level = match sender {
                Sender::Sent(850) => "WARNING",
                Sender::Sent(960) => "CRITICAL",
                Sender::Sent(1_000) => "EXHAUSTED",
                _ => continue,
            };
            expected.extend(size.regions.split(',').map(|region| format!("{}#{region} QUOTA RAISED {level}", account(number))));
        }
        prop_assert_eq!(told.len(), expected.len(), "{:?}", told);
        prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
