//! How a check that is too large for one invocation is parted.

use super::Settings;
use super::reader::Reader;

/// How a check that is too large for one invocation is parted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharding {
    /// `WORK_QUEUE_URL`: the SQS queue that invokes the same function with each part.
    pub queue_url: String,
    /// `SHARD_TARGETS`: more targets than this are parted. Default: [`Self::TARGETS`].
    pub targets: usize,
}

impl Sharding {
    /// The default number of targets.
    pub const TARGETS: usize = 1_000;

    /// `None` without a queue.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let queue_url =
            reader.optional("WORK_QUEUE_URL", "the URL of an SQS queue", |text| is_url(text).then(|| text.to_owned()));
        let targets = reader.optional("SHARD_TARGETS", "a whole number of targets from 1 to 10000", |text| {
            text.parse().ok().filter(|targets| (1..=10_000).contains(targets))
        });
        Some(Self { queue_url: queue_url?, targets: targets.unwrap_or(Self::TARGETS) })
    }
}

/// `CHECK_INTERVAL_MINUTES`, or else the default.
pub(super) fn read_interval<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> i64 {
    let expected = "a whole number of minutes from 1 to 1440 (a day)";
    let interval_minutes = reader.optional("CHECK_INTERVAL_MINUTES", expected, |text| {
        text.parse().ok().filter(|minutes| (1..=1_440).contains(minutes))
    });
    interval_minutes.unwrap_or(Settings::INTERVAL_MINUTES)
}

/// As far as it has to be one: the host differs between partitions, endpoints and local emulators.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.and_then(|rest| rest.split_once('/')).is_some_and(|(host, path)| !host.is_empty() && !path.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}
