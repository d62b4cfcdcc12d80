//! Publishes alerts to the SNS topic.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::config::{CONNECT_TIMEOUT, retry_budget};
use super::error::{failure, is_refusal, never_connected};
use crate::failure::{Failure, Stage};
use crate::message::Message;
use crate::settings::TopicArn;

/// The first attempt and five more, twice what other calls get: nothing else tells people, and only attempts in which
/// nothing can have been published are followed by another. With [`FIRST_BACKOFF`] and the timeout of a connection they take
/// 17 seconds at most, which a check of 30 seconds has left unless other services are slow as well.
const ATTEMPTS: u32 = 6;
/// The longest pause before the second attempt; it doubles from one to the next.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);

/// Publishes to the alert topic, in the topic's own Region.
#[derive(Debug, Clone)]
pub struct AlertPublisher {
    config: SdkConfig,
    /// Made when first needed: most checks have nothing to publish.
    client: OnceLock<Client>,
    topic: TopicArn,
}

impl AlertPublisher {
    pub(super) fn new(config: &SdkConfig, topic: TopicArn) -> Self {
        Self { config: config.clone(), client: OnceLock::new(), topic }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            // The check bounds the call by what is left of its time. To give up earlier would leave the alert in doubt.
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .disable_operation_attempt_timeout()
                .disable_operation_timeout()
                .build();
            let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF);
            let config = Builder::from(&self.config)
                .region(Region::new(self.topic.region().as_str().to_owned()))
                .timeout_config(timeouts)
                .retry_config(retries)
                .retry_partition(retry_budget())
                .retry_classifier(RetryOnlyIfNotPublished)
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .build();
            Client::from_conf(config)
        })
    }

    /// Publishes one message to every subscriber.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Alert`]. Unless it is a refusal, subscribers may have got the message all the
    /// same.
    pub async fn publish(&self, message: &Message) -> Result<(), Failure> {
        let mut publish = self
            .client()
            .publish()
            .topic_arn(self.topic.as_str())
            .subject(&message.subject)
            .message_structure("json")
            .message(message.body());
        for (name, value) in message.attributes.named() {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let not_sent = |error| Failure { is_refusal: true, ..Failure::new(Stage::Alert, "NotSent", error) };
            let value = value.map_err(not_sent)?;
            publish = publish.message_attributes(name, value);
        }
        Box::pin(publish.send()).await.map(|_| ()).map_err(|error| failure(Stage::Alert, &error))
    }

    /// How many confirmed subscriptions the topic has; `None` if SNS does not say.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Alert`], also where the function's role may not ask.
    pub async fn confirmed_subscribers(&self) -> Result<Option<u32>, Failure> {
        let request = self.client().get_topic_attributes().topic_arn(self.topic.as_str());
        let answer = Box::pin(request.send()).await.map_err(|error| failure(Stage::Alert, &error))?;
        Ok(answer.attributes().and_then(|attributes| attributes.get("SubscriptionsConfirmed")?.parse().ok()))
    }
}

/// Forbids another attempt once SNS may have notified everybody, and would notify them again: after a server error, a lost
/// answer, or one that is not from AWS. So the last attempt alone tells whether a publish is in doubt. If it is, the claim on
/// the target stays, and the first check after its end notifies once more.
#[derive(Debug)]
struct RetryOnlyIfNotPublished;

impl ClassifyRetry for RetryOnlyIfNotPublished {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let is_not_published = match (error.as_connector_error(), error.as_operation_error(), context.response()) {
            (Some(error), _, _) => never_connected(error),
            (None, Some(error), Some(response)) => {
                let error = error.downcast_ref::<PublishError>();
                error.is_some_and(|error| is_refusal(error.code(), response.status()))
            }
            _ => false,
        };
        if is_not_published { RetryAction::NoActionIndicated } else { RetryAction::RetryForbidden }
    }

    fn name(&self) -> &'static str {
        "RetryOnlyIfNotPublished"
    }
}
