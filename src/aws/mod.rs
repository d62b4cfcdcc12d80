//! The edge to AWS: one file a service, each translating between its API and the core, and what they share.
//!
//! The future of an SDK call is 16 KB. Each is boxed, since the futures around it would be copied about with it.

mod cloudwatch;
mod config;
mod dynamodb;
mod ses;
mod sns;
mod trust;

use crate::settings::Settings;

pub use cloudwatch::MetricPublisher;
pub use dynamodb::{StateStore, StoredState, Write};
pub use ses::QuotaReader;
pub use sns::AlertPublisher;

/// One client a service, made once for all checks, with one HTTP client beneath them.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Reads the quota of each Region.
    pub quotas: QuotaReader,
    /// Keeps the alert state; `None` without `STATE_TABLE`.
    pub states: Option<StateStore>,
    /// Sends the alerts.
    pub alerts: AlertPublisher,
    /// Publishes the metrics.
    pub metrics: MetricPublisher,
}

impl Clients {
    /// Makes the clients from the environment of the function.
    #[must_use]
    pub fn from_env(settings: &Settings) -> Self {
        Self::from_config(&config::from_env(), settings)
    }

    /// Makes the clients from a configuration.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig, settings: &Settings) -> Self {
        Self {
            quotas: QuotaReader::new(config),
            states: settings.state_table.clone().map(|table| StateStore::new(config, table)),
            alerts: AlertPublisher::new(config, settings.alert_topic.clone()),
            metrics: MetricPublisher::new(config, settings.metric_namespace.clone()),
        }
    }
}
