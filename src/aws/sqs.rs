//! Sends the parts of a check to the queue that invokes the function with each.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;

use super::config::retry_budget;
use super::error::failure;
use crate::failure::{Failure, Stage};

/// Sends to one queue.
#[derive(Debug, Clone)]
pub struct WorkQueue {
    client: Client,
    url: String,
}

impl WorkQueue {
    pub(super) fn new(config: &SdkConfig, url: String) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config), url }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Shards`].
    pub async fn send(&self, body: String) -> Result<(), Failure> {
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        Box::pin(request.send()).await.map(|_| ()).map_err(|error| failure(Stage::Shards, &error))
    }
}
