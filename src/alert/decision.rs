//! What to say: the previous state, a reading and the time in; the new state and at most one notification out.
//!
//! The state holds what people have been told. A level that they have not been told of is only *pending* until SNS has
//! taken the notification; so a check that finds a pending one starts again from what was told, and says what is true now.

use crate::alert::{AlertLevel, Thresholds};
use crate::alert::{Kind, Notification, Reading, new_alert_id};
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

/// What a check does about a target.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing is due and nothing changed.
    Nothing,
    /// Another check holds a claim on this target, and finishes what it began.
    LeaveToHolder,
    /// A change that nobody needs to hear of.
    Record(AlertState),
    /// Tell people, then store what they have been told.
    Notify {
        /// What to say.
        notification: Notification,
        /// The state once it is delivered.
        delivered: AlertState,
    },
}

/// The level of a target, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The level, with hysteresis where the previous level is known.
    pub level: AlertLevel,
    /// What to do.
    pub action: Action,
}

/// When to speak.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AlertPolicy {
    /// Where the levels begin and end.
    pub thresholds: Thresholds,
    /// Seconds after which an alert that goes on is repeated; `None` never.
    pub reminder_seconds: Option<i64>,
}

/// Decides by the numbers alone, for a target whose state is not known: every check above OK is told, since hearing twice
/// beats not hearing.
#[must_use]
pub fn decide_without_state(reading: &Reading, policy: &AlertPolicy) -> (AlertLevel, Option<Notification>) {
    let level = policy.thresholds.level(&reading.quota);
    let notification = (level > AlertLevel::Ok).then(|| Notification {
        alert_id: new_alert_id(reading, Kind::Raised),
        kind: Kind::Raised,
        level,
        previous_level: None,
        since: None,
        reading: reading.clone(),
    });
    (level, notification)
}

/// Decides what a reading means after `state`.
#[must_use]
pub fn decide(state: &AlertState, reading: &Reading, policy: &AlertPolicy) -> Decision {
    let now = reading.checked_at;
    let known = state.known();
    let assessed = state.assessed();
    let level = policy.thresholds.level_after(assessed, &reading.quota);
    // A reading that is no newer than the last change may be late or a duplicate: it may raise, it must not lower. Nor
    // does it bear out a pending alert about the level that it did not see: the next check decides on that.
    if level < assessed && state.changed_at.is_some_and(|changed_at| now <= changed_at) {
        return Decision { level: assessed, action: Action::Nothing };
    }
    if state.is_held_at(now) {
        return Decision { level, action: Action::LeaveToHolder };
    }

    let pending_since = state.pending.as_ref().filter(|pending| pending.kind != Kind::Recovered).and_then(|p| p.since);
    let told_since = state.alert.map(|alert| alert.since);
    let due = if level > known.lowest {
        if known.lowest == AlertLevel::Ok {
            Some((Kind::Raised, AlertLevel::Ok, pending_since.unwrap_or(now)))
        } else {
            Some((Kind::Escalated, known.lowest, told_since.or(pending_since).unwrap_or(now)))
        }
    } else if level == AlertLevel::Ok && known.highest > AlertLevel::Ok {
        Some((Kind::Recovered, known.highest, told_since.or(pending_since).unwrap_or(now)))
    } else if level > AlertLevel::Ok {
        let reminder = state.alert.filter(|alert| policy.is_reminder_due(alert, now));
        reminder.map(|alert| (Kind::Reminder, level, alert.since))
    } else {
        None
    };

    let action = if let Some((kind, previous_level, since)) = due {
        let repeated = state.pending.as_ref().filter(|pending| (pending.kind, pending.level) == (kind, level));
        let notification = Notification {
            alert_id: repeated.map_or_else(|| new_alert_id(reading, kind), |pending| pending.alert_id.clone()),
            kind,
            level,
            previous_level: Some(previous_level),
            since: Some(since),
            reading: reading.clone(),
        };
        let alert = (level > AlertLevel::Ok).then_some(Alert { level, since, notified_at: now });
        Action::Notify { notification, delivered: AlertState { alert, pending: None, changed_at: Some(now) } }
    } else {
        let alert = state.alert.filter(|_| level > AlertLevel::Ok).map(|alert| Alert { level, ..alert });
        if alert == state.alert && state.pending.is_none() {
            Action::Nothing
        } else {
            Action::Record(AlertState { alert, pending: None, changed_at: Some(now) })
        }
    };
    Decision { level, action }
}

impl AlertState {
    /// The level at the last check that changed anything: what was pending then, or what people were told.
    fn assessed(&self) -> AlertLevel {
        self.pending.as_ref().map_or_else(|| self.told(), |pending| pending.level)
    }

    /// The level that people were told for certain.
    fn told(&self) -> AlertLevel {
        self.alert.map_or(AlertLevel::Ok, |alert| alert.level)
    }

    /// What people know: what they were told, and perhaps what the holder of a claim, now dead, was about to tell them.
    fn known(&self) -> Known {
        match &self.pending {
            None => Known { lowest: self.told(), highest: self.told() },
            Some(Pending { known, delivery: Delivery::Refused, .. }) => *known,
            Some(Pending { known, level, delivery: Delivery::Claimed { .. }, .. }) => {
                Known { lowest: known.lowest.min(*level), highest: known.highest.max(*level) }
            }
        }
    }

    /// Whether a check that may still be running holds a claim.
    fn is_held_at(&self, now: Timestamp) -> bool {
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

impl AlertPolicy {
    fn is_reminder_due(&self, alert: &Alert, now: Timestamp) -> bool {
        self.reminder_seconds.is_some_and(|seconds| now >= alert.notified_at.plus_seconds(seconds))
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
