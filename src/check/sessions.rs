//! The sessions in which other accounts are read, kept from check to check until shortly before they end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::aws::Session;
use crate::target::AccountId;
use crate::time::Timestamp;

/// How long before its end a session is given up: longer than a check lasts.
const MARGIN_SECONDS: i64 = 300;

/// One session for each account that was read.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<AccountId, Session>>);

impl Sessions {
    /// The session of an account, if there is one that lasts for a check that starts at `now`.
    pub(super) fn get(&self, account: &AccountId, now: Timestamp) -> Option<Session> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(account).filter(|session| lasts(session, now)).cloned()
    }

    /// Keeps a session.
    pub(super) fn keep(&self, account: &AccountId, session: Session) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), session);
    }

    /// Gives a session up.
    pub(super) fn forget(&self, account: &AccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
    }

    /// Gives up those that have ended, also of accounts that are no longer read.
    pub(super) fn forget_ended(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, session| lasts(session, now));
    }
}

fn lasts(session: &Session, now: Timestamp) -> bool {
    now.plus_seconds(MARGIN_SECONDS) < session.ends_at
}
