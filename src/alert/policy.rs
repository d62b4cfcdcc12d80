//! When to speak.

use crate::alert::{Alert, Thresholds};
use crate::time::Timestamp;

/// When to speak.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AlertPolicy {
    /// Where the levels begin and end.
    pub thresholds: Thresholds,
    /// Seconds after which an alert that goes on is repeated; `None` never.
    pub reminder_seconds: Option<i64>,
}

impl AlertPolicy {
    pub(super) fn is_reminder_due(&self, alert: &Alert, now: Timestamp) -> bool {
        self.reminder_seconds.is_some_and(|seconds| now >= alert.notified_at.plus_seconds(seconds))
    }
}
