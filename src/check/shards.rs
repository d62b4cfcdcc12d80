//! A check that is too large for one invocation: its parts go through the queue to invocations of their own. SQS and Lambda
//! repeat what fails.

use futures_util::stream::{self, StreamExt as _};
use tracing::{info, warn};

use super::pipeline::Check;
use super::report::{CheckFailed, Report};
use super::{Invocation, Monitor};
use crate::aws::WorkQueue;
use crate::failure::{Failure, Stage};
use crate::metrics;
use crate::request::{Request, Shard, WorkItem};
use crate::settings::Sharding;
use crate::snapshot::Part;
use crate::target::Member;

/// How many messages are sent at the same time.
const MESSAGES: usize = 8;

/// What became of a message of the queue.
#[derive(Debug, Clone, PartialEq)]
pub enum Worked {
    /// Its part was checked.
    Checked(Box<Report>),
    /// It came too late: the next check has the same accounts.
    Stale,
}

/// Why a message of the queue has to come again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShardFailed {
    /// It is not one of ours.
    #[error("the message is no part of a check: {0}")]
    Unreadable(String),
    /// It has other accounts than the function's own, which alone is checked.
    #[error(
        "ACCOUNTS is not set, so no check has parts: a message was left in the queue, or is not from this function"
    )]
    NoFleet,
    /// The monitor could not do its part: a state, an alert or a metric failed.
    #[error("part {number} of {of} failed: {failed}")]
    Check {
        /// The number of the part, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What failed.
        failed: CheckFailed,
    },
}

impl Check<'_> {
    /// Sends the accounts to the queue, in parts of whole accounts. Returns how many parts, and which failures.
    pub(super) async fn part(
        &self,
        queue: &WorkQueue,
        sharding: &Sharding,
        accounts: &[Member],
    ) -> (usize, Vec<Failure>) {
        let targets = |account: &Member| self.targets(std::slice::from_ref(account));
        let parts = parted(accounts, targets, sharding.targets);
        let expires_at = self.invocation.started_at.plus_seconds(60 * self.monitor.settings.interval_minutes);
        let (of, deadline) = (parts.len(), self.deadline);
        let shard =
            |(number, accounts): (usize, &&[Member])| Shard { number, of, expires_at, accounts: accounts.to_vec() };
        let sent = stream::iter(parts.iter().enumerate().map(shard))
            .map(|shard| deadline.bound(Stage::Shards, queue.send(shard.body())))
            .buffer_unordered(MESSAGES);
        let failures = sent.filter_map(async |sent| sent.err()).collect().await;
        (of, failures)
    }
}

/// Parts of as many whole accounts as have no more targets than a part may have, or of one.
fn parted(accounts: &[Member], targets: impl Fn(&Member) -> usize, most: usize) -> Vec<&[Member]> {
    let (mut parts, mut begin, mut size) = (Vec::new(), 0, 0);
    for (place, account) in accounts.iter().enumerate() {
        let targets = targets(account);
        if place > begin && size + targets > most {
            parts.push(&accounts[begin..place]);
            (begin, size) = (place, 0);
        }
        size += targets;
    }
    parts.push(&accounts[begin..]);
    parts
}

impl Monitor {
    /// Checks the part that a message of the queue names, unless it is stale.
    ///
    /// # Errors
    /// [`ShardFailed`], so that the queue delivers it again.
    pub async fn work(&self, item: &WorkItem, invocation: &Invocation) -> Result<Worked, ShardFailed> {
        let shard = match &item.shard {
            Ok(shard) => shard,
            Err(error) => return Err(ShardFailed::Unreadable(error.clone())),
        };
        if !self.settings.targets.is_fleet() {
            return Err(ShardFailed::NoFleet);
        }
        if shard.is_stale(invocation.started_at) {
            warn!(number = shard.number, of = shard.of, expired_at = %shard.expires_at, "dropped a part of an earlier check");
            return Ok(Worked::Stale);
        }
        let check = Check::new(self, Request::Scheduled, invocation);
        let report = self.run(&check, &shard.accounts, Part { number: shard.number, of: shard.of }).await;
        match report.into_result_of_part() {
            Ok(report) => Ok(Worked::Checked(Box::new(report))),
            Err(failed) => {
                let measured = [(None, vec![metrics::for_failed_shard()])];
                let publish = self.clients.metrics.publish(&measured, invocation.started_at);
                if let Err(failure) = check.deadline.bound(Stage::Metrics, publish).await {
                    info!(%failure, "the failed part is not measured");
                }
                Err(ShardFailed::Check { number: shard.number.saturating_add(1), of: shard.of, failed })
            }
        }
    }
}
