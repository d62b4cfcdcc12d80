//! An installed monitor: its stack, and what is in it.

use std::collections::HashMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::StackStatus;
use ses_quota_monitor::target::{Partition, Region};
use ses_quota_monitor::time::Timestamp;

use crate::failed::Failed;
use crate::session::Session;

/// A stack of the monitor's template, as it is installed.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The name of the stack.
    pub stack: String,
    /// The Region that it is in.
    pub region: Region,
    /// The partition of that Region.
    pub partition: Partition,
    /// When it was created, where CloudFormation says so.
    pub created_at: Option<Timestamp>,
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
            region: session.here.region.clone(),
            partition: session.here.account.partition.clone(),
            created_at: found.creation_time.map(|at| Timestamp::from_epoch_seconds(at.secs())),
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

    /// Reads what the stack is made of.
    ///
    /// # Errors
    /// [`Failed`] where it cannot be read.
    pub async fn resources(&self, session: &Session) -> Result<Resources, Failed> {
        let answer = Client::new(&session.config).describe_stack_resources().stack_name(&self.stack).send().await;
        let answer = answer
            .map_err(|error| Failed::call(format_args!("what is in stack {} cannot be read", self.stack), &error))?;
        let found = answer.stack_resources.unwrap_or_default().into_iter();
        Ok(Resources(
            found
                .filter_map(|one| Some((one.logical_resource_id?, one.resource_type?, one.physical_resource_id?)))
                .collect(),
        ))
    }

    /// Where a page of the management console is: `lambda/home?region=us-east-1#/functions/NAME`, with `{region}` in it.
    pub fn console(&self, page: &str) -> String {
        let (region, domain) = (self.region.as_str(), self.partition.console_domain());
        let page = page.replace("{region}", region);
        domain.map_or_else(|| format!("in the console: {page}"), |domain| format!("https://{region}.{domain}/{page}"))
    }

    /// How to get back what was deleted beside CloudFormation, where nothing else in the template refers to it.
    ///
    /// Source: AWS re:Post Knowledge Center, "How do I update a CloudFormation stack when a resource was deleted manually?"
    pub fn make_again(&self) -> String {
        format!(
            "CloudFormation does not notice. Take it out of template.yaml, deploy, put it back, and deploy again. Or: {}",
            self.make_anew()
        )
    }

    /// The same where other resources refer to it.
    pub fn make_anew(&self) -> String {
        format!(
            "Delete the stack, which also ends all subscriptions, and deploy it anew: aws cloudformation delete-stack --region {} \
             --stack-name {}",
            self.region, self.stack
        )
    }

    /// A parameter of the stack; `None` also where it is empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// What a stack is made of: the name of each in the template, its type, and its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources(pub Vec<(String, String, String)>);

impl Resources {
    /// The own name of what the template calls so.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(logical, ..)| logical == name).map(|(_, _, physical)| physical.as_str())
    }

    /// The own names of all of a type.
    pub fn of_type(&self, kind: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, of, _)| of == kind).map(|(_, _, physical)| physical.as_str()).collect()
    }
}

fn missing(session: &Session, stack: &str) -> Failed {
    let here = &session.here;
    Failed::new(format_args!("there is no stack {stack} in {}, account {}", here.region, here.account.id)).advise(
        "Name the Region of the stack (--region), its name where it is not ses-quota-monitor, and a profile of its account \
         (--profile). To look at SES without an installation: ses-quota status",
    )
}
