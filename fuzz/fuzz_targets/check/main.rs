//! One check, in which everything that comes from outside is generated: the event, the settings, what Lambda says of the invocation,
//! and what each service answers. Nothing panics, and nothing is sent that AWS would reject.
#![no_main]

mod answers;
mod cloudwatch;
mod dynamodb;
mod input;
mod items;
mod report;
mod sns;
mod text;

use fake_aws::{Aws, run};
use libfuzzer_sys::fuzz_target;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::Account;
use ses_quota_monitor::time::Timestamp;

use input::Input;

fuzz_target!(|input: Input| run(check(input)));

/// Does what `main.rs` does with an invocation, and inspects every request.
async fn check(input: Input) {
    // The Lambda runtime rejects what is not JSON.
    let Ok(event) = serde_json::from_slice(&input.event) else { return };
    let request = Request::from_event(&event).map_err(|error| error.to_string());
    let account = Account::from_function_arn(&input.function_arn).map_err(|error| error.to_string());
    let settings = Settings::from_lookup(|name| input.variables.get(name).cloned()).map_err(|error| error.to_string());
    let (Ok(request), Ok(account), Ok(settings)) = (request, account, settings) else { return };

    let invocation = Invocation {
        account,
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
    let report = Monitor::new(settings.clone(), clients).check(request, &invocation).await;

    report::assert_sound(report, &settings);
    for call in aws.calls() {
        // What the answers of `GetAccount` say of people.
        let body = String::from_utf8_lossy(&call.body);
        assert!(!body.contains("private-use-case") && !body.contains("private.example.com"), "{body}");
        assert!(may_call(request, &call.operation), "{} in a {request:?}", call.operation);
        match call.operation.as_str() {
            "Publish" => sns::assert_taken(&call),
            "PutMetricData" => cloudwatch::assert_taken(&call),
            _ => {}
        }
    }
    dynamodb::assert_taken(&aws.calls_of("PutItem"), &settings, &invocation.account).await;
}

/// A dry run changes nothing anywhere, a test alert neither the state nor the metrics.
fn may_call(request: Request, operation: &str) -> bool {
    match request {
        Request::Scheduled => true,
        Request::DryRun => ["GetSendQuota", "GetAccount", "BatchGetItem"].contains(&operation),
        Request::TestAlert => ["GetSendQuota", "GetAccount", "Publish", "GetTopicAttributes"].contains(&operation),
    }
}
