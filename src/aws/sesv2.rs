//! Reads the status of the account from version 2 of the Amazon SES API.
//!
//! `GetAccount` also answers with the addresses of people and the use case (`Details`). So no answer is shown, not even one that
//! cannot be read: a [`Failure`] names what is missing, and quotes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Deserialize;
use serde_json::Value;

use super::config::retry_budget;
use super::error::failure;
use super::sts::Session;
use crate::failure::{Failure, Stage};
use crate::reading::AccountStatus;
use crate::target::Region;

/// Calls `GetAccount` in any Region.
#[derive(Debug, Clone)]
pub struct AccountReader {
    client: Client,
}

impl AccountReader {
    /// The configuration says where to call, as whom, and how often and how long a call is tried.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config) }
    }

    /// Reads the status in `region` of the account of the session, or else of the function's own.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Account`]: what AWS answered, or that it answered without a status.
    pub async fn read(&self, region: &Region, session: Option<&Session>) -> Result<AccountStatus, Failure> {
        let there = aws_sdk_sesv2::Config::builder().region(SdkRegion::new(region.as_str().to_owned()));
        let there = match session {
            Some(session) => there.credentials_provider(session.credentials()),
            None => there,
        };
        let answer = Answered::default();
        let request = self.client.get_account().customize().config_override(there).interceptor(answer.clone());
        let sent = Box::pin(request.send()).await;
        match (answer.take(), sent) {
            // Also where the SDK does not like another part of the answer.
            (Some(fields), _) => {
                let flag = |field: Option<Value>| field.and_then(|value| value.as_bool());
                let status = fields.enforcement_status.as_ref().and_then(Value::as_str);
                AccountStatus::new(flag(fields.sending_enabled), status, flag(fields.production_access_enabled))
                    .ok_or_else(|| Failure::new(Stage::Account, "InvalidResponse", INCOMPLETE))
            }
            (None, Err(error)) if !error.raw_response().is_some_and(is_success) => Err(failure(Stage::Account, &error)),
            (None, _) => Err(Failure::new(Stage::Account, "InvalidResponse", UNREADABLE)),
        }
    }
}

const INCOMPLETE: &str = "SES answered without EnforcementStatus or SendingEnabled";
const UNREADABLE: &str = "SES's answer is not readable";

fn is_success(response: &HttpResponse) -> bool {
    response.status().is_success()
}

/// The fields of `GetAccount` that are read. The SDK's own type has false for a flag that is missing, and a missing flag does
/// not mean that the account is paused. One of another type is as good as missing, and hides none of the others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    sending_enabled: Option<Value>,
    enforcement_status: Option<Value>,
    production_access_enabled: Option<Value>,
}

/// Keeps these fields of the answer to one call.
#[derive(Debug, Clone, Default)]
struct Answered(Arc<Mutex<Option<Fields>>>);

impl Answered {
    fn take(&self) -> Option<Fields> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Answered {
    fn name(&self) -> &'static str {
        "Answered"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // An array would be read as the fields in their order.
        let is_object = |body: &&[u8]| body.trim_ascii_start().starts_with(b"{");
        let body = response.body().bytes().filter(|_| is_success(response)).filter(is_object);
        let fields = body.and_then(|body| serde_json::from_slice(body).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fields;
        Ok(())
    }
}
