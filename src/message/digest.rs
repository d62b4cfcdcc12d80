//! One message about several notifications of one subject, kind and level.

use std::fmt::Write;

use serde::Serialize;

use super::advice::Step;
use super::chat::{self, Chat};
use super::document::{self, Document};
use super::email::{LONGEST, broken, what_to_do};
use super::sms::fitted;
use super::subject::{headline, label, not_readable, place, with_news};
use super::{Attributes, Message, outlook};
use crate::alert::{AlertLevel, Finding, Kind, Notification, Subject, Unread};
use crate::reading::{EnforcementStatus, Utilization};

/// The most notifications in one message: people read it to its end. A test alert about more names these, and counts the rest.
const MOST: usize = 50;

/// The most bytes of a message. SNS accepts 256 KiB, with the message attributes.
const MOST_BYTES: usize = 200 * 1_024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestDocument<'a> {
    schema_version: u32,
    digest: bool,
    subject: Subject,
    kind: Kind,
    level: AlertLevel,
    count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<Document<'a>>,
}

/// How many of the notifications, from the first, fit one message: at least one.
#[must_use]
pub fn fitting(notifications: &[&Notification]) -> usize {
    let mut count = notifications.len().min(MOST);
    while let Some((first, others)) = notifications[..count].split_first().filter(|(_, others)| !others.is_empty()) {
        let bytes = text(first, others).body().len();
        if bytes <= MOST_BYTES {
            break;
        }
        count = (count * MOST_BYTES / bytes).clamp(1, count - 1);
    }
    count
}

/// The message about a notification and at least one other.
pub(super) fn text(first: &Notification, others: &[&Notification]) -> Message {
    let mut all: Vec<&Notification> = [first].into_iter().chain(others.iter().copied()).collect();
    all.sort_by_cached_key(|notification| notification.reading.target.to_string());
    let named = &all[..all.len().min(MOST)];
    let (subject, kind, count) = (first.subject(), first.kind, all.len());
    // Of a test alert, the worst.
    let level = all.iter().map(|notification| notification.level).max().unwrap_or(first.level);
    let what = what(first, &all);
    let subject_line = with_news(&format!("[{}] SES: ", label(first)), kind, &what);
    let steps = steps(first);
    let lines = lines(named, count);
    let of = |alerts| DigestDocument {
        schema_version: document::SCHEMA_VERSION,
        digest: true,
        subject,
        kind,
        level,
        count,
        alerts,
    };
    let chat = Chat {
        title: &subject_line,
        description: &lines,
        steps: &steps,
        keywords: vec![level.name(), kind.name(), subject.name()],
        thread_id: None,
    };
    Message {
        email: email(first, &what, &lines, &steps),
        sms: fitted(
            format!("{}: SES, ", label(first)),
            [format!("{what}."), in_short(first).to_owned()].iter().map(String::as_str),
        ),
        document: document::text(&of(named.iter().map(|notification| document::of(notification)).collect())),
        chat: chat::text(chat, &of(Vec::new())),
        attributes: Attributes { level, kind, subject, target: None },
        subject: subject_line,
    }
}

/// `23 targets not readable for 15 minutes`
fn what(first: &Notification, all: &[&Notification]) -> String {
    let targets = format!("{} targets", all.len());
    match (&first.finding, first.kind) {
        (_, Kind::Test) => targets,
        (Finding::Quota(_), Kind::Recovered) => format!("{targets} below the thresholds of the 24-hour sending quota"),
        (Finding::Account(_), Kind::Recovered) => format!("{targets} with a healthy account"),
        (Finding::Reading(_), _) => match all.iter().filter_map(|one| unread(one)).max_by_key(|unread| unread.since) {
            Some(latest) => format!("{targets} {}", not_readable(latest, first.reading.checked_at)),
            None => format!("{targets} readable again"),
        },
        (Finding::Quota(_), _) if first.level == AlertLevel::Exhausted => {
            format!("{targets} with no 24-hour sending quota left")
        }
        (Finding::Quota(_), _) => {
            format!("{targets} with {}the 24-hour sending quota used", lowest(all))
        }
        (Finding::Rate(_), Kind::Recovered) => format!("{targets} below the threshold of the maximum send rate"),
        (Finding::Rate(_), _) => format!("{targets} with {}the maximum send rate used", lowest(all)),
        (Finding::Account(_), _) if first.level == AlertLevel::Exhausted => format!("{targets} with sending paused"),
        (Finding::Account(_), _) if all.iter().all(|one| is_under_review(one)) => {
            format!("{targets} under review by AWS")
        }
        (Finding::Account(_), _) => format!("{targets} under review by AWS, or with an unknown status"),
    }
}

/// `80.1% or more of `
fn lowest(all: &[&Notification]) -> String {
    let lowest = all.iter().filter_map(|one| utilization(one)).min_by(|a, b| a.percent().total_cmp(&b.percent()));
    lowest.map_or_else(String::new, |lowest| format!("{} or more of ", lowest.for_people()))
}

fn unread(notification: &Notification) -> Option<&Unread> {
    match &notification.finding {
        Finding::Reading(unread) => unread.as_ref(),
        Finding::Quota(_) | Finding::Account(_) | Finding::Rate(_) => None,
    }
}

fn utilization(notification: &Notification) -> Option<Utilization> {
    match &notification.finding {
        Finding::Quota(quota) => quota.utilization(),
        Finding::Rate(used) => *used,
        Finding::Account(_) | Finding::Reading(_) => None,
    }
}

fn is_under_review(notification: &Notification) -> bool {
    matches!(&notification.finding, Finding::Account(status) if status.enforcement == EnforcementStatus::Probation)
}

/// One line per target.
fn lines(named: &[&Notification], count: usize) -> String {
    let mut lines = String::new();
    for notification in named {
        let (what, reading) = (headline(notification), &notification.reading);
        let what = match (&notification.finding, notification.kind) {
            (_, Kind::Test) => format!("{}, {what}", notification.level),
            (Finding::Reading(Some(unread)), _) => format!("{what} ({})", unread.failure.code),
            (Finding::Account(status), _) => format!("{what} ({})", status.enforcement),
            _ => match outlook::of_notification(notification) {
                Some(forecast) => format!("{what}; {forecast}"),
                None => what,
            },
        };
        let name = reading.account_name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
        let line = format!("{} (account {}{name}): {what}", place(&reading.target), reading.target.account.id);
        lines.push_str("  ");
        lines.push_str(&broken(&line, "    ", LONGEST - 2));
    }
    if count > named.len() {
        let _ = writeln!(lines, "  and {} more", count - named.len());
    }
    lines
}

fn email(first: &Notification, what: &str, lines: &str, steps: &[Step]) -> String {
    let news = match first.kind {
        Kind::Test => "This is a test alert. Nothing needs to be done.".to_owned(),
        Kind::Recovered => "These alerts are over: the level is back to OK.".to_owned(),
        Kind::Reminder => format!("Reminder: the level of each is still {}.", first.level),
        Kind::Raised | Kind::Escalated => format!("The level of each rose to {}.", first.level),
    };
    let summary = format!("{}: Amazon SES, {what}.\n{news}\n", label(first));
    let level = if first.kind == Kind::Test { AlertLevel::Ok } else { first.level };
    [summary, lines.to_owned(), what_to_do(level, steps, None)].join("\n")
}

/// What to do, where the targets have it in common.
fn steps(first: &Notification) -> Vec<Step> {
    let texts: &[&str] = match (&first.finding, first.kind) {
        (_, Kind::Test) => &["You received this, so alerts reach you. A real alert says what to do."],
        (Finding::Quota(_), Kind::Recovered) => {
            &["Nothing at once. Mail that was held back can be sent again, a part at a time."]
        }
        (Finding::Account(_), Kind::Recovered) => {
            &["SES has not kept what it rejected: send that again where it still matters, a part at a time."]
        }
        (Finding::Rate(_) | Finding::Reading(_), Kind::Recovered) => &["Nothing."],
        (Finding::Quota(_), _) => &[
            "Hold back mail that can wait, bulk mail first: many targets at once may have one sender, or one mistake, in common.",
            "In the SES console of each Region, under Account dashboard, see what was sent, and whether it should have been.",
            "Ask for higher quotas in Service Quotas, unless a request is open there, or for production access where the account \
             is in the sandbox. It can take a day to be granted.",
        ],
        (Finding::Rate(_), _) => &[
            "Let the programs that send bulk mail send more slowly, and send again later what SES throttles: many targets at \
             once may have one sender in common.",
            "In the SES console of each Region, under Account dashboard, see what was sent, and whether it should have been.",
            "Ask for higher send rates in Service Quotas. It can take a day to be granted.",
        ],
        (Finding::Account(_), _) => &[
            "Read what AWS wrote to the email addresses of the accounts; it names the issues.",
            "Correct the causes, then reply to the cases that AWS opened in the AWS Support Center of each account.",
            "Where sending is paused and the status is not SHUTDOWN, ask who paused it: somebody with access, or an automation.",
        ],
        (Finding::Reading(_), _) => &[
            "Look for what they have in common: the function's role, a policy of your organization, a proxy, or an AWS event.",
            "The function's log names the error of each, and what to do about it.",
            "Until they can be read, look at the SES console of those that matter most: nobody else watches them.",
        ],
    };
    texts.iter().map(|&text| Step { text: text.to_owned(), place: None }).collect()
}

fn in_short(first: &Notification) -> &'static str {
    match (&first.finding, first.kind) {
        (_, Kind::Test) => "Only a test.",
        (_, Kind::Recovered) => "Recovered.",
        (Finding::Quota(_), _) => "Hold bulk mail, raise the quotas.",
        (Finding::Rate(_), _) => "Send bulk mail more slowly.",
        (Finding::Account(_), _) if first.level == AlertLevel::Exhausted => {
            "SES rejects all mail. Read AWS's emails, reply to its cases."
        }
        (Finding::Account(_), _) => "Read AWS's emails, reply to its cases.",
        (Finding::Reading(_), _) => "They are not watched. See the email.",
    }
}
