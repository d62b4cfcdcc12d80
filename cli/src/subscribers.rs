//! Who is told about alerts: the subscriptions of a topic.

use std::fmt::{self, Write as _};

use aws_sdk_sns::Client;
use aws_sdk_sns::types::Subscription as Listed;

use crate::fact::{Fact, fact};
use crate::session::Session;

/// A subscription, confirmed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// How it is delivered to: `email`, `sms`, `https`.
    pub protocol: String,
    /// Where to.
    pub endpoint: String,
    /// Its own ARN, once it is confirmed.
    pub arn: Option<String>,
}

impl Subscription {
    /// Whether it receives anything.
    pub fn is_confirmed(&self) -> bool {
        self.arn.is_some()
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.endpoint)
    }
}

/// The subscriptions of a topic; absent where there is no such topic.
pub async fn of(session: &Session, topic: &str) -> Fact<Vec<Subscription>> {
    let client = Client::new(&session.config);
    let pages = client.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
    let found: Result<Vec<Listed>, _> = pages.collect().await;
    let found = fact("sns:ListSubscriptionsByTopic", found)?;
    Ok(found.map(|found| found.into_iter().filter_map(subscription).collect()))
}

/// Until a subscription is confirmed, its ARN is `PendingConfirmation`; for a while after its end, `Deleted`.
fn subscription(Listed { protocol, endpoint, subscription_arn, .. }: Listed) -> Option<Subscription> {
    let arn = subscription_arn.filter(|arn| arn != "Deleted")?;
    let (protocol, endpoint) = (protocol.unwrap_or_default(), endpoint.unwrap_or_default());
    Some(Subscription { protocol, endpoint, arn: Some(arn).filter(|arn| arn.starts_with("arn:")) })
}

/// Who is told, who is not yet, and what to do about it.
pub fn text(topic: &str, found: &[Subscription]) -> String {
    let (confirmed, pending): (Vec<&Subscription>, Vec<&Subscription>) =
        found.iter().partition(|one| one.is_confirmed());
    let mut text = match confirmed.len() {
        0 => "NOBODY IS TOLD ABOUT ALERTS. Confirmed subscriptions of the alert topic: 0\n".to_owned(),
        count => format!("Confirmed subscriptions of the alert topic: {count}\n"),
    };
    let list = |subscriptions: &[&Subscription], text: &mut String| {
        for Subscription { protocol, endpoint, .. } in subscriptions {
            let _ = writeln!(text, "  {protocol:<8} {endpoint}");
        }
    };
    list(&confirmed, &mut text);
    if !pending.is_empty() {
        let _ = writeln!(text, "Pending, and told nothing until confirmed: {}", pending.len());
        list(&pending, &mut text);
        text.push_str("To confirm a subscription, follow the link that AWS sent to it.\n");
    }
    if found.is_empty() {
        let _ = writeln!(text, "{}", how_to_subscribe(topic));
    }
    text.truncate(text.trim_end().len());
    text
}

/// How to add one.
pub fn how_to_subscribe(topic: &str) -> String {
    format!("Subscribe somebody: {}", subscribe(topic, "email", "ADDRESS"))
}

/// The command that adds one, or has its confirmation sent again.
pub fn subscribe(topic: &str, protocol: &str, endpoint: &str) -> String {
    format!("aws sns subscribe --topic-arn {topic} --protocol {protocol} --notification-endpoint {endpoint}")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn listed(protocol: &str, endpoint: &str, arn: &str) -> Option<Subscription> {
        let listed = Listed::builder().protocol(protocol).endpoint(endpoint).subscription_arn(arn);
        subscription(listed.build())
    }

    #[test]
    fn who_is_told_and_who_is_not_yet() {
        let found = [
            listed("email", "ops@example.com", "arn:aws:sns:us-east-1:111122223333:alerts:1"),
            listed("sms", "+14255550123", "arn:aws:sns:us-east-1:111122223333:alerts:2"),
            listed("email", "boss@example.com", "PendingConfirmation"),
            listed("email", "gone@example.com", "Deleted"),
        ];
        let found: Vec<Subscription> = found.into_iter().flatten().collect();
        assert_snapshot!(text("arn:aws:sns:us-east-1:111122223333:alerts", &found), @r"
        Confirmed subscriptions of the alert topic: 2
          email    ops@example.com
          sms      +14255550123
        Pending, and told nothing until confirmed: 1
          email    boss@example.com
        To confirm a subscription, follow the link that AWS sent to it.
        ");
        assert_snapshot!(text("arn:aws:sns:us-east-1:111122223333:alerts", &[]), @r"
        NOBODY IS TOLD ABOUT ALERTS. Confirmed subscriptions of the alert topic: 0
        Subscribe somebody: aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:alerts --protocol email --notification-endpoint ADDRESS
        ");
    }
}
