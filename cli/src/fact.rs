//! What AWS answers about one thing.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failed::Failed;

/// That it is there and how it is, that it is not there, or why neither can be said.
pub type Fact<T> = Result<Option<T>, Failed>;

/// What services say of what is not there.
const ABSENT: [&str; 6] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
];

/// The fact in an answer to the call of an action, which is named as the permission that it needs: `sns:GetTopicAttributes`.
pub fn fact<T, E>(action: &str, answer: Result<T, SdkError<E, HttpResponse>>) -> Fact<T>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code().is_some_and(|code| ABSENT.contains(&code)) => Ok(None),
        Err(error) => Err(Failed::call(action, &error)),
    }
}

/// The same of a call about what is there in any case.
pub fn known<T, E>(action: &str, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T, Failed>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    answer.map_err(|error| Failed::call(action, &error))
}
