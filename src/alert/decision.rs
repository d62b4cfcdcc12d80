//! What to say: takes the previous state and a reading, returns the new state and at most one notification.

use crate::alert::{Alert, AlertLevel, AlertPolicy, AlertState, Kind, Notification};
use crate::reading::Reading;
use crate::time::Timestamp;

/// What a check does about a target.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing is due and nothing changed.
    Nothing,
    /// Another check holds a claim on this target and finishes what it started.
    LeaveToHolder,
    /// Store a change that nobody needs to hear of.
    Record(AlertState),
    /// Notify people, then store that they have been notified.
    Notify {
        /// What to say.
        notification: Notification,
        /// The state to store once the notification is delivered; `None` for a notification that no state guards: a test
        /// alert, or an alert about a target whose state is unknown.
        delivered: Option<AlertState>,
    },
}

impl Action {
    /// The kind of the notification that is due.
    #[must_use]
    pub fn due(&self) -> Option<Kind> {
        match self {
            Self::Notify { notification, .. } => Some(notification.kind),
            Self::Nothing | Self::LeaveToHolder | Self::Record(_) => None,
        }
    }
}

/// The level of a target, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The level, with hysteresis where the previous level is known.
    pub level: AlertLevel,
    /// What to do.
    pub action: Action,
}

/// Why a notification is due, and what it compares with.
struct Due {
    kind: Kind,
    previous_level: AlertLevel,
    since: Timestamp,
}

/// Decides by the numbers alone, for a target whose state is unknown. Every check above OK notifies: a duplicate is better
/// than a lost alert.
#[must_use]
pub fn decide_without_state(reading: &Reading, policy: &AlertPolicy) -> Decision {
    let level = policy.thresholds.level(&reading.quota);
    let action = if level > AlertLevel::Ok {
        Action::Notify { notification: Notification::new(reading, Kind::Raised, level), delivered: None }
    } else {
        Action::Nothing
    };
    Decision { level, action }
}

/// Decides what a reading means after `state`.
#[must_use]
pub fn decide(state: &AlertState, reading: &Reading, policy: &AlertPolicy) -> Decision {
    let now = reading.checked_at;
    let assessed = state.assessed_level();
    let level = policy.thresholds.level_after(assessed, &reading.quota);
    // A reading no newer than the last change may be late or a duplicate: it may raise the level, and must not lower it.
    // Nor does it confirm a pending alert about a level that it did not see. The next check decides.
    if level < assessed && state.changed_at.is_some_and(|changed_at| now <= changed_at) {
        return Decision { level: assessed, action: Action::Nothing };
    }
    if state.is_claimed_at(now) {
        return Decision { level, action: Action::LeaveToHolder };
    }
    let action = match due(state, level, now, policy) {
        Some(due) => notify(state, reading, level, &due),
        None => record(state, level, now),
    };
    Decision { level, action }
}

/// The notification that is due at `level`, if any.
fn due(state: &AlertState, level: AlertLevel, now: Timestamp, policy: &AlertPolicy) -> Option<Due> {
    let heard = state.last_heard();
    let pending_since = state.pending.as_ref().filter(|pending| pending.kind != Kind::Recovered).and_then(|p| p.since);
    let alert_since = state.alert.map(|alert| alert.since).or(pending_since).unwrap_or(now);
    if level > heard.lowest && heard.lowest == AlertLevel::Ok {
        Some(Due { kind: Kind::Raised, previous_level: AlertLevel::Ok, since: pending_since.unwrap_or(now) })
    } else if level > heard.lowest {
        Some(Due { kind: Kind::Escalated, previous_level: heard.lowest, since: alert_since })
    } else if level == AlertLevel::Ok && heard.highest > AlertLevel::Ok {
        Some(Due { kind: Kind::Recovered, previous_level: heard.highest, since: alert_since })
    } else if level > AlertLevel::Ok {
        let reminder = state.alert.filter(|alert| policy.is_reminder_due(alert, now));
        reminder.map(|alert| Due { kind: Kind::Reminder, previous_level: level, since: alert.since })
    } else {
        None
    }
}

fn notify(state: &AlertState, reading: &Reading, level: AlertLevel, due: &Due) -> Action {
    let &Due { kind, previous_level, since } = due;
    let repeated = state.pending.as_ref().filter(|pending| (pending.kind, pending.level) == (kind, level));
    let new = Notification::new(reading, kind, level);
    let notification = Notification {
        alert_id: repeated.map_or(new.alert_id, |pending| pending.alert_id.clone()),
        previous_level: Some(previous_level),
        since: Some(since),
        ..new
    };
    let now = reading.checked_at;
    let alert = (level > AlertLevel::Ok).then_some(Alert { level, since, notified_at: now });
    Action::Notify { notification, delivered: Some(AlertState { alert, pending: None, changed_at: Some(now) }) }
}

/// Stores a fall that does not reach OK, and drops a pending notification that is no longer true.
fn record(state: &AlertState, level: AlertLevel, now: Timestamp) -> Action {
    let alert = state.alert.filter(|_| level > AlertLevel::Ok).map(|alert| Alert { level, ..alert });
    if alert == state.alert && state.pending.is_none() {
        Action::Nothing
    } else {
        Action::Record(AlertState { alert, pending: None, changed_at: Some(now) })
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
