//! The subject of an email, and the phrases that the texts share with it.

use crate::alert::{Finding, Kind, Notification, Unread};
use crate::reading::{EnforcementStatus, Reading};
use crate::target::Target;
use crate::time::Timestamp;

/// The most characters that SNS accepts in a subject.
///
/// Source: Amazon SNS API reference, `Publish`: ASCII, no line breaks, fewer than 100 characters.
pub(super) const CHARACTERS: usize = 99;

pub(super) fn text(notification: &Notification) -> String {
    let target = &notification.reading.target;
    let start = format!("[{}] SES {} ({}): ", label(notification), place(target), target.account.id);
    with_news(&start, notification.kind, &headline(notification))
}

/// A headline with what is new about it, where both fit.
pub(super) fn with_news(start: &str, kind: Kind, headline: &str) -> String {
    let news = match kind {
        Kind::Reminder => "still ",
        Kind::Recovered => "recovered, ",
        Kind::Test => "test alert, ",
        Kind::Raised | Kind::Escalated => "",
    };
    let full = format!("{start}{news}{headline}");
    if full.len() <= CHARACTERS { full } else { format!("{start}{headline}") }
}

/// The Region, or `all Regions` where something is said of an account as a whole.
pub(super) fn place(target: &Target) -> &str {
    if target.region.is_all() { "all Regions" } else { target.region.as_str() }
}

/// The account, with its name where that is known: `111122223333 (Payments)`.
pub(super) fn account(reading: &Reading) -> String {
    let id = &reading.target.account.id;
    reading.account_name.as_ref().map_or_else(|| id.to_string(), |name| format!("{id} ({name})"))
}

/// The first word of a subject and of an SMS.
pub(super) fn label(notification: &Notification) -> &'static str {
    match notification.kind {
        Kind::Test => Kind::Test.name(),
        _ => notification.level.name(),
    }
}

/// The state of the subject in a few words: `96.2% of the 24-hour sending quota used`.
pub(super) fn headline(notification: &Notification) -> String {
    match &notification.finding {
        Finding::Quota(quota) => match (quota.max_24_hour_send(), quota.utilization()) {
            (Some(0.0), _) => "the sending quota is 0, no mail can be sent".to_owned(),
            (_, Some(utilization)) => format!("{} of the 24-hour sending quota used", utilization.for_people()),
            (_, None) => "the 24-hour sending quota is unlimited".to_owned(),
        },
        Finding::Account(status) => match &status.enforcement {
            _ if status.is_stopped() => "sending is paused".to_owned(),
            EnforcementStatus::Probation => "AWS is reviewing the account".to_owned(),
            EnforcementStatus::Other(_) => format!("the account status is {}", status.enforcement),
            EnforcementStatus::Healthy | EnforcementStatus::Shutdown => "the account is healthy".to_owned(),
        },
        Finding::Rate(Some(used)) => format!("{} of the maximum send rate used", used.for_people()),
        Finding::Rate(None) => notification.cause.to_string(),
        Finding::Reading(None) => "readable again".to_owned(),
        Finding::Reading(Some(unread)) if notification.reading.quota.is_some() => {
            format!("account status {}", not_readable(unread, notification.reading.checked_at))
        }
        Finding::Reading(Some(unread)) => not_readable(unread, notification.reading.checked_at),
    }
}

/// `not readable for 15 minutes`
pub(super) fn not_readable(unread: &Unread, now: Timestamp) -> String {
    format!("not readable for {}", unread.since.how_long_until(now))
}
