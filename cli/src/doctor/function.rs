//! The function: whether it can run, and is as the stack says.

use std::collections::HashMap;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Answer;
use aws_sdk_lambda::types::{LastUpdateStatus, State};

use super::drift::{self, differences};
use super::finding::{Diagnosis, Subject};
use crate::fact::{Fact, fact};
use crate::installation::Installation;
use crate::session::Session;

/// What is known of it.
#[derive(Debug)]
pub struct Facts {
    pub configuration: Fact<Configuration>,
    /// How many invocations are reserved for it; absent where none are.
    pub reserved: Fact<i32>,
}

/// How it is configured.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    pub state: Option<State>,
    /// Why it is in this state, or why its latest update failed.
    pub reason: Option<String>,
    pub has_failed_update: bool,
    pub variables: HashMap<String, String>,
    /// The memory, the timeout and the architecture, by the parameters that they come from.
    pub properties: HashMap<&'static str, String>,
    pub modified: Option<String>,
}

/// Reads it.
pub async fn read(session: &Session, name: &str) -> Facts {
    let client = Client::new(&session.config);
    let (configuration, concurrency) = tokio::join!(
        client.get_function_configuration().function_name(name).send(),
        client.get_function_concurrency().function_name(name).send(),
    );
    let concurrency = fact("lambda:GetFunctionConcurrency", concurrency);
    Facts {
        configuration: fact("lambda:GetFunctionConfiguration", configuration)
            .map(|answer| answer.map(Configuration::from)),
        reserved: concurrency.map(|answer| answer.and_then(|answer| answer.reserved_concurrent_executions)),
    }
}

impl From<Answer> for Configuration {
    fn from(answer: Answer) -> Self {
        let architecture = answer.architectures().first().map(|architecture| architecture.as_str().to_owned());
        let properties = [
            ("MemorySize", answer.memory_size().map(|size| size.to_string())),
            ("Timeout", answer.timeout().map(|timeout| timeout.to_string())),
            ("Architecture", architecture),
        ];
        Self {
            reason: answer.state_reason.or(answer.last_update_status_reason),
            state: answer.state,
            has_failed_update: answer.last_update_status == Some(LastUpdateStatus::Failed),
            variables: answer.environment.and_then(|environment| environment.variables).unwrap_or_default(),
            properties: properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            modified: answer.last_modified,
        }
    }
}

impl Facts {
    /// Whether it can be invoked, as far as is known.
    pub fn can_run(&self) -> bool {
        let is_there = match &self.configuration {
            Ok(Some(configuration)) => configuration.state != Some(State::Failed),
            Ok(None) => false,
            Err(_) => true,
        };
        is_there && !matches!(self.reserved, Ok(Some(0)))
    }

    /// A setting of the function: as its variable has it, or else the parameter of the stack.
    pub fn setting<'a>(&'a self, variable: &str, installation: &'a Installation) -> &'a str {
        let configuration = self.configuration.as_ref().ok().and_then(Option::as_ref);
        let value = configuration.and_then(|configuration| configuration.variables.get(variable));
        let parameter = || drift::VARIABLES.iter().find(|(name, _)| *name == variable).map(|(_, parameter)| *parameter);
        value.map(String::as_str).or_else(|| installation.parameter(parameter()?)).unwrap_or_default()
    }
}

/// Judges it.
pub fn judge(facts: &Facts, installation: &Installation, name: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    match &facts.configuration {
        Err(failed) => diagnosis.unknown(Subject::Function, failed),
        Ok(None) => diagnosis.critical(
            Subject::Function,
            format!("nothing is checked: function {name} is gone"),
            installation.make_anew(),
        ),
        Ok(Some(configuration)) => configured(configuration, installation, name, &mut diagnosis),
    }
    match facts.reserved {
        Err(ref failed) => diagnosis.unknown(Subject::Function, failed),
        Ok(Some(0)) => diagnosis.critical(
            Subject::Function,
            format!("nothing is checked: the reserved concurrency of function {name} is 0"),
            format!(
                "Lambda refuses to run it. Take the limit away: aws lambda delete-function-concurrency --region {} \
                 --function-name {name}\n{AGAIN}",
                installation.region
            ),
        ),
        Ok(_) => {}
    }
    diagnosis
}

/// For what keeps the function from answering.
pub const AGAIN: &str =
    "Then run ses-quota doctor again: only the function can say which accounts and Regions it reads.";

fn configured(configuration: &Configuration, installation: &Installation, name: &str, diagnosis: &mut Diagnosis) {
    let Configuration { state, reason, has_failed_update, modified, properties, .. } = configuration;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let deploy = "Correct the cause, and deploy again.";
    match state {
        Some(State::Failed) => {
            diagnosis.critical(Subject::Function, format!("function {name} cannot run (Failed){reason}"), deploy);
        }
        _ if *has_failed_update => {
            let wrong = format!("the latest update of function {name} failed{reason}; it runs as before");
            diagnosis.warn(Subject::Function, wrong, deploy);
        }
        _ => {
            let state = state.as_ref().map_or("state not known", State::as_str);
            let architecture = properties.get("Architecture").map(|name| format!(", {name}")).unwrap_or_default();
            let modified = modified.as_ref().map(|at| format!(", last modified {at}")).unwrap_or_default();
            diagnosis.examined(Subject::Function, format!("{name}: {state}{architecture}{modified}"));
        }
    }
    let differences = differences(configuration, installation);
    if !differences.is_empty() {
        diagnosis.warn(
            Subject::Function,
            format!("function {name} is not as the stack says: {}", differences.join("; ")),
            format!(
                "Somebody changed it beside CloudFormation, and a later deployment can take that back. To keep it, deploy the \
                 stack with that value.\nTo take it back now: {}",
                installation.console(&format!("lambda/home?region={{region}}#/functions/{name}"))
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    fn sound() -> Facts {
        let installation = installation();
        let variables =
            drift::VARIABLES.iter().map(|(name, parameter)| (*name, installation.parameters.get(*parameter)));
        let references = drift::REFERENCES.iter().map(|(name, output)| (*name, installation.outputs.get(*output)));
        let variables = variables.chain(references).filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
        let configuration = Configuration {
            state: Some(State::Active),
            variables: variables.collect(),
            properties: [("Timeout", "30".to_owned()), ("Architecture", "arm64".to_owned())].into(),
            modified: Some("2026-11-24T11:00:00.000+0000".to_owned()),
            ..Configuration::default()
        };
        Facts { configuration: Ok(Some(configuration)), reserved: Ok(None) }
    }

    fn judged(change: impl FnOnce(&mut Configuration)) -> String {
        let mut facts = sound();
        if let Ok(Some(configuration)) = &mut facts.configuration {
            change(configuration);
        }
        judge(&facts, &installation(), "monitor").plain()
    }

    #[test]
    fn as_the_stack_says() {
        assert_snapshot!(judged(|_| ()), @r"
        No problem found. Examined: 1
          function        monitor: Active, arm64, last modified 2026-11-24T11:00:00.000+0000
        ");
    }

    #[test]
    fn what_was_changed_beside_the_stack() {
        let changed = judged(|configuration| {
            configuration.variables.insert("WARNING_PERCENT".to_owned(), "60".to_owned());
            configuration.variables.remove("REGIONS");
            configuration.variables.insert("EXTERNAL_ID".to_owned(), "ticket-4711".to_owned());
            configuration.variables.insert("HTTPS_PROXY".to_owned(), "http://10.0.0.1".to_owned());
            configuration.properties.insert("Timeout", "60".to_owned());
        });
        assert_snapshot!(changed, @r"
        WARNING   function monitor is not as the stack says: EXTERNAL_ID is not ExternalId; REGIONS is empty, and Regions us-east-1,eu-west-1; Timeout is 60, and Timeout 30; WARNING_PERCENT is 60, and WarningPercent 80
                  Somebody changed it beside CloudFormation, and a later deployment can take that back. To keep it, deploy the stack with that value.
                  To take it back now: https://us-east-1.console.aws.amazon.com/lambda/home?region=us-east-1#/functions/monitor

        1 problem found. Examined: 1
          function        monitor: Active, arm64, last modified 2026-11-24T11:00:00.000+0000
        ");
    }

    #[test]
    fn what_cannot_run() {
        let failed = judged(|configuration| {
            configuration.state = Some(State::Failed);
            configuration.reason = Some("the KMS key is disabled".to_owned());
        });
        assert!(
            failed.starts_with("CRITICAL  function monitor cannot run (Failed): the KMS key is disabled\n"),
            "{failed}"
        );
        let gone = Facts { configuration: Ok(None), ..sound() };
        assert!(!gone.can_run() && sound().can_run());
        assert!(judge(&gone, &installation(), "monitor").plain().starts_with("CRITICAL"));
        let throttled = Facts { reserved: Ok(Some(0)), ..sound() };
        assert!(!throttled.can_run());
        assert_snapshot!(judge(&throttled, &installation(), "monitor").plain(), @r"
        CRITICAL  nothing is checked: the reserved concurrency of function monitor is 0
                  Lambda refuses to run it. Take the limit away: aws lambda delete-function-concurrency --region us-east-1 --function-name monitor
                  Then run ses-quota doctor again: only the function can say which accounts and Regions it reads.

        1 problem found. Examined: 1
          function        monitor: Active, arm64, last modified 2026-11-24T11:00:00.000+0000
        ");
    }
}
