//! A notification in words: one SNS publish, with a text for each kind of subscriber.

mod document;
mod email;

mod sms;

use serde_json::json;

use crate::alert::AlertLevel;
use crate::alert::{Kind, Notification};
use crate::reading::Utilization;
use crate::target::Target;

/// The most characters that SNS accepts in a subject.
///
/// Source: Amazon SNS API reference, `Publish`: ASCII, no line breaks, fewer than 100 characters.
pub const SUBJECT_CHARACTERS: usize = 99;

/// What is published to the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// ASCII, at most [`SUBJECT_CHARACTERS`], one line.
    pub subject: String,
    /// For email, and the default for protocols that SNS may add.
    pub email: String,
    /// One SMS part: GSM-7, at most 140 characters.
    pub sms: String,
    /// One JSON document, for machines: `http`, `https`, `lambda`, `sqs` and `firehose`.
    pub document: String,
    /// For subscription filter policies.
    pub attributes: [(&'static str, String); 4],
}

impl Message {
    /// Puts a notification into words.
    #[must_use]
    pub fn new(notification: &Notification) -> Self {
        let target = &notification.reading.target;
        Self {
            subject: subject(notification),
            email: email::text(notification),
            sms: sms::text(notification),
            document: document::json(notification),
            attributes: [
                ("level", notification.level.name().to_owned()),
                ("kind", notification.kind.name().to_owned()),
                ("account", target.account.id.to_string()),
                ("region", target.region.to_string()),
            ],
        }
    }

    /// The body of the publish, for `MessageStructure=json`.
    #[must_use]
    pub fn body(&self) -> String {
        let Self { email, sms, document, .. } = self;
        json!({
            "default": email, "email": email, "sms": sms,
            "http": document, "https": document, "lambda": document, "sqs": document, "firehose": document,
        })
        .to_string()
    }
}

fn subject(notification: &Notification) -> String {
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
    if full.len() <= SUBJECT_CHARACTERS { full } else { start + &headline }
}

/// The first word of a subject and of an SMS.
fn label(notification: &Notification) -> &'static str {
    match notification.kind {
        Kind::Test => Kind::Test.name(),
        _ => notification.level.name(),
    }
}

/// The state of the quota in a few words: `96.2% of the 24-hour sending quota used`.
fn headline(notification: &Notification) -> String {
    let quota = &notification.reading.quota;
    match (quota.max_24_hour_send(), quota.utilization()) {
        (Some(0.0), _) => "the sending quota is 0, no mail can be sent".to_owned(),
        (_, Some(utilization)) => format!("{} of the 24-hour sending quota used", percent(utilization)),
        (_, None) => "the 24-hour sending quota is unlimited".to_owned(),
    }
}

/// `96.2%`, rounded down.
fn percent(utilization: Utilization) -> String {
    /// After a quota was lowered far below what was sent, the exact figure adds nothing, and it has to fit a subject.
    const MOST: f64 = 9_999.9;
    match utilization.percent_rounded_down() {
        shown if shown > MOST => format!("over {MOST:.1}%"),
        shown => format!("{shown:.1}%"),
    }
}

/// Whether SES rejects all mail.
fn is_rejecting(notification: &Notification) -> bool {
    notification.level == AlertLevel::Exhausted && notification.reading.quota.remaining() == Some(0.0)
}

#[cfg(test)]
mod tests;
