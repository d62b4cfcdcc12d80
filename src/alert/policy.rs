//! When a notification is due.

use crate::alert::reason::Cause;
use crate::alert::{Alert, AlertLevel, Finding, Thresholds};
use crate::reading::Utilization;
use crate::time::Timestamp;

/// When a notification is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlertPolicy {
    /// Where the levels of the quota begin and end; the margin is that of the send rate, too.
    pub thresholds: Thresholds,
    /// The share of the maximum send rate, in percent, from which the level of the rate is WARNING; `None` for never.
    pub rate_warning: Option<f64>,
    /// Minutes after which a target that cannot be read is alerted about.
    pub unreadable_minutes: i64,
    /// Seconds after which an ongoing alert is repeated; `None` for never.
    pub reminder_seconds: Option<i64>,
}

impl AlertPolicy {
    /// The level of a finding by itself, without hysteresis.
    #[must_use]
    pub fn level(&self, finding: &Finding, now: Timestamp) -> AlertLevel {
        self.level_after(AlertLevel::Ok, finding, now)
    }

    /// The level of a finding after `previous`.
    pub(super) fn level_after(&self, previous: AlertLevel, finding: &Finding, now: Timestamp) -> AlertLevel {
        match finding {
            Finding::Quota(quota) => self.thresholds.level_after(previous, quota),
            Finding::Account(status) => status.level(),
            Finding::Rate(used) => self.rate_level_after(previous, *used),
            Finding::Reading(None) => AlertLevel::Ok,
            Finding::Reading(Some(unread)) if now >= unread.since.plus_seconds(60 * self.unreadable_minutes) => {
                AlertLevel::Warning
            }
            // Not read is not over.
            Finding::Reading(Some(_)) => previous,
        }
    }

    /// As with the quota, the level ends only below its beginning less the margin: a rate that swings around the threshold
    /// is told of once.
    fn rate_level_after(&self, previous: AlertLevel, used: Option<Utilization>) -> AlertLevel {
        let margin = if previous > AlertLevel::Ok { self.thresholds.clear_margin() } else { 0.0 };
        match self.rate_warning.zip(used) {
            Some((warning, used)) if used.percent() >= warning - margin => AlertLevel::Warning,
            _ => AlertLevel::Ok,
        }
    }

    /// Whether a finding tells of no level yet: SES could not be read, and not for long.
    pub(super) fn is_undecided(&self, finding: &Finding, now: Timestamp) -> bool {
        matches!(finding, Finding::Reading(Some(_))) && self.level(finding, now) == AlertLevel::Ok
    }

    /// Why a finding has a level.
    #[must_use]
    pub fn cause(&self, finding: &Finding, level: AlertLevel) -> Cause {
        match finding {
            Finding::Quota(quota) => Cause::of_quota(quota, level, &self.thresholds),
            Finding::Account(status) => Cause::of_account(status),
            Finding::Rate(used) => Cause::of_rate(*used, level, self.rate_warning, self.thresholds.clear_margin()),
            Finding::Reading(unread) => Cause::of_reading(unread.as_ref(), level, self.unreadable_minutes),
        }
    }

    pub(super) fn is_reminder_due(&self, alert: &Alert, now: Timestamp) -> bool {
        self.reminder_seconds.is_some_and(|seconds| now >= alert.notified_at.plus_seconds(seconds))
    }
}

impl Default for AlertPolicy {
    /// The default thresholds, no alerts about the send rate, a quarter hour until a target that cannot be read is alerted
    /// about, and a reminder every 24 hours.
    fn default() -> Self {
        Self {
            thresholds: Thresholds::default(),
            rate_warning: None,
            unreadable_minutes: 15,
            reminder_seconds: Some(24 * 3_600),
        }
    }
}
