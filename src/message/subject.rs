//! The subject of an email, and the phrases that the texts share with it.

use crate::alert::{Kind, Notification};
use crate::reading::Utilization;
use crate::target::Target;

/// The most characters that SNS accepts in a subject.
///
/// Source: Amazon SNS API reference, `Publish`: ASCII, no line breaks, fewer than 100 characters.
pub(super) const CHARACTERS: usize = 99;

pub(super) fn text(notification: &Notification) -> String {
    let Target { account, region } = &notification.reading.target;
    let start = format!("[{}] SES {region} ({}): ", label(notification), account.id);
    let headline = headline(notification);
    let news = match notification.kind {
        Kind::Reminder => "still ",
        Kind::Recovered => "recovered, ",
        Kind::Test => "test alert, ",
        Kind::Raised | Kind::Escalated => "",
    };
    let full = format!("{start}{news}{headline}");
    if full.len() <= CHARACTERS { full } else { start + &headline }
}

/// The first word of a subject and of an SMS.
pub(super) fn label(notification: &Notification) -> &'static str {
    match notification.kind {
        Kind::Test => Kind::Test.name(),
        _ => notification.level.name(),
    }
}

/// The state of the quota in a few words: `96.2% of the 24-hour sending quota used`.
pub(super) fn headline(notification: &Notification) -> String {
    let quota = &notification.reading.quota;
    match (quota.max_24_hour_send(), quota.utilization()) {
        (Some(0.0), _) => "the sending quota is 0, no mail can be sent".to_owned(),
        (_, Some(utilization)) => format!("{} of the 24-hour sending quota used", percent(utilization)),
        (_, None) => "the 24-hour sending quota is unlimited".to_owned(),
    }
}

/// `96.2%`, rounded down.
pub(super) fn percent(utilization: Utilization) -> String {
    /// After a quota was lowered far below what was sent, the exact figure adds nothing, and it has to fit a subject.
    const MOST: f64 = 9_999.9;
    match utilization.percent_rounded_down() {
        shown if shown > MOST => format!("over {MOST:.1}%"),
        shown => format!("{shown:.1}%"),
    }
}
