//! What is remembered of a target between checks.
//!
//! The state holds what people have been told. A level that they have not been told of is only *pending* until SNS has
//! taken the notification; so a check that finds a pending one starts again from what was told, and says what is true now.

use crate::alert::{AlertLevel, Kind, Notification};
use crate::time::Timestamp;

/// What is remembered of a target between checks. The default is a target never seen: OK, and nobody was told anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertState {
    /// The alert that is going on; `None` at OK.
    pub alert: Option<Alert>,
    /// A notification that is due and not known to be delivered.
    pub pending: Option<Pending>,
    /// When the check began that last changed this state.
    pub changed_at: Option<Timestamp>,
}

/// An alert that people have heard of.
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
    /// The identity that it keeps when it is sent again.
    pub alert_id: String,
    /// Why people are to be told.
    pub kind: Kind,
    /// The level they are to be told.
    pub level: AlertLevel,
    /// When the level left OK.
    pub since: Option<Timestamp>,
    /// What people knew before it.
    pub known: Known,
    /// How far its delivery got.
    pub delivery: Delivery,
}

/// The level that people last heard of; a range of levels while a check died and nobody knows what it still sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The lowest level that they may have heard of last.
    pub lowest: AlertLevel,
    /// The highest.
    pub highest: AlertLevel,
}

/// How far the delivery of a pending notification got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// SNS refused it: nobody has heard.
    Refused,
    /// A check holds it and may be sending it. After `until` the holder is dead, and whether anybody heard is unknown.
    Claimed {
        /// The request ID of the invocation that holds it.
        by: String,
        /// When the claim ends.
        until: Timestamp,
    },
}

impl AlertState {
    /// The level at the last check that changed anything: what was pending then, or what people were told.
    pub(super) fn assessed(&self) -> AlertLevel {
        self.pending.as_ref().map_or_else(|| self.told(), |pending| pending.level)
    }

    /// The level that people were told for certain.
    fn told(&self) -> AlertLevel {
        self.alert.map_or(AlertLevel::Ok, |alert| alert.level)
    }

    /// What people know: what they were told, and perhaps what the holder of a claim, now dead, was about to tell them.
    pub(super) fn known(&self) -> Known {
        match &self.pending {
            None => Known { lowest: self.told(), highest: self.told() },
            Some(Pending { known, delivery: Delivery::Refused, .. }) => *known,
            Some(Pending { known, level, delivery: Delivery::Claimed { .. }, .. }) => {
                Known { lowest: known.lowest.min(*level), highest: known.highest.max(*level) }
            }
        }
    }

    /// Whether a check that may still be running holds a claim.
    pub(super) fn is_held_at(&self, now: Timestamp) -> bool {
        matches!(&self.pending, Some(Pending { delivery: Delivery::Claimed { until, .. }, .. }) if now < *until)
    }

    /// This state with a notification on its way: what people know has not changed yet.
    #[must_use]
    pub fn with_pending(&self, notification: &Notification, delivery: Delivery) -> Self {
        let Notification { alert_id, kind, level, since, .. } = notification;
        let pending = Pending {
            alert_id: alert_id.clone(),
            kind: *kind,
            level: *level,
            since: *since,
            known: self.known(),
            delivery,
        };
        Self { alert: self.alert, pending: Some(pending), changed_at: Some(notification.reading.checked_at) }
    }
}
