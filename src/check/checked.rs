//! What a check found and did about one target.

use std::sync::Arc;

use super::TargetReport;
use super::deliver::Done;
use super::report::SubjectReport;
use crate::alert::{AlertLevel, Subject};
use crate::failure::Failure;
use crate::metrics::Tally;
use crate::reading::Reading;
use crate::snapshot::SnapshotTarget;

/// What a check found and did about one target.
#[derive(Debug)]
pub(super) struct Checked {
    /// What SES said.
    pub reading: Arc<Reading>,
    /// What is reported of the quota, and of each subject that is news, or may become it.
    pub subjects: Vec<SubjectReport>,
    /// The highest level that is known of any subject.
    pub highest: Option<AlertLevel>,
    /// What could not be read, not be believed, or not be done.
    pub failures: Vec<Failure>,
    /// Whether it is one of all Regions, and the account has no SES there.
    pub is_absent: bool,
}

impl Checked {
    /// Whether the quota was read.
    pub(super) fn is_read(&self) -> bool {
        self.reading.quota.is_some()
    }

    /// Notes what is found about a subject, unless that is as usual and stays so: there are many.
    pub(super) fn note(&mut self, report: SubjectReport, may_change: bool) {
        if may_change || report.subject == Subject::Quota || report.level.is_none() || report.is_news() {
            self.subjects.push(report);
        }
    }

    /// Takes in what became of a decision about a subject.
    pub(super) fn complete(&mut self, done: Done) {
        self.failures.extend(done.failures);
        if let Some(report) = self.subjects.iter_mut().find(|report| report.subject == done.subject) {
            // Where the state could not be read, OK is not known.
            if report.level.is_some() || done.level > AlertLevel::Ok {
                report.level = Some(done.level);
            }
            report.notification = done.notification;
            report.reason = done.reason;
        }
    }

    /// What is kept for those who look at it.
    pub(super) fn snapshot(&self) -> SnapshotTarget {
        let levels = self.subjects.iter().map(|report| (report.subject, report.level));
        SnapshotTarget::new(&self.reading, levels, &self.failures)
    }

    /// What is reported; nothing of an account as a whole that can be read, as is usual.
    pub(super) fn into_report(self) -> Option<TargetReport> {
        let Self { reading, subjects, failures, .. } = self;
        let is_usual = failures.is_empty() && !subjects.iter().any(SubjectReport::is_news);
        (!reading.target.region.is_all() || !is_usual).then(|| {
            TargetReport::new(&reading.target, reading.quota.as_ref(), subjects)
                .with_account_name(reading.account_name.clone())
                .with_forecast(reading.forecast.clone())
                .with_failures(failures)
        })
    }
}

/// All of them together.
pub(super) fn tally<'c>(checked: impl Iterator<Item = &'c Checked>) -> Tally {
    checked.fold(Tally::default(), |mut tally, checked| {
        tally.add(&checked.reading, checked.highest);
        tally
    })
}
