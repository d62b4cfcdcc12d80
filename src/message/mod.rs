//! Notifications in words: one SNS publish, with a text for each kind of subscriber.

mod digest;
mod document;
mod email;
mod sms;
mod subject;

use serde_json::json;

use crate::alert::{AlertLevel, Notification};
use crate::reading::{SendQuota, SendRate};

/// What is published to the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// ASCII, at most 99 characters, one line.
    pub subject: String,
    /// For email, and the default for protocols that SNS may add.
    pub email: String,
    /// One SMS part: GSM-7, at most 140 characters.
    pub sms: String,
    /// One JSON document, for machines: `http`, `https`, `lambda`, `sqs` and `firehose`.
    pub document: String,
    /// For subscription filter policies.
    pub attributes: Vec<(&'static str, String)>,
}

impl Message {
    /// Puts a notification into words.
    #[must_use]
    pub fn new(notification: &Notification) -> Self {
        let target = &notification.reading.target;
        Self {
            subject: subject::text(notification),
            email: email::text(notification),
            sms: sms::text(notification),
            document: document::text(&document::of(notification)),
            attributes: vec![
                ("level", notification.level.name().to_owned()),
                ("kind", notification.kind.name().to_owned()),
                ("account", target.account.id.to_string()),
                ("region", target.region.to_string()),
            ],
        }
    }

    /// A test alert: one message, about however many targets. `None` if there is none to speak of.
    #[must_use]
    pub fn test(notifications: &[Notification]) -> Option<Self> {
        match notifications {
            [] => None,
            [notification] => Some(Self::new(notification)),
            notifications => Some(digest::test(notifications)),
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

/// Whether SES rejects all mail.
fn is_rejecting(notification: &Notification) -> bool {
    notification.level == AlertLevel::Exhausted && notification.reading.quota.remaining() == Some(0.0)
}

/// Whether the quota and the rate are those of the SES sandbox, in which a higher quota is not what to ask for.
///
/// Source: Amazon SES developer guide, "Request production access (Moving out of the Amazon SES sandbox)".
fn is_like_sandbox(quota: &SendQuota) -> bool {
    quota.max_24_hour_send() == Some(200.0) && quota.max_send_rate() == SendRate::PerSecond(1.0)
}

#[cfg(test)]
mod tests;
