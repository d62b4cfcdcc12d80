//! What to ask AWS for, if anything.

use ses_quota_monitor::forecast::Unknown;
use ses_quota_monitor::message::{Sandbox, console, sandbox};
use ses_quota_monitor::numbers::count;
use ses_quota_monitor::reading::AccountStatus;

use super::found::Found;
use super::need::Need;
use crate::failed::Failed;

/// What to ask AWS for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advice {
    /// Production access: the account is in the sandbox, or, where that is unknown, has the limits of the sandbox.
    ProductionAccess,
    /// Nothing: the quota is unlimited.
    Unlimited,
    /// Nothing: the quota is enough.
    Enough(Need),
    /// A higher quota.
    Ask(Need),
    /// It cannot be told.
    CannotTell(Unknown),
}

impl Advice {
    /// What follows from what was found.
    pub fn new(found: &Found) -> Self {
        let Some(max) = found.quota.max_24_hour_send() else { return Self::Unlimited };
        if sandbox(&found.reading()) != Sandbox::No {
            return Self::ProductionAccess;
        }
        match found.use_of_quota {
            Err(unknown) => Self::CannotTell(unknown),
            Ok(known) if known.need.is_met_by(max) => Self::Enough(known.need),
            Ok(known) => Self::Ask(known.need),
        }
    }

    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ProductionAccess => "productionAccess",
            Self::Unlimited => "unlimited",
            Self::Enough(_) => "enough",
            Self::Ask(_) => "ask",
            Self::CannotTell(_) => "cannotTell",
        }
    }

    /// The quota to file a request for: what somebody names, or else what is needed.
    ///
    /// # Errors
    /// [`Failed`] where none is to be filed, with what to do instead.
    pub fn desired(self, found: &Found, named: Option<f64>) -> Result<f64, Failed> {
        let Found { target, quota, .. } = found;
        let max = match (self, quota.max_24_hour_send()) {
            (Self::ProductionAccess, _) => {
                return Err(Failed::new(format_args!(
                    "nothing was filed: in the sandbox, production access comes before a higher quota"
                ))
                .advise(format_args!(
                    "Ask for it on the SES account dashboard: {}",
                    console::account_dashboard(target)
                )));
            }
            (_, None) => return Err(Failed::new("nothing was filed: the quota is unlimited")),
            (_, Some(max)) => max,
        };
        if let Some(request) = found.open_request() {
            let link = match &request.case_id {
                Some(case) => console::support_case(target, case),
                None => console::request_history(target),
            };
            return Err(Failed::new(format_args!(
                "nothing was filed: a request for {} is open since {}, and AWS takes no second one",
                count(request.desired_value()),
                request.requested_at.for_people()
            ))
            .advise(format_args!("If that is not enough, or it is urgent, say so where AWS decides it: {link}")));
        }
        match (named, self) {
            (Some(named), _) if named > max => Ok(named),
            (Some(named), _) => Err(Failed::new(format_args!(
                "nothing was filed: --to {} is not more than the present quota of {}",
                count(named),
                count(max)
            ))),
            (None, Self::Ask(need)) => Ok(need.quota),
            (None, Self::CannotTell(_)) => Err(Failed::new("nothing was filed: what to ask for cannot be told")
                .advise("Name the quota yourself: --to RECIPIENTS")),
            (None, _) => Err(Failed::new("nothing was filed: the present quota is enough")
                .advise("If you know of more mail to come, name the quota yourself: --to RECIPIENTS")),
        }
    }
}

/// What stands in the way of a higher quota, if the account is paused or under review.
pub fn obstacle(account: Option<&AccountStatus>) -> Option<&'static str> {
    use ses_quota_monitor::reading::EnforcementStatus::Probation;
    match account {
        Some(status) if status.is_stopped() => Some("Sending is paused, which no quota changes. See why first."),
        Some(status) if status.enforcement == Probation => Some(
            "AWS reviews the account, and may refuse a higher quota in the meantime. Answer the case of the review first.",
        ),
        _ => None,
    }
}
