//! In what the function differs from the stack: somebody has changed it beside CloudFormation.

use super::function::Configuration;
use crate::installation::Installation;

/// The variables of the function, and the parameters that they come from.
pub const VARIABLES: [(&str, &str); 17] = [
    ("METRIC_NAMESPACE", "MetricNamespace"),
    ("METRIC_DETAIL", "MetricDetail"),
    ("SNAPSHOT", "Snapshot"),
    ("REGIONS", "Regions"),
    ("ACCOUNTS", "Accounts"),
    ("EXCLUDE_ACCOUNTS", "ExcludeAccounts"),
    ("READER_ROLE", "ReaderRole"),
    ("EXTERNAL_ID", "ExternalId"),
    ("SHARD_TARGETS", "ShardTargets"),
    ("CHECK_INTERVAL_MINUTES", "CheckIntervalMinutes"),
    ("WARNING_PERCENT", "WarningPercent"),
    ("CRITICAL_PERCENT", "CriticalPercent"),
    ("CLEAR_MARGIN_PERCENT", "ClearMarginPercent"),
    ("THRESHOLDS", "Thresholds"),
    ("RATE_WARNING_PERCENT", "RateWarningPercent"),
    ("REMINDER_HOURS", "ReminderHours"),
    ("UNREADABLE_MINUTES", "UnreadableMinutes"),
];
/// The variables that come from other resources, and the outputs that name these.
pub const REFERENCES: [(&str, &str); 3] =
    [("ALERT_TOPIC_ARN", "AlertTopicArn"), ("STATE_TABLE", "StateTableName"), ("WORK_QUEUE_URL", "WorkQueueUrl")];

/// In what the function differs from the stack.
pub fn differences(configuration: &Configuration, installation: &Installation) -> Vec<String> {
    let Configuration { variables, properties, .. } = configuration;
    let variable = |name: &str| variables.get(name).map(String::as_str).unwrap_or_default();
    let of_parameters = VARIABLES.iter().map(|(name, parameter)| (*name, *parameter, variable(name)));
    let of_properties = properties.iter().map(|(name, value)| (*name, *name, value.as_str()));
    let by_parameter = of_parameters.chain(of_properties).filter_map(|(name, parameter, is)| {
        let given = |parameter| installation.parameters.get(parameter).map(String::as_str);
        match given("FleetPage") {
            // The page turns it on.
            Some("true") if name == "SNAPSHOT" => Some((name, "FleetPage", is, "true")),
            // One that the stack does not know is of another version of the template.
            _ => Some((name, parameter, is, given(parameter)?)),
        }
    });
    let by_output = REFERENCES.iter().filter_map(|(name, output)| {
        Some((*name, *output, variable(name), installation.outputs.get(*output)?.as_str()))
    });
    let different = by_parameter.chain(by_output).filter(|(_, _, is, due)| is != due);
    let mut different: Vec<String> =
        different.map(|(name, source, is, due)| difference(name, source, is, due)).collect();
    different.sort();
    different
}

fn difference(name: &str, source: &str, is: &str, due: &str) -> String {
    let shown = |value: &str| if value.is_empty() { "empty".to_owned() } else { value.to_owned() };
    match name {
        // It is shown to nobody who may not read it otherwise.
        "EXTERNAL_ID" => format!("{name} is not {source}"),
        _ => format!("{name} is {}, and {source} {}", shown(is), shown(due)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    #[test]
    fn every_variable_of_the_template_is_compared() {
        let (_, variables) = TEMPLATE.split_once("        Variables:\n").unwrap();
        let variables = variables.lines().map_while(|line| line.strip_prefix("          "));
        let names: Vec<&str> = variables.map(|line| line.split_once(':').unwrap().0).collect();
        assert!(names.len() > 10);
        for (name, parameter) in VARIABLES {
            let by_reference = TEMPLATE.contains(&format!("{name}: !Ref {parameter}\n"));
            let by_the_page = TEMPLATE.contains(&format!("{name}: !If [HasFleetPage, 'true', !Ref {parameter}]\n"));
            assert!(names.contains(&name) && (by_reference || by_the_page), "{name}");
        }
        for name in names {
            let known = VARIABLES.iter().chain(&REFERENCES).any(|(variable, _)| *variable == name);
            assert!(known, "{name} is not compared");
        }
    }
}
