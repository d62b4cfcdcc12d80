//! One invocation, in which everything that comes from outside is generated: the event, the settings, what Lambda says of the
//! invocation, and what each service answers. Nothing panics, and nothing is sent that AWS would reject.
#![no_main]

mod answers;
mod cloudwatch;
mod dynamodb;
mod forecast;
mod input;
mod items;
mod page;
mod plan;
mod report;
mod sns;
mod text;

use fake_aws::{Aws, run};
use libfuzzer_sys::fuzz_target;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::page::FleetPage;
use ses_quota_monitor::request::{Event, Request};
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;

use input::Input;

fuzz_target!(|input: Input| run(check(input)));

/// Does what `main.rs` does with an invocation, and inspects every request.
async fn check(input: Input) {
    // The Lambda runtime rejects what is not JSON.
    let Ok(event) = serde_json::from_slice(&input.event) else { return };
    let event = Event::read(&event).map_err(|error| error.to_string());
    let function = Target::from_function_arn(&input.function_arn).map_err(|error| error.to_string());
    let settings = Settings::from_lookup(|name| input.variables.get(name).cloned()).map_err(|error| error.to_string());
    let (Ok(event), Ok(function), Ok(settings)) = (event, function, settings) else { return };

    let invocation = Invocation {
        function,
        request_id: input.request_id,
        attempt: 1,
        started_at: Timestamp::from_epoch_seconds(input.started_at),
        time_left: input.time_left,
    };
    let answers = input.answers;
    let aws = Aws::new(move |call| answers.to(call));
    // Compressed metrics could not be inspected.
    let config = aws.config().into_builder().disable_request_compression(true).build();
    let clients = Clients::from_config(&config, &settings);
    let page = FleetPage::new(clients.states.clone(), settings.interval_minutes);
    let monitor = Monitor::new(settings.clone(), clients);
    match &event {
        Event::Check(request) => report::assert_sound(monitor.check(*request, &invocation).await, &settings),
        Event::Plan(asked) => plan::assert_sound(monitor.answer(asked, &invocation).await, asked),
        Event::Work(items) => {
            for item in items {
                report::assert_sound_part(monitor.work(item, &invocation).await);
            }
        }
        Event::Page(asked) => {
            let Invocation { function, started_at, time_left, .. } = &invocation;
            let partition = &function.account.partition;
            let (answer, _) = page.answer(asked, &input.function_arn, partition, *started_at, *time_left).await;
            page::assert_sound(&answer);
        }
    }
    for call in aws.calls() {
        // What the answers of `GetAccount`, of Organizations and of Service Quotas say of people, and those of STS of sessions.
        let body = String::from_utf8_lossy(&call.body);
        assert!(!body.contains("private-") && !body.contains("private.example.com"), "{body}");
        assert!(may_call(&event, &call.operation), "{} in a {event:?}", call.operation);
        match call.operation.as_str() {
            "Publish" => sns::assert_taken(&call),
            "PutMetricData" => cloudwatch::assert_taken(&call),
            _ => {}
        }
    }
    dynamodb::assert_taken(&aws.calls_of("PutItem"), &settings, &invocation.function.account.partition).await;
}

/// A dry run and a plan change nothing anywhere, a test alert neither the state nor the metrics. A part is not parted again,
/// and names its accounts.
fn may_call(event: &Event, operation: &str) -> bool {
    const READS: [&str; 4] = ["GetSendQuota", "GetAccount", "GetSendStatistics", "AssumeRole"];
    const LISTS: [&str; 4] =
        ["BatchGetItem", "ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"];
    let further: &[&str] = match event {
        Event::Check(Request::Scheduled) => return true,
        Event::Check(Request::DryRun) => &LISTS,
        Event::Check(Request::TestAlert) => &[&LISTS[..], &["Publish", "GetTopicAttributes"]].concat(),
        Event::Plan(_) => &[],
        Event::Page(_) => return operation == "BatchGetItem",
        Event::Work(_) => return !LISTS[1..].contains(&operation) && operation != "SendMessage",
    };
    READS.contains(&operation) || further.contains(&operation)
}
