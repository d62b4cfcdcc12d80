//! `ses-quota test-alert`: sends an alert that is marked as a test.

use clap::Args;
use serde_json::json;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::invoke;
use crate::output::print_json;
use crate::session::Session;

/// Send an alert marked as a test to every subscriber
#[derive(Debug, Args)]
pub struct TestAlert {
    #[command(flatten)]
    stack: Stack,
}

impl TestAlert {
    pub async fn run(&self, session: &Session) -> Result<Exit, Failed> {
        let installation = Installation::find(session, &self.stack.name).await?;
        let report = invoke(session, &installation, &json!({ "testAlert": true })).await?;
        print_json(&report);
        Ok(Exit::Ok)
    }
}
