//! What people read: what to ask for, why, what AWS wants to know, and what became of earlier requests.

use ses_quota_monitor::failure::{Failure, Stage};
use ses_quota_monitor::forecast::{Past, Unknown};
use ses_quota_monitor::message::console;
use ses_quota_monitor::numbers::{count, recipients};
use ses_quota_monitor::reading::{IncreaseRequest, RequestStatus, SENDING_QUOTA_CODE, SendQuota, Utilization};

use super::advice::{Advice, obstacle};
use super::found::{Found, UseOfQuota};
use super::need::{Need, WARNING_PERCENT};

/// How many requests that are closed are shown.
const MOST_CLOSED: usize = 5;

/// Everything, for somebody who wants to know what to do. `is_filing`: what to do next is being done.
pub fn text(found: &Found, advice: &Advice, named: Option<f64>, is_filing: bool) -> String {
    let is_sandbox = *advice == Advice::ProductionAccess;
    let is_asking = !is_sandbox && (named.is_some() || matches!(advice, Advice::Ask(_)));
    let known = found.use_of_quota.as_ref().ok().filter(|_| !is_sandbox);
    let parts = [
        Some(present(found)),
        Some(what_to_ask_for(found, advice, named)),
        obstacle(found.account.as_ref()).map(str::to_owned),
        known.map(|known| why(&found.quota, known, matches!(advice, Advice::Enough(_) | Advice::Unlimited))),
        requests(found).filter(|_| !is_sandbox),
        is_asking.then(|| form(found, named)),
        failures(found),
        (is_asking && !is_filing && found.open_request().is_none()).then(|| next(found, named)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn present(Found { target, quota, at, .. }: &Found) -> String {
    let max = quota.max_24_hour_send().map_or_else(|| "unlimited".to_owned(), |max| recipients(&count(max)));
    let used = quota.utilization().map(|used| format!(" ({})", Utilization::for_people(used))).unwrap_or_default();
    lines(
        &format!("Account {}, Region {}", target.account.id, target.region),
        &[
            ("24-hour sending quota", max),
            ("Sent in the last 24 hours", format!("{}{used}", recipients(&count(quota.sent_last_24_hours())))),
            ("Checked at", at.for_people()),
        ],
    )
}

/// The answer, in a sentence or two.
fn what_to_ask_for(found: &Found, advice: &Advice, named: Option<f64>) -> String {
    let max = found.quota.max_24_hour_send().map(count).unwrap_or_default();
    match (advice, named) {
        (Advice::ProductionAccess, _) => format!(
            "Ask for production access, not for a higher quota: {}. It can take a day to be granted:\n  {}",
            match found.account.as_ref().and_then(|status| status.production_access) {
                Some(_) => "the account is in the SES sandbox",
                None => "quota and rate are those of the SES sandbox, and the account status could not be read",
            },
            console::account_dashboard(&found.target)
        ),
        (Advice::Unlimited, _) => "Nothing to ask for: the quota is unlimited.".to_owned(),
        (Advice::Ask(need), Some(named)) if named < need.quota => {
            format!("You ask for {}. By the rule it would be {}.", count(named), count(need.quota))
        }
        (_, Some(named)) => format!("You ask for {}.", count(named)),
        (Advice::Ask(need), None) => format!("Ask for {}.", count(need.quota)),
        (Advice::Enough(_), None) => {
            format!(
                "No increase is needed: what is expected stays below {WARNING_PERCENT}% of the present quota of {max}."
            )
        }
        (Advice::CannotTell(unknown), None) => {
            format!("What to ask for cannot be told: {}.\nIf you know it, name it: --to RECIPIENTS", why_not(*unknown))
        }
    }
}

fn why_not(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::NoQuota => "the quota is 0, so see first why the account may not send",
        Unknown::NotRead => "what was sent in the last two weeks could not be read",
        Unknown::NoHistory => "nothing was sent in the last two weeks",
        Unknown::ShortHistory => "there are less than 3 days of history",
        Unknown::DoNotMatch => "the sending statistics and the quota's own count do not agree",
    }
}

/// Line by line.
fn why(
    quota: &SendQuota,
    UseOfQuota { past, expected: (when, expected), need }: &UseOfQuota,
    is_enough: bool,
) -> String {
    let Need { highest, grown, with_room, quota: round, .. } = need;
    let mut rows = vec![
        ("Last 24 hours", near(quota.sent_last_24_hours())),
        ("Busiest 24 hours", format!("{}, up to {}", near(past.busiest.recipients), past.busiest.until.for_people())),
        ("Forecast, upper bound", format!("{}, at {}; holds 9 times in 10", near(*expected), when.for_people())),
        ("Highest of these", up(*highest)),
        ("Growth", growth(past, need)),
        ("With a week's growth", up(*grown)),
        (
            "With room to spare",
            format!("{}, so that this stays below {WARNING_PERCENT}%, where WARNING begins", up(*with_room)),
        ),
    ];
    if !is_enough {
        rows.push(("Next round number", count(*round)));
    }
    lines("Why (recipients in 24 hours; the send rate has no part in it)", &rows)
}

fn growth(past: &Past, need: &Need) -> String {
    let percent = |growth: f64| ((growth - 1.0) * 100.0).round();
    match past.weekly_growth {
        None => "not known: less than two whole weeks of history".to_owned(),
        Some(weekly) if percent(weekly) <= 0.0 => "none: the last 7 days sent no more than the 7 before".to_owned(),
        Some(weekly) => {
            let most = percent(need.growth);
            let bounded = if percent(weekly) > most { format!("; {most}% count") } else { String::new() };
            format!("{}%, the last 7 days over the 7 before{bounded}", count(percent(weekly)))
        }
    }
}

/// A measured number, to the next whole number.
fn near(number: f64) -> String {
    count(number.round())
}

/// A number that is needed, rounded up to a whole number.
fn up(number: f64) -> String {
    // Less than what calculation adds to a whole number is no more of it.
    count((number - 1e-3).ceil().max(0.0))
}

/// What is open, and what became of the latest that are not.
fn requests(found: &Found) -> Option<String> {
    let all = found.requests.as_ref()?;
    if all.is_empty() {
        return Some("No request for a higher quota in the last 90 days.".to_owned());
    }
    let (open, closed): (Vec<_>, Vec<_>) = all.iter().partition(|request| request.status.is_open());
    let mut text = vec!["Requests of the last 90 days".to_owned()];
    text.extend(open.iter().map(|request| open_line(request, found)));
    text.extend(closed.iter().take(MOST_CLOSED).map(|request| closed_line(request)));
    if closed.len() > MOST_CLOSED {
        text.push(format!("  and {} more: {}", closed.len() - MOST_CLOSED, console::request_history(&found.target)));
    }
    if let Some(request) = open.first() {
        text.push(String::new());
        text.push(match &request.case_id {
            Some(case) => format!(
                "AWS takes no second request until it has decided this one. Answer its questions in the support case, and say\n\
                 there how urgent it is, or that you need more:\n  {}",
                console::support_case(&found.target, case)
            ),
            None => format!(
                "AWS takes no second request until it has decided this one. See whether it has come further:\n  {}",
                console::request_history(&found.target)
            ),
        });
    }
    Some(text.join("\n"))
}

fn open_line(request: &IncreaseRequest, found: &Found) -> String {
    let since = request.requested_at;
    let case = request.case_id.as_ref().map(|case| format!(", support case {case}")).unwrap_or_default();
    format!(
        "  {}: open since {} ({}){case}",
        count(request.desired_value()),
        since.for_people(),
        since.how_long_until(found.at)
    )
}

fn closed_line(request: &IncreaseRequest) -> String {
    let end = request.updated_at.unwrap_or(request.requested_at).for_people();
    let became = match request.status {
        RequestStatus::Approved => format!("approved {end}"),
        RequestStatus::Denied | RequestStatus::NotApproved => format!("not approved {end}"),
        RequestStatus::CaseClosed => format!("its support case was closed {end}, and says how it ended"),
        RequestStatus::InvalidRequest => format!("found invalid {end}"),
        RequestStatus::Pending | RequestStatus::CaseOpened => "open".to_owned(),
    };
    format!("  {}: filed {}, {became}", count(request.desired_value()), request.requested_at.for_people())
}

/// What AWS asks for, with what is known filled in.
///
/// Source: Amazon SES developer guide, "Increasing your Amazon SES sending quotas" and "Request production access".
fn form(Found { quota, use_of_quota, .. }: &Found, named: Option<f64>) -> String {
    // What was sent, not what is expected: AWS can see it.
    let busiest = use_of_quota.as_ref().map_or(0.0, |known| known.past.busiest.recipients);
    let sent = busiest.max(quota.sent_last_24_hours());
    let expected = match use_of_quota {
        Ok(known) if named.is_none() => up(known.need.grown),
        _ => "[how many]".to_owned(),
    };
    format!(
        "What AWS wants to know, to be filled in and sent where it asks for it\n\
        \x20 We send [receipts, sign-in codes, newsletters] from [domain] for [website].\n\
        \x20 Our recipients have [created an account, ordered, subscribed at ...]. We confirm addresses by [double opt-in],\n\
        \x20 and never buy or rent them.\n\
        \x20 We send to up to {} recipients in 24 hours, and expect up to {expected}, because [growth, season,\n\
        \x20 another system moves to SES].\n\
        \x20 Bounces and complaints: we learn of them by [notifications, the suppression list of the account], and stop\n\
        \x20 sending to such an address [at once]. In the last month, [..]% bounced and [..]% complained.\n\
        \x20 Unsubscribing: [a link in each message, and the List-Unsubscribe header with one click]; it takes effect [at once].\n\
        \x20 SPF, DKIM and DMARC are set up for [domain], with the DMARC policy [quarantine].\n\
        \x20 A sample of a message: [...]",
        near(sent)
    )
}

fn failures(found: &Found) -> Option<String> {
    let line = |Failure { stage, code, message, .. }: &Failure| {
        let what = match stage {
            Stage::Account => "the account status",
            Stage::History => "what was sent in the last two weeks",
            Stage::Increases => "the requests for a higher quota",
            other => other.name(),
        };
        format!("Not read: {what}: {code}: {message}")
    };
    let lines: Vec<String> = found.failures.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn next(Found { target, .. }: &Found, named: Option<f64>) -> String {
    let to = named.map(|named| format!(" --to {named:.0}")).unwrap_or_default();
    format!(
        "To file it: ses-quota increase --region {}{to} --submit\nOr by hand: {}",
        target.region,
        console::service_quotas(target, SENDING_QUOTA_CODE)
    )
}

/// What a request asks for, as it is sent.
pub fn request(Found { target, quota, .. }: &Found, desired: f64) -> String {
    lines(
        "This files a request for a higher quota, by RequestServiceQuotaIncrease of Service Quotas",
        &[
            ("Account", target.account.id.to_string()),
            ("Region", target.region.to_string()),
            ("Quota", format!("Sending quota of Amazon SES ({SENDING_QUOTA_CODE})")),
            ("Now", quota.max_24_hour_send().map(|max| recipients(&count(max))).unwrap_or_default() + " in 24 hours"),
            ("Desired", recipients(&count(desired)) + " in 24 hours"),
            ("Support case", "AWS may open one".to_owned()),
        ],
    )
}

/// A title, and what is known, by name.
fn lines(title: &str, rows: &[(&str, String)]) -> String {
    let rows = rows.iter().map(|(name, value)| format!("\n  {:<27} {value}", format!("{name}:")));
    rows.fold(title.to_owned(), |text, row| text + &row)
}
