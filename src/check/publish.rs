//! Publishes the metrics of all targets, in batches as they come, while alerts are delivered.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::deadline::Deadline;
use crate::aws::MetricPublisher;
use crate::failure::{Failure, Stage};
use crate::metrics::Metric;
use crate::target::Target;
use crate::time::Timestamp;

/// The metrics of one target.
#[derive(Debug)]
pub(super) struct Measurement {
    /// The place of the target among those of the check.
    pub place: usize,
    /// The target.
    pub target: Target,
    /// Its metrics.
    pub metrics: Vec<Metric>,
}

/// Publishes the metrics of `count` targets, each batch as soon as it is full or the last. Returns, by its place, the
/// failure of each target whose metrics were not published.
pub(super) async fn publish(
    publisher: &MetricPublisher,
    mut measurements: UnboundedReceiver<Measurement>,
    count: usize,
    at: Timestamp,
    deadline: Deadline,
) -> BTreeMap<usize, Failure> {
    let mut failures = BTreeMap::new();
    let received = stream::poll_fn(|context| measurements.poll_recv(context)).take(count);
    let mut batches = received.chunks(MetricPublisher::TARGETS_PER_REQUEST);
    while let Some(batch) = batches.next().await {
        let (places, data): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Measurement { place, target, metrics }| (place, (target, metrics))).unzip();
        let publishing = async { Ok(publisher.publish(&data, at).await) };
        let outcomes = deadline.bound(Stage::Metrics, publishing).await;
        let outcomes = outcomes.unwrap_or_else(|failure| vec![Some(failure); places.len()]);
        failures.extend(places.into_iter().zip(outcomes).filter_map(|(place, failure)| Some((place, failure?))));
    }
    failures
}
