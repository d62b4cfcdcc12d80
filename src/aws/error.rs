//! What the SDK's errors mean: the code and message of a failure, and whether the request has certainly not been carried
//! out.

use std::error::Error;
use std::io;
use std::iter::successors;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rustls::CertificateError;

use crate::failure::{Failure, Stage, one_line};

/// The failure that an SDK call ended in.
pub(super) fn failure<E>(stage: Stage, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => answered(stage, context.err(), context.raw().status()),
        SdkError::ConstructionFailure(_) => refusal(stage, "NotSent", error),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) if never_connected(connector) => refusal(stage, unconnected_code(connector), error),
            Some(connector) if connector.is_timeout() => Failure::new(stage, "Timeout", causes(error)),
            _ => Failure::new(stage, "NoAnswer", causes(error)),
        },
        SdkError::TimeoutError(_) => Failure::new(stage, "Timeout", causes(error)),
        _ => Failure::new(stage, "InvalidResponse", causes(error)),
    }
}

fn answered<E: ProvideErrorMetadata + Error + 'static>(stage: Stage, error: &E, status: StatusCode) -> Failure {
    let is_refusal = is_refusal(error.code(), status);
    let Some(code) = error.code() else {
        let message = match status.as_u16() {
            status @ 200..300 => format!("HTTP {status}, not readable: {}", causes(error)),
            status => format!("HTTP {status} without an AWS error code"),
        };
        return Failure::new(stage, "UnexpectedResponse", message);
    };
    let message = error.message().map_or_else(|| causes(error), one_line);
    Failure { is_refusal, ..Failure::new(stage, &one_line(code), message) }
}

/// Whether an answer says that the request was not carried out. With any status but 4xx, the service reports a failure of
/// its own, and may have carried it out all the same; without an AWS error code, it may not have been AWS that answered.
pub(super) fn is_refusal(code: Option<&str>, status: StatusCode) -> bool {
    code.is_some() && status.is_client_error()
}

/// Whether nothing was sent, because there was no connection to send it on.
pub(super) fn never_connected(error: &ConnectorError) -> bool {
    find::<hyper_util::client::legacy::Error>(error).is_some_and(hyper_util::client::legacy::Error::is_connect)
}

/// Whether the server's certificate was issued by nobody whom the function trusts.
pub(super) fn is_unknown_issuer(error: &(dyn Error + 'static)) -> bool {
    matches!(certificate_error(error), Some(CertificateError::UnknownIssuer))
}

fn refusal(stage: Stage, code: &str, error: &(dyn Error + 'static)) -> Failure {
    Failure { is_refusal: true, ..Failure::new(stage, code, causes(error)) }
}

fn unconnected_code(error: &(dyn Error + 'static)) -> &'static str {
    match certificate_error(error) {
        Some(CertificateError::UnknownIssuer) => "UnknownIssuer",
        Some(_) => "InvalidCertificate",
        None => "NoConnection",
    }
}

fn certificate_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    match find(error)? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The error and its causes, on one line: `dispatch failure: io error: Connection refused`.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in chain(error) {
        let text = one_line(&error.to_string());
        // Some errors repeat their cause in their own text.
        if !texts.iter().any(|earlier| earlier.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// The error and its causes, also the one inside of an I/O error, whose `source` skips it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}
