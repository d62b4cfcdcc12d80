//! What AWS says of an account in a Region: the quota, its use, and the requests for a higher one.

use ses_quota_monitor::aws::{AccountReader, IncreaseReader, QuotaReader};
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::forecast::{Past, Projection, Unknown};
use ses_quota_monitor::reading::{AccountStatus, IncreaseRequest, Reading, SendHistory, SendQuota};
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;

use super::need::{Known, Need};
use crate::failed::Failed;
use crate::monitor::now;
use crate::session::Session;

/// What is known, part by part.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub target: Target,
    pub at: Timestamp,
    pub quota: SendQuota,
    pub account: Option<AccountStatus>,
    /// How much was sent, and will be; or why that cannot be told.
    pub use_of_quota: Result<UseOfQuota, Unknown>,
    /// The requests of the last 90 days, the newest first; `None` where they could not be read.
    pub requests: Option<Vec<IncreaseRequest>>,
    /// What could not be read.
    pub failures: Vec<Failure>,
}

/// How much was sent, and will be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UseOfQuota {
    pub past: Past,
    /// The highest upper bound of the forecast of the next 24 hours, and when that is.
    pub expected: (Timestamp, f64),
    pub need: Need,
}

impl Found {
    /// Reads it. One call to SES after the other: it accepts one a second.
    ///
    /// # Errors
    /// [`Failed`] where the quota cannot be read.
    pub async fn read(session: &Session) -> Result<Self, Failed> {
        let (config, target, at) = (&session.config, session.here.clone(), now());
        let region = &target.region;
        let (ses, requests) = (QuotaReader::new(config), IncreaseReader::new(config));
        let quota = ses.read(region, None).await.map_err(Failed::new)?;
        let mut failures = Vec::new();
        let account = kept(AccountReader::new(config).read(region, None).await, &mut failures);
        let history = kept(ses.read_history(region, None).await, &mut failures);
        let requests = kept(requests.requests(region, None).await, &mut failures);
        let use_of_quota = history.ok_or(Unknown::NotRead).and_then(|history| UseOfQuota::new(&history, &quota, at));
        Ok(Self { target, at, quota, account, use_of_quota, requests: requests.map(newest_first), failures })
    }

    /// What the alerts know, too.
    pub fn reading(&self) -> Reading {
        let Self { quota, account, target, at, .. } = self;
        Reading { quota: Some(*quota), account: account.clone(), ..Reading::unknown(target.clone(), *at) }
    }

    /// The request that AWS has not decided yet.
    pub fn open_request(&self) -> Option<IncreaseRequest> {
        IncreaseRequest::open_of(self.requests.iter().flatten().cloned())
    }
}

impl UseOfQuota {
    /// What a history says of it.
    ///
    /// # Errors
    /// Why nothing can be told.
    pub fn new(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Result<Self, Unknown> {
        let past = Past::new(history, quota, now)?;
        let bounds = Projection::new(history, quota, now)?.upper_bounds();
        let highest = |one: (Timestamp, f64), other: (Timestamp, f64)| if other.1 > one.1 { other } else { one };
        let used = quota.sent_last_24_hours();
        let expected = bounds.into_iter().reduce(highest).unwrap_or((now, used));
        let need = Need::new(&Known {
            used,
            busiest: past.busiest.recipients,
            expected: expected.1,
            weekly_growth: past.weekly_growth,
        });
        Ok(Self { past, expected, need })
    }
}

fn newest_first(mut requests: Vec<IncreaseRequest>) -> Vec<IncreaseRequest> {
    requests.sort_by_key(|request| std::cmp::Reverse(request.requested_at));
    requests
}

/// What was read; else the failure goes to the others.
fn kept<T>(read: Result<T, Failure>, failures: &mut Vec<Failure>) -> Option<T> {
    read.map_err(|failure| failures.push(failure)).ok()
}
