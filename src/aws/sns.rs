//! Publishes alerts to the SNS topic.

use aws_config::{Region, SdkConfig};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::types::MessageAttributeValue;

use crate::failure::{Failure, Step};
use crate::message::Message;
use crate::settings::TopicArn;

/// Publishes to the alert topic, in the topic's own Region.
#[derive(Debug, Clone)]
pub struct AlertPublisher {
    client: Client,
    topic: TopicArn,
}

impl AlertPublisher {
    pub(super) fn new(config: &SdkConfig, topic: TopicArn) -> Self {
        let region = Region::new(topic.region().as_str().to_owned());
        Self { client: Client::from_conf(Builder::from(config).region(region).build()), topic }
    }

    /// Publishes one message to every subscriber.
    ///
    /// # Errors
    /// A [`Failure`] of the step `alert`. Unless it is a refusal, subscribers may have got the message all the same.
    pub async fn publish(&self, message: &Message) -> Result<(), Failure> {
        let mut publish = self
            .client
            .publish()
            .topic_arn(self.topic.as_str())
            .subject(&message.subject)
            .message_structure("json")
            .message(message.body());
        for (name, value) in &message.attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let value = value.map_err(|error| Failure::new(Step::Alert, "NotSent", error))?;
            publish = publish.message_attributes(*name, value);
        }
        Box::pin(publish.send()).await.map(|_| ()).map_err(|error| Failure::from_sdk(Step::Alert, &error))
    }
}
