//! One check over all targets, from a request to a report.
//!
//! Each target goes its own way, as soon as it can: `observe` reads what SES and the state table say, `assess` decides
//! what that means, `deliver` does what was decided. No target waits for another. Metrics are published alongside, and
//! the report puts the results into the order of the targets.

mod assess;
mod deadline;
mod deliver;
mod observe;
mod publish;
mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::{self, UnboundedSender};
use tracing::debug;

use crate::aws::Clients;
use crate::request::Request;
use crate::settings::Settings;
use crate::target::{Account, Target};
use crate::time::Timestamp;

use assess::{Assessment, assess};
use deadline::Deadline;
use deliver::{AlertDelivery, Outcome};
use observe::observe;
use publish::{Measurement, publish};
pub use report::{CheckFailed, Report, TargetReport};

/// How many targets are checked at the same time. SES accepts one `GetSendQuota` a second per account and Region, so targets
/// do not compete for it. The bound is for memory: each target has connections of its own.
const CONCURRENT_TARGETS: usize = 32;

/// Kept free at the end of an invocation, to report what is known by then.
const RESERVE: Duration = Duration::from_secs(1);

/// How far the clocks of two invocations may be apart. A claim outlives its holder by as much.
const CLOCK_SKEW_SECONDS: i64 = 10;

/// The monitor: its settings, and the clients for AWS.
#[derive(Debug, Clone)]
pub struct Monitor {
    settings: Settings,
    clients: Clients,
}

/// What a check knows of the invocation that it runs in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The account that is checked.
    pub account: Account,
    /// Names this invocation in claims.
    pub request_id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// How long until Lambda ends it.
    pub time_left: Duration,
}

impl Monitor {
    /// A monitor with its settings and clients.
    #[must_use]
    pub fn new(settings: Settings, clients: Clients) -> Self {
        Self { settings, clients }
    }

    /// Checks every target. A failure in one of them, or in one part of one, is in the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let deadline = Deadline::after(invocation.time_left.saturating_sub(RESERVE));
        let check = Check { monitor: self, request, invocation, deadline };
        let targets = check.targets();
        let measured = if request == Request::Scheduled { targets.len() } else { 0 };
        let (measurements, received) = mpsc::unbounded_channel();
        let checked = stream::iter(targets.into_iter().enumerate())
            .map(|(place, target)| {
                let measurements = measurements.clone();
                async move { (place, check.target(place, target, measurements).await) }
            })
            .buffer_unordered(CONCURRENT_TARGETS)
            .collect::<BTreeMap<usize, TargetReport>>();
        let published = publish(&self.clients.metrics, received, measured, invocation.started_at, deadline);
        let (reports, mut unpublished) = tokio::join!(checked, published);
        let in_order = reports.into_iter();
        Report {
            checked_at: invocation.started_at,
            dry_run: request == Request::DryRun,
            targets: in_order.map(|(place, report)| report.with_failures(unpublished.remove(&place))).collect(),
        }
    }
}

/// One check: what is asked for, by whom, and until when.
#[derive(Debug, Clone, Copy)]
struct Check<'a> {
    monitor: &'a Monitor,
    request: Request,
    invocation: &'a Invocation,
    deadline: Deadline,
}

impl Check<'_> {
    /// The account's targets, in the order of `REGIONS`.
    fn targets(self) -> Vec<Target> {
        let regions = self.monitor.settings.targets.regions.iter();
        regions.map(|region| Target { account: self.invocation.account.clone(), region: region.clone() }).collect()
    }

    /// Checks one target, and sends off its metrics as soon as they are known.
    async fn target(self, place: usize, target: Target, measurements: UnboundedSender<Measurement>) -> TargetReport {
        let Self { monitor: Monitor { settings, clients }, request, invocation, deadline } = self;
        let observation = observe(clients, request, &target, deadline).await;
        let assessment = assess(request, &target, observation, invocation.started_at, &settings.alerting);
        debug!(%target, ?assessment, "assessed");
        // Nobody receives them in a dry run or for a test alert: then no metrics are published.
        let _ = measurements.send(Measurement { place, target: target.clone(), metrics: assessment.metrics() });
        let Assessment { finding, action, state, failures } = assessment;
        let outcome = match request {
            Request::DryRun => Outcome { notification: action.due(), failures: Vec::new() },
            Request::Scheduled | Request::TestAlert => self.delivery().deliver(&target, action, state).await,
        };
        let report = match finding {
            Some((quota, level)) => TargetReport::assessed(&target, &quota, level, outcome.notification),
            None => TargetReport::unread(&target),
        };
        report.with_failures(failures.into_iter().chain(outcome.failures))
    }

    fn delivery(&self) -> AlertDelivery<'_> {
        let Self { monitor: Monitor { clients, .. }, invocation, deadline, .. } = self;
        let seconds_left = i64::try_from(invocation.time_left.as_secs()).unwrap_or(i64::MAX);
        AlertDelivery {
            states: clients.states.as_ref(),
            alerts: &clients.alerts,
            request_id: &invocation.request_id,
            claimed_until: invocation.started_at.plus_seconds(seconds_left).plus_seconds(CLOCK_SKEW_SECONDS),
            deadline: *deadline,
        }
    }
}
