//! Lists the accounts of an organization.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::types::{Account, AccountState};

use super::config::retry_budget;
use super::error::failure;
use crate::failure::{Failure, Stage};
use crate::settings::UnitId;
use crate::target::{AccountName, Member};

/// Calls `ListAccounts`, `ListAccountsForParent` and `ListOrganizationalUnitsForParent`, which only the management account
/// and delegated administrators may call.
#[derive(Debug, Clone)]
pub struct OrganizationReader {
    client: Client,
}

/// What can be listed, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The accounts of the organization.
    Accounts,
    /// The accounts right in a unit.
    AccountsOf(UnitId),
    /// The units right in a unit.
    UnitsOf(UnitId),
}

/// A page of a listing. It can be empty, and not be the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The accounts in it that are active.
    pub members: Vec<Member>,
    /// The units in it.
    pub units: Vec<UnitId>,
    /// What to ask for the next page with; `None` after the last one.
    pub next: Option<String>,
}

impl OrganizationReader {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config) }
    }

    /// Reads the page that `next` of the page before leads to, or the first one.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Accounts`].
    pub async fn page(&self, listing: &Listing, next: Option<&str>) -> Result<Page, Failure> {
        let next = next.map(str::to_owned);
        match listing {
            Listing::Accounts => {
                let request = self.client.list_accounts().set_next_token(next);
                let page = Box::pin(request.send()).await.map_err(|error| failure(Stage::Accounts, &error))?;
                Ok(Page { members: active(page.accounts()), units: Vec::new(), next: page.next_token })
            }
            Listing::AccountsOf(unit) => {
                let request = self.client.list_accounts_for_parent().parent_id(unit.as_str()).set_next_token(next);
                let page = Box::pin(request.send()).await.map_err(|error| failure(Stage::Accounts, &error))?;
                Ok(Page { members: active(page.accounts()), units: Vec::new(), next: page.next_token })
            }
            Listing::UnitsOf(unit) => {
                let request = self.client.list_organizational_units_for_parent().parent_id(unit.as_str());
                let request = request.set_next_token(next);
                let page = Box::pin(request.send()).await.map_err(|error| failure(Stage::Accounts, &error))?;
                let units = page.organizational_units().iter().filter_map(|unit| unit.id()?.parse().ok()).collect();
                Ok(Page { members: Vec::new(), units, next: page.next_token })
            }
        }
    }
}

/// The accounts that can send mail. `State`, because AWS has retired `Status`.
///
/// Source: AWS Organizations API reference, `Account`.
fn active(accounts: &[Account]) -> Vec<Member> {
    let active = accounts.iter().filter(|account| account.state() == Some(&AccountState::Active));
    active
        .filter_map(|account| {
            Some(Member { id: account.id()?.parse().ok()?, name: account.name().and_then(AccountName::new) })
        })
        .collect()
}
