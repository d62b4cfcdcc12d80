//! The report of a check, as the function returns it.

use serde::Deserialize;
use ses_quota_monitor::alert::{AlertLevel, Standing};

use crate::Exit;

/// What is read of it. Fields that are not known here are left alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// After a test alert: how many confirmed subscribers the topic has, where SNS says so.
    pub subscribers: Option<u32>,
    /// In how many parts the check was parted.
    pub parts: Option<usize>,
    /// Where not all targets are listed.
    pub counts: Option<Counts>,
    /// The targets that are listed.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// What failed and concerns no target by itself.
    #[serde(flatten)]
    pub errors: Errors,
}

/// How many targets there are, and how many of them stand how.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub targets: usize,
    pub ok: usize,
    pub unknown: usize,
    pub unread: usize,
    pub warning: usize,
    pub critical: usize,
    pub exhausted: usize,
    pub not_listed: usize,
}

/// A target, or an account as a whole, whose Region is `all`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub account: String,
    pub account_name: Option<String>,
    pub region: String,
    #[serde(rename = "sentLast24Hours")]
    pub sent: Option<f64>,
    #[serde(rename = "max24HourSend")]
    pub quota: Option<f64>,
    pub utilization_percent: Option<f64>,
    pub level: Option<String>,
    pub notification: Option<String>,
    #[serde(default)]
    pub subjects: Vec<About>,
    #[serde(flatten)]
    pub errors: Errors,
}

/// A subject that is not OK, or of which something was to be told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct About {
    pub subject: String,
    pub level: Option<String>,
    pub notification: Option<String>,
    pub reason: String,
}

/// What failed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errors {
    error: Option<Failure>,
    #[serde(default)]
    further_errors: Vec<Failure>,
}

/// A part of the check that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Failure {
    pub step: String,
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

impl Errors {
    /// Each of them, the first one first.
    pub fn all(&self) -> impl Iterator<Item = &Failure> {
        self.error.iter().chain(&self.further_errors)
    }
}

impl Target {
    /// Whether it is a target, and not an account as a whole.
    pub fn is_target(&self) -> bool {
        self.region != "all"
    }

    /// The account, with its name where that is known.
    pub fn account_for_people(&self) -> String {
        match &self.account_name {
            Some(name) => format!("{} ({name})", self.account),
            None => self.account.clone(),
        }
    }

    /// The highest level of any subject; `None` where nothing is known.
    pub fn highest(&self) -> Option<AlertLevel> {
        let of_subjects = self.subjects.iter().filter_map(|about| about.level.as_deref());
        self.level.as_deref().into_iter().chain(of_subjects).filter_map(|level| level.parse().ok()).max()
    }

    /// How it stands, all subjects together. That of an account as a whole is that of reading it.
    pub fn standing(&self) -> Standing {
        // Without the level of the quota, OK is not known.
        let highest = self.highest().filter(|level| self.level.is_some() || *level > AlertLevel::Ok);
        Standing::of(highest, self.sent.is_some())
    }
}

impl Report {
    /// How a command ends that found this: CRITICAL before what is unknown, and this before WARNING.
    pub fn exit(&self) -> Exit {
        let mut exits: Vec<Exit> =
            self.targets.iter().filter(|target| target.is_target()).map(|target| target.standing().into()).collect();
        if let Some(counts) = &self.counts {
            let counted = [
                (counts.critical + counts.exhausted, Exit::Critical),
                (counts.unknown + counts.unread, Exit::Unknown),
                (counts.warning, Exit::Warning),
                (counts.ok, Exit::Ok),
            ];
            exits.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, exit)| exit));
        }
        if self.errors.all().next().is_some() || exits.is_empty() {
            exits.push(Exit::Unknown);
        }
        Exit::worst(exits)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn exit(report: Value) -> Exit {
        serde_json::from_value::<Report>(report).unwrap().exit()
    }

    fn target(level: &str) -> Value {
        json!({ "account": "111122223333", "region": "us-east-1", "sentLast24Hours": 1, "level": level, "notification": null })
    }

    #[test]
    fn it_ends_by_the_worst_target() {
        let unread = json!({ "account": "111122223333", "region": "eu-west-1", "error": { "step": "read", "code": "AccessDenied", "message": "no" } });
        let paused = json!({ "account": "111122223333", "region": "us-east-1", "sentLast24Hours": 1, "level": "OK",
            "subjects": [{ "subject": "ACCOUNT", "level": "EXHAUSTED", "notification": null, "reason": "paused" }] });
        for (targets, ends) in [
            (vec![target("OK"), target("OK")], Exit::Ok),
            (vec![target("OK"), target("WARNING")], Exit::Warning),
            (vec![target("WARNING"), unread.clone()], Exit::Unknown),
            (vec![target("CRITICAL"), unread], Exit::Critical),
            (vec![target("OK"), paused], Exit::Critical),
            (vec![target("NEW")], Exit::Unknown),
            (vec![], Exit::Unknown),
        ] {
            assert_eq!(exit(json!({ "targets": targets })), ends, "{targets:?}");
        }
    }

    #[test]
    fn what_is_counted_and_not_listed_counts() {
        let counts = |unread: u32, critical: u32| json!({ "targets": 200, "ok": 100, "unknown": 0, "unread": unread, "warning": 0, "critical": critical, "exhausted": 0, "notListed": 200 });
        assert_eq!(exit(json!({ "targets": [], "counts": counts(0, 0) })), Exit::Ok);
        assert_eq!(exit(json!({ "targets": [], "counts": counts(1, 0) })), Exit::Unknown);
        assert_eq!(exit(json!({ "targets": [], "counts": counts(1, 1) })), Exit::Critical);
    }
}
