//! How long a call is waited for that has no answer yet.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::deadline::Deadline;
use crate::failure::{Failure, Stage};
use crate::target::Region;

/// While more places than this are waited for, those that seem to wait in vain are given up.
const CROWD: usize = 200;

/// How often that is looked at. A service that is well takes a few tenths of a second around the world.
const LOOK: Duration = Duration::from_secs(2);

/// A service that has answered nobody for so long may be down. One that takes 4 seconds is slow.
const SILENT: Duration = Duration::from_secs(5);

/// How long calls are waited for. Thousands of accounts have their quotas behind one host: each that is waited for in vain holds
/// a connection, and keeps others from being read in time. As long as they are few, each has its full time.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// How many places are waited for.
    places: AtomicUsize,
    /// The services that are called, by the Region of the host and what they are asked.
    services: Mutex<BTreeMap<(Region, Stage), Service>>,
}

/// What is known of the answers of a service.
#[derive(Debug, Clone, Copy)]
struct Service {
    /// When it was first called, or answered last.
    heard_at: Instant,
    /// When the latest call began that it has answered.
    answered: Option<Instant>,
}

impl Service {
    /// Whether a call that began then seems to have no answer: a later one has, or nobody has for long.
    fn is_in_vain(&self, began: Instant) -> bool {
        self.answered > Some(began) || self.heard_at.elapsed() >= SILENT
    }
}

/// A place that is waited for, until it is dropped.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Patience {
    /// Begins to wait for a place.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.places.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.places)
    }

    /// Waits for the answer to a call for a share of the time that is left, or less where that keeps others waiting.
    ///
    /// # Errors
    /// The failure of the call, or that there was no answer in time.
    pub(super) async fn bound<T>(
        &self,
        host: &Region,
        deadline: Deadline,
        stage: Stage,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let (began, end, mut call) = (Instant::now(), deadline.share(), pin!(call));
        let service = (host.clone(), stage);
        self.note(&service, began, |_| {});
        loop {
            let look = end.at_most(LOOK);
            match look.wait_for(&mut call).await {
                Some(answer) => {
                    if !answer.as_ref().is_err_and(Failure::is_unreachable) {
                        self.note(&service, began, |service| {
                            service.heard_at = Instant::now();
                            service.answered = service.answered.max(Some(began));
                        });
                    }
                    return answer;
                }
                None if look == end || self.is_in_vain(&service, began) => {
                    return Err(Failure::no_answer(stage, began.elapsed()));
                }
                None => {}
            }
        }
    }

    fn is_in_vain(&self, service: &(Region, Stage), began: Instant) -> bool {
        self.places.load(Ordering::Relaxed) > CROWD && self.note(service, began, |service| service.is_in_vain(began))
    }

    fn note<T>(&self, service: &(Region, Stage), now: Instant, look: impl FnOnce(&mut Service) -> T) -> T {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        look(services.entry(service.clone()).or_insert(Service { heard_at: now, answered: None }))
    }
}
