//! `REGIONS=all`: every Region where an account has SES, and no other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use serde_json::Value;
use ses_quota_monitor::target::{Account, Partition, Region};

use crate::checked::{alerting, table};
use crate::fleet::{Done, Fleet, OWN, Process, account, asked};
use crate::support::{Answer, Aws, Call, with_every_line};

const ALL: (&str, &str) = ("REGIONS", "all");

/// All Regions of the partition.
fn everywhere() -> Vec<String> {
    Region::with_ses(&"aws".parse::<Partition>().unwrap()).iter().map(ToString::to_string).collect()
}

/// Why an account has no SES in a Region.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Absence {
    NotEnabled,
    Closed,
    NoHost,
}

impl Absence {
    fn answer(self, call: &Call) -> Answer {
        let error = |code, message| match call.operation.as_str() {
            "GetAccount" => Answer::rest_error(403, code, message),
            _ => Answer::xml_error(403, code, message),
        };
        match self {
            Self::NotEnabled => error("InvalidClientTokenId", "The security token included in the request is invalid."),
            Self::Closed => error(
                "AccessDenied",
                "User: arn:aws:sts::111122223333:assumed-role/monitor/f is not authorized to perform: ses:GetSendQuota with an \
                 explicit deny in a service control policy",
            ),
            // Of a host that is not found.
            Self::NoHost => Answer::NoConnection,
        }
    }
}

/// An AWS in which some targets are absent.
fn without(fleet: &Fleet, absent: &[(&str, Absence)]) -> Aws {
    let absent: Vec<(String, Absence)> = absent.iter().map(|(target, why)| ((*target).to_owned(), *why)).collect();
    fleet.aws(move |call| {
        let target = asked(call)?;
        absent.iter().find(|(absent, _)| *absent == target).map(|(_, why)| why.answer(call))
    })
}

fn own(region: &str) -> String {
    format!("{OWN}#{region}")
}

/// The Regions in a report.
fn reported(done: &Done) -> BTreeSet<String> {
    let targets = done.report["targets"].as_array().unwrap().iter();
    targets.map(|target| target["region"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_region_of_the_partition_is_read() {
    let done = Process::new(&Fleet::default().aws(|_| None), &[ALL]).check(0).await;
    assert_eq!((done.read().len(), done.error.as_ref()), (33, None));
    assert_eq!(reported(&done), everywhere().into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn where_an_account_has_no_ses_is_left_out_for_an_hour_and_named_once() {
    use Absence::{Closed, NoHost, NotEnabled};
    let absent = [
        ("111122223333#af-south-1", NotEnabled),
        ("111122223333#eu-west-1", Closed),
        ("111122223333#mx-central-1", NoHost),
    ];
    let process = Process::new(&without(&Fleet::default(), &absent), &[ALL]);
    let mut named = Vec::new();
    for (minute, asked) in [(0, 33), (5, 30), (55, 30), (60, 33), (65, 30), (119, 30), (120, 33)] {
        let (done, log) = with_every_line(process.check(minute)).await;
        assert_eq!(
            done.of("GetSendQuota").iter().map(|call| &call.host).collect::<BTreeSet<_>>().len(),
            asked,
            "{minute}"
        );
        assert_eq!((reported(&done).len(), done.failures(), done.error.as_ref()), (30, vec![], None), "{minute}");
        assert_eq!(done.metric("TargetsChecked"), Some(30.0));
        assert!(done.metrics().iter().all(|(name, _)| absent.iter().all(|(target, _)| !name.starts_with(target))));
        assert!(done.told().is_empty() && done.of("PutItem").is_empty());
        named.extend(log.lines().filter(|line| line.contains("left out")).map(str::to_owned));
    }
    let [line] = &named[..] else { panic!("{named:?}") };
    assert!(line.contains("INFO") && absent.iter().all(|(target, _)| line.contains(target)), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_enabled_is_read_within_an_hour_and_one_that_is_closed_is_left_out() {
    let minute = Arc::new(AtomicI64::new(0));
    let now = Arc::clone(&minute);
    let aws = Fleet::default().aws(move |call| {
        let target = asked(call)?;
        let is_early = now.load(Relaxed) < 30;
        let is_absent = (target == own("af-south-1") && is_early) || (target == own("eu-west-1") && !is_early);
        is_absent.then(|| Absence::Closed.answer(call))
    });
    let process = Process::new(&aws, &[ALL]);
    for (at, left_out) in [(0, vec!["af-south-1"]), (55, vec!["af-south-1", "eu-west-1"]), (60, vec!["eu-west-1"])] {
        minute.store(at, Relaxed);
        let reported = reported(&process.check(at).await);
        let missing: Vec<String> = everywhere().into_iter().filter(|region| !reported.contains(region)).collect();
        let mut expected: Vec<&str> = left_out;
        expected.sort_unstable();
        let mut missing: Vec<&str> = missing.iter().map(String::as_str).collect();
        missing.sort_unstable();
        assert_eq!(missing, expected, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_account_has_regions_of_its_own() {
    let absent = format!("{}#af-south-1", account(0));
    let aws =
        without(&Fleet::default(), &[(&absent, Absence::NotEnabled), ("111122223333#me-south-1", Absence::NotEnabled)]);
    let accounts = format!("{OWN},{},{}", account(0), account(1));
    let process = Process::new(&aws, &[("ACCOUNTS", &accounts), ALL]);
    for (minute, read) in [(0, 3 * 33), (5, 3 * 33 - 2)] {
        let done = process.check(minute).await;
        assert_eq!((done.read().len(), done.error.as_ref()), (read, None));
        assert_eq!(done.target(&absent), None);
        assert!(done.target(&own("af-south-1")).is_some() && done.target(&own("me-south-1")).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_region_answers_it_is_the_check_that_is_not_let_in() {
    for absence in [Absence::NotEnabled, Absence::Closed, Absence::NoHost] {
        let aws = Fleet::default().aws(move |call| asked(call).map(|_| absence.answer(call)));
        let process = Process::new(&aws, &[ALL]);
        // Each time anew.
        for minute in [0, 5] {
            let done = process.check(minute).await;
            assert_eq!(done.read().len(), 33);
            assert!(done.error.unwrap().starts_with("33 of 33 targets failed"));
        }
    }
}

/// The session is not taken where that is not a matter of the Region.
#[tokio::test(start_paused = true)]
async fn what_looks_like_an_absence_where_a_region_needs_no_enabling_is_a_failure() {
    for (region, absence, failure) in [
        ("us-west-2", Absence::NotEnabled, "read InvalidClientTokenId"),
        ("us-west-2", Absence::NoHost, "read NoConnection"),
    ] {
        let process = Process::new(&without(&Fleet::default(), &[(&own(region), absence)]), &[ALL]);
        for (minute, told) in [(0, 0), (5, 0), (15, 1), (20, 0)] {
            let done = process.check(minute).await;
            assert!(done.failures()[0].ends_with(failure), "{:?}", done.failures());
            assert_eq!((reported(&done).len(), done.told().len()), (33, told));
        }
    }
    // Nor is what is not said of the Region at all.
    let throttled =
        |call: &Call| (asked(call)? == own("af-south-1")).then(|| Answer::xml_error(400, "Throttling", "no"));
    let done = Process::new(&Fleet::default().aws(throttled), &[ALL]).check(0).await;
    assert_eq!((reported(&done).len(), done.failures().len()), (33, 2));
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_named_is_never_left_out() {
    let absent = own("af-south-1");
    let process = Process::new(
        &without(&Fleet::default(), &[(&absent, Absence::NotEnabled)]),
        &[("REGIONS", "us-east-1,af-south-1")],
    );
    for minute in [0, 5, 60] {
        let done = process.check(minute).await;
        assert_eq!(done.target(&absent).unwrap()["error"]["code"], "InvalidClientTokenId");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_quota_can_be_read_is_not_left_out() {
    let aws = Fleet::default().aws(|call| match (asked(call)?, call.operation.as_str()) {
        (target, "GetAccount") if target == own("eu-west-1") => Some(Absence::Closed.answer(call)),
        (target, "GetSendQuota") if target == own("eu-west-1") => Some(Answer::quota(960, 1_000, 14)),
        _ => None,
    });
    let done = Process::new(&aws, &[ALL]).check(0).await;
    assert_eq!(done.told(), [own("eu-west-1") + " QUOTA RAISED CRITICAL"]);
    assert_eq!(done.failures(), [own("eu-west-1") + " account AccessDenied"]);
}

/// An alert that is open: it could never be over if its Region were left out.
#[tokio::test(start_paused = true)]
async fn an_open_alert_keeps_a_region_from_being_left_out() {
    for subject in ["", "#ACCOUNT", "#RATE", "#READING"] {
        let key = own("af-south-1") + subject;
        let fleet = Fleet { table: table([alerting(&key, "WARNING")]), ..Fleet::default() };
        let aws = without(&fleet, &[(&own("af-south-1"), Absence::NotEnabled)]);
        let process = Process::new(&aws, &[ALL, ("RATE_WARNING_PERCENT", "50")]);
        for minute in [0, 5] {
            let done = process.check(minute).await;
            assert_eq!(reported(&done).len(), 33, "{subject}");
            assert!(done.failures()[0].ends_with("#af-south-1 read InvalidClientTokenId"), "{subject}");
        }
    }
}

/// Whether an alert is open is not known then.
#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_read_keeps_a_region_from_being_left_out() {
    let unknown = serde_json::json!({"target": {"S": own("af-south-1")}, "schemaVersion": {"N": "2"}});
    let fleet = Fleet { table: table([unknown]), ..Fleet::default() };
    let absent = own("af-south-1");
    let done = Process::new(&without(&fleet, &[(&absent, Absence::NotEnabled)]), &[ALL]).check(0).await;
    assert_eq!(reported(&done).len(), 33);
    let fleet = Fleet::default();
    let aws = fleet.clone();
    let aws = fleet.aws(move |call| match call.operation.as_str() {
        "BatchGetItem" => Some(Answer::json_error(400, "AccessDeniedException", "no")),
        _ => (asked(call)? == absent).then(|| Absence::NotEnabled.answer(call)).or_else(|| Some(aws.usual(call))),
    });
    let process = Process::new(&aws, &[ALL]);
    for minute in [0, 5] {
        let done = process.check(minute).await;
        assert_eq!(reported(&done).len(), 33);
        assert!(done.target(&own("af-south-1")).is_some_and(|target| target["error"].is_object()));
    }
    // Where none is kept, none is open.
    let process =
        Process::new(&without(&fleet, &[(&own("af-south-1"), Absence::NotEnabled)]), &[ALL, ("STATE_TABLE", "")]);
    assert_eq!(reported(&process.check(0).await).len(), 32);
}

#[tokio::test(start_paused = true)]
async fn other_partitions_have_regions_of_their_own() {
    let aws = Fleet::default().aws(|_| None);
    for (partition, region, count) in [("aws-us-gov", "us-gov-west-1", 2), ("aws-eusc", "eusc-de-east-1", 1)] {
        let topic = format!("arn:{partition}:sns:{region}:111122223333:alerts");
        let monitor = crate::support::monitor(&aws, &[ALL, ("AWS_REGION", region), ("ALERT_TOPIC_ARN", &topic)]);
        let mut invocation = crate::fleet::at_minute(0);
        let id = invocation.function.account.id.clone();
        invocation.function.account = Account { partition: partition.parse().unwrap(), id };
        invocation.function.region = region.parse().unwrap();
        let report = monitor.check(ses_quota_monitor::request::Request::Scheduled, &invocation).await;
        let report: Value = serde_json::to_value(report).unwrap();
        assert_eq!(report["targets"].as_array().unwrap().len(), count, "{partition}");
    }
}
