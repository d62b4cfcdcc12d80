//! The JSON document for machines. Its names are part of the public interface: see docs/alerts.md.

use serde::Serialize;
use serde_json::Number;

use crate::alert::{AlertId, AlertLevel, Kind, Notification};
use crate::numbers::json_number;
use crate::reading::Utilization;
use crate::target::{AccountId, Region};
use crate::time::Timestamp;

/// The version of the document. A new field keeps it; a field that is removed or changes its meaning raises it.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    schema_version: u32,
    alert_id: &'a AlertId,
    kind: Kind,
    level: AlertLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_level: Option<AlertLevel>,
    account: &'a AccountId,
    region: &'a Region,
    checked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(rename = "sentLast24Hours", skip_serializing_if = "Option::is_none")]
    sent_last_24_hours: Option<Number>,
    #[serde(rename = "max24HourSend", skip_serializing_if = "Option::is_none")]
    max_24_hour_send: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_send_rate: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<Number>,
    test: bool,
}

/// The document of a notification.
pub(super) fn of(notification: &Notification) -> Document<'_> {
    let reading = &notification.reading;
    let quota = &reading.quota;
    Document {
        schema_version: SCHEMA_VERSION,
        alert_id: &notification.alert_id,
        kind: notification.kind,
        level: notification.level,
        previous_level: notification.previous_level,
        account: &reading.target.account.id,
        region: &reading.target.region,
        checked_at: reading.checked_at,
        since: notification.since,
        sent_last_24_hours: json_number(quota.sent_last_24_hours()),
        max_24_hour_send: quota.max_24_hour_send().and_then(json_number),
        remaining: quota.remaining().and_then(json_number),
        max_send_rate: quota.max_send_rate().per_second().and_then(json_number),
        utilization_percent: quota.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
        test: notification.kind == Kind::Test,
    }
}

/// A document as JSON.
pub(super) fn text(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("a document of strings and numbers is always JSON")
}
