//! Does what was decided about subjects: claim, publish, commit. One alert alone, or a digest of several.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::maybe_done;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tracing::info;

use super::deadline::Deadline;
use super::dispatch::{Batch, Group, group};
use super::increases::Increases;
use super::pace::Pace;
use super::said::SaidThisHour;
use crate::alert::{
    Action, AlertLevel, AlertPolicies, AlertState, Claim, Decision, Finding, Guarded, Kind, Notification, Reason,
    Subject, Verdict, decide,
};
use crate::aws::{AlertPublisher, StateStore, StoredState, Write};
use crate::failure::{Failure, Stage};
use crate::message::{Message, advises_increase};
use crate::reading::{IncreaseRequest, Reading};
use crate::time::Timestamp;

/// How often a check decides about a subject: at first, and after each of two lost races.
const DECISIONS: usize = 3;

/// How many states of a digest, and how many that nobody is told of, are written at the same time: each write takes a
/// connection. Alerts that leave alone are few, and wait for nobody.
pub(super) const WRITES: usize = 16;

/// Kept free after a publish, to store how it ended.
const COMMIT: Duration = Duration::from_millis(500);

/// What was decided about a subject of a target, and the state as it was read.
#[derive(Debug)]
pub(super) struct Task {
    /// The number of the target among those of the check.
    pub number: usize,
    /// What SES said.
    pub reading: Arc<Reading>,
    /// What was found about the subject.
    pub finding: Finding,
    /// What to do about it.
    pub decision: Decision,
    /// The state that the decision started from; `None` where it is unknown, or none is kept.
    pub read: Option<StoredState>,
    /// What failed on the way.
    pub failures: Vec<Failure>,
}

/// What became of a decision.
#[derive(Debug)]
pub(super) struct Done {
    /// The number of the target among those of the check.
    pub number: usize,
    /// The subject.
    pub subject: Subject,
    /// The level that was decided on last.
    pub level: AlertLevel,
    /// Why that level, and why a notification was due, or not.
    pub reason: Reason,
    /// The notification that was due here; `None` also where another check is sending it.
    pub notification: Option<Kind>,
    /// What failed on the way.
    pub failures: Vec<Failure>,
}

impl Task {
    /// The end of a task.
    pub(super) fn done(self, notification: Option<Kind>, failures: impl IntoIterator<Item = Failure>) -> Done {
        let Self { number, finding, decision: Decision { level, reason, .. }, failures: mut earlier, .. } = self;
        earlier.extend(failures);
        Done { number, subject: finding.subject(), level, reason, notification, failures: earlier }
    }

    /// Another check stored a state while this one was about to: decides again from that one.
    fn decide_again(mut self, winner: StoredState, policies: &AlertPolicies) -> Self {
        let policy = policies.of(&self.reading.target);
        self.decision = decide(&winner.state, &self.reading, &self.finding, &policy);
        self.failures.extend(self.decision.disbelieved.iter().map(Failure::impossible_time));
        Self { read: Some(winner), ..self }
    }
}

/// How far a task has come.
enum Step {
    Done(Done),
    /// It may be published now.
    Due(Box<Due>),
    /// Another check was first, and this is what is decided since.
    Again(Box<Task>),
}

/// A notification that may be published now.
struct Due {
    task: Task,
    notification: Notification,
    /// `None` where nothing guards it.
    claim: Option<Claimed>,
}

/// A claim that this check holds.
struct Claimed {
    /// What is stored while the notification is pending.
    pending: AlertState,
    /// What is stored once it is delivered.
    delivered: AlertState,
    /// What was stored to claim it.
    stored: StoredState,
}

/// What of a monitor and an invocation alerts are delivered with.
#[derive(Debug)]
pub(super) struct AlertDelivery<'a> {
    /// Where the states are kept; `None` without `STATE_TABLE`.
    pub states: Option<&'a StateStore>,
    /// Where alerts are published.
    pub alerts: &'a AlertPublisher,
    /// Says whether a request for a higher quota is open.
    pub increases: Increases<'a>,
    /// When a notification is due.
    pub policies: &'a AlertPolicies,
    /// Names this attempt in a claim.
    pub claimant: &'a str,
    /// When this invocation is certainly dead, whatever its clock says. Its claims end then.
    pub claimed_until: Timestamp,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
    /// Before a claim, so that nothing is claimed that cannot leave soon.
    pub claims: Pace,
    /// Before a publish: claims that took long must not all leave at once.
    pub publishes: Pace,
    /// For each change that nobody is told of.
    pub records: Semaphore,
    /// The memory of alerts that no state guards.
    pub said: &'a SaidThisHour,
}

impl AlertDelivery<'_> {
    /// Does what was decided, guarded by the states as they were read. Whoever loses a race looks again: the state that won
    /// may call for something else, and only a claim leaves the subject to its holder.
    pub(super) async fn deliver(&self, Batch { tasks, turn: _turn }: Batch) -> Vec<Done> {
        // While it is claimed, so that the alert is not later for it.
        let mut increase = pin!(maybe_done(self.open_increase(&tasks)));
        let (mut left, mut done) = (tasks, Vec::new());
        for _ in 0..DECISIONS {
            let mut due: BTreeMap<Group, Vec<Due>> = BTreeMap::new();
            let mut again = Vec::new();
            let (steps, ()) = tokio::join!(self.carry_out(left), increase.as_mut());
            for step in steps {
                match step {
                    Step::Done(one) => done.push(one),
                    Step::Due(mut one) => {
                        if advises_increase(&one.notification) {
                            let known = increase.as_mut().output_mut();
                            one.notification.reading.increase_request = known.and_then(|known| known.clone());
                        }
                        due.entry(group(&one.notification)).or_default().push(*one);
                    }
                    Step::Again(task) => again.push(*task),
                }
            }
            for together in due.into_values() {
                done.extend(self.publish_and_commit(together).await);
            }
            if again.is_empty() {
                return done;
            }
            left = again;
        }
        done.extend(left.into_iter().map(|task| {
            let due = task.decision.action.due();
            task.done(due, [Failure::contended(DECISIONS)])
        }));
        done
    }

    /// The request for a higher quota that is open, for an alert that leaves alone and leads people to file one. A digest is of
    /// many targets, and has no room for what each has asked for; what the process has said in this hour is not said again.
    fn open_increase(&self, tasks: &[Task]) -> impl Future<Output = Option<IncreaseRequest>> + use<'_> {
        let alone = if let [task] = tasks { task.decision.action.notification() } else { None };
        let target = alone
            .filter(|notification| advises_increase(notification) && !self.said.contains(notification))
            .map(|notification| notification.reading.target.clone());
        async move { self.increases.open(&target?).await }
    }

    async fn carry_out(&self, tasks: Vec<Task>) -> Vec<Step> {
        let is_any_due = tasks.iter().any(|task| task.decision.action.due().is_some());
        let no_time = if is_any_due { self.claims.turn(self.deadline.less(COMMIT)).await.err() } else { None };
        let no_time = &no_time;
        let steps = tasks.into_iter().map(|task| async move {
            match (no_time, task.decision.action.due()) {
                (Some(failure), Some(kind)) => Step::Done(task.done(Some(kind), [failure.clone()])),
                _ => self.carry_out_one(task).await,
            }
        });
        stream::iter(steps).buffered(WRITES).collect().await
    }

    async fn carry_out_one(&self, mut task: Task) -> Step {
        let action = std::mem::replace(&mut task.decision.action, Action::Nothing);
        match (action, self.states.zip(task.read.take())) {
            (Action::Notify(guarded), Some((states, read))) => {
                let claim = Claim { by: self.claimant.to_owned(), until: self.claimed_until };
                let pending = guarded.pending.clone().claimed(claim);
                let failure = match self.write(states, &task, &read, pending).await {
                    Ok(Write::Done(stored)) => {
                        let Guarded { notification, pending, delivered } = *guarded;
                        let claim = Some(Claimed { pending, delivered, stored });
                        return Step::Due(Box::new(Due { task, notification, claim }));
                    }
                    Ok(Write::Lost(winner)) => {
                        let (target, subject) = (&task.reading.target, task.finding.subject());
                        info!(%target, %subject, "another check stored a state first; deciding anew");
                        return Step::Again(Box::new(task.decide_again(winner, self.policies)));
                    }
                    Err(failure) => failure,
                };
                self.unclaimed(task, guarded.notification, failure)
            }
            (Action::Record(state), Some((states, read))) => {
                let _turn = self.records.acquire().await;
                match self.write(states, &task, &read, state).await {
                    Ok(Write::Done(_)) => Step::Done(task.done(None, [])),
                    Ok(Write::Lost(winner)) => Step::Again(Box::new(task.decide_again(winner, self.policies))),
                    Err(failure) => Step::Done(task.done(None, [failure])),
                }
            }
            (Action::NotifyUnguarded(notification), _) => self.unguarded(task, *notification),
            (Action::Nothing | Action::LeaveToHolder | Action::Record(_) | Action::Notify(_), _) => {
                Step::Done(task.done(None, []))
            }
        }
    }

    /// Writes a state that is followed by something else, or by nothing: within a third of the time that is left.
    async fn write(
        &self,
        states: &StateStore,
        task: &Task,
        read: &StoredState,
        state: AlertState,
    ) -> Result<Write, Failure> {
        let write = states.write(&task.reading.target, task.finding.subject(), read, state);
        self.deadline.share().bound(Stage::State, write).await
    }

    /// A claim that failed. A duplicate is better than a lost alert; but a recovery that is not recorded would hide the next
    /// alert, so it is left to the next check.
    fn unclaimed(&self, mut task: Task, notification: Notification, failure: Failure) -> Step {
        if notification.kind == Kind::Recovered {
            return Step::Done(task.done(Some(Kind::Recovered), [failure]));
        }
        // A claim that may have been stored has stored the identity, too.
        let notification = if failure.is_refusal { notification.of_the_hour() } else { notification };
        task.failures.push(failure);
        self.unguarded(task, notification)
    }

    /// Without a state or a claim, an alert is due at every check. Said once in a clock hour, it does not wear people out.
    fn unguarded(&self, mut task: Task, notification: Notification) -> Step {
        if self.said.contains(&notification) {
            task.decision.reason.verdict = Verdict::ToldThisHour;
            return Step::Done(task.done(None, []));
        }
        Step::Due(Box::new(Due { task, notification, claim: None }))
    }

    /// Publishes one message about all of them, and stores for each how that ended.
    async fn publish_and_commit(&self, due: Vec<Due>) -> Vec<Done> {
        let notifications: Vec<&Notification> = due.iter().map(|due| &due.notification).collect();
        let published = match Message::of(&notifications) {
            Some(message) => self.publish(&message).await,
            None => return Vec::new(),
        };
        let published = &published;
        stream::iter(due).map(|due| self.commit(due, published)).buffered(WRITES).collect().await
    }

    async fn commit(&self, Due { task, notification, claim }: Due, published: &Result<(), Failure>) -> Done {
        let mut failures: Vec<Failure> = published.clone().err().into_iter().collect();
        let state = match (published, claim) {
            (Ok(()), Some(Claimed { delivered, stored, .. })) => Some((delivered, stored)),
            (Err(failure), Some(Claimed { pending, stored, .. })) if failure.is_refusal => Some((pending, stored)),
            (Ok(()), None) => {
                self.said.insert(&notification);
                None
            }
            // Whether anybody heard is unknown. A claim stays, and the first check after its end notifies again.
            (Err(_), _) => None,
        };
        if let Some(((state, stored), states)) = state.zip(self.states) {
            let write = states.write(&task.reading.target, task.finding.subject(), &stored, state);
            match self.deadline.bound(Stage::State, write).await {
                Ok(Write::Done(_)) => {}
                Ok(Write::Lost(_)) => failures.push(Failure::claim_lost()),
                Err(failure) => failures.push(failure),
            }
        }
        task.done(Some(notification.kind), failures)
    }

    /// Waits for SNS as long as it can: this call must not be repeated.
    pub(super) async fn publish(&self, message: &Message) -> Result<(), Failure> {
        let deadline = self.deadline.less(COMMIT);
        self.publishes.turn(deadline).await?;
        deadline.bound(Stage::Alert, self.alerts.publish(message)).await
    }
}
