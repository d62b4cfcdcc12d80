//! What to say: takes the previous state and a reading, returns the new state and at most one notification.

use crate::alert::{Alert, AlertId, AlertLevel, AlertPolicy, AlertState, ImpossibleTime, Kind, Notification, Pending};
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
    /// Notify people, once: a state guards it.
    Notify(Box<Guarded>),
    /// Notify people although no state is known or kept, so that it may be said more than once.
    NotifyUnguarded(Notification),
}

/// A notification, and the states to store around it, so that it is sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct Guarded {
    /// What to say.
    pub notification: Notification,
    /// While it is not delivered. What people have heard has not changed yet.
    pub pending: AlertState,
    /// Once it is.
    pub delivered: AlertState,
}

impl Action {
    /// The kind of the notification that is due.
    #[must_use]
    pub fn due(&self) -> Option<Kind> {
        match self {
            Self::Notify(guarded) => Some(guarded.notification.kind),
            Self::NotifyUnguarded(notification) => Some(notification.kind),
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
    /// What of the state was not believed.
    pub disbelieved: Vec<ImpossibleTime>,
}

/// Why a notification is due, and what it compares with.
struct Due {
    kind: Kind,
    previous_level: AlertLevel,
    since: Timestamp,
}

/// Decides by the numbers alone, for a target whose state is unknown. What is due is due all through a clock hour, under
/// one identity, so that the process can say it once and machines can drop what another process repeats.
#[must_use]
pub fn decide_without_state(reading: &Reading, policy: &AlertPolicy) -> Decision {
    let level = policy.thresholds.level(&reading.quota);
    let action = if level > AlertLevel::Ok {
        let notification = Notification::new(reading.clone(), Kind::Raised, level, reading.checked_at);
        Action::NotifyUnguarded(notification.of_the_hour())
    } else {
        Action::Nothing
    };
    Decision { level, action, disbelieved: Vec::new() }
}

/// Decides what a reading means after `state`.
#[must_use]
pub fn decide(state: &AlertState, reading: &Reading, policy: &AlertPolicy) -> Decision {
    let now = reading.checked_at;
    let (state, disbelieved) = state.believed_at(now);
    let assessed = state.assessed_level();
    let level = policy.thresholds.level_after(assessed, &reading.quota);
    // A reading no newer than the last change may be late or a duplicate: it may raise the level, and must not lower it.
    // Nor does it confirm a pending alert about a level that it did not see. The next check decides.
    if level < assessed && state.changed_at.is_some_and(|changed_at| now <= changed_at) {
        return Decision { level: assessed, action: Action::Nothing, disbelieved };
    }
    if state.is_claimed_at(now) {
        return Decision { level, action: Action::LeaveToHolder, disbelieved };
    }
    let action = match due(&state, level, now, policy) {
        Some(due) => notify(&state, reading, level, &due),
        None => record(&state, level, now, !disbelieved.is_empty()),
    };
    Decision { level, action, disbelieved }
}

/// The notification that is due at `level`, if any.
fn due(state: &AlertState, level: AlertLevel, now: Timestamp, policy: &AlertPolicy) -> Option<Due> {
    let heard = state.last_heard();
    let time = state.time_of_change(now);
    let pending_since = state.pending.as_ref().filter(|pending| pending.kind != Kind::Recovered).and_then(|p| p.since);
    let alert_since = state.alert.map(|alert| alert.since).or(pending_since).unwrap_or(time);

    if level > heard.lowest && heard.lowest == AlertLevel::Ok {
        Some(Due { kind: Kind::Raised, previous_level: AlertLevel::Ok, since: pending_since.unwrap_or(time) })
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
    let time = state.time_of_change(reading.checked_at);
    let repeated = state.pending.as_ref().filter(|pending| (pending.kind, pending.level) == (kind, level));
    let alert_id = repeated
        .and_then(|pending| pending.alert_id.clone())
        .unwrap_or_else(|| AlertId::new(&reading.target, time, level, kind));
    let (previous_level, since) = (Some(previous_level), Some(since));
    let notification =
        Notification { alert_id: alert_id.clone(), kind, level, previous_level, since, reading: reading.clone() };
    let pending = Pending { alert_id: Some(alert_id), kind, level, since, last_heard: state.last_heard(), claim: None };
    let alert = (level > AlertLevel::Ok).then_some(Alert { level, since: due.since, notified_at: time });
    Action::Notify(Box::new(Guarded {
        notification,
        pending: AlertState { alert: state.alert, pending: Some(pending), changed_at: Some(time) },
        delivered: AlertState { alert, pending: None, changed_at: Some(time) },
    }))
}

/// Stores a fall that does not reach OK, and drops a pending notification that is no longer true. `corrected`: the state
/// is not the one that is stored.
fn record(state: &AlertState, level: AlertLevel, now: Timestamp, corrected: bool) -> Action {
    let alert = state.alert.filter(|_| level > AlertLevel::Ok).map(|alert| Alert { level, ..alert });
    if alert == state.alert && state.pending.is_none() && !corrected {
        Action::Nothing
    } else {
        let changed_at = Some(state.time_of_change(now));
        Action::Record(AlertState { alert, pending: None, changed_at })
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
