//! The fake: an HTTP client for the SDK.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::{Answer, Call, healthy};

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// The fake AWS. A clone is the same one.
#[derive(Clone)]
pub struct Aws {
    script: Arc<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Aws {
    /// An AWS that answers each request as `script` says.
    pub fn new(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), calls: Arc::default() }
    }

    /// [`healthy`], except for one operation.
    #[must_use]
    pub fn healthy_but(operation: &'static str, answer: Answer) -> Self {
        Self::new(move |call| if call.operation == operation { answer.clone() } else { healthy(call) })
    }

    /// What becomes of a request here.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Answer {
        (self.script)(call)
    }

    /// Every request so far.
    ///
    /// # Panics
    /// If the script has panicked.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The requests so far with one operation.
    #[must_use]
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    /// The operations requested so far, in their order.
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.operation).collect()
    }

    /// An SDK configuration that calls this AWS.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test")))
            .http_client(self.clone())
            .build()
    }

    /// Takes a request, and returns what becomes of it.
    pub(crate) fn receive(&self, request: &HttpRequest, is_on_used_connection: bool) -> Answer {
        let call = {
            let mut calls = self.calls.lock().unwrap();
            let call = Call { is_on_used_connection, ..Call::new(request, &calls) };
            calls.push(call.clone());
            call
        };
        self.answer(&call)
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.receive(&request, false).deliver()
    }
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
