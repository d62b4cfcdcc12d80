//! Carries out what was decided about a target: claim, publish, commit.

use std::future::Future;

use tokio::time::{Instant, timeout_at};
use tracing::info;

use crate::alert::{AlertState, Delivery};
use crate::alert::{Kind, Notification};
use crate::aws::{AlertPublisher, StateStore, StoredState, Write};
use crate::failure::{Failure, Step};
use crate::message::Message;
use crate::target::Target;
use crate::time::Timestamp;

/// What is to be done about a target.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Nothing.
    Nothing,
    /// Store a change that nobody needs to hear of.
    Record {
        /// The state as it was read.
        read: StoredState,
        /// The state to store.
        state: AlertState,
    },
    /// Tell people, and store that they have been told.
    Notify {
        /// What to say.
        notification: Notification,
        /// The state as it was read.
        read: StoredState,
        /// The state to store once it is delivered.
        delivered: AlertState,
    },
    /// Tell people, without a state to guard it.
    NotifyUnguarded(Notification),
}

impl Plan {
    /// The kind of the notification that is due.
    #[must_use]
    pub fn due(&self) -> Option<Kind> {
        match self {
            Self::Nothing | Self::Record { .. } => None,
            Self::Notify { notification, .. } | Self::NotifyUnguarded(notification) => Some(notification.kind),
        }
    }
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The notification that was due here; `None` also where another check is sending it.
    pub notification: Option<Kind>,
    /// What failed on the way.
    pub failures: Vec<Failure>,
}

/// Who carries plans out, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Carrier<'a> {
    /// Where the state is; `None` without `STATE_TABLE`.
    pub states: Option<&'a StateStore>,
    /// Where alerts go.
    pub alerts: &'a AlertPublisher,
    /// The request ID of the invocation, which names it in a claim.
    pub request_id: &'a str,
    /// When this invocation is dead for certain, whatever its clock says: its claims end then.
    pub claimed_until: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Instant,
}

impl Carrier<'_> {
    /// Carries out the plan for a target.
    pub async fn carry_out(self, target: &Target, plan: Plan) -> Outcome {
        let notification = plan.due();
        match (plan, self.states) {
            (Plan::Record { read, state }, Some(states)) => {
                // Whoever wrote first has seen as much as this check, or more.
                let written = self.in_time(Step::State, states.write(target, &read, state)).await;
                Outcome { notification, failures: written.err().into_iter().collect() }
            }
            (Plan::Notify { notification, read, delivered }, Some(states)) => {
                self.notify(states, target, &notification, &read, delivered).await
            }
            (Plan::NotifyUnguarded(unguarded) | Plan::Notify { notification: unguarded, .. }, _) => {
                Outcome { notification, failures: self.publish(&unguarded).await.err().into_iter().collect() }
            }
            (Plan::Nothing | Plan::Record { .. }, _) => Outcome::default(),
        }
    }

    async fn notify(
        self,
        states: &StateStore,
        target: &Target,
        notification: &Notification,
        read: &StoredState,
        delivered: AlertState,
    ) -> Outcome {
        let pending = |delivery| read.state.with_pending(notification, delivery);
        let claim = Delivery::Claimed { by: self.request_id.to_owned(), until: self.claimed_until };
        let mut failures = Vec::new();
        let claimed = match self.in_time(Step::State, states.write(target, read, pending(claim))).await {
            Ok(Write::Done(claimed)) => Some(claimed),
            Ok(Write::Lost) => {
                info!(%target, kind = %notification.kind, "another check is sending this notification");
                return Outcome::default();
            }
            // Hearing twice beats not hearing.
            Err(failure) => {
                failures.push(failure);
                None
            }
        };

        let published = self.publish(notification).await;
        let state = match &published {
            Ok(()) => Some(delivered),
            Err(failure) if failure.is_refusal => Some(pending(Delivery::Refused)),
            // Whether anybody heard is unknown: the claim stays, and the check after its end tells them again.
            Err(_) => None,
        };
        failures.extend(published.err());
        if let (Some(claimed), Some(state)) = (claimed, state) {
            match self.in_time(Step::State, states.write(target, &claimed, state)).await {
                Ok(Write::Done(_)) => {}
                Ok(Write::Lost) => failures.push(Failure::new(
                    Step::State,
                    "ClaimLost",
                    "another check wrote the state while this one was alerting; people may hear twice",
                )),
                Err(failure) => failures.push(failure),
            }
        }
        Outcome { notification: Some(notification.kind), failures }
    }

    async fn publish(self, notification: &Notification) -> Result<(), Failure> {
        self.in_time(Step::Alert, self.alerts.publish(&Message::new(notification))).await
    }

    async fn in_time<T>(self, step: Step, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        in_time(self.deadline, step, call).await
    }
}

/// Waits for an answer until `deadline`, and not longer.
pub(crate) async fn in_time<T>(
    deadline: Instant,
    step: Step,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout_at(deadline, call).await.unwrap_or_else(|_| Err(Failure::out_of_time(step)))
}
