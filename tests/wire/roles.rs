//! A role that is missing or wrong: one alert about the account, and nothing else of it changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde_json::{Value, json};
use ses_quota_monitor::request::Request;

use crate::checked::{alerting, table};
use crate::fleet::{Done, Fleet, OWN, Process, account, check};
use crate::support::{Answer, Aws, Call, Organization, Table};

const REGIONS: (&str, &str) = ("REGIONS", "us-east-1,eu-west-1");

/// Where the function may not assume the role, or there is none.
fn denied() -> Answer {
    Answer::xml_error(
        403,
        "AccessDenied",
        "User: arn:aws:sts::111122223333:assumed-role/monitor/f is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::444400000000:role/ses-quota-monitor-reader",
    )
}

/// Two accounts beside the own one, in the first of which the role can be assumed while `works` says so.
fn aws(
    fleet: &Fleet,
    works: &Arc<AtomicBool>,
    answer: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
) -> Aws {
    let works = Arc::clone(works);
    fleet.aws(move |call| {
        let is_refused = call.operation == "AssumeRole" && call.assumed_account() == account(0) && !works.load(Relaxed);
        if is_refused { Some(denied()) } else { answer(call) }
    })
}

fn variables() -> Vec<(&'static str, String)> {
    vec![("ACCOUNTS", format!("{},{},{OWN}", account(0), account(1))), (REGIONS.0, REGIONS.1.to_owned())]
}

/// Checks at these minutes, each in a process of its own.
async fn life(aws: &Aws, minutes: impl IntoIterator<Item = i64>) -> Vec<Done> {
    let variables = variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut all = Vec::new();
    for minute in minutes {
        all.push(check(aws, minute, &variables).await);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_missing_is_one_alert_about_the_account_until_it_works_again() {
    let (fleet, works) = (Fleet::default(), Arc::new(AtomicBool::new(false)));
    let aws = aws(&fleet, &works, |_| None);
    let unread = life(&aws, [0, 5, 10, 15, 20]).await;
    let told: Vec<Vec<String>> = unread.iter().map(Done::told).collect();
    let raised = format!("{}#all READING RAISED WARNING", account(0));
    assert_eq!(told, [vec![], vec![], vec![], vec![raised], vec![]]);
    // Since when is stored once, and the alert is claimed and committed.
    assert_eq!(unread.iter().map(|done| done.of("PutItem").len()).collect::<Vec<_>>(), [1, 0, 0, 2, 0]);
    let alert = &unread[3].alerts()[0];
    let incident = format!("{}/all/READING/2026-11-24T12:15:00Z", account(0));
    assert_eq!((&alert["incidentId"], &alert["unreadSince"]), (&json!(incident), &json!("2026-11-24T12:00:00Z")));
    assert_eq!(alert["alertId"], format!("{}/all/READING/2026-11-24T12:15:00Z/WARNING/RAISED", account(0)));
    assert_eq!((&alert["error"]["step"], &alert["error"]["code"]), (&json!("role"), &json!("AccessDenied")));
    let attributes = unread[3].of("Publish")[0].attributes();
    assert_eq!((attributes["account"].as_str(), attributes["region"].as_str()), (account(0).as_str(), "all"));
    works.store(true, Relaxed);
    let read = life(&aws, [25, 30]).await;
    let recovered = format!("{}#all READING RECOVERED OK", account(0));
    assert_eq!(read.iter().map(Done::told).collect::<Vec<_>>(), [vec![recovered], vec![]]);
    assert_eq!(read[0].alerts()[0]["incidentId"], incident);
    // Nothing was stored but of the account as a whole.
    let mut keys: Vec<Value> =
        aws.calls_of("PutItem").iter().map(|call| call.json()["Item"]["target"]["S"].clone()).collect();
    keys.dedup();
    assert_eq!(keys, [format!("{}#all#READING", account(0))]);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_role_is_missing_is_unread_in_each_region_and_others_are_not() {
    let works = Arc::new(AtomicBool::new(false));
    let [done] = &life(&aws(&Fleet::default(), &works, |_| None), [0]).await[..] else { panic!() };
    for region in ["us-east-1", "eu-west-1"] {
        let unread = done.target(&format!("{}#{region}", account(0))).unwrap();
        assert_eq!((&unread["error"]["step"], &unread["error"]["code"]), (&json!("role"), &json!("AccessDenied")));
        assert!(unread["error"]["hint"].as_str().unwrap().contains("reader-role.yaml"), "{unread}");
        for name in ["level", "sentLast24Hours", "furtherErrors", "subjects"] {
            assert_eq!(unread.get(name), None, "{unread}");
        }
        for other in [account(1), OWN.to_owned()] {
            let read = done.target(&format!("{other}#{region}")).unwrap();
            assert_eq!((&read["level"], read.get("error")), (&json!("OK"), None));
        }
    }
    let metrics = ["TargetsChecked", "TargetsUnread", "TargetsWarning"].map(|name| done.metric(name));
    assert_eq!(metrics, [Some(6.0), Some(2.0), Some(0.0)]);
    let of_a_region =
        |account: &str| ["CheckFailed", "AlertLevel"].map(|name| done.metric(&format!("{account}#eu-west-1 {name}")));
    assert_eq!(of_a_region(&account(0)), [Some(1.0), None]);
    assert_eq!(of_a_region(&account(1)), [Some(0.0), Some(0.0)]);
    // There is nothing to measure of an account as a whole.
    assert!(done.metrics().iter().all(|(name, _)| !name.contains("#all")), "{:?}", done.metrics());
    // It is an alert, and no error of the monitor.
    assert_eq!(done.error, None);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_can_read_no_account_at_all_fails() {
    let aws = Fleet::default().aws(|call| (call.operation == "AssumeRole").then(denied));
    let accounts = [account(0), account(1)].join(",");
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts), REGIONS]).await;
    assert!(done.error.unwrap().contains("role: AccessDenied: "));
}

/// Of its Regions, one is near its quota and one is paused, and one was not readable before.
#[tokio::test(start_paused = true)]
async fn what_is_open_about_the_regions_of_the_account_stays_open_and_is_not_said_again() {
    let target = |region: &str, subject: &str| format!("{}#{region}{subject}", account(0));
    let items = [
        alerting(&target("us-east-1", ""), "CRITICAL"),
        alerting(&target("us-east-1", "#ACCOUNT"), "EXHAUSTED"),
        alerting(&target("eu-west-1", "#READING"), "WARNING"),
    ];
    let fleet = Fleet { table: table(items.clone()), ..Fleet::default() };
    let works = Arc::new(AtomicBool::new(false));
    let aws = aws(&fleet, &works, |call| match (call.operation.as_str(), call.account()) {
        ("GetSendQuota", Some(_)) if call.host.contains("us-east-1") => Some(Answer::quota(960, 1_000, 14)),
        ("GetAccount", Some(_)) if call.host.contains("us-east-1") => Some(Answer::account(false, "HEALTHY")),
        _ => None,
    });
    // The second account is as near.
    life(&aws, [-5]).await;
    let later = life(&aws, [0, 5, 10, 60, 24 * 60 + 10]).await;
    let told: Vec<String> = later.iter().flat_map(Done::told).filter(|told| told.starts_with(&account(0))).collect();
    let all = |kind: &str| format!("{}#all READING {kind} WARNING", account(0));
    assert_eq!(told, [all("RAISED"), all("REMINDER")]);
    assert_eq!(items.each_ref().map(|item| fleet.table.item(item["target"]["S"].as_str().unwrap())), items.map(Some));
    // An alarm on the level does not end because nobody can look.
    assert!(later.iter().all(|done| done.metric("HighestAlertLevel") == Some(3.0)));
    // As if nothing had been: what is still true is not raised again, and the Region that can be read again is told of.
    works.store(true, Relaxed);
    let [back] = &life(&aws, [24 * 60 + 15]).await[..] else { panic!() };
    let told: Vec<String> = back.told().into_iter().filter(|told| told.starts_with(&account(0))).collect();
    let expected = [
        format!("{} READING RECOVERED OK", target("all", "")),
        format!("{} READING RECOVERED OK", target("eu-west-1", "")),
        // More than a day after people last heard of them.
        format!("{} ACCOUNT REMINDER EXHAUSTED", target("us-east-1", "")),
        format!("{} QUOTA REMINDER CRITICAL", target("us-east-1", "")),
    ];
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn without_a_state_nobody_is_told_of_a_role_that_is_missing() {
    let works = Arc::new(AtomicBool::new(false));
    let accounts = variables()[0].1.clone();
    let process = Process::new(
        &aws(&Fleet::default(), &works, |_| None),
        &[("ACCOUNTS", &accounts), REGIONS, ("STATE_TABLE", "")],
    );
    for minute in [0, 20, 70] {
        let done = process.check(minute).await;
        assert_eq!((done.told(), done.failures().len()), (vec![], 3), "{:?}", done.failures());
    }
}

/// Every way in which STS can fail is the account's own.
#[tokio::test(start_paused = true)]
async fn whatever_sts_answers_costs_the_account_alone() {
    for answer in [
        denied(),
        Answer::xml_error(403, "AccessDenied", "explicit deny in a service control policy"),
        Answer::xml_error(403, "InvalidClientTokenId", "no"),
        Answer::xml_error(400, "Throttling", "Rate exceeded"),
        Answer::xml_error(500, "InternalFailure", "no"),
        Answer::NoConnection,
        Answer::NoAnswer,
        Answer::Silence,
        Answer::reply(200, ""),
        Answer::reply(200, "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>"),
        Answer::reply(502, "<html/>"),
    ] {
        for regions in [REGIONS.1, "all"] {
            let (fleet, answer) = (Fleet::default(), answer.clone());
            let shown = format!("{answer:?} {regions}");
            let aws = fleet.aws(move |call| {
                (call.operation == "AssumeRole" && call.assumed_account() == account(0)).then(|| answer.clone())
            });
            let accounts = variables()[0].1.clone();
            for (minute, told) in [(0, 0), (15, 1)] {
                let done = check(&aws, minute, &[("ACCOUNTS", &accounts), ("REGIONS", regions)]).await;
                let failures = done.failures();
                let of_it = format!("{}#", account(0));
                assert!(
                    failures.iter().all(|failure| failure.starts_with(&of_it) && failure.contains(" role ")),
                    "{shown}: {failures:?}"
                );
                // Each of its Regions, and the account as a whole.
                assert_eq!(failures.len(), 1 + if regions == "all" { 33 } else { 2 }, "{shown}");
                assert_eq!(done.told().len(), told, "{shown}");
                assert_eq!(done.error, None, "{shown}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_alert_and_a_dry_run_name_the_account_whose_role_is_missing() {
    for request in [Request::TestAlert, Request::DryRun] {
        let works = Arc::new(AtomicBool::new(false));
        let fleet = Fleet { table: Table::default(), organization: Organization::default() };
        let accounts = variables()[0].1.clone();
        let process = Process::new(&aws(&fleet, &works, |_| None), &[("ACCOUNTS", &accounts), REGIONS]);
        let done = process.request(request, 0).await;
        let failures =
            ["all", "us-east-1", "eu-west-1"].map(|region| format!("{}#{region} role AccessDenied", account(0)));
        assert_eq!(done.failures(), failures);
        assert_eq!((done.of("PutItem").len(), done.error), (0, None));
    }
}
