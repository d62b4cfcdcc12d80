//! What a check reports about one target.

use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::alert::{AlertLevel, Kind, Reason, Standing, Subject};
use crate::failure::Failure;
use crate::forecast::Forecast;
use crate::numbers::json_number;
use crate::reading::{QuotaNumbers, SendQuota, Utilization};
use crate::target::{AccountId, AccountName, Region, Target};

/// What a check found and did about one target, or about an account as a whole. What is unknown or unlimited is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    pub(super) account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<AccountName>,
    pub(super) region: Region,
    #[serde(flatten)]
    quota: Option<QuotaReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<SubjectReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Forecast>,
    #[serde(flatten)]
    pub(super) failures: Option<Failures>,
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
    /// Whether it is not OK, or something was to be told.
    pub(in crate::check) fn is_news(&self) -> bool {
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
    #[serde(flatten)]
    numbers: QuotaNumbers,
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
            numbers: quota.into(),
            utilization_percent: quota.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
            level: of_quota.and_then(|report| report.level),
            notification: of_quota.and_then(|report| report.notification),
        });
        let (account, region) = (target.account.id.clone(), target.region.clone());
        let subjects = subjects.into_iter().filter(SubjectReport::is_news).collect();
        Self { account, account_name: None, region, quota, subjects, forecast: None, failures: None }
    }

    /// The same target, with what people call the account.
    #[must_use]
    pub fn with_account_name(self, account_name: Option<AccountName>) -> Self {
        Self { account_name, ..self }
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

    /// Whether it is a target, and not an account as a whole, which has no quota.
    pub(super) fn is_target(&self) -> bool {
        !self.region.is_all()
    }

    /// Whether its quota was read.
    pub(super) fn is_read(&self) -> bool {
        self.quota.is_some()
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        Standing::of(self.highest(), self.is_read())
    }

    /// Whether anything is to be said of it: it is not OK, something was to be told, or something failed.
    pub(super) fn is_news(&self) -> bool {
        self.standing() > Standing::Ok || !self.subjects.is_empty() || self.failures.is_some()
    }

    /// For an order by how bad it is.
    pub(super) fn rank(&self) -> impl PartialOrd {
        let utilization = self.quota.as_ref().and_then(|quota| quota.utilization_percent.as_ref()?.as_f64());
        (self.standing(), self.highest(), utilization)
    }

    /// The highest level that is known of any subject.
    fn highest(&self) -> Option<AlertLevel> {
        let of_quota = self.quota.as_ref().and_then(|quota| quota.level);
        self.subjects.iter().filter_map(|report| report.level).chain(of_quota).max()
    }
}

impl Failures {
    /// `None` of none.
    #[must_use]
    pub fn of(failures: impl IntoIterator<Item = Failure>) -> Option<Self> {
        let mut failures = failures.into_iter();
        Some(Self { error: failures.next()?, further_errors: failures.collect() })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Failure> {
        std::iter::once(&self.error).chain(&self.further_errors)
    }
}
