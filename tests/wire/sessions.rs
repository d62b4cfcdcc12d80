//! The sessions in which other accounts are read: how many are opened, as whom, and who sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use ses_quota_monitor::request::Request;

use crate::fleet::{Fleet, OWN, Process, account, accounts, asked, check};
use crate::support::{Answer, Aws, Call, invocation, with_every_line};

const REGIONS: (&str, &str) = ("REGIONS", "us-east-1,eu-west-1,ap-south-1");

/// An AWS whose sessions end when they say, and the minute after noon that it is there.
fn timed(fleet: &Fleet, answer: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> (Aws, Arc<AtomicI64>) {
    let minute = Arc::new(AtomicI64::new(0));
    let now = Arc::clone(&minute);
    let aws = fleet.aws(move |call| {
        if call.operation != "AssumeRole" {
            return answer(call);
        }
        let seconds: i64 = call.form()["DurationSeconds"].parse().unwrap();
        let ends_at = invocation().started_at.plus_seconds(60 * now.load(Relaxed) + seconds);
        answer(call).or_else(|| Some(Answer::session(call, ends_at)))
    });
    (aws, minute)
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_in_the_functions_region_by_its_name_and_with_the_external_id() {
    for (variables, role, external_id) in [
        (vec![], "ses-quota-monitor-reader", None),
        (vec![("READER_ROLE", "quota.reader"), ("EXTERNAL_ID", "id:/1=")], "quota.reader", Some("id:/1=")),
    ] {
        let accounts = accounts(1);
        let variables =
            [vec![("ACCOUNTS", accounts.as_str()), ("REGIONS", "eu-west-1,ap-south-1")], variables].concat();
        let done = check(&Fleet::default().aws(|_| None), 0, &variables).await;
        let [call] = done.of("AssumeRole")[..] else { panic!("one for both Regions") };
        assert_eq!((call.host.as_str(), call.account()), ("sts.us-east-1.amazonaws.com", None));
        let form = call.form();
        assert_eq!(form["RoleArn"], format!("arn:aws:iam::{}:role/{role}", account(0)));
        assert_eq!(form["RoleSessionName"], "ses-quota-monitor");
        assert_eq!(form.get("ExternalId").map(String::as_str), external_id);
    }
}

/// The monitor's own services are called as the function.
#[tokio::test(start_paused = true)]
async fn only_ses_and_service_quotas_are_called_in_a_session() {
    let aws = Fleet::default().aws(|call| (call.operation == "GetSendQuota").then(|| Answer::quota(990, 1_000, 14)));
    let done = check(&aws, 0, &[("ACCOUNTS", &format!("{},{OWN}", accounts(3)))]).await;
    let mut as_whom: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for call in &done.calls {
        as_whom.entry(&call.operation).or_default().insert(call.account().unwrap_or(OWN));
    }
    let names = [account(0), account(1), account(2)];
    let everybody: BTreeSet<&str> = names.iter().map(String::as_str).chain([OWN]).collect();
    let in_sessions =
        ["GetSendQuota", "GetAccount", "GetSendStatistics", "ListRequestedServiceQuotaChangeHistoryByQuota"];
    for operation in in_sessions {
        assert_eq!(as_whom.remove(operation), Some(everybody.clone()), "{operation}");
    }
    assert!(as_whom.values().all(|accounts| *accounts == BTreeSet::from([OWN])), "{as_whom:?}");
    assert_eq!(
        as_whom.into_keys().collect::<Vec<_>>(),
        ["AssumeRole", "BatchGetItem", "Publish", "PutItem", "PutMetricData"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_is_shared_by_the_regions_and_by_the_checks_until_five_minutes_before_its_end() {
    let (aws, now) = timed(&Fleet::default(), |_| None);
    let accounts = accounts(8);
    let process = Process::new(&aws, &[("ACCOUNTS", &accounts), REGIONS]);
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    for minute in (0..180).step_by(2) {
        now.store(minute, Relaxed);
        let done = process.check(minute).await;
        assert_eq!((done.read().len(), done.error), (24, None));
        let due: Vec<String> = (0..8)
            .map(account)
            .filter(|account| ends.get(account).is_none_or(|end| 60 * minute + 300 >= *end))
            .collect();
        let mut assumed: Vec<String> = Vec::new();
        for call in done.calls.iter().filter(|call| call.operation == "AssumeRole") {
            let seconds: i64 = call.form()["DurationSeconds"].parse().unwrap();
            assert!((1_800..=3_600).contains(&seconds), "{seconds}");
            ends.insert(call.assumed_account(), 60 * minute + seconds);
            assumed.push(call.assumed_account());
        }
        assumed.sort();
        assert_eq!(assumed, due, "{minute}");
    }
    // In a new process, all are opened anew.
    assert_eq!(Process::new(&aws, &[("ACCOUNTS", &accounts)]).check(180).await.assumed().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn sessions_that_begin_together_do_not_end_together() {
    let (aws, now) = timed(&Fleet::default(), |_| None);
    // As AWS assigns them: anywhere.
    let accounts: Vec<String> =
        (1..=100_u64).map(|n| format!("{:012}", n * 1_999_999_973 % 1_000_000_000_000)).collect();
    let process = Process::new(&aws, &[("ACCOUNTS", &accounts.join(","))]);
    let mut opened = Vec::new();
    for minute in (0..120).step_by(5) {
        now.store(minute, Relaxed);
        opened.push(process.check(minute).await.assumed().len());
    }
    assert_eq!(opened[..5], [100, 0, 0, 0, 0]);
    // Each is opened again after 25 to 55 minutes, and never half of them at once.
    assert!(opened[5..].iter().all(|count| *count < 50), "{opened:?}");
    assert_eq!(opened[5..12].iter().sum::<usize>(), 100, "{opened:?}");
}

/// Somebody has ended the sessions: the role was deleted and made anew, or its sessions were revoked.
#[tokio::test(start_paused = true)]
async fn a_session_that_ses_no_longer_takes_is_opened_anew_by_the_next_check() {
    for code in ["ExpiredToken", "InvalidClientTokenId"] {
        let table = Fleet::default();
        let valid_from = Arc::new(AtomicI64::new(0));
        let (from, opened) = (Arc::clone(&valid_from), Arc::new(AtomicI64::new(0)));
        let (aws, now) = timed(&table, move |call| {
            let ended = opened.load(Relaxed) < from.load(Relaxed);
            if call.operation == "AssumeRole" {
                opened.store(from.load(Relaxed), Relaxed);
            }
            let in_session = call.account().is_some() && ended;
            match call.operation.as_str() {
                "GetSendQuota" if in_session => Some(Answer::xml_error(403, code, "no")),
                "GetAccount" if in_session => Some(Answer::rest_error(403, "UnrecognizedClientException", "no")),
                _ => None,
            }
        });
        let accounts = accounts(1);
        let process = Process::new(&aws, &[("ACCOUNTS", &accounts), ("REGIONS", "us-east-1")]);
        assert_eq!(process.check(0).await.error, None);
        valid_from.store(1, Relaxed);
        now.store(5, Relaxed);
        let done = process.check(5).await;
        assert_eq!((done.assumed().len(), done.failures().len()), (0, 2), "{:?}", done.failures());
        now.store(10, Relaxed);
        let done = process.check(10).await;
        assert_eq!((done.assumed().len(), done.failures().len(), done.error), (1, 0, None));
        assert_eq!(process.check(15).await.assumed().len(), 0);
    }
}

/// In a Region that an account has not enabled, no session is valid. That is no reason to open others.
#[tokio::test(start_paused = true)]
async fn a_session_is_kept_although_a_region_is_not_enabled() {
    let (aws, now) = timed(&Fleet::default(), |call| match (asked(call)?, call.operation.as_str()) {
        (target, "GetSendQuota") if target.ends_with("#af-south-1") => Some(Answer::xml_error(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )),
        (target, "GetAccount") if target.ends_with("#af-south-1") => Some(Answer::rest_error(
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )),
        _ => None,
    });
    for regions in ["af-south-1,us-east-1", "all"] {
        let accounts = accounts(3);
        let process = Process::new(&aws, &[("ACCOUNTS", &accounts), ("REGIONS", regions)]);
        for (minute, opened) in [(0, 3), (5, 0), (10, 0), (15, 0)] {
            now.store(minute, Relaxed);
            let done = process.check(minute).await;
            assert_eq!(done.assumed().len(), opened, "{regions} {minute}");
        }
    }
}

/// Over eight hours, one Region closes each connection, and in another one the first attempt of each check is throttled.
#[tokio::test(start_paused = true)]
async fn a_region_that_is_down_does_not_use_up_the_retries_of_others_of_the_account() {
    let first = Arc::new(AtomicI64::new(0));
    let is_first = Arc::clone(&first);
    let (aws, now) = timed(&Fleet::default(), move |call| match (asked(call)?, call.operation.as_str()) {
        (target, _) if target.ends_with("#eu-west-1") => Some(Answer::NoAnswer),
        (_, "GetSendQuota") if is_first.swap(0, Relaxed) == 1 => {
            Some(Answer::xml_error(400, "Throttling", "Rate exceeded"))
        }
        _ => None,
    });
    let accounts = accounts(1);
    let process = Process::new(&aws, &[("ACCOUNTS", &accounts), ("REGIONS", "us-east-1,eu-west-1")]);
    let dead = format!("{accounts}#eu-west-1 read NoAnswer");
    for minute in (0..480).step_by(5) {
        now.store(minute, Relaxed);
        first.store(1, Relaxed);
        let done = process.check(minute).await;
        assert_eq!(done.failures(), [dead.as_str()], "{minute}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_of_the_log_shows_a_session_or_lists_the_accounts() {
    for request in [Request::Scheduled, Request::DryRun, Request::TestAlert] {
        let aws = Fleet::default().aws(|call| match (call.operation.as_str(), call.account()) {
            ("GetSendQuota", Some(account)) if account.ends_with('1') => {
                Some(Answer::xml_error(403, "ExpiredToken", "no"))
            }
            ("GetSendQuota", Some(account)) if account.ends_with('2') => Some(Answer::Reset),
            ("GetSendQuota", Some(account)) if account.ends_with('3') => Some(Answer::quota("odd", "odd", "odd")),
            ("AssumeRole", _) if call.nth == 4 => Some(Answer::xml_error(403, "AccessDenied", "no")),
            ("AssumeRole", _) if call.nth == 5 => Some(Answer::reply(200, "<AssumeRoleResponse>private-token-of")),
            _ => None,
        });
        let accounts = accounts(40);
        let process = Process::new(&aws, &[("ACCOUNTS", &accounts)]);
        let ((), log) = with_every_line(async {
            process.request(request, 0).await;
            process.request(request, 5).await;
        })
        .await;
        assert!(log.contains("assessed"), "{log}");
        for line in log.lines() {
            assert!(!line.contains("private-") && !line.contains("ASIA4444"), "{line}");
            let named: BTreeSet<&str> = line.match_indices("4444000").map(|(at, _)| &line[at..at + 12]).collect();
            assert!(named.len() <= 20, "{line}");
        }
    }
}
