//! What SES answered.

mod account_status;
mod history;
mod quota;
mod send_rate;
mod utilization;

use crate::target::Target;
use crate::time::Timestamp;

pub use account_status::{AccountStatus, EnforcementStatus};
pub use history::{MOST_PER_ATTEMPT, SendHistory};
pub use quota::{InvalidQuota, SendQuota};
pub use send_rate::SendRate;
pub use utilization::Utilization;

/// What SES answered for a target, and when. Each part can be unknown by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The target.
    pub target: Target,
    /// The send quota.
    pub quota: Option<SendQuota>,
    /// The status of the account.
    pub account: Option<AccountStatus>,
    /// When the check started that read them.
    pub checked_at: Timestamp,
}
