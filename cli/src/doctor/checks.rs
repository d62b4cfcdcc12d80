//! The checks that ran lately, as far as the metrics tell.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use ses_quota_monitor::time::Timestamp;

use super::finding::{Diagnosis, Subject};
use crate::fact::known;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;

/// How many intervals may pass without a check.
const INTERVALS: i64 = 3;
/// How long CloudWatch may take to show a metric, in seconds.
const DELAY: i64 = 180;

/// What the metrics of the last intervals tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checks {
    /// When a check last published what it found.
    pub measured: Option<Timestamp>,
    /// How often the function was invoked, whatever for.
    pub invocations: f64,
    /// How many of these ended in an error.
    pub errors: f64,
}

/// Reads them.
pub async fn read(
    session: &Session,
    installation: &Installation,
    namespace: &str,
    function: &str,
    now: Timestamp,
) -> Result<Checks, Failed> {
    let client = Client::new(&session.config);
    let window = Window { since: now.plus_seconds(-lately(installation)), until: now.plus_seconds(60) };
    let of_function = Dimension::builder().name("FunctionName").value(function).build();
    let (measured, invocations, errors) = tokio::join!(
        // Of all metrics, the one that each check publishes that has read anything.
        window.points(&client, namespace, "HighestAlertLevel", None),
        window.points(&client, "AWS/Lambda", "Invocations", Some(of_function.clone())),
        window.points(&client, "AWS/Lambda", "Errors", Some(of_function)),
    );
    let at = |point: &Datapoint| Some(Timestamp::from_epoch_seconds(point.timestamp()?.secs()));
    let sum = |points: Vec<Datapoint>| points.iter().filter_map(Datapoint::sum).sum();
    Ok(Checks { measured: measured?.iter().filter_map(at).max(), invocations: sum(invocations?), errors: sum(errors?) })
}

struct Window {
    since: Timestamp,
    until: Timestamp,
}

impl Window {
    async fn points(
        &self,
        client: &Client,
        namespace: &str,
        metric: &str,
        dimension: Option<Dimension>,
    ) -> Result<Vec<Datapoint>, Failed> {
        let at = |time: Timestamp| DateTime::from_secs(time.epoch_seconds());
        let answer = client
            .get_metric_statistics()
            .namespace(namespace)
            .metric_name(metric)
            .set_dimensions(dimension.map(|dimension| vec![dimension]))
            .start_time(at(self.since))
            .end_time(at(self.until))
            .period(60)
            .statistics(Statistic::Sum)
            .send()
            .await;
        Ok(known("cloudwatch:GetMetricStatistics", answer)?.datapoints.unwrap_or_default())
    }
}

/// In how many seconds a check is due.
fn lately(installation: &Installation) -> i64 {
    let minutes: i64 =
        installation.parameter("CheckIntervalMinutes").and_then(|minutes| minutes.parse().ok()).unwrap_or(5);
    INTERVALS * minutes * 60 + DELAY
}

/// Judges them.
pub fn judge(checks: &Result<Checks, Failed>, installation: &Installation, now: Timestamp) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let (region, lately) = (&installation.region, lately(installation));
    let log = installation.outputs.get("LogGroupName").map_or("LOG_GROUP", String::as_str);
    let log = format!("aws logs tail {log} --region {region} --since 1h");
    match checks {
        Err(failed) => diagnosis.unknown(Subject::Checks, failed),
        Ok(Checks { measured: Some(at), .. }) => {
            diagnosis.examined(Subject::Checks, format!("the latest is of {}", at.for_people()));
        }
        Ok(checks) if checks.errors > 0.0 => diagnosis.critical(
            Subject::Checks,
            format!(
                "checks fail: in the last {} minutes, {} of {} invocations ended in an error, and none published what it found",
                lately / 60,
                checks.errors,
                checks.invocations
            ),
            format!("The latest ERROR line names the Region, the step and the AWS error: {log}"),
        ),
        Ok(_) if installation.created_at.is_some_and(|created_at| created_at.plus_seconds(lately) > now) => {
            diagnosis.examined(Subject::Checks, "none yet: the stack is new");
        }
        Ok(checks) => diagnosis.critical(
            Subject::Checks,
            format!("nobody is watching the send quota: no check for {} minutes or longer", lately / 60),
            match checks.invocations {
                0.0 => format!("The function was not invoked at all. Run a check: ses-quota check --region {region}"),
                invoked => format!("The function was invoked {invoked} times, and published nothing. See what it did: {log}"),
            },
        ),
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    fn judged(checks: Checks, age: i64) -> String {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let installation = Installation { created_at: Some(now.plus_seconds(-age)), ..installation() };
        judge(&Ok(checks), &installation, now).plain()
    }

    #[test]
    fn when_the_latest_check_ran() {
        let measured = "2026-11-24T11:55:00Z".parse().ok();
        // A single error does not matter where later checks succeed.
        assert_snapshot!(judged(Checks { measured, invocations: 3.0, errors: 1.0 }, 86_400), @r"
        No problem found. Examined: 1
          checks          the latest is of 2026-11-24 11:55 UTC
        ");
    }

    #[test]
    fn no_check_for_three_intervals() {
        assert_snapshot!(judged(Checks::default(), 86_400), @r"
        CRITICAL  nobody is watching the send quota: no check for 18 minutes or longer
                  The function was not invoked at all. Run a check: ses-quota check --region us-east-1

        1 problem found. Examined: 0
        ");
        assert_snapshot!(judged(Checks { errors: 2.0, invocations: 3.0, measured: None }, 60), @r"
        CRITICAL  checks fail: in the last 18 minutes, 2 of 3 invocations ended in an error, and none published what it found
                  The latest ERROR line names the Region, the step and the AWS error: aws logs tail /aws/lambda/ses-quota-monitor-Monitor --region us-east-1 --since 1h

        1 problem found. Examined: 0
        ");
        assert!(
            judged(Checks { invocations: 3.0, ..Checks::default() }, 86_400)
                .contains("invoked 3 times, and published nothing")
        );
    }

    #[test]
    fn a_stack_that_is_new_has_time_for_its_first_check() {
        assert!(judged(Checks::default(), 17 * 60).starts_with("No problem found."));
        assert!(judged(Checks::default(), 18 * 60).starts_with("CRITICAL"));
    }
}
