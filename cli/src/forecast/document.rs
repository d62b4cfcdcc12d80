//! The forecast for machines, with the names of the alert document: see docs/command-line.md.

use serde::Serialize;
use serde_json::Number;
use ses_quota_monitor::check::{Failures, Inspection};
use ses_quota_monitor::forecast::{Forecast, UsedAt};
use ses_quota_monitor::numbers::json_number;
use ses_quota_monitor::reading::{QuotaNumbers, Reading, Utilization};
use ses_quota_monitor::target::{AccountId, Region};
use ses_quota_monitor::time::Timestamp;

/// What is unknown or unlimited is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    account: &'a AccountId,
    region: &'a Region,
    checked_at: Timestamp,
    #[serde(flatten)]
    quota: QuotaNumbers,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<&'a Forecast>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    course: Vec<Point>,
    #[serde(flatten)]
    failures: Option<Failures>,
}

/// The use of the quota at a time, known or expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    at: Timestamp,
    percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high_percent: Option<Number>,
}

impl<'a> Document<'a> {
    pub fn new(inspection: &Inspection, reading: &'a Reading, course: &[UsedAt]) -> Self {
        let max = inspection.quota.max_24_hour_send().filter(|max| *max > 0.0);
        let percent = |recipients: f64| json_number((1_000.0 * recipients / max?).round() / 10.0);
        let point = |used: &UsedAt| Point {
            at: used.at,
            percent: percent(used.recipients),
            low_percent: used.band.and_then(|(low, _)| percent(low)),
            high_percent: used.band.and_then(|(_, high)| percent(high)),
        };
        Self {
            account: &reading.target.account.id,
            region: &reading.target.region,
            checked_at: reading.checked_at,
            quota: QuotaNumbers::from(&inspection.quota),
            remaining: inspection.quota.remaining().and_then(json_number),
            utilization_percent: inspection
                .quota
                .utilization()
                .map(Utilization::percent_rounded_down)
                .and_then(json_number),
            sending_enabled: reading.account.as_ref().map(|status| status.sending_enabled),
            forecast: reading.forecast.as_ref(),
            course: course.iter().map(point).collect(),
            failures: Failures::of(inspection.failures().cloned()),
        }
    }
}
