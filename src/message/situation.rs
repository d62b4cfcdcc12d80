//! What the texts about a notification depend on.

use crate::alert::{AlertLevel, Finding, Kind, Notification};
use crate::reading::{AccountStatus, EnforcementStatus, Reading, SendRate};

/// Whether the account is in the SES sandbox, in which a higher quota is not what to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    /// SES says so.
    Yes,
    /// SES does not say, and quota and rate are those of the sandbox.
    Perhaps,
    /// SES says that it is not, or does not say, and quota or rate are others.
    No,
}

/// Whether the account that was read is in the sandbox.
///
/// Source: Amazon SES developer guide, "Request production access (Moving out of the Amazon SES sandbox)".
#[must_use]
pub fn sandbox(reading: &Reading) -> Sandbox {
    let (max, rate) = (Some(200.0), SendRate::PerSecond(1.0));
    match reading.account.as_ref().and_then(|status| status.production_access) {
        Some(true) => Sandbox::No,
        Some(false) => Sandbox::Yes,
        None => match reading.quota {
            Some(quota) if quota.max_24_hour_send() == max && quota.max_send_rate() == rate => Sandbox::Perhaps,
            _ => Sandbox::No,
        },
    }
}

/// Whether a notification leads people to a higher quota, so that a request that is open already is news to them.
#[must_use]
pub fn advises_increase(notification: &Notification) -> bool {
    let Notification { kind, finding, reading, .. } = notification;
    matches!(finding, Finding::Quota(_))
        && matches!(kind, Kind::Raised | Kind::Escalated | Kind::Reminder)
        && !is_held(reading)
        && !matches!(sandbox(reading), Sandbox::Yes)
}

/// Whether AWS, or somebody, has something against the mail that the account sends, which comes before its quota.
fn is_held(reading: &Reading) -> bool {
    let is_reviewed = |status: &AccountStatus| status.enforcement == EnforcementStatus::Probation;
    reading.account.as_ref().is_some_and(|status| status.is_stopped() || is_reviewed(status))
}

/// Whether SES rejects all mail.
pub(super) fn is_rejecting(notification: &Notification) -> bool {
    notification.level == AlertLevel::Exhausted
        && match &notification.finding {
            Finding::Quota(quota) => quota.remaining() == Some(0.0),
            Finding::Account(status) => status.is_stopped(),
            Finding::Rate(_) | Finding::Reading(_) => false,
        }
}

/// Whether SES takes no mail from the account.
pub(super) fn is_stopped(reading: &Reading) -> bool {
    reading.account.as_ref().is_some_and(AccountStatus::is_stopped)
}
