//! Publishes the metrics of all targets, in batches as they come, while alerts are delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

use super::deadline::Deadline;
use crate::aws::MetricPublisher;
use crate::failure::{Failure, Stage};
use crate::metrics::Metric;
use crate::target::Target;
use crate::time::Timestamp;

/// How long a batch waits for more: targets that take longer must not hold back the metrics of others.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many requests are under way at the same time.
const REQUESTS: usize = 8;

/// The metrics of one target.
#[derive(Debug)]
pub(super) struct Measurement {
    /// The number of the target among those of the check.
    pub number: usize,
    /// The target.
    pub target: Target,
    /// Its metrics.
    pub metrics: Vec<Metric>,
}

/// Publishes the metrics of `count` targets, each batch on its own. Returns, by its number, the failure of each target whose
/// metrics were not published.
pub(super) async fn publish(
    publisher: &MetricPublisher,
    measurements: UnboundedReceiver<Measurement>,
    count: usize,
    at: Timestamp,
    deadline: Deadline,
) -> BTreeMap<usize, Failure> {
    let batches = stream::unfold((measurements, count), |(mut measurements, left)| async move {
        let batch = next_batch(&mut measurements, left).await?;
        let left = left - batch.len();
        Some((batch, (measurements, left)))
    });
    let failures = batches.map(|batch| async move {
        let (numbers, data): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Measurement { number, target, metrics }| (number, (target, metrics))).unzip();
        let failure = deadline.bound(Stage::Metrics, publisher.publish(&data, at)).await.err();
        numbers.into_iter().filter_map(move |number| Some((number, failure.clone()?)))
    });
    failures.buffer_unordered(REQUESTS).flat_map(stream::iter).collect().await
}

/// The next measurements of those that are `left`: as many as fit a request, or have come when it has waited long enough.
async fn next_batch(measurements: &mut UnboundedReceiver<Measurement>, left: usize) -> Option<Vec<Measurement>> {
    if left == 0 {
        return None;
    }
    let mut batch = vec![measurements.recv().await?];
    let end = Instant::now() + PATIENCE;
    while batch.len() < left.min(MetricPublisher::TARGETS_PER_REQUEST) {
        match timeout_at(end, measurements.recv()).await {
            Ok(Some(measurement)) => batch.push(measurement),
            Ok(None) | Err(_) => break,
        }
    }
    Some(batch)
}
