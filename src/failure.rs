//! What failed: the stage of the check, the AWS error code and message, and what to do where that is known.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::alert::ImpossibleTime;
use crate::reading::InvalidQuota;
use crate::shown::shown_by;

/// The part of a check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the quota from SES.
    Read,
    /// Reading or writing the state in DynamoDB.
    State,
    /// Publishing to the SNS topic.
    Alert,
    /// Publishing to CloudWatch.
    Metrics,
}

impl Stage {
    /// The name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::State => "state",
            Self::Alert => "alert",
            Self::Metrics => "metrics",
        }
    }
}

shown_by!(name: Stage);

/// A stage that failed for a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Failure {
    /// The stage. Its name in the report is part of the public interface: `step`.
    #[serde(rename = "step")]
    pub stage: Stage,
    /// The error code of AWS (`AccessDenied`), or what kept AWS from answering (`Timeout`, `NoConnection`).
    pub code: String,
    /// The message of AWS, or of the connection.
    pub message: String,
    /// Whether AWS rejected the request, and so has certainly not carried it out.
    #[serde(skip)]
    pub is_refusal: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.stage, self.code, self.message)?;
        match self.hint() {
            Some(hint) => write!(f, " [{hint}]"),
            None => Ok(()),
        }
    }
}

impl Failure {
    /// A failure that is not an answer of AWS.
    pub fn new(stage: Stage, code: &str, message: impl fmt::Display) -> Self {
        Self { stage, code: code.to_owned(), message: one_line(&message.to_string()), is_refusal: false }
    }

    /// The numbers in SES's answer make no sense.
    #[must_use]
    pub fn invalid_quota(invalid: InvalidQuota) -> Self {
        Self::new(Stage::Read, "InvalidQuota", invalid)
    }

    /// A stored time was not believed.
    #[must_use]
    pub fn impossible_time(time: &ImpossibleTime) -> Self {
        Self::new(Stage::State, "ImpossibleTime", time)
    }

    /// The answer to a call did not come in the time that it had.
    #[must_use]
    pub fn no_answer(stage: Stage, waited: Duration) -> Self {
        Self::new(stage, "Timeout", format_args!("no answer within {:.1} s", waited.as_secs_f64()))
    }

    /// More alerts are due than can leave in the time of the check. This one was not sent.
    #[must_use]
    pub fn too_many_alerts() -> Self {
        let message = "not sent yet: more alerts are due than can leave in the time of this check";
        Self { is_refusal: true, ..Self::new(Stage::Alert, "TooManyAlerts", message) }
    }

    /// Other checks changed the state as often as this one decided.
    #[must_use]
    pub fn contended(decisions: usize) -> Self {
        let message = format_args!("other checks stored another state {decisions} times while this one decided");
        Self::new(Stage::State, "Contended", message)
    }

    /// Another check took over a claim that was still held.
    #[must_use]
    pub fn claim_lost() -> Self {
        let message = "another check wrote the state while this one was alerting; people may be notified twice";
        Self::new(Stage::State, "ClaimLost", message)
    }

    /// What to do, where it is known.
    fn hint(&self) -> Option<&'static str> {
        let denied = ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"];
        Some(match (self.stage, self.code.as_str()) {
            (Stage::Read, code) if denied.contains(&code) => {
                "grant the function's role ses:GetSendQuota, in this Region too"
            }
            (Stage::State, code) if denied.contains(&code) => {
                "grant the function's role dynamodb:GetItem and dynamodb:PutItem on the table in STATE_TABLE"
            }
            (Stage::Alert, code) if denied.contains(&code) => {
                "grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too"
            }
            (Stage::Metrics, code) if denied.contains(&code) => {
                "grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE"
            }
            (Stage::State, "ResourceNotFoundException") => {
                "the table in STATE_TABLE does not exist in the function's Region"
            }
            (Stage::State, "UnknownState") => {
                "delete this item from the table to start over; until then every check above OK sends an alert"
            }
            (Stage::State, "Contended") | (Stage::Alert, "TooManyAlerts") => {
                "nothing to do: the next check decides anew"
            }
            (Stage::State, "ImpossibleTime") => {
                "taken for expired; the next write corrects it. Was a clock wrong, or was the item edited?"
            }
            (Stage::Alert, "NotFound" | "NotFoundException") => "the topic in ALERT_TOPIC_ARN does not exist",
            (Stage::Alert, code) if code.starts_with("KMS") => {
                "grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key"
            }
            // What rustls says of a certificate that no trusted root has issued.
            (_, "NoConnection") if self.message.contains("UnknownIssuer") => {
                "the server's certificate was not issued by AWS; behind a TLS-inspecting proxy, set SSL_CERT_FILE to the \
                 proxy's CA certificate"
            }
            (Stage::Read, "NoConnection") => "is Amazon SES offered in this Region, and can the function reach it?",
            _ => return None,
        })
    }
}

/// The text with spaces for control characters, and no longer than a log line should be: it comes from outside.
pub(crate) fn one_line(text: &str) -> String {
    const MOST_CHARACTERS: usize = 500;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each hint.
    #[test]
    fn a_failure_says_what_to_do() {
        let lines = [
            (Stage::Read, "AccessDenied"),
            (Stage::State, "AccessDeniedException"),
            (Stage::Alert, "AuthorizationError"),
            (Stage::Metrics, "AccessDenied"),
            (Stage::State, "ResourceNotFoundException"),
            (Stage::State, "UnknownState"),
            (Stage::Alert, "NotFound"),
            (Stage::Alert, "KMSDisabled"),
            (Stage::Read, "NoConnection"),
            (Stage::Alert, "NoConnection"),
        ]
        .map(|(stage, code)| Failure::new(stage, code, "why").to_string());
        insta::assert_snapshot!(lines.join("\n"), @"
        read: AccessDenied: why [grant the function's role ses:GetSendQuota, in this Region too]
        state: AccessDeniedException: why [grant the function's role dynamodb:GetItem and dynamodb:PutItem on the table in STATE_TABLE]
        alert: AuthorizationError: why [grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too]
        metrics: AccessDenied: why [grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE]
        state: ResourceNotFoundException: why [the table in STATE_TABLE does not exist in the function's Region]
        state: UnknownState: why [delete this item from the table to start over; until then every check above OK sends an alert]
        alert: NotFound: why [the topic in ALERT_TOPIC_ARN does not exist]
        alert: KMSDisabled: why [grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key]
        read: NoConnection: why [is Amazon SES offered in this Region, and can the function reach it?]
        alert: NoConnection: why
        ");
    }

    #[test]
    fn a_certificate_from_elsewhere_is_not_taken_for_a_region_that_is_down() {
        let message = "dispatch failure: io error: TLS handshake failed: invalid peer certificate: UnknownIssuer";
        let failure = Failure::new(Stage::Read, "NoConnection", message);
        insta::assert_snapshot!(failure, @"read: NoConnection: dispatch failure: io error: TLS handshake failed: invalid peer certificate: UnknownIssuer [the server's certificate was not issued by AWS; behind a TLS-inspecting proxy, set SSL_CERT_FILE to the proxy's CA certificate]");
    }
}
