//! What failed: the step, the AWS error code and message, and what to do where that is known.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::{Serialize, Serializer};

use crate::reading::InvalidQuota;

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

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A step that failed for a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Failure {
    /// The step.
    pub step: Stage,
    /// The error code of AWS (`AccessDenied`), or what kept AWS from answering (`Timeout`, `NoConnection`).
    pub code: String,
    /// The message of AWS, or of the connection.
    pub message: String,
    /// Whether AWS refused the request, and so has certainly not carried it out.
    #[serde(skip)]
    pub is_refusal: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.step.name(), self.code, self.message)?;
        match self.hint() {
            Some(hint) => write!(f, " [{hint}]"),
            None => Ok(()),
        }
    }
}

impl Failure {
    /// A failure that is not an answer of AWS.
    pub fn new(step: Stage, code: &str, message: impl fmt::Display) -> Self {
        Self { step, code: code.to_owned(), message: one_line(&message.to_string()), is_refusal: false }
    }

    /// What SES answered makes no sense.
    #[must_use]
    pub fn invalid_quota(invalid: InvalidQuota) -> Self {
        Self::new(Stage::Read, "InvalidQuota", invalid)
    }

    /// There was no time left before Lambda would have ended the invocation.
    #[must_use]
    pub fn out_of_time(step: Stage) -> Self {
        Self::new(step, "Timeout", "no answer before the invocation's time was up")
    }

    /// An AWS call that failed.
    pub fn from_sdk<E>(step: Stage, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(context) => {
                let service_error = context.err();
                let code = service_error.code();
                let message = service_error.message().map_or_else(|| causes(service_error), one_line);
                Self {
                    step,
                    code: code.map_or_else(|| "UnknownServiceError".to_owned(), one_line),
                    message,
                    // With any other status a service, or what stands before it, says that it failed itself, and may
                    // have carried the request out all the same.
                    is_refusal: code.is_some() && context.raw().status().is_client_error(),
                }
            }
            SdkError::TimeoutError(_) => Self::new(step, "Timeout", causes(error)),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::new(step, "Timeout", causes(error)),
            SdkError::DispatchFailure(failure) if failure.is_io() => Self::new(step, "NoConnection", causes(error)),
            SdkError::ResponseError(_) => Self::new(step, "InvalidResponse", causes(error)),
            SdkError::ConstructionFailure(_) => Self { is_refusal: true, ..Self::new(step, "NotSent", causes(error)) },
            _ => Self::new(step, "NotSent", causes(error)),
        }
    }

    /// What to do, where it is known.
    fn hint(&self) -> Option<&'static str> {
        let denied = ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"];
        Some(match (self.step, self.code.as_str()) {
            (Stage::Read, code) if denied.contains(&code) => {
                "allow ses:GetSendQuota to the function's role, in this Region too"
            }
            (Stage::State, code) if denied.contains(&code) => {
                "allow dynamodb:GetItem and dynamodb:PutItem on the table in STATE_TABLE to the function's role"
            }
            (Stage::Alert, code) if denied.contains(&code) => {
                "allow sns:Publish on the topic in ALERT_TOPIC_ARN to the function's role, and in the topic's policy"
            }
            (Stage::Metrics, code) if denied.contains(&code) => {
                "allow cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE to the function's role"
            }
            (Stage::State, "ResourceNotFoundException") => "STATE_TABLE names no table in the function's Region",
            (Stage::State, "UnknownState") => {
                "delete this item from the table to begin anew; until then every check above OK alerts"
            }
            (Stage::Alert, "NotFound" | "NotFoundException") => "ALERT_TOPIC_ARN names no topic",
            (Stage::Alert, code) if code.starts_with("KMS") => {
                "allow kms:GenerateDataKey and kms:Decrypt on the topic's key to the function's role"
            }
            // What rustls says of a certificate that no trusted root vouches for.
            (_, "NoConnection") if self.message.contains("UnknownIssuer") => {
                "who answers is not AWS; if it is a proxy of yours, set SSL_CERT_FILE to a file with the root it signs by"
            }
            (Stage::Read, "NoConnection") => "is Amazon SES offered in this Region, and can the function reach it?",
            _ => return None,
        })
    }
}

/// The error and what caused it, on one line: `dispatch failure: io error: Connection refused`.
fn causes(error: &dyn Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = one_line(&error.to_string());
        // Some errors repeat their cause in their own text.
        if !texts.iter().any(|earlier| earlier.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}

/// Control characters as spaces, and not longer than a log line should be: the text comes from outside.
fn one_line(text: &str) -> String {
    const MOST_CHARACTERS: usize = 500;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_nobody_vouches_for_is_no_region_that_is_down() {
        let message = "dispatch failure: io error: TLS handshake failed: invalid peer certificate: UnknownIssuer";
        let failure = Failure::new(Stage::Read, "NoConnection", message);
        insta::assert_snapshot!(failure, @"read: NoConnection: dispatch failure: io error: TLS handshake failed: invalid peer certificate: UnknownIssuer [who answers is not AWS; if it is a proxy of yours, set SSL_CERT_FILE to a file with the root it signs by]");
    }
}
