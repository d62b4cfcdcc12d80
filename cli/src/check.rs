//! `ses-quota check`: runs a check, as the schedule does.

use clap::Args;
use serde_json::json;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::invoke;
use crate::output::print_json;
use crate::session::Session;

/// Run a check now, with alerts and metrics as the schedule does, and print its report
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    stack: Stack,
    /// Change nothing: report what would be sent
    #[arg(long)]
    dry_run: bool,
}

impl Check {
    pub async fn run(&self, session: &Session) -> Result<Exit, Failed> {
        let installation = Installation::find(session, &self.stack.name).await?;
        let report = invoke(session, &installation, &json!({ "dryRun": self.dry_run })).await?;
        print_json(&report);
        Ok(Exit::Ok)
    }
}
