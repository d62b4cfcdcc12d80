//! The answer to a plan in words: first whether it fits, then the numbers, then what to do.

use std::time::Duration;

use indicatif::HumanDuration;
use serde::{Deserialize, Deserializer, de};
use ses_quota_monitor::forecast::Unknown;
use ses_quota_monitor::numbers::{count, per_second, recipients};
use ses_quota_monitor::time::Timestamp;

use crate::Exit;
use crate::output;

/// What the monitor answers, on this machine or in its function.
#[derive(Debug, Deserialize)]
pub struct Answer {
    pub plan: PlanAnswer,
}

/// See docs/headroom.md.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanAnswer {
    account: String,
    region: String,
    recipients: f64,
    #[serde(deserialize_with = "time")]
    start_at: Timestamp,
    per_second: Option<f64>,
    fits: bool,
    room: Option<f64>,
    #[serde(default, deserialize_with = "time_if_any")]
    fits_from: Option<Timestamp>,
    takes_seconds: Option<f64>,
    forecast: Option<String>,
    reason: Option<String>,
    sending_enabled: Option<bool>,
    error: Option<Unread>,
    #[serde(default)]
    further_errors: Vec<Unread>,
}

/// What could not be read.
#[derive(Debug, Clone, Deserialize)]
struct Unread {
    step: String,
    code: String,
    message: String,
    hint: Option<String>,
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fits,
    Later(Timestamp),
    Never,
    Paused,
    CannotTell,
}

impl PlanAnswer {
    fn verdict(&self) -> Verdict {
        match self.fits_from {
            _ if self.forecast.is_some() => Verdict::CannotTell,
            _ if self.sending_enabled == Some(false) => Verdict::Paused,
            _ if self.fits => Verdict::Fits,
            Some(from) => Verdict::Later(from),
            None => Verdict::Never,
        }
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self.verdict() {
            Verdict::Fits => Exit::Ok,
            Verdict::Later(_) => Exit::Warning,
            Verdict::Never | Verdict::Paused => Exit::Critical,
            Verdict::CannotTell => Exit::Unknown,
        }
    }

    /// For people.
    pub fn in_words(&self, now: Timestamp, width: usize) -> String {
        let style = output::style(self.exit());
        [
            output::styled(style, &self.headline(now), width),
            output::facts(&self.numbers(now), width),
            output::steps(&self.steps(now), width),
        ]
        .join("\n")
    }

    fn headline(&self, now: Timestamp) -> String {
        let asked = recipients(&count(self.recipients));
        let (fit, do_not_fit, they_fit, they_do) = match asked.as_str() {
            "1 recipient" => ("fits", "does not fit", "It fits", "it does"),
            _ => ("fit", "do not fit", "They fit", "they do"),
        };
        let when = self.when(now);
        let room = match self.room {
            Some(room) if room > 0.0 => format!("room for {}", count(room)),
            _ => "no room".to_owned(),
        };
        match self.verdict() {
            Verdict::Fits if self.room.is_none() => format!("Yes: {asked} {fit} {when}: the quota is unlimited."),
            Verdict::Fits => format!("Yes: {asked} {fit} {when}."),
            Verdict::Later(from) => format!(
                "No: {asked} {do_not_fit} {when}: there is {room}. {they_fit} from {} UTC.",
                to_the_minute(from).clock(now)
            ),
            Verdict::Never => format!(
                "No: {asked} {do_not_fit} {when}: there is {room}. There is no time in the next 24 hours at which {they_do}."
            ),
            Verdict::Paused => {
                format!("No: sending is paused. SES takes no mail from account {} in {}.", self.account, self.region)
            }
            Verdict::CannotTell => {
                let more = if self.fits { String::new() } else { format!(": {asked} {do_not_fit}") };
                format!(
                    "Cannot be told: {}. Left now: {}{more}.",
                    self.why(),
                    recipients(&count(self.room.unwrap_or_default()))
                )
            }
        }
    }

    /// `now`, or `at 18:00 UTC`.
    fn when(&self, now: Timestamp) -> String {
        if self.start_at <= now.plus_seconds(60) {
            "now".to_owned()
        } else {
            format!("at {} UTC", self.start_at.clock(now))
        }
    }

    fn why(&self) -> String {
        let known = Unknown::ALL.into_iter().find(|unknown| Some(unknown.name()) == self.reason.as_deref());
        known.map_or_else(|| "there is no forecast".to_owned(), |unknown| unknown.to_string())
    }

    fn numbers(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("Account", self.account.clone()),
            ("Region", self.region.clone()),
            ("Asked for", recipients(&count(self.recipients))),
            ("Start", self.start_at.for_people()),
        ];
        if self.verdict() != Verdict::Paused {
            rows.extend(self.room_and_rate(now));
        }
        rows.extend(
            self.unread().map(|Unread { step, code, message, .. }| ("Not read", format!("{step}: {code}: {message}"))),
        );
        rows
    }

    fn room_and_rate(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        let verdict = self.verdict();
        if let Some(room) = self.room {
            let name = if verdict == Verdict::CannotTell { "Left now" } else { "Room from then on" };
            rows.push((name, recipients(&count(room))));
        }
        if let Verdict::Later(from) = verdict {
            rows.push(("Fits from", to_the_minute(from).for_people()));
        }
        if let Some(rate) = self.per_second {
            rows.push(("Send rate", format!("{} a second", recipients(&per_second(rate)))));
        }
        if let Some(takes) = self.takes() {
            let end = self.start_at.plus_seconds(takes.as_secs().try_into().unwrap_or(i64::MAX));
            let until = format!(", until {} UTC", to_the_minute(end).clock(now));
            rows.push(("Takes", format!("{}{}", HumanDuration(takes), if self.fits { until.as_str() } else { "" })));
        }
        rows
    }

    fn steps(&self, now: Timestamp) -> Vec<String> {
        let Self { recipients: asked, room, .. } = self;
        let when = self.when(now);
        let mut steps = Vec::new();
        match self.verdict() {
            Verdict::Fits => {
                steps.push(format!("Start {when}{}.", self.at_most()));
                steps.push(
                    "Nothing is reserved: ask again right before you start, and before anything else that is large."
                        .to_owned(),
                );
            }
            Verdict::Later(from) => {
                let from = to_the_minute(from).clock(now);
                steps.push(format!("Start at {from} UTC or later{}.", self.at_most()));
                if let Some(room) = room.filter(|room| *room > 0.0) {
                    let rest = count(asked - room);
                    steps
                        .push(format!("Or split it: {} {when}, and the other {rest} from {from} UTC on.", count(room)));
                }
                steps.push("If this happens often, request a higher quota: ses-quota increase".to_owned());
            }
            Verdict::Never => {
                if let Some(room) = room.filter(|room| *room > 0.0) {
                    let rest = count(asked - room);
                    steps.push(format!("Split it: {} {when}, and the other {rest} on another day.", count(room)));
                }
                steps.push("Request a higher quota, which can take a day: ses-quota increase".to_owned());
            }
            Verdict::Paused => steps.push(
                "See why, and what AWS wants to know before it resumes sending: Amazon SES console, Account dashboard"
                    .to_owned(),
            ),
            Verdict::CannotTell => {
                if self.fits {
                    steps.push(format!(
                        "Start {when} only if little else is sent in the 24 hours after it: leave a margin."
                    ));
                } else {
                    steps.push("Send less, or wait until mail of the last 24 hours has left the window.".to_owned());
                }
                steps.push("See what was sent, and when: ses-quota forecast".to_owned());
            }
        }
        steps.extend(
            self.unread()
                .filter_map(|Unread { step, hint, .. }| Some(format!("To have {step} read: {}.", hint.as_ref()?))),
        );
        steps
    }

    /// `, at most 14 recipients a second: it takes 36 minutes`
    fn at_most(&self) -> String {
        match (self.per_second.filter(|rate| *rate > 0.0), self.takes()) {
            (Some(rate), Some(takes)) => {
                format!(", at most {} a second: it takes {}", recipients(&per_second(rate)), HumanDuration(takes))
            }
            _ => String::new(),
        }
    }

    fn takes(&self) -> Option<Duration> {
        self.takes_seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    fn unread(&self) -> impl Iterator<Item = &Unread> {
        self.error.iter().chain(&self.further_errors)
    }
}

/// The next full minute: at what is shown, it fits.
fn to_the_minute(time: Timestamp) -> Timestamp {
    Timestamp::from_epoch_seconds((time.epoch_seconds() + 59).div_euclid(60) * 60)
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}

fn time_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::*;

    /// The words at noon, without colors, and how the command ends. `null` leaves a field out.
    fn said(changes: &Value) -> String {
        let mut plan = json!({
            "account": "111122223333", "region": "us-east-1", "recipients": 30_000, "startAt": "2026-11-25T12:00:00Z",
            "perSecond": 14, "fits": false, "room": 12_400, "fitsFrom": "2026-11-25T21:37:13Z", "takesSeconds": 2_143,
        });
        for (name, value) in changes.as_object().unwrap() {
            plan[name] = value.clone();
        }
        let plan: PlanAnswer = serde_json::from_value(plan).unwrap();
        let words = plan.in_words("2026-11-25T12:00:05Z".parse().unwrap(), 100);
        format!("{}=> {:?}", anstream::adapter::strip_str(&words), plan.exit())
    }

    #[test]
    fn it_fits() {
        let now = json!({"fits": true, "room": 42_000, "fitsFrom": "2026-11-25T12:00:00Z"});
        assert_snapshot!(said(&now), @"
        Yes: 30,000 recipients fit now.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          30,000 recipients
          Start:              2026-11-25 12:00 UTC
          Room from then on:  42,000 recipients
          Send rate:          14 recipients a second
          Takes:              36 minutes, until 12:36 UTC

        WHAT TO DO
        1. Start now, at most 14 recipients a second: it takes 36 minutes.
        2. Nothing is reserved: ask again right before you start, and before anything else that is large.
        => Ok
        ");
        let later = json!({
            "fits": true, "room": 42_000, "startAt": "2026-11-26T06:00:00Z", "fitsFrom": "2026-11-26T06:00:00Z",
            "recipients": 1, "perSecond": 0.5, "takesSeconds": 2,
        });
        assert_snapshot!(said(&later), @"
        Yes: 1 recipient fits at 2026-11-26 06:00 UTC.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          1 recipient
          Start:              2026-11-26 06:00 UTC
          Room from then on:  42,000 recipients
          Send rate:          0.5 recipients a second
          Takes:              2 seconds, until 2026-11-26 06:01 UTC

        WHAT TO DO
        1. Start at 2026-11-26 06:00 UTC, at most 0.5 recipients a second: it takes 2 seconds.
        2. Nothing is reserved: ask again right before you start, and before anything else that is large.
        => Ok
        ");
        let unlimited = json!({"fits": true, "room": null, "fitsFrom": "2026-11-25T12:00:00Z", "perSecond": null, "takesSeconds": null});
        assert_snapshot!(said(&unlimited), @"
        Yes: 30,000 recipients fit now: the quota is unlimited.

          Account:    111122223333
          Region:     us-east-1
          Asked for:  30,000 recipients
          Start:      2026-11-25 12:00 UTC

        WHAT TO DO
        1. Start now.
        2. Nothing is reserved: ask again right before you start, and before anything else that is large.
        => Ok
        ");
    }

    #[test]
    fn it_fits_later() {
        assert_snapshot!(said(&json!({})), @"
        No: 30,000 recipients do not fit now: there is room for 12,400. They fit from 21:38 UTC.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          30,000 recipients
          Start:              2026-11-25 12:00 UTC
          Room from then on:  12,400 recipients
          Fits from:          2026-11-25 21:38 UTC
          Send rate:          14 recipients a second
          Takes:              36 minutes

        WHAT TO DO
        1. Start at 21:38 UTC or later, at most 14 recipients a second: it takes 36 minutes.
        2. Or split it: 12,400 now, and the other 17,600 from 21:38 UTC on.
        3. If this happens often, request a higher quota: ses-quota increase
        => Warning
        ");
        assert_snapshot!(said(&json!({"startAt": "2026-11-25T14:00:00Z", "room": 0, "fitsFrom": "2026-11-26T02:00:00Z"})), @"
        No: 30,000 recipients do not fit at 14:00 UTC: there is no room. They fit from 2026-11-26 02:00 UTC.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          30,000 recipients
          Start:              2026-11-25 14:00 UTC
          Room from then on:  0 recipients
          Fits from:          2026-11-26 02:00 UTC
          Send rate:          14 recipients a second
          Takes:              36 minutes

        WHAT TO DO
        1. Start at 2026-11-26 02:00 UTC or later, at most 14 recipients a second: it takes 36 minutes.
        2. If this happens often, request a higher quota: ses-quota increase
        => Warning
        ");
    }

    #[test]
    fn the_documentation_shows_an_answer() {
        let answer = said(&json!({"startAt": "2026-11-25T14:00:00Z", "fitsFrom": "2026-11-25T21:40:00Z"}));
        let (words, _) = answer.split_once("=>").unwrap();
        assert!(include_str!("../../../docs/command-line.md").contains(words), "{words}");
    }

    #[test]
    fn it_does_not_fit() {
        assert_snapshot!(said(&json!({"fitsFrom": null})), @"
        No: 30,000 recipients do not fit now: there is room for 12,400. There is no time in the next 24
        hours at which they do.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          30,000 recipients
          Start:              2026-11-25 12:00 UTC
          Room from then on:  12,400 recipients
          Send rate:          14 recipients a second
          Takes:              36 minutes

        WHAT TO DO
        1. Split it: 12,400 now, and the other 17,600 on another day.
        2. Request a higher quota, which can take a day: ses-quota increase
        => Critical
        ");
        // A quota of 0.
        assert_snapshot!(said(&json!({"fitsFrom": null, "room": 0, "perSecond": 0, "takesSeconds": null})), @"
        No: 30,000 recipients do not fit now: there is no room. There is no time in the next 24 hours at
        which they do.

          Account:            111122223333
          Region:             us-east-1
          Asked for:          30,000 recipients
          Start:              2026-11-25 12:00 UTC
          Room from then on:  0 recipients
          Send rate:          0 recipients a second

        WHAT TO DO
        Request a higher quota, which can take a day: ses-quota increase
        => Critical
        ");
        assert_snapshot!(said(&json!({"fitsFrom": null, "room": 0, "sendingEnabled": false})), @"
        No: sending is paused. SES takes no mail from account 111122223333 in us-east-1.

          Account:    111122223333
          Region:     us-east-1
          Asked for:  30,000 recipients
          Start:      2026-11-25 12:00 UTC

        WHAT TO DO
        See why, and what AWS wants to know before it resumes sending: Amazon SES console, Account dashboard
        => Critical
        ");
    }

    #[test]
    fn it_cannot_be_told() {
        let short = json!({"forecast": "cannotTell", "reason": "shortHistory"});
        assert_snapshot!(said(&short), @"
        Cannot be told: less than 3 days of history. Left now: 12,400 recipients: 30,000 recipients do not
        fit.

          Account:    111122223333
          Region:     us-east-1
          Asked for:  30,000 recipients
          Start:      2026-11-25 12:00 UTC
          Left now:   12,400 recipients
          Send rate:  14 recipients a second
          Takes:      36 minutes

        WHAT TO DO
        1. Send less, or wait until mail of the last 24 hours has left the window.
        2. See what was sent, and when: ses-quota forecast
        => Unknown
        ");
        let denied = json!({
            "forecast": "cannotTell", "reason": "notRead", "fits": true, "recipients": 1, "takesSeconds": 1, "room": 1,
            "error": {"step": "history", "code": "AccessDenied", "message": "no", "hint": "grant the role ses:GetSendStatistics"},
        });
        assert_snapshot!(said(&denied), @"
        Cannot be told: the history could not be read. Left now: 1 recipient.

          Account:    111122223333
          Region:     us-east-1
          Asked for:  1 recipient
          Start:      2026-11-25 12:00 UTC
          Left now:   1 recipient
          Send rate:  14 recipients a second
          Takes:      1 second, until 12:01 UTC
          Not read:   history: AccessDenied: no

        WHAT TO DO
        1. Start now only if little else is sent in the 24 hours after it: leave a margin.
        2. See what was sent, and when: ses-quota forecast
        3. To have history read: grant the role ses:GetSendStatistics.
        => Unknown
        ");
        // A function that does not say why.
        assert!(said(&json!({"forecast": "cannotTell"})).starts_with("Cannot be told: there is no forecast. "));
    }
}
