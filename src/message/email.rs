//! The text for people: what happened, the numbers, what SES does, and what to do now.

use std::fmt::Write;

use super::advice::{Step, remark, steps};
use super::outlook;
use super::situation::{Sandbox, is_rejecting, sandbox};
use super::subject::{account, headline, label, place};
use crate::alert::{AlertLevel, Finding, Kind, Notification};
use crate::numbers::{count, per_second, recipients};
use crate::reading::{EnforcementStatus, SendRate};

/// Where lines break. A link is never broken.
const WIDTH: usize = 96;

/// Where what should be one line breaks all the same: the first line, which programs show as a preview, a fact, and a target
/// of a digest.
pub(super) const LONGEST: usize = 160;

pub(super) fn text(notification: &Notification) -> String {
    let parts = [
        what_happened(notification),
        numbers(notification),
        what_ses_does(notification).to_owned(),
        what_to_do(notification.level, &steps(notification), remark(notification)),
        ids(notification),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn what_happened(notification: &Notification) -> String {
    let reading = &notification.reading;
    let (label, place, account) = (label(notification), place(&reading.target), account(reading));
    let summary = format!("{label}: Amazon SES in {place}, account {account}: {}.", headline(notification));
    let rejecting = if is_rejecting(notification) && notification.kind != Kind::Test {
        "SES rejects all mail from this account and Region now.\n"
    } else {
        ""
    };
    let forecast = outlook::text(notification).map(|text| wrapped(&text, "")).unwrap_or_default();
    broken(&summary, "", LONGEST) + rejecting + &forecast + &wrapped(&change(notification), "")
}

/// What changed, and why.
pub(super) fn change(notification: &Notification) -> String {
    let Notification { kind, level, previous_level, cause, .. } = notification;
    match (kind, previous_level) {
        (Kind::Test, _) => format!("This is a test alert. Nothing needs to be done. The level now is {level}."),
        (Kind::Recovered, Some(previous)) => format!("The alert is over: the level is back to OK, after {previous}."),
        (Kind::Recovered, None) => "The alert is over: the level is back to OK.".to_owned(),
        (Kind::Reminder, _) => format!("Reminder: the level is still {level}: {cause}."),
        (Kind::Raised | Kind::Escalated, Some(previous)) => {
            format!("The level rose from {previous} to {level}: {cause}.")
        }
        (Kind::Raised | Kind::Escalated, None) => format!("The level is {level}: {cause}."),
    }
}

fn numbers(notification: &Notification) -> String {
    facts(notification).into_iter().fold(String::new(), |lines, (name, value)| {
        let fact = format!("{:<27} {value}", format!("{name}:"));
        lines + "  " + &broken(&fact, &" ".repeat(30), LONGEST - 2)
    })
}

/// What is known, by name.
pub(super) fn facts(notification: &Notification) -> Vec<(&'static str, String)> {
    let reading = &notification.reading;
    let mut rows = Vec::new();
    if let Finding::Reading(Some(unread)) = &notification.finding {
        let failure = &unread.failure;
        rows.push(("Not read since", unread.since.for_people()));
        rows.push(("Error", format!("{}: {}: {}", failure.stage, failure.code, failure.message)));
    }
    // An account as a whole has no quota, and is never read as such.
    if !reading.target.region.is_all() {
        rows.extend(what_was_read(notification));
    }
    if let Some(since) = notification.since {
        let name = if notification.kind == Kind::Recovered { "Was above OK from" } else { "Above OK since" };
        rows.push((name, since.for_people()));
    }
    rows.push(("Checked at", reading.checked_at.for_people()));
    rows
}

/// Account status, quota and rate.
fn what_was_read(notification: &Notification) -> Vec<(&'static str, String)> {
    let reading = &notification.reading;
    let mut rows = Vec::new();
    match &reading.account {
        Some(status) if status.level() > AlertLevel::Ok || matches!(notification.finding, Finding::Account(_)) => {
            rows.push(("Sending", if status.is_stopped() { "paused" } else { "enabled" }.to_owned()));
            let meaning = match status.enforcement {
                EnforcementStatus::Probation => " (under review)",
                EnforcementStatus::Shutdown => " (paused by AWS)",
                EnforcementStatus::Healthy | EnforcementStatus::Other(_) => "",
            };
            rows.push(("Account status", format!("{}{meaning}", status.enforcement)));
        }
        Some(_) => {}
        None => rows.push(("Account status", "unknown".to_owned())),
    }
    if let Sandbox::Yes = sandbox(reading) {
        rows.push(("Production access", "no, the account is in the sandbox".to_owned()));
    }
    match &reading.quota {
        None => rows.push(("24-hour sending quota", "unknown".to_owned())),
        Some(quota) => {
            rows.push(("Sent in the last 24 hours", recipients(&count(quota.sent_last_24_hours()))));
            let max = quota.max_24_hour_send();
            let shown = max.map_or_else(|| "unlimited".to_owned(), |max| recipients(&count(max)));
            rows.push(("24-hour sending quota", shown));
            if let Some(left) = quota.remaining() {
                rows.push(("Left", recipients(&count(left))));
            }
            if let Some(utilization) = quota.utilization().filter(|_| max != Some(0.0)) {
                rows.push(("Used", utilization.for_people()));
            }
            let rate = match quota.max_send_rate() {
                SendRate::PerSecond(rate) => format!("{} a second", recipients(&per_second(rate))),
                SendRate::Unlimited => "unlimited".to_owned(),
                SendRate::Unknown => "unknown".to_owned(),
            };
            rows.push(("Maximum send rate", rate));
            if let Finding::Rate(Some(used)) = notification.finding {
                rows.push(("Send rate used", format!("{}, average of a quarter hour", used.for_people())));
            }
        }
    }
    rows
}

fn what_ses_does(notification: &Notification) -> &'static str {
    match (&notification.finding, notification.kind) {
        (_, Kind::Test | Kind::Recovered) => "",
        // Source: Amazon SES API v2 reference, `SendEmail`, "Errors".
        (Finding::Account(status), _) if status.is_stopped() => {
            "WHAT SES DOES\n\
             SES rejects every message (\"SendingPausedException\"). A program loses it, unless it sends it\n\
             again once sending is resumed.\n"
        }
        (Finding::Account(status), _) if status.enforcement != EnforcementStatus::Probation => {
            "WHAT SES DOES\n\
             SES still accepts mail. Whether that stays so is not known: the status may announce a pause.\n"
        }
        (Finding::Account(_), _) => {
            "WHAT SES DOES\n\
             SES still accepts mail. If the issue is not corrected in time, AWS may pause the account: then\n\
             SES rejects all mail.\n"
        }
        // Source: Amazon SES developer guide, "Errors related to the sending quotas for your Amazon SES account".
        (Finding::Rate(_), _) => {
            "WHAT SES DOES AT 100%\n\
             SES throttles what is sent faster (\"Maximum sending rate exceeded\"). A program that uses the\n\
             API loses the message, unless it sends it again later. Over SMTP the error is temporary (454):\n\
             most mail servers keep the message and try again. Short peaks are higher than the average.\n"
        }
        (Finding::Reading(_), _) if notification.reading.target.region.is_all() => {
            "WHAT THIS MEANS\n\
             The monitor is blind for this account, in every Region: it cannot tell whether a quota is used\n\
             up or sending paused. Alerts about them neither begin nor end. Sending mail is not affected.\n"
        }
        (Finding::Reading(_), _) if notification.reading.quota.is_some() => {
            "WHAT THIS MEANS\n\
             The send quota is still watched. The account status is not: if AWS paused the account, the\n\
             monitor would not notice. Sending mail is not affected.\n"
        }
        (Finding::Reading(_), _) => {
            "WHAT THIS MEANS\n\
             The monitor is blind here: it cannot tell whether the quota is used up or the account paused.\n\
             Alerts about them neither begin nor end. Sending mail is not affected.\n"
        }
        (Finding::Quota(_), _) if is_rejecting(notification) => {
            "WHAT SES DOES\n\
             SES rejects every message (\"Daily message quota exceeded\"). A program that uses the API loses\n\
             the message, unless it sends it again later. Over SMTP the error is temporary (454): most mail\n\
             servers keep the message and try again.\n"
        }
        (Finding::Quota(_), _) => {
            "WHAT SES DOES AT 100%\n\
             SES rejects every further message (\"Daily message quota exceeded\"). A program that uses the API\n\
             loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most\n\
             mail servers keep the message and try again.\n"
        }
    }
}

/// The steps, numbered where there are several.
pub(super) fn what_to_do(level: AlertLevel, steps: &[Step], remark: Option<&str>) -> String {
    let mut text = if level == AlertLevel::Ok { "WHAT TO DO\n" } else { "WHAT TO DO NOW\n" }.to_owned();
    for (number, Step { text: step, place }) in (1..).zip(steps) {
        let number = if steps.len() > 1 { format!("{number}. ") } else { String::new() };
        text.push_str(&wrapped(&format!("{number}{step}"), if steps.len() > 1 { "   " } else { "" }));
        if let Some(place) = place {
            let _ = writeln!(text, "   {place}");
        }
    }
    if let Some(remark) = remark {
        text.push_str(&wrapped(remark, ""));
    }
    text
}

fn ids(notification: &Notification) -> String {
    let mut text = String::new();
    if let Some(incident_id) = &notification.incident_id {
        let _ = writeln!(text, "Incident ID: {incident_id}");
    }
    let _ = writeln!(text, "Alert ID: {}", notification.alert_id);
    text
}

fn wrapped(text: &str, indent: &str) -> String {
    broken(text, indent, WIDTH)
}

/// The text in lines of at most `most` characters, those after the first indented.
pub(super) fn broken(text: &str, indent: &str, most: usize) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > most {
            lines.push('\n');
            lines.push_str(indent);
            width = indent.len();
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines + "\n"
}
