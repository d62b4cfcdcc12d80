//! The report of a check: what the handler returns and logs.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::alert::{AlertLevel, Kind, Reason, Subject};
use crate::failure::{Failure, Stage};
use crate::forecast::Forecast;
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
    /// What failed and concerns no target by itself.
    #[serde(flatten)]
    pub failures: Option<Failures>,
}

/// What a check found and did about one target. What is unknown or unlimited is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    account: AccountId,
    region: Region,
    #[serde(flatten)]
    quota: Option<QuotaReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<SubjectReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Forecast>,
    #[serde(flatten)]
    failures: Option<Failures>,
}

/// A subject that is not OK, or of which something was to be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubjectReport {
    /// The subject.
    pub subject: Subject,
    /// Its level; `None` where it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<AlertLevel>,
    /// The notification that was due.
    pub notification: Option<Kind>,
    /// Why the level, and why a notification, or none.
    #[serde(serialize_with = "as_text")]
    pub reason: Reason,
}

impl SubjectReport {
    fn is_news(&self) -> bool {
        self.level > Some(AlertLevel::Ok) || self.notification.is_some()
    }
}

fn as_text<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

/// What is known of the quota.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct QuotaReport {
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
pub struct Failures {
    error: Failure,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further_errors: Vec<Failure>,
}

impl TargetReport {
    /// A target: its quota, if that was read, and what was found about each subject.
    #[must_use]
    pub fn new(target: &Target, quota: Option<&SendQuota>, subjects: Vec<SubjectReport>) -> Self {
        let of_quota = subjects.iter().find(|report| report.subject == Subject::Quota);
        let quota = quota.map(|quota| QuotaReport {
            sent_last_24_hours: json_number(quota.sent_last_24_hours()),
            max_24_hour_send: quota.max_24_hour_send().and_then(json_number),
            max_send_rate: quota.max_send_rate().per_second().and_then(json_number),
            utilization_percent: quota.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
            level: of_quota.and_then(|report| report.level),
            notification: of_quota.and_then(|report| report.notification),
        });
        let (account, region) = (target.account.id.clone(), target.region.clone());
        let subjects = subjects.into_iter().filter(SubjectReport::is_news).collect();
        Self { account, region, quota, subjects, forecast: None, failures: None }
    }

    /// The same target, with what is expected of its quota.
    #[must_use]
    pub fn with_forecast(self, forecast: Option<Forecast>) -> Self {
        Self { forecast, ..self }
    }

    /// The same target, with what failed.
    #[must_use]
    pub fn with_failures(self, failures: impl IntoIterator<Item = Failure>) -> Self {
        Self { failures: Failures::of(failures), ..self }
    }
}

impl Failures {
    /// `None` of none.
    #[must_use]
    pub fn of(failures: impl IntoIterator<Item = Failure>) -> Option<Self> {
        let mut failures = failures.into_iter();
        Some(Self { error: failures.next()?, further_errors: failures.collect() })
    }

    fn iter(&self) -> impl Iterator<Item = &Failure> {
        std::iter::once(&self.error).chain(&self.further_errors)
    }
}

impl Report {
    /// Whether anything failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.failures.is_some() || self.targets.iter().any(|target| target.failures.is_some())
    }

    /// The report, or an error that names each failure, so that Lambda counts and retries the invocation: if the monitor
    /// could not do its part, or no target could be read. A target that cannot be read while others can is alerted about.
    ///
    /// # Errors
    /// [`CheckFailed`] in these cases.
    pub fn into_result(self) -> Result<Self, CheckFailed> {
        let is_unread = self.targets.iter().all(|target| target.quota.is_none());
        let is_own = |failure: &Failure| !matches!(failure.stage, Stage::Read | Stage::Account | Stage::History);
        let has_failed = self.all_failures().any(|(_, failure)| is_own(failure));
        if is_unread || has_failed { Err(CheckFailed(Box::new(self))) } else { Ok(self) }
    }

    fn all_failures(&self) -> impl Iterator<Item = (Option<&TargetReport>, &Failure)> {
        let of_targets = self.targets.iter().flat_map(|target| {
            let failures = target.failures.iter().flat_map(Failures::iter);
            failures.map(move |failure| (Some(target), failure))
        });
        of_targets.chain(self.failures.iter().flat_map(Failures::iter).map(|failure| (None, failure)))
    }
}

/// A check of which at least one part failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct CheckFailed(Box<Report>);

impl fmt::Display for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        let failed = report.targets.iter().filter(|target| target.failures.is_some()).count();
        write!(f, "{failed} of {} targets failed in part or whole", report.targets.len())?;
        let mut gap = ": ";
        for (target, failure) in report.all_failures() {
            match target {
                Some(target) => write!(f, "{gap}{}#{}: {failure}", target.account, target.region)?,
                None => write!(f, "{gap}{failure}")?,
            }
            gap = "; ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;

    use super::*;
    use crate::alert::{Cause, Verdict};
    use crate::target::tests::target;

    fn report(targets: Vec<TargetReport>) -> Report {
        Report {
            checked_at: "2026-11-24T12:00:00Z".parse().unwrap(),
            dry_run: false,
            subscribers: None,
            targets,
            failures: None,
        }
    }

    fn about(subject: Subject, level: Option<AlertLevel>, notification: Option<Kind>, reason: Reason) -> SubjectReport {
        SubjectReport { subject, level, notification, reason }
    }

    fn quota(level: AlertLevel, notification: Option<Kind>) -> SubjectReport {
        let reason = Reason { cause: Cause::Unlimited, verdict: Verdict::AllIsWell };
        about(Subject::Quota, Some(level), notification, reason)
    }

    fn json(report: &Report) -> String {
        serde_json::to_string(report).unwrap()
    }

    #[test]
    fn a_report() {
        let near = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let unlimited = SendQuota::new(48_100.0, -1.0, 14.0).unwrap();
        let review = Reason { cause: Cause::UnderReview, verdict: Verdict::Rose { from: AlertLevel::Ok } };
        let review = about(Subject::Account, Some(AlertLevel::Warning), Some(Kind::Raised), review);
        let report = report(vec![
            TargetReport::new(
                &target("aws", "us-east-1"),
                Some(&near),
                vec![quota(AlertLevel::Critical, Some(Kind::Escalated)), review],
            ),
            TargetReport::new(&target("aws", "eu-west-1"), Some(&unlimited), vec![quota(AlertLevel::Ok, None)]),
        ]);
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":"ESCALATED","subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":"ESCALATED","reason":"the 24-hour sending quota is unlimited; nothing to report"},{"subject":"ACCOUNT","level":"WARNING","notification":"RAISED","reason":"AWS has put the account under review (PROBATION); up from OK"}]},{"account":"111122223333","region":"eu-west-1","sentLast24Hours":48100,"maxSendRate":14,"level":"OK","notification":null}]}"#);
        assert_eq!(report.clone().into_result(), Ok(report));
    }

    #[test]
    fn failures_are_named_in_place_of_what_they_hid() {
        let numbers = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let (near, far) = (target("aws", "us-east-1"), target("aws", "eu-west-1"));
        let denied = Failure::new(Stage::Read, "AccessDenied", "not authorized");
        let throttled = Failure::new(Stage::Alert, "Throttled", "Rate exceeded");
        let silent = Failure::no_answer(Stage::Metrics, Duration::from_secs(29));
        let report = report(vec![
            TargetReport::new(&near, Some(&numbers), vec![quota(AlertLevel::Critical, None)])
                .with_failures([throttled, silent]),
            TargetReport::new(&far, None, Vec::new()).with_failures([denied]),
        ]);
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":null,"subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":null,"reason":"the 24-hour sending quota is unlimited; nothing to report"}],"error":{"step":"alert","code":"Throttled","message":"Rate exceeded","hint":"subscribers may have received the alert all the same; a later check sends it again"},"furtherErrors":[{"step":"metrics","code":"Timeout","message":"no answer within 29.0 s"}]},{"account":"111122223333","region":"eu-west-1","error":{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the function's role ses:GetSendQuota, in this Region too"}}]}"#);
        assert_snapshot!(report.into_result().unwrap_err(), @"2 of 2 targets failed in part or whole: 111122223333#us-east-1: alert: Throttled: Rate exceeded [subscribers may have received the alert all the same; a later check sends it again]; 111122223333#us-east-1: metrics: Timeout: no answer within 29.0 s; 111122223333#eu-west-1: read: AccessDenied: not authorized [grant the function's role ses:GetSendQuota, in this Region too]");
    }

    #[test]
    fn a_target_that_cannot_be_read_fails_the_check_only_if_no_other_can() {
        let numbers = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let denied = || [Failure::new(Stage::Read, "AccessDenied", "not authorized")];
        let read = || TargetReport::new(&target("aws", "us-east-1"), Some(&numbers), Vec::new());
        let unread = || TargetReport::new(&target("aws", "eu-west-1"), None, Vec::new()).with_failures(denied());
        assert!(report(vec![read(), unread()]).into_result().is_ok());
        assert!(report(vec![unread(), unread()]).into_result().is_err());
        // The account status alone.
        let half = || read().with_failures([Failure::new(Stage::Account, "AccessDenied", "not authorized")]);
        assert!(report(vec![half()]).into_result().is_ok());
        for stage in [Stage::State, Stage::Alert, Stage::Metrics] {
            let failed = read().with_failures(denied()).with_failures([Failure::new(stage, "Throttling", "no")]);
            assert!(report(vec![read(), failed]).into_result().is_err());
            let failures = Failures::of([Failure::new(stage, "Throttling", "no")]);
            assert!(Report { failures, ..report(vec![read()]) }.into_result().is_err());
        }
    }
}
