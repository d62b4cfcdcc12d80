//! The report of a check: what the handler returns and logs.

mod shown;
mod target;

use std::fmt;

use crate::failure::{Failure, Stage};
use crate::time::Timestamp;

pub use target::{Failures, SubjectReport, TargetReport};

/// How many failures the error of a check names.
const MOST_NAMED: usize = 10;

/// How old the list of an organization's accounts may become, in seconds, while it cannot be read anew.
const ACCOUNTS_STALE_SECONDS: i64 = 24 * 3_600;

/// What a check found and did. It keeps all targets. What is shown of them is bounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// When the check started.
    pub checked_at: Timestamp,
    /// Whether it was a dry run, in which `notification` is what would have been sent.
    pub dry_run: bool,
    /// After a test alert: how many confirmed subscribers the topic has, where SNS says so.
    pub subscribers: Option<u32>,
    /// In an organization: when the list of its accounts that is in use was read.
    pub accounts_listed_at: Option<Timestamp>,
    /// In how many parts the check was parted, each of which has a report of its own; `None` where it was not.
    pub parts: Option<usize>,
    /// One per target, in the order of the accounts and of `REGIONS`, and one for each account of which there is something to
    /// say as a whole.
    pub targets: Vec<TargetReport>,
    /// What failed and concerns no target by itself.
    pub failures: Option<Failures>,
}

impl Report {
    /// A check that was parted.
    #[must_use]
    pub fn of_parts(checked_at: Timestamp, parts: usize) -> Self {
        Self {
            checked_at,
            dry_run: false,
            subscribers: None,
            accounts_listed_at: None,
            parts: Some(parts),
            targets: Vec::new(),
            failures: None,
        }
    }

    /// The same report, with when the accounts of the organization were listed.
    #[must_use]
    pub fn with_accounts_listed_at(self, accounts_listed_at: Option<Timestamp>) -> Self {
        Self { accounts_listed_at, ..self }
    }

    /// The same report, with what else failed.
    #[must_use]
    pub fn with_failures(self, failures: impl IntoIterator<Item = Failure>) -> Self {
        let earlier = self.failures.iter().flat_map(Failures::iter).cloned();
        let failures = Failures::of(earlier.chain(failures).collect::<Vec<_>>());
        Self { failures, ..self }
    }

    /// Whether anything failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.failures.is_some() || self.targets.iter().any(|target| target.failures.is_some())
    }

    /// The report, or an error that names failures, so that Lambda counts and retries the invocation: if the monitor could not
    /// do its part, or no target could be read. A target that cannot be read while others can is alerted about.
    ///
    /// # Errors
    /// [`CheckFailed`] in these cases.
    pub fn into_result(self) -> Result<Self, CheckFailed> {
        if self.is_unread() || self.has_own_failures() { Err(CheckFailed(Box::new(self))) } else { Ok(self) }
    }

    /// The same of a part of a check, so that the queue delivers it again: only if the monitor could not do its part. That none of
    /// its targets could be read may be true of these accounts alone, and is alerted about.
    ///
    /// # Errors
    /// [`CheckFailed`] in this case.
    pub fn into_result_of_part(self) -> Result<Self, CheckFailed> {
        if self.has_own_failures() { Err(CheckFailed(Box::new(self))) } else { Ok(self) }
    }

    fn has_own_failures(&self) -> bool {
        self.all_failures().any(|(_, failure)| self.is_own(failure))
    }

    /// Whether no target could be read. A check that was parted reads none by itself.
    fn is_unread(&self) -> bool {
        self.parts.is_none() && !self.targets.iter().any(TargetReport::is_read)
    }

    /// Whether the monitor itself could not do its part.
    fn is_own(&self, failure: &Failure) -> bool {
        match failure.stage {
            Stage::Role | Stage::Read | Stage::Account | Stage::History | Stage::Increases | Stage::Snapshot => false,
            // An organization changes little in a day.
            Stage::Accounts => self
                .accounts_listed_at
                .is_none_or(|listed_at| self.checked_at > listed_at.plus_seconds(ACCOUNTS_STALE_SECONDS)),
            Stage::State | Stage::Alert | Stage::Metrics | Stage::Shards => true,
        }
    }

    fn all_failures(&self) -> impl Iterator<Item = (Option<&TargetReport>, &Failure)> {
        let of_targets = self.targets.iter().flat_map(|target| {
            let failures = target.failures.iter().flat_map(Failures::iter);
            failures.map(move |failure| (Some(target), failure))
        });
        self.failures.iter().flat_map(Failures::iter).map(|failure| (None, failure)).chain(of_targets)
    }
}

/// A check of which at least one part failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct CheckFailed(Box<Report>);

impl fmt::Display for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        let targets: Vec<&TargetReport> = report.targets.iter().filter(|target| target.is_target()).collect();
        match (report.parts, targets.len()) {
            (Some(parts), _) => {
                let failed = report.all_failures().filter(|(_, failure)| failure.stage == Stage::Shards).count();
                write!(f, "{failed} of {parts} parts of the check could not be sent")?;
            }
            (None, 0) => f.write_str("ACCOUNTS, EXCLUDE_ACCOUNTS and REGIONS leave nothing to check")?,
            (None, all) => {
                let failed = targets.iter().filter(|target| target.failures.is_some()).count();
                write!(f, "{failed} of {all} targets failed in part or whole")?;
            }
        }
        // First those for which the check failed, and those that concern the most.
        let mut failures: Vec<(Option<&TargetReport>, &Failure)> = report.all_failures().collect();
        failures
            .sort_by_key(|(target, failure)| (!report.is_own(failure), target.is_some_and(TargetReport::is_target)));
        let mut gap = ": ";
        for (target, failure) in failures.iter().take(MOST_NAMED) {
            match target {
                Some(target) => write!(f, "{gap}{}#{}: {failure}", target.account, target.region)?,
                None => write!(f, "{gap}{failure}")?,
            }
            gap = "; ";
        }
        match failures.len().saturating_sub(MOST_NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;

    use super::*;
    use crate::alert::{AlertLevel, Cause, Kind, Reason, Subject, Verdict};
    use crate::reading::SendQuota;
    use crate::target::tests::target;
    use crate::target::{AccountName, Region, Target};

    pub(super) fn report(targets: Vec<TargetReport>) -> Report {
        Report {
            checked_at: "2026-11-24T12:00:00Z".parse().unwrap(),
            dry_run: false,
            subscribers: None,
            accounts_listed_at: None,
            parts: None,
            targets,
            failures: None,
        }
    }

    pub(super) fn about(
        subject: Subject,
        level: Option<AlertLevel>,
        notification: Option<Kind>,
        reason: Reason,
    ) -> SubjectReport {
        SubjectReport { subject, level, notification, reason }
    }

    pub(super) fn quota(level: AlertLevel, notification: Option<Kind>) -> SubjectReport {
        let reason = Reason { cause: Cause::Unlimited, verdict: Verdict::AllIsWell };
        about(Subject::Quota, Some(level), notification, reason)
    }

    pub(super) fn json(report: &Report) -> String {
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
            TargetReport::new(&target("aws", "eu-west-1"), Some(&unlimited), vec![quota(AlertLevel::Ok, None)])
                .with_account_name(AccountName::new("Payments")),
        ]);
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":"ESCALATED","subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":"ESCALATED","reason":"the 24-hour sending quota is unlimited; nothing to report"},{"subject":"ACCOUNT","level":"WARNING","notification":"RAISED","reason":"AWS has put the account under review (PROBATION); up from OK"}]},{"account":"111122223333","accountName":"Payments","region":"eu-west-1","sentLast24Hours":48100,"maxSendRate":14,"level":"OK","notification":null}]}"#);
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
        assert_snapshot!(json(&report), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":null,"subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":null,"reason":"the 24-hour sending quota is unlimited; nothing to report"}],"error":{"step":"alert","code":"Throttled","message":"Rate exceeded","hint":"subscribers may have received the alert all the same; a later check sends it again"},"furtherErrors":[{"step":"metrics","code":"Timeout","message":"no answer within 29.0 s"}]},{"account":"111122223333","region":"eu-west-1","error":{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the role that reads this account ses:GetSendQuota, in this Region too"}}]}"#);
        assert_snapshot!(report.into_result().unwrap_err(), @"2 of 2 targets failed in part or whole: 111122223333#us-east-1: alert: Throttled: Rate exceeded [subscribers may have received the alert all the same; a later check sends it again]; 111122223333#us-east-1: metrics: Timeout: no answer within 29.0 s; 111122223333#eu-west-1: read: AccessDenied: not authorized [grant the role that reads this account ses:GetSendQuota, in this Region too]");
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

    #[test]
    fn a_role_that_cannot_be_assumed_is_alerted_about() {
        let numbers = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let denied = || [Failure::new(Stage::Role, "AccessDenied", "not authorized")];
        let own = TargetReport::new(&target("aws", "us-east-1"), Some(&numbers), Vec::new());
        let unread = TargetReport::new(&target("aws", "eu-west-1"), None, Vec::new()).with_failures(denied());
        let account = Target { region: Region::all(), ..target("aws", "eu-west-1") };
        let account = TargetReport::new(&account, None, Vec::new()).with_failures(denied());
        assert!(report(vec![own, unread.clone(), account.clone()]).into_result().is_ok());
        // A part may have no account that can be read.
        assert!(report(vec![unread.clone(), account.clone()]).into_result_of_part().is_ok());
        // No target is left that can be read. The account as a whole is none.
        let error = report(vec![unread, account]).into_result().unwrap_err();
        assert_snapshot!(error.to_string().replace("; 1", ";\n1"), @"
        1 of 1 targets failed in part or whole: 111122223333#all: role: AccessDenied: not authorized [the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers];
        111122223333#eu-west-1: role: AccessDenied: not authorized [the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers]
        ");
    }

    #[test]
    fn a_list_of_accounts_may_be_a_day_old() {
        let numbers = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let read = || vec![TargetReport::new(&target("aws", "us-east-1"), Some(&numbers), Vec::new())];
        let denied = Failure::new(Stage::Accounts, "TooManyRequestsException", "slow down");
        let listed_at = |at: &str| {
            report(read()).with_accounts_listed_at(at.parse().ok()).with_failures([denied.clone()]).into_result()
        };
        assert_snapshot!(json(&listed_at("2026-11-23T12:00:00Z").unwrap()), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"accountsListedAt":"2026-11-23T12:00:00Z","targets":[{"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"notification":null}],"error":{"step":"accounts","code":"TooManyRequestsException","message":"slow down"}}"#);
        assert!(listed_at("2026-11-23T12:00:00Z").unwrap().has_failures());
        assert_snapshot!(listed_at("2026-11-23T11:59:59Z").unwrap_err(), @"0 of 1 targets failed in part or whole: accounts: TooManyRequestsException: slow down");
        assert!(listed_at("never").is_err());
        // Nothing failed: its age is none of the report's business.
        let old = report(read()).with_accounts_listed_at("2026-11-20T12:00:00Z".parse().ok());
        assert!(old.into_result().is_ok());
    }

    #[test]
    fn a_check_that_was_parted() {
        let parted = Report::of_parts("2026-11-24T12:00:00Z".parse().unwrap(), 12);
        assert_snapshot!(json(&parted), @r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"parts":12,"targets":[]}"#);
        let refused = Failure::new(Stage::Shards, "AccessDenied", "not authorized");
        let error = parted.clone().with_failures([refused.clone(), refused]).into_result().unwrap_err();
        assert_snapshot!(error, @"2 of 12 parts of the check could not be sent: shards: AccessDenied: not authorized [grant the function's role sqs:SendMessage on the queue in WORK_QUEUE_URL]; shards: AccessDenied: not authorized [grant the function's role sqs:SendMessage on the queue in WORK_QUEUE_URL]");
        assert_eq!(parted.clone().into_result(), Ok(parted));
    }

    #[test]
    fn nothing_to_check_is_an_error() {
        assert_snapshot!(report(Vec::new()).into_result().unwrap_err(), @"ACCOUNTS, EXCLUDE_ACCOUNTS and REGIONS leave nothing to check");
    }

    #[test]
    fn the_error_of_many_failures_names_those_of_the_monitor_first() {
        let numbers = SendQuota::new(48_100.0, 50_000.0, 14.0).unwrap();
        let many = (1..=12).map(|number| {
            let failed = TargetReport::new(&target("aws", &format!("us-east-{number}")), None, Vec::new());
            failed.with_failures([Failure::new(Stage::Read, "Throttling", "Rate exceeded")])
        });
        let unwritten = TargetReport::new(&target("aws", "eu-west-1"), Some(&numbers), Vec::new()).with_failures([
            Failure::new(Stage::Read, "Throttling", "no"),
            Failure::new(Stage::State, "Throttling", "no"),
        ]);
        let unmeasured = Failure::new(Stage::Metrics, "Throttling", "no");
        let error = report(many.chain([unwritten]).collect()).with_failures([unmeasured]).into_result().unwrap_err();
        assert_snapshot!(error.to_string().replace("; ", ";\n"), @"
        13 of 13 targets failed in part or whole: metrics: Throttling: no;
        111122223333#eu-west-1: state: Throttling: no;
        111122223333#us-east-1: read: Throttling: Rate exceeded;
        111122223333#us-east-2: read: Throttling: Rate exceeded;
        111122223333#us-east-3: read: Throttling: Rate exceeded;
        111122223333#us-east-4: read: Throttling: Rate exceeded;
        111122223333#us-east-5: read: Throttling: Rate exceeded;
        111122223333#us-east-6: read: Throttling: Rate exceeded;
        111122223333#us-east-7: read: Throttling: Rate exceeded;
        111122223333#us-east-8: read: Throttling: Rate exceeded;
        and 5 more
        ");
    }
}
