//! Where alerts, state and metrics go.

use super::TopicArn;
use super::reader::Reader;
use crate::target::{AccountId, Partition, Region};

/// Where alerts, state and metrics go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publishing {
    /// `ALERT_TOPIC_ARN`: the SNS topic for alerts. Required.
    pub alert_topic: TopicArn,
    /// `STATE_TABLE`: name or ARN of the DynamoDB table with the alert state. Unset: nothing is remembered but by
    /// the process, and an alert is sent once in a clock hour.
    pub state_table: Option<String>,
    /// `METRIC_NAMESPACE`: the CloudWatch namespace of the metrics. Default: [`Self::METRIC_NAMESPACE`].
    pub metric_namespace: String,
    /// `METRIC_DETAIL`: which targets have metrics of their own. Default: all of them.
    pub metric_detail: MetricDetail,
    /// `SNAPSHOT`: whether each check stores what it found in the state table, for those who look at it. Default: no.
    pub snapshot: bool,
}

/// Which targets have metrics of their own. Each metric of a target costs as much as one of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetricDetail {
    /// `all` of them.
    #[default]
    All,
    /// `sending`: those that sent something in 24 hours, or are not OK.
    Sending,
    /// `fleet`: none, only the fleet together.
    Fleet,
}

impl Publishing {
    /// The default CloudWatch namespace.
    pub const METRIC_NAMESPACE: &str = "SESQuotaMonitor";

    /// `None` where the topic is missing or invalid, which is noted.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let alert_topic: Option<TopicArn> = reader.required(
            "ALERT_TOPIC_ARN",
            "the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts",
        );
        reader.require_own_partition("ALERT_TOPIC_ARN", "a topic", alert_topic.iter().flat_map(TopicArn::partitions));
        let state_table = read_state_table(reader);
        let metric_namespace = reader.optional(
            "METRIC_NAMESPACE",
            "1 to 255 of A-Z a-z 0-9 . - _ / # : and space, beginning neither with AWS/ nor with a colon or space",
            |text| is_namespace(text).then(|| text.to_owned()),
        );
        let metric_detail = reader.optional("METRIC_DETAIL", "all, sending or fleet", |text| match text {
            "all" => Some(MetricDetail::All),
            "sending" => Some(MetricDetail::Sending),
            "fleet" => Some(MetricDetail::Fleet),
            _ => None,
        });
        let snapshot = reader.optional("SNAPSHOT", "true or false", |text| text.parse().ok()).unwrap_or(false);
        if snapshot && reader.value("STATE_TABLE").is_none() {
            reader.reject("SNAPSHOT", "true".to_owned(), "STATE_TABLE to be set, too: what was found is stored there");
        }
        Some(Self {
            alert_topic: alert_topic?,
            state_table,
            metric_namespace: metric_namespace.unwrap_or_else(|| Self::METRIC_NAMESPACE.to_owned()),
            metric_detail: metric_detail.unwrap_or_default(),
            snapshot,
        })
    }
}

/// `STATE_TABLE`; `None` where it is unset or invalid, which is noted.
pub(super) fn read_state_table<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<String> {
    let expected = "the name (3 to 255 of A-Z a-z 0-9 _ . -) or the ARN of a DynamoDB table";
    let state_table = reader.optional("STATE_TABLE", expected, |text| is_table(text).then(|| text.to_owned()));
    reader.require_own_partition("STATE_TABLE", "a table", state_table.as_deref().and_then(partition_of_arn));
    state_table
}

/// Source: Amazon DynamoDB API reference, `GetItem`, `TableName`; developer guide, "Naming rules".
fn is_table(text: &str) -> bool {
    let is_name = |name: &str| {
        (3..=255).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    match text.split(':').collect::<Vec<_>>()[..] {
        [name] => is_name(name),
        ["arn", partition, "dynamodb", region, account, table] => {
            partition.parse::<Partition>().is_ok()
                && region.parse::<Region>().is_ok()
                && account.parse::<AccountId>().is_ok()
                && table.strip_prefix("table/").is_some_and(is_name)
        }
        _ => false,
    }
}

/// `None` for a name.
fn partition_of_arn(table: &str) -> Option<Partition> {
    table.split(':').nth(1)?.parse().ok()
}

/// Source: Amazon CloudWatch API reference, `PutMetricData`, `Namespace`, and the user guide on namespaces.
fn is_namespace(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !text.starts_with("AWS/")
        && !text.starts_with(':')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte))
}
