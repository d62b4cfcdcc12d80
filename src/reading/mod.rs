//! What SES said.

mod quota;
mod utilization;

use crate::target::Target;
use crate::time::Timestamp;

pub use quota::{InvalidQuota, SendQuota};
pub use utilization::Utilization;

/// What SES answered for a target, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The account and Region.
    pub target: Target,
    /// The numbers.
    pub quota: SendQuota,
    /// When the check began that read them.
    pub checked_at: Timestamp,
}
