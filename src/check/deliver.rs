//! Does what was decided about a target: claim, publish, commit.

use std::time::Duration;

use tracing::info;

use super::deadline::Deadline;
use super::pace::Pace;
use super::said::SaidThisHour;
use crate::alert::{Action, AlertLevel, AlertPolicy, Claim, Decision, Guarded, Kind, Notification, decide};
use crate::aws::{AlertPublisher, StateStore, StoredState, Write};
use crate::failure::{Failure, Stage};
use crate::message::Message;
use crate::reading::Reading;
use crate::target::Target;
use crate::time::Timestamp;

/// How often a check decides about a target: at first, and after each of two lost races.
const DECISIONS: usize = 3;

/// Kept free after a publish, to store how it ended.
const COMMIT: Duration = Duration::from_millis(500);

/// What became of a decision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// The level that was decided on last.
    pub level: AlertLevel,
    /// The notification that was due here; `None` also where another check is sending it.
    pub notification: Option<Kind>,
    /// What failed on the way.
    pub failures: Vec<Failure>,
}

/// Another check stored a state while this one was about to: this is the state.
struct Lost(StoredState);

/// The notification that was due, and what failed.
type Done = (Option<Kind>, Vec<Failure>);

/// What of a monitor and an invocation alerts are delivered with.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlertDelivery<'a> {
    /// Where the state is kept; `None` without `STATE_TABLE`.
    pub states: Option<&'a StateStore>,
    /// Where alerts are published.
    pub alerts: &'a AlertPublisher,
    /// When a notification is due.
    pub policy: &'a AlertPolicy,
    /// Names this attempt in a claim.
    pub claimant: &'a str,
    /// When this invocation is certainly dead, whatever its clock says. Its claims end then.
    pub claimed_until: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
    /// Before a claim, so that nothing is claimed that cannot leave soon.
    pub claims: &'a Pace,
    /// Before a publish: claims that took long must not all leave at once.
    pub publishes: &'a Pace,
    /// The memory of alerts that no state guards.
    pub said: &'a SaidThisHour,
}

impl AlertDelivery<'_> {
    /// Does what was decided about a reading, guarded by the state as it was read. Whoever loses a race looks again: the
    /// state that won may call for something else, and only a claim leaves the target to its holder.
    pub(super) async fn deliver(self, reading: &Reading, decision: Decision, read: Option<StoredState>) -> Outcome {
        let (mut decision, mut read) = (decision, read);
        let mut failures = Vec::new();
        for _ in 0..DECISIONS {
            let level = decision.level;
            match self.carry_out(&reading.target, decision.action, read.as_ref()).await {
                Ok((notification, failed)) => {
                    failures.extend(failed);
                    return Outcome { level, notification, failures };
                }
                Err(Lost(winner)) => {
                    decision = decide(&winner.state, reading, self.policy);
                    failures.extend(decision.disbelieved.iter().map(Failure::impossible_time));
                    read = Some(winner);
                }
            }
        }
        failures.push(Failure::contended(DECISIONS));
        Outcome { level: decision.level, notification: decision.action.due(), failures }
    }

    /// Sends one test alert about what was read, whatever the levels. Returns the failure, if it failed.
    pub(super) async fn test_alert<'a>(self, read: impl Iterator<Item = &'a Reading>) -> Option<Failure> {
        let notification = |reading: &Reading| {
            let level = self.policy.thresholds.level(&reading.quota);
            Notification::new(reading.clone(), Kind::Test, level, reading.checked_at)
        };
        let message = Message::test(&read.map(notification).collect::<Vec<_>>())?;
        self.publish(&message).await.err()
    }

    async fn carry_out(self, target: &Target, action: Action, read: Option<&StoredState>) -> Result<Done, Lost> {
        match (action, self.states.zip(read)) {
            (Action::Notify(guarded), Some((states, read))) => self.notify(states, target, *guarded, read).await,
            (Action::Record(state), Some((states, read))) => {
                let write = states.write(target, read, state);
                match self.deadline.share().bound(Stage::State, write).await {
                    Ok(Write::Done(_)) => Ok((None, Vec::new())),
                    Ok(Write::Lost(winner)) => Err(Lost(winner)),
                    Err(failure) => Ok((None, vec![failure])),
                }
            }
            (Action::NotifyUnguarded(notification), _) => Ok(self.notify_unguarded(&notification).await),
            (Action::Nothing | Action::LeaveToHolder | Action::Record(_) | Action::Notify(_), _) => {
                Ok((None, Vec::new()))
            }
        }
    }

    async fn notify(
        self,
        states: &StateStore,
        target: &Target,
        Guarded { mut notification, pending, delivered }: Guarded,
        read: &StoredState,
    ) -> Result<Done, Lost> {
        let kind = notification.kind;
        if let Err(failure) = self.claims.turn(self.deadline.less(COMMIT)).await {
            return Ok((Some(kind), vec![failure]));
        }
        let claim = Claim { by: self.claimant.to_owned(), until: self.claimed_until };
        let write = states.write(target, read, pending.clone().claimed(claim));
        let claimed = match self.deadline.share().bound(Stage::State, write).await {
            Ok(Write::Done(claimed)) => claimed,
            Ok(Write::Lost(winner)) => {
                info!(%target, %kind, "another check stored a state first; deciding anew");
                return Err(Lost(winner));
            }
            // A recovery that is not recorded would hide the next alert, so it is left to the next check.
            Err(failure) if kind == Kind::Recovered => return Ok((Some(kind), vec![failure])),
            // A duplicate is better than a lost alert. A claim that may have been stored has stored the identity, too.
            Err(failure) => {
                if failure.is_refusal {
                    notification = notification.of_the_hour();
                }
                let (notified, failures) = self.notify_unguarded(&notification).await;
                return Ok((notified, [failure].into_iter().chain(failures).collect()));
            }
        };

        let published = self.publish(&Message::new(&notification)).await;
        let state = match &published {
            Ok(()) => Some(delivered),
            Err(failure) if failure.is_refusal => Some(pending),
            // Whether anybody heard is unknown. The claim stays, and the first check after its end notifies again.
            Err(_) => None,
        };
        let mut failures: Vec<Failure> = published.err().into_iter().collect();
        if let Some(state) = state {
            match self.deadline.bound(Stage::State, states.write(target, &claimed, state)).await {
                Ok(Write::Done(_)) => {}
                Ok(Write::Lost(_)) => failures.push(Failure::claim_lost()),
                Err(failure) => failures.push(failure),
            }
        }
        Ok((Some(kind), failures))
    }

    /// Without a state or a claim, an alert is due at every check. Said once in a clock hour, it does not wear people out.
    async fn notify_unguarded(self, notification: &Notification) -> Done {
        if self.said.contains(notification) {
            return (None, Vec::new());
        }
        match self.publish(&Message::new(notification)).await {
            Ok(()) => {
                self.said.insert(notification);
                (Some(notification.kind), Vec::new())
            }
            Err(failure) => (Some(notification.kind), vec![failure]),
        }
    }

    /// Waits for SNS as long as it can: this call must not be repeated.
    async fn publish(self, message: &Message) -> Result<(), Failure> {
        let deadline = self.deadline.less(COMMIT);
        self.publishes.turn(deadline).await?;
        deadline.bound(Stage::Alert, self.alerts.publish(message)).await
    }
}
