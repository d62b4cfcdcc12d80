//! Assumes the role that reads in another account.

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use aws_sdk_sts::config::Credentials;

use super::config::retry_budget;
use super::error::failure;
use crate::failure::{Failure, Stage};
use crate::settings::ReaderRole;
use crate::target::{Account, AccountId};
use crate::time::Timestamp;

/// The name of each session, which AWS shows in the account that is read.
const SESSION_NAME: &str = "ses-quota-monitor";

/// A session lasts from half an hour to an hour, which is the longest that one role can give to another: those that begin
/// together must not end together.
///
/// Source: AWS IAM User Guide, "Methods to assume a role", role chaining.
const SHORTEST_SECONDS: u64 = 1_800;
const LONGEST_SECONDS: u64 = 3_600;

/// Calls `AssumeRole` in the function's Region: its sessions are valid in every Region, also in those that have to be enabled.
///
/// Source: AWS IAM User Guide, "Manage AWS STS in an AWS Region".
#[derive(Debug, Clone)]
pub struct RoleAssumer {
    client: Client,
    role: ReaderRole,
}

/// Access to another account, for some time.
#[derive(Clone)]
pub struct Session {
    account: AccountId,
    credentials: Credentials,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// Without its credentials.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, ends_at, .. } = self;
        write!(f, "Session({account}, until {ends_at})")
    }
}

impl Session {
    /// Who calls in it.
    pub(super) fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }
}

impl RoleAssumer {
    pub(super) fn new(config: &SdkConfig, role: ReaderRole) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config), role }
    }

    /// Assumes the role in an account.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Role`].
    pub async fn assume(&self, account: &Account) -> Result<Session, Failure> {
        let ReaderRole { name, external_id } = &self.role;
        let Account { partition, id } = account;
        let request = self
            .client
            .assume_role()
            .role_arn(format!("arn:{partition}:iam::{id}:role/{name}"))
            .role_session_name(SESSION_NAME)
            .duration_seconds(duration_seconds(id))
            .set_external_id(external_id.clone());
        let answer = Box::pin(request.send()).await.map_err(|error| failure(Stage::Role, &error))?;
        let Some(credentials) = answer.credentials else {
            return Err(Failure::new(Stage::Role, "InvalidResponse", "STS answered without credentials"));
        };
        let ends_at = Timestamp::from_epoch_seconds(credentials.expiration.secs());
        let credentials = Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            None,
            "AssumeRole",
        );
        Ok(Session { account: id.clone(), credentials, ends_at })
    }
}

/// Spread over the accounts, and the same for one each time.
fn duration_seconds(account: &AccountId) -> i32 {
    let number: u64 = account.as_str().parse().unwrap_or_default();
    let seconds = SHORTEST_SECONDS + number % (LONGEST_SECONDS - SHORTEST_SECONDS + 1);
    seconds.try_into().unwrap_or(i32::MAX)
}
