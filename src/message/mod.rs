//! Notifications in words: one SNS publish, with a text for each kind of subscriber.

mod advice;
mod chat;
pub mod console;
mod digest;
mod document;
mod email;
mod outlook;
mod situation;
mod sms;
mod subject;

use serde_json::json;

use crate::alert::{AlertLevel, Kind, Notification, Subject};
use crate::target::Target;
use chat::Chat;

pub use digest::fitting;
pub use outlook::{in_short as outlook_in_short, outlook};
pub use situation::{Sandbox, advises_increase, sandbox};
pub(crate) use sms::capitalized;

/// What is published to the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// ASCII, at most 99 characters, one line.
    pub subject: String,
    /// For email, and the default for protocols that SNS may add.
    pub email: String,
    /// One SMS part: GSM-7, at most 140 characters.
    pub sms: String,
    /// One JSON document, for machines: `http`, `lambda`, `sqs` and `firehose`.
    pub document: String,
    /// For Slack and Microsoft Teams, by way of Amazon Q Developer in chat applications: `https`.
    pub chat: String,
    /// For subscription filter policies.
    pub attributes: Attributes,
}

/// What subscription filter policies can use.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// The level; of a test alert about several targets, the highest.
    pub level: AlertLevel,
    /// The kind.
    pub kind: Kind,
    /// The subject.
    pub subject: Subject,
    /// The target; `None` for several.
    pub target: Option<Target>,
}

impl Attributes {
    /// By name.
    #[must_use]
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let Self { level, kind, subject, target } = self;
        let mut named =
            vec![("level", level.to_string()), ("kind", kind.to_string()), ("subject", subject.to_string())];
        if let Some(Target { account, region }) = target {
            named.extend([("account", account.id.to_string()), ("region", region.to_string())]);
        }
        named
    }
}

impl Message {
    /// Puts a notification into words.
    #[must_use]
    pub fn new(notification: &Notification) -> Self {
        let Notification { level, kind, incident_id, reading, .. } = notification;
        let (subject, about, document) =
            (subject::text(notification), notification.subject(), document::of(notification));
        let chat = Chat {
            title: &subject,
            description: &description(notification),
            steps: &advice::steps(notification),
            keywords: vec![level.name(), kind.name(), about.name(), subject::place(&reading.target)],
            thread_id: incident_id.as_ref().map(ToString::to_string),
        };
        let target = Some(reading.target.clone());
        Self {
            email: email::text(notification),
            sms: sms::text(notification),
            chat: chat::text(chat, &document),
            document: document::text(&document),
            attributes: Attributes { level: *level, kind: *kind, subject: about, target },
            subject,
        }
    }

    /// One message about all of these, which have subject, kind and level in common, except that a test alert is about
    /// several levels. `None` if there is none to speak of.
    #[must_use]
    pub fn of(notifications: &[&Notification]) -> Option<Self> {
        match notifications {
            [] => None,
            [notification] => Some(Self::new(notification)),
            [first, others @ ..] => Some(digest::text(first, others)),
        }
    }

    /// The body of the publish, for `MessageStructure=json`.
    #[must_use]
    pub fn body(&self) -> String {
        let Self { email, sms, document, chat, .. } = self;
        json!({
            "default": email, "email": email, "sms": sms, "https": chat,
            "http": document, "lambda": document, "sqs": document, "firehose": document,
        })
        .to_string()
    }
}

/// What is expected, what changed, and what is known, for a channel.
fn description(notification: &Notification) -> String {
    let news = [outlook::text(notification), Some(email::change(notification))];
    let reading = &notification.reading;
    let account = reading.account_name.as_ref().map(|_| ("Account", subject::account(reading)));
    let facts = account.into_iter().chain(email::facts(notification)).map(|(name, value)| format!("{name}: {value}"));
    news.into_iter().flatten().chain(facts).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
