//! Everything that knows the AWS SDK: one file per service, each translating between its API and the core, and what they
//! share.
//!
//! The future of an SDK call is 16 KB. Each call is boxed, or the futures around it would be copied about with it.

mod cloudwatch;
mod config;
mod dynamodb;
mod error;
mod http;
mod organizations;
mod service_quotas;
mod ses;
mod sesv2;
mod sns;
mod sqs;
mod sts;
mod trust;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::settings::{Certificates, PageSettings, Settings};
use http::Reuse;
use trust::Trust;

pub use cloudwatch::MetricPublisher;
pub use dynamodb::{MemberList, StateStore, States, StoredState, Write};
pub use organizations::{Listing, OrganizationReader, Page};
pub use service_quotas::IncreaseReader;
pub use ses::QuotaReader;
pub use sesv2::AccountReader;
pub use sns::AlertPublisher;
pub use sqs::WorkQueue;
pub use sts::{RoleAssumer, Session};

/// One client per service, made once for all checks.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Reads the quota of each Region.
    pub quotas: QuotaReader,
    /// Reads the account status in each Region.
    pub accounts: AccountReader,
    /// Reads the requests for a higher quota in each Region.
    pub increases: IncreaseReader,
    /// Keeps the alert state; `None` without `STATE_TABLE`.
    pub states: Option<StateStore>,
    /// Publishes the alerts.
    pub alerts: AlertPublisher,
    /// Publishes the metrics.
    pub metrics: MetricPublisher,
    /// Reads other accounts than the function's own; `None` without `ACCOUNTS`.
    pub fleet: Option<FleetClients>,
    /// Takes the parts of a check that is too large; `None` without `WORK_QUEUE_URL`.
    pub work: Option<WorkQueue>,
}

/// The clients that only a fleet needs.
#[derive(Debug, Clone)]
pub struct FleetClients {
    /// Lists the accounts of the organization.
    pub organization: OrganizationReader,
    /// Opens the sessions in which other accounts are read.
    pub roles: RoleAssumer,
}

/// Connections for any number of clients, which trust these certificates and use the proxy of the environment.
#[must_use]
pub fn http_client(certificates: Certificates) -> SharedHttpClient {
    http::client(&Arc::new(Trust::new(certificates)), Reuse::Soon)
}

impl StateStore {
    /// The table of a function that only shows the fleet page, from its environment.
    #[must_use]
    pub fn from_env(settings: &PageSettings) -> Self {
        let config = config::from_env().to_builder().http_client(http_client(settings.certificates.clone())).build();
        Self::new(&config::with_limits(&config), settings.state_table.clone())
    }
}

impl Clients {
    /// Makes the clients from the environment of the function.
    #[must_use]
    pub fn from_env(settings: &Settings) -> Self {
        let trust = Arc::new(Trust::new(settings.certificates.clone()));
        let config = config::from_env();
        let with_connections = |reuse| config.to_builder().http_client(http::client(&trust, reuse)).build();
        Self::new(&with_connections(Reuse::Soon), &with_connections(Reuse::Never), settings)
    }

    /// Makes the clients from a configuration, which says where to call, as whom, and over which connections. How often
    /// and how long a call is tried is the same everywhere.
    #[must_use]
    pub fn from_config(config: &SdkConfig, settings: &Settings) -> Self {
        Self::new(config, config, settings)
    }

    fn new(config: &SdkConfig, for_alerts: &SdkConfig, settings: &Settings) -> Self {
        let config = &config::with_limits(config);
        Self {
            quotas: QuotaReader::new(config),
            accounts: AccountReader::new(config),
            increases: IncreaseReader::new(config),
            states: settings.publishing.state_table.clone().map(|table| StateStore::new(config, table)),
            alerts: AlertPublisher::new(for_alerts, settings.publishing.alert_topic.clone()),
            metrics: MetricPublisher::new(config, settings.publishing.metric_namespace.clone()),
            fleet: settings.targets.is_fleet().then(|| FleetClients {
                organization: OrganizationReader::new(config),
                roles: RoleAssumer::new(config, settings.targets.reader_role.clone()),
            }),
            work: settings.sharding.as_ref().map(|sharding| WorkQueue::new(config, sharding.queue_url.clone())),
        }
    }
}
