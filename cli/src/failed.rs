//! An error, and what to do about it.

use std::error::Error;
use std::fmt::Display;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ses_quota_monitor::failure::{Failure, Stage};

/// Why a command cannot go on: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct Failed {
    /// What is wrong.
    pub wrong: String,
    /// What to do about it, in one or more lines.
    pub to_do: Option<String>,
}

impl Failed {
    /// An error that says by itself what to do.
    pub fn new(wrong: impl Display) -> Self {
        Self { wrong: wrong.to_string(), to_do: None }
    }

    /// The same, with what to do.
    pub fn advise(self, to_do: impl Display) -> Self {
        Self { to_do: Some(to_do.to_string()), ..self }
    }

    /// What kept SES from being read with the credentials of the person.
    pub fn unread(failure: &Failure) -> Self {
        let failed = Self::new(format_args!("SES cannot be read: {}: {}", failure.code, failure.message));
        // A role that cannot be assumed is a matter of the role as well.
        let advice = advice(&failure.code).filter(|_| failure.stage != Stage::Role);
        let unreachable = failure.is_unreachable().then_some(CONNECTION);
        match advice.or(unreachable).or(failure.hint()) {
            Some(advice) => failed.advise(advice),
            None => failed,
        }
    }

    /// A call to AWS that failed, and what it was for: `the stack cannot be read`.
    pub fn call<E>(what: impl Display, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let Some(code) = error.as_service_error().and_then(ProvideErrorMetadata::code) else {
            return Self::new(format_args!("{what}: {}", causes(error))).advise(CONNECTION);
        };
        let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or("no message");
        let failed = Self::new(format_args!("{what}: {code}: {message}"));
        match advice(code) {
            Some(advice) => failed.advise(advice),
            None => failed,
        }
    }
}

const CONNECTION: &str = "Check the connection to AWS, a proxy (HTTPS_PROXY), and the Region.";

/// An error and its causes, on one line.
pub fn causes(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    texts.dedup();
    texts.join(": ")
}

fn advice(code: &str) -> Option<&'static str> {
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" => Some(
            "Your credentials do not allow it. Use a profile that may (--profile), or have the permission in the message \
             added to yours: docs/command-line.md lists what each command needs.",
        ),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some("Your credentials have expired. Sign in again: aws sso login")
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" | "InvalidAccessKeyId" => {
            Some(
                "AWS does not accept your credentials. See whose they are: aws sts get-caller-identity. A Region that your \
             account has not enabled does not accept them, either.",
            )
        }
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => Some("Try again in a minute."),
        _ => None,
    }
}
