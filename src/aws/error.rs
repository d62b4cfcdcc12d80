//! What the SDK's errors mean: the code and message of a failure, and whether AWS rejected the request.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failure::{Failure, Stage, one_line};

/// The failure that an SDK call ended in.
pub(super) fn failure<E>(stage: Stage, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let service_error = context.err();
            let code = service_error.code();
            let message = service_error.message().map_or_else(|| causes(service_error), one_line);
            Failure {
                stage,
                code: code.map_or_else(|| "UnknownServiceError".to_owned(), one_line),
                message,
                // With any other status, the service or what stands before it reports a failure of its own, and may
                // have carried out the request all the same.
                is_refusal: code.is_some() && context.raw().status().is_client_error(),
            }
        }
        SdkError::TimeoutError(_) => Failure::new(stage, "Timeout", causes(error)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Failure::new(stage, "Timeout", causes(error)),
        SdkError::DispatchFailure(failure) if failure.is_io() => Failure::new(stage, "NoConnection", causes(error)),
        SdkError::ResponseError(_) => Failure::new(stage, "InvalidResponse", causes(error)),
        SdkError::ConstructionFailure(_) => {
            Failure { is_refusal: true, ..Failure::new(stage, "NotSent", causes(error)) }
        }
        _ => Failure::new(stage, "NotSent", causes(error)),
    }
}

/// The error and its causes, on one line: `dispatch failure: io error: Connection refused`.
fn causes(error: &dyn Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = one_line(&error.to_string());
        // Some errors repeat their cause in their own text.
        if !texts.iter().any(|earlier| earlier.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}
