//! One check over all targets, from a request to a report.
//!
//! Each target goes its own way, as soon as it can: `observe` reads what SES and the state table say, `assess` decides
//! what that means. What was decided goes to `dispatch`, which lets `deliver` do it at once, except that many alerts of one
//! kind leave together. No target waits for another. Metrics are published alongside, and the report puts the results into
//! the order of the targets.

mod assess;
mod checked;
mod deadline;
mod deliver;
mod dispatch;
mod histories;
mod increases;
mod inspect;
mod left_out;
mod listeners;
mod members;
mod observe;
mod pace;
mod patience;
mod pipeline;
mod places;
mod plan;
mod publish;
mod report;
mod said;
mod sessions;
mod shards;

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc;

use crate::aws::Clients;
use crate::failure::Failure;
use crate::request::Request;
use crate::settings::Settings;
use crate::snapshot::{Part, SnapshotTarget};
use crate::target::{Member, Target};
use crate::time::Timestamp;

use checked::Checked;
use deliver::Done;
use dispatch::Dispatch;
use histories::Histories;
use increases::Denials;
pub use inspect::Inspection;
use left_out::LeftOut;
use listeners::Listeners;
use members::{Members, Roster};
use pipeline::Check;
pub use plan::{PlanAnswer, PlanFailed};
use publish::publish;
pub use report::{CheckFailed, Failures, Report, SubjectReport, TargetReport};
use said::SaidThisHour;
use sessions::Sessions;
pub use shards::{ShardFailed, Worked};

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
    members: Members,
    sessions: Sessions,
    left_out: LeftOut,
    denials: Denials,
}

/// What a check knows of the invocation that it runs in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's own account and Region.
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

/// What was found by looking, without a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What was found of each target.
    pub targets: Vec<SnapshotTarget>,
    /// What failed, and of which target, or account as a whole.
    pub failures: Vec<(Option<Target>, Failure)>,
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
            members: Members::default(),
            sessions: Sessions::default(),
            left_out: LeftOut::default(),
            denials: Denials::default(),
        }
    }

    /// Checks every target, or parts the check where they are too many. A failure in one of them, or in one part of one, is in
    /// the report and stops nothing else.
    pub async fn check(&self, request: Request, invocation: &Invocation) -> Report {
        let check = Check::new(self, request, invocation);
        let Roster { accounts, listed_at, failures } = check.accounts().await;
        let (report, further) = match self.settings.sharding.as_ref().zip(self.clients.work.as_ref()) {
            Some((sharding, queue)) if request == Request::Scheduled && check.targets(&accounts) > sharding.targets => {
                let (parts, failures) = check.part(queue, sharding, &accounts).await;
                (Report::of_parts(invocation.started_at, parts), failures)
            }
            _ => (self.run(&check, &accounts, Part::WHOLE).await, Vec::new()),
        };
        report.with_accounts_listed_at(listed_at).with_failures(failures.into_iter().chain(further))
    }

    /// Looks at every target as a dry run does, and changes nothing.
    pub async fn look(&self, invocation: &Invocation) -> Look {
        let check = Check::new(self, Request::DryRun, invocation);
        let Roster { accounts, failures, .. } = check.accounts().await;
        // A dry run sends nothing to either.
        let ((measurements, _), (tasks, _)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let checked = check.all(&accounts, Part::WHOLE, measurements, tasks).await;
        let of_targets = checked.values().flat_map(|checked| {
            let target = Some(checked.reading.target.clone());
            checked.failures.iter().map(move |failure| (target.clone(), failure.clone()))
        });
        Look {
            targets: checked
                .values()
                .filter(|checked| !checked.reading.target.region.is_all())
                .map(Checked::snapshot)
                .collect(),
            failures: failures.into_iter().map(|failure| (None, failure)).chain(of_targets).collect(),
        }
    }

    /// Checks the targets in these accounts, which are a part of all.
    async fn run(&self, check: &Check<'_>, accounts: &[Member], part: Part) -> Report {
        let invocation = check.invocation;
        self.sessions.forget_ended(invocation.started_at);
        let delivery = check.delivery();
        let (measurements, measured) = mpsc::unbounded_channel();
        let (tasks, decided) = mpsc::unbounded_channel();
        let checked = check.all(accounts, part, measurements, tasks);
        let dispatch = Dispatch::new(decided, check.deadline.less_at_most_half(FLUSH));
        let delivered = stream::unfold(dispatch, async |mut dispatch| Some((dispatch.next().await?, dispatch)))
            .map(|batch| delivery.deliver(batch))
            .buffer_unordered(usize::MAX)
            .flat_map(stream::iter)
            .collect::<Vec<Done>>();
        let published = publish(&self.clients.metrics, measured, invocation.started_at, check.deadline);
        let (mut checked, delivered, mut unpublished, subscribers) =
            tokio::join!(checked, delivered, published, check.count_subscribers());
        if check.request == Request::TestAlert {
            check.send_test_alert(checked.values_mut()).await;
        }
        for done in delivered {
            checked.entry(done.number).and_modify(|checked| checked.complete(done));
        }
        let mut failures: Vec<Failure> = unpublished.remove(&None).into_iter().collect();
        for (number, failure) in unpublished.into_iter().filter_map(|(number, failure)| Some((number?, failure))) {
            checked.entry(number).and_modify(|checked| checked.failures.push(failure));
        }
        failures.extend(check.keep_snapshot(part, &checked).await);
        Report {
            checked_at: invocation.started_at,
            dry_run: check.request == Request::DryRun,
            subscribers,
            accounts_listed_at: None,
            parts: None,
            targets: checked.into_values().filter_map(Checked::into_report).collect(),
            failures: Failures::of(failures),
        }
    }
}
