//! What failed: the stage of the check, the AWS error code and message, and what to do where that is known.

mod hint;

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::alert::ImpossibleTime;
use crate::reading::InvalidQuota;
use crate::shown::shown_by;

/// The part of a check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the quota from SES.
    Read,
    /// Reading the status of the account from SES.
    Account,
    /// Reading what was sent in the last two weeks from SES.
    History,
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
            Self::Account => "account",
            Self::History => "history",
            Self::State => "state",
            Self::Alert => "alert",
            Self::Metrics => "metrics",
        }
    }
}

shown_by!(name: Stage);

/// A stage that failed for a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// The stage. Its name in the report is part of the public interface: `step`.
    pub stage: Stage,
    /// The error code of AWS (`AccessDenied`), or what kept AWS from answering (`Timeout`, `NoConnection`).
    pub code: String,
    /// The message of AWS, or of the connection.
    pub message: String,
    /// Whether the request was certainly not carried out: AWS refused it, or it was never sent.
    pub is_refusal: bool,
}

/// As in a report, with what to do beside it.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hint = self.hint();
        let mut failure = serializer.serialize_struct("Failure", if hint.is_some() { 4 } else { 3 })?;
        failure.serialize_field("step", &self.stage)?;
        failure.serialize_field("code", &self.code)?;
        failure.serialize_field("message", &self.message)?;
        match hint {
            Some(hint) => failure.serialize_field("hint", hint)?,
            None => failure.skip_field("hint")?,
        }
        failure.end()
    }
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

    /// Whether nobody answered, so that asking the same host again would be in vain.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        ["NoConnection", "UnknownIssuer", "InvalidCertificate", "NoAnswer", "Timeout"].contains(&self.code.as_str())
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
}

/// The text with spaces for control characters, and no longer than a log line should be: it comes from outside.
pub(crate) fn one_line(text: &str) -> String {
    const MOST_CHARACTERS: usize = 500;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_failure_says_what_to_do_where_it_is_known() {
        let denied = Failure::new(Stage::Read, "AccessDenied", "not authorized");
        assert_snapshot!(denied, @"read: AccessDenied: not authorized [grant the function's role ses:GetSendQuota, in this Region too]");
        assert_snapshot!(serde_json::to_string(&denied).unwrap(), @r#"{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the function's role ses:GetSendQuota, in this Region too"}"#);
        let throttled = Failure::new(Stage::Read, "Throttling", "Rate exceeded");
        assert_snapshot!(throttled, @"read: Throttling: Rate exceeded");
        assert_snapshot!(serde_json::to_string(&throttled).unwrap(), @r#"{"step":"read","code":"Throttling","message":"Rate exceeded"}"#);
    }
}
