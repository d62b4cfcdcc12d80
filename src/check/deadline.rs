//! How long a check waits for answers.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::failure::{Failure, Stage};

/// The moment at which calls are given up, so that there is time left to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// The deadline `time_left` from now.
    pub(super) fn after(time_left: Duration) -> Self {
        Self(Instant::now() + time_left)
    }

    /// A third of the time that is left: as long as one call may take, so that those after it have their time, too. A
    /// service that is slow, not down, has answered by then.
    pub(super) fn share(self) -> Self {
        Self::after(self.time_left() / 3)
    }

    /// The deadline, but no later than `time` from now.
    pub(super) fn at_most(self, time: Duration) -> Self {
        Self(self.0.min(Self::after(time).0))
    }

    /// How much time is left.
    pub(super) fn time_left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// The deadline less the time that something after it takes.
    pub(super) fn less(self, time: Duration) -> Self {
        Self(self.0.checked_sub(time).unwrap_or(self.0))
    }

    /// The deadline less `time`, but no earlier than half of what is left.
    pub(super) fn less_at_most_half(self, time: Duration) -> Self {
        let half = Self::after(self.time_left() / 2);
        Self(self.less(time).0.max(half.0))
    }

    /// Waits until the deadline; `None` once it has passed.
    pub(super) async fn wait_for<T>(self, future: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.0, future).await.ok()
    }

    /// Whether it comes before a moment.
    pub(super) fn is_before(self, moment: Instant) -> bool {
        self.0 < moment
    }

    /// Waits for the answer to a call until the deadline.
    pub(super) async fn bound<T>(
        self,
        stage: Stage,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        timeout_at(self.0, call).await.unwrap_or_else(|_| Err(Failure::no_answer(stage, start.elapsed())))
    }
}
