//! One check over all targets, from a request to a report.

mod deliver;
mod report;

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;
use tracing::debug;

use crate::alert::AlertLevel;
use crate::alert::Notification;
use crate::alert::{Action, decide, decide_without_state};
use crate::aws::{Clients, StateStore, StoredState};
use crate::failure::{Failure, Step};
use crate::metrics;
use crate::reading::Reading;
use crate::request::Request;
use crate::settings::Settings;
use crate::target::{Owner, Region, Target};
use crate::time::Timestamp;

use deliver::{Carrier, Outcome, Plan, in_time};
pub use report::{CheckFailed, Report, TargetReport};

/// How many targets are worked on at the same time. SES takes one `GetSendQuota` a second for each account and Region, so
/// targets do not compete there; what is bounded is memory, a connection for each.
const CONCURRENT_TARGETS: usize = 32;

/// Kept free at the end of an invocation, to report what is known by then.
const RESERVE: Duration = Duration::from_secs(1);

/// How far the clocks of two invocations may be apart. A claim outlives its holder by as much.
const CLOCK_SKEW_SECONDS: i64 = 10;

/// The monitor: its settings, and the way to AWS.
#[derive(Debug, Clone)]
pub struct Monitor {
    settings: Settings,
    clients: Clients,
}

/// What a check knows of the invocation it runs in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The account that is checked.
    pub owner: Owner,
    /// Names this invocation in claims.
    pub request_id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long until Lambda ends it.
    pub time_left: Duration,
}

/// What a check knows of a target before it acts.
struct Assessment {
    target: Target,
    /// `None` where the quota is unknown.
    finding: Option<(Reading, AlertLevel)>,
    plan: Plan,
    failures: Vec<Failure>,
}

impl Monitor {
    /// A monitor with its settings and clients.
    #[must_use]
    pub fn new(settings: Settings, clients: Clients) -> Self {
        Self { settings, clients }
    }

    /// Checks every target. A failure in one of them, or in one part of one, is in the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let deadline = Instant::now() + invocation.time_left.saturating_sub(RESERVE);
        let assessments: Vec<Assessment> = stream::iter(&self.settings.regions)
            .map(|region| self.assess(request, invocation, region, deadline))
            .buffered(CONCURRENT_TARGETS)
            .collect()
            .await;
        let (outcomes, unpublished) = match request {
            Request::Scheduled => tokio::join!(
                self.carry_out(&assessments, invocation, deadline),
                self.publish_metrics(&assessments, invocation, deadline)
            ),
            Request::TestAlert => (self.carry_out(&assessments, invocation, deadline).await, Vec::new()),
            Request::DryRun => {
                let due = |Assessment { plan, .. }: &Assessment| Outcome { notification: plan.due(), failures: vec![] };
                (assessments.iter().map(due).collect(), Vec::new())
            }
        };
        let unpublished = unpublished.into_iter().chain(std::iter::repeat(None));
        let targets = assessments
            .into_iter()
            .zip(outcomes)
            .zip(unpublished)
            .map(|((assessment, outcome), unpublished)| assessment.report(outcome, unpublished))
            .collect();
        Report { checked_at: invocation.started_at, dry_run: request == Request::DryRun, targets }
    }

    /// Reads the quota and the state of a target, and decides.
    async fn assess(
        &self,
        request: Request,
        invocation: &Invocation,
        region: &Region,
        deadline: Instant,
    ) -> Assessment {
        let target = Target { owner: invocation.owner.clone(), region: region.clone() };
        // A test alert leaves the state alone.
        let states = self.clients.states.as_ref().filter(|_| request != Request::TestAlert);
        let (quota, stored) = tokio::join!(
            in_time(deadline, Step::Read, self.clients.quotas.read(region)),
            in_time(deadline, Step::State, read_state(states, &target))
        );
        let (stored, state_failure) = match stored {
            Ok(stored) => (stored, None),
            Err(failure) => (None, Some(failure)),
        };
        let quota = match quota {
            Ok(quota) => quota,
            // Unknown: not OK, no recovery, nothing to say.
            Err(failure) => {
                let failures = [failure].into_iter().chain(state_failure).collect();
                return Assessment { target, finding: None, plan: Plan::Nothing, failures };
            }
        };

        let reading = Reading { target: target.clone(), quota, checked_at: invocation.started_at };
        let policy = &self.settings.policy;
        let (level, plan) = match (request, stored) {
            (Request::TestAlert, _) => {
                let level = policy.thresholds.level(&quota);
                (level, Plan::NotifyUnguarded(Notification::test(reading.clone(), level)))
            }
            (_, Some(read)) => {
                let decision = decide(&read.state, &reading, policy);
                let plan = match decision.action {
                    Action::Nothing | Action::LeaveToHolder => Plan::Nothing,
                    Action::Record(state) => Plan::Record { read, state },
                    Action::Notify { notification, delivered } => Plan::Notify { notification, read, delivered },
                };
                (decision.level, plan)
            }
            (_, None) => {
                let (level, notification) = decide_without_state(&reading, policy);
                (level, notification.map_or(Plan::Nothing, Plan::NotifyUnguarded))
            }
        };
        debug!(%target, alert_level = %level, ?quota, ?plan, "assessed");
        Assessment { target, finding: Some((reading, level)), plan, failures: state_failure.into_iter().collect() }
    }

    async fn carry_out(&self, assessments: &[Assessment], invocation: &Invocation, deadline: Instant) -> Vec<Outcome> {
        let seconds_left = i64::try_from(invocation.time_left.as_secs()).unwrap_or(i64::MAX);
        let carrier = Carrier {
            states: self.clients.states.as_ref(),
            alerts: &self.clients.alerts,
            request_id: &invocation.request_id,
            claimed_until: invocation.started_at.plus_seconds(seconds_left).plus_seconds(CLOCK_SKEW_SECONDS),
            deadline,
        };
        stream::iter(assessments)
            .map(|Assessment { target, plan, .. }| carrier.carry_out(target, plan.clone()))
            .buffered(CONCURRENT_TARGETS)
            .collect()
            .await
    }

    async fn publish_metrics(
        &self,
        assessments: &[Assessment],
        invocation: &Invocation,
        deadline: Instant,
    ) -> Vec<Option<Failure>> {
        let data: Vec<_> = assessments.iter().map(|known| (known.target.clone(), known.metrics())).collect();
        let publish = async { Ok(self.clients.metrics.publish(&data, invocation.started_at).await) };
        in_time(deadline, Step::Metrics, publish).await.unwrap_or_else(|failure| vec![Some(failure); data.len()])
    }
}

/// The state of a target; `None` where none is kept.
async fn read_state(states: Option<&StateStore>, target: &Target) -> Result<Option<StoredState>, Failure> {
    match states {
        Some(states) => states.read(target).await.map(Some),
        None => Ok(None),
    }
}

impl Assessment {
    fn metrics(&self) -> Vec<metrics::Metric> {
        match &self.finding {
            Some((reading, level)) => metrics::assessed(&reading.quota, *level, !self.failures.is_empty()),
            None => metrics::unread(),
        }
    }

    fn report(self, outcome: Outcome, unpublished: Option<Failure>) -> TargetReport {
        let report = match &self.finding {
            Some((reading, level)) => {
                TargetReport::assessed(&self.target, &reading.quota, *level, outcome.notification)
            }
            None => TargetReport::unread(&self.target),
        };
        report.with_failures(self.failures.into_iter().chain(outcome.failures).chain(unpublished))
    }
}
