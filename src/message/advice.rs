//! What to do about an alert, by situation: the first one that holds.

use super::console::{account_dashboard, request_history, service_quotas, support_case, support_center};
use super::situation::{Sandbox, is_rejecting, is_stopped, sandbox};
use crate::alert::{AlertLevel, Finding, Kind, Notification, Unread};
use crate::numbers::count;
use crate::reading::{AccountStatus, EnforcementStatus, IncreaseRequest, SENDING_QUOTA_CODE, SendQuota};
use crate::target::Target;
use crate::time::Timestamp;

/// The quota `Sending rate` of the service `ses` in Service Quotas.
const SENDING_RATE_CODE: &str = "L-CDEF9B6B";

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// A sentence or two.
    pub text: String,
    /// Where to do it: a URL, or the name of a page, or a command.
    pub place: Option<String>,
}

impl Step {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), place: None }
    }

    fn at(text: impl Into<String>, place: String) -> Self {
        Self { text: text.into(), place: Some(place) }
    }
}

/// The steps, the most urgent first.
pub(super) fn steps(notification: &Notification) -> Vec<Step> {
    let target = &notification.reading.target;
    match (&notification.finding, notification.kind) {
        (_, Kind::Test) => {
            vec![Step::at("You received this, so alerts reach you. The account:", account_dashboard(target))]
        }
        (finding, Kind::Recovered) => vec![recovered(notification, finding, target)],
        (Finding::Reading(unread), _) => unread_steps(unread.as_ref(), notification.reading.quota.is_some(), target),
        (Finding::Account(status), _) if status.is_stopped() => paused_steps(status, target),
        (Finding::Account(status), _) if matches!(status.enforcement, EnforcementStatus::Other(_)) => {
            unknown_status_steps(target)
        }
        (Finding::Account(_), _) => review_steps(target),
        (Finding::Rate(_), _) => rate_steps(notification, target),
        (Finding::Quota(quota), _) => match &notification.reading.account {
            Some(status) if status.is_stopped() => paused_steps(status, target),
            Some(status) if status.enforcement == EnforcementStatus::Probation => {
                [Step::new(HOLD_BACK)].into_iter().chain(review_steps(target)).collect()
            }
            _ => quota_steps(notification, quota, target),
        },
    }
}

/// What is good to know beside the steps.
pub(super) fn remark(notification: &Notification) -> Option<&'static str> {
    let Finding::Quota(quota) = &notification.finding else { return None };
    let is_ongoing = !matches!(notification.kind, Kind::Test | Kind::Recovered);
    let rolls = quota.max_24_hour_send() != Some(0.0) && notification.level > AlertLevel::Ok;
    (is_ongoing && rolls && !is_stopped(&notification.reading))
        .then_some("The 24 hours are a rolling window: quota comes back as older mail leaves it.")
}

/// The step that keeps the most important mail going.
const HOLD_BACK: &str = "Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in, receipts) \
                         still goes out. Each recipient counts, not each message.";

/// What AWS asks for.
///
/// Source: Amazon SES developer guide, "Amazon SES Sending review process FAQs".
const REPLY: &str = "Then reply to the case that AWS opened for you in the AWS Support Center: what caused the issue, what you \
                     have changed already (not what you plan), and how that keeps it from happening again.";
const READ_THE_EMAIL: &str = "Read what AWS wrote to the email address of the AWS account; it names the issue.";

fn recovered(notification: &Notification, finding: &Finding, target: &Target) -> Step {
    match finding {
        Finding::Quota(quota) if quota.remaining().is_none() => {
            Step::new("Nothing. Mail that was held back can be sent again.")
        }
        Finding::Quota(_) => {
            let (more, link) = match sandbox(&notification.reading) {
                Sandbox::Yes | Sandbox::Perhaps => ("production access", account_dashboard(target)),
                Sandbox::No => ("a higher quota", service_quotas(target, SENDING_QUOTA_CODE)),
            };
            let text = format!(
                "Nothing at once. Mail that was held back can be sent again, a part at a time: it counts against the quota \
                 too. If this happens often, ask for {more}:"
            );
            Step::at(text, link)
        }
        Finding::Account(_) if notification.previous_level == Some(AlertLevel::Exhausted) => Step::new(
            "SES accepts mail again. It has not kept what it rejected: send that again where it still matters, a part at a \
             time.",
        ),
        Finding::Account(_) | Finding::Rate(_) => Step::new("Nothing."),
        Finding::Reading(_) => Step::new(
            "Nothing. What happened in the meantime is not known, except what the numbers of the last 24 hours still show.",
        ),
    }
}

fn unread_steps(unread: Option<&Unread>, is_quota_read: bool, target: &Target) -> Vec<Step> {
    let is_whole_account = target.region.is_all();
    let look = if is_whole_account {
        "Look at the account yourself, in each Region that it sends from. Until the monitor can read it again, nothing else \
         watches it:"
    } else if is_quota_read {
        "Look at the account status yourself. Until the monitor can read it again, nothing else watches it:"
    } else {
        "Look at the account yourself. Until the monitor can read it again, nothing else watches it:"
    };
    let event = if is_whole_account {
        "see whether AWS reports an event for AWS STS in the Region of the monitor"
    } else {
        "see whether AWS reports an event for Amazon SES in this Region"
    };
    let leave_out = if is_whole_account {
        "If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts)."
    } else {
        "If nobody sends from this Region any more, leave it out of REGIONS (parameter Regions)."
    };
    let cause = unread
        .map(|Unread { failure, .. }| Step::new(format!("{}: {}.", failure.code, failure.hint().unwrap_or(event))));
    [Step::at(look, account_dashboard(target))].into_iter().chain(cause).chain([Step::new(leave_out)]).collect()
}

/// Who paused it decides who can resume it.
fn paused_steps(status: &AccountStatus, target: &Target) -> Vec<Step> {
    if status.enforcement != EnforcementStatus::Shutdown {
        return vec![
            Step::new(format!(
                "Ask who paused it, and why. AWS reports the account as {}, not as SHUTDOWN, so it was probably not AWS, but \
                 somebody with access to the account, or an automation, such as an alarm on the bounce rate.",
                status.enforcement
            )),
            Step::at(
                "When the reason is gone, resume sending:",
                format!("aws sesv2 put-account-sending-attributes --sending-enabled --region {}", target.region),
            ),
            Step::new(STOP_SENDERS),
        ];
    }
    vec![
        Step::at(
            format!("AWS paused it, and only AWS can resume it. {READ_THE_EMAIL} The AWS Health Dashboard has a copy."),
            account_dashboard(target),
        ),
        Step::at(format!("Find the cause and correct it. {REPLY}"), support_center(target)),
        Step::new(STOP_SENDERS),
    ]
}

const STOP_SENDERS: &str =
    "Until then, stop the programs that send, or let them try again later: all their mail is rejected.";

fn review_steps(target: &Target) -> Vec<Step> {
    vec![
        Step::at(READ_THE_EMAIL, account_dashboard(target)),
        Step::new(
            "If you can, stop the mail that caused the issue. You may still send, but more of the same can make it worse, and \
             AWS may refuse higher quotas in the meantime.",
        ),
        Step::at(format!("Correct the cause. {REPLY}"), support_center(target)),
    ]
}

fn unknown_status_steps(target: &Target) -> Vec<Step> {
    vec![
        Step::at("See what AWS says about the account:", account_dashboard(target)),
        Step::new("See whether a newer version of this monitor knows the status."),
    ]
}

fn quota_steps(notification: &Notification, quota: &SendQuota, target: &Target) -> Vec<Step> {
    let dashboard = account_dashboard(target);
    let open = notification.reading.increase_request.as_ref();
    let ask = |text: &str| match open {
        Some(request) => follow_up(request, target, notification.reading.checked_at),
        None => Step::at(text, service_quotas(target, SENDING_QUOTA_CODE)),
    };
    if let Sandbox::Yes = sandbox(&notification.reading) {
        return vec![
            Step::at(
                "Ask for production access now, not for a higher quota: the account is in the SES sandbox, whose limits are \
                 meant for tests. It can take a day to be granted:",
                dashboard,
            ),
            Step::new(HOLD_BACK),
            Step::new("See what was sent, and whether it should have been: on the same page."),
        ];
    }
    if quota.max_24_hour_send() == Some(0.0) {
        return vec![
            Step::at("See why the account may not send, and answer what AWS asks for there:", dashboard),
            ask("Ask for a sending quota. It can take a day to be granted:"),
            Step::new("Stop the programs that send, or let them retry: all their mail is rejected."),
        ];
    }
    if let Sandbox::Perhaps = sandbox(&notification.reading) {
        return vec![
            Step::at(
                "Ask for production access now, not for a higher quota: 200 recipients a day and 1 a second are the limits of \
                 the SES sandbox. It can take a day to be granted:",
                dashboard,
            ),
            Step::new(HOLD_BACK),
            Step::new("See what was sent, and whether it should have been: on the same page."),
            ask("If the account has left the sandbox and kept its limits, ask for a higher quota:"),
        ];
    }
    vec![
        Step::new(HOLD_BACK),
        Step::at("See what was sent, and whether it should have been:", dashboard),
        ask("Ask for a higher quota now. It can take a day to be granted:"),
    ]
}

/// What to do about a request that is open: AWS takes no second one.
///
/// Source: Service Quotas user guide, "Requesting a quota increase", on large and urgent increases.
fn follow_up(request: &IncreaseRequest, target: &Target, now: Timestamp) -> Step {
    let open = format!(
        "A request for a quota of {} has been open since {} ({}); AWS takes no second one.",
        count(request.desired_value()),
        request.requested_at.for_people(),
        request.requested_at.how_long_until(now)
    );
    match &request.case_id {
        Some(case) => Step::at(
            format!("{open} Answer AWS's questions in the support case, and say how urgent it is:"),
            support_case(target, case),
        ),
        None => Step::at(format!("{open} See whether it has come further:"), request_history(target)),
    }
}

fn rate_steps(notification: &Notification, target: &Target) -> Vec<Step> {
    let ask = match sandbox(&notification.reading) {
        Sandbox::Yes | Sandbox::Perhaps => Step::at(
            "Ask for production access now: the account is in the SES sandbox, whose limits are meant for tests. It can take a \
             day to be granted:",
            account_dashboard(target),
        ),
        Sandbox::No => Step::at(
            "If this is the usual pace, ask for a higher send rate. It can take a day to be granted:",
            service_quotas(target, SENDING_RATE_CODE),
        ),
    };
    vec![
        Step::new(
            "Let the programs that send bulk mail send more slowly, and make sure that they send again later what SES throttles.",
        ),
        Step::at("See what was sent, and whether it should have been:", account_dashboard(target)),
        ask,
    ]
}

/// The same in a few words, for a phone.
pub(super) fn in_short(notification: &Notification) -> &'static [&'static str] {
    let is_sandbox = !matches!(sandbox(&notification.reading), Sandbox::No);
    let is_asked_for = notification.reading.increase_request.is_some();
    match (&notification.finding, notification.kind) {
        (_, Kind::Test) => &["Only a test."],
        (_, Kind::Recovered) => &["Recovered."],
        (Finding::Rate(_), _) => &["Send bulk mail more slowly."],
        (Finding::Reading(_), _) if notification.reading.quota.is_some() => {
            &["The account status is not watched.", "See the email."]
        }
        (Finding::Reading(_), _) => &["Quota and account status are not watched.", "See the email."],
        (Finding::Account(status), _) if status.is_stopped() => {
            if status.enforcement == EnforcementStatus::Shutdown {
                &["SES rejects all mail.", "Read AWS's email, reply to its case."]
            } else {
                &["SES rejects all mail.", "Ask who paused it."]
            }
        }
        (Finding::Account(status), _) if matches!(status.enforcement, EnforcementStatus::Other(_)) => {
            &["Look at the SES console."]
        }
        (Finding::Account(_), _) => &["Mail still goes out.", "Read AWS's email, reply to its case."],
        (Finding::Quota(_), _) if is_rejecting(notification) && is_sandbox => {
            &["SES rejects mail.", "Ask for production access."]
        }
        (Finding::Quota(_), _) if is_rejecting(notification) && is_asked_for => {
            &["SES rejects mail.", "A quota request is open."]
        }
        (Finding::Quota(_), _) if is_rejecting(notification) => &["SES rejects mail.", "Raise the quota."],
        (Finding::Quota(_), _) if notification.level > AlertLevel::Ok && is_sandbox => {
            &["Hold bulk mail, ask for production access."]
        }
        (Finding::Quota(_), _) if notification.level > AlertLevel::Ok && is_asked_for => {
            &["Hold bulk mail, a quota request is open."]
        }
        (Finding::Quota(_), _) if notification.level > AlertLevel::Ok => &["Hold bulk mail, raise the quota."],
        (Finding::Quota(_), _) => &[],
    }
}
