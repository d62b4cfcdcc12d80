//! What is remembered of a subject between checks.
//!
//! The state holds what people have been notified of. A level that they have not been notified of is only *pending* until
//! SNS has accepted the notification. A check that finds a pending notification therefore starts from what people know,
//! and says what is true now.

use crate::alert::{AlertId, AlertLevel, Kind};
use crate::time::Timestamp;

/// What is remembered of a subject of a target between checks. The default is one without history: OK, and nobody was
/// notified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertState {
    /// The ongoing alert; `None` at OK.
    pub alert: Option<Alert>,
    /// A notification that is due and not known to be delivered.
    pub pending: Option<Pending>,
    /// The latest start of a check that changed this state. It never moves back.
    pub changed_at: Option<Timestamp>,
    /// Of the subject READING: the first failed check in a row.
    pub unread_since: Option<Timestamp>,
}

/// An alert that people were notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// The level, above OK.
    pub level: AlertLevel,
    /// When the level left OK.
    pub since: Timestamp,
    /// When the last notification about it was delivered.
    pub notified_at: Timestamp,
}

/// A notification that is due and not known to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The identity that the notification keeps when it is sent again; `None` where the stored one was not made for it, so
    /// that it gets a new one.
    pub alert_id: Option<AlertId>,
    /// Why the notification is due.
    pub kind: Kind,
    /// The level that it announces.
    pub level: AlertLevel,
    /// When the level left OK.
    pub since: Option<Timestamp>,
    /// What people had heard before it.
    pub last_heard: LastHeard,
    /// The check that is sending it; `None` when it certainly was not sent, so that nobody has heard of it.
    pub claim: Option<Claim>,
}

/// A check's exclusive right to send a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The attempt that holds it: an invocation, even if Lambda delivers the same event twice.
    pub by: String,
    /// When it ends. The holder is dead by then, and whether anybody heard is unknown.
    pub until: Timestamp,
}

impl Claim {
    /// How far the clocks of two invocations may be apart. A claim outlives its holder by as much.
    pub const CLOCK_SKEW_SECONDS: i64 = 10;
    /// The longest that a claim can last: as long as Lambda lets a function run.
    ///
    /// Source: AWS Lambda developer guide, "Lambda quotas".
    pub const MOST_SECONDS: i64 = 15 * 60 + Self::CLOCK_SKEW_SECONDS;
}

/// The level that people heard of last. It is a range after a check died and left unknown what it still sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastHeard {
    /// The lowest level that they may have heard of last.
    pub lowest: AlertLevel,
    /// The highest level that they may have heard of last.
    pub highest: AlertLevel,
}

impl AlertState {
    /// The level that the last check found that changed anything: a pending one, or the one people were notified of.
    #[must_use]
    pub fn assessed_level(&self) -> AlertLevel {
        self.pending.as_ref().map_or_else(|| self.last_notified(), |pending| pending.level)
    }

    /// Whether people have heard of nothing that is not over.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.alert.is_none() && self.pending.is_none()
    }

    /// The level of the last notification that is known to be delivered, or a lower one since.
    pub(super) fn last_notified(&self) -> AlertLevel {
        self.alert.map_or(AlertLevel::Ok, |alert| alert.level)
    }

    /// What people have heard: the last delivered notification, and perhaps the one whose sender died.
    pub(super) fn last_heard(&self) -> LastHeard {
        match &self.pending {
            None => LastHeard { lowest: self.last_notified(), highest: self.last_notified() },
            Some(Pending { last_heard, claim: None, .. }) => *last_heard,
            Some(Pending { last_heard, level, claim: Some(_), .. }) => {
                LastHeard { lowest: last_heard.lowest.min(*level), highest: last_heard.highest.max(*level) }
            }
        }
    }

    /// Whether a check that may still be running holds a claim.
    pub(super) fn is_claimed_at(&self, now: Timestamp) -> bool {
        self.pending.as_ref().and_then(|pending| pending.claim.as_ref()).is_some_and(|claim| now < claim.until)
    }

    /// The time of a change that a check makes which started at `now`: never before an earlier change.
    pub(super) fn time_of_change(&self, now: Timestamp) -> Timestamp {
        self.changed_at.map_or(now, |changed_at| changed_at.max(now))
    }

    /// This state, with its pending notification claimed.
    #[must_use]
    pub fn claimed(mut self, claim: Claim) -> Self {
        if let Some(pending) = &mut self.pending {
            pending.claim = Some(claim);
        }
        self
    }
}
