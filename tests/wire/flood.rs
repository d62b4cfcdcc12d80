//! A flood is one message: many targets that become due at once, and what becomes of them when the process dies meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::{Answer, Aws, Call, Table, cases, healthy, invocation, run, settings};

/// How long each call takes.
const LATENCY: Duration = Duration::from_millis(30);

/// The moment at which a process dies: before, or after, so many requests with one operation were carried out.
#[derive(Debug, Clone, Copy)]
struct Death {
    operation: &'static str,
    nth: usize,
    is_carried_out: bool,
}

/// What subscribers received: for each message, the identities of its alerts.
type Received = Arc<Mutex<Vec<Vec<String>>>>;

/// Regions whose quota is used up, a table, and subscribers.
#[derive(Default)]
struct Flood {
    regions: usize,
    table: Table,
    received: Received,
    checks: i64,
}

impl Flood {
    fn of(regions: usize) -> Self {
        Self { regions, ..Self::default() }
    }

    /// Runs a check, five minutes after the one before, and returns its AWS.
    async fn check(&mut self, death: Option<Death>) -> Aws {
        self.checks += 1;
        let (table, received, crash) = (self.table.clone(), self.received.clone(), Arc::new(Notify::new()));
        let crashed = crash.clone();
        let aws = Aws::new(move |call| {
            let is_last = |death: &Death| call.operation == death.operation && call.nth >= death.nth;
            let Some(death) = death.filter(is_last) else {
                return carry_out(call, &table, &received).after(LATENCY);
            };
            if death.is_carried_out && call.nth == death.nth {
                let _ = carry_out(call, &table, &received);
            }
            crash.notify_one();
            Answer::Silence
        });
        let regions: Vec<String> = (1..=self.regions).map(|number| format!("ap-southeast-{number}")).collect();
        let settings = settings(&[("REGIONS", &regions.join(","))]);
        let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
        let invocation = Invocation {
            started_at: invocation().started_at.plus_seconds(300 * self.checks),
            request_id: format!("request-{}", self.checks),
            ..invocation()
        };
        tokio::select! {
            biased;
            () = crashed.notified() => {}
            _ = monitor.check(Request::Scheduled, &invocation) => {}
        }
        aws
    }

    fn received(&self) -> Vec<Vec<String>> {
        self.received.lock().unwrap().clone()
    }
}

fn carry_out(call: &Call, table: &Table, received: &Received) -> Answer {
    match call.operation.as_str() {
        "GetSendQuota" => return Answer::quota(1_000, 1_000, 14),
        "BatchGetItem" | "PutItem" => return table.answer(call),
        "Publish" => received.lock().unwrap().push(alert_ids(call)),
        _ => {}
    }
    healthy(call)
}

/// The identities of the alerts in a message.
fn alert_ids(call: &Call) -> Vec<String> {
    let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
    let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
    let alerts = document["alerts"].as_array().cloned().unwrap_or_else(|| vec![document]);
    alerts.iter().map(|alert| alert["alertId"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that no more than five messages left in any second.
fn assert_paced(aws: &Aws) {
    let left: Vec<_> = aws.calls_of("Publish").iter().map(|call| call.at).collect();
    for window in left.windows(6) {
        assert!(window[5] - window[0] > Duration::from_secs(1), "six messages within {:?}", window[5] - window[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn three_leave_singly_a_fourth_alone_too_and_more_together() {
    for (regions, messages) in [
        (1, vec![1]),
        (3, vec![1; 3]),
        (4, vec![1; 4]),
        (5, vec![1, 1, 1, 2]),
        (40, vec![1, 1, 1, 37]),
        (54, vec![1, 1, 1, 1, 50]),
    ] {
        let mut flood = Flood::of(regions);
        let aws = flood.check(None).await;
        let mut lengths: Vec<usize> = flood.received().iter().map(Vec::len).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, messages);
        assert_paced(&aws);
        // Everything is committed: the next check has nothing to say.
        flood.check(None).await;
        assert_eq!(flood.received().len(), messages.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_claims_nothing_before_the_one_before_it_has_been_committed() {
    let mut flood = Flood::of(160);
    let aws = flood.check(None).await;
    assert_paced(&aws);
    let calls = aws.calls();
    let digests = calls.iter().filter(|call| call.operation == "Publish" && alert_ids(call).len() > 1);
    let named: Vec<BTreeSet<String>> = digests.map(|call| alert_ids(call).into_iter().collect()).collect();
    assert_eq!(named.iter().map(BTreeSet::len).collect::<Vec<_>>(), [50, 50, 50, 7]);
    // The number of the digest that each write belongs to never falls.
    let digest_of = |call: &Call| {
        let item = call.json()["Item"].clone();
        let region = item["target"]["S"].as_str().unwrap().split('#').nth(1).unwrap().to_owned();
        named.iter().position(|ids| ids.iter().any(|id| id.split('/').nth(1) == Some(&region)))
    };
    let writes: Vec<usize> = calls.iter().filter(|call| call.operation == "PutItem").filter_map(digest_of).collect();
    assert!(writes.is_sorted(), "{writes:?}");
    assert_eq!(writes.len(), 2 * 157);
}

#[tokio::test(start_paused = true)]
async fn what_sns_refuses_of_a_digest_is_said_by_the_next_check() {
    let mut flood = Flood::of(40);
    let refusing = flood.table.clone();
    let regions: Vec<String> = (1..=40).map(|number| format!("ap-southeast-{number}")).collect();
    let settings = settings(&[("REGIONS", &regions.join(","))]);
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota(1_000, 1_000, 14),
        "BatchGetItem" | "PutItem" => refusing.answer(call),
        "Publish" => Answer::xml_error(403, "AuthorizationError", "no"),
        _ => healthy(call),
    });
    let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
    let report = serde_json::to_value(monitor.check(Request::Scheduled, &invocation()).await).unwrap();
    // Each target says so.
    assert!(report["targets"].as_array().unwrap().iter().all(|target| target["error"]["code"] == "AuthorizationError"));
    flood.check(None).await;
    assert_eq!(flood.received().concat().len(), 40);
}

#[tokio::test(start_paused = true)]
async fn what_waits_leaves_in_time_although_a_region_hangs() {
    let table = Table::default();
    let aws = Aws::new(move |call| {
        let hangs = call.host.starts_with("email.ap-southeast-1.");
        match call.operation.as_str() {
            "GetSendQuota" => {
                let answer = Answer::quota(1_000, 1_000, 14);
                if hangs { answer.after(Duration::from_millis(3_500)) } else { answer }
            }
            "GetAccount" if hangs => Answer::Silence,
            "BatchGetItem" | "PutItem" => table.answer(call),
            _ => healthy(call),
        }
    });
    let regions: Vec<String> = (1..=20).map(|number| format!("ap-southeast-{number}")).collect();
    let settings = settings(&[("REGIONS", &regions.join(","))]);
    let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
    // Its account is given up after 6 seconds, and half of the 11 seconds until the deadline are 5.5.
    let (start, invocation) = (Instant::now(), Invocation { time_left: Duration::from_secs(12), ..invocation() });
    monitor.check(Request::Scheduled, &invocation).await;
    let digest = aws.calls_of("Publish").into_iter().find(|call| alert_ids(call).len() > 1).unwrap();
    assert_eq!(alert_ids(&digest).len(), 16);
    let waited = digest.at - start;
    assert!(waited >= Duration::from_millis(5_500) && waited < Duration::from_millis(5_700), "{waited:?}");
    // The Region that hung is told of all the same, alone.
    assert_eq!(alert_ids(aws.calls_of("Publish").last().unwrap()).len(), 1);
}

fn any_death() -> impl Strategy<Value = Death> {
    let at = select(vec![
        "BatchGetItem",
        "GetSendQuota",
        "PutItem",
        "PutItem",
        "PutItem",
        "Publish",
        "Publish",
        "PutMetricData",
    ]);
    (at, 0..90_usize, any::<bool>()).prop_map(|(operation, nth, is_carried_out)| {
        let nth = if operation == "Publish" { nth % 5 } else { nth };
        Death { operation, nth, is_carried_out }
    })
}

proptest! {
    #![proptest_config(cases(30))]

    /// 40 targets are used up at once, and the process is killed, again and again, between any two calls. In the end everybody
    /// has heard of each target, each time a process died at most once more, under the same identity; never faster than SNS
    /// bears.
    #[test]
    fn a_killed_process_loses_nothing_and_repeats_each_alert_at_most_once(deaths in vec(any_death(), 0..4)) {
        run(async {
            let mut flood = Flood::of(40);
            let deadly = deaths.len();
            for death in deaths {
                assert_paced(&flood.check(Some(death)).await);
            }
            assert_paced(&flood.check(None).await);
            let mut heard: BTreeMap<String, usize> = BTreeMap::new();
            for id in flood.received().concat() {
                *heard.entry(id).or_default() += 1;
            }
            let regions: BTreeSet<&str> = heard.keys().map(|id| id.split('/').nth(1).unwrap()).collect();
            assert_eq!((heard.len(), regions.len()), (40, 40), "one identity for each target: {heard:?}");
            assert!(heard.values().all(|times| *times <= 1 + deadly), "{heard:?}");
            let before = flood.received().len();
            flood.check(None).await;
            assert_eq!(flood.received().len(), before, "all is committed");
        });
    }
}
