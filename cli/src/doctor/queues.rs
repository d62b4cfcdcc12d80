//! The queues with what failed, and the one from which the function takes parts of checks.

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::finding::{Diagnosis, Subject};
use crate::fact::{Fact, fact};
use crate::installation::{Installation, Resources};
use crate::session::Session;

/// The queues with what failed, by their name in the template, and what is in them.
pub const DEAD_LETTERS: [(&str, &str); 2] =
    [("DeadLetterQueue", "events of failed checks"), ("WorkDeadLetterQueue", "failed parts of checks")];

/// What is known of them.
#[derive(Debug, Default)]
pub struct Queues {
    /// The number of messages in each queue with what failed, with what is in it and its URL.
    pub dead_letters: Vec<(&'static str, String, Fact<u64>)>,
    /// The event source by which the function takes parts of checks, and its state; `None` without `Accounts`.
    pub source: Option<(String, Fact<String>)>,
}

/// Reads them.
pub async fn read(session: &Session, resources: &Resources) -> Queues {
    let (client, lambda) = (Client::new(&session.config), Lambda::new(&session.config));
    let mut queues = Queues::default();
    for (name, what) in DEAD_LETTERS {
        let Some(url) = resources.named(name) else { continue };
        let names = Some(vec![Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible]);
        let answer = client.get_queue_attributes().queue_url(url).set_attribute_names(names).send().await;
        let attributes = fact("sqs:GetQueueAttributes", answer);
        let attributes = attributes.map(|answer| answer.map(|answer| answer.attributes.unwrap_or_default()));
        let count = attributes
            .map(|found| found.map(|found| found.values().filter_map(|count| count.parse::<u64>().ok()).sum()));
        queues.dead_letters.push((what, url.to_owned(), count));
    }
    if let Some(id) = resources.named("WorkSource") {
        let answer = lambda.get_event_source_mapping().uuid(id).send().await;
        let state = fact("lambda:GetEventSourceMapping", answer);
        queues.source =
            Some((id.to_owned(), state.map(|answer| answer.map(|answer| answer.state.unwrap_or_default()))));
    }
    queues
}

impl Queues {
    /// Whether something that failed is known to be in the queue with these contents.
    pub fn holds(&self, what: &str) -> bool {
        self.dead_letters.iter().any(|(of, _, count)| *of == what && matches!(count, Ok(Some(1..))))
    }
}

/// Judges them.
pub fn judge(queues: &Queues, installation: &Installation) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let region = &installation.region;
    for (what, url, count) in &queues.dead_letters {
        match count {
            Err(failed) => diagnosis.unknown(Subject::Queues, failed),
            Ok(None) => diagnosis.warn(
                Subject::Queues,
                format!("the queue for {what} is gone: what fails leaves no trace there"),
                installation.make_again(),
            ),
            Ok(Some(0)) => diagnosis.examined(Subject::Queues, format!("no {what} are waiting")),
            Ok(Some(count)) => diagnosis.warn(
                Subject::Queues,
                format!("{what} are waiting in a dead-letter queue, each given up after its retries: {count}"),
                format!(
                    "Read why: aws sqs receive-message --region {region} --queue-url {url}\nCorrect the cause. Later checks have \
                     read the quota again, so then: aws sqs purge-queue --region {region} --queue-url {url}"
                ),
            ),
        }
    }
    match &queues.source {
        None => {}
        Some((_, Err(failed))) => diagnosis.unknown(Subject::Queues, failed),
        Some((id, Ok(None))) => diagnosis.critical(
            Subject::Queues,
            format!("checks of more than ShardTargets targets are not carried out: event source {id} of the function is gone"),
            "Deploy the stack without Accounts, then with them again: CloudFormation then makes it anew.",
        ),
        Some((id, Ok(Some(state)))) if state == "Disabled" || state == "Disabling" => diagnosis.critical(
            Subject::Queues,
            format!("checks of more than ShardTargets targets are not carried out: event source {id} of the function is disabled"),
            format!("Enable it: aws lambda update-event-source-mapping --region {region} --uuid {id} --enabled"),
        ),
        Some((_, Ok(Some(state)))) => {
            diagnosis.examined(Subject::Queues, format!("the function takes parts of checks: {state}"));
        }
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    fn judged(count: Option<u64>, source: Option<Result<&str, ()>>) -> String {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/dead";
        let source = source.map(|state| ("4711".to_owned(), Ok(state.ok().map(str::to_owned))));
        let queues = Queues { dead_letters: vec![(DEAD_LETTERS[0].1, url.to_owned(), Ok(count))], source };
        judge(&queues, &installation()).plain()
    }

    #[test]
    fn nothing_failed() {
        assert_snapshot!(judged(Some(0), Some(Ok("Enabled"))), @r"
        No problem found. Examined: 2
          queues          no events of failed checks are waiting
          queues          the function takes parts of checks: Enabled
        ");
    }

    #[test]
    fn something_failed() {
        assert_snapshot!(judged(Some(3), None), @r"
        WARNING   events of failed checks are waiting in a dead-letter queue, each given up after its retries: 3
                  Read why: aws sqs receive-message --region us-east-1 --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/dead
                  Correct the cause. Later checks have read the quota again, so then: aws sqs purge-queue --region us-east-1 --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/dead

        1 problem found. Examined: 0
        ");
        assert!(judged(None, None).starts_with("WARNING   the queue for events of failed checks is gone"));
    }

    #[test]
    fn parts_of_checks_that_nobody_takes() {
        assert_snapshot!(judged(Some(0), Some(Ok("Disabled"))), @r"
        CRITICAL  checks of more than ShardTargets targets are not carried out: event source 4711 of the function is disabled
                  Enable it: aws lambda update-event-source-mapping --region us-east-1 --uuid 4711 --enabled

        1 problem found. Examined: 1
          queues          no events of failed checks are waiting
        ");
        assert!(judged(Some(0), Some(Err(()))).starts_with("CRITICAL"));
    }
}
