//! Which alerts leave at once, and which wait to leave together: a flood is one message.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::deadline::Deadline;
use super::deliver::Task;
use crate::alert::{AlertLevel, Kind, Notification, Subject};
use crate::message;

/// How many alerts of a group leave one by one, as soon as they are decided.
const SINGLES: usize = 3;

/// Alerts that one message can say: those of the same subject, kind and level.
pub(super) type Group = (AlertLevel, Subject, Kind);

/// The group of a notification.
pub(super) fn group(notification: &Notification) -> Group {
    (notification.level, notification.subject(), notification.kind)
}

/// Takes what was decided, in the order in which it comes, and gives out what is to be done at once and together.
#[derive(Debug)]
pub(super) struct Dispatch {
    tasks: UnboundedReceiver<Task>,
    /// When what waits leaves although not all targets have been read.
    latest: Deadline,
    singles: BTreeMap<Group, usize>,
    waiting: BTreeMap<Group, Vec<Task>>,
    /// Whether what waits may leave.
    is_flushing: bool,
    /// Whether all targets have been read.
    is_complete: bool,
    /// What leaves together takes its turn: the next claims nothing before, and takes along what has come meanwhile.
    turn: Arc<Semaphore>,
}

/// What is to be done at once.
#[derive(Debug)]
pub(super) struct Batch {
    /// One alone, or several together.
    pub tasks: Vec<Task>,
    /// Held until they are done.
    pub turn: Option<OwnedSemaphorePermit>,
}

impl Dispatch {
    pub(super) fn new(tasks: UnboundedReceiver<Task>, latest: Deadline) -> Self {
        Self {
            tasks,
            latest,
            singles: BTreeMap::new(),
            waiting: BTreeMap::new(),
            is_flushing: false,
            is_complete: false,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// What to do next; `None` once everything has been given out.
    pub(super) async fn next(&mut self) -> Option<Batch> {
        while !self.is_complete || !self.waiting.is_empty() {
            let may_leave = self.is_flushing && !self.waiting.is_empty();
            tokio::select! {
                biased;
                received = self.tasks.recv(), if !self.is_complete => {
                    let Some(task) = received else {
                        (self.is_complete, self.is_flushing) = (true, true);
                        continue;
                    };
                    if let Some(at_once) = self.admit(task) {
                        return Some(Batch { tasks: vec![at_once], turn: None });
                    }
                }
                _ = self.latest.wait_for(pending::<()>()), if !self.is_flushing => self.is_flushing = true,
                turn = Arc::clone(&self.turn).acquire_owned(), if may_leave => {
                    return self.worst_waiting().map(|tasks| Batch { tasks, turn: turn.ok() });
                }
            }
        }
        None
    }

    /// A task that is to be done at once, or nothing, if it waits for others of its group.
    fn admit(&mut self, task: Task) -> Option<Task> {
        let Some(group) = task.decision.action.notification().map(group) else { return Some(task) };
        let singles = self.singles.entry(group).or_default();
        if *singles < SINGLES {
            *singles += 1;
            return Some(task);
        }
        self.waiting.entry(group).or_default().push(task);
        None
    }

    /// As many of the worst group as fit one message.
    fn worst_waiting(&mut self) -> Option<Vec<Task>> {
        let mut worst = self.waiting.last_entry()?;
        let notifications = worst.get().iter().filter_map(|task| task.decision.action.notification());
        let fitting = message::fitting(&notifications.collect::<Vec<_>>());
        let rest = worst.get_mut().split_off(fitting);
        let together = if rest.is_empty() { worst.remove() } else { worst.insert(rest) };
        Some(together)
    }
}
