//! `ses-quota check`: runs a check, as the schedule does.

use clap::Args;
use comfy_table::{Cell, CellAlignment};
use serde_json::json;
use ses_quota_monitor::numbers::count;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::run_check;
use crate::output::{colored, print_json, table};
use crate::report::{Failure, Report, Target};
use crate::session::Session;
use crate::subscribers;

/// Run a check now, with alerts and metrics as the schedule does; show its report, and who is subscribed
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    stack: Stack,
    /// Change nothing: report what would be sent
    #[arg(long)]
    dry_run: bool,
}

impl Check {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let installation = Installation::find(session, &self.stack.name).await?;
        let (answer, report) = run_check(session, &installation, &json!({ "dryRun": self.dry_run })).await?;
        if is_json {
            print_json(&answer);
        } else {
            anstream::println!("{}\n\n{}", text(&report, self.dry_run), told(session, &installation).await?);
        }
        Ok(if report.parts.is_some() { Exit::Ok } else { report.exit() })
    }
}

/// Who is told about alerts, as far as that can be read.
async fn told(session: &Session, installation: &Installation) -> Result<String, Failed> {
    let topic = installation.output("AlertTopicArn")?;
    Ok(match subscribers::of(session, topic).await {
        Ok(found) => subscribers::text(topic, &found.unwrap_or_default()),
        Err(failed) => format!("Who is subscribed could not be read: {failed}"),
    })
}

/// The report for people.
fn text(report: &Report, is_dry_run: bool) -> String {
    let mut text = Vec::new();
    match (report.parts, report.targets.is_empty()) {
        (Some(parts), _) => text.push(format!(
            "The check was parted into {parts} parts, each of which the function carries out by itself and logs a report of."
        )),
        (None, true) => {}
        (None, false) => text.push(targets(&report.targets, is_dry_run)),
    }
    if let Some(counts) = &report.counts {
        let each = [
            (counts.exhausted, "EXHAUSTED"),
            (counts.critical, "CRITICAL"),
            (counts.warning, "WARNING"),
            (counts.unread, "not read"),
            (counts.unknown, "not known"),
            (counts.ok, "OK"),
        ];
        let each: Vec<String> =
            each.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
        text.push(format!("{} targets: {}. Not listed here: {}", counts.targets, each.join(", "), counts.not_listed));
    }
    let failures: Vec<String> = errors(report);
    if !failures.is_empty() {
        text.push(failures.join("\n"));
    }
    text.join("\n\n")
}

fn targets(targets: &[Target], is_dry_run: bool) -> String {
    let mut table = table(&[
        "level",
        "account",
        "Region",
        "used",
        "sent",
        "quota",
        if is_dry_run { "would send" } else { "sent alert" },
        "why",
    ]);
    for column in [3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for target in targets {
        let standing = target.standing();
        let notification = |name: &Option<String>, subject: &str| name.as_ref().map(|kind| format!("{subject} {kind}"));
        // QUOTA is among the subjects where there is something to say.
        let notifications: Vec<String> =
            target.subjects.iter().filter_map(|about| notification(&about.notification, &about.subject)).collect();
        let reasons: Vec<String> = target
            .subjects
            .iter()
            .map(|about| about.reason.clone())
            .chain(target.errors.all().map(|failure| format!("{}: {}", failure.step, failure.code)))
            .collect();
        table.add_row([
            Cell::new(colored(standing, standing.name())),
            Cell::new(target.account_for_people()),
            Cell::new(&target.region),
            Cell::new(target.utilization_percent.map(|percent| format!("{percent}%")).unwrap_or_default()),
            Cell::new(target.sent.map(count).unwrap_or_default()),
            Cell::new(match (target.sent, target.quota) {
                (Some(_), None) => "unlimited".to_owned(),
                (_, quota) => quota.map(count).unwrap_or_default(),
            }),
            Cell::new(notifications.join(", ")),
            Cell::new(reasons.join("; ")),
        ]);
    }
    table.trim_fmt()
}

/// What failed, each once, where, and what to do.
fn errors(report: &Report) -> Vec<String> {
    let mut failures: Vec<(&Failure, Vec<String>)> = report.errors.all().map(|failure| (failure, Vec::new())).collect();
    for target in &report.targets {
        for failure in target.errors.all() {
            let place = format!("{}/{}", target.account, target.region);
            match failures.iter_mut().find(|(other, _)| *other == failure) {
                Some((_, places)) => places.push(place),
                None => failures.push((failure, vec![place])),
            }
        }
    }
    let line = |(Failure { step, code, message, hint }, places): (&Failure, Vec<String>)| {
        let places = if places.is_empty() { String::new() } else { format!("{}: ", places.join(", ")) };
        let hint = hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default();
        format!("{places}{step}: {code}: {message}{hint}")
    };
    failures.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn shown(report: &str) -> String {
        let text = text(&serde_json::from_str(report).unwrap(), false);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn a_report_for_people() {
        // As src/check/report has it.
        let report = r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"targets":[
            {"account":"111122223333","region":"us-east-1","sentLast24Hours":48100,"max24HourSend":50000,"maxSendRate":14,"utilizationPercent":96.2,"level":"CRITICAL","notification":"ESCALATED","subjects":[{"subject":"QUOTA","level":"CRITICAL","notification":"ESCALATED","reason":"96.2% is above the CRITICAL threshold of 95%"}]},
            {"account":"111122223333","accountName":"Payments","region":"eu-west-1","sentLast24Hours":48100,"maxSendRate":14,"level":"OK","notification":null},
            {"account":"444455556666","region":"eu-west-1","error":{"step":"read","code":"AccessDenied","message":"not authorized","hint":"grant the role ses:GetSendQuota"}}]}"#;
        assert_snapshot!(shown(report), @r###"
         level     account                  Region      used    sent      quota  sent alert       why
         CRITICAL  111122223333             us-east-1  96.2%  48,100     50,000  QUOTA ESCALATED  96.2% is above the CRITICAL threshold of 95%
         OK        111122223333 (Payments)  eu-west-1         48,100  unlimited
         UNREAD    444455556666             eu-west-1                                             read: AccessDenied

        444455556666/eu-west-1: read: AccessDenied: not authorized
          grant the role ses:GetSendQuota
        "###);
    }

    #[test]
    fn a_report_of_many_targets() {
        let report = r#"{"checkedAt":"2026-11-24T12:00:00Z","dryRun":false,"counts":{"targets":101,"ok":100,"unknown":0,"unread":1,"warning":0,"critical":0,"exhausted":0,"notListed":101},"targets":[]}"#;
        assert_snapshot!(shown(report), @"101 targets: 1 not read, 100 OK. Not listed here: 101");
        assert_snapshot!(shown(r#"{"parts":12,"targets":[]}"#), @"The check was parted into 12 parts, each of which the function carries out by itself and logs a report of.");
    }
}
