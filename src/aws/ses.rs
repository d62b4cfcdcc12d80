//! Reads the send quota, and what was sent in the last two weeks, from Amazon SES.

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_ses::Client;
use aws_sdk_ses::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ses::types::SendDataPoint;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tracing::warn;

use super::config::retry_budget;
use super::error::failure;
use super::sts::Session;
use crate::failure::{Failure, Stage, one_line};
use crate::reading::{SendHistory, SendQuota, SendRate};
use crate::target::Region;
use crate::time::Timestamp;

/// Calls `GetSendQuota` and `GetSendStatistics` in any Region.
#[derive(Debug, Clone)]
pub struct QuotaReader {
    client: Client,
}

impl QuotaReader {
    /// The configuration says where to call, as whom, and how often and how long a call is tried.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config) }
    }

    /// Reads the quota in `region` of the account of the session, or else of the function's own. A rate that is missing or makes
    /// no sense is unknown, and logged.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Read`]: what AWS answered, or that its numbers make no sense.
    pub async fn read(&self, region: &Region, session: Option<&Session>) -> Result<SendQuota, Failure> {
        let request = self.client.get_send_quota().customize();
        let request = request.config_override(there(region, session)).interceptor(RequireAllFields(&FIELDS));
        let (sent, max, rate) = match Box::pin(request.send()).await {
            Ok(quota) => (quota.sent_last24_hours(), quota.max24_hour_send(), Ok(quota.max_send_rate())),
            Err(error) => {
                let despite = error.raw_response().and_then(despite_the_rate);
                let (sent, max, rate) = despite.ok_or_else(|| failure(Stage::Read, &error))?;
                (sent, max, rate.parse().map_err(|_| rate))
            }
        };
        let quota = SendQuota::new(sent, max, *rate.as_ref().unwrap_or(&f64::NAN)).map_err(Failure::invalid_quota)?;
        if quota.max_send_rate() == SendRate::Unknown {
            let rate = rate.map_or_else(|text| text, |number| number.to_string());
            let expected = SendRate::ALLOWED;
            warn!(
                %region,
                "SES answered MaxSendRate={rate:?}: expected {expected}; the rate is unknown, and the quota is checked all the \
                 same"
            );
        }
        Ok(quota)
    }

    /// Reads what was sent in `region` in the last two weeks, from the account of the session, or else the function's own.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::History`].
    pub async fn read_history(&self, region: &Region, session: Option<&Session>) -> Result<SendHistory, Failure> {
        let request = self.client.get_send_statistics().customize();
        let request = request
            .config_override(there(region, session))
            .interceptor(RequireAllFields(&["GetSendStatisticsResponse"]));
        let answer = Box::pin(request.send()).await.map_err(|error| failure(Stage::History, &error))?;
        #[allow(clippy::cast_precision_loss)] // Counts of recipients are far below 2^53.
        let point = |point: &SendDataPoint| {
            let time = Timestamp::from_epoch_seconds(point.timestamp()?.secs());
            Some((time, point.delivery_attempts() as f64))
        };
        Ok(SendHistory::new(answer.send_data_points().iter().filter_map(point)))
    }
}

/// Where a request goes, and as whom.
fn there(region: &Region, session: Option<&Session>) -> Builder {
    let there = aws_sdk_ses::Config::builder().region(SdkRegion::new(region.as_str().to_owned()));
    match session {
        Some(session) => there.credentials_provider(session.credentials()),
        None => there,
    }
}

/// The numbers of an answer that the SDK or [`RequireAllFields`] rejected, with the rate as SES wrote it: no alert is to
/// depend on that. `None` where one of the others is missing or no number.
fn despite_the_rate(response: &HttpResponse) -> Option<(f64, f64, String)> {
    let body = std::str::from_utf8(response.body().bytes()?).ok().filter(|_| response.status().is_success())?;
    let field = |name| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    let [sent, max, rate] = FIELDS.map(field);
    Some((sent?.parse().ok()?, max?.parse().ok()?, one_line(rate.unwrap_or_default())))
}

/// Rejects an answer that lacks the end of one of these elements. The SDK reads a missing number as 0, and a quota of 0 means
/// that nothing may be sent, as does a rate of 0. It takes the end of an answer for the end of a list, too, and what it lacks
/// may be the newest.
#[derive(Debug)]
struct RequireAllFields(&'static [&'static str]);

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
        match self.0.iter().find(|name| !body.contains(&format!("</{name}>"))) {
            Some(missing) => Err(Missing(missing).into()),
            None => Ok(()),
        }
    }
}
