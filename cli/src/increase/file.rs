//! Files a request with Service Quotas.

use aws_config::retry::RetryConfig;
use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::config::Builder;
use aws_sdk_servicequotas::error::ProvideErrorMetadata as _;
use aws_sdk_servicequotas::types::{RequestStatus, RequestedServiceQuotaChange};
use serde::Serialize;
use serde_json::Number;
use ses_quota_monitor::message::console;
use ses_quota_monitor::numbers::json_number;
use ses_quota_monitor::reading::{SENDING_QUOTA_CODE, SES_SERVICE_CODE};
use ses_quota_monitor::target::Target;

use crate::failed::Failed;
use crate::session::Session;

/// A request that was filed, as AWS answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filed {
    pub id: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_value: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
}

impl Filed {
    /// Where it is to be seen.
    pub fn text(&self, target: &Target) -> String {
        let Self { id, status, case_id, .. } = self;
        let case = case_id.as_ref().map(|case| format!(", support case {case}")).unwrap_or_default();
        format!(
            "Filed: request {id}, status {status}{case}.\nAWS decides within a day, unless it asks back. Its state: \
             ses-quota increase --region {}\nOr: {}",
            target.region,
            console::request_history(target)
        )
    }
}

/// Files a request for so many recipients in 24 hours.
///
/// # Errors
/// [`Failed`], with what to do.
pub async fn file(session: &Session, desired: f64) -> Result<Filed, Failed> {
    // Whether a first attempt without an answer was carried out, a second one would not tell.
    let config = Builder::from(&session.config).retry_config(RetryConfig::disabled()).build();
    let request = Client::from_conf(config)
        .request_service_quota_increase()
        .service_code(SES_SERVICE_CODE)
        .quota_code(SENDING_QUOTA_CODE)
        .desired_value(desired);
    let answer = request.send().await.map_err(|error| {
        let failed = Failed::call("the request was not filed", &error);
        let code = error.as_service_error().and_then(|error| error.code().map(str::to_owned));
        explained(failed, code.as_deref(), &session.here)
    })?;
    let filed = answer.requested_quota.unwrap_or_else(|| RequestedServiceQuotaChange::builder().build());
    Ok(Filed {
        id: filed.id.unwrap_or_else(|| "without an ID".to_owned()),
        status: filed.status.as_ref().map_or("unknown", RequestStatus::as_str).to_owned(),
        desired_value: filed.desired_value.and_then(json_number),
        case_id: filed.case_id,
    })
}

/// What to do about the errors of this operation.
///
/// Source: Service Quotas API reference, `RequestServiceQuotaIncrease`.
fn explained(failed: Failed, code: Option<&str>, here: &Target) -> Failed {
    let (history, by_hand) = (console::request_history(here), console::service_quotas(here, SENDING_QUOTA_CODE));
    match code {
        Some("ResourceAlreadyExistsException") => failed.advise(format_args!(
            "A request is open already, and AWS takes no second one. See what became of it: {history}"
        )),
        Some("AccessDeniedException") => failed.advise(format_args!(
            "Your credentials need servicequotas:RequestServiceQuotaIncrease. Use a profile that has it (--profile), or file it \
             by hand: {by_hand}"
        )),
        Some("DependencyAccessDeniedException") => failed.advise(format_args!(
            "Service Quotas may not open a support case for you. Ask an administrator of the account, or file it by hand: \
             {by_hand}"
        )),
        Some("QuotaExceededException") => failed.advise(format_args!(
            "Too many requests for higher quotas are open in this account. Wait until some are decided: {history}"
        )),
        Some("IllegalArgumentException") => {
            failed.advise("AWS does not take this value. It must be more than the present quota: --to RECIPIENTS")
        }
        Some("NoSuchResourceException") => failed.advise(format_args!(
            "Service Quotas does not have the sending quota of Amazon SES in this Region. Ask AWS Support for it: {}",
            console::support_center(here)
        )),
        // Without an answer, it may have been filed.
        None => Failed { wrong: failed.wrong.replace("was not filed", "may not have been filed"), ..failed }
            .advise(format_args!("See whether it was filed: {history}")),
        Some(_) => failed,
    }
}
