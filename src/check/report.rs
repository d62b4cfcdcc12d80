//! The report of a check: what the handler returns and logs.

use std::fmt;

use serde::Serialize;
use serde_json::Number;

use crate::alert::{AlertLevel, Kind};
use crate::failure::Failure;
use crate::numbers::json_number;
use crate::reading::{SendQuota, Utilization};
use crate::target::{AccountId, Region, Target};
use crate::time::Timestamp;

/// What a check found and did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When the check started.
    pub checked_at: Timestamp,
    /// Whether it was a dry run, in which `notification` is what would have been sent.
    pub dry_run: bool,
    /// After a test alert: how many confirmed subscribers the topic has, where SNS says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribers: Option<u32>,
    /// One per target, in the order of `REGIONS`.
    pub targets: Vec<TargetReport>,
}

/// What a check found and did about one target. What is unknown or unlimited is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    account: AccountId,
    region: Region,
    #[serde(flatten)]
    finding: Option<Finding>,
    #[serde(flatten)]
    failures: Option<Failures>,
}

/// What is known of the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    #[serde(rename = "sentLast24Hours", skip_serializing_if = "Option::is_none")]
    sent_last_24_hours: Option<Number>,
    #[serde(rename = "max24HourSend", skip_serializing_if = "Option::is_none")]
    max_24_hour_send: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_send_rate: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<AlertLevel>,
    notification: Option<Kind>,
}

/// What failed: the first failure, and those after it where there are more.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failures {
    error: Failure,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further_errors: Vec<Failure>,
}

impl TargetReport {
    /// A target whose quota was read. `level` is unknown where the state could not be read, and the numbers alone say OK.
    /// `notification` was due, and was sent unless a failure says otherwise.
    #[must_use]
    pub fn assessed(target: &Target, quota: &SendQuota, level: Option<AlertLevel>, notification: Option<Kind>) -> Self {
        let finding = Finding {
            sent_last_24_hours: json_number(quota.sent_last_24_hours()),
            max_24_hour_send: quota.max_24_hour_send().and_then(json_number),
            max_send_rate: quota.max_send_rate().per_second().and_then(json_number),
            utilization_percent: quota.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
            level,
            notification,
        };
        Self { finding: Some(finding), ..Self::unread(target) }
    }

    /// A target whose quota is unknown.
    #[must_use]
    pub fn unread(target: &Target) -> Self {
        let (account, region) = (target.account.id.clone(), target.region.clone());
        Self { account, region, finding: None, failures: None }
    }

    /// The same target, with what failed.
    #[must_use]
    pub fn with_failures(mut self, failures: impl IntoIterator<Item = Failure>) -> Self {
        for failure in failures {
            match &mut self.failures {
                Some(failures) => failures.further_errors.push(failure),
                None => self.failures = Some(Failures { error: failure, further_errors: Vec::new() }),
            }
        }
        self
    }

    fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.iter().flat_map(|failures| std::iter::once(&failures.error).chain(&failures.further_errors))
    }
}

impl Report {
    /// The report, or an error that names each failure, so that Lambda counts and retries the invocation.
    ///
    /// # Errors
    /// [`CheckFailed`] if any part of any target failed.
    pub fn into_result(self) -> Result<Self, CheckFailed> {
        if self.targets.iter().all(|target| target.failures.is_none()) { Ok(self) } else { Err(CheckFailed(self)) }
    }
}

/// A check of which at least one part failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct CheckFailed(Report);

impl fmt::Display for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets = &self.0.targets;
        let failed = targets.iter().filter(|target| target.failures.is_some()).count();
        write!(f, "{failed} of {} targets failed in part or whole", targets.len())?;
        let mut gap = ": ";
        for target in targets {
            for failure in target.failures() {
                write!(f, "{gap}{}#{}: {failure}", target.account, target.region)?;
                gap = "; ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;

    use super::*;
    use crate::failure::Stage;
    use crate::target::tests::target;

    fn report(targets: Vec<TargetReport>) -> Report {
        Report { checked_at: "2026-11-24T12:00:00Z".parse().unwrap(), dry_run: false, subscribers: None, targets }
    }

    fn json(report: &Report) -> String {
        serde_json::to_string(report).unwrap()
    }

    #[test]
    fn a_report() {
        let quota = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let unlimited = SendQuota::new(48_100.0, -1.0, 14.0).unwrap();
        let report = report(vec![
            TargetReport::assessed(
                &target("aws", "us-east-1"),
                &quota,
                Some(AlertLevel::Critical),
                Some(Kind::Escalated),
            ),
            TargetReport::assessed(&target("aws", "eu-west-1"), &unlimited, Some(AlertLevel::Ok), None),
        ]);
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":"ESCALATED"},{"account":"111122223333","region":"eu-west-1","sentLast24Hours":48100,"maxSendRate":14,"level":"OK","notification":null}]}"#);
        assert_eq!(report.clone().into_result(), Ok(report));
    }

    #[test]
    fn failures_are_named_in_place_of_what_they_hid() {
        let quota = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let (near, far) = (target("aws", "us-east-1"), target("aws", "eu-west-1"));
        let denied = Failure::new(Stage::Read, "AccessDenied", "not authorized");
        let throttled = Failure::new(Stage::Alert, "Throttled", "Rate exceeded");
        let silent = Failure::no_answer(Stage::Metrics, Duration::from_secs(29));
        let report = report(vec![
            TargetReport::assessed(&near, &quota, Some(AlertLevel::Critical), None).with_failures([throttled, silent]),
            TargetReport::unread(&far).with_failures([denied]),
        ]);
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":null,"error":{"step":"alert","code":"Throttled","message":"Rate exceeded","hint":"subscribers may have received the alert all the same; a later check sends it again"},"furtherErrors":[{"step":"metrics","code":"Timeout","message":"no answer within 29.0 s"}]},{"account":"111122223333","region":"eu-west-1","error":{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the function's role ses:GetSendQuota, in this Region too"}}]}"#);
        assert_snapshot!(report.into_result().unwrap_err(), @"2 of 2 targets failed in part or whole: 111122223333#us-east-1: alert: Throttled: Rate exceeded [subscribers may have received the alert all the same; a later check sends it again]; 111122223333#us-east-1: metrics: Timeout: no answer within 29.0 s; 111122223333#eu-west-1: read: AccessDenied: not authorized [grant the function's role ses:GetSendQuota, in this Region too]");
    }
}
