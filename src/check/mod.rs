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
mod pipeline;
mod publish;
mod report;
mod said;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use crate::aws::Clients;
use crate::request::Request;
use crate::settings::Settings;
use crate::target::Account;
use crate::time::Timestamp;

use listeners::Listeners;
use pipeline::{Check, Checked};
use publish::publish;
pub use report::{CheckFailed, Report, TargetReport};
use said::SaidThisHour;

/// How many targets are read at the same time. SES accepts one `GetSendQuota` a second per account and Region, so targets
/// do not compete for it. The bound is for memory: each target has connections of its own.
const PLACES: usize = 32;

/// The monitor: its settings, the clients for AWS, and what it remembers from check to check.
#[derive(Debug)]
pub struct Monitor {
    settings: Settings,
    clients: Clients,
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
        Self { settings, clients, said: SaidThisHour::default(), listeners: Listeners::default() }
    }

    /// Checks every target. A failure in one of them, or in one part of one, is in the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let check = Check::new(self, request, invocation);
        let places = Semaphore::new(PLACES);
        let targets = check.targets();
        let measured = if request == Request::Scheduled { targets.len() } else { 0 };
        let (measurements, received) = mpsc::unbounded_channel();
        let checked = stream::iter(targets.into_iter().enumerate())
            // Only what has a place takes memory.
            .then(|next| async { (places.acquire().await.ok(), next) })
            .map(|(place, (number, target))| {
                let (check, measurements) = (&check, measurements.clone());
                async move { (number, check.target(number, target, place, measurements).await) }
            })
            .buffer_unordered(usize::MAX)
            .collect::<BTreeMap<usize, Checked>>();
        let published = publish(&self.clients.metrics, received, measured, invocation.started_at, check.deadline);
        let (mut checked, unpublished, subscribers) = tokio::join!(checked, published, check.count_subscribers());
        if request == Request::TestAlert {
            check.send_test_alert(checked.values_mut()).await;
        }
        for (number, failure) in unpublished {
            checked.entry(number).and_modify(|checked| checked.failures.push(failure));
        }
        Report {
            checked_at: invocation.started_at,
            dry_run: request == Request::DryRun,
            subscribers,
            targets: checked.into_values().map(Checked::into_report).collect(),
        }
    }
}
