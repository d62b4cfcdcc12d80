//! What is shown of targets: what was found, how old it is, and what is to be said beside it.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, Width};
use serde::Serialize;
use serde_json::Number;
use ses_quota_monitor::alert::{Standing, Subject};
use ses_quota_monitor::forecast::{ForecastFields, Outlook};
use ses_quota_monitor::message::outlook_in_short;
use ses_quota_monitor::numbers::{count, json_number};
use ses_quota_monitor::reading::{SendQuota, Utilization};
use ses_quota_monitor::snapshot::{Found, SnapshotTarget};
use ses_quota_monitor::time::Timestamp;

use crate::Exit;
use crate::output::{bar, colored, table};

/// How many targets people are shown, unless they ask for all.
const MOST: usize = 50;

/// The 12 digits of an account, and the space around them.
const ACCOUNT_WIDTH: u16 = 14;

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
            utilization_percent: target.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
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
        targets.sort_by(|one, other| one.target.worse_first(&other.target));
        Self { targets, remarks, now }
    }

    /// As a monitoring plug-in ends: by the worst target that is known to be bad, else by what is not known.
    pub fn exit(&self) -> Exit {
        Exit::worst(self.targets.iter().map(|found| found.target.standing().into()))
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
        text.extend(self.advice());
        text.join("\n\n")
    }

    /// What to do about a quota that is not OK, first one that will be full.
    fn advice(&self) -> Option<String> {
        let is_used_up = |found: &&Found| found.target.levels.get(&Subject::Quota).is_some_and(Option::is_some);
        let will_be_full = |found: &&Found| {
            let outlook = found.target.forecast.as_ref().and_then(ForecastFields::outlook);
            matches!(outlook, Some(Outlook::Breach { .. } | Outlook::Full(_)))
        };
        let mut used_up = self.targets.iter().filter(is_used_up);
        let Found { target, .. } = used_up.clone().find(will_be_full).or_else(|| used_up.next())?;
        let region = &target.region;
        Some(format!(
            "Hold back mail that can wait.\n  When it will be full:    ses-quota forecast --region {region}\n  To ask for more quota:   \
             ses-quota increase --region {region}"
        ))
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
        let mut table = table(&["status", "account", "Region", "used", "", "sent", "quota", "news and forecast"]);
        for (number, column) in table.column_iter_mut().enumerate() {
            if (4..=6).contains(&number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            // On a narrow terminal, names and forecasts are wrapped, and nothing else.
            match number {
                1 => _ = column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(ACCOUNT_WIDTH))),
                7 => {}
                _ => _ = column.set_constraint(ColumnConstraint::ContentWidth),
            }
        }
        for Found { target, .. } in targets {
            let standing = target.standing();
            let used = target.utilization();
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
        table.trim_fmt()
    }

    /// What else is known of a target: what is wrong with it beside the quota, and what is expected of that.
    fn expected(&self, target: &SnapshotTarget) -> String {
        let mut said = target.news();
        // Of a Region that sends nothing, nobody asks.
        let is_sending = target.quota.as_ref().is_some_and(|quota| quota.sent_last_24_hours() > 0.0);
        let outlook = target.forecast.as_ref().filter(|_| is_sending).and_then(ForecastFields::outlook);
        said.extend(outlook.map(|outlook| outlook_in_short(&outlook, self.now)));
        said.join("; ")
    }
}

/// What stands in the place of a utilization: nothing where the quota is unlimited, and a question mark where it is not known.
fn unknown(quota: Option<&SendQuota>) -> String {
    if quota.is_some() { String::new() } else { "?".to_owned() }
}

#[allow(clippy::cast_precision_loss)] // There are no 2^53 targets.
fn count_of(targets: usize) -> String {
    count(targets as f64)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn found(target: &Value) -> Found {
        Found { checked_at: at("12:00"), target: serde_json::from_value(target.clone()).unwrap() }
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-24T{time}:00Z").parse().unwrap()
    }

    /// Without colors.
    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn target(region: &str, sent: u32, level: Option<&str>) -> Value {
        let levels = level.map_or(json!({}), |level| json!({ "QUOTA": level }));
        json!({
            "account": "111122223333", "region": region, "sentLast24Hours": sent, "max24HourSend": 50_000, "maxSendRate": 14,
            "levels": levels,
        })
    }

    fn several() -> Vec<Found> {
        let mut full = target("us-east-1", 48_100, Some("CRITICAL"));
        full["accountName"] = json!("Payments");
        full["forecast"] = json!({
            "verdict": "breach", "breachAt": "2026-11-24T14:30:00Z", "breachEarliest": "2026-11-24T13:45:00Z",
            "breachLatest": "2026-11-24T16:10:00Z", "peakPercent": 111.0, "peakLowPercent": 101.0, "peakHighPercent": 124.0,
            "peakAt": "2026-11-24T17:00:00Z", "probability": 0.9,
        });
        let mut unlimited = target("us-west-2", 7, None);
        unlimited.as_object_mut().unwrap().remove("max24HourSend");
        let paused = json!({
            "account": "444455556666", "region": "eu-west-1", "sentLast24Hours": 0, "max24HourSend": 0, "maxSendRate": 14,
            "levels": {"ACCOUNT": "EXHAUSTED"}, "sendingEnabled": false, "enforcementStatus": "SHUTDOWN",
        });
        let unread = json!({"account": "777788889999", "region": "eu-west-1", "errors": {"role": "AccessDenied"}});
        [target("eu-west-1", 100, None), full, unlimited, paused, unread].iter().map(found).collect()
    }

    #[test]
    fn the_worst_come_first() {
        let view = View::new(several(), vec!["777788889999/eu-west-1: role: AccessDenied: no".to_owned()], at("12:07"));
        assert_snapshot!(plain(&view.text(false)), @r###"
        5 targets: 1 EXHAUSTED, 1 UNREAD, 1 CRITICAL, 2 OK. Checked at 2026-11-24 12:00 UTC, 7 minutes ago.

         status     account                  Region     used                  sent      quota  news and forecast
         EXHAUSTED  444455556666             eu-west-1  ██████████  100.0%       0          0  AWS has paused sending
         UNREAD     777788889999             eu-west-1                   ?                     Role not assumed: AccessDenied
         CRITICAL   111122223333 (Payments)  us-east-1  █████████▌   96.2%  48,100     50,000  full at about 14:30 UTC
         OK         111122223333             eu-west-1  ░░░░░░░░░░    0.2%     100     50,000
         OK         111122223333             us-west-2                           7  unlimited

        777788889999/eu-west-1: role: AccessDenied: no

        Hold back mail that can wait.
          When it will be full:    ses-quota forecast --region us-east-1
          To ask for more quota:   ses-quota increase --region us-east-1
        "###);
        assert_eq!(view.exit(), Exit::Critical);
    }

    #[test]
    fn programs_see_the_names_of_the_document() {
        let view = View::new(several().drain(1..2).collect(), Vec::new(), at("12:00"));
        assert_snapshot!(serde_json::to_string(&view.shown()).unwrap(), @r###"{"targets":[{"account":"111122223333","accountName":"Payments","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"levels":{"QUOTA":"CRITICAL"},"forecast":{"verdict":"breach","breachAt":"2026-11-24T14:30:00Z","breachEarliest":"2026-11-24T13:45:00Z","breachLatest":"2026-11-24T16:10:00Z","peakPercent":111.0,"peakLowPercent":101.0,"peakHighPercent":124.0,"peakAt":"2026-11-24T17:00:00Z","probability":0.9},"utilizationPercent":96.2,"status":"CRITICAL","checkedAt":"2026-11-24T12:00:00Z"}]}"###);
    }

    #[test]
    fn of_many_the_worst_are_shown() {
        let all: Vec<Found> =
            (1..=60).map(|number| found(&target(&format!("us-east-{number}"), number, None))).collect();
        let view = View::new(all, Vec::new(), at("12:00"));
        let text = plain(&view.text(false));
        assert!(text.contains("us-east-60 ") && !text.contains("us-east-10 "), "{text}");
        assert!(text.ends_with("10 more, none worse than these: --all shows them."), "{text}");
        assert!(plain(&view.text(true)).contains("us-east-1 "));
        assert_eq!(view.exit(), Exit::Ok);
    }

    #[test]
    fn nothing_is_not_ok() {
        let view = View::new(Vec::new(), Vec::new(), at("12:00"));
        assert_eq!((view.text(false), view.exit()), ("No targets.".to_owned(), Exit::Unknown));
    }

    proptest! {
        /// What is unknown is never OK, and hides nothing that is CRITICAL.
        #[test]
        fn it_ends_as_a_monitoring_plugin(levels in prop::collection::vec(prop::sample::select(vec!["", "WARNING", "CRITICAL", "EXHAUSTED", "?"]), 1..6)) {
            let unread = json!({"account": "777788889999", "region": "eu-west-1", "errors": {"read": "AccessDenied"}});
            let targets = levels.iter().map(|level| match *level {
                "?" => found(&unread),
                "" => found(&target("us-east-1", 1, None)),
                level => found(&target("us-east-1", 45_000, Some(level))),
            });
            let exit = View::new(targets.collect(), Vec::new(), at("12:00")).exit();
            let has = |level: &str| levels.contains(&level);
            let expected = if has("CRITICAL") || has("EXHAUSTED") {
                Exit::Critical
            } else if has("?") {
                Exit::Unknown
            } else if has("WARNING") {
                Exit::Warning
            } else {
                Exit::Ok
            };
            prop_assert_eq!(exit, expected);
        }
    }
}
