//! The answer to a plan: whether so much more may be sent, and if not now, from when on. It runs no check and changes nothing.

use serde::Serialize;
use serde_json::Number;

use super::report::Failures;
use super::{Inspection, Invocation, Monitor};
use crate::failure::Failure;
use crate::forecast::{Headroom, Projection, Unknown};
use crate::numbers::json_number;
use crate::request::{InvalidRequest, PlanRequest};
use crate::target::{AccountId, Region, Target};
use crate::time::Timestamp;

/// The answer to a plan. What is unknown or unlimited is left out, except `fitsFrom`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanAnswer {
    plan: Plan,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    account: AccountId,
    region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<Number>,
    start_at: Timestamp,
    /// At most the maximum send rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<Number>,
    fits: bool,
    /// Recipients that fit from `startAt` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Number>,
    /// The first time from `startAt` on at which it fits; null where that is not within 24 hours, or not known.
    fits_from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    takes_seconds: Option<Number>,
    /// `cannotTell` where the room is only what is left now.
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<&'static str>,
    /// Why nothing can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// `false` where SES takes no mail at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_enabled: Option<bool>,
    #[serde(flatten)]
    failures: Option<Failures>,
}

impl PlanAnswer {
    /// Whether the answer had to do without something.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.plan.failures.is_some()
    }
}

/// Why there is no answer to a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFailed {
    /// The event asks for what cannot be.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The quota is not known.
    #[error("the plan cannot be answered: {0}")]
    Unread(#[from] Failure),
}

impl PlanFailed {
    /// The type of the error that Lambda returns.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "InvalidRequest",
            Self::Unread(_) => "PlanFailed",
        }
    }
}

impl Monitor {
    /// Answers a plan. A history that cannot be read leaves what is known now.
    ///
    /// # Errors
    /// [`PlanFailed`], where the plan asks for what cannot be, or the quota cannot be read.
    pub async fn answer(&self, plan: &PlanRequest, invocation: &Invocation) -> Result<PlanAnswer, PlanFailed> {
        let now = invocation.started_at;
        let start_at = plan.starts_at(now)?;
        let Target { account, region } = &invocation.function;
        let id = plan.account.clone().unwrap_or_else(|| account.id.clone());
        if id != account.id && !self.settings.targets.may_include(&id) {
            return Err(InvalidRequest::another_account(&id).into());
        }
        let target =
            Target { account: account.with_id(id), region: plan.region.clone().unwrap_or_else(|| region.clone()) };
        let inspection = self.inspect(&target, invocation).await?;
        let fit = fit(plan.recipients, start_at, &inspection);
        let max_rate = inspection.quota.max_send_rate().per_second();
        let per_second = plan.per_second.into_iter().chain(max_rate).reduce(f64::min);
        Ok(PlanAnswer {
            plan: Plan {
                account: target.account.id,
                region: target.region,
                recipients: json_number(plan.recipients),
                start_at,
                per_second: per_second.and_then(json_number),
                fits: fit.from == Some(start_at),
                room: fit.room.and_then(json_number),
                fits_from: fit.from,
                takes_seconds: per_second.and_then(|rate| json_number((plan.recipients / rate).ceil())),
                forecast: fit.unknown.map(|_| "cannotTell"),
                reason: fit.unknown.map(Unknown::name),
                sending_enabled: inspection.is_stopped().then_some(false),
                failures: Failures::of(inspection.failures().cloned()),
            },
        })
    }
}

/// Whether mail fits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    /// Recipients that fit from the start on; `None` for any number.
    room: Option<f64>,
    /// The first time from the start on at which it fits.
    from: Option<Timestamp>,
    /// Why nothing can be told of later: then the room is what is left now.
    unknown: Option<Unknown>,
}

impl Fit {
    /// SES takes no mail.
    const NONE: Self = Self { room: Some(0.0), from: None, unknown: None };
}

fn fit(recipients: f64, start_at: Timestamp, inspection: &Inspection) -> Fit {
    if inspection.is_stopped() {
        return Fit::NONE;
    }
    let quota = &inspection.quota;
    let Some((max, left)) = quota.max_24_hour_send().zip(quota.remaining()) else {
        return Fit { room: None, from: Some(start_at), unknown: None };
    };
    if max == 0.0 {
        return Fit::NONE;
    }
    let history = inspection.history.as_ref().ok().and_then(Option::as_ref).ok_or(Unknown::NotRead);
    match history.and_then(|history| Projection::new(history, quota, inspection.at)) {
        Ok(projection) => {
            let headroom = Headroom::new(max, &projection.upper_bounds());
            let from = headroom.fits_from(recipients, start_at);
            Fit { room: Some(headroom.at(start_at)), from, unknown: None }
        }
        Err(unknown) => {
            let room = left.floor();
            Fit { room: Some(room), from: (recipients <= room).then_some(start_at), unknown: Some(unknown) }
        }
    }
}
