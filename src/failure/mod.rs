//! What failed: the stage of the check, the AWS error code and message, and what to do where that is known.

mod hint;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::alert::ImpossibleTime;
use crate::reading::InvalidQuota;
use crate::shown::{read_from_text, shown_by};
use crate::target::Region;

/// The part of a check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Listing the accounts of the organization.
    Accounts,
    /// Assuming the role that reads in another account.
    Role,
    /// Reading the quota from SES.
    Read,
    /// Reading the status of the account from SES.
    Account,
    /// Reading what was sent in the last two weeks from SES.
    History,
    /// Reading the requests for a higher quota from Service Quotas: only in the log, since no check fails for that.
    Increases,
    /// Reading or writing the state in DynamoDB.
    State,
    /// Publishing to the SNS topic.
    Alert,
    /// Publishing to CloudWatch.
    Metrics,
    /// Storing or reading what was found, for those who look at it.
    Snapshot,
    /// Sending parts of a check to the queue.
    Shards,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 11] = [
        Self::Accounts,
        Self::Role,
        Self::Read,
        Self::Account,
        Self::History,
        Self::Increases,
        Self::State,
        Self::Alert,
        Self::Metrics,
        Self::Snapshot,
        Self::Shards,
    ];

    /// The name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Role => "role",
            Self::Read => "read",
            Self::Account => "account",
            Self::History => "history",
            Self::Increases => "increases",
            Self::State => "state",
            Self::Alert => "alert",
            Self::Metrics => "metrics",
            Self::Snapshot => "snapshot",
            Self::Shards => "shards",
        }
    }
}

shown_by!(name: Stage);
read_from_text!(Stage);

/// The text names no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a step of a check, such as read")]
pub struct UnknownStage(String);

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(name: &str) -> Result<Self, UnknownStage> {
        Self::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| UnknownStage(name.to_owned()))
    }
}

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

    /// Whether AWS does not take the credentials, rather than what they may do.
    #[must_use]
    pub fn is_of_credentials(&self) -> bool {
        ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"]
            .contains(&self.code.as_str())
    }

    /// Whether AWS denies access.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"]
            .contains(&self.code.as_str())
    }

    /// Whether it says that an account has no SES in this Region: it has not enabled the Region, its organization closes it,
    /// or there is nothing at the address.
    ///
    /// Source: AWS IAM User Guide, "Troubleshoot access denied error messages".
    #[must_use]
    pub fn is_absence(&self, region: &Region) -> bool {
        // A role that cannot be assumed says nothing of a Region, and where the quota is read, SES is there.
        if self.stage != Stage::Read {
            return false;
        }
        match self.code.as_str() {
            "InvalidClientTokenId" | "UnrecognizedClientException" => region.has_to_be_enabled(),
            "AccessDenied" | "AccessDeniedException" => {
                self.message.contains("explicit deny in a service control policy")
            }
            // That a name is not known. A resolver that fails says nothing of the name.
            "NoConnection" => {
                let is_of_dns = self.message.contains("dns error") && !self.message.contains("Temporary failure");
                region.has_to_be_enabled() && is_of_dns
            }
            _ => false,
        }
    }

    /// More alerts are due than can leave in the time of the check. This one was not sent.
    #[must_use]
    pub fn too_many_alerts() -> Self {
        let message = "not sent yet: more alerts are due than can leave in the time of this check";
        Self { is_refusal: true, ..Self::new(Stage::Alert, "TooManyAlerts", message) }
    }

    /// The accounts of the organization were never listed to the end, and this check had no time for it.
    #[must_use]
    pub fn listing_unfinished(found: usize) -> Self {
        let message =
            format_args!("listed {found} accounts so far, which are checked; the next check goes on with the list");
        Self::new(Stage::Accounts, "ListUnfinished", message)
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
        assert_snapshot!(denied, @"read: AccessDenied: not authorized [grant the role that reads this account ses:GetSendQuota, in this Region too]");
        assert_snapshot!(serde_json::to_string(&denied).unwrap(), @r#"{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the role that reads this account ses:GetSendQuota, in this Region too"}"#);
        let throttled = Failure::new(Stage::Read, "Throttling", "Rate exceeded");
        assert_snapshot!(throttled, @"read: Throttling: Rate exceeded");
        assert_snapshot!(serde_json::to_string(&throttled).unwrap(), @r#"{"step":"read","code":"Throttling","message":"Rate exceeded"}"#);
    }

    #[test]
    fn a_resolver_that_fails_says_nothing_of_a_region() {
        let lookup = |why: &str| {
            let message = format!("dns error: failed to lookup address information: {why}");
            Failure::new(Stage::Read, "NoConnection", message).is_absence(&"af-south-1".parse().unwrap())
        };
        // What glibc says.
        assert!(lookup("Name or service not known"));
        assert!(!lookup("Temporary failure in name resolution"));
    }
}
