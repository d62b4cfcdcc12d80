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
        let state_table = reader.optional(
            "STATE_TABLE",
            "the name (3 to 255 of A-Z a-z 0-9 _ . -) or the ARN of a DynamoDB table",
            |text| is_table(text).then(|| text.to_owned()),
        );
        let table_partition = state_table.as_deref().and_then(partition_of_arn);
        reader.require_own_partition("STATE_TABLE", "a table", table_partition);
        let metric_namespace = reader.optional(
            "METRIC_NAMESPACE",
            "1 to 255 of A-Z a-z 0-9 . - _ / # : and space, beginning neither with AWS/ nor with a colon or space",
            |text| is_namespace(text).then(|| text.to_owned()),
        );
        Some(Self {
            alert_topic: alert_topic?,
            state_table,
            metric_namespace: metric_namespace.unwrap_or_else(|| Self::METRIC_NAMESPACE.to_owned()),
        })
    }
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
