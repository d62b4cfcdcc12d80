//! What to say about a subject: takes the previous state and what was found, returns the new state and at most one
//! notification.

use crate::alert::{
    Alert, AlertId, AlertLevel, AlertPolicy, AlertState, Cause, Finding, ImpossibleTime, IncidentId, Kind,
    Notification, Pending, Reason, Subject, Verdict,
};
use crate::reading::Reading;
use crate::time::Timestamp;

/// What a check does about a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing is due and nothing changed.
    Nothing,
    /// Another check holds a claim on this subject and finishes what it started.
    LeaveToHolder,
    /// Store a change that nobody needs to hear of.
    Record(AlertState),
    /// Notify people, once: a state guards it.
    Notify(Box<Guarded>),
    /// Notify people although no state is known or kept, so that it may be said more than once.
    NotifyUnguarded(Box<Notification>),
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
    /// The notification that is due.
    #[must_use]
    pub fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Notify(guarded) => Some(&guarded.notification),
            Self::NotifyUnguarded(notification) => Some(notification),
            Self::Nothing | Self::LeaveToHolder | Self::Record(_) => None,
        }
    }

    /// Whether this check has nothing to do.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing | Self::LeaveToHolder)
    }

    /// Its kind.
    #[must_use]
    pub fn due(&self) -> Option<Kind> {
        self.notification().map(|notification| notification.kind)
    }
}

/// The level of a subject, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The level, with hysteresis where the previous level is known.
    pub level: AlertLevel,
    /// What to do.
    pub action: Action,
    /// Why the level, and why this is done.
    pub reason: Reason,
    /// What of the state was not believed.
    pub disbelieved: Vec<ImpossibleTime>,
}

/// Why a notification is due, and what it compares with.
struct Due {
    kind: Kind,
    previous_level: AlertLevel,
    since: Timestamp,
    verdict: Verdict,
}

/// Decides by what was found alone, for a subject whose state is unknown. What is due is due all through a clock hour, under
/// one identity, so that the process can say it once and machines can drop what another process repeats. How long a target
/// has been unread, nobody knows without a state.
#[must_use]
pub fn decide_without_state(reading: &Reading, finding: &Finding, policy: &AlertPolicy) -> Decision {
    let level = policy.level(finding, reading.checked_at);
    let cause = policy.cause(finding, level);
    let (action, verdict) = match finding.subject() {
        Subject::Reading if finding.unread_since().is_some() => (Action::Nothing, Verdict::NeedsState),
        _ if level > AlertLevel::Ok => {
            let (reading, finding) = (reading.clone(), finding.clone());
            let alert = Notification::new(reading, finding, Kind::Raised, level, cause.clone());
            (Action::NotifyUnguarded(Box::new(alert.of_the_hour())), Verdict::Unguarded)
        }
        _ => (Action::Nothing, Verdict::AllIsWell),
    };
    Decision { level, action, reason: Reason { cause, verdict }, disbelieved: Vec::new() }
}

/// Decides what was found means after `state`.
#[must_use]
pub fn decide(state: &AlertState, reading: &Reading, finding: &Finding, policy: &AlertPolicy) -> Decision {
    let now = reading.checked_at;
    let (state, disbelieved) = state.believed_at(now);
    let finding = finding.clone().unread_since_before(state.unread_since);
    let assessed = state.assessed_level();
    let level = policy.level_after(assessed, &finding, now);
    let is_late = state.changed_at.is_some_and(|changed_at| now <= changed_at);
    let cause = policy.cause(&finding, level);
    let unread_since = if is_late { state.unread_since } else { finding.unread_since() };
    let unchanged = AlertState { unread_since, ..state.clone() };
    let is_corrected = !disbelieved.is_empty();
    // A reading no newer than the last change may be late or a duplicate: it may raise the level, and must not lower it.
    // Nor does it confirm a pending alert about a level that it did not see. The next check decides.
    let (level, action, verdict) = if level < assessed && is_late {
        (assessed, Action::Nothing, Verdict::Late)
    } else if state.is_claimed_at(now) {
        (level, Action::LeaveToHolder, Verdict::HeldByAnother)
    } else if policy.is_undecided(&finding, now) {
        // Not read is not over, nor is it a recovery that was due. Only since when is remembered.
        let level = state.last_notified();
        (level, record(&state, unchanged, now, is_corrected), verdict_of_silence(&state, level))
    } else if let Some(due) = due(&state, level, now, policy) {
        (level, notify(&state, reading, finding, &cause, level, &due), due.verdict)
    } else {
        // A fall that does not reach OK is stored, and a pending notification that is no longer true is dropped.
        let alert = state.alert.filter(|_| level > AlertLevel::Ok).map(|alert| Alert { level, ..alert });
        let next = AlertState { alert, pending: None, ..unchanged };
        (level, record(&state, next, now, is_corrected), verdict_of_silence(&state, level))
    };
    Decision { level, action, reason: Reason { cause, verdict }, disbelieved }
}

/// Why nobody is told of this level.
fn verdict_of_silence(state: &AlertState, level: AlertLevel) -> Verdict {
    match (state.alert, &state.pending) {
        (None, Some(_)) => Verdict::TakenBack,
        (Some(alert), _) if level < alert.level => Verdict::Fell { from: alert.level },
        (Some(alert), _) => Verdict::Known { notified_at: alert.notified_at },
        (None, None) => Verdict::AllIsWell,
    }
}

/// The notification that is due at `level`, if any.
fn due(state: &AlertState, level: AlertLevel, now: Timestamp, policy: &AlertPolicy) -> Option<Due> {
    let heard = state.last_heard();
    let time = state.time_of_change(now);
    // An alert after a recovery in doubt goes on with its incident: a pager that has not heard of the recovery would never
    // hear of it again.
    let pending_since = state.pending.as_ref().and_then(|pending| pending.since);
    let since = state.alert.map(|alert| alert.since).or(pending_since).unwrap_or(time);

    if level > heard.lowest && heard.lowest == AlertLevel::Ok {
        let verdict = Verdict::Rose { from: AlertLevel::Ok };
        Some(Due { kind: Kind::Raised, previous_level: AlertLevel::Ok, since, verdict })
    } else if level > heard.lowest {
        let verdict = Verdict::Rose { from: heard.lowest };
        Some(Due { kind: Kind::Escalated, previous_level: heard.lowest, since, verdict })
    } else if level == AlertLevel::Ok && heard.highest > AlertLevel::Ok {
        let verdict = Verdict::Over { from: heard.highest };
        Some(Due { kind: Kind::Recovered, previous_level: heard.highest, since, verdict })
    } else if level > AlertLevel::Ok {
        let reminder = state.alert.filter(|alert| policy.is_reminder_due(alert, now));
        reminder.map(|Alert { notified_at, .. }| {
            let verdict = Verdict::ReminderDue { notified_at };
            Due { kind: Kind::Reminder, previous_level: level, since, verdict }
        })
    } else {
        None
    }
}

fn notify(
    state: &AlertState,
    reading: &Reading,
    finding: Finding,
    cause: &Cause,
    level: AlertLevel,
    due: &Due,
) -> Action {
    let &Due { kind, previous_level, since, .. } = due;
    let (target, subject, unread_since) = (&reading.target, finding.subject(), finding.unread_since());
    let time = state.time_of_change(reading.checked_at);
    let repeated = state.pending.as_ref().filter(|pending| (pending.kind, pending.level) == (kind, level));
    let alert_id = repeated
        .and_then(|pending| pending.alert_id.clone())
        .unwrap_or_else(|| AlertId::new(target, subject, time, level, kind));
    let notification = Notification {
        alert_id: alert_id.clone(),
        incident_id: Some(IncidentId::new(target, subject, since)),
        previous_level: Some(previous_level),
        since: Some(since),
        ..Notification::new(reading.clone(), finding, kind, level, cause.clone())
    };
    let last_heard = state.last_heard();
    let pending = Pending { alert_id: Some(alert_id), kind, level, since: Some(since), last_heard, claim: None };
    let alert = (level > AlertLevel::Ok).then_some(Alert { level, since, notified_at: time });
    let changed_at = Some(time);
    Action::Notify(Box::new(Guarded {
        notification,
        pending: AlertState { alert: state.alert, pending: Some(pending), changed_at, unread_since },
        delivered: AlertState { alert, pending: None, changed_at, unread_since },
    }))
}

/// Stores what nobody needs to hear of. `is_corrected`: the state is not the one that is stored.
fn record(state: &AlertState, next: AlertState, now: Timestamp, is_corrected: bool) -> Action {
    if next == *state && !is_corrected {
        Action::Nothing
    } else {
        Action::Record(AlertState { changed_at: Some(state.time_of_change(now)), ..next })
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
