//! What a check found about a subject.

use crate::alert::{AlertLevel, Subject};
use crate::failure::Failure;
use crate::reading::{AccountStatus, SendQuota, Utilization};
use crate::time::Timestamp;

/// What a check found about a subject. There is none about a quota, an account or a rate that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The send quota.
    Quota(SendQuota),
    /// The status of the account.
    Account(AccountStatus),
    /// How much of the maximum send rate was used; `None` where nobody asks, or the rate is unlimited.
    Rate(Option<Utilization>),
    /// Whether SES could be read: since when not, if not.
    Reading(Option<Unread>),
}

/// A target that could not be read, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The first failed check in a row.
    pub since: Timestamp,
    /// What failed in the latest.
    pub failure: Failure,
}

impl Finding {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Quota(_) => Subject::Quota,
            Self::Account(_) => Subject::Account,
            Self::Rate(_) => Subject::Rate,
            Self::Reading(_) => Subject::Reading,
        }
    }

    /// Since when the target has not been read.
    pub(super) fn unread_since(&self) -> Option<Timestamp> {
        match self {
            Self::Reading(Some(unread)) => Some(unread.since),
            Self::Quota(_) | Self::Account(_) | Self::Rate(_) | Self::Reading(None) => None,
        }
    }

    /// The same, as one more in a row of failed checks that began earlier.
    pub(super) fn unread_since_before(self, earlier: Option<Timestamp>) -> Self {
        match (self, earlier) {
            (Self::Reading(Some(unread)), Some(earlier)) => {
                Self::Reading(Some(Unread { since: unread.since.min(earlier), ..unread }))
            }
            (finding, _) => finding,
        }
    }
}

impl AccountStatus {
    /// The level: a status that is not known may be as bad as a review.
    #[must_use]
    pub fn level(&self) -> AlertLevel {
        use crate::reading::EnforcementStatus::{Healthy, Other, Probation, Shutdown};
        match self.enforcement {
            _ if self.is_stopped() => AlertLevel::Exhausted,
            Healthy => AlertLevel::Ok,
            Probation | Other(_) | Shutdown => AlertLevel::Warning,
        }
    }
}
