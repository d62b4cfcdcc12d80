//! The settings, from the environment variables of the function: one struct per concern, each in the file of its name.

mod alerting;
mod certificates;
mod exceptions;
mod page;
mod publishing;
mod reader;
mod sharding;
mod targets;
mod topic_arn;

use crate::alert::AlertPolicies;
use reader::Reader;

pub use certificates::Certificates;
pub use page::PageSettings;
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
    /// `WORK_QUEUE_URL` and `SHARD_TARGETS`: how a check that is too large is parted; `None` for never.
    pub sharding: Option<Sharding>,
    /// `CHECK_INTERVAL_MINUTES`: when the next check comes. A part of a check that has waited so long is pointless, and a
    /// reading that is much older is out of date. Default: [`Self::INTERVAL_MINUTES`].
    pub interval_minutes: i64,
    /// `AWS_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR`: whose certificates are accepted.
    pub certificates: Certificates,
}

/// What the function is installed for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// To check, and to answer whoever asks.
    Monitor(Box<Settings>),
    /// To show the fleet page alone: `FLEET_PAGE=true`.
    FleetPage(PageSettings),
}

impl Purpose {
    /// Reads from the environment of the process what it is for, and the settings for that.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every invalid setting.
    pub fn from_env() -> Result<Self, InvalidSettings> {
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads it from a function that returns the value of a variable.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every invalid setting.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = Reader::new(lookup);
        let is_page = reader.optional("FLEET_PAGE", "true or false", |text| text.parse().ok());
        let purpose = if is_page == Some(true) {
            PageSettings::read(&mut reader).map(Self::FleetPage)
        } else {
            Settings::read(&mut reader).map(Box::new).map(Self::Monitor)
        };
        reader.finish(purpose)
    }
}

impl Settings {
    /// The default interval of the schedule, in minutes.
    pub const INTERVAL_MINUTES: i64 = 5;

    /// Reads the settings from a function that returns the value of a variable.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every invalid setting.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = Reader::new(lookup);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let publishing = Publishing::read(reader);
        let targets = Targets::read(reader);
        let alerting = alerting::read(reader);
        let sharding = Sharding::read(reader);
        let interval_minutes = sharding::read_interval(reader);
        let certificates = Certificates::read(reader);
        publishing.zip(targets).map(|(publishing, targets)| Self {
            publishing,
            targets,
            alerting,
            sharding,
            interval_minutes,
            certificates,
        })
    }
}

#[cfg(test)]
mod tests;
