//! What happens to one target: `observe` and `assess`; what follows from that goes to `dispatch` and `publish`.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::sleep;
use tracing::debug;

use super::assess::{Assessed, Assessment, assess};
use super::deadline::Deadline;
use super::deliver::{AlertDelivery, Done, Task, WRITES};
use super::observe::{Observation, Observer};
use super::pace::Pace;
use super::publish::Measurement;
use super::report::SubjectReport;
use super::{Invocation, Monitor, TargetReport, listeners};
use crate::alert::{AlertLevel, Claim, Finding, Kind, Notification};
use crate::failure::Failure;
use crate::message::Message;
use crate::metrics;
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
    reading: Arc<Reading>,
    subjects: Vec<SubjectReport>,
    /// The highest level that is known of any subject.
    pub highest: Option<AlertLevel>,
    pub failures: Vec<Failure>,
}

impl Checked {
    /// Takes in what became of a decision about a subject.
    pub(super) fn complete(&mut self, done: Done) {
        self.failures.extend(done.failures);
        if let Some(report) = self.subjects.iter_mut().find(|report| report.subject == done.subject) {
            // Where the state could not be read, OK is not known.
            if report.level.is_some() || done.level > AlertLevel::Ok {
                report.level = Some(done.level);
            }
            report.notification = done.notification;
            report.reason = done.reason;
        }
    }

    pub(super) fn into_report(self) -> TargetReport {
        let Self { reading, subjects, failures, .. } = self;
        TargetReport::new(&reading.target, reading.quota.as_ref(), subjects)
            .with_forecast(reading.forecast.clone())
            .with_failures(failures)
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
        }
    }

    /// What alerts are delivered with: one for the whole check, which keeps their pace.
    pub(super) fn delivery(&self) -> AlertDelivery<'_> {
        let Monitor { settings, clients, said, .. } = self.monitor;
        AlertDelivery {
            states: clients.states.as_ref(),
            alerts: &clients.alerts,
            policy: &settings.alerting,
            claimant: &self.claimant,
            claimed_until: self.claimed_until,
            deadline: self.deadline,
            claims: Pace::default(),
            publishes: Pace::default(),
            records: Semaphore::new(WRITES),
            digests: Mutex::new(()),
            said,
        }
    }

    /// The account's targets, in the order of `REGIONS`.
    fn targets(&self) -> Vec<Target> {
        let regions = self.monitor.settings.targets.regions.iter();
        regions
            .map(|region| Target { account: self.invocation.function.account.clone(), region: region.clone() })
            .collect()
    }

    /// Checks all targets, and measures them together.
    pub(super) async fn all_targets(
        &self,
        places: &Semaphore,
        measurements: UnboundedSender<Measurement>,
        tasks: UnboundedSender<Task>,
    ) -> BTreeMap<usize, Checked> {
        let checked = stream::iter(self.targets().into_iter().enumerate())
            // Only what has a place takes memory.
            .then(|next| async { (places.acquire().await.ok(), next) })
            .map(|(place, (number, target))| {
                let (measurements, tasks) = (&measurements, &tasks);
                async move { (number, self.target(number, target, place, measurements, tasks).await) }
            })
            .buffer_unordered(usize::MAX)
            .collect::<BTreeMap<usize, Checked>>()
            .await;
        let highest = checked.values().filter_map(|checked| checked.highest).max();
        if let Some(highest) = highest.filter(|_| self.request == Request::Scheduled) {
            let metrics = vec![metrics::for_fleet(highest)];
            let _ = measurements.send(Measurement { of: None, metrics });
        }
        checked
    }

    /// Checks one target: sends off its metrics, and what was decided about its subjects, as soon as both are known.
    pub(super) async fn target(
        &self,
        number: usize,
        target: Target,
        place: Option<SemaphorePermit<'_>>,
        measurements: &UnboundedSender<Measurement>,
        tasks: &UnboundedSender<Task>,
    ) -> Checked {
        let observation = self.observe(&target, place).await;
        let policy = &self.monitor.settings.alerting;
        let assessment = assess(self.request, &target, observation, self.invocation.started_at, policy);
        debug!(%target, ?assessment, "assessed");
        let metrics = assessment.metrics();
        let Assessment { reading, subjects, highest, failures } = assessment;
        let reading = Arc::new(reading);
        let reports = subjects.iter().map(|assessed| self.report(assessed)).collect();
        // A dry run and a test alert change nothing, and measure nothing.
        if self.request == Request::Scheduled {
            // Both are received until the last target has been checked.
            let _ = measurements.send(Measurement { of: Some((number, target)), metrics });
            for Assessed { finding, decision, state: read, .. } in subjects {
                let reading = Arc::clone(&reading);
                let _ = tasks.send(Task { number, reading, finding, decision, read, failures: Vec::new() });
            }
        }
        Checked { reading, subjects: reports, highest, failures }
    }

    fn report(&self, assessed: &Assessed) -> SubjectReport {
        let Assessed { finding, decision, .. } = assessed;
        let notification = match self.request {
            Request::TestAlert => Some(Kind::Test),
            Request::Scheduled | Request::DryRun => decision.action.due(),
        };
        let (subject, level, reason) = (finding.subject(), assessed.level(), decision.reason.clone());
        SubjectReport { subject, level, notification, reason }
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

    /// One message for all targets that were read, whatever their levels.
    pub(super) async fn send_test_alert(&self, checked: impl Iterator<Item = &mut Checked>) {
        let mut read: Vec<(&mut Checked, Notification)> = checked
            .filter_map(|checked| {
                let (quota, about) = (checked.reading.quota?, checked.subjects.first()?);
                let (level, cause) = (about.level?, about.reason.cause.clone());
                let reading = Reading::clone(&checked.reading);
                let notification = Notification::new(reading, Finding::Quota(quota), Kind::Test, level, cause);
                Some((checked, notification))
            })
            .collect();
        let notifications: Vec<&Notification> = read.iter().map(|(_, notification)| notification).collect();
        let Some(message) = Message::of(&notifications) else { return };
        let failure = self.delivery().publish(&message).await.err();
        for (checked, _) in &mut read {
            checked.failures.extend(failure.clone());
        }
    }

    /// What its targets are observed with.
    pub(super) fn observer(&self) -> Observer<'_> {
        let Monitor { settings, clients, histories, .. } = self.monitor;
        let (request, now, deadline) = (self.request, self.invocation.started_at, self.deadline);
        Observer { clients, histories, policy: &settings.alerting, request, now, deadline }
    }

    /// Reads a target, and gives up its place when that takes long.
    async fn observe(&self, target: &Target, place: Option<SemaphorePermit<'_>>) -> Observation {
        let observing = pin!(self.observer().observe(target));
        match select(observing, pin!(sleep(PATIENCE))).await {
            Either::Left((observation, _)) => observation,
            Either::Right(((), observing)) => {
                drop(place);
                observing.await
            }
        }
    }
}
