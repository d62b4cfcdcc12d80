//! The text for people: what happened, the numbers, what SES does, and what to do now.

use std::fmt::Write;

use super::subject::{headline, label, percent};
use super::{is_like_sandbox, is_rejecting};
use crate::alert::{AlertLevel, Kind, Notification};
use crate::numbers::{count, per_second, recipients};
use crate::reading::SendRate;
use crate::target::Target;

/// The quota `Sending quota` of the service `ses` in Service Quotas.
const SENDING_QUOTA_CODE: &str = "L-804C8AE8";

pub(super) fn text(notification: &Notification) -> String {
    let parts = [
        what_happened(notification),
        numbers(notification),
        what_ses_does(notification).to_owned(),
        what_to_do(notification),
        format!("Alert ID: {}\n", notification.alert_id),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn what_happened(notification: &Notification) -> String {
    let target = &notification.reading.target;
    let summary = format!(
        "{}: Amazon SES in {}, account {}: {}.\n",
        label(notification),
        target.region,
        target.account.id,
        headline(notification)
    );
    let level = notification.level;
    let rejecting = if is_rejecting(notification) && notification.kind != Kind::Test {
        "SES rejects all mail from this account and Region now.\n"
    } else {
        ""
    };
    let change = match (notification.kind, notification.previous_level) {
        (Kind::Test, _) => format!("This is a test alert. Nothing needs to be done. The level now is {level}.\n"),
        (Kind::Recovered, Some(previous)) => {
            format!("The alert is over: the level is back to OK, after {previous}.\n")
        }
        (Kind::Recovered, None) => "The alert is over: the level is back to OK.\n".to_owned(),
        (Kind::Reminder, _) => format!("Reminder: the level is still {level}.\n"),
        (_, Some(previous)) => format!("The level rose from {previous} to {level}.\n"),
        (_, None) => format!("The level is {level}.\n"),
    };
    summary + rejecting + &change
}

fn numbers(notification: &Notification) -> String {
    let reading = &notification.reading;
    let quota = &reading.quota;
    let mut rows = vec![("Sent in the last 24 hours", recipients(&count(quota.sent_last_24_hours())))];
    match quota.max_24_hour_send() {
        Some(max) => rows.push(("24-hour sending quota", recipients(&count(max)))),
        None => rows.push(("24-hour sending quota", "unlimited".to_owned())),
    }
    if let Some(left) = quota.remaining() {
        rows.push(("Left", recipients(&count(left))));
    }
    if let Some(utilization) = quota.utilization().filter(|_| quota.max_24_hour_send() != Some(0.0)) {
        rows.push(("Used", percent(utilization)));
    }
    let rate = match quota.max_send_rate() {
        SendRate::PerSecond(rate) => format!("{} a second", recipients(&per_second(rate))),
        SendRate::Unlimited => "unlimited".to_owned(),
        SendRate::Unknown => "unknown".to_owned(),
    };
    rows.push(("Maximum send rate", rate));
    if let Some(since) = notification.since {
        let name = if notification.kind == Kind::Recovered { "Was above OK from" } else { "Above OK since" };
        rows.push((name, since.for_people()));
    }
    rows.push(("Checked at", reading.checked_at.for_people()));
    rows.into_iter().fold(String::new(), |mut lines, (name, value)| {
        let _ = writeln!(lines, "  {:<27} {value}", format!("{name}:"));
        lines
    })
}

fn what_ses_does(notification: &Notification) -> &'static str {
    match notification.kind {
        Kind::Test | Kind::Recovered => "",
        _ if is_rejecting(notification) => {
            "WHAT SES DOES\n\
             SES rejects every message (\"Daily message quota exceeded\"). A program that uses the API loses\n\
             the message, unless it sends it again later. Over SMTP the error is temporary (454): most mail\n\
             servers keep the message and try again.\n"
        }
        _ => {
            "WHAT SES DOES AT 100%\n\
             SES rejects every further message (\"Daily message quota exceeded\"). A program that uses the API\n\
             loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most\n\
             mail servers keep the message and try again.\n"
        }
    }
}

/// The step that keeps the most important mail going.
const HOLD_BACK: &str = "Hold back mail that can wait (campaigns, digests), so that the mail that cannot
   (sign-in, receipts) still goes out. Each recipient counts, not each message.
";

const ROLLING: &str = "The 24 hours are a rolling window: quota comes back as older mail leaves it.\n";

fn what_to_do(notification: &Notification) -> String {
    let target = &notification.reading.target;
    let quota = &notification.reading.quota;
    let (dashboard, quotas) = (account_dashboard(target), service_quotas(target));
    let steps = match notification.kind {
        Kind::Test => format!("You received this, so alerts reach you. The account:\n{dashboard}"),
        Kind::Recovered if quota.remaining().is_none() => {
            "Nothing. Mail that was held back can be sent again.\n".to_owned()
        }
        Kind::Recovered => {
            let (more, link) =
                if is_like_sandbox(quota) { ("production access", dashboard) } else { ("a higher quota", quotas) };
            format!(
                "Nothing at once. Mail that was held back can be sent again, a part at a time: it counts\n\
                 against the quota too. If this happens often, ask for {more}:\n{link}"
            )
        }
        _ if quota.max_24_hour_send() == Some(0.0) => format!(
            "1. See why the account may not send, and answer what AWS asks for there:\n{dashboard}\
             2. Ask for a sending quota. It can take a day to be granted:\n{quotas}\
             3. Stop the programs that send, or let them retry: all their mail is rejected.\n"
        ),
        _ if is_like_sandbox(quota) => format!(
            "1. Ask for production access now, not for a higher quota: 200 recipients a day and 1 a second\n   \
             are the limits of the SES sandbox. It can take a day to be granted:\n{dashboard}\
             2. {HOLD_BACK}\
             3. See what was sent, and whether it should have been: on the same page.\n\
             4. If the account has left the sandbox and kept its limits, ask for a higher quota:\n{quotas}\
             {ROLLING}"
        ),
        _ => format!(
            "1. {HOLD_BACK}\
             2. See what was sent, and whether it should have been:\n{dashboard}\
             3. Ask for a higher quota now. It can take a day to be granted:\n{quotas}\
             {ROLLING}"
        ),
    };
    let title = if notification.level == AlertLevel::Ok { "WHAT TO DO" } else { "WHAT TO DO NOW" };
    format!("{title}\n{steps}")
}

fn account_dashboard(target: &Target) -> String {
    console_link(target, "ses/home", "#/account", "the SES account dashboard")
}

fn service_quotas(target: &Target) -> String {
    let path = format!("servicequotas/home/services/ses/quotas/{SENDING_QUOTA_CODE}");
    console_link(target, &path, "", &format!("Service Quotas, quota {SENDING_QUOTA_CODE}"))
}

/// A link to a page of the console of the target's Region and partition. Where the console is unknown, the page's name.
fn console_link(target: &Target, path: &str, fragment: &str, name: &str) -> String {
    let region = &target.region;
    match target.account.partition.console_domain() {
        Some(domain) => format!("   https://{region}.{domain}/{path}?region={region}{fragment}\n"),
        None => format!("   In the console of {region}: {name}\n"),
    }
}
