//! A forecast for machines. Its names are part of the public interface: see docs/alerts.md.

use serde::{Serialize, Serializer};
use serde_json::Number;

use super::{Forecast, Outlook, Unknown, Window};
use crate::numbers::json_number;
use crate::time::Timestamp;

/// What is not known is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breach_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breach_earliest: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breach_latest: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    if_pace_holds_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_low_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_high_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<Number>,
}

impl Serialize for Forecast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (peak, window, unknown) = (self.peak(), self.window(), self.unknown());
        let little = self.is_from_little_history().then_some("littleHistory");
        Fields {
            verdict: self.outlook.name(),
            reason: unknown.map(Unknown::name).or(little),
            breach_at: match self.outlook {
                Outlook::Breach { at, .. } => Some(at),
                _ => None,
            },
            breach_earliest: window.map(|window| window.earliest),
            breach_latest: window.map(|window| window.latest),
            if_pace_holds_at: self.if_pace_holds.map(|pace| pace.full_at),
            room_at: match self.outlook {
                Outlook::Full(Ok(relief)) => relief.room_at,
                _ => None,
            },
            peak_percent: peak.and_then(|peak| tenth(peak.percent)),
            peak_low_percent: peak.and_then(|peak| tenth(peak.low)),
            peak_high_percent: peak.and_then(|peak| tenth(peak.high)),
            peak_at: peak.map(|peak| peak.at),
            probability: self.probability().and_then(|probability| rounded(probability, 100.0)),
        }
        .serialize(serializer)
    }
}

fn tenth(percent: f64) -> Option<Number> {
    rounded(percent, 10.0)
}

fn rounded(number: f64, parts: f64) -> Option<Number> {
    json_number((number * parts).round() / parts)
}

impl Outlook {
    /// The name in documents.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Breach { .. } => "breach",
            Self::MayBreach { .. } => "mayBreach",
            Self::NoBreach { .. } => "noBreach",
            Self::Full(_) => "full",
            Self::CannotTell(_) => "cannotTell",
        }
    }
}

impl Unknown {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoQuota => "noQuota",
            Self::NotRead => "notRead",
            Self::NoHistory => "noHistory",
            Self::ShortHistory => "shortHistory",
            Self::DoNotMatch => "doNotMatch",
        }
    }
}

impl Forecast {
    fn window(&self) -> Option<Window> {
        match self.outlook {
            Outlook::Breach { window, .. } | Outlook::MayBreach { window, .. } => Some(window),
            Outlook::NoBreach { .. } | Outlook::Full(_) | Outlook::CannotTell(_) => None,
        }
    }

    fn probability(&self) -> Option<f64> {
        match self.outlook {
            Outlook::Breach { probability, .. }
            | Outlook::MayBreach { probability, .. }
            | Outlook::NoBreach { probability, .. } => Some(probability),
            Outlook::Full(_) | Outlook::CannotTell(_) => None,
        }
    }

    fn unknown(&self) -> Option<Unknown> {
        match self.outlook {
            Outlook::CannotTell(unknown) | Outlook::Full(Err(unknown)) => Some(unknown),
            _ => None,
        }
    }
}
