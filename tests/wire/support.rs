//! What the tests share: a function that runs in the fake AWS.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use proptest::prelude::ProptestConfig;
use ses_quota_monitor::aws::{Clients, StateStore, States};
use ses_quota_monitor::check::{Invocation, Monitor, Report};
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::request::Request;
use ses_quota_monitor::settings::Settings;
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Level};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

pub use fake_aws::{Answer, Aws, Call, Organization, Table, healthy, run};

pub const TOPIC: &str = "arn:aws:sns:eu-central-1:111122223333:alerts";
pub const TABLE: &str = "alert-state";

/// The settings of a function in `us-east-1` with a state table, except for `variables`.
pub fn settings(variables: &[(&str, &str)]) -> Settings {
    let usual = [("AWS_REGION", "us-east-1"), ("ALERT_TOPIC_ARN", TOPIC), ("STATE_TABLE", TABLE)];
    let lookup = |name: &str| {
        let mut all = variables.iter().chain(&usual);
        all.find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    Settings::from_lookup(lookup).unwrap()
}

pub fn target(region: &str) -> Target {
    let own = Target::from_function_arn("arn:aws:lambda:us-east-1:111122223333:function:monitor").unwrap();
    Target { region: region.parse().unwrap(), ..own }
}

pub fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// So many cases of a law whose cases are whole checks; `PROPTEST_CASES` asks for another number.
pub fn cases(cases: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { ProptestConfig { cases, ..usual } }
}

/// An invocation at noon with 30 seconds to go.
pub fn invocation() -> Invocation {
    Invocation {
        function: target("us-east-1"),
        request_id: "request-1".to_owned(),
        attempt: 1,
        started_at: at("2026-11-24T12:00:00Z"),
        time_left: Duration::from_secs(30),
    }
}

/// The function's clients for a fake AWS.
pub fn clients(aws: &Aws) -> Clients {
    Clients::from_config(&aws.config(), &settings(&[]))
}

/// The states of one target.
pub async fn read(states: &StateStore, target: &Target) -> Result<States, Failure> {
    states.read(std::slice::from_ref(target)).await.map(|mut states| states.remove(target).unwrap())
}

/// One check, with these settings beside the required ones.
pub async fn check(aws: &Aws, request: Request, variables: &[(&str, &str)]) -> Report {
    monitor(aws, variables).check(request, &invocation()).await
}

/// A process that has just started, with these settings beside the required ones. It compresses no metrics, so that a test
/// can read them.
pub fn monitor(aws: &Aws, variables: &[(&str, &str)]) -> Monitor {
    let settings = settings(variables);
    let config = aws.config().into_builder().disable_request_compression(true).build();
    let clients = Clients::from_config(&config, &settings);
    Monitor::new(settings, clients)
}

/// What a call returns, and the warnings that it logs.
pub async fn with_warnings<T>(call: impl Future<Output = T>) -> (T, String) {
    with_log(Targets::new().with_default(Level::WARN), call).await
}

/// What a call returns, and all that the most verbose function logs of it.
pub async fn with_every_line<T>(call: impl Future<Output = T>) -> (T, String) {
    with_log(Targets::new().with_default(Level::INFO).with_target("ses_quota_monitor", Level::TRACE), call).await
}

/// While there is one subscriber alone, whether a line is logged at all depends on the thread that came to it first, which may be
/// that of a test without a log.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

async fn with_log<T>(levels: Targets, call: impl Future<Output = T>) -> (T, String) {
    LazyLock::force(&ANOTHER);
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(move || writer.clone());
    let output = call.with_subscriber(tracing_subscriber::registry().with(lines.with_filter(levels))).await;
    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (output, lines)
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
