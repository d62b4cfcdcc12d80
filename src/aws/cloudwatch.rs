//! Publishes the metrics to CloudWatch.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::Builder;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_smithy_types::DateTime;

use super::config::retry_budget;
use super::error::failure;
use crate::failure::{Failure, Stage};
use crate::metrics::{MOST_METRICS, Metric, Unit};
use crate::target::Target;
use crate::time::Timestamp;

/// The most data that `PutMetricData` accepts in one request. Ours, uncompressed, are a third of the 1 MB that it accepts.
///
/// Source: Amazon CloudWatch API reference, `PutMetricData`.
const MOST_DATA: usize = 1_000;

/// Publishes to one namespace, in the function's Region.
#[derive(Debug, Clone)]
pub struct MetricPublisher {
    client: Client,
    namespace: String,
}

impl MetricPublisher {
    /// How many targets fit one request with all their metrics.
    pub const TARGETS_PER_REQUEST: usize = MOST_DATA / MOST_METRICS;

    pub(super) fn new(config: &SdkConfig, namespace: String) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config), namespace }
    }

    /// Publishes the metrics of up to [`Self::TARGETS_PER_REQUEST`] targets, or of none, without dimensions.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Metrics`].
    pub async fn publish(&self, measured: &[(Option<Target>, Vec<Metric>)], at: Timestamp) -> Result<(), Failure> {
        let data = measured.iter().flat_map(|(target, metrics)| {
            let dimensions = target.as_ref().map(dimensions);
            metrics.iter().map(move |metric| datum(metric, dimensions.clone(), at))
        });
        let request = self.client.put_metric_data().namespace(&self.namespace).set_metric_data(Some(data.collect()));
        Box::pin(request.send()).await.map(|_| ()).map_err(|error| failure(Stage::Metrics, &error))
    }
}

fn dimensions(target: &Target) -> Vec<Dimension> {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    vec![dimension("Account", &target.account.id.to_string()), dimension("Region", target.region.as_str())]
}

fn datum(metric: &Metric, dimensions: Option<Vec<Dimension>>, at: Timestamp) -> MetricDatum {
    let unit = match metric.unit {
        Unit::Count => StandardUnit::Count,
        Unit::CountPerSecond => StandardUnit::CountSecond,
        Unit::Percent => StandardUnit::Percent,
        Unit::None => StandardUnit::None,
    };
    MetricDatum::builder()
        .metric_name(metric.name)
        .unit(unit)
        .value(metric.value)
        .timestamp(DateTime::from_secs(at.epoch_seconds()))
        .set_dimensions(dimensions)
        .build()
}
