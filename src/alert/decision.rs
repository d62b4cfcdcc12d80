//! What to say: the previous state, a reading and the time in; the new state and at most one notification out.

use crate::alert::{Alert, AlertLevel, AlertPolicy, AlertState, Kind, Notification, new_alert_id};
use crate::reading::Reading;

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

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
