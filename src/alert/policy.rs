//! When a notification is due.

use crate::alert::{Alert, Thresholds};
use crate::time::Timestamp;

/// When a notification is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlertPolicy {
    /// Where the levels begin and end.
    pub thresholds: Thresholds,
    /// Seconds after which an ongoing alert is repeated; `None` for never.
    pub reminder_seconds: Option<i64>,
}

impl AlertPolicy {
    pub(super) fn is_reminder_due(&self, alert: &Alert, now: Timestamp) -> bool {
        self.reminder_seconds.is_some_and(|seconds| now >= alert.notified_at.plus_seconds(seconds))
    }
}

impl Default for AlertPolicy {
    /// The default thresholds, and a reminder every 24 hours.
    fn default() -> Self {
        Self { thresholds: Thresholds::default(), reminder_seconds: Some(24 * 3_600) }
    }
}
