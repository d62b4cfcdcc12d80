//! Forecasts in bulk: JSON lines in, JSON lines out.
//!
//! ```text
//! cargo run --release --example forecast_jsonl < cases.jsonl
//! ```
//!
//! A line in: `{"points":[[1772409600,12],…],"sentLast24Hours":40000,"max24HourSend":50000,"now":1773619200}`; the points are
//! those of `GetSendStatistics`, times in seconds since 1970. The line out holds the forecast, `null` for what is not known. For a
//! line that is no case, it is `{"error":"…"}`, and the exit code is 1.

use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};
use ses_quota_monitor::forecast::{Forecast, Outlook, Peak, Projection, Window};
use ses_quota_monitor::reading::{SendHistory, SendQuota};
use ses_quota_monitor::time::Timestamp;

/// What a line must be.
const EXPECTED: &str = r#"{"points":[[seconds,count],...],"sentLast24Hours":N,"max24HourSend":N,"now":seconds}"#;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    points: Vec<(f64, f64)>,
    sent_last_24_hours: f64,
    max_24_hour_send: f64,
    now: f64,
}

fn main() -> std::io::Result<ExitCode> {
    let mut answers = BufWriter::new(stdout().lock());
    let mut exit = ExitCode::SUCCESS;
    for (number, line) in (1..).zip(stdin().lock().lines()) {
        let answer = line.map_err(|error| error.to_string()).and_then(|line| answer(&line)).unwrap_or_else(|error| {
            eprintln!("line {number}: {error}; expected {EXPECTED}");
            exit = ExitCode::FAILURE;
            json!({ "error": format!("line {number}: {error}") })
        });
        writeln!(answers, "{answer}")?;
    }
    answers.flush()?;
    Ok(exit)
}

fn answer(line: &str) -> Result<Value, String> {
    let case: Case = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let quota =
        SendQuota::new(case.sent_last_24_hours, case.max_24_hour_send, 1.0).map_err(|error| error.to_string())?;
    let now = time(case.now);
    let points = case.points.into_iter().map(|(seconds, count)| (time(seconds), count));
    let history = SendHistory::new(points);

    let forecast = Forecast::new(&history, &quota, now);
    let mut fields = match &forecast.outlook {
        Outlook::Breach { at, window, peak, probability } => {
            merged([json!({ "breachAt": at.epoch_seconds() }), times(window), level(peak, *probability)])
        }
        Outlook::MayBreach { window, peak, probability } => merged([times(window), level(peak, *probability)]),
        Outlook::NoBreach { peak, probability } => level(peak, *probability),
        Outlook::Full(_) => {
            json!({ "breachAt": now.epoch_seconds(), "probability": 1.0, "probability6h": 1.0 })
        }
        Outlook::CannotTell(unknown) => json!({ "reason": unknown.name() }),
    };
    fields["verdict"] = json!(forecast.outlook.name());
    if fields["probability6h"].is_null()
        && let (Some(max), Ok(projection)) = (quota.max_24_hour_send(), Projection::new(&history, &quota, now))
    {
        fields["probability6h"] = json!(projection.probability_6h(max));
    }
    if let Some(pace) = forecast.if_pace_holds {
        fields["ifPaceHoldsAt"] = json!(pace.full_at.epoch_seconds());
    }
    fields["historyDays"] = json!(forecast.history_days);
    Ok(merged([nothing(), fields]))
}

#[allow(clippy::cast_possible_truncation)] // What is out of range is clamped.
fn time(seconds: f64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds.floor() as i64)
}

/// All keys, with nothing known.
fn nothing() -> Value {
    json!({
        "verdict": null, "reason": null, "breachAt": null, "breachEarliest": null, "breachLatest": null, "peakPercent": null,
        "peakAt": null, "peakLow": null, "peakHigh": null, "probability": null, "probability6h": null, "ifPaceHoldsAt": null,
        "historyDays": 0,
    })
}

fn times(window: &Window) -> Value {
    json!({ "breachEarliest": window.earliest.epoch_seconds(), "breachLatest": window.latest.epoch_seconds() })
}

fn level(peak: &Peak, probability: f64) -> Value {
    json!({
        "peakPercent": peak.percent, "peakAt": peak.at.epoch_seconds(), "peakLow": peak.low, "peakHigh": peak.high,
        "probability": probability,
    })
}

/// One object with the fields of all; later ones win.
fn merged(objects: impl IntoIterator<Item = Value>) -> Value {
    objects
        .into_iter()
        .filter_map(|object| object.as_object().cloned())
        .flatten()
        .collect::<serde_json::Map<_, _>>()
        .into()
}
