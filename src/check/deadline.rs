//! When a check stops waiting for answers.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::failure::{Failure, Stage};

/// The moment at which every call of a check is given up, so that there is time left to report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// The deadline `time_left` from now.
    pub(super) fn after(time_left: Duration) -> Self {
        Self(Instant::now() + time_left)
    }

    /// Waits for the answer to a call until the deadline.
    pub(super) async fn bound<T>(
        self,
        stage: Stage,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout_at(self.0, call).await.unwrap_or_else(|_| Err(Failure::out_of_time(stage)))
    }
}
