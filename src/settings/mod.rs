//! The settings, from the environment variables of the function: one struct per concern, each in the file of its name.

mod alerting;
mod certificates;
mod exceptions;
mod publishing;
mod reader;
mod sharding;
mod targets;
mod topic_arn;

use crate::alert::AlertPolicies;
use reader::Reader;

pub use certificates::Certificates;
pub use publishing::{MetricDetail, Publishing};
pub use reader::InvalidSettings;
pub use sharding::Sharding;
pub use targets::{Accounts, ReaderRole, Regions, Targets, UnitId};
pub use topic_arn::TopicArn;

/// What the person who installed the monitor chose. Only `ALERT_TOPIC_ARN` is required; an empty variable is unset.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where alerts, state and metrics go.
    pub publishing: Publishing,
    /// What is checked.
    pub targets: Targets,
    /// `WARNING_PERCENT`, `CRITICAL_PERCENT`, `CLEAR_MARGIN_PERCENT`, `THRESHOLDS`, `RATE_WARNING_PERCENT`,
    /// `UNREADABLE_MINUTES` and `REMINDER_HOURS`: when a notification is due.
    pub alerting: AlertPolicies,
    /// `WORK_QUEUE_URL`, `SHARD_TARGETS` and `CHECK_INTERVAL_MINUTES`: how a check that is too large is parted; `None`
    /// for never.
    pub sharding: Option<Sharding>,
    /// `AWS_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR`: whose certificates are accepted.
    pub certificates: Certificates,
}

impl Settings {
    /// Reads the settings from the environment of the process.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every invalid setting.
    pub fn from_env() -> Result<Self, InvalidSettings> {
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads the settings from a function that returns the value of a variable.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every invalid setting.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = Reader::new(lookup);
        let publishing = Publishing::read(&mut reader);
        let targets = Targets::read(&mut reader);
        let alerting = alerting::read(&mut reader);
        let sharding = Sharding::read(&mut reader);
        let certificates = Certificates::read(&mut reader);
        let settings = publishing.zip(targets).map(|(publishing, targets)| Self {
            publishing,
            targets,
            alerting,
            sharding,
            certificates,
        });
        reader.finish(settings)
    }
}

#[cfg(test)]
mod tests;
