//! Invokes the function of an installed monitor, and waits for its answer.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use serde_json::Value;

use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;

/// The longest timeout that the template allows, and a margin.
const LONGEST: Duration = Duration::from_secs(250);

/// What the function returns for an event.
///
/// # Errors
/// [`Failed`] where it cannot be invoked, or ends in an error; with the end of its log.
pub async fn invoke(session: &Session, installation: &Installation, event: &Value) -> Result<Value, Failed> {
    // A second attempt would run it a second time.
    let config = Builder::from(&session.config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(LONGEST).build())
        .build();
    let answer = Client::from_conf(config)
        .invoke()
        .function_name(installation.output("FunctionName")?)
        .log_type(LogType::Tail)
        .payload(Blob::new(event.to_string()))
        .send()
        .await
        .map_err(|error| Failed::call("the function cannot be invoked", &error))?;
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let payload: Value = serde_json::from_slice(&payload)
        .map_err(|error| Failed::new(format_args!("the answer of the function is not JSON: {error}")))?;
    if answer.function_error.is_none() {
        return Ok(payload);
    }
    let message = payload.get("errorMessage").and_then(Value::as_str).unwrap_or("no message");
    let log = answer.log_result.as_deref().and_then(|log| aws_smithy_types::base64::decode(log).ok());
    let log = String::from_utf8_lossy(&log.unwrap_or_default()).trim().to_owned();
    Err(Failed::new(format_args!("the function failed: {message}"))
        .advise(format_args!("The end of its log:\n{}", if log.is_empty() { "(empty)" } else { &log })))
}
