//! The function, and the Runtime API that invokes it.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fake_aws::{Answer, Aws, Call, Server, Table, healthy};
use serde_json::{Value, json};

/// What is set in the environment of each function, and must be in no log line.
pub const SESSION_TOKEN: &str = "session-token-of-the-test";

/// How long a test waits for a function before it fails. None needs a tenth of it.
const PATIENCE: Duration = Duration::from_mins(2);

/// A function that runs until it is dropped.
pub struct Function {
    process: Child,
    /// Events, and how much time there is for each.
    invocations: Sender<(Value, Duration)>,
    outcomes: Receiver<Outcome>,
}

/// How an invocation ended.
#[derive(Debug)]
pub struct Outcome {
    pub is_error: bool,
    pub payload: Value,
}

impl Outcome {
    pub fn message(&self) -> &str {
        self.payload["errorMessage"].as_str().unwrap_or_default()
    }
}

impl Function {
    /// A function in `us-east-1` with a state table, and these variables.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let (invocations, next) = channel();
        let (ended, outcomes) = channel();
        let (next, ended) = (Mutex::new(next), Mutex::new(ended));
        let runtime_api = Server::new(move |received| {
            if received.target.ends_with("/invocation/next") {
                return next.lock().unwrap().recv().map_or(Answer::NoAnswer, invocation);
            }
            let payload = serde_json::from_slice(received.request.body().bytes().unwrap()).unwrap();
            ended.lock().unwrap().send(Outcome { is_error: !received.target.ends_with("/response"), payload }).unwrap();
            Answer::reply(202, "{}")
        });
        let process = Command::new(env!("CARGO_BIN_EXE_ses-quota-monitor"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.address.to_string())
            .envs(
                ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"]
                    .map(|name| (name, "monitor")),
            )
            .envs([("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")])
            .envs([
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ])
            .envs([("AWS_REGION", "us-east-1"), ("STATE_TABLE", "alert-state")])
            .env("ALERT_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:alerts")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, invocations, outcomes }
    }

    /// A scheduled check with 30 seconds to go.
    pub fn invoke(&self) -> Outcome {
        self.invoke_with(Duration::from_secs(30))
    }

    /// A scheduled check with so much time to go.
    pub fn invoke_with(&self, time_left: Duration) -> Outcome {
        self.send_event_with(json!({}), time_left)
    }

    /// An event with 30 seconds to go.
    pub fn send_event(&self, event: Value) -> Outcome {
        self.send_event_with(event, Duration::from_secs(30))
    }

    /// An event with so much time to go.
    pub fn send_event_with(&self, event: Value, time_left: Duration) -> Outcome {
        self.invocations.send((event, time_left)).unwrap();
        self.outcomes.recv_timeout(PATIENCE).expect("the function to answer")
    }

    /// Stops the process, as Lambda freezes a function between invocations, and lets it go on after `meanwhile`.
    pub fn freeze(&self, meanwhile: impl FnOnce()) {
        self.signal("STOP");
        meanwhile();
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(sent.unwrap().success(), "kill -s {name}");
    }

    /// Ends the process, and returns its log.
    pub fn log(mut self) -> Vec<Value> {
        self.process.kill().unwrap();
        self.end().1
    }

    /// Waits for the process to end by itself: whether it succeeded, and its log.
    pub fn end(self) -> (bool, Vec<Value>) {
        let output = self.process.wait_with_output().unwrap();
        let log = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.success(), log.lines().map(|line| serde_json::from_str(line).expect(line)).collect())
    }
}

fn invocation((event, time_left): (Value, Duration)) -> Answer {
    let deadline = (now() + time_left).as_millis();
    let headers = vec![
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:111122223333:function:monitor".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned()),
    ];
    Answer::Reply { status: 200, headers, body: event.to_string().into() }
}

pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// [`healthy`] with a state table, except where `answer` says something else.
pub fn aws(answer: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> Aws {
    let table = Table::default();
    Aws::new(move |call| {
        answer(call).unwrap_or_else(|| match call.operation.as_str() {
            "BatchGetItem" | "PutItem" => table.answer(call),
            _ => healthy(call),
        })
    })
}

/// A function that has this AWS for all its endpoints.
pub fn function(aws: &Aws, variables: &[(&str, &str)]) -> Function {
    let url = format!("http://{}", Server::of(aws).address);
    let variables: Vec<_> = [("AWS_ENDPOINT_URL", url.as_str())].into_iter().chain(variables.iter().copied()).collect();
    Function::start(&variables)
}

/// The lines of a log, for the message of an assertion.
pub fn lines(log: &[Value]) -> String {
    log.iter().fold(String::new(), |mut lines, line| {
        writeln!(lines, "{line}").unwrap();
        lines
    })
}
