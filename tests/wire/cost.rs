//! What a check of a fleet costs: how many requests it makes, and which metrics it publishes.

use std::collections::{BTreeMap, BTreeSet};

use crate::checked::{alerting, table};
use crate::fleet::{Done, Fleet, OWN, Process, account, accounts, asked, check};
use crate::support::{Answer, Organization};

/// So many Regions, for a list.
fn regions(count: usize) -> String {
    (1..=count).map(|number| format!("ap-southeast-{number}")).collect::<Vec<_>>().join(",")
}

/// How often each operation was requested.
fn requests(done: &Done) -> BTreeMap<&str, usize> {
    let mut requests = BTreeMap::new();
    for call in &done.calls {
        *requests.entry(call.operation.as_str()).or_default() += 1;
    }
    requests
}

/// The requests of a check of the own account and so many others in each of these Regions, in which nothing is due.
fn expected(others: usize, regions: usize) -> BTreeMap<&'static str, usize> {
    let targets = (1 + others) * regions;
    let requests = [
        ("GetSendQuota", targets),
        ("GetAccount", targets),
        // Four subjects for each target, and one for each account that could be unreadable as a whole.
        ("BatchGetItem", (4 * targets + others).div_ceil(100)),
        // All nine metrics of 111 targets fit a request; those of the fleet are as good as one target more.
        ("PutMetricData", (targets + 1).div_ceil(111)),
    ];
    requests.into()
}

/// The README's table of costs counts with these.
#[tokio::test(start_paused = true)]
async fn a_check_in_which_nothing_is_due_makes_as_few_requests_as_it_can() {
    for (others, in_regions) in [(0, 1), (0, 10), (9, 1), (4, 2), (0, 240), (39, 6), (239, 1)] {
        let (fleet, list) = (Fleet::default(), [OWN.to_owned(), accounts(others)].join(","));
        let process = Process::new(&fleet.aws(|_| None), &[("ACCOUNTS", &list), ("REGIONS", &regions(in_regions))]);
        let usual = expected(others, in_regions);
        // Each session is opened once in half an hour at most.
        let mut first = usual.clone();
        first.extend(Some(("AssumeRole", others)).filter(|(_, count)| *count > 0));
        assert_eq!(requests(&process.check(0).await), first, "{others} {in_regions}");
        // Once an hour, the subscribers of the topic are counted, and published.
        let mut second = usual.clone();
        second.insert("GetTopicAttributes", 1);
        *second.get_mut("PutMetricData").unwrap() += 1;
        assert_eq!(requests(&process.check(5).await), second, "{others} {in_regions}");
        for minute in [10, 15, 20] {
            assert_eq!(requests(&process.check(minute).await), usual, "{others} {in_regions}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_costs_a_page_for_twenty_accounts_an_hour_and_one_read_and_one_write() {
    let own = Organization::default().with_account(OWN, "Own", "ACTIVE", "r-ab12");
    let organization = (0..39).fold(own, |all, number| all.with_account(&account(number), "Name", "ACTIVE", "r-ab12"));
    let fleet = Fleet { organization, ..Fleet::default() };
    let aws = fleet.aws(|_| None);
    let process = Process::new(&aws, &[("ACCOUNTS", "organization")]);
    let mut first = expected(39, 1);
    first.extend([("AssumeRole", 39), ("ListAccounts", 2), ("PutItem", 1)]);
    *first.get_mut("BatchGetItem").unwrap() += 1;
    assert_eq!(requests(&process.check(0).await), first);
    process.check(5).await;
    assert_eq!(requests(&process.check(10).await), expected(39, 1));
    // Another process reads what the first one has stored.
    let mut other = expected(39, 1);
    other.insert("AssumeRole", 39);
    *other.get_mut("BatchGetItem").unwrap() += 1;
    assert_eq!(requests(&check(&aws, 15, &[("ACCOUNTS", "organization")]).await), other);
}

/// The forecast is read of those that are near their quota, and of no others.
#[tokio::test(start_paused = true)]
async fn a_history_is_read_of_the_few_that_need_it_and_an_alert_costs_two_writes_and_a_message() {
    let aws = Fleet::default().aws(|call| match (call.operation.as_str(), call.account()) {
        ("GetSendQuota", Some(account)) if account.ends_with('7') => Some(Answer::quota(410, 1_000, 14)),
        ("GetSendQuota", Some(account)) if account.ends_with('8') => Some(Answer::quota(960, 1_000, 14)),
        _ => None,
    });
    let list = accounts(10);
    let process = Process::new(&aws, &[("ACCOUNTS", &list)]);
    let alerting = process.check(0).await;
    for (operation, count) in [("GetSendStatistics", 2), ("PutItem", 2), ("Publish", 1)] {
        assert_eq!(alerting.of(operation).len(), count, "{operation}");
    }
    process.check(5).await;
    let quiet = process.check(10).await;
    for operation in ["GetSendStatistics", "PutItem", "Publish"] {
        assert_eq!(quiet.of(operation).len(), 0, "{operation}");
    }
}

/// Four accounts: nothing sent, little sent, near its quota, and not readable; and one that sent nothing and is under review.
fn various() -> (Fleet, String) {
    let fleet = Fleet { table: table([alerting(&format!("{}#us-east-1", account(0)), "WARNING")]), ..Fleet::default() };
    (fleet, accounts(6))
}

async fn check_various(detail: &str) -> Done {
    let (fleet, list) = various();
    let aws = fleet.aws(|call| {
        let target = asked(call)?;
        let number = target.as_bytes()[11];
        Some(match (call.operation.as_str(), number) {
            // An alert that is over: it is news once more.
            ("GetSendQuota", b'0' | b'1' | b'5') => Answer::quota(0, 1_000, 14),
            ("GetSendQuota", b'2') => Answer::quota(1, 1_000, 14),
            ("GetSendQuota", b'3') => Answer::quota(960, 1_000, 14),
            ("GetSendQuota" | "GetAccount", b'4') => Answer::NoConnection,
            ("GetAccount", b'5') => Answer::account(true, "PROBATION"),
            _ => return None,
        })
    });
    check(&aws, 0, &[("ACCOUNTS", &list), ("METRIC_DETAIL", detail)]).await
}

#[tokio::test(start_paused = true)]
async fn the_detail_says_which_targets_have_metrics_and_changes_nothing_else() {
    let all = check_various("all").await;
    for (detail, measured) in [("all", vec![0, 1, 2, 3, 4, 5]), ("sending", vec![2, 3, 4, 5]), ("fleet", vec![])] {
        let done = check_various(detail).await;
        let (of_targets, of_fleet): (Vec<_>, Vec<_>) =
            done.metrics().into_iter().partition(|(name, _)| name.contains('#'));
        let targets: BTreeSet<String> =
            of_targets.iter().map(|(name, _)| name.split('#').next().unwrap().to_owned()).collect();
        assert_eq!(targets, measured.into_iter().map(account).collect(), "{detail}");
        // Each has what it has with all of them.
        assert!(of_targets.iter().all(|metric| all.metrics().contains(metric)), "{detail}");
        let of_fleet: Vec<(&str, f64)> = of_fleet.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let expected = [
            ("TargetsChecked", 6.0),
            ("TargetsUnread", 1.0),
            ("TargetsWarning", 1.0),
            ("TargetsCritical", 1.0),
            ("TargetsExhausted", 0.0),
            ("HighestUtilization", 96.0),
            ("HighestAlertLevel", 2.0),
        ];
        assert_eq!(of_fleet, expected, "{detail}");
        assert_eq!((done.told(), done.failures(), &done.error), (all.told(), all.failures(), &all.error), "{detail}");
        assert_eq!(done.report, all.report);
    }
    assert_eq!(all.told().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_single_target_has_metrics_of_the_fleet_only_where_it_has_none_of_its_own() {
    for (detail, of_fleet, own) in [("all", 1, 7), ("sending", 7, 7), ("fleet", 7, 0)] {
        let done = check(&Fleet::default().aws(|_| None), 0, &[("METRIC_DETAIL", detail)]).await;
        let (of_targets, rest): (Vec<_>, Vec<_>) = done.metrics().into_iter().partition(|(name, _)| name.contains('#'));
        assert_eq!((rest.len(), of_targets.len()), (of_fleet, own), "{detail}");
        assert_eq!(done.metric("HighestAlertLevel"), Some(0.0));
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_of_many_targets_of_which_few_send_go_in_one_request() {
    let aws = Fleet::default().aws(|call| match (call.operation.as_str(), call.account()) {
        ("GetSendQuota", Some(account)) if account.ends_with("00") => Some(Answer::quota(10, 1_000, 14)),
        ("GetSendQuota", _) => Some(Answer::quota(0, 1_000, 14)),
        _ => None,
    });
    let list = accounts(300);
    for (detail, requests) in [("all", 3), ("sending", 1), ("fleet", 1)] {
        let done = check(&aws, 0, &[("ACCOUNTS", &list), ("METRIC_DETAIL", detail)]).await;
        assert_eq!(done.of("PutMetricData").len(), requests, "{detail}");
        assert_eq!(done.metric("TargetsChecked"), Some(300.0));
    }
}

#[tokio::test(start_paused = true)]
async fn each_target_is_held_to_its_own_thresholds() {
    let exceptions = format!("eu-west-1=60/80;{0}=70/90;{0}/eu-west-1=50/75", account(0));
    let list = accounts(2);
    for (sent, levels) in [
        // Of the first account in us-east-1 and eu-west-1, and of the second.
        (490, ["OK", "OK", "OK", "OK"]),
        (510, ["OK", "WARNING", "OK", "OK"]),
        (610, ["OK", "WARNING", "OK", "WARNING"]),
        (710, ["WARNING", "WARNING", "OK", "WARNING"]),
        (760, ["WARNING", "CRITICAL", "OK", "WARNING"]),
        (810, ["WARNING", "CRITICAL", "WARNING", "CRITICAL"]),
        (910, ["CRITICAL", "CRITICAL", "WARNING", "CRITICAL"]),
        (960, ["CRITICAL", "CRITICAL", "CRITICAL", "CRITICAL"]),
    ] {
        let aws = Fleet::default()
            .aws(move |call| (call.operation == "GetSendQuota").then(|| Answer::quota(sent, 1_000, 14)));
        let variables = [("ACCOUNTS", list.as_str()), ("REGIONS", "us-east-1,eu-west-1"), ("THRESHOLDS", &exceptions)];
        let done = check(&aws, 0, &variables).await;
        let targets = [(0, "us-east-1"), (0, "eu-west-1"), (1, "us-east-1"), (1, "eu-west-1")];
        let targets = targets.map(|(number, region)| format!("{}#{region}", account(number)));
        let found = targets.each_ref().map(|target| done.target(target).unwrap()["level"].as_str().unwrap());
        assert_eq!(found, levels, "{sent}");
        let mut told: Vec<String> = Vec::new();
        for (target, level) in targets.iter().zip(levels).filter(|(_, level)| *level != "OK") {
            told.push(format!("{target} QUOTA RAISED {level}"));
        }
        told.sort();
        assert_eq!(done.told(), told, "{sent}");
        if sent == 510 {
            assert_eq!(done.alerts()[0]["reason"], "51.0% is above the WARNING threshold of 50%");
        }
    }
}

/// Within the margin of its own thresholds, not of those of others.
#[tokio::test(start_paused = true)]
async fn a_level_ends_at_the_margin_of_its_own_thresholds() {
    let items = [
        alerting(&format!("{}#us-east-1", account(0)), "WARNING"),
        alerting(&format!("{}#us-east-1", account(1)), "WARNING"),
    ];
    let fleet = Fleet { table: table(items), ..Fleet::default() };
    let aws = fleet.aws(|call| (call.operation == "GetSendQuota").then(|| Answer::quota(680, 1_000, 14)));
    let exceptions = format!("{}=70/90", account(0));
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts(2)), ("THRESHOLDS", &exceptions)]).await;
    assert_eq!(done.told(), [format!("{}#us-east-1 QUOTA RECOVERED OK", account(1))]);
}
