//! The Lambda function: reads its settings and makes its clients once, then answers invocations.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::Report;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::log;
use ses_quota_monitor::request::Request;
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::Owner;
use ses_quota_monitor::time::Timestamp;

/// Source: AWS Lambda developer guide, "Lambda quotas".
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::init(now);
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(error) => return failed(&error),
    };
    let clients = Clients::from_env(&settings);
    let monitor = Monitor::new(settings, clients);
    match run(service_fn(|event| handle(&monitor, event))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// Lambda shows the last words of a function that could not start, so they are these and nothing else.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}

async fn handle(monitor: &Monitor, event: LambdaEvent<Value>) -> Result<Report, Diagnostic> {
    let refused = |error_type: &str, error: String| {
        tracing::error!("{error}");
        Diagnostic { error_type: error_type.to_owned(), error_message: error }
    };
    let request = Request::from_event(&event.payload).map_err(|error| refused("InvalidRequest", error.to_string()))?;
    let owner = Owner::from_function_arn(&event.context.invoked_function_arn)
        .map_err(|error| refused("InvalidFunctionArn", error.to_string()))?;
    let deadline = Duration::from_millis(event.context.deadline);
    let invocation = Invocation {
        owner,
        request_id: event.context.request_id,
        started_at: now(),
        time_left: deadline.saturating_sub(since_epoch()).min(LONGEST_INVOCATION),
    };
    let report = monitor.check(request, &invocation).await;
    let line = serde_json::to_string(&report).unwrap_or_else(|error| error.to_string());
    let result = report.into_result();
    match &result {
        Ok(_) => tracing::info!(report = line, "check finished"),
        Err(failed) => tracing::error!(report = line, "{failed}"),
    }
    Ok(result?)
}

fn now() -> Timestamp {
    Timestamp::from_epoch_seconds(since_epoch().as_secs().try_into().unwrap_or(i64::MAX))
}

/// Zero before 1970, which only a broken clock tells.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
