//! Reads the send quota from Amazon SES.

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_ses::Client;
use aws_sdk_ses::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ses::operation::get_send_quota::GetSendQuotaOutput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{FinalizerInterceptorContextMut, Output};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;

use tracing::warn;

use super::error::failure;
use crate::failure::{Failure, Stage};
use crate::reading::{SendQuota, SendRate};
use crate::target::Region;

/// Calls `GetSendQuota` in any Region.
#[derive(Debug, Clone)]
pub struct QuotaReader {
    client: Client,
}

impl QuotaReader {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).interceptor(PartByPart).build()) }
    }

    /// Reads the quota of the account in `region`.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Read`]: what AWS answered, or that its numbers make no sense.
    pub async fn read(&self, region: &Region) -> Result<SendQuota, Failure> {
        let own = aws_sdk_ses::Config::builder().region(SdkRegion::new(region.as_str().to_owned()));
        let request = self.client.get_send_quota().customize().config_override(own);
        let quota = Box::pin(request.send()).await.map_err(|error| failure(Stage::Read, &error))?;
        let rate = quota.max_send_rate();
        let quota =
            SendQuota::new(quota.sent_last24_hours(), quota.max24_hour_send(), rate).map_err(Failure::invalid_quota)?;
        if quota.send_rate() == SendRate::Unknown {
            warn!(%region, "SES answered no MaxSendRate that makes sense ({rate}): it is unknown");
        }
        Ok(quota)
    }
}

/// Takes from an answer what is there. The SDK reads a missing number as 0, and a quota of 0 means that nothing may be sent;
/// and it refuses the whole answer for a rate that is no number. Here, the volume and the quota are required, and any other
/// rate is NaN.
#[derive(Debug)]
struct PartByPart;

/// An answer that says too little.
#[derive(Debug, thiserror::Error)]
enum Lacking {
    #[error("SES answered without {0}")]
    Field(&'static str),
    /// The SDK would read what there is: of a number, its first digits.
    #[error("the answer of SES is cut off")]
    End,
}

/// What a complete answer ends with.
const END: &str = "</GetSendQuotaResponse>";

#[dyn_dispatch_hint]
impl Intercept for PartByPart {
    fn name(&self) -> &'static str {
        "PartByPart"
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response().filter(|response| response.status().is_success()) else {
            return Ok(());
        };
        let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let is_complete = body.trim_end().ends_with(END);
        let number = |field| number(&body, field);
        let [sent, max, rate] = ["SentLast24Hours", "Max24HourSend", "MaxSendRate"].map(number);
        match context.output_or_error_mut() {
            Some(answer) if is_complete && rate.is_none() && sent.is_some() && max.is_some() => {
                let quota = GetSendQuotaOutput::builder()
                    .set_sent_last24_hours(sent)
                    .set_max24_hour_send(max)
                    .max_send_rate(f64::NAN);
                *answer = Ok(Output::erase(quota.build()));
            }
            Some(answer @ Ok(_)) => {
                let fields = [("SentLast24Hours", sent), ("Max24HourSend", max)];
                let missing = fields.into_iter().find(|(_, number)| number.is_none());
                let lacking =
                    missing.map(|(field, _)| Lacking::Field(field)).or((!is_complete).then_some(Lacking::End));
                if let Some(lacking) = lacking {
                    *answer = Err(OrchestratorError::response(lacking.into()));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The number of a field, if it is there and is one.
fn number(body: &str, field: &str) -> Option<f64> {
    let (_, rest) = body.split_once(&format!("<{field}>"))?;
    let (text, _) = rest.split_once('<')?;
    text.trim().parse().ok()
}
