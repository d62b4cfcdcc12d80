//! What is shown of a report: all of its targets while they are few, and else those of which there is something to say.

use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use super::{Failures, Report, TargetReport};
use crate::alert::Standing;
use crate::time::Timestamp;

/// How many targets are listed at most, and how many bytes they have together where not all are listed: what a person can
/// still look through in a log.
const MOST_TARGETS: usize = 100;
const MOST_BYTES: usize = 90_000;

/// What is shown of a report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    checked_at: Timestamp,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscribers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts_listed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    /// Where not all targets are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    targets: Vec<&'a TargetReport>,
    #[serde(flatten)]
    failures: Option<&'a Failures>,
}

/// How many targets there are, and how many of them stand how. Each is counted once.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    targets: usize,
    ok: usize,
    unknown: usize,
    unread: usize,
    warning: usize,
    critical: usize,
    exhausted: usize,
    not_listed: usize,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { checked_at, dry_run, subscribers, accounts_listed_at, parts, ref targets, ref failures } = *self;
        let listed = if targets.len() <= MOST_TARGETS { targets.iter().collect() } else { worst(targets) };
        let counts = (listed.len() < targets.len()).then(|| Counts::of(targets, &listed));
        let failures = failures.as_ref();
        Shown { checked_at, dry_run, subscribers, accounts_listed_at, parts, counts, targets: listed, failures }
            .serialize(serializer)
    }
}

/// Those of which there is something to say, as many as may be listed, the worst first.
fn worst(targets: &[TargetReport]) -> Vec<&TargetReport> {
    let mut worst: Vec<&TargetReport> = targets.iter().filter(|target| target.is_news()).collect();
    worst.sort_by(|one, other| other.rank().partial_cmp(&one.rank()).unwrap_or(Ordering::Equal));
    let mut bytes = 0;
    let fit = |target: &&TargetReport| {
        bytes += serde_json::to_string(target).map_or(0, |json| json.len());
        bytes <= MOST_BYTES
    };
    worst.into_iter().take(MOST_TARGETS).take_while(fit).collect()
}

impl Counts {
    fn of(all: &[TargetReport], listed: &[&TargetReport]) -> Self {
        let mut counts = Self::default();
        for target in all.iter().filter(|target| target.is_target()) {
            counts.targets += 1;
            *match target.standing() {
                Standing::Ok => &mut counts.ok,
                Standing::Unknown => &mut counts.unknown,
                Standing::Unread => &mut counts.unread,
                Standing::Warning => &mut counts.warning,
                Standing::Critical => &mut counts.critical,
                Standing::Exhausted => &mut counts.exhausted,
            } += 1;
        }
        counts.not_listed = counts.targets - listed.iter().filter(|target| target.is_target()).count();
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::alert::{AlertLevel, Kind, Subject};
    use crate::check::report::tests::{about, json, quota, report};
    use crate::failure::{Failure, Stage};
    use crate::reading::SendQuota;
    use crate::target::{Account, Region, Target};

    /// The account of a number, in a Region.
    fn target(number: usize, region: Region) -> Target {
        let account = Account { partition: "aws".parse().unwrap(), id: format!("{number:012}").parse().unwrap() };
        Target { account, region }
    }

    /// Of a quota of 1,000.
    fn read(number: usize, sent: f64, level: AlertLevel) -> TargetReport {
        let numbers = SendQuota::new(sent, 1_000.0, 14.0).unwrap();
        TargetReport::new(&target(number, "us-east-1".parse().unwrap()), Some(&numbers), vec![quota(level, None)])
    }

    fn unread(number: usize, region: Region, message: &str) -> TargetReport {
        let failure = Failure::new(Stage::Role, "AccessDenied", message);
        TargetReport::new(&target(number, region), None, Vec::new()).with_failures([failure])
    }

    fn shown(report: &Report) -> Value {
        serde_json::from_str(&json(report)).unwrap()
    }

    /// The accounts of the targets that are listed.
    fn listed(shown: &Value) -> Vec<usize> {
        let targets = shown["targets"].as_array().unwrap();
        targets.iter().map(|target| target["account"].as_str().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn up_to_a_hundred_targets_are_listed_in_their_order() {
        let all = |count: usize| report((1..=count).map(|number| read(number, 1.0, AlertLevel::Ok)).collect());
        let hundred = shown(&all(100));
        assert_eq!(listed(&hundred), (1..=100).collect::<Vec<_>>());
        assert_eq!(hundred.get("counts"), None);
        assert_snapshot!(json(&all(101)), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"counts":{"targets":101,"ok":101,"unknown":0,"unread":0,"warning":0,"critical":0,"exhausted":0,"notListed":101},"targets":[]}"#);
    }

    #[test]
    fn of_more_the_worst_come_first() {
        let mut targets: Vec<TargetReport> = (1..=200).map(|number| read(number, 1.0, AlertLevel::Ok)).collect();
        targets[10] = read(11, 810.0, AlertLevel::Warning);
        targets[20] = read(21, 960.0, AlertLevel::Critical);
        targets[30] = read(31, 990.0, AlertLevel::Critical);
        targets[40] = unread(41, "us-east-1".parse().unwrap(), "not authorized");
        targets[50] = read(51, 1_000.0, AlertLevel::Exhausted);
        // Over, which is said once.
        let recovered =
            about(Subject::Quota, Some(AlertLevel::Ok), Some(Kind::Recovered), quota(AlertLevel::Ok, None).reason);
        let numbers = SendQuota::new(700.0, 1_000.0, 14.0).unwrap();
        targets[60] = TargetReport::new(&target(61, "us-east-1".parse().unwrap()), Some(&numbers), vec![recovered]);
        targets[70] = read(71, 1.0, AlertLevel::Ok).with_failures([Failure::new(Stage::History, "Throttling", "no")]);
        let without_state = about(Subject::Quota, None, None, quota(AlertLevel::Ok, None).reason);
        targets[80] = TargetReport::new(&target(81, "us-east-1".parse().unwrap()), Some(&numbers), vec![without_state]);
        // No target of its own.
        targets.push(unread(41, Region::all(), "not authorized"));
        let shown = shown(&report(targets));
        assert_eq!(listed(&shown), [51, 41, 41, 31, 21, 11, 81, 61, 71]);
        assert_snapshot!(shown["counts"], @r#"{"critical":2,"exhausted":1,"notListed":192,"ok":194,"targets":200,"unknown":1,"unread":1,"warning":1}"#);
    }

    #[test]
    fn ten_thousand_failures_are_no_larger_than_a_hundred() {
        let failure = |stage| {
            let message = "User: arn:aws:sts::111122223333:assumed-role/ses-quota-monitor-MonitorRole-1ABCDEFGHIJKL/\
                           ses-quota-monitor-Monitor-1ABCDEFGHIJKL is not authorized to perform: sts:AssumeRole on resource: \
                           arn:aws:iam::444455556666:role/ses-quota-monitor-reader";
            Failure::new(stage, "AccessDenied", message)
        };
        let failed = |number| {
            let region = "ap-southeast-1".parse().unwrap();
            TargetReport::new(&target(number, region), None, Vec::new()).with_failures([
                failure(Stage::Role),
                failure(Stage::State),
                failure(Stage::Metrics),
            ])
        };
        let report = report((1..=10_000).map(failed).collect());
        let json = json(&report);
        assert!(json.len() < 100_000, "{} bytes", json.len());
        let shown: Value = serde_json::from_str(&json).unwrap();
        let listed = listed(&shown).len();
        assert!(listed > 40, "{listed} targets are listed");
        assert_eq!(shown["counts"]["notListed"], 10_000 - listed);
        let error = report.into_result().unwrap_err().to_string();
        assert!(error.len() < 10_000, "{} bytes", error.len());
        assert!(error.ends_with("; and 29990 more"), "{error}");
    }

    fn any_target() -> impl Strategy<Value = TargetReport> {
        let level = prop_oneof![6 => Just(AlertLevel::Ok), 1 => prop::sample::select(AlertLevel::ALL.to_vec())];
        (0..10_000_usize, 0..1_500_u16, level, 0..16_u8, 0..600_usize).prop_map(
            |(number, sent, level, kind, length)| {
                let (region, message) = ("us-east-1".parse().unwrap(), "x".repeat(length));
                match kind {
                    0 => unread(number, Region::all(), &message),
                    1 => unread(number, region, &message),
                    2 => read(number, sent.into(), level).with_failures([Failure::new(
                        Stage::Metrics,
                        "Throttling",
                        message,
                    )]),
                    _ => read(number, sent.into(), level),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_not_ok_is_listed_while_there_is_room_and_the_rest_is_counted(
            targets in prop_oneof![
                prop::collection::vec(any_target(), 0..120),
                prop::collection::vec(any_target(), 100..700),
            ],
        ) {
            let json = json(&report(targets.clone()));
            let shown: Value = serde_json::from_str(&json).unwrap();
            let listed = shown["targets"].as_array().unwrap();
            let Some(counts) = shown.get("counts") else {
                prop_assert_eq!(listed.len(), targets.len());
                prop_assert!(listed.len() <= MOST_TARGETS);
                return Ok(());
            };
            prop_assert!(listed.len() <= MOST_TARGETS && json.len() < 100_000);
            let count = |name: &str| usize::try_from(counts[name].as_u64().unwrap()).unwrap();
            let real = targets.iter().filter(|target| target.is_target()).count();
            prop_assert_eq!(count("targets"), real);
            let each = ["ok", "unknown", "unread", "warning", "critical", "exhausted"];
            prop_assert_eq!(each.map(count).iter().sum::<usize>(), real);
            prop_assert_eq!(count("notListed") + listed.iter().filter(|target| target["region"] != "all").count(), real);
            // All that is news, or the worst of it, as much as there is room for.
            let mut news: Vec<&TargetReport> = targets.iter().filter(|target| target.is_news()).collect();
            news.sort_by_key(|target| Reverse(target.standing()));
            let has_room = listed.len() < MOST_TARGETS && json.len() < MOST_BYTES - 2_000;
            prop_assert!(!has_room || listed.len() == news.len());
            let worst = worst(&targets);
            prop_assert_eq!(listed.len(), worst.len());
            for ((shown, target), news) in listed.iter().zip(worst).zip(news) {
                prop_assert_eq!(shown, &serde_json::to_value(target).unwrap());
                prop_assert_eq!(target.standing(), news.standing());
            }
        }
    }
}
