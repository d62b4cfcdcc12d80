//! The text for a phone: one part, the level first.

use super::advice::in_short;
use super::outlook;
use super::subject::{headline, label};
use crate::alert::{Finding, Notification};
use crate::numbers::count;

/// The most characters of an SMS that SNS sends as one part in GSM-7.
///
/// Source: Amazon SNS developer guide, "Publishing SMS messages": 160 GSM characters, of which a sender name may take some.
pub(super) const CHARACTERS: usize = 140;

pub(super) fn text(notification: &Notification) -> String {
    let target = &notification.reading.target;
    let start = format!("{}: SES {} ({}) ", label(notification), target.region, target.account.id);
    let facts = match &notification.finding {
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
    };
    let advice = in_short(notification).iter().copied();
    let forecast = outlook::in_short(notification).map(|text| format!("{}.", capitalized(&text)));
    let mut facts = facts.iter().map(String::as_str);
    match &forecast {
        // When matters more than how many.
        Some(forecast) => fitted(start, facts.next().into_iter().chain([forecast.as_str()]).chain(advice).chain(facts)),
        None => fitted(start, facts.chain(advice)),
    }
}

fn capitalized(text: &str) -> String {
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

/// The underscore of a status: GSM-7 has one, but some phones show it as another character.
fn gsm(text: &str) -> String {
    text.replace('_', " ")
}
