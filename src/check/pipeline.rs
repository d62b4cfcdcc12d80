//! What happens to one target: `observe`, `assess`, `deliver`.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::SemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use tracing::debug;

use super::assess::{Assessment, assess};
use super::deadline::Deadline;
use super::deliver::{AlertDelivery, Outcome};
use super::observe::{Observation, observe};
use super::pace::Pace;
use super::publish::Measurement;
use super::{Invocation, Monitor, TargetReport, listeners};
use crate::alert::{AlertLevel, Claim, Decision, Kind};
use crate::aws::StoredState;
use crate::failure::Failure;
use crate::reading::Reading;
use crate::request::Request;
use crate::target::Target;
use crate::time::Timestamp;

/// How long a target may keep a place. One that takes longer goes on without: a Region that is down must not keep others
/// from being read. An answer takes a few tenths of a second around the world.
const PATIENCE: Duration = Duration::from_millis(500);

/// Kept free at the end of an invocation, to report what is known by then.
const RESERVE: Duration = Duration::from_secs(1);

/// The longest check, however long Lambda lets the function run: what it has read is old by then.
const LONGEST_CHECK: Duration = Duration::from_mins(4);

/// What a check found and did about one target.
#[derive(Debug)]
pub(super) struct Checked {
    target: Target,
    /// What SES said, and the level as far as it is known; `None` where the quota is unknown.
    found: Option<(Reading, Option<AlertLevel>)>,
    notification: Option<Kind>,
    pub failures: Vec<Failure>,
}

impl Checked {
    pub(super) fn into_report(self) -> TargetReport {
        let report = match &self.found {
            Some((reading, level)) => TargetReport::assessed(&self.target, &reading.quota, *level, self.notification),
            None => TargetReport::unread(&self.target),
        };
        report.with_failures(self.failures)
    }
}

/// One check: what is asked for, by whom, and until when.
#[derive(Debug)]
pub(super) struct Check<'a> {
    monitor: &'a Monitor,
    request: Request,
    invocation: &'a Invocation,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
    /// Names this attempt in claims.
    claimant: String,
    /// When this invocation is certainly dead, whatever its clock says. Its claims end then.
    claimed_until: Timestamp,
    claims: Pace,
    publishes: Pace,
}

impl<'a> Check<'a> {
    pub(super) fn new(monitor: &'a Monitor, request: Request, invocation: &'a Invocation) -> Self {
        let time_left = invocation.time_left.min(LONGEST_CHECK);
        let seconds_left = i64::try_from(time_left.as_secs()).unwrap_or(i64::MAX);
        Self {
            monitor,
            request,
            invocation,
            deadline: Deadline::after(time_left.saturating_sub(RESERVE)),
            claimant: format!("{}/{:016x}", invocation.request_id, invocation.attempt),
            claimed_until: invocation.started_at.plus_seconds(seconds_left + Claim::CLOCK_SKEW_SECONDS),
            claims: Pace::default(),
            publishes: Pace::default(),
        }
    }

    fn delivery(&self) -> AlertDelivery<'_> {
        let Monitor { settings, clients, said, .. } = self.monitor;
        AlertDelivery {
            states: clients.states.as_ref(),
            alerts: &clients.alerts,
            policy: &settings.alerting,
            claimant: &self.claimant,
            claimed_until: self.claimed_until,
            deadline: self.deadline,
            claims: &self.claims,
            publishes: &self.publishes,
            said,
        }
    }

    /// The account's targets, in the order of `REGIONS`.
    pub(super) fn targets(&self) -> Vec<Target> {
        let regions = self.monitor.settings.targets.regions.iter();
        regions.map(|region| Target { account: self.invocation.account.clone(), region: region.clone() }).collect()
    }

    /// Checks one target, and sends off its metrics as soon as they are known.
    pub(super) async fn target(
        &self,
        number: usize,
        target: Target,
        place: Option<SemaphorePermit<'_>>,
        measurements: UnboundedSender<Measurement>,
    ) -> Checked {
        let observation = self.observe(&target, place).await;
        let policy = &self.monitor.settings.alerting;
        let assessment = assess(self.request, &target, observation, self.invocation.started_at, policy);
        debug!(%target, ?assessment, "assessed");
        // Nobody receives them in a dry run or for a test alert: then no metrics are published.
        let _ = measurements.send(Measurement { number, target: target.clone(), metrics: assessment.metrics() });
        let Assessment { decided, state, is_blind, mut failures } = assessment;
        let Some((reading, decision)) = decided else {
            return Checked { target, found: None, notification: None, failures };
        };
        let Outcome { level, notification, failures: failed } = self.act(&reading, decision, state).await;
        failures.extend(failed);
        // Unknown is not OK: what the state says may still be above.
        let level = Some(level).filter(|level| !is_blind || *level > AlertLevel::Ok);
        Checked { target, found: Some((reading, level)), notification, failures }
    }

    /// Does what was decided, unless the request is only to see it.
    async fn act(&self, reading: &Reading, decision: Decision, state: Option<StoredState>) -> Outcome {
        match self.request {
            Request::Scheduled | Request::TestAlert => self.delivery().deliver(reading, decision, state).await,
            Request::DryRun => {
                Outcome { level: decision.level, notification: decision.action.due(), failures: Vec::new() }
            }
        }
    }

    /// Counts who listens to the topic: always for a test alert, whose sender is told, and else once an hour.
    pub(super) async fn count_subscribers(&self) -> Option<u32> {
        let Self { monitor: Monitor { clients, listeners, .. }, invocation, deadline, .. } = *self;
        match self.request {
            Request::TestAlert => listeners::count(clients, deadline).await,
            Request::Scheduled if listeners.are_due(invocation.started_at) => {
                if let Some(confirmed) = listeners::count(clients, deadline).await {
                    listeners::publish(clients, confirmed, invocation.started_at, deadline).await;
                }
                None
            }
            Request::Scheduled | Request::DryRun => None,
        }
    }

    /// One message for all targets that were read.
    pub(super) async fn send_test_alert(&self, checked: impl Iterator<Item = &mut Checked>) {
        let mut read: Vec<&mut Checked> = checked.filter(|checked| checked.found.is_some()).collect();
        let failure = self
            .delivery()
            .test_alert(read.iter().filter_map(|checked| checked.found.as_ref().map(|(reading, _)| reading)))
            .await;
        for checked in &mut read {
            checked.notification = Some(Kind::Test);
            checked.failures.extend(failure.clone());
        }
    }

    /// Reads a target, and gives up its place when that takes long.
    async fn observe(&self, target: &Target, place: Option<SemaphorePermit<'_>>) -> Observation {
        let observing = pin!(observe(&self.monitor.clients, self.request, target, self.deadline));
        match select(observing, pin!(sleep(PATIENCE))).await {
            Either::Left((observation, _)) => observation,
            Either::Right(((), observing)) => {
                drop(place);
                observing.await
            }
        }
    }
}
