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
use crate::output::waiting;
use crate::report::Report;
use crate::session::Session;

/// The longest timeout that the template allows, and a margin.
const LONGEST: Duration = Duration::from_secs(250);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// It cannot be said whether the function would have answered.
    NotInvoked(Failed),
    /// The function ended in an error.
    FunctionFailed(Failed),
}

impl From<NoAnswer> for Failed {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::NotInvoked(failed) | NoAnswer::FunctionFailed(failed) => failed,
        }
    }
}

/// What the function returns for an event.
///
/// # Errors
/// [`NoAnswer`] where it cannot be invoked, or ends in an error; then with the end of its log.
pub async fn invoke(session: &Session, installation: &Installation, event: &Value) -> Result<Value, NoAnswer> {
    // A second attempt would run it a second time.
    let config = Builder::from(&session.config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(LONGEST).build())
        .build();
    let answer = Client::from_conf(config)
        .invoke()
        .function_name(installation.output("FunctionName").map_err(NoAnswer::NotInvoked)?)
        .log_type(LogType::Tail)
        .payload(Blob::new(event.to_string()))
        .send()
        .await
        .map_err(|error| {
            NoAnswer::NotInvoked(Failed::call("the function cannot be invoked (lambda:InvokeFunction)", &error))
        })?;
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let not_json = |error| Failed::new(format_args!("the answer of the function is not JSON: {error}"));
    let payload: Value = serde_json::from_slice(&payload).map_err(|error| NoAnswer::FunctionFailed(not_json(error)))?;
    if answer.function_error.is_none() {
        return Ok(payload);
    }
    let message = payload.get("errorMessage").and_then(Value::as_str).unwrap_or("no message");
    let log = answer.log_result.as_deref().and_then(|log| aws_smithy_types::base64::decode(log).ok());
    let log = String::from_utf8_lossy(&log.unwrap_or_default()).trim().to_owned();
    let failed = Failed::new(format_args!("the function failed: {message}"));
    let log = if log.is_empty() { "(empty)" } else { &log };
    Err(NoAnswer::FunctionFailed(failed.advise(format_args!("The end of its log:\n{log}"))))
}

/// Lets the function run a check, and returns its report, as it is and as it is read. On a terminal, it shows what is waited for.
///
/// # Errors
/// As [`invoke`], and where the report is not understood.
pub async fn run_check(
    session: &Session,
    installation: &Installation,
    event: &Value,
) -> Result<(Value, Report), Failed> {
    let answer = {
        let _waiting = waiting("The function is running");
        invoke(session, installation, event).await?
    };
    let not_understood = |error| Failed::new(format_args!("the function's report is not understood: {error}"));
    let report = serde_json::from_value(answer.clone()).map_err(not_understood)?;
    Ok((answer, report))
}
