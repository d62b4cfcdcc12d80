//! `ses-quota test-alert`: sends an alert that is marked as a test.

use clap::Args;
use serde_json::json;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::run_check;
use crate::output::print_json;
use crate::report::{Failure, Report};
use crate::session::Session;
use crate::subscribers::how_to_subscribe;

/// Send an alert marked as a test to every subscriber
#[derive(Debug, Args)]
pub struct TestAlert {
    #[command(flatten)]
    stack: Stack,
}

impl TestAlert {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let installation = Installation::find(session, &self.stack.name).await?;
        let (answer, report) = run_check(session, &installation, &json!({ "testAlert": true })).await?;
        let (exit, text) = judge(&report, installation.output("AlertTopicArn")?);
        if is_json {
            print_json(&answer);
        } else {
            anstream::println!("{text}");
        }
        Ok(exit)
    }
}

/// Whether somebody got it, and what to do.
fn judge(report: &Report, topic: &str) -> (Exit, String) {
    let mut failures = report.errors.all().chain(report.targets.iter().flat_map(|target| target.errors.all()));
    if let Some(Failure { code, message, hint, .. }) = failures.find(|failure| failure.step == "alert") {
        let hint = hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
        return (Exit::Critical, format!("The test alert was not published: {code}: {message}{hint}"));
    }
    let arrived = "See whether it has arrived everywhere: SNS does not say so. The subject begins with [TEST].";
    match report.subscribers {
        Some(0) => (
            Exit::Critical,
            format!(
                "The test alert was published, and reaches nobody: the alert topic has no confirmed subscription.\nConfirm one by \
                 the link that AWS sent. {}",
                how_to_subscribe(topic)
            ),
        ),
        Some(1) => (Exit::Ok, format!("The test alert was sent to 1 confirmed subscription. {arrived}")),
        Some(count) => (Exit::Ok, format!("The test alert was sent to {count} confirmed subscriptions. {arrived}")),
        None => {
            (Exit::Unknown, format!("The test alert was published; to how many subscriptions is not known. {arrived}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn judged(report: &str) -> String {
        let (exit, text) = judge(&serde_json::from_str(report).unwrap(), "TOPIC");
        format!("{exit:?}: {text}")
    }

    #[test]
    fn who_was_told() {
        assert_snapshot!(judged(r#"{"subscribers":2,"targets":[]}"#), @"Ok: The test alert was sent to 2 confirmed subscriptions. See whether it has arrived everywhere: SNS does not say so. The subject begins with [TEST].");
        assert_snapshot!(judged(r#"{"subscribers":0,"targets":[]}"#), @r"
        Critical: The test alert was published, and reaches nobody: the alert topic has no confirmed subscription.
        Confirm one by the link that AWS sent. Subscribe somebody: aws sns subscribe --topic-arn TOPIC --protocol email --notification-endpoint ADDRESS
        ");
        assert!(judged(r#"{"targets":[]}"#).starts_with("Unknown: "));
    }

    #[test]
    fn what_was_not_published() {
        let report = r#"{"targets":[{"account":"111122223333","region":"us-east-1","error":{"step":"alert","code":"NotFound","message":"Topic does not exist","hint":"the topic in ALERT_TOPIC_ARN does not exist"}}]}"#;
        assert_snapshot!(judged(report), @r"
        Critical: The test alert was not published: NotFound: Topic does not exist
        the topic in ALERT_TOPIC_ARN does not exist
        ");
    }
}
