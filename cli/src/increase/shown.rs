//! What programs see, with the names of the alert document.

use serde::Serialize;
use serde_json::Number;
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::numbers::json_number;
use ses_quota_monitor::reading::{IncreaseRequest, QuotaNumbers, Utilization};
use ses_quota_monitor::target::{AccountId, Region};
use ses_quota_monitor::time::Timestamp;

use super::advice::Advice;
use super::file::Filed;
use super::found::{Found, UseOfQuota};
use super::need::WARNING_PERCENT;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown<'a> {
    account: &'a AccountId,
    region: &'a Region,
    checked_at: Timestamp,
    #[serde(flatten)]
    quota: QuotaNumbers,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    production_access: Option<bool>,
    advice: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_value: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<Basis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<Listed<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted: Option<&'a Filed>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Failure],
}

/// What the desired value follows from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Basis {
    busiest_day: At,
    forecast_upper_bound: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    weekly_growth: Option<Number>,
    need: Option<Number>,
    warning_percent: Option<Number>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct At {
    recipients: Option<Number>,
    at: Timestamp,
}

/// A request, and when AWS changed its status last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(flatten)]
    request: &'a IncreaseRequest,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

/// What was found, what follows, and what was filed.
pub fn shown<'a>(found: &'a Found, advice: &Advice, named: Option<f64>, submitted: Option<&'a Filed>) -> Shown<'a> {
    let desired = match advice {
        Advice::ProductionAccess | Advice::Unlimited => None,
        Advice::Ask(need) => named.or(Some(need.quota)),
        Advice::Enough(_) | Advice::CannotTell(_) => named,
    };
    Shown {
        account: &found.target.account.id,
        region: &found.target.region,
        checked_at: found.at,
        quota: QuotaNumbers::from(&found.quota),
        utilization_percent: found.quota.utilization().map(Utilization::percent_rounded_down).and_then(json_number),
        production_access: found.account.as_ref().and_then(|status| status.production_access),
        advice: advice.name(),
        reason: if let Advice::CannotTell(unknown) = advice { Some(unknown.name()) } else { None },
        desired_value: desired.and_then(json_number),
        basis: found.use_of_quota.as_ref().ok().map(basis),
        requests: found.requests.as_ref().map(|requests| requests.iter().map(listed).collect()),
        submitted,
        errors: &found.failures,
    }
}

fn basis(UseOfQuota { past, expected: (at, expected), need }: &UseOfQuota) -> Basis {
    Basis {
        busiest_day: At { recipients: json_number(past.busiest.recipients.round()), at: past.busiest.until },
        forecast_upper_bound: At { recipients: json_number(expected.round()), at: *at },
        weekly_growth: past.weekly_growth.and_then(|growth| json_number((growth * 100.0).round() / 100.0)),
        need: json_number((need.grown - 1e-3).ceil().max(0.0)),
        warning_percent: json_number(WARNING_PERCENT),
    }
}

fn listed(request: &IncreaseRequest) -> Listed<'_> {
    Listed { request, updated_at: request.updated_at }
}
