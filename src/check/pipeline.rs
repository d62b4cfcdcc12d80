//! What happens to one target: `observe` and `assess`; what follows from that goes to `dispatch` and `publish`.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;
use tracing::debug;

use super::assess::{Assessed, Assessment, Assessor};
use super::checked::{Checked, tally};
use super::deadline::Deadline;
use super::deliver::{AlertDelivery, Task, WRITES};
use super::increases::Increases;
use super::observe::{Observation, Observer};
use super::pace::Pace;
use super::patience::Patience;
use super::places::Place;
use super::publish::Measurement;
use super::report::SubjectReport;
use super::{Invocation, Monitor, listeners};
use crate::alert::{AlertLevel, Claim, Finding, Kind, Notification};
use crate::failure::{Failure, Stage};
use crate::message::Message;
use crate::reading::Reading;
use crate::request::Request;
use crate::settings::{MetricDetail, Regions};
use crate::snapshot::Part;
use crate::target::Member;
use crate::time::Timestamp;

/// How many places have a turn at the same time. SES accepts one `GetSendQuota` a second per account and Region, so they do
/// not compete for it. The bound is for memory: each has connections of its own.
const TURNS: usize = 64;

/// How many places are waited for at the same time, those that have given up their turn among them. Each holds a connection
/// or two, and Lambda gives a function 1,024 file descriptors.
///
/// Source: AWS Lambda developer guide, "Lambda quotas".
const MOST_WAITING: usize = 400;

/// How long a place may keep its turn. One that takes longer goes on without: a Region that is down must not keep others
/// from being read. An answer takes a few tenths of a second around the world.
const LONGEST_TURN: Duration = Duration::from_millis(500);

/// Kept free at the end of an invocation, to report what is known by then.
const RESERVE: Duration = Duration::from_secs(1);

/// The longest check, however long Lambda lets the function run: what it has read is old by then.
const LONGEST_CHECK: Duration = Duration::from_mins(4);

/// The turn of a place, until it is dropped.
struct Turn<'a> {
    _permit: Option<SemaphorePermit<'a>>,
    length: Duration,
}

/// One check: what is asked for, by whom, and until when.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub monitor: &'a Monitor,
    pub request: Request,
    pub invocation: &'a Invocation,
    /// When to stop waiting for answers.
    pub deadline: Deadline,
    /// How long calls are waited for.
    pub patience: Patience,
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
            patience: Patience::default(),
            claimant: format!("{}/{:016x}", invocation.request_id, invocation.attempt),
            claimed_until: invocation.started_at.plus_seconds(seconds_left + Claim::CLOCK_SKEW_SECONDS),
        }
    }

    /// What alerts are delivered with: one for the whole check, which keeps their pace.
    pub(super) fn delivery(&self) -> AlertDelivery<'_> {
        let Monitor { settings, clients, said, sessions, denials, .. } = self.monitor;
        let increases = Increases {
            reader: &clients.increases,
            denials,
            sessions,
            own: &self.invocation.function.account.id,
            now: self.invocation.started_at,
            deadline: self.deadline,
        };
        AlertDelivery {
            states: clients.states.as_ref(),
            alerts: &clients.alerts,
            increases,
            policies: &settings.alerting,
            claimant: &self.claimant,
            claimed_until: self.claimed_until,
            deadline: self.deadline,
            claims: Pace::default(),
            publishes: Pace::default(),
            records: Semaphore::new(WRITES),
            said,
        }
    }

    /// Checks all places.
    pub(super) async fn all(
        &self,
        accounts: &[Member],
        part: Part,
        measurements: UnboundedSender<Measurement>,
        tasks: UnboundedSender<Task>,
    ) -> BTreeMap<usize, Checked> {
        let (turns, length) = (Semaphore::new(TURNS), self.turn(accounts));
        let mut checked = stream::iter(self.places(accounts).enumerate())
            // Only what has a turn takes memory.
            .then(|next| async { (Turn { _permit: turns.acquire().await.ok(), length }, next) })
            .map(|(turn, (number, place))| {
                let (measurements, tasks) = (&measurements, &tasks);
                async move { (number, self.place(number, place, turn, measurements, tasks).await) }
            })
            .buffer_unordered(MOST_WAITING)
            .collect::<BTreeMap<usize, Checked>>()
            .await;
        self.leave_out(&mut checked);
        if self.request == Request::Scheduled {
            let detail = self.monitor.settings.publishing.metric_detail;
            let metrics = tally(checked.values()).metrics(detail, part != Part::WHOLE);
            let _ = measurements.send(Measurement { of: None, metrics });
        }
        checked
    }

    /// Checks one place: sends off its metrics, and what was decided about its subjects, as soon as both are known.
    async fn place(
        &self,
        number: usize,
        place: Place<'_>,
        turn: Turn<'_>,
        measurements: &UnboundedSender<Measurement>,
        tasks: &UnboundedSender<Task>,
    ) -> Checked {
        let observation = self.observe(&place, turn).await;
        let assessment = self.assessor().assess(&place, observation);
        let target = place.target;
        debug!(%target, ?assessment, "assessed");
        let metrics = assessment.metrics();
        let Assessment { reading, subjects, highest, failures, is_absent } = assessment;
        let reading = Arc::new(reading);
        let mut checked = Checked { reading, subjects: Vec::new(), highest, failures, is_absent };
        // A dry run and a test alert change nothing, and measure nothing.
        let is_scheduled = self.request == Request::Scheduled;
        if is_scheduled && self.is_measured(&checked) {
            // This and the tasks are received until the last place has been checked.
            let _ = measurements.send(Measurement { of: Some((number, target)), metrics });
        }
        for assessed in subjects {
            let is_to_do = is_scheduled && !assessed.decision.action.is_nothing();
            checked.note(self.report(&assessed), is_to_do);
            if is_to_do {
                let Assessed { finding, decision, state: read, .. } = assessed;
                let reading = Arc::clone(&checked.reading);
                let _ = tasks.send(Task { number, reading, finding, decision, read, failures: Vec::new() });
            }
        }
        checked
    }

    /// Leaves out the Regions of all that an account does not have, if anything was read: else it may be the check itself
    /// that AWS does not let in.
    fn leave_out(&self, checked: &mut BTreeMap<usize, Checked>) {
        if checked.values().any(Checked::is_read) {
            let absent = checked.extract_if(.., |_, checked| checked.is_absent);
            let targets = absent.map(|(_, checked)| checked.reading.target.clone());
            self.monitor.left_out.insert(targets, self.invocation.started_at);
        }
    }

    /// Whether a target has metrics of its own.
    fn is_measured(&self, checked: &Checked) -> bool {
        let Checked { reading, highest, failures, is_absent, .. } = checked;
        let sends = || reading.quota.is_none_or(|quota| quota.sent_last_24_hours() > 0.0);
        !is_absent
            && !reading.target.region.is_all()
            && match self.monitor.settings.publishing.metric_detail {
                MetricDetail::All => true,
                MetricDetail::Sending => sends() || *highest > Some(AlertLevel::Ok) || !failures.is_empty(),
                MetricDetail::Fleet => false,
            }
    }

    /// Stores what was found for those who look at it, if that is wanted.
    pub(super) async fn keep_snapshot(&self, part: Part, checked: &BTreeMap<usize, Checked>) -> Option<Failure> {
        let Monitor { settings, clients, .. } = self.monitor;
        let is_wanted = settings.publishing.snapshot && self.request == Request::Scheduled;
        let states = clients.states.as_ref().filter(|_| is_wanted)?;
        let targets = checked.values().filter(|checked| !checked.reading.target.region.is_all()).map(Checked::snapshot);
        let write = states.write_snapshot(part, targets, self.invocation.started_at);
        self.deadline.bound(Stage::Snapshot, write).await.err()
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
        let Monitor { settings, clients, histories, sessions, .. } = self.monitor;
        let (request, now, deadline, patience) =
            (self.request, self.invocation.started_at, self.deadline, &self.patience);
        Observer { clients, histories, sessions, patience, policies: &settings.alerting, request, now, deadline }
    }

    fn assessor(&self) -> Assessor<'_> {
        let settings = &self.monitor.settings;
        Assessor {
            request: self.request,
            checked_at: self.invocation.started_at,
            policies: &settings.alerting,
            is_of_all_regions: settings.targets.regions == Regions::All,
        }
    }

    /// Reads a place, and gives up its turn when that takes long.
    async fn observe(&self, place: &Place<'_>, turn: Turn<'_>) -> Observation {
        let _waiting = self.patience.wait();
        let observing = pin!(self.observer().observe(place));
        match select(observing, pin!(sleep(turn.length))).await {
            Either::Left((observation, _)) => observation,
            Either::Right(((), observing)) => {
                drop(turn);
                observing.await
            }
        }
    }

    /// How long a place may keep its turn: if all of them take longer, all have begun in half of the time.
    fn turn(&self, accounts: &[Member]) -> Duration {
        let turns = (accounts.len() + self.targets(accounts)).div_ceil(TURNS).max(1);
        let share = self.deadline.time_left() / 2 / u32::try_from(turns).unwrap_or(u32::MAX);
        share.min(LONGEST_TURN)
    }
}
