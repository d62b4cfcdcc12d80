//! Publishes alerts to the SNS topic.

use aws_config::{Region, SdkConfig};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::error::failure;
use crate::failure::{Failure, Stage};
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
        let config = Builder::from(config).region(region).retry_classifier(RetryOnlyIfRejected).build();
        Self { client: Client::from_conf(config), topic }
    }

    /// Publishes one message to every subscriber.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Alert`]. Unless SNS rejected the message, subscribers may have got it all the same.
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
            let value = value.map_err(|error| Failure::new(Stage::Alert, "NotSent", error))?;
            publish = publish.message_attributes(*name, value);
        }
        Box::pin(publish.send()).await.map(|_| ()).map_err(|error| failure(Stage::Alert, &error))
    }

    /// How many confirmed subscriptions the topic has; `None` if SNS does not say.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Alert`], also where the function's role may not ask.
    pub async fn confirmed_subscribers(&self) -> Result<Option<u32>, Failure> {
        let request = self.client.get_topic_attributes().topic_arn(self.topic.as_str());
        let answer = Box::pin(request.send()).await.map_err(|error| failure(Stage::Alert, &error))?;
        Ok(answer.attributes().and_then(|attributes| attributes.get("SubscriptionsConfirmed")?.parse().ok()))
    }
}

/// Forbids another attempt after a lost answer: SNS may have notified everybody, and would notify them again at each
/// attempt. Instead the claim on the target stays, and the first check after its end notifies once more.
#[derive(Debug)]
struct RetryOnlyIfRejected;

impl ClassifyRetry for RetryOnlyIfRejected {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.output_or_error() {
            Some(Err(error)) if !error.is_operation_error() => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "RetryOnlyIfRejected"
    }
}
