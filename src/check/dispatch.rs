//! Which alerts leave at once, and which wait to leave together: a flood is one message.

use std::collections::BTreeMap;

use tokio::sync::mpsc::UnboundedReceiver;

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
    is_flushing: bool,
}

impl Dispatch {
    pub(super) fn new(tasks: UnboundedReceiver<Task>, latest: Deadline) -> Self {
        Self { tasks, latest, singles: BTreeMap::new(), waiting: BTreeMap::new(), is_flushing: false }
    }

    /// What to do next; `None` once everything has been given out.
    pub(super) async fn next(&mut self) -> Option<Vec<Task>> {
        loop {
            if self.is_flushing
                && let Some(together) = self.worst_waiting()
            {
                return Some(together);
            }
            let received = if self.is_flushing {
                Some(self.tasks.recv().await)
            } else {
                self.latest.wait_for(self.tasks.recv()).await
            };
            match received {
                Some(Some(task)) => {
                    if let Some(at_once) = self.admit(task) {
                        return Some(vec![at_once]);
                    }
                }
                // All targets have been read.
                Some(None) if self.waiting.is_empty() => return None,
                Some(None) | None => self.is_flushing = true,
            }
        }
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
