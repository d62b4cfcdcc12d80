//! What SES answered.

mod quota;
mod send_rate;
mod utilization;

use crate::target::Target;
use crate::time::Timestamp;

pub use quota::{InvalidQuota, SendQuota};
pub use send_rate::SendRate;
pub use utilization::Utilization;

/// What SES answered for a target, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The target.
    pub target: Target,
    /// The send quota.
    pub quota: SendQuota,
    /// When the check started that read them.
    pub checked_at: Timestamp,
}
