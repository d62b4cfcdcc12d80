//! The configuration that all clients share, from what Lambda sets in the environment.
//!
//! Not `aws_config::load`, which looks in more places: profile files, and for credentials STS, the instance metadata service
//! and more. None of them exists in Lambda, but their code was a sixth of the binary, and failed lookups were part of each
//! cold start. Trade-off: the binary does not run under an `AWS_PROFILE`.

use std::env;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ses::config::SharedCredentialsProvider;
use aws_sdk_ses::config::retry::{RetryPartition, TokenBucket};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// A connection that takes longer is to a Region that is down: around the world it takes a third of a second.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The slowest of these calls usually takes a few tenths of a second, and a service that takes 4 seconds is slow, not down.
/// A check gives its first call a third of its 30 seconds: a second attempt still fits.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(6);
/// The first attempt and two more.
const ATTEMPTS: u32 = 3;

/// Credentials and Region, and `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_USE_FIPS_ENDPOINT` and
/// `AWS_USE_DUALSTACK_ENDPOINT` where they are set.
pub(super) fn from_env() -> SdkConfig {
    from_lookup(variable)
}

fn from_lookup(variable: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let is_true = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION").unwrap_or_default()))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"))
        .service_config(Environment)
        .build()
}

/// The same configuration, with the retries and timeouts of the function. The call as a whole has no timeout: a check bounds
/// it by what is left of its own time.
pub(super) fn with_limits(config: &SdkConfig) -> SdkConfig {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    config
        .to_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        // Each call has a timeout. Watching its throughput as well would cost 2% of a later check.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

/// A budget of retries that is never used up. By itself, the SDK lets all calls of a service share one: a Region that is down, an
/// account that cannot be read, or an outage that is over would leave others a single attempt. What bounds ours is the number
/// of attempts, and the deadline of the check.
pub(super) fn retry_budget() -> RetryPartition {
    RetryPartition::custom("check").token_bucket(TokenBucket::unlimited()).build()
}

/// The value of a variable; an empty one is unset.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The value for one service, or else the one for all.
///
/// Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        variable(&format!("{}_{service}", key.env())).or_else(|| variable(key.env()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_endpoint_has_a_variable_of_its_own() {
        let kinds = |name: &'static str, value: &'static str| {
            let config = from_lookup(|variable| (variable == name).then(|| value.to_owned()));
            (config.use_fips(), config.use_dual_stack())
        };
        assert_eq!(kinds("AWS_USE_FIPS_ENDPOINT", "true"), (Some(true), Some(false)));
        assert_eq!(kinds("AWS_USE_DUALSTACK_ENDPOINT", "True"), (Some(false), Some(true)));
        assert_eq!(kinds("AWS_USE_FIPS_ENDPOINT", "yes"), (Some(false), Some(false)));
    }
}
