//! The HTTP connections to AWS: how long they are kept, through which proxy they go, and whom they trust.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tracing::warn;

use super::error::is_unknown_issuer;
use super::trust::Trust;

/// What becomes of a connection after a response.
///
/// While Lambda has frozen the function, an idle connection can die without a sign. The next request on it is lost, and
/// whether it was carried out is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reuse {
    /// It is used again within 20 seconds. The shortest time after which an AWS service is known to close an idle
    /// connection is that of Amazon S3, 20 seconds, and the checks of a schedule are at least a minute apart: what this
    /// keeps is the connections within a check. For calls that may be repeated.
    Soon,
    /// It is closed. For calls that may not be repeated.
    Never,
}

const SOON: Duration = Duration::from_secs(20);

/// An HTTP client for any number of SDK clients, with one pool of connections and one set of parsed certificates. It is
/// made when it is first used: whoever never calls does not pay for it.
///
/// The proxy is that of `HTTPS_PROXY`, `HTTP_PROXY` (for `http://` endpoints) or `ALL_PROXY`, except for hosts in
/// `NO_PROXY`.
pub(super) fn client(trust: &Arc<Trust>, reuse: Reuse) -> SharedHttpClient {
    let (trust, first, fallback) = (Arc::clone(trust), OnceLock::new(), OnceLock::new());
    http_client_fn(move |settings, _| {
        let connector = || {
            let tls =
                TlsContext::builder().with_trust_store(trust.store()).build().expect("a trust store is all it needs");
            let builder = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls)
                .proxy_config(ProxyConfig::from_env())
                .connector_settings(settings.clone());
            let connector = match reuse {
                Reuse::Soon => builder.pool_idle_timeout(SOON),
                Reuse::Never => builder.pool_max_idle_per_host(0),
            };
            SharedHttpConnector::new(Watched { connector: connector.build(), trust: Arc::clone(&trust) })
        };
        let made = if trust.has_fallen_back() { &fallback } else { &first };
        made.get_or_init(connector).clone()
    })
}

/// Notices a server whose certificate nobody has issued whom the function trusts.
#[derive(Debug)]
struct Watched {
    connector: Connector,
    trust: Arc<Trust>,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (trust, uri) = (Arc::clone(&self.trust), request.uri().to_owned());
        let response = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let response = response.await;
            if response.as_ref().is_err_and(|error| is_unknown_issuer(error)) && trust.fall_back() {
                warn!(
                    endpoint = uri,
                    "the server's certificate was not issued by a built-in Amazon root; from now on this process trusts \
                     the certificates of the Lambda runtime"
                );
            }
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_ses::config::{Credentials, SharedCredentialsProvider};
    use fake_aws::{Aws, Server, certificate, healthy};

    use super::*;
    use crate::aws::ses::QuotaReader;
    use crate::settings::Certificates;

    /// The machine's certificates are those of `SSL_CERT_FILE`, so the check runs in a process with a variable of its own.
    #[test]
    fn after_an_unknown_issuer_the_certificates_of_the_machine_count() {
        let (certificate, file) = certificate("the-machines");
        let server = Server::with_tls(&Aws::new(healthy), &certificate);
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "aws::http::tests::in_a_process_of_its_own", "--ignored"])
            .env("SSL_CERT_FILE", file)
            .env("ENDPOINT", format!("https://{}", server.address))
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.contains("1 passed"), "{output}");
    }

    #[tokio::test]
    #[ignore = "run by the test above"]
    async fn in_a_process_of_its_own() {
        let trust = Arc::new(Trust::new(Certificates::Amazon));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test")))
            .endpoint_url(env::var("ENDPOINT").unwrap())
            .http_client(client(&trust, Reuse::Soon))
            .build();
        // The first attempt meets the unknown issuer; the second is on the machine's certificates.
        QuotaReader::new(&config).read(&"us-east-1".parse().unwrap(), None).await.unwrap();
        assert!(trust.has_fallen_back());
    }
}
