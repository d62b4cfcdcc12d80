//! A request, as the fake AWS sees it.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use serde_json::Value;
use tokio::time::Instant;

use crate::cbor;

/// What the access key of a session begins with, before the account.
pub(crate) const SESSION_KEY: &str = "ASIA";

/// One HTTP request, as it left the SDK.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name in the service's API reference, such as `GetSendQuota`.
    pub operation: String,
    /// How many requests with the same operation came before.
    pub nth: usize,
    /// When it left.
    pub at: Instant,
    /// Its HTTP method.
    pub method: String,
    /// The host that it went to.
    pub host: String,
    /// The path there, from its first `/`.
    pub path: String,
    /// Whether it came on a connection that had been used before; `false` without a [`Server`](crate::Server).
    pub is_on_used_connection: bool,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(request: &HttpRequest, earlier: &[Self]) -> Self {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let (host, path) = request.uri().trim_start_matches("https://").split_once('/').unwrap();
        let header = |name| request.headers().get(name).unwrap_or_default();
        let operation = match header("x-amz-target").rsplit_once('.') {
            Some((_, operation)) => operation.to_owned(),
            None if header("content-type") == "application/x-www-form-urlencoded" => form(&body)["Action"].clone(),
            None if path.ends_with("email/account") => "GetAccount".to_owned(),
            None => path.rsplit('/').next().unwrap().to_owned(),
        };
        let nth = earlier.iter().filter(|call| call.operation == operation).count();
        let headers = request.headers().clone();
        let (method, host, path) = (request.method().to_owned(), host.to_owned(), format!("/{path}"));
        Self { operation, nth, at: Instant::now(), method, host, path, is_on_used_connection: false, headers, body }
    }

    /// The account that it is for, by who signed it: that of the session of an [`Answer::session`](crate::Answer::session); `None` for the function's
    /// own.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let (_, key) = self.headers.get("authorization")?.split_once("Credential=")?;
        key.strip_prefix(SESSION_KEY)?.get(..12)
    }

    /// The account of the role that an `AssumeRole` asks for.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn assumed_account(&self) -> String {
        self.form()["RoleArn"].split(':').nth(4).unwrap().to_owned()
    }

    /// The body of a request in JSON: to DynamoDB, Organizations, Service Quotas or SQS.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a CloudWatch request, which must not be compressed.
    ///
    /// # Panics
    /// If it is not CBOR.
    #[must_use]
    pub fn cbor(&self) -> Value {
        cbor::decoded(&self.body)
    }

    /// The body of an SES, SNS or STS request.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        form(&self.body)
    }

    /// The message attributes of a `Publish`, all of them strings. The SDK sends them in no fixed order.
    ///
    /// # Panics
    /// If one of them is not a string.
    #[must_use]
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
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}
