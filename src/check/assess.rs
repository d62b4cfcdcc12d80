//! What an observation means: the level of each subject of a target, and what to do about it. Pure.

use std::sync::Arc;

use super::observe::Observation;
use super::places::Place;
use crate::alert::{
    Action, AlertLevel, AlertPolicies, AlertPolicy, Decision, Finding, Reason, Subject, Unread, Verdict, decide,
    decide_without_state,
};
use crate::aws::{States, StoredState};
use crate::failure::{Failure, Stage};
use crate::forecast::Forecast;
use crate::metrics::{self, Metric};
use crate::reading::{Reading, SendHistory, SendQuota, SendRate};
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// What a check knows of a target before it acts.
#[derive(Debug)]
pub(super) struct Assessment {
    /// What SES said.
    pub reading: Reading,
    /// What was decided about each subject of which anything is known.
    pub subjects: Vec<Assessed>,
    /// The highest level that is known of any subject; that of the state where nothing newer is known.
    pub highest: Option<AlertLevel>,
    /// What could not be read, or not be believed.
    pub failures: Vec<Failure>,
    /// Whether it is one of all Regions, and the account has no SES there.
    pub is_absent: bool,
}

/// What was decided about a subject.
#[derive(Debug)]
pub(super) struct Assessed {
    /// What was found.
    pub finding: Finding,
    /// What to do about it.
    pub decision: Decision,
    /// The state that the decision started from; `None` where it is unknown, or none is kept.
    pub state: Option<StoredState>,
    /// Whether the state could not be read: then the level may be higher than what was found says.
    pub is_blind: bool,
}

impl Assessed {
    /// The level, as far as it is known: where the state could not be read, OK is not.
    pub(super) fn level(&self) -> Option<AlertLevel> {
        Some(self.decision.level).filter(|level| !self.is_blind || *level > AlertLevel::Ok)
    }
}

impl Assessment {
    /// The metrics of the target.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        let quota = self.subjects.iter().find(|assessed| assessed.finding.subject() == Subject::Quota);
        let level = quota.filter(|quota| !quota.is_blind).map(|quota| quota.decision.level);
        // A history only explains.
        let has_failed = self.failures.iter().any(|failure| failure.stage != Stage::History);
        metrics::for_target(&self.reading, level, has_failed)
    }
}

/// What targets are assessed by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assessor<'a> {
    /// What the check is asked for.
    pub request: Request,
    /// When it started.
    pub checked_at: Timestamp,
    /// When a notification is due.
    pub policies: &'a AlertPolicies,
    /// Whether Regions where an account has no SES are left out.
    pub is_of_all_regions: bool,
}

impl Assessor<'_> {
    /// Assesses what was observed in a place.
    pub(super) fn assess(self, Place { target, name, .. }: &Place<'_>, observation: Observation) -> Assessment {
        let Self { request, checked_at, policies, is_of_all_regions } = self;
        let policy = &policies.of(target);
        let Observation { quota, account, states, history } = observation;
        let (quota, quota_failure) = parted(quota);
        let (account, account_failure) = parted(account);
        let (states, state_failure) = parted(states);
        let is_blind = state_failure.is_some();
        let (quota, mut states) = (quota.flatten(), states.flatten());
        let forecast = quota.as_ref().and_then(|quota| forecast(quota, &history, checked_at));
        let (history, history_failure) = parted(history);
        let rate_used =
            quota.as_ref().zip(history.flatten()).and_then(|(quota, history)| history.rate_used(quota, checked_at));
        let reading = Reading {
            target: target.clone(),
            account_name: name.clone(),
            quota,
            account: account.flatten(),
            rate_used,
            forecast,
            increase_request: None,
            checked_at,
        };
        let mut failures: Vec<Failure> = quota_failure.into_iter().chain(account_failure).collect();
        let read = read(target, failures.first(), checked_at);
        // What an alert is open about, or may be, is not left out: it would never be over.
        let is_absent = is_of_all_regions
            && !is_blind
            && failures.first().is_some_and(|failure| failure.is_absence(&target.region))
            && states.as_ref().is_none_or(is_quiet);
        failures.extend(history_failure);
        failures.extend(state_failure);

        let mut assessment = Assessment { reading, subjects: Vec::new(), highest: None, failures, is_absent };
        if is_absent {
            return assessment;
        }
        let Assessment { reading, subjects, highest, failures, .. } = &mut assessment;
        if request == Request::TestAlert {
            subjects.extend(reading.quota.map(|quota| undecided(Finding::Quota(quota), checked_at, policy)));
            return assessment;
        }
        for &subject in Subject::of(target) {
            let (state, is_blind) = match states.as_mut().and_then(|states: &mut States| states.remove(&subject)) {
                Some(Ok(state)) => (Some(state), false),
                Some(Err(failure)) => {
                    failures.push(failure);
                    (None, true)
                }
                None => (None, is_blind),
            };
            let finding = match subject {
                Subject::Quota => reading.quota.map(Finding::Quota),
                Subject::Account => reading.account.clone().map(Finding::Account),
                Subject::Rate => rate(reading, policy),
                Subject::Reading => read.clone(),
            };
            // Unknown is not OK: without a finding, the level stays what it was, and nothing is over.
            let Some(finding) = finding else {
                *highest = (*highest).max(state.map(|stored| stored.state.assessed_level()));
                continue;
            };
            let decision = match &state {
                Some(stored) => decide(&stored.state, reading, &finding, policy),
                None => decide_without_state(reading, &finding, policy),
            };
            failures.extend(decision.disbelieved.iter().map(Failure::impossible_time));
            // How long a target has not been read is unknown without a state, and a rate that nobody watches tells nothing.
            if decision.reason.verdict != Verdict::NeedsState && finding != Finding::Rate(None) {
                *highest = (*highest).max(Some(decision.level));
            }
            subjects.push(Assessed { finding, decision, state, is_blind });
        }
        assessment
    }
}

/// Whether the target was read; `None` where that is not its own: a role that cannot be assumed is told of once, of the
/// account as a whole.
fn read(target: &Target, failure: Option<&Failure>, now: Timestamp) -> Option<Finding> {
    match failure {
        Some(failure) if failure.stage == Stage::Role && !target.region.is_all() => None,
        Some(failure) => Some(Finding::Reading(Some(Unread { since: now, failure: failure.clone() }))),
        None => Some(Finding::Reading(None)),
    }
}

/// Whether no alert is open about any subject, nor known to be due.
fn is_quiet(states: &States) -> bool {
    states.values().all(|stored| stored.as_ref().is_ok_and(|stored| stored.state.is_quiet()))
}

/// What is expected of a quota; `None` where nobody asked, or there is none that could be full.
pub(super) fn forecast(
    quota: &SendQuota,
    history: &Result<Option<Arc<SendHistory>>, Failure>,
    now: Timestamp,
) -> Option<Forecast> {
    quota.max_24_hour_send().filter(|max| *max > 0.0)?;
    match history {
        Ok(history) => history.as_ref().map(|history| Forecast::new(history, quota, now)),
        Err(_) => Some(Forecast::without_history(quota)),
    }
}

/// A rate that nobody watches, and one without a maximum, are never a reason for an alert.
fn rate(reading: &Reading, policy: &AlertPolicy) -> Option<Finding> {
    match (policy.rate_warning, reading.quota.map(|quota| quota.max_send_rate())) {
        (None, _) | (_, Some(SendRate::Unlimited)) => Some(Finding::Rate(None)),
        _ => reading.rate_used.map(|used| Finding::Rate(Some(used))),
    }
}

/// A test alert is sent whatever the level, and changes nothing.
fn undecided(finding: Finding, now: Timestamp, policy: &AlertPolicy) -> Assessed {
    let level = policy.level(&finding, now);
    let reason = Reason { cause: policy.cause(&finding, level), verdict: Verdict::Test };
    let decision = Decision { level, action: Action::Nothing, reason, disbelieved: Vec::new() };
    Assessed { finding, decision, state: None, is_blind: false }
}

/// A result as what is known, and what failed.
pub(super) fn parted<T, E>(result: Result<T, E>) -> (Option<T>, Option<E>) {
    match result {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error)),
    }
}
