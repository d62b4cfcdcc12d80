//! The monitor itself, run on this machine with the credentials of the person who runs it: it reads and judges as the function
//! does, and changes nothing.

use std::time::{Duration, SystemTime};

use clap::Args;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::time::Timestamp;

use crate::failed::Failed;
use crate::session::Session;

/// How long a look at everything may take.
const LONGEST: Duration = Duration::from_mins(4);

/// What to look at, and what is too much.
#[derive(Debug, Clone, Default, Args)]
pub struct Scope {
    /// Regions to look at, separated by commas, or "all" [default: the one of --region]
    #[arg(long, value_name = "REGIONS", help_heading = "What to look at")]
    pub regions: Option<String>,
    /// Accounts to look at: "organization", organizational units, or account IDs, separated by commas. Each other account
    /// needs the role of reader-role.yaml, which your credentials must be allowed to assume [default: your own]
    #[arg(long, value_name = "ACCOUNTS", help_heading = "What to look at")]
    pub accounts: Option<String>,
    /// Account IDs to leave out, separated by commas
    #[arg(long, value_name = "ACCOUNTS", help_heading = "What to look at")]
    pub exclude_accounts: Option<String>,
    /// Name of the role to assume in other accounts [default: ses-quota-monitor-reader]
    #[arg(long, value_name = "NAME", help_heading = "What to look at")]
    pub reader_role: Option<String>,
    /// External ID for that role
    #[arg(long, value_name = "ID", help_heading = "What to look at")]
    pub external_id: Option<String>,
    /// Utilization in percent from which the level is WARNING [default: 80]
    #[arg(long, value_name = "PERCENT", help_heading = "Thresholds")]
    pub warning: Option<String>,
    /// Utilization in percent from which the level is CRITICAL [default: 95]
    #[arg(long, value_name = "PERCENT", help_heading = "Thresholds")]
    pub critical: Option<String>,
}

impl Scope {
    /// The options by the name of the function's variable, the longer names first.
    const OPTIONS: [(&str, &str); 7] = [
        ("REGIONS", "--regions"),
        ("EXCLUDE_ACCOUNTS", "--exclude-accounts"),
        ("ACCOUNTS", "--accounts"),
        ("READER_ROLE", "--reader-role"),
        ("EXTERNAL_ID", "--external-id"),
        ("WARNING_PERCENT", "--warning"),
        ("CRITICAL_PERCENT", "--critical"),
    ];

    fn settings(&self, session: &Session) -> Result<Settings, Failed> {
        let here = &session.here;
        let given = |name: &str| match name {
            "REGIONS" => self.regions.clone(),
            "ACCOUNTS" => self.accounts.clone(),
            "EXCLUDE_ACCOUNTS" => self.exclude_accounts.clone(),
            "READER_ROLE" => self.reader_role.clone(),
            "EXTERNAL_ID" => self.external_id.clone(),
            "WARNING_PERCENT" => self.warning.clone(),
            "CRITICAL_PERCENT" => self.critical.clone(),
            "AWS_REGION" => Some(here.region.to_string()),
            // The settings require a topic. Nothing is published: everything here runs dry.
            "ALERT_TOPIC_ARN" => {
                Some(format!("arn:{}:sns:{}:{}:none", here.account.partition, here.region, here.account.id))
            }
            _ => None,
        };
        let by_option = |text: String, (variable, option): &(&str, &str)| text.replace(variable, option);
        Settings::from_lookup(given)
            .map_err(|invalid| Failed::new(Self::OPTIONS.iter().fold(invalid.to_string(), by_option)))
    }

    /// Access to SES, with the retries and timeouts of the function.
    ///
    /// # Errors
    /// [`Failed`] where an option is invalid.
    pub fn clients(&self, session: &Session) -> Result<Clients, Failed> {
        Ok(Clients::from_config(&session.config, &self.settings(session)?))
    }

    /// A monitor of this scope.
    ///
    /// # Errors
    /// [`Failed`] where an option is invalid.
    pub fn monitor(&self, session: &Session) -> Result<Monitor, Failed> {
        let settings = self.settings(session)?;
        let clients = Clients::from_config(&session.config, &settings);
        Ok(Monitor::new(settings, clients))
    }
}

/// What the monitor has to know of this run: it takes the account and the Region of the session for its own.
pub fn invocation(session: &Session) -> Invocation {
    Invocation {
        function: session.here.clone(),
        request_id: "ses-quota".to_owned(),
        attempt: 0,
        started_at: now(),
        time_left: LONGEST,
    }
}

/// The present.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_epoch_seconds(since_epoch.as_secs().try_into().unwrap_or(i64::MAX))
}
