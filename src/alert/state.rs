//! What is remembered of a target between checks.
//!
//! The state holds what people have been notified of. A level that they have not been notified of is only *pending* until
//! SNS has accepted the notification. A check that finds a pending notification therefore starts from what people know,
//! and says what is true now.

use crate::alert::{AlertLevel, Kind, Notification};
use crate::time::Timestamp;

/// What is remembered of a target between checks. The default is a target without history: OK, and nobody was notified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertState {
    /// The ongoing alert; `None` at OK.
    pub alert: Option<Alert>,
    /// A notification that is due and not known to be delivered.
    pub pending: Option<Pending>,
    /// When the check started that last changed this state.
    pub changed_at: Option<Timestamp>,
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
    /// The identity that the notification keeps when it is sent again.
    pub alert_id: String,
    /// Why the notification is due.
    pub kind: Kind,
    /// The level that it announces.
    pub level: AlertLevel,
    /// When the level left OK.
    pub since: Option<Timestamp>,
    /// What people had heard before it.
    pub last_heard: LastHeard,
    /// The check that is sending it; `None` when SNS rejected it, so that nobody has heard of it.
    pub claim: Option<Claim>,
}

/// A check's exclusive right to send a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The request ID of the invocation that holds it.
    pub by: String,
    /// When it ends. The holder is dead by then, and whether anybody heard is unknown.
    pub until: Timestamp,
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
    pub(super) fn assessed_level(&self) -> AlertLevel {
        self.pending.as_ref().map_or_else(|| self.last_notified(), |pending| pending.level)
    }

    /// The level of the last notification that is known to be delivered, or a lower one since.
    fn last_notified(&self) -> AlertLevel {
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

    /// This state with a notification on its way. What people have heard has not changed yet.
    #[must_use]
    pub fn with_pending(&self, notification: &Notification, claim: Option<Claim>) -> Self {
        let Notification { alert_id, kind, level, since, .. } = notification;
        let pending = Pending {
            alert_id: alert_id.clone(),
            kind: *kind,
            level: *level,
            since: *since,
            last_heard: self.last_heard(),
            claim,
        };
        Self { alert: self.alert, pending: Some(pending), changed_at: Some(notification.reading.checked_at) }
    }
}
