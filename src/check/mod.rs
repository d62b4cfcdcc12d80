//! One check over all targets, from a request to a report.
//!
//! Each target goes its own way, as soon as it can: `observe` reads what SES and the state table say, `assess` decides
//! what that means. What was decided goes to `dispatch`, which lets `deliver` do it at once, except that many alerts of one
//! kind leave together. No target waits for another. Metrics are published alongside, and the report puts the results into
//! the order of the targets.

mod assess;
mod deadline;
mod deliver;
mod dispatch;
mod histories;
mod listeners;
mod observe;
mod pace;
mod pipeline;
mod plan;
mod publish;
mod report;
mod said;

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use crate::aws::Clients;
use crate::request::Request;
use crate::settings::Settings;
use crate::target::Target;
use crate::time::Timestamp;

use deliver::Done;
use dispatch::Dispatch;
use histories::Histories;
use listeners::Listeners;
use pipeline::{Check, Checked};
pub use plan::{PlanAnswer, PlanFailed};
use publish::publish;
pub use report::{CheckFailed, Failures, Report, SubjectReport, TargetReport};
use said::SaidThisHour;

/// How many targets are read at the same time. SES accepts one `GetSendQuota` a second per account and Region, so targets
/// do not compete for it. The bound is for memory: each target has connections of its own.
const PLACES: usize = 32;

/// How long before the deadline a digest leaves at the latest, although not all targets have been read.
const FLUSH: Duration = Duration::from_secs(10);

/// The monitor: its settings, the clients for AWS, and what it remembers from check to check.
#[derive(Debug)]
pub struct Monitor {
    settings: Settings,
    clients: Clients,
    said: SaidThisHour,
    listeners: Listeners,
    histories: Histories,
}

/// What a check knows of the invocation that it runs in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's own account and Region. The account is the one that is checked.
    pub function: Target,
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
        Self {
            settings,
            clients,
            said: SaidThisHour::default(),
            listeners: Listeners::default(),
            histories: Histories::default(),
        }
    }

    /// Checks every target. A failure in one of them, or in one part of one, is in the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let check = Check::new(self, request, invocation);
        let delivery = check.delivery();
        let places = Semaphore::new(PLACES);
        let (measurements, measured) = mpsc::unbounded_channel();
        let (tasks, decided) = mpsc::unbounded_channel();
        let checked = check.all_targets(&places, measurements, tasks);
        let dispatch = Dispatch::new(decided, check.deadline.less_at_most_half(FLUSH));
        let delivered = stream::unfold(dispatch, async |mut dispatch| Some((dispatch.next().await?, dispatch)))
            .map(|tasks| delivery.deliver(tasks))
            .buffer_unordered(usize::MAX)
            .flat_map(stream::iter)
            .collect::<Vec<Done>>();
        let published = publish(&self.clients.metrics, measured, invocation.started_at, check.deadline);
        let (mut checked, delivered, mut unpublished, subscribers) =
            tokio::join!(checked, delivered, published, check.count_subscribers());
        if request == Request::TestAlert {
            check.send_test_alert(checked.values_mut()).await;
        }
        for done in delivered {
            checked.entry(done.number).and_modify(|checked| checked.complete(done));
        }
        let failures = Failures::of(unpublished.remove(&None));
        for (number, failure) in unpublished.into_iter().filter_map(|(number, failure)| Some((number?, failure))) {
            checked.entry(number).and_modify(|checked| checked.failures.push(failure));
        }
        Report {
            checked_at: invocation.started_at,
            dry_run: request == Request::DryRun,
            subscribers,
            targets: checked.into_values().map(Checked::into_report).collect(),
            failures,
        }
    }
}
