//! What is said of a target, in words, and which target goes first.

use std::cmp::Ordering;

use crate::alert::{AlertLevel, Standing, Subject};
use crate::failure::Stage;
use crate::forecast::{ForecastFields, Outlook};
use crate::message::{capitalized, outlook_in_short};
use crate::numbers::count;
use crate::reading::Utilization;
use crate::snapshot::{Found, SnapshotTarget};
use crate::time::Timestamp;

/// A target as a row of the page.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub found: &'a Found,
    pub standing: Standing,
    /// What is to be said of the account, and of what could not be read or done. Never empty.
    pub status: Vec<String>,
    /// Whether that is more than that all is well.
    pub has_news: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(found: &'a Found) -> Self {
        let mut status = news(&found.target);
        let has_news = !status.is_empty();
        if !has_news {
            status.push(if found.target.quota.is_some() { "Healthy" } else { "Not known" }.to_owned());
        }
        Self { found, standing: found.target.standing(), status, has_news }
    }

    pub(super) fn target(&self) -> &'a SnapshotTarget {
        &self.found.target
    }

    pub(super) fn utilization(&self) -> Option<Utilization> {
        self.target().quota?.utilization()
    }

    /// How much of the quota is used, in words.
    pub(super) fn used(&self) -> String {
        match &self.target().quota {
            None => "Not read".to_owned(),
            Some(quota) => {
                let sent = count(quota.sent_last_24_hours());
                quota
                    .max_24_hour_send()
                    .map_or_else(|| format!("{sent}, unlimited"), |max| format!("{sent} of {}", count(max)))
            }
        }
    }

    /// The level of the quota, where it is known.
    pub(super) fn quota_level(&self) -> Option<AlertLevel> {
        let level = self.target().levels.get(&Subject::Quota).copied().unwrap_or(Some(AlertLevel::Ok));
        level.filter(|_| self.target().quota.is_some())
    }

    /// What is expected, where that was asked, and SES takes mail at all.
    pub(super) fn outlook(&self) -> Option<Outlook> {
        let target = self.target();
        target.forecast.as_ref().filter(|_| target.sending_enabled != Some(false)).and_then(ForecastFields::outlook)
    }

    /// The forecast in words; `None` where nobody asked.
    pub(super) fn forecast(&self, now: Timestamp) -> Option<String> {
        self.outlook().map(|outlook| capitalized(&outlook_in_short(&outlook, now)))
    }

    /// Whether each of these words, in lower case, is in what is said of the target.
    pub(super) fn has_all(&self, words: &[String]) -> bool {
        let SnapshotTarget { account, account_name, region, .. } = self.target();
        let name = account_name.as_ref().map_or("", |name| name.as_str());
        let text = format!("{account} {name} {region} {} {}", self.standing, self.status.join(" ")).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }

    /// The worse before the better, the fuller before the emptier.
    pub(super) fn worse_first(&self, other: &Self) -> Ordering {
        let percent = |row: &Self| row.utilization().map_or(-1.0, Utilization::percent);
        let by_standing = other.standing.cmp(&self.standing);
        by_standing.then_with(|| percent(other).total_cmp(&percent(self)))
    }
}

fn news(target: &SnapshotTarget) -> Vec<String> {
    let enforcement = target.enforcement_status.as_deref();
    let mut status = Vec::new();
    match (target.sending_enabled, enforcement) {
        (Some(false), Some("SHUTDOWN")) => status.push("AWS has paused sending".to_owned()),
        (Some(false), _) => status.push("Sending is paused".to_owned()),
        _ => {}
    }
    match enforcement {
        None | Some("SHUTDOWN") => {}
        Some("PROBATION") => status.push("AWS is reviewing the account".to_owned()),
        Some(other) => status.push(format!("Account status {other}")),
    }
    for (subject, level) in &target.levels {
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
    status.extend(target.errors.iter().map(|(stage, code)| format!("{}: {code}", what_failed(*stage))));
    status
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
