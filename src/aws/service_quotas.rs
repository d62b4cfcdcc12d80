//! Reads the requests for a higher send quota from Service Quotas.

use std::sync::OnceLock;

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::config::Builder;
use aws_sdk_servicequotas::types::RequestedServiceQuotaChange;
use aws_smithy_types::DateTime;

use super::config::retry_budget;
use super::error::failure;
use super::sts::Session;
use crate::failure::{Failure, Stage};
use crate::reading::{IncreaseRequest, RequestStatus, SENDING_QUOTA_CODE, SES_SERVICE_CODE};
use crate::target::Region;
use crate::time::Timestamp;

/// As many as fit a page.
///
/// Source: Service Quotas API reference, `ListRequestedServiceQuotaChangeHistoryByQuota`.
const MOST_IN_A_PAGE: i32 = 100;

/// More than a quota has in 90 days. Whatever has more is not read to its end, nor believed.
const MOST_PAGES: usize = 10;

/// Calls `ListRequestedServiceQuotaChangeHistoryByQuota` in any Region. The quota is that of the Region that is asked.
#[derive(Debug, Clone)]
pub struct IncreaseReader {
    config: SdkConfig,
    /// Made when first needed: most checks have no alert.
    client: OnceLock<Client>,
}

impl IncreaseReader {
    /// The configuration says where to call, as whom, and how often and how long a call is tried.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), client: OnceLock::new() }
    }

    fn client(&self) -> &Client {
        self.client
            .get_or_init(|| Client::from_conf(Builder::from(&self.config).retry_partition(retry_budget()).build()))
    }

    /// Reads the requests for a higher send quota in `region` of the account of the session, or else of the function's own:
    /// those that are open, and those that were closed in the last 90 days. One of which AWS does not say what it asks for,
    /// when it was filed and how far it has come is left out.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Increases`].
    pub async fn requests(&self, region: &Region, session: Option<&Session>) -> Result<Vec<IncreaseRequest>, Failure> {
        let there = || {
            let there = aws_sdk_servicequotas::Config::builder().region(SdkRegion::new(region.as_str().to_owned()));
            match session {
                Some(session) => there.credentials_provider(session.credentials()),
                None => there,
            }
        };
        let (mut requests, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let request = self
                .client()
                .list_requested_service_quota_change_history_by_quota()
                .service_code(SES_SERVICE_CODE)
                .quota_code(SENDING_QUOTA_CODE)
                .max_results(MOST_IN_A_PAGE)
                .set_next_token(next)
                .customize()
                .config_override(there());
            let page = Box::pin(request.send()).await.map_err(|error| failure(Stage::Increases, &error))?;
            requests.extend(page.requested_quotas().iter().filter_map(known));
            next = page.next_token;
            if next.is_none() {
                return Ok(requests);
            }
        }
        Err(Failure::new(Stage::Increases, "InvalidResponse", format_args!("more than {MOST_PAGES} pages of requests")))
    }
}

fn known(request: &RequestedServiceQuotaChange) -> Option<IncreaseRequest> {
    let status = RequestStatus::named(request.status()?.as_str())?;
    let at = |time: &DateTime| Timestamp::from_epoch_seconds(time.secs());
    let mut known = IncreaseRequest::new(request.desired_value()?, status, at(request.created()?), request.case_id())?;
    known.updated_at = request.last_updated().map(at);
    Some(known)
}
