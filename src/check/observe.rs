//! Reads what is known of a target: its quota and account status from SES, and its states from the state table.

use super::deadline::Deadline;
use crate::aws::{Clients, StateStore, States};
use crate::failure::{Failure, Stage};
use crate::reading::{AccountStatus, SendQuota};
use crate::request::Request;
use crate::target::Target;

/// What SES and DynamoDB answered about a target.
#[derive(Debug)]
pub(super) struct Observation {
    /// The send quota.
    pub quota: Result<SendQuota, Failure>,
    /// The status of the account; `Ok(None)` where SES was not asked.
    pub account: Result<Option<AccountStatus>, Failure>,
    /// The stored states; `Ok(None)` where none are kept, or none are needed.
    pub states: Result<Option<States>, Failure>,
}

/// Reads SES and the state table at the same time.
pub(super) async fn observe(clients: &Clients, request: Request, target: &Target, deadline: Deadline) -> Observation {
    // A test alert leaves the states alone.
    let states = clients.states.as_ref().filter(|_| request != Request::TestAlert);
    let ((quota, account), states) = tokio::join!(
        read_ses(clients, target, deadline),
        deadline.share().bound(Stage::State, read_states(states, target))
    );
    Observation { quota, account, states }
}

/// One call after the other: SES accepts one request a second per account and Region, and the second call finds the
/// connection of the first. A Region that cannot be reached is not asked again.
///
/// Source: Amazon SES developer guide, "Service quotas in Amazon SES".
async fn read_ses(
    clients: &Clients,
    target: &Target,
    deadline: Deadline,
) -> (Result<SendQuota, Failure>, Result<Option<AccountStatus>, Failure>) {
    let quota = deadline.share().bound(Stage::Read, clients.quotas.read(&target.region)).await;
    let account = match &quota {
        Err(failure) if failure.is_unreachable() => Ok(None),
        _ => deadline.share().bound(Stage::Account, clients.accounts.read(&target.region)).await.map(Some),
    };
    (quota, account)
}

async fn read_states(states: Option<&StateStore>, target: &Target) -> Result<Option<States>, Failure> {
    match states {
        Some(states) => states.read(target).await.map(Some),
        None => Ok(None),
    }
}
