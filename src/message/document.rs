//! The JSON document for machines. Its names are part of the public interface: see docs/alerts.md.

use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::alert::{AlertId, AlertLevel, Cause, Finding, IncidentId, Kind, Notification, Subject};
use crate::failure::Failure;
use crate::forecast::Forecast;
use crate::numbers::json_number;
use crate::reading::{EnforcementStatus, IncreaseRequest, SendQuota, Utilization};
use crate::target::{AccountId, AccountName, Region};
use crate::time::Timestamp;

/// The version of the document. A new field keeps it; a field that is removed or changes its meaning raises it.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    schema_version: u32,
    alert_id: &'a AlertId,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident_id: Option<&'a IncidentId>,
    subject: Subject,
    kind: Kind,
    level: AlertLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_level: Option<AlertLevel>,
    #[serde(serialize_with = "as_text")]
    reason: &'a Cause,
    account: &'a AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<&'a AccountName>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    send_rate_utilization_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<&'a Forecast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    production_access: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    increase_request: Option<&'a IncreaseRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    test: bool,
}

fn as_text<S: Serializer>(cause: &Cause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cause)
}

/// The document of a notification.
pub(super) fn of(notification: &Notification) -> Document<'_> {
    let reading = &notification.reading;
    let (quota, status) = (reading.quota.as_ref(), reading.account.as_ref());
    let unread = match &notification.finding {
        Finding::Reading(unread) => unread.as_ref(),
        Finding::Quota(_) | Finding::Account(_) | Finding::Rate(_) => None,
    };
    let utilization = quota.and_then(SendQuota::utilization);
    Document {
        schema_version: SCHEMA_VERSION,
        alert_id: &notification.alert_id,
        incident_id: notification.incident_id.as_ref(),
        subject: notification.subject(),
        kind: notification.kind,
        level: notification.level,
        previous_level: notification.previous_level,
        reason: &notification.cause,
        account: &reading.target.account.id,
        account_name: reading.account_name.as_ref(),
        region: &reading.target.region,
        checked_at: reading.checked_at,
        since: notification.since,
        sent_last_24_hours: quota.map(SendQuota::sent_last_24_hours).and_then(json_number),
        max_24_hour_send: quota.and_then(SendQuota::max_24_hour_send).and_then(json_number),
        remaining: quota.and_then(SendQuota::remaining).and_then(json_number),
        max_send_rate: quota.and_then(|quota| quota.max_send_rate().per_second()).and_then(json_number),
        utilization_percent: utilization.map(Utilization::percent_rounded_down).and_then(json_number),
        send_rate_utilization_percent: reading.rate_used.map(Utilization::percent_rounded_down).and_then(json_number),
        forecast: reading.forecast.as_ref(),
        sending_enabled: status.map(|status| status.sending_enabled),
        enforcement_status: status.map(|status| EnforcementStatus::name(&status.enforcement)),
        production_access: status.and_then(|status| status.production_access),
        increase_request: reading.increase_request.as_ref(),
        unread_since: unread.map(|unread| unread.since),
        error: unread.map(|unread| &unread.failure),
        test: notification.kind == Kind::Test,
    }
}

/// A document as JSON.
pub(super) fn text(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("a document of strings and numbers is always JSON")
}
