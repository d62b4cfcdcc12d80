//! How fast messages leave.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::deadline::Deadline;
use crate::failure::Failure;

/// How many messages leave in any [`SECOND`]. SNS suspends an email subscription that gets more than 10 a second; the rest
/// is for alarms, which come over the same subscription.
///
/// Source: Amazon SNS developer guide, "Email notifications".
const MESSAGES: usize = 5;

/// A little more than a second: what leaves within one must not arrive within less.
const SECOND: Duration = Duration::from_millis(1_050);

/// Lets [`MESSAGES`] a second pass, in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<VecDeque<Instant>>);

impl Pace {
    /// Waits until one more may pass.
    ///
    /// # Errors
    /// At once, if that would be after the deadline.
    pub(super) async fn turn(&self, deadline: Deadline) -> Result<(), Failure> {
        let turn = self.reserve(deadline).ok_or_else(Failure::too_many_alerts)?;
        sleep_until(turn).await;
        Ok(())
    }

    fn reserve(&self, deadline: Deadline) -> Option<Instant> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = match latest.front() {
            Some(first) if latest.len() == MESSAGES => now.max(*first + SECOND),
            _ => now,
        };
        if deadline.is_before(turn) {
            return None;
        }
        if latest.len() == MESSAGES {
            latest.pop_front();
        }
        latest.push_back(turn);
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::time::sleep;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
    }

    proptest! {
        #[test]
        fn never_more_than_five_in_a_second_and_none_waits_in_vain(gaps in vec(0_u64..600, 1..40)) {
            let (came, left): (Vec<Instant>, Vec<Instant>) = run(async {
                let (pace, deadline) = (Pace::default(), Deadline::after(Duration::from_hours(1)));
                let mut turns = Vec::new();
                for gap in gaps {
                    sleep(Duration::from_millis(gap)).await;
                    turns.push((Instant::now(), pace.reserve(deadline).unwrap()));
                }
                turns.into_iter().unzip()
            });
            for (nth, turn) in left.iter().enumerate() {
                let before = nth.checked_sub(MESSAGES).map(|place| left[place]);
                // As soon as it may: at once, or a second after the fifth before it.
                prop_assert_eq!(*turn, before.map_or(came[nth], |before| came[nth].max(before + SECOND)));
            }
        }
    }

    #[test]
    fn what_has_no_time_left_is_not_waited_for() {
        run(async {
            let (pace, deadline) = (Pace::default(), Deadline::after(Duration::from_secs(2)));
            let start = Instant::now();
            let mut passed = 0;
            while pace.turn(deadline).await.is_ok() {
                passed += 1;
            }
            assert_eq!((passed, start.elapsed()), (2 * MESSAGES, SECOND));
        });
    }
}
