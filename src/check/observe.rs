//! Reads what is known of a target: its quota from SES, and its state from the state table.

use super::deadline::Deadline;
use crate::aws::{Clients, StateStore, StoredState};
use crate::failure::{Failure, Stage};
use crate::reading::SendQuota;
use crate::request::Request;
use crate::target::Target;

/// What SES and DynamoDB answered about a target.
#[derive(Debug)]
pub(super) struct Observation {
    /// The send quota.
    pub quota: Result<SendQuota, Failure>,
    /// The stored state; `Ok(None)` where none is kept, or none is needed.
    pub state: Result<Option<StoredState>, Failure>,
}

/// Reads both at the same time.
pub(super) async fn observe(clients: &Clients, request: Request, target: &Target, deadline: Deadline) -> Observation {
    // A test alert leaves the state alone.
    let states = clients.states.as_ref().filter(|_| request != Request::TestAlert);
    let deadline = deadline.share();
    let (quota, state) = tokio::join!(
        deadline.bound(Stage::Read, clients.quotas.read(&target.region)),
        deadline.bound(Stage::State, read_state(states, target))
    );
    Observation { quota, state }
}

async fn read_state(states: Option<&StateStore>, target: &Target) -> Result<Option<StoredState>, Failure> {
    match states {
        Some(states) => states.read(target).await.map(Some),
        None => Ok(None),
    }
}
