//! The Lambda function: reads its settings and makes its clients once, then answers invocations. The only file that knows
//! the Lambda runtime.

use std::hash::{BuildHasher as _, RandomState};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde_json::Value;
use ses_quota_monitor::aws::{Clients, StateStore};
use ses_quota_monitor::check::{Invocation, Monitor, PlanAnswer, Report, Worked};
use ses_quota_monitor::log;
use ses_quota_monitor::page::{FleetPage, PageAnswer};
use ses_quota_monitor::request::{Event, PageRequest, PlanRequest, Request, WorkItem};
use ses_quota_monitor::settings::Purpose;
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::init(now);
    let function = match Purpose::from_env() {
        Ok(purpose) => Function::new(purpose),
        Err(error) => return failed(&error),
    };
    match run(service_fn(|event| handle(&function, event))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// What the function answers with. Without a monitor, it only shows the page.
struct Function {
    monitor: Option<Monitor>,
    page: FleetPage,
}

impl Function {
    fn new(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Monitor(settings) => {
                let clients = Clients::from_env(&settings);
                let page = FleetPage::new(clients.states.clone(), settings.interval_minutes);
                Self { monitor: Some(Monitor::new(*settings, clients)), page }
            }
            Purpose::FleetPage(settings) => {
                let states = StateStore::from_env(&settings);
                Self { monitor: None, page: FleetPage::new(Some(states), settings.interval_minutes) }
            }
        }
    }
}

/// An event that a function for the fleet page alone does not answer.
#[derive(Debug, thiserror::Error)]
#[error(
    "this function only shows the fleet page (FLEET_PAGE=true), to custom widgets of CloudWatch: expected an event with \
     widgetContext, or {{\"describe\": true}}; invoke the function of the monitor for a check or a plan"
)]
struct OnlyThePage;

/// Prints exactly one error: Lambda shows the tail of a failed init's log.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}

/// What an invocation returns.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Check(Report),
    Plan(PlanAnswer),
    Work(WorkAnswer),
    Page(PageAnswer),
}

/// Which messages of the queue failed, so that it delivers them again.
///
/// Source: AWS Lambda developer guide, "Handling errors for an SQS event source in Lambda".
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkAnswer {
    batch_item_failures: Vec<FailedItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedItem {
    item_identifier: String,
}

async fn handle(function: &Function, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    let requested = Event::read(&event.payload).map_err(|error| rejected("InvalidRequest", &error))?;
    let Function { monitor, page } = function;
    let arn = &event.context.invoked_function_arn;
    let function = Target::from_function_arn(arn).map_err(|error| rejected("InvalidFunctionArn", &error))?;
    let deadline = Duration::from_millis(event.context.deadline);
    let invocation = || Invocation {
        function: function.clone(),
        request_id: event.context.request_id.clone(),
        // Random: its keys come from the operating system.
        attempt: RandomState::new().hash_one(()),
        started_at: now(),
        time_left: deadline.saturating_sub(since_epoch()),
    };
    match (requested, monitor) {
        (Event::Page(request), _) => Ok(Answer::Page(show(page, &request, arn, &invocation()).await)),
        (_, None) => Err(rejected("InvalidRequest", &OnlyThePage)),
        (Event::Check(request), Some(monitor)) => check(monitor, request, &invocation()).await.map(Answer::Check),
        (Event::Plan(plan), Some(monitor)) => answer(monitor, &plan, &invocation()).await.map(Answer::Plan),
        (Event::Work(items), Some(monitor)) => Ok(Answer::Work(work(monitor, items, invocation).await)),
    }
}

async fn check(monitor: &Monitor, request: Request, invocation: &Invocation) -> Result<Report, Diagnostic> {
    let report = monitor.check(request, invocation).await;
    let line = json(&report);
    let result = report.into_result();
    match &result {
        Ok(report) if report.has_failures() => tracing::warn!(report = line, "check finished, not everything was read"),
        Ok(_) => tracing::info!(report = line, "check finished"),
        Err(failed) => tracing::error!(report = line, "{failed}"),
    }
    result.map_err(|failed| diagnostic("CheckFailed", &failed))
}

async fn answer(monitor: &Monitor, plan: &PlanRequest, invocation: &Invocation) -> Result<PlanAnswer, Diagnostic> {
    let answer = monitor.answer(plan, invocation).await.map_err(|failed| rejected(failed.name(), &failed))?;
    let line = json(&answer);
    if answer.has_failures() {
        tracing::warn!(report = line, "plan answered, not everything was read");
    } else {
        tracing::info!(report = line, "plan answered");
    }
    Ok(answer)
}

/// A part that fails is no error of the function: the queue delivers it again, and no other. Each has the time that those
/// before it have left.
async fn work(monitor: &Monitor, items: Vec<WorkItem>, invocation: impl Fn() -> Invocation) -> WorkAnswer {
    let mut batch_item_failures = Vec::new();
    for item in items {
        match monitor.work(&item, &invocation()).await {
            Ok(Worked::Checked(report)) if report.has_failures() => {
                tracing::warn!(report = json(&report), "part of a check finished, not everything was read");
            }
            Ok(Worked::Checked(report)) => tracing::info!(report = json(&report), "part of a check finished"),
            Ok(Worked::Stale) => {}
            Err(failed) => {
                tracing::error!(message_id = item.message_id, "{failed}");
                batch_item_failures.push(FailedItem { item_identifier: item.message_id });
            }
        }
    }
    WorkAnswer { batch_item_failures }
}

/// The page is no line of the log: it can be half a megabyte.
async fn show(page: &FleetPage, request: &PageRequest, arn: &str, invocation: &Invocation) -> PageAnswer {
    let Invocation { function, started_at, time_left, .. } = invocation;
    let (answer, failure) = page.answer(request, arn, &function.account.partition, *started_at, *time_left).await;
    if let Some(failure) = failure {
        tracing::error!("the fleet page could not be shown: {failure}");
    } else {
        tracing::info!("fleet page shown");
    }
    answer
}

/// What is returned, for the log.
fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|error| error.to_string())
}

/// An invocation that no answer can follow from.
fn rejected(error_type: &str, error: &dyn std::error::Error) -> Diagnostic {
    tracing::error!("{error}");
    diagnostic(error_type, error)
}

fn diagnostic(error_type: &str, error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: error.to_string() }
}

fn now() -> Timestamp {
    Timestamp::from_epoch_seconds(since_epoch().as_secs().try_into().unwrap_or(i64::MAX))
}

/// Zero before 1970, which only a broken clock shows.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
