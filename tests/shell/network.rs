//! Connections: proxies and certificates.

use std::sync::{Arc, Mutex};

use fake_aws::{Answer, Aws, Server, certificate, healthy};

use crate::function::{Function, aws, lines};

#[test]
fn a_proxy_is_used_except_for_hosts_in_no_proxy() {
    let (proxied, direct) = (Arc::new(Mutex::new(Vec::new())), Aws::new(healthy));
    let seen = Arc::clone(&proxied);
    let proxy = Server::new(move |received| {
        seen.lock().unwrap().push(format!("{} {}", received.method, received.target));
        Answer::reply(403, "")
    });
    let (certificate, file) = certificate("behind-a-proxy");
    let url = format!("https://{}", Server::with_tls(&direct, &certificate).address);
    for (proxy_variable, no_proxy_variable) in [("HTTPS_PROXY", "NO_PROXY"), ("https_proxy", "no_proxy")] {
        let function = Function::start(&[
            (proxy_variable, &format!("http://{}", proxy.address)),
            (no_proxy_variable, "example.org,127.0.0.1"),
            ("AWS_CA_BUNDLE", file.to_str().unwrap()),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ENDPOINT_URL_SES", "https://ses.example.com"),
        ]);
        let outcome = function.invoke();
        assert!(outcome.message().contains("read: NoConnection: "), "{outcome:?}");
        assert!(outcome.message().contains("tunnel error: unsuccessful [the proxy in HTTPS_PROXY"), "{outcome:?}");
        let mut connected = std::mem::take(&mut *proxied.lock().unwrap());
        connected.dedup();
        assert_eq!(connected, ["CONNECT ses.example.com:443"]);
    }
    // With each check: what is known, since when SES has not been read, and that the check failed.
    let mut operations = direct.operations();
    operations.sort();
    assert_eq!(operations, ["BatchGetItem", "BatchGetItem", "PutItem", "PutItem", "PutMetricData", "PutMetricData"]);
}

#[test]
fn the_certificates_in_a_file_are_trusted_if_a_variable_names_it() {
    let (certificate, file) = certificate("named");
    let url = format!("https://{}", Server::with_tls(&aws(|_| None), &certificate).address);
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let outcome = Function::start(&[("AWS_ENDPOINT_URL", &url), (variable, file.to_str().unwrap())]).invoke();
        assert!(!outcome.is_error, "{variable}: {outcome:?}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_named_and_logged_once() {
    let (certificate, _) = certificate("unknown");
    let aws = Aws::new(healthy);
    let url = format!("https://{}", Server::with_tls(&aws, &certificate).address);
    let function = Function::start(&[("AWS_ENDPOINT_URL", &url)]);
    for _ in 0..2 {
        let outcome = function.invoke();
        assert!(outcome.message().contains("read: UnknownIssuer: "), "{outcome:?}");
        assert!(outcome.message().contains("AWS_CA_BUNDLE or SSL_CERT_FILE"), "{outcome:?}");
    }
    assert!(aws.calls().is_empty());
    let log = function.log();
    let warnings: Vec<_> = log.iter().filter(|line| line["module"] == "ses_quota_monitor::aws::http").collect();
    assert_eq!(warnings.len(), 1, "{}", lines(&log));
    assert_eq!(warnings[0]["level"], "WARN");
}
