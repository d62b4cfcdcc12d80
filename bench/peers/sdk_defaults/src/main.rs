//! A peer for the benchmark: the same calls as the monitor makes, with the AWS SDK as it comes.

use std::env;

use aws_config::BehaviorVersion;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let peer = Peer {
        ses: aws_sdk_ses::Client::new(&config),
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        sns: aws_sdk_sns::Client::new(&config),
        cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
        topic: env::var("ALERT_TOPIC_ARN")?,
        table: env::var("STATE_TABLE")?,
        region: env::var("AWS_REGION")?,
    };
    run(service_fn(|_: LambdaEvent<Value>| peer.check())).await
}

struct Peer {
    ses: aws_sdk_ses::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    sns: aws_sdk_sns::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    topic: String,
    table: String,
    region: String,
}

impl Peer {
    async fn check(&self) -> Result<Value, Error> {
        let quota = self.ses.get_send_quota().send().await?;
        let (sent, max) = (quota.sent_last24_hours(), quota.max24_hour_send());
        let percent = 100.0 * sent / max;
        let key = AttributeValue::S(format!("111122223333#{}", self.region));
        let read = self.dynamodb.get_item().table_name(&self.table).key("target", key.clone()).consistent_read(true);
        let known = read.send().await?.item.is_some();
        if percent >= 80.0 && !known {
            self.remember(key.clone(), "pending").await?;
            let text = format!("{percent:.1}% of the 24-hour sending quota used");
            let message = json!({"default": text, "sms": text, "sqs": json!({"percent": percent}).to_string()});
            let publish = self.sns.publish().topic_arn(&self.topic).subject(&text).message_structure("json");
            publish.message(message.to_string()).send().await?;
            self.remember(key, "told").await?;
        }
        let metrics = [
            ("SentLast24Hours", StandardUnit::Count, sent),
            ("Max24HourSend", StandardUnit::Count, max),
            ("MaxSendRate", StandardUnit::CountSecond, quota.max_send_rate()),
            ("QuotaUtilization", StandardUnit::Percent, percent),
            ("AlertLevel", StandardUnit::None, if percent >= 80.0 { 1.0 } else { 0.0 }),
            ("CheckFailed", StandardUnit::Count, 0.0),
        ];
        let data = metrics.into_iter().map(|(name, unit, value)| {
            let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
            let datum = MetricDatum::builder().metric_name(name).unit(unit).value(value);
            datum.dimensions(dimension("Account", "111122223333")).dimensions(dimension("Region", &self.region)).build()
        });
        self.cloudwatch.put_metric_data().namespace("SESQuotaMonitor").set_metric_data(Some(data.collect())).send().await?;
        Ok(json!({"utilizationPercent": percent}))
    }

    async fn remember(&self, key: AttributeValue, level: &str) -> Result<(), Error> {
        let write = self.dynamodb.put_item().table_name(&self.table).item("target", key);
        write.item("level", AttributeValue::S(level.to_owned())).send().await?;
        Ok(())
    }
}
