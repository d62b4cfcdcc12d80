//! Which times of a stored state can be true. A clock that was wrong, or a hand that edited the item, must not silence a
//! target for as long as it says.

use std::fmt;

use crate::alert::{AlertState, Claim};
use crate::time::Timestamp;

/// How far in the future a time may be before it is not believed: clocks that are set by NTP agree far better.
const MOST_SECONDS_AHEAD: i64 = 5 * 60;

/// A stored time that cannot be true. It is taken for expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpossibleTime {
    attribute: &'static str,
    time: Timestamp,
}

impl fmt::Display for ImpossibleTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={} cannot be true: it is too far in the future", self.attribute, self.time)
    }
}

impl AlertState {
    /// This state as far as it can be true at `now`, and the times in it that cannot.
    pub(super) fn believed_at(&self, now: Timestamp) -> (Self, Vec<ImpossibleTime>) {
        let mut believed = self.clone();
        let latest = now.plus_seconds(MOST_SECONDS_AHEAD);
        let mut impossible = Vec::new();
        let mut is_impossible = |attribute, time: Timestamp, latest| {
            let disbelieved = time > latest;
            if disbelieved {
                impossible.push(ImpossibleTime { attribute, time });
            }
            disbelieved
        };
        if believed.changed_at.is_some_and(|time| is_impossible("changedAt", time, latest)) {
            believed.changed_at = None;
        }
        if believed.unread_since.is_some_and(|time| is_impossible("unreadSince", time, latest)) {
            believed.unread_since = Some(now);
        }
        if let Some(alert) = &mut believed.alert {
            if is_impossible("since", alert.since, latest) {
                alert.since = now;
            }
            if is_impossible("notifiedAt", alert.notified_at, latest) {
                // So long ago that a reminder is due.
                alert.notified_at = Timestamp::EPOCH;
            }
        }
        if let Some(pending) = &mut believed.pending {
            if pending.since.is_some_and(|time| is_impossible("pendingSince", time, latest)) {
                pending.since = Some(now);
            }
            let claimed_at = believed.changed_at.unwrap_or(latest);
            let longest = claimed_at.plus_seconds(Claim::MOST_SECONDS);
            let mut living = pending.claim.as_mut().filter(|claim| claim.until > now);
            if let Some(claim) = living.take_if(|claim| is_impossible("claimedUntil", claim.until, longest)) {
                claim.until = now;
            }
        }
        (believed, impossible)
    }
}
