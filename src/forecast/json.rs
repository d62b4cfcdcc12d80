//! A forecast for machines. Its names are part of the public interface: see docs/alerts.md.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;

use super::{Forecast, Outlook, Peak, Relief, Unknown, Window};
use crate::numbers::json_number;
use crate::time::Timestamp;

/// A forecast as JSON. What is not known is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForecastFields {
    verdict: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
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
        ForecastFields::from(self).serialize(serializer)
    }
}

impl From<&Forecast> for ForecastFields {
    fn from(forecast: &Forecast) -> Self {
        let (peak, window) = (forecast.peak(), forecast.window());
        let little = forecast.is_from_little_history().then_some("littleHistory");
        Self {
            verdict: forecast.outlook.name().into(),
            reason: forecast.unknown().map(Unknown::name).or(little).map(Cow::from),
            breach_at: match forecast.outlook {
                Outlook::Breach { at, .. } => Some(at),
                _ => None,
            },
            breach_earliest: window.map(|window| window.earliest),
            breach_latest: window.map(|window| window.latest),
            if_pace_holds_at: forecast.if_pace_holds.map(|pace| pace.full_at),
            room_at: match forecast.outlook {
                Outlook::Full(Ok(relief)) => relief.room_at,
                _ => None,
            },
            peak_percent: peak.and_then(|peak| tenth(peak.percent)),
            peak_low_percent: peak.and_then(|peak| tenth(peak.low)),
            peak_high_percent: peak.and_then(|peak| tenth(peak.high)),
            peak_at: peak.map(|peak| peak.at),
            probability: forecast.probability().and_then(|probability| rounded(probability, 100.0)),
        }
    }
}

impl ForecastFields {
    /// What was expected, as exactly as it was written: `None` for a verdict that this version does not know, or whose numbers
    /// are missing.
    #[must_use]
    pub fn outlook(&self) -> Option<Outlook> {
        let peak = || {
            let number = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
            let (percent, low) = (number(&self.peak_percent)?, number(&self.peak_low_percent)?);
            Some(Peak { percent, low, high: number(&self.peak_high_percent)?, at: self.peak_at? })
        };
        let window = || Some(Window { earliest: self.breach_earliest?, latest: self.breach_latest? });
        let probability = || self.probability.as_ref()?.as_f64();
        let unknown = || Unknown::ALL.into_iter().find(|unknown| Some(unknown.name()) == self.reason.as_deref());
        Some(match self.verdict.as_ref() {
            "breach" => {
                Outlook::Breach { at: self.breach_at?, window: window()?, peak: peak()?, probability: probability()? }
            }
            "mayBreach" => Outlook::MayBreach { window: window()?, peak: peak()?, probability: probability()? },
            "noBreach" => Outlook::NoBreach { peak: peak()?, probability: probability()? },
            "full" => Outlook::Full(match unknown() {
                Some(unknown) => Err(unknown),
                None => Ok(Relief { room_at: self.room_at, peak: peak()? }),
            }),
            "cannotTell" => Outlook::CannotTell(unknown()?),
            _ => return None,
        })
    }
}

/// What is below 100% is never written as 100%.
fn tenth(percent: f64) -> Option<Number> {
    let rounded = (percent * 10.0).round() / 10.0;
    json_number(if percent < 100.0 { rounded.min(99.9) } else { rounded })
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
