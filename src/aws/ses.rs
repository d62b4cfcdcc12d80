//! Reads the send quota from Amazon SES.

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_ses::Client;
use aws_sdk_ses::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

use super::error::failure;
use crate::failure::{Failure, Stage};
use crate::reading::SendQuota;
use crate::target::Region;

/// Calls `GetSendQuota` in any Region.
#[derive(Debug, Clone)]
pub struct QuotaReader {
    client: Client,
}

impl QuotaReader {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).interceptor(RequireAllFields).build()) }
    }

    /// Reads the quota of the account in `region`.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Read`]: what AWS answered, or that its numbers make no sense.
    pub async fn read(&self, region: &Region) -> Result<SendQuota, Failure> {
        let region = SdkRegion::new(region.as_str().to_owned());
        let region = aws_sdk_ses::Config::builder().region(region);
        let request = self.client.get_send_quota().customize().config_override(region);
        let quota = Box::pin(request.send()).await.map_err(|error| failure(Stage::Read, &error))?;
        SendQuota::new(quota.sent_last24_hours(), quota.max24_hour_send(), quota.max_send_rate())
            .map_err(Failure::invalid_quota)
    }
}

/// Rejects an answer that lacks one of the numbers. The SDK reads a missing number as 0, and a quota of 0 means that nothing
/// may be sent.
#[derive(Debug)]
struct RequireAllFields;

const FIELDS: [&str; 3] = ["SentLast24Hours", "Max24HourSend", "MaxSendRate"];

#[derive(Debug, thiserror::Error)]
#[error("SES answered without {0}")]
struct Missing(&'static str);

#[dyn_dispatch_hint]
impl Intercept for RequireAllFields {
    fn name(&self) -> &'static str {
        "RequireAllFields"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.output_or_error().is_err() {
            return Ok(());
        }
        let body = context.response().body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        match FIELDS.into_iter().find(|field| !body.contains(&format!("<{field}>"))) {
            Some(missing) => Err(Missing(missing).into()),
            None => Ok(()),
        }
    }
}
