//! One check over all targets, from a request to a report.
//!
//! Each target goes its own way, as soon as it can: `observe` reads what SES and the state table say, `assess` decides
//! what that means, `deliver` does what was decided. No target waits for another. Metrics are published alongside, and
//! the report puts the results into the order of the targets.

mod assess;
mod deadline;
mod deliver;
mod listeners;
mod observe;
mod pace;
mod publish;
mod report;
mod said;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::time::sleep;
use tracing::debug;

use crate::alert::{AlertLevel, Claim, Decision, Kind};
use crate::aws::{Clients, StoredState};
use crate::failure::Failure;
use crate::reading::Reading;
use crate::request::Request;
use crate::settings::Settings;
use crate::target::{Account, Target};
use crate::time::Timestamp;

use assess::{Assessment, assess};
use deadline::Deadline;
use deliver::{AlertDelivery, Outcome};
use listeners::Listeners;
use observe::{Observation, observe};
use pace::Pace;
use publish::{Measurement, publish};
pub use report::{CheckFailed, Report, TargetReport};
use said::SaidThisHour;

/// How many targets are read at the same time. SES accepts one `GetSendQuota` a second per account and Region, so targets
/// do not compete for it. The bound is for memory: each target has connections of its own.
const PLACES: usize = 32;

/// How long a target may keep a place. One that takes longer goes on without: a Region that is down must not keep others
/// from being read. An answer takes a few tenths of a second around the world.
const PATIENCE: Duration = Duration::from_millis(500);

/// Kept free at the end of an invocation, to report what is known by then.
const RESERVE: Duration = Duration::from_secs(1);

/// The longest check, however long Lambda lets the function run: what it has read is old by then.
const LONGEST_CHECK: Duration = Duration::from_mins(4);

/// The monitor: its settings, the clients for AWS, and what it remembers from check to check.
#[derive(Debug)]
pub struct Monitor {
    settings: Settings,
    clients: Clients,
    claims: Pace,
    publishes: Pace,
    said: SaidThisHour,
    listeners: Listeners,
}

/// What a check knows of the invocation that it runs in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The account that is checked.
    pub account: Account,
    /// The request ID of Lambda, the same each time the same event is delivered.
    pub request_id: String,
    /// Tells the attempts of one request ID apart.
    pub attempt: u64,
    /// When it started.
    pub started_at: Timestamp,
    /// How long until Lambda ends it.
    pub time_left: Duration,
}

impl Monitor {
    /// A monitor with its settings and clients.
    #[must_use]
    pub fn new(settings: Settings, clients: Clients) -> Self {
        let (claims, publishes, said, listeners) = Default::default();
        Self { settings, clients, claims, publishes, said, listeners }
    }

    /// Checks every target. A failure in one of them, or in one part of one, is in the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let time_left = invocation.time_left.min(LONGEST_CHECK);
        let deadline = Deadline::after(time_left.saturating_sub(RESERVE));
        let seconds_left = i64::try_from(time_left.as_secs()).unwrap_or(i64::MAX);
        let claimed_until = invocation.started_at.plus_seconds(seconds_left + Claim::CLOCK_SKEW_SECONDS);
        let claimant = format!("{}/{:016x}", invocation.request_id, invocation.attempt);
        let places = Semaphore::new(PLACES);
        let delivery = AlertDelivery {
            states: self.clients.states.as_ref(),
            alerts: &self.clients.alerts,
            policy: &self.settings.alerting,
            claimant: &claimant,
            claimed_until,
            deadline,
            claims: &self.claims,
            publishes: &self.publishes,
            said: &self.said,
        };
        let check = Check { monitor: self, request, invocation, deadline, places: &places, delivery };
        let targets = check.targets();
        let measured = if request == Request::Scheduled { targets.len() } else { 0 };
        let (measurements, received) = mpsc::unbounded_channel();
        let checked = stream::iter(targets.into_iter().enumerate())
            .map(|(place, target)| {
                let measurements = measurements.clone();
                async move { (place, check.target(place, target, measurements).await) }
            })
            .buffer_unordered(usize::MAX)
            .collect::<BTreeMap<usize, Checked>>();
        let published = publish(&self.clients.metrics, received, measured, invocation.started_at, deadline);
        let (mut checked, unpublished, subscribers) = tokio::join!(checked, published, check.count_subscribers());
        if request == Request::TestAlert {
            check.send_test_alert(checked.values_mut()).await;
        }
        for (place, failure) in unpublished {
            checked.entry(place).and_modify(|checked| checked.failures.push(failure));
        }
        Report {
            checked_at: invocation.started_at,
            dry_run: request == Request::DryRun,
            subscribers,
            targets: checked.into_values().map(Checked::into_report).collect(),
        }
    }
}

/// What a check found and did about one target.
#[derive(Debug)]
struct Checked {
    target: Target,
    /// What SES said, and the level; `None` where the quota is unknown.
    found: Option<(Reading, AlertLevel)>,
    notification: Option<Kind>,
    failures: Vec<Failure>,
}

impl Checked {
    fn into_report(self) -> TargetReport {
        let report = match &self.found {
            Some((reading, level)) => TargetReport::assessed(&self.target, &reading.quota, *level, self.notification),
            None => TargetReport::unread(&self.target),
        };
        report.with_failures(self.failures)
    }
}

/// One check: what is asked for, by whom, and until when.
#[derive(Debug, Clone, Copy)]
struct Check<'a> {
    monitor: &'a Monitor,
    request: Request,
    invocation: &'a Invocation,
    deadline: Deadline,
    places: &'a Semaphore,
    delivery: AlertDelivery<'a>,
}

impl Check<'_> {
    /// The account's targets, in the order of `REGIONS`.
    fn targets(self) -> Vec<Target> {
        let regions = self.monitor.settings.targets.regions.iter();
        regions.map(|region| Target { account: self.invocation.account.clone(), region: region.clone() }).collect()
    }

    /// Checks one target, and sends off its metrics as soon as they are known.
    async fn target(self, place: usize, target: Target, measurements: UnboundedSender<Measurement>) -> Checked {
        let observation = self.observe(&target).await;
        let policy = &self.monitor.settings.alerting;
        let assessment = assess(self.request, &target, observation, self.invocation.started_at, policy);
        debug!(%target, ?assessment, "assessed");
        // Nobody receives them in a dry run or for a test alert: then no metrics are published.
        let _ = measurements.send(Measurement { place, target: target.clone(), metrics: assessment.metrics() });
        let Assessment { decided, state, mut failures } = assessment;
        let Some((reading, decision)) = decided else {
            return Checked { target, found: None, notification: None, failures };
        };
        let Outcome { level, notification, failures: failed } = self.act(&reading, decision, state).await;
        failures.extend(failed);
        Checked { target, found: Some((reading, level)), notification, failures }
    }

    /// Does what was decided, unless the request is only to see it.
    async fn act(self, reading: &Reading, decision: Decision, state: Option<StoredState>) -> Outcome {
        match self.request {
            Request::Scheduled | Request::TestAlert => self.delivery.deliver(reading, decision, state).await,
            Request::DryRun => {
                Outcome { level: decision.level, notification: decision.action.due(), failures: Vec::new() }
            }
        }
    }

    /// Counts who listens to the topic: always for a test alert, whose sender is told, and else once an hour.
    async fn count_subscribers(self) -> Option<u32> {
        let Self { monitor: Monitor { clients, listeners, .. }, request, invocation, deadline, .. } = self;
        match request {
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
    async fn send_test_alert(self, checked: impl Iterator<Item = &mut Checked>) {
        let mut read: Vec<&mut Checked> = checked.filter(|checked| checked.found.is_some()).collect();
        let failure = self.delivery.test_alert(read.iter().filter_map(|checked| checked.found.as_ref())).await;
        for checked in &mut read {
            checked.notification = Some(Kind::Test);
            checked.failures.extend(failure.clone());
        }
    }

    /// Reads a target when a place is free, and gives the place up when that takes long.
    async fn observe(self, target: &Target) -> Observation {
        let place = self.places.acquire().await.ok();
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
