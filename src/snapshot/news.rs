//! What is said of a target in words, beside its quota.

use super::SnapshotTarget;
use crate::alert::{AlertLevel, Subject};
use crate::failure::Stage;

impl SnapshotTarget {
    /// What is to be said of the account, and of what could not be read or done; nothing where all is well.
    #[must_use]
    pub fn news(&self) -> Vec<String> {
        let enforcement = self.enforcement_status.as_deref();
        let mut status = Vec::new();
        match (self.sending_enabled, enforcement) {
            (Some(false), Some("SHUTDOWN")) => status.push("AWS has paused sending".to_owned()),
            (Some(false), _) => status.push("Sending is paused".to_owned()),
            _ => {}
        }
        match enforcement {
            None | Some("SHUTDOWN") => {}
            Some("PROBATION") => status.push("AWS is reviewing the account".to_owned()),
            Some(other) => status.push(format!("Account status {other}")),
        }
        for (subject, level) in &self.levels {
            match (subject, level) {
                (_, None) => status.push(format!("Level of {subject} unknown")),
                (Subject::Rate, Some(level)) if *level > AlertLevel::Ok => {
                    status.push("Send rate near its maximum".to_owned());
                }
                (Subject::Reading, Some(level)) if *level > AlertLevel::Ok => {
                    status.push("Not readable for a while".to_owned());
                }
                _ => {}
            }
        }
        status.extend(self.errors.iter().map(|(stage, code)| format!("{}: {code}", what_failed(*stage))));
        status
    }
}

fn what_failed(stage: Stage) -> &'static str {
    match stage {
        Stage::Role => "Role not assumed",
        Stage::Read => "Quota not read",
        Stage::Account => "Account status not read",
        Stage::History => "History not read",
        Stage::State => "Alert state not read or stored",
        Stage::Alert => "Alert not sent",
        Stage::Metrics => "Metrics not published",
        Stage::Increases => "Requests for a higher quota not read",
        Stage::Accounts | Stage::Snapshot | Stage::Shards => "Failed",
    }
}
