//! What SES says of one target, for those who ask about it alone. It runs no check and changes nothing.

use std::sync::Arc;

use super::assess::forecast;
use super::pipeline::Check;
use super::{Invocation, Monitor};
use crate::failure::Failure;
use crate::reading::{AccountStatus, Reading, SendHistory, SendQuota};
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What SES says of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The target.
    pub target: Target,
    /// The send quota.
    pub quota: SendQuota,
    /// The status of the account.
    pub account: Result<Option<AccountStatus>, Failure>,
    /// What was sent in the last two weeks; `Ok(None)` where that is of no use: there is no quota that could be full, or SES takes
    /// no mail at all.
    pub history: Result<Option<Arc<SendHistory>>, Failure>,
    /// When it was read.
    pub at: Timestamp,
}

impl Inspection {
    /// Whether SES takes no mail from the account.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(&self.account, Ok(Some(status)) if status.is_stopped())
    }

    /// The same as a reading, with the forecast.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading {
            quota: Some(self.quota),
            account: self.account.clone().ok().flatten(),
            forecast: forecast(&self.quota, &self.history, self.at),
            ..Reading::unknown(self.target.clone(), self.at)
        }
    }

    /// What could not be read.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.account.as_ref().err().into_iter().chain(self.history.as_ref().err())
    }
}

impl Monitor {
    /// Inspects one target: its quota, the status of the account, and its history.
    ///
    /// # Errors
    /// [`Failure`], where the quota cannot be read.
    pub async fn inspect(&self, target: &Target, invocation: &Invocation) -> Result<Inspection, Failure> {
        let check = Check::new(self, Request::DryRun, invocation);
        let observer = check.observer();
        let session = check.access(&target.account).open().await?;
        let (quota, account) = observer.read_ses(target, session.as_ref()).await;
        let quota = quota?;
        let mut inspection =
            Inspection { target: target.clone(), quota, account, history: Ok(None), at: invocation.started_at };
        if quota.max_24_hour_send().is_some_and(|max| max > 0.0) && !inspection.is_stopped() {
            inspection.history = observer.history(target, session.as_ref()).await.map(Some);
        }
        Ok(inspection)
    }
}
