//! Does what was decided about a target: claim, publish, commit.

use tracing::info;

use super::deadline::Deadline;
use crate::alert::{Action, Claim, Guard, Kind, Notification};
use crate::aws::{AlertPublisher, StateStore, StoredState, Write};
use crate::failure::{Failure, Stage};
use crate::message::Message;
use crate::target::Target;
use crate::time::Timestamp;

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Outcome {
    /// The notification that was due here; `None` also where another check is sending it.
    pub notification: Option<Kind>,
    /// What failed on the way.
    pub failures: Vec<Failure>,
}

/// How this invocation delivers alerts, and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlertDelivery<'a> {
    /// Where the state is kept; `None` without `STATE_TABLE`.
    pub states: Option<&'a StateStore>,
    /// Where alerts are published.
    pub alerts: &'a AlertPublisher,
    /// The request ID of the invocation, which names it in a claim.
    pub request_id: &'a str,
    /// When this invocation is certainly dead, whatever its clock says. Its claims end then.
    pub claimed_until: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
}

impl AlertDelivery<'_> {
    /// Does what was decided about a target, guarded by its state as it was read.
    pub(super) async fn deliver(self, target: &Target, action: Action, read: Option<StoredState>) -> Outcome {
        match (action, self.states.zip(read)) {
            (Action::Notify { notification, guard: Some(guard) }, Some((states, read))) => {
                self.notify(states, target, &notification, &read, *guard).await
            }
            (Action::Notify { notification, .. }, _) => {
                let failures = self.publish(&notification).await.err().into_iter().collect();
                Outcome { notification: Some(notification.kind), failures }
            }
            (Action::Record(state), Some((states, read))) => {
                // Losing is fine: whoever wrote first has seen as much as this check, or more.
                let written = self.deadline.bound(Stage::State, states.write(target, &read, state)).await;
                Outcome { notification: None, failures: written.err().into_iter().collect() }
            }
            (Action::Nothing | Action::LeaveToHolder | Action::Record(_), _) => Outcome::default(),
        }
    }

    async fn notify(
        self,
        states: &StateStore,
        target: &Target,
        notification: &Notification,
        read: &StoredState,
        Guard { pending, delivered }: Guard,
    ) -> Outcome {
        let claim = Claim { by: self.request_id.to_owned(), until: self.claimed_until };
        let mut failures = Vec::new();
        let claimed =
            match self.deadline.bound(Stage::State, states.write(target, read, pending.clone().claimed(claim))).await {
                Ok(Write::Done(claimed)) => Some(claimed),
                Ok(Write::Lost(_)) => {
                    info!(%target, kind = %notification.kind, "another check is sending this notification");
                    return Outcome::default();
                }
                // A recovery that is not recorded would hide the next alert, so it is left to the next check.
                Err(failure) if notification.kind == Kind::Recovered => {
                    return Outcome { notification: Some(notification.kind), failures: vec![failure] };
                }
                // A duplicate is better than a lost alert.
                Err(failure) => {
                    failures.push(failure);
                    None
                }
            };

        let published = self.publish(notification).await;
        let state = match &published {
            Ok(()) => Some(delivered),
            Err(failure) if failure.is_refusal => Some(pending),
            // Whether anybody heard is unknown. The claim stays, and the first check after its end notifies again.
            Err(_) => None,
        };
        failures.extend(published.err());
        if let (Some(claimed), Some(state)) = (claimed, state) {
            match self.deadline.bound(Stage::State, states.write(target, &claimed, state)).await {
                Ok(Write::Done(_)) => {}
                Ok(Write::Lost(_)) => failures.push(Failure::new(
                    Stage::State,
                    "ClaimLost",
                    "another check wrote the state while this one was alerting; people may be notified twice",
                )),
                Err(failure) => failures.push(failure),
            }
        }
        Outcome { notification: Some(notification.kind), failures }
    }

    async fn publish(self, notification: &Notification) -> Result<(), Failure> {
        self.deadline.bound(Stage::Alert, self.alerts.publish(&Message::new(notification))).await
    }
}
