//! A made-up AWS beneath the SDK: it answers each HTTP request as a test says, and keeps the requests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_sdk_ses::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::Monitor;
use ses_quota_monitor::check::Report;
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use super::answer::{Answer, healthy};
use super::{cbor, invocation, settings};

/// One HTTP request, as it left the SDK.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GetSendQuota`, `Publish`, `GetItem`, `PutItem` or `PutMetricData`.
    pub operation: String,
    /// How many requests with the same operation came before.
    pub nth: usize,
    /// When it left.
    pub at: Instant,
    pub host: String,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Call {
    fn new(request: &HttpRequest, earlier: &[Self]) -> Self {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let (host, path) = request.uri().trim_start_matches("https://").split_once('/').unwrap();
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit_once('.'));
        let form = if request.headers().get("content-type") == Some("application/x-www-form-urlencoded") {
            form(&body)
        } else {
            BTreeMap::new()
        };
        let operation = match (target, form.get("Action")) {
            (Some((_, operation)), _) => operation,
            (_, Some(action)) => action,
            _ => path.rsplit('/').next().unwrap(),
        };
        let nth = earlier.iter().filter(|call| call.operation == operation).count();
        Self {
            operation: operation.to_owned(),
            nth,
            at: Instant::now(),
            host: host.to_owned(),
            headers: request.headers().clone(),
            body,
        }
    }

    /// The body of a DynamoDB request.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a CloudWatch request, which must not be compressed.
    pub fn cbor(&self) -> Value {
        cbor::decoded(&self.body)
    }

    /// The message attributes of a `Publish`, all of them strings. The SDK sends them in no fixed order.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let form = self.form();
        let entry = |number: usize| {
            let field = |name: &str| form.get(&format!("MessageAttributes.entry.{number}.{name}")).cloned();
            let name = field("Name")?;
            assert_eq!(field("Value.DataType").as_deref(), Some("String"), "{name}");
            Some((name, field("Value.StringValue").unwrap()))
        };
        (1..).map_while(entry).collect()
    }

    /// The body of an SES or SNS request.
    pub fn form(&self) -> BTreeMap<String, String> {
        form(&self.body)
    }
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                b'+' => b' ',
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    let body = std::str::from_utf8(body).unwrap();
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, text)| (decode(name), decode(text))).collect()
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// The made-up AWS.
#[derive(Clone)]
pub struct Aws {
    script: Arc<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Aws {
    pub fn new(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), calls: Arc::default() }
    }

    /// [`healthy`], but for one operation.
    pub fn healthy_but(operation: &'static str, answer: Answer) -> Self {
        Self::new(move |call| if call.operation == operation { answer.clone() } else { healthy(call) })
    }

    /// What becomes of a request here.
    pub fn answer(&self, call: &Call) -> Answer {
        (self.script)(call)
    }

    /// Every request so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The requests so far with one operation.
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    /// The operations requested so far, in their order.
    pub fn operations(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.operation).collect()
    }

    /// A configuration with retries and timeouts like those of the function.
    pub fn config(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(5))
            .build();
        self.config_without_timeouts().into_builder().timeout_config(timeouts).build()
    }

    pub fn config_without_timeouts(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test")))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(TimeoutConfig::disabled())
            .http_client(self.clone())
            .build()
    }

    pub fn clients(&self) -> Clients {
        Clients::from_config(&self.config(), &settings(&[]))
    }

    /// One check with these settings beside the required ones.
    pub async fn check(&self, request: Request, variables: &[(&str, &str)]) -> Report {
        let settings = settings(variables);
        let clients = Clients::from_config(&self.config(), &settings);
        Monitor::new(settings, clients).check(request, &invocation()).await
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = {
            let mut calls = self.calls.lock().unwrap();
            let call = Call::new(&request, &calls);
            calls.push(call.clone());
            call
        };
        self.answer(&call).deliver()
    }
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
