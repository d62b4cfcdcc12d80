//! `ses-quota doctor`: whether an installation is sound.
//!
//! Each file here has one thing that is examined: what is known of it, how that is read, and how it is judged. Reading is all
//! that knows AWS; judging takes what was read, and the present where it matters. Nothing is changed.
//!
//! - [`stack`], [`function`], [`drift`], [`schedule`], [`checks`]: whether checks run, as the stack says
//! - [`topics`], [`phones`], [`alarms`]: whether somebody is told
//! - [`queues`], [`table`]: what failed, and what is remembered
//! - [`accounts`], [`regions`]: whether everything is watched
//! - [`finding`]: what is wrong, and what to do

mod accounts;
mod alarms;
mod checks;
mod drift;
mod finding;
mod function;
mod phones;
mod queues;
mod regions;
mod schedule;
mod stack;
mod table;
mod topics;

use std::future::Future;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ses_quota_monitor::target::Region;
use ses_quota_monitor::time::Timestamp;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::{Installation, Resources};
use crate::monitor::{Scope, now};
use crate::output::print_json;
use crate::session::Session;

use finding::Diagnosis;
use regions::Watched;

/// Examine an installation: what is wrong, the worst first, and what to do about it
#[derive(Debug, Args)]
#[command(after_help = "\
It changes nothing, and runs a dry run of a check, in which the function reads every account. The exit status is that of \
the worst: 2 CRITICAL, 3 something cannot be examined, 1 WARNING, 0 no problem found.")]
pub struct Doctor {
    #[command(flatten)]
    stack: Stack,
}

impl Doctor {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let installation = Installation::find(session, &self.stack.name).await?;
        let resources = installation.resources(session).await?;
        let examination = Examination::new(session, &installation, &resources)?;
        let diagnosis = Box::pin(examination.run()).await?;
        if is_json {
            print_json(&diagnosis.shown());
        } else {
            anstream::println!("{}", diagnosis.text());
        }
        Ok(diagnosis.exit())
    }
}

/// What is examined, and how far that is.
struct Examination<'a> {
    session: &'a Session,
    installation: &'a Installation,
    resources: &'a Resources,
    function: &'a str,
    topic: &'a str,
    table: &'a str,
    now: Timestamp,
    progress: ProgressBar,
}

/// What is examined beside the Regions, for the progress.
const STEPS: u64 = 8;

impl<'a> Examination<'a> {
    fn new(session: &'a Session, installation: &'a Installation, resources: &'a Resources) -> Result<Self, Failed> {
        // Shown on a terminal only.
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} examined")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Ok(Self {
            session,
            installation,
            resources,
            function: installation.output("FunctionName")?,
            topic: installation.output("AlertTopicArn")?,
            table: installation.output("StateTableName")?,
            now: now(),
            progress: ProgressBar::new(STEPS).with_style(style),
        })
    }

    /// Counts what was waited for.
    async fn step<T>(&self, reading: impl Future<Output = T>) -> T {
        let read = reading.await;
        self.progress.inc(1);
        read
    }

    async fn run(&self) -> Result<Diagnosis, Failed> {
        let Self { session, installation, .. } = *self;
        let schedule = self.resources.of_type("AWS::Scheduler::Schedule").into_iter().next().unwrap_or("(none)");
        let alarms = self.resources.of_type("AWS::CloudWatch::Alarm");
        let namespace = installation.parameter("MetricNamespace").unwrap_or_default();
        let (function, planned, checks, topics, raised, queues, table) = tokio::join!(
            self.step(Box::pin(function::read(session, self.function))),
            self.step(schedule::read(session, schedule)),
            self.step(Box::pin(checks::read(session, installation, namespace, self.function, self.now))),
            self.step(Box::pin(topics::read(session, installation, self.topic))),
            self.step(Box::pin(alarms::read(session, &alarms))),
            self.step(Box::pin(queues::read(session, self.resources))),
            self.step(table::read(session, self.table)),
        );
        let mut diagnosis = stack::judge(installation);
        diagnosis.add(function::judge(&function, installation, self.function));
        diagnosis.add(schedule::judge(&planned, installation, schedule));
        let ran = checks::judge(&checks, installation, self.now);
        let is_silent = ran.is_critical();
        diagnosis.add(ran);
        diagnosis.add(topics::judge(&topics, installation, self.topic));
        if let Ok(Some(subscriptions)) = &topics.alerts
            && let Some(phones) = Box::pin(phones::read(session, subscriptions)).await
        {
            diagnosis.add(phones::judge(&phones, installation));
        }
        let [events, parts] = queues::DEAD_LETTERS.map(|(_, what)| queues.holds(what));
        let explained = [
            ("-fell-silent", is_silent),
            ("-nobody-listens", topics.nobody_listens()),
            ("-checks-dropped", events),
            ("-shards-dropped", parts),
        ];
        let explained: Vec<&str> = explained.into_iter().filter(|(_, is)| *is).map(|(end, _)| end).collect();
        diagnosis.add(alarms::judge(&raised, &alarms, &explained, installation));
        diagnosis.add(queues::judge(&queues, installation));
        let stored = table::judge(&table, installation, self.table);
        // What is found there says already why a dry run would fail.
        let can_run = function.can_run() && !stored.is_critical();
        diagnosis.add(stored);
        let (accounts, regions) = tokio::join!(self.accounts(can_run), self.regions(&function));
        diagnosis.add(accounts);
        diagnosis.add(regions?);
        self.progress.finish_and_clear();
        Ok(diagnosis)
    }

    async fn accounts(&self, can_run: bool) -> Diagnosis {
        if !can_run {
            return Diagnosis::default();
        }
        accounts::judge(&self.step(Box::pin(accounts::read(self.session, self.installation))).await)
    }

    async fn regions(&self, function: &function::Facts) -> Result<Diagnosis, Failed> {
        let watched = Watched::of(function, self.installation, self.session);
        let clients = Scope::default().clients(self.session)?;
        let regions = Region::with_ses(&self.installation.partition);
        self.progress.inc_length(u64::try_from(regions.len()).unwrap_or_default());
        let read = regions::read(&clients, regions, &watched, || self.progress.inc(1)).await;
        Ok(regions::judge(&read, &watched, self.installation))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::StackStatus;

    use super::*;

    /// An installation as the template makes it, in two Regions.
    pub fn installation() -> Installation {
        let text = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let bare = Installation {
            stack: "ses-quota-monitor".to_owned(),
            region: "us-east-1".parse().unwrap(),
            partition: "aws".parse().unwrap(),
            created_at: None,
            status: StackStatus::CreateComplete,
            outputs: text(&[
                ("AlertTopicArn", "arn:aws:sns:us-east-1:111122223333:alerts"),
                ("StateTableName", "state"),
                ("LogGroupName", "/aws/lambda/ses-quota-monitor-Monitor"),
            ]),
            parameters: text(&[]),
        };
        with(
            bare,
            &[
                ("AlertEmail", "ops@example.com"),
                ("Architecture", "arm64"),
                ("CheckIntervalMinutes", "5"),
                ("ExternalId", ""),
                ("Regions", "us-east-1,eu-west-1"),
                ("Timeout", "30"),
                ("WarningPercent", "80"),
            ],
        )
    }

    /// The same with other parameters.
    pub fn with(mut installation: Installation, parameters: &[(&str, &str)]) -> Installation {
        installation
            .parameters
            .extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        installation
    }
}
