//! One account in one Region, for the commands that look at nothing else.

use clap::Args;
use ses_quota_monitor::check::Monitor;
use ses_quota_monitor::target::{AccountId, Target};

use crate::failed::Failed;
use crate::monitor::Scope;
use crate::session::Session;

/// Whose quota; the Region is that of the session.
#[derive(Debug, Clone, Default, Args)]
pub struct OneTarget {
    /// Account that sends. Another than your own needs the role of reader-role.yaml, which your credentials must be allowed to
    /// assume [default: your own]
    #[arg(long, value_name = "ID", value_parser = account, help_heading = "What to look at")]
    pub account: Option<AccountId>,
    /// Name of the role to assume in another account [default: ses-quota-monitor-reader]
    #[arg(long, value_name = "NAME", help_heading = "What to look at")]
    pub reader_role: Option<String>,
    /// External ID for that role
    #[arg(long, value_name = "ID", help_heading = "What to look at")]
    pub external_id: Option<String>,
}

impl OneTarget {
    /// A monitor that may look at it.
    ///
    /// # Errors
    /// [`Failed`] where an option is invalid.
    pub fn monitor(&self, session: &Session) -> Result<Monitor, Failed> {
        let Self { account, reader_role, external_id } = self.clone();
        let accounts = account.map(|account| account.to_string());
        Scope { accounts, reader_role, external_id, ..Scope::default() }.monitor(session)
    }

    /// What it is called.
    pub fn target(&self, session: &Session) -> Target {
        let Target { account, region } = &session.here;
        let id = self.account.as_ref().unwrap_or(&account.id);
        Target { account: account.with_id(id.clone()), region: region.clone() }
    }
}

fn account(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| "expected a 12-digit account ID".to_owned())
}
