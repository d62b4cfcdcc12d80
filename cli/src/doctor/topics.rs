//! The topic of the alerts, and that of the operators: whether somebody is told.

use aws_sdk_sns::Client;

use super::finding::{Diagnosis, Subject};
use crate::fact::{Fact, fact};
use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;
use crate::subscribers::{self, Subscription, how_to_subscribe, subscribe};

/// What is known of both.
#[derive(Debug)]
pub struct Facts {
    /// The subscriptions of the alert topic.
    pub alerts: Fact<Vec<Subscription>>,
    /// Whether a message without attributes passes the filter policies of at least one confirmed subscription, where that
    /// matters: without a topic of the operators, alarms reach these alone.
    pub hears_alarms: Result<bool, Failed>,
    /// The subscriptions of the topic in `OperatorTopicArn`, if there is one.
    pub operators: Option<Fact<Vec<Subscription>>>,
}

/// Reads both.
pub async fn read(session: &Session, installation: &Installation, topic: &str) -> Facts {
    let alerts = subscribers::of(session, topic).await;
    let operators = match installation.parameter("OperatorTopicArn") {
        Some(topic) => Some(subscribers::of(session, topic).await),
        None => None,
    };
    let hears_alarms = match (&alerts, &operators) {
        (Ok(Some(found)), None) => hears_alarms(session, found).await,
        _ => Ok(true),
    };
    Facts { alerts, hears_alarms, operators }
}

/// Alarms have no message attributes, and a filter policy on attributes rejects messages without any (Amazon SNS Developer
/// Guide, "Amazon SNS subscription filter policies").
async fn hears_alarms(session: &Session, subscriptions: &[Subscription]) -> Result<bool, Failed> {
    let client = Client::new(&session.config);
    for arn in subscriptions.iter().filter_map(|subscription| subscription.arn.as_ref()) {
        let answer = client.get_subscription_attributes().subscription_arn(arn).send().await;
        let answer = fact("sns:GetSubscriptionAttributes", answer)?;
        let attributes = answer.and_then(|answer| answer.attributes).unwrap_or_default();
        let is_of_body = attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
        let has_policy = attributes.get("FilterPolicy").is_some_and(|policy| !policy.is_empty() && policy != "{}");
        if !has_policy || is_of_body {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Facts {
    /// Whether it is known that nobody is told about alerts.
    pub fn nobody_listens(&self) -> bool {
        match &self.alerts {
            Ok(Some(found)) => !found.iter().any(Subscription::is_confirmed),
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

/// Judges both.
pub fn judge(facts: &Facts, installation: &Installation, topic: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    match &facts.alerts {
        Err(failed) => diagnosis.unknown(Subject::AlertTopic, failed),
        Ok(None) => diagnosis.critical(
            Subject::AlertTopic,
            format!("nobody receives alerts: the topic {topic} is gone"),
            installation.make_anew(),
        ),
        Ok(Some(found)) if facts.nobody_listens() => diagnosis.critical(
            Subject::AlertTopic,
            "nobody receives alerts: the alert topic has no confirmed subscription",
            nobody(found, installation, topic),
        ),
        Ok(Some(found)) => {
            listened_to(found, installation, topic, &mut diagnosis);
            match facts.hears_alarms {
                Err(ref failed) => diagnosis.unknown(Subject::AlertTopic, failed),
                Ok(false) => diagnosis.warn(
                    Subject::AlertTopic,
                    "nobody is told when the monitor itself fails: every subscription of the alert topic has a filter policy, and alarms pass none",
                    "Set the parameter AlertEmail, or OperatorTopicArn for alarms alone, and deploy.",
                ),
                Ok(true) => {}
            }
        }
    }
    if let (Some(operators), Some(topic)) = (&facts.operators, installation.parameter("OperatorTopicArn")) {
        operators_are_told(operators, topic, &mut diagnosis);
    }
    diagnosis
}

fn nobody(found: &[Subscription], installation: &Installation, topic: &str) -> String {
    let pending: Vec<String> = found.iter().map(|subscription| confirm(subscription, topic)).collect();
    match (&pending[..], installation.parameter("AlertEmail")) {
        ([], Some(email)) => {
            format!(
                "Subscribe AlertEmail again, and follow the link that AWS sends there: {}",
                subscribe(topic, "email", email)
            )
        }
        ([], None) => how_to_subscribe(topic),
        (pending, _) => pending.join("\n"),
    }
}

fn confirm(subscription: &Subscription, topic: &str) -> String {
    let Subscription { protocol, endpoint, .. } = subscription;
    let follow = if protocol.starts_with("http") { "visit the SubscribeURL" } else { "follow the link" };
    format!(
        "Confirm {subscription}: {follow} that AWS sent there. To have it sent again: {}",
        subscribe(topic, protocol, endpoint)
    )
}

fn listened_to(found: &[Subscription], installation: &Installation, topic: &str, diagnosis: &mut Diagnosis) {
    let (confirmed, pending): (Vec<&Subscription>, Vec<&Subscription>) =
        found.iter().partition(|one| one.is_confirmed());
    let named: Vec<String> = confirmed.iter().map(ToString::to_string).collect();
    let noun = if confirmed.len() == 1 { "subscription" } else { "subscriptions" };
    diagnosis.examined(Subject::AlertTopic, format!("{} confirmed {noun}: {}", confirmed.len(), named.join(", ")));
    for one in pending {
        diagnosis.warn(
            Subject::AlertTopic,
            format!("{one} receives no alerts: its subscription is not confirmed"),
            confirm(one, topic),
        );
    }
    for (parameter, protocol) in [("AlertEmail", "email"), ("AlertPhone", "sms")] {
        let Some(endpoint) = installation.parameter(parameter) else { continue };
        let is_it = |one: &Subscription| one.protocol == protocol && one.endpoint.eq_ignore_ascii_case(endpoint);
        if !found.iter().any(is_it) {
            diagnosis.warn(
                Subject::AlertTopic,
                format!("{endpoint}, the {parameter} of the stack, receives no alerts: it is not subscribed any more"),
                format!("If it should, confirm it after this: {}", subscribe(topic, protocol, endpoint)),
            );
        }
    }
}

fn operators_are_told(operators: &Fact<Vec<Subscription>>, topic: &str, diagnosis: &mut Diagnosis) {
    match operators {
        Err(failed) => diagnosis.unknown(Subject::OperatorTopic, failed),
        Ok(None) => diagnosis.warn(
            Subject::OperatorTopic,
            format!("alarms do not reach the operators: the topic {topic} does not exist"),
            "Deploy the stack with another OperatorTopicArn, or create the topic and let CloudWatch publish to it.",
        ),
        Ok(Some(found)) => match found.iter().filter(|subscription| subscription.is_confirmed()).count() {
            0 => diagnosis.warn(
                Subject::OperatorTopic,
                format!("alarms do not reach the operators: the topic {topic} has no confirmed subscription"),
                how_to_subscribe(topic),
            ),
            1 => diagnosis.examined(Subject::OperatorTopic, "1 confirmed subscription"),
            count => diagnosis.examined(Subject::OperatorTopic, format!("{count} confirmed subscriptions")),
        },
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::{installation, with};

    const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";

    fn subscription(protocol: &str, endpoint: &str, is_confirmed: bool) -> Subscription {
        let arn = is_confirmed.then(|| format!("{TOPIC}:1"));
        Subscription { protocol: protocol.to_owned(), endpoint: endpoint.to_owned(), arn }
    }

    fn judged(found: Vec<Subscription>, hears_alarms: bool, operators: Option<Fact<Vec<Subscription>>>) -> String {
        let facts = Facts { alerts: Ok(Some(found)), hears_alarms: Ok(hears_alarms), operators };
        let installation =
            with(installation(), &[("OperatorTopicArn", if facts.operators.is_some() { "arn:operators" } else { "" })]);
        judge(&facts, &installation, TOPIC).plain()
    }

    fn ops(is_confirmed: bool) -> Subscription {
        subscription("email", "ops@example.com", is_confirmed)
    }

    #[test]
    fn somebody_is_told() {
        assert_snapshot!(judged(vec![ops(true), subscription("sms", "+14255550123", true)], true, None), @r"
        No problem found. Examined: 1
          alert topic     2 confirmed subscriptions: email ops@example.com, sms +14255550123
        ");
    }

    #[test]
    fn nobody_is_told() {
        assert_snapshot!(judged(vec![ops(false)], true, None), @r"
        CRITICAL  nobody receives alerts: the alert topic has no confirmed subscription
                  Confirm email ops@example.com: follow the link that AWS sent there. To have it sent again: aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:alerts --protocol email --notification-endpoint ops@example.com

        1 problem found. Examined: 0
        ");
        assert_snapshot!(judged(vec![], true, None), @r"
        CRITICAL  nobody receives alerts: the alert topic has no confirmed subscription
                  Subscribe AlertEmail again, and follow the link that AWS sends there: aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:alerts --protocol email --notification-endpoint ops@example.com

        1 problem found. Examined: 0
        ");
    }

    #[test]
    fn some_are_not_told() {
        let found = vec![
            subscription("email", "other@example.com", true),
            subscription("https", "https://example.com/hook", false),
        ];
        assert_snapshot!(judged(found, false, None), @r"
        WARNING   https https://example.com/hook receives no alerts: its subscription is not confirmed
                  Confirm https https://example.com/hook: visit the SubscribeURL that AWS sent there. To have it sent again: aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:alerts --protocol https --notification-endpoint https://example.com/hook

        WARNING   nobody is told when the monitor itself fails: every subscription of the alert topic has a filter policy, and alarms pass none
                  Set the parameter AlertEmail, or OperatorTopicArn for alarms alone, and deploy.

        WARNING   ops@example.com, the AlertEmail of the stack, receives no alerts: it is not subscribed any more
                  If it should, confirm it after this: aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:alerts --protocol email --notification-endpoint ops@example.com

        3 problems found. Examined: 1
          alert topic     1 confirmed subscription: email other@example.com
        ");
    }

    #[test]
    fn the_operators_are_not_told() {
        assert!(judged(vec![ops(true)], true, Some(Ok(Some(vec![ops(true)])))).starts_with("No problem found."));
        assert!(
            judged(vec![ops(true)], true, Some(Ok(None)))
                .starts_with("WARNING   alarms do not reach the operators: the topic arn:operators does not exist")
        );
        assert!(
            judged(vec![ops(true)], true, Some(Ok(Some(vec![ops(false)]))))
                .contains("arn:operators has no confirmed subscription")
        );
        let denied = Failed::new("sns:ListSubscriptionsByTopic: AuthorizationError: no");
        assert!(
            judged(vec![ops(true)], true, Some(Err(denied)))
                .starts_with("UNKNOWN   operator topic cannot be examined: sns:List")
        );
    }
}
