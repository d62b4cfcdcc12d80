//! The text for a phone: one part, the level first.

use super::subject::{label, percent};
use super::{is_like_sandbox, is_rejecting};
use crate::alert::{AlertLevel, Kind, Notification};
use crate::numbers::count;

/// The most characters of an SMS that SNS sends as one part in GSM-7.
///
/// Source: Amazon SNS developer guide, "Publishing SMS messages": 160 GSM characters, of which a sender name may take some.
pub(super) const CHARACTERS: usize = 140;

pub(super) fn text(notification: &Notification) -> String {
    let reading = &notification.reading;
    let quota = &reading.quota;
    let mut text = format!("{}: SES {} ({}) ", label(notification), reading.target.region, reading.target.account.id);
    let numbers = match (quota.max_24_hour_send(), quota.utilization()) {
        (Some(0.0), _) => vec!["sending quota is 0.".to_owned()],
        (Some(max), Some(utilization)) => vec![
            format!("{} of 24h quota used.", percent(utilization)),
            match quota.remaining() {
                Some(left) if left > 0.0 => format!("{} of {} left.", count(left), count(max)),
                _ => format!("{} sent, quota {}.", count(quota.sent_last_24_hours()), count(max)),
            },
        ],
        _ => vec!["sending quota is unlimited.".to_owned()],
    };
    let is_sandbox = is_like_sandbox(quota);
    let advice: &[&str] = match notification.kind {
        Kind::Test => &["Only a test."],
        Kind::Recovered => &["Recovered."],
        _ if is_rejecting(notification) && is_sandbox => &["SES rejects mail.", "Ask for production access."],
        _ if is_rejecting(notification) => &["SES rejects mail.", "Raise the quota."],
        _ if notification.level > AlertLevel::Ok && is_sandbox => &["Hold bulk mail, ask for production access."],
        _ if notification.level > AlertLevel::Ok => &["Hold bulk mail, raise the quota."],
        _ => &[],
    };
    // The most important first. A part that does not fit is left out.
    let mut gap = "";
    for part in numbers.iter().map(String::as_str).chain(advice.iter().copied()) {
        if text.len() + gap.len() + part.len() <= CHARACTERS {
            text.push_str(gap);
            text.push_str(part);
            gap = " ";
        }
    }
    text
}
