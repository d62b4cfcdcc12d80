//! The edge to AWS: one file a service, each translating between its API and the core.
//!
//! The future of an SDK call is 16 KB. Each is boxed, since the futures around it would be copied about with it.

mod cloudwatch;
mod dynamodb;
mod ses;
mod sns;

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

use crate::settings::Settings;

pub use cloudwatch::MetricPublisher;
pub use dynamodb::{StateStore, StoredState, Write};
pub use ses::QuotaReader;
pub use sns::AlertPublisher;

/// A connection that takes longer is to a Region that is down: across the world it takes a third of a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The slowest of these calls takes some tenths of a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// One call with all its retries: long enough for two attempts that time out, short enough that the four calls of an
/// alert, one after the other, fit the function's 30 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// The first attempt and two more.
const ATTEMPTS: u32 = 3;

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
    /// Makes the clients from the environment of the function: credentials, Region, and `AWS_ENDPOINT_URL` where it is set.
    pub async fn new(settings: &Settings) -> Self {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(CALL_TIMEOUT)
                    .build(),
            )
            .load()
            .await;
        Self::from_config(&config, settings)
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
