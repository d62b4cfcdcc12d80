//! What is shown of targets: what was found, how old it is, and what is to be said beside it.

use std::cmp::Ordering;

use comfy_table::{Cell, CellAlignment};
use serde::Serialize;
use serde_json::Number;
use ses_quota_monitor::alert::Standing;
use ses_quota_monitor::forecast::ForecastFields;
use ses_quota_monitor::message::briefly;
use ses_quota_monitor::numbers::{count, json_number};
use ses_quota_monitor::reading::{SendQuota, Utilization};
use ses_quota_monitor::snapshot::{Found, SnapshotTarget};
use ses_quota_monitor::time::Timestamp;

use crate::Exit;
use crate::output::{bar, colored, table};

/// How many targets people are shown, unless they ask for all.
const MOST: usize = 50;

/// Targets, the worst first.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    targets: Vec<Found>,
    /// What is to be said beside them: what is missing or could not be read, and what to do.
    remarks: Vec<String>,
    now: Timestamp,
}

/// A target as programs see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(flatten)]
    target: &'a SnapshotTarget,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<Number>,
    status: Standing,
    checked_at: Timestamp,
}

impl<'a> From<&'a Found> for Shown<'a> {
    fn from(Found { checked_at, target }: &'a Found) -> Self {
        Self {
            target,
            utilization_percent: utilization(target).map(Utilization::percent_rounded_down).and_then(json_number),
            status: target.standing(),
            checked_at: *checked_at,
        }
    }
}

/// All of them as programs see them.
#[derive(Serialize)]
struct AllShown<'a> {
    targets: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    remarks: &'a [String],
}

impl View {
    /// These targets, as they are seen now.
    pub fn new(mut targets: Vec<Found>, remarks: Vec<String>, now: Timestamp) -> Self {
        targets.sort_by(|one, other| {
            let rank = |found: &Found| (found.target.standing(), utilization(&found.target).map(Utilization::percent));
            rank(other).partial_cmp(&rank(one)).unwrap_or(Ordering::Equal)
        });
        Self { targets, remarks, now }
    }

    /// As a monitoring plug-in ends: by the worst target that is known to be bad, else by what is not known.
    pub fn exit(&self) -> Exit {
        let exit = |found: &Found| match found.target.standing() {
            Standing::Ok => Exit::Ok,
            Standing::Warning => Exit::Warning,
            Standing::Critical | Standing::Exhausted => Exit::Critical,
            Standing::Unknown | Standing::Unread => Exit::Unknown,
        };
        let exits = || self.targets.iter().map(exit);
        match exits().filter(|exit| *exit != Exit::Unknown).max() {
            Some(Exit::Critical) => Exit::Critical,
            None => Exit::Unknown,
            Some(_) if exits().any(|exit| exit == Exit::Unknown) => Exit::Unknown,
            Some(exit) => exit,
        }
    }

    /// As programs see them.
    pub fn shown(&self) -> impl Serialize {
        AllShown { targets: self.targets.iter().map(Shown::from).collect(), remarks: &self.remarks }
    }

    /// For people: a table, the counts, and the remarks. `is_whole`: every target, however many there are.
    pub fn text(&self, is_whole: bool) -> String {
        let shown = if is_whole { self.targets.len() } else { self.targets.len().min(MOST) };
        let mut text = vec![self.summary()];
        if shown > 0 {
            text.push(self.table(&self.targets[..shown]));
        }
        if shown < self.targets.len() {
            let more = self.targets.len() - shown;
            text.push(format!("{} more, none worse than these: --all shows them.", count_of(more)));
        }
        text.extend_from_slice(&self.remarks);
        text.join("\n\n")
    }

    /// `3 targets: 1 CRITICAL, 2 OK. Checked at 2026-11-24 12:00 UTC.`
    fn summary(&self) -> String {
        let of = |standing| self.targets.iter().filter(|found| found.target.standing() == standing).count();
        let counts =
            Standing::ALL.into_iter().rev().map(|standing| (standing, of(standing))).filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(standing, count)| format!("{} {}", count_of(count), colored(standing, standing.name())))
            .collect();
        let noun = if self.targets.len() == 1 { "target" } else { "targets" };
        let checked = |found: &Found| found.checked_at;
        let (oldest, newest) = (self.targets.iter().map(checked).min(), self.targets.iter().map(checked).max());
        let when = match oldest.zip(newest) {
            None => return "No targets.".to_owned(),
            Some((oldest, newest)) if oldest == newest => format!("Checked at {}", newest.for_people()),
            Some((oldest, newest)) => format!("Checked from {} to {}", oldest.for_people(), newest.for_people()),
        };
        let age = oldest.map_or(0, |oldest| (self.now.epoch_seconds() - oldest.epoch_seconds()) / 60);
        let age = if age >= 2 { format!(", {age} minutes ago") } else { String::new() };
        format!("{} {noun}: {}. {when}{age}.", count_of(self.targets.len()), counts.join(", "))
    }

    fn table(&self, targets: &[Found]) -> String {
        let mut table = table(&["status", "account", "Region", "used", "", "sent", "quota", "next 24 hours"]);
        for column in [4, 5, 6] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for Found { target, .. } in targets {
            let standing = target.standing();
            let used = utilization(target);
            let quota = target.quota.as_ref();
            let account = match &target.account_name {
                Some(name) => format!("{} ({})", target.account, name.as_str()),
                None => target.account.to_string(),
            };
            table.add_row([
                Cell::new(colored(standing, standing.name())),
                Cell::new(account),
                Cell::new(&target.region),
                Cell::new(used.map(|used| colored(standing, &bar(used.percent()))).unwrap_or_default()),
                Cell::new(used.map_or_else(|| unknown(quota), Utilization::for_people)),
                Cell::new(quota.map(|quota| count(quota.sent_last_24_hours())).unwrap_or_default()),
                Cell::new(
                    quota
                        .map(|quota| quota.max_24_hour_send().map_or_else(|| "unlimited".to_owned(), count))
                        .unwrap_or_default(),
                ),
                Cell::new(self.expected(target)),
            ]);
        }
        table.to_string()
    }

    /// What else is known of a target: what is wrong with it beside the quota, and what is expected of that.
    fn expected(&self, target: &SnapshotTarget) -> String {
        let mut said: Vec<String> = Vec::new();
        if target.sending_enabled == Some(false) {
            said.push("sending is stopped".to_owned());
        }
        said.extend(target.enforcement_status.as_ref().map(|status| format!("account status {status}")));
        said.extend(target.errors.iter().map(|(stage, code)| format!("{stage}: {code}")));
        let outlook = target.forecast.as_ref().and_then(ForecastFields::outlook);
        said.extend(outlook.and_then(|outlook| briefly(&outlook, self.now)));
        said.join("; ")
    }
}

fn utilization(target: &SnapshotTarget) -> Option<Utilization> {
    target.quota.as_ref().and_then(SendQuota::utilization)
}

/// What stands in the place of a utilization: nothing where the quota is unlimited, and a question mark where it is not known.
fn unknown(quota: Option<&SendQuota>) -> String {
    if quota.is_some() { String::new() } else { "?".to_owned() }
}

#[allow(clippy::cast_precision_loss)] // There are no 2^53 targets.
fn count_of(targets: usize) -> String {
    count(targets as f64)
}
