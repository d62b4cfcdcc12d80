//! What was sent in the last two weeks, kept from check to check: it changes once in a quarter hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::reading::SendHistory;
use crate::target::Target;
use crate::time::Timestamp;

/// The most histories that are kept, of some 30 KB each. What is not kept is read at each check.
const MOST: usize = 500;

/// The histories that were read, each until the next quarter hour of its own grid begins: then there is a new point.
#[derive(Debug, Default)]
pub(super) struct Histories(Mutex<BTreeMap<Target, Kept>>);

#[derive(Debug)]
struct Kept {
    history: Arc<SendHistory>,
    read_at: Timestamp,
}

impl Histories {
    /// The history of a target, if it is known and no new point can have come since.
    pub(super) fn get(&self, target: &Target, now: Timestamp) -> Option<Arc<SendHistory>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { history, read_at } = kept.get(target)?;
        (history.quarter(*read_at) == history.quarter(now)).then(|| Arc::clone(history))
    }

    /// Keeps a history that was read by a check that started at `now`.
    pub(super) fn keep(&self, target: &Target, history: Arc<SendHistory>, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, Kept { history, read_at }| history.quarter(*read_at) == history.quarter(now));
        if kept.len() < MOST {
            kept.insert(target.clone(), Kept { history, read_at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::tests::target;

    /// A history whose quarter hours begin 7 minutes after those of the clock.
    fn history() -> Arc<SendHistory> {
        Arc::new(SendHistory::new([(at("11:37"), 20.0), (at("11:22"), 10.0)]))
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-25T{time}:00Z").parse().unwrap()
    }

    #[test]
    fn a_history_is_known_until_its_next_quarter_hour_begins() {
        let histories = Histories::default();
        let (here, there) = (target("aws", "us-east-1"), target("aws", "eu-west-1"));
        histories.keep(&here, history(), at("11:55"));
        for (time, is_known) in [("11:51", false), ("11:52", true), ("12:06", true), ("12:07", false)] {
            assert_eq!(histories.get(&here, at(time)).is_some(), is_known, "{time}");
        }
        assert_eq!(histories.get(&there, at("11:55")), None);
    }

    #[test]
    fn what_is_no_longer_true_takes_no_memory() {
        let histories = Histories::default();
        let region = |number: usize| target("aws", &format!("us-east-{number}"));
        for number in 0..=MOST {
            histories.keep(&region(number), history(), at("11:55"));
        }
        assert_eq!(histories.get(&region(MOST), at("11:55")), None);
        histories.keep(&region(MOST), history(), at("12:07"));
        assert_eq!(histories.get(&region(MOST), at("12:07")), Some(history()));
        assert_eq!(histories.0.lock().unwrap().len(), 1);
    }
}
