//! Where alerts, state and metrics go.

use super::TopicArn;
use super::reader::Reader;

/// Where alerts, state and metrics go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publishing {
    /// `ALERT_TOPIC_ARN`: the SNS topic for alerts. Required.
    pub alert_topic: TopicArn,
    /// `STATE_TABLE`: name or ARN of the DynamoDB table with the alert state. Unset: nothing is remembered, and every
    /// check at WARNING or above sends an alert.
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
        let own = reader.partition();
        if let (Some(topic), Some(own)) = (&alert_topic, &own)
            && topic.partition() != own
        {
            reader.reject(
                "ALERT_TOPIC_ARN",
                topic.as_str().to_owned(),
                "a topic in the partition of the function's Region",
            );
        }
        let state_table = reader.optional(
            "STATE_TABLE",
            "the name or ARN of a DynamoDB table (3 to 1024 of A-Z a-z 0-9 _ . - : /)",
            |text| is_table(text).then(|| text.to_owned()),
        );
        let arn_partition =
            state_table.as_deref().and_then(|table: &str| table.strip_prefix("arn:")?.split(':').next());
        if let (Some(table), Some(partition), Some(own)) = (&state_table, arn_partition, &own)
            && partition != own.as_str()
        {
            reader.reject("STATE_TABLE", table.clone(), "a table in the partition of the function's Region");
        }
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

/// Source: Amazon DynamoDB API reference, `GetItem`, `TableName`.
fn is_table(text: &str) -> bool {
    (3..=1_024).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:/".contains(&byte))
}

/// Source: Amazon CloudWatch API reference, `PutMetricData`, `Namespace`, and the user guide on namespaces.
fn is_namespace(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !text.starts_with("AWS/")
        && !text.starts_with(':')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte))
}
