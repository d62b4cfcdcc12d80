//! Publishes the metrics, in batches as they come, while alerts are delivered.

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

/// Some metrics, of one target or of all together.
#[derive(Debug)]
pub(super) struct Measurement {
    /// The number of the target among those of the check, and the target, which becomes the dimensions; `None` for all
    /// together.
    pub of: Option<(usize, Target)>,
    /// Their metrics.
    pub metrics: Vec<Metric>,
}

/// Publishes what is measured, each batch on its own. Returns, by the number of the target, the failure of each whose metrics
/// were not published.
pub(super) async fn publish(
    publisher: &MetricPublisher,
    measurements: UnboundedReceiver<Measurement>,
    at: Timestamp,
    deadline: Deadline,
) -> BTreeMap<Option<usize>, Failure> {
    let batches = stream::unfold(measurements, |mut measurements| async move {
        Some((next_batch(&mut measurements).await?, measurements))
    });
    let failures = batches.map(|batch| async move {
        let parted = |Measurement { of, metrics }| {
            let (number, target) = of.unzip();
            (number, (target, metrics))
        };
        let (numbers, data): (Vec<_>, Vec<_>) = batch.into_iter().map(parted).unzip();
        let failure = deadline.bound(Stage::Metrics, publisher.publish(&data, at)).await.err();
        numbers.into_iter().filter_map(move |number| Some((number, failure.clone()?)))
    });
    failures.buffer_unordered(REQUESTS).flat_map(stream::iter).collect().await
}

/// The next measurements: as many as fit a request, or have come when it has waited long enough.
async fn next_batch(measurements: &mut UnboundedReceiver<Measurement>) -> Option<Vec<Measurement>> {
    let mut batch = vec![measurements.recv().await?];
    let end = Instant::now() + PATIENCE;
    while batch.len() < MetricPublisher::TARGETS_PER_REQUEST {
        match timeout_at(end, measurements.recv()).await {
            Ok(Some(measurement)) => batch.push(measurement),
            Ok(None) | Err(_) => break,
        }
    }
    Some(batch)
}
