//! Which Regions of all are left out, because an account has no SES there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tracing::info;

use crate::target::Target;
use crate::time::Timestamp;

/// How long a target is left out before it is tried again: somebody may have enabled the Region.
const SECONDS: i64 = 3_600;

/// How many are named in a log line.
const NAMED: usize = 20;

/// The targets that were found not to be there, and when.
#[derive(Debug, Default)]
pub(super) struct LeftOut(Mutex<BTreeMap<Target, Timestamp>>);

impl LeftOut {
    /// Whether a check that starts at `now` leaves a target out.
    pub(super) fn contains(&self, target: &Target, now: Timestamp) -> bool {
        let left_out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.get(target).is_some_and(|found_at| now < found_at.plus_seconds(SECONDS))
    }

    /// Leaves these out from now on, and names in the log those that were not left out before.
    pub(super) fn insert(&self, targets: impl IntoIterator<Item = Target>, now: Timestamp) {
        let mut left_out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<Target> =
            targets.into_iter().filter(|target| left_out.insert(target.clone(), now).is_none()).collect();
        if !new.is_empty() {
            let named: Vec<String> = new.iter().take(NAMED).map(ToString::to_string).collect();
            info!(
                count = new.len(),
                targets = named.join(", "),
                "left out of REGIONS=all: not enabled for the account, closed to it by its organization, or without SES"
            );
        }
    }
}
