//! The text for a phone: one part, the level first.

use super::advice::in_short;
use super::outlook;
use super::subject::{headline, label, place};
use crate::alert::{Finding, Notification};
use crate::numbers::count;
use crate::target::AccountName;

/// The most characters of an SMS that SNS sends as one part in GSM-7.
///
/// Source: Amazon SNS developer guide, "Publishing SMS messages": 160 GSM characters, of which a sender name may take some.
pub(super) const CHARACTERS: usize = 140;

pub(super) fn text(notification: &Notification) -> String {
    let reading = &notification.reading;
    let (place, id) = (place(&reading.target), &reading.target.account.id);
    let start = |account: &str| format!("{}: SES {place} ({account}) ", label(notification));
    let facts = facts(notification);
    let advice = in_short(notification).iter().copied();
    let forecast = outlook::of_notification(notification).map(|text| format!("{}.", capitalized(&text)));
    let mut facts = facts.iter().map(String::as_str);
    let parts: Vec<&str> = match &forecast {
        // When matters more than how many.
        Some(forecast) => facts.next().into_iter().chain([forecast.as_str()]).chain(advice).chain(facts).collect(),
        None => facts.chain(advice).collect(),
    };
    let text = fitted(start(id.as_str()), parts.iter().copied());
    match reading.account_name.as_ref().and_then(for_phones).map(|name| format!("{name}, {id}")) {
        // The name matters least: nothing is left out for it.
        Some(account) if text.len() - id.as_str().len() + account.len() <= CHARACTERS => {
            fitted(start(&account), parts.into_iter())
        }
        _ => text,
    }
}

/// The most important first.
fn facts(notification: &Notification) -> Vec<String> {
    match &notification.finding {
        Finding::Quota(quota) => match (quota.max_24_hour_send(), quota.utilization()) {
            (Some(0.0), _) => vec!["sending quota is 0.".to_owned()],
            (Some(max), Some(utilization)) => vec![
                format!("{} of 24h quota used.", utilization.for_people()),
                match quota.remaining() {
                    Some(left) if left > 0.0 => format!("{} of {} left.", count(left), count(max)),
                    _ => format!("{} sent, quota {}.", count(quota.sent_last_24_hours()), count(max)),
                },
            ],
            _ => vec!["sending quota is unlimited.".to_owned()],
        },
        Finding::Account(_) | Finding::Rate(_) | Finding::Reading(_) => {
            vec![format!("{}.", gsm(&headline(notification)))]
        }
    }
}

/// The text with a capital letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

/// The most important first. A part that does not fit is left out.
pub(super) fn fitted<'a>(mut text: String, parts: impl Iterator<Item = &'a str>) -> String {
    let mut gap = "";
    for part in parts {
        if text.len() + gap.len() + part.len() <= CHARACTERS {
            text.push_str(gap);
            text.push_str(part);
            gap = " ";
        }
    }
    text
}

/// A name without characters that GSM-7 lacks, or encodes as two.
///
/// Source: 3GPP TS 23.038, "GSM 7 bit Default Alphabet".
fn for_phones(name: &AccountName) -> Option<String> {
    (!name.as_str().contains(['[', ']', '{', '}', '\\', '^', '~', '|', '`'])).then(|| gsm(name.as_str()))
}

/// Without underscores, as in a status: GSM-7 has one, but some phones show it as another character.
fn gsm(text: &str) -> String {
    text.replace('_', " ")
}
