//! What SES answered, and what follows from it; beside it, what Service Quotas knows of the quota.

mod account_status;
mod history;
mod increase;
mod quota;
mod send_rate;
mod utilization;

use crate::forecast::Forecast;
use crate::target::{AccountName, Target};
use crate::time::Timestamp;

pub use account_status::{AccountStatus, EnforcementStatus};
pub use history::{SendHistory, recipients_per_attempt};
pub use increase::{CaseId, IncreaseRequest, RequestStatus, SENDING_QUOTA_CODE, SES_SERVICE_CODE};
pub use quota::{InvalidQuota, QuotaNumbers, SendQuota};
pub use send_rate::SendRate;
pub use utilization::Utilization;

/// What SES answered for a target, and when. Each part can be unknown by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The target.
    pub target: Target,
    /// What people call the account, where that is known.
    pub account_name: Option<AccountName>,
    /// The send quota.
    pub quota: Option<SendQuota>,
    /// The status of the account.
    pub account: Option<AccountStatus>,
    /// How much of the maximum send rate was used on average in the last complete quarter hour; `None` where the history is
    /// unknown, or was not read, or there is no maximum to compare with.
    pub rate_used: Option<Utilization>,
    /// What is expected of the quota; `None` where nobody asked, or there is no quota to be full.
    pub forecast: Option<Forecast>,
    /// The request for a higher quota that is open; `None` also where that is unknown, or nobody asked.
    pub increase_request: Option<IncreaseRequest>,
    /// When the check started that read them.
    pub checked_at: Timestamp,
}

impl Reading {
    /// A reading of which nothing is known.
    #[must_use]
    pub fn unknown(target: Target, checked_at: Timestamp) -> Self {
        Self {
            target,
            account_name: None,
            quota: None,
            account: None,
            rate_used: None,
            forecast: None,
            increase_request: None,
            checked_at,
        }
    }
}
