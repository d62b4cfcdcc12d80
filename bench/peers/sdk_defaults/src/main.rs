//! A peer for the benchmark: the same calls as the monitor makes, with the AWS SDK as it comes.

use std::env;

use aws_config::BehaviorVersion;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_ses::operation::get_send_quota::GetSendQuotaOutput;
use aws_sdk_ses::types::SendDataPoint;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::try_join;

const SUBJECTS: [&str; 4] = ["", "#SENDING", "#REVIEW", "#RATE"];

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let peer = Peer {
        ses: aws_sdk_ses::Client::new(&config),
        accounts: aws_sdk_sesv2::Client::new(&config),
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        increases: aws_sdk_servicequotas::Client::new(&config),
        sns: aws_sdk_sns::Client::new(&config),
        cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
        history: OnceCell::new(),
        topic: env::var("ALERT_TOPIC_ARN")?,
        table: env::var("STATE_TABLE")?,
        region: env::var("AWS_REGION")?,
    };
    run(service_fn(|_: LambdaEvent<Value>| peer.check())).await
}

struct Peer {
    ses: aws_sdk_ses::Client,
    accounts: aws_sdk_sesv2::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    increases: aws_sdk_servicequotas::Client,
    sns: aws_sdk_sns::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    history: OnceCell<Vec<SendDataPoint>>,
    topic: String,
    table: String,
    region: String,
}

impl Peer {
    async fn check(&self) -> Result<Value, Error> {
        let ((quota, is_sending), known) = try_join!(self.read(), self.known())?;
        let percent = 100.0 * quota.sent_last24_hours() / quota.max24_hour_send();
        if percent >= 40.0 {
            self.history.get_or_try_init(|| self.read_history()).await?;
        }
        let alert = async { if percent >= 80.0 && !known { self.alert(percent).await } else { Ok(()) } };
        try_join!(alert, self.publish(&quota, percent))?;
        Ok(json!({"utilizationPercent": percent, "sendingEnabled": is_sending}))
    }

    async fn read(&self) -> Result<(GetSendQuotaOutput, bool), Error> {
        let quota = self.ses.get_send_quota().send().await?;
        Ok((quota, self.accounts.get_account().send().await?.sending_enabled()))
    }

    async fn known(&self) -> Result<bool, Error> {
        let keys = SUBJECTS.map(|subject| [("target".to_owned(), self.key(subject))].into());
        let asked = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).consistent_read(true).build()?;
        let read = self.dynamodb.batch_get_item().request_items(&self.table, asked).send().await?;
        Ok(read.responses().and_then(|tables| tables.get(&self.table)).is_some_and(|items| !items.is_empty()))
    }

    async fn read_history(&self) -> Result<Vec<SendDataPoint>, Error> {
        Ok(self.ses.get_send_statistics().send().await?.send_data_points.unwrap_or_default())
    }

    async fn alert(&self, percent: f64) -> Result<(), Error> {
        let (requests, ()) = try_join!(self.requests(), self.remember("pending"))?;
        let text = format!("{percent:.1}% of the 24-hour sending quota used, {requests} requests for more");
        let message = json!({"default": text, "sms": text, "sqs": json!({"percent": percent}).to_string()});
        let publish = self.sns.publish().topic_arn(&self.topic).subject(&text).message_structure("json");
        publish.message(message.to_string()).send().await?;
        self.remember("told").await
    }

    async fn requests(&self) -> Result<usize, Error> {
        let request = self.increases.list_requested_service_quota_change_history_by_quota();
        let request = request.service_code("ses").quota_code("L-804C8AE8");
        Ok(request.send().await?.requested_quotas().len())
    }

    async fn remember(&self, level: &str) -> Result<(), Error> {
        let write = self.dynamodb.put_item().table_name(&self.table).item("target", self.key(""));
        write.item("level", AttributeValue::S(level.to_owned())).send().await?;
        Ok(())
    }

    async fn publish(&self, quota: &GetSendQuotaOutput, percent: f64) -> Result<(), Error> {
        let metrics = [
            ("SentLast24Hours", StandardUnit::Count, quota.sent_last24_hours()),
            ("Max24HourSend", StandardUnit::Count, quota.max24_hour_send()),
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
        Ok(())
    }

    fn key(&self, subject: &str) -> AttributeValue {
        AttributeValue::S(format!("111122223333#{}{subject}", self.region))
    }
}
