//! The forecast for people: first what is expected, then the numbers, then what to do.

use ses_quota_monitor::check::Inspection;
use ses_quota_monitor::forecast::{Outlook, Peak};
use ses_quota_monitor::message::outlook;
use ses_quota_monitor::numbers::{count, recipients, whole_percent};
use ses_quota_monitor::reading::{Reading, Utilization};
use ses_quota_monitor::time::Timestamp;

use crate::output;

/// What is expected, as an alert says it.
pub fn headline(inspection: &Inspection, reading: &Reading, width: usize) -> String {
    let text = if inspection.is_stopped() {
        "Sending is paused: SES takes no mail from this account and Region, whatever is left of the quota.".to_owned()
    } else {
        outlook(reading).unwrap_or_else(|| match inspection.quota.max_24_hour_send() {
            None => "The quota is unlimited: it is never full.".to_owned(),
            Some(_) => "The quota is 0: SES takes no mail from this account and Region.".to_owned(),
        })
    };
    let style = output::style(super::exit(inspection, reading));
    output::styled(style, &text, width)
}

pub fn numbers(inspection: &Inspection, reading: &Reading, width: usize) -> String {
    let (quota, now) = (&inspection.quota, inspection.at);
    let max = quota.max_24_hour_send();
    let mut rows = vec![
        ("Account", inspection.target.account.id.to_string()),
        ("Region", inspection.target.region.to_string()),
        ("Sent in the last 24 hours", recipients(&count(quota.sent_last_24_hours()))),
        ("24-hour sending quota", max.map_or_else(|| "unlimited".to_owned(), |max| recipients(&count(max)))),
    ];
    if let Some(left) = quota.remaining() {
        rows.push(("Left", recipients(&count(left))));
    }
    if let Some(used) = quota.utilization().filter(|_| max != Some(0.0)) {
        rows.push(("Used", Utilization::for_people(used)));
    }
    if let Some(forecast) = &reading.forecast {
        if let Some(peak) = forecast.peak() {
            rows.push(("Expected peak", highest(peak, now)));
        }
        match &forecast.outlook {
            Outlook::Breach { at, window, probability, .. } => {
                rows.push(("Full at", format!("about {}", at.about(now))));
                rows.push(("4 times in 5", format!("{} UTC", window.for_people(now))));
                rows.push(("Chance of a full quota", chance(*probability)));
            }
            Outlook::MayBreach { window, probability, .. } => {
                rows.push(("If full, 4 times in 5", format!("{} UTC", window.for_people(now))));
                rows.push(("Chance of a full quota", chance(*probability)));
            }
            Outlook::NoBreach { probability, .. } => rows.push(("Chance of a full quota", chance(*probability))),
            Outlook::Full(relief) => {
                let room_at = relief.ok().and_then(|relief| relief.room_at);
                rows.extend(room_at.map(|at| ("Has room again at", format!("about {}", at.about(now)))));
            }
            Outlook::CannotTell(_) => {}
        }
        // As in the sentence: else the usual course tells more.
        if let Some(pace) = forecast.if_pace_holds.filter(|pace| pace.is_worth_telling) {
            rows.push(("Full if the pace holds", format!("about {}", pace.full_at.about(now))));
        }
    }
    rows.push(("Checked at", now.for_people()));
    rows.extend(inspection.failures().map(|failure| ("Not read", failure.to_string())));
    output::facts(&rows, width)
}

pub fn steps(inspection: &Inspection, width: usize) -> String {
    let steps: &[&str] = match inspection.quota.max_24_hour_send() {
        _ if inspection.is_stopped() => {
            &["See why, and what AWS wants to know before it resumes sending: Amazon SES console, Account dashboard"]
        }
        None => &[],
        Some(0.0) => &["Request a quota: ses-quota increase"],
        Some(_) => &[
            "Ask before a campaign whether it fits: ses-quota plan RECIPIENTS",
            "Request a higher quota: ses-quota increase",
        ],
    };
    output::steps(&steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>(), width)
}

fn highest(peak: &Peak, now: Timestamp) -> String {
    let (low, high) = (whole_percent(peak.low), whole_percent(peak.high));
    let when = if peak.at <= now { "now".to_owned() } else { format!("around {}", peak.at.about(now)) };
    format!("{} ({low} to {high}) {when}", whole_percent(peak.percent))
}

fn chance(probability: f64) -> String {
    format!("{} in the next 24 hours", whole_percent(100.0 * probability))
}
