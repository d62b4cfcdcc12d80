//! An installed monitor: its stack.

use std::collections::HashMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::StackStatus;

use crate::failed::Failed;
use crate::session::Session;

/// A stack of the monitor's template, as it is installed.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The name of the stack.
    pub stack: String,
    /// How its latest operation ended.
    pub status: StackStatus,
    /// Its outputs, by their key.
    pub outputs: HashMap<String, String>,
    /// Its parameters, by their name.
    pub parameters: HashMap<String, String>,
}

impl Installation {
    /// Reads the stack.
    ///
    /// # Errors
    /// [`Failed`] where there is none of that name, it is not one of the monitor, or it cannot be read.
    pub async fn find(session: &Session, stack: &str) -> Result<Self, Failed> {
        let answer = Client::new(&session.config).describe_stacks().stack_name(stack).send().await;
        let answer = match answer {
            Err(error) if error.message().is_some_and(|message| message.contains("does not exist")) => None,
            Err(error) => return Err(Failed::call(format_args!("stack {stack} cannot be read"), &error)),
            Ok(answer) => answer.stacks.unwrap_or_default().into_iter().next(),
        };
        // A change set that was never executed leaves such a stack, without resources.
        let found = answer.filter(|stack| stack.stack_status != Some(StackStatus::ReviewInProgress));
        let Some(found) = found else { return Err(missing(session, stack)) };
        let outputs = found.outputs.unwrap_or_default().into_iter();
        let parameters = found.parameters.unwrap_or_default().into_iter();
        let installation = Self {
            stack: stack.to_owned(),
            status: found.stack_status.unwrap_or(StackStatus::from("unknown")),
            outputs: outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect(),
            parameters: parameters.filter_map(|one| Some((one.parameter_key?, one.parameter_value?))).collect(),
        };
        installation.output("FunctionName")?;
        Ok(installation)
    }

    /// An output of the stack.
    ///
    /// # Errors
    /// [`Failed`] where it has none of that name.
    pub fn output(&self, key: &str) -> Result<&str, Failed> {
        self.outputs.get(key).map(String::as_str).ok_or_else(|| {
            Failed::new(format_args!("stack {} ({}) has no output {key}", self.stack, self.status.as_str())).advise(
                "Either it is not a stack of ses-quota-monitor: name the right one. Or it was never created completely: \
                 deploy it again.",
            )
        })
    }

    /// A parameter of the stack; `None` also where it is empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

fn missing(session: &Session, stack: &str) -> Failed {
    let here = &session.here;
    Failed::new(format_args!("there is no stack {stack} in {}, account {}", here.region, here.account.id)).advise(
        "Name the Region of the stack (--region), its name where it is not ses-quota-monitor, and a profile of its account \
         (--profile). To look at SES without an installation: ses-quota status",
    )
}
