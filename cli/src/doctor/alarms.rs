//! The alarms of the template: whether they are there, tell somebody, and what they say.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};

use super::finding::{Diagnosis, Subject};
use crate::fact::known;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;

/// `DescribeAlarms` takes as many names.
const MOST_NAMES: usize = 100;

/// Ends of the names of alarms that cannot wait: while they last, alerts may reach nobody.
const URGENT: [&str; 5] = ["-checks-fail", "-fell-silent", "-not-delivered", "-nobody-listens", "-shards-fail"];
/// The end of the name of the one alarm that is not about the monitor.
const ABOUT_SES: &str = "-alert-level";

/// The alarms that exist, by name.
pub type Alarms = BTreeMap<String, MetricAlarm>;

/// Reads those of these names.
pub async fn read(session: &Session, names: &[&str]) -> Result<Alarms, Failed> {
    let client = Client::new(&session.config);
    let mut alarms = Alarms::new();
    for names in names.chunks(MOST_NAMES) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let answer = client.describe_alarms().set_alarm_names(Some(names)).max_records(100).send().await;
        let found = known("cloudwatch:DescribeAlarms", answer)?.metric_alarms.unwrap_or_default();
        alarms.extend(found.into_iter().filter_map(|alarm| Some((alarm.alarm_name.clone()?, alarm))));
    }
    Ok(alarms)
}

/// Judges them. What is `explained` is found elsewhere already: ends of names whose alarm says the same.
pub fn judge(
    alarms: &Result<Alarms, Failed>,
    names: &[&str],
    explained: &[&str],
    installation: &Installation,
) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let alarms = match alarms {
        Err(failed) => {
            diagnosis.unknown(Subject::Alarms, failed);
            return diagnosis;
        }
        Ok(alarms) => alarms,
    };
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let Some(alarm) = alarms.get(*name) else {
            diagnosis.warn(
                Subject::Alarms,
                format!("alarm {name} is gone: what it watches fails without a word"),
                installation.make_again(),
            );
            continue;
        };
        *states.entry(alarm.state_value.as_ref().map_or("unknown", StateValue::as_str)).or_default() += 1;
        tells_somebody(alarm, name, installation, &mut diagnosis);
        if alarm.state_value == Some(StateValue::Alarm)
            && !name.ends_with(ABOUT_SES)
            && !explained.iter().any(|end| name.ends_with(end))
        {
            raised(alarm, name, installation, &mut diagnosis);
        }
    }
    if !states.is_empty() {
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        diagnosis.examined(Subject::Alarms, states.join(", "));
    }
    diagnosis
}

fn tells_somebody(alarm: &MetricAlarm, name: &str, installation: &Installation, diagnosis: &mut Diagnosis) {
    let region = &installation.region;
    if alarm.actions_enabled == Some(false) {
        diagnosis.warn(
            Subject::Alarms,
            format!("alarm {name} tells nobody: its actions are disabled"),
            format!("Enable them: aws cloudwatch enable-alarm-actions --region {region} --alarm-names {name}"),
        );
    } else if alarm.alarm_actions().is_empty() {
        diagnosis.warn(
            Subject::Alarms,
            format!("alarm {name} tells nobody: it has no action"),
            "CloudFormation gives it its actions again when a deployment changes it: a parameter such as OperatorTopicArn does.",
        );
    }
}

/// The description of an alarm says what it means in its first line, and then what to do.
fn raised(alarm: &MetricAlarm, name: &str, installation: &Installation, diagnosis: &mut Diagnosis) {
    let description = alarm.alarm_description.as_deref().unwrap_or_default().trim();
    let (meaning, to_do) = description.split_once('\n').unwrap_or((description, ""));
    let meaning = if meaning.is_empty() { alarm.state_reason.as_deref().unwrap_or("no reason given") } else { meaning };
    let wrong = format!("alarm {name}: {}", meaning.trim_end_matches('.'));
    let to_do = if to_do.is_empty() {
        format!(
            "Look at it: {}",
            installation.console(&format!("cloudwatch/home?region={{region}}#alarmsV2:alarm/{name}"))
        )
    } else {
        to_do.to_owned()
    };
    if URGENT.iter().any(|end| name.ends_with(end)) {
        diagnosis.critical(Subject::Alarms, wrong, to_do);
    } else {
        diagnosis.warn(Subject::Alarms, wrong, to_do);
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder;
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    fn alarm(state: StateValue) -> MetricAlarmBuilder {
        let text = "Checks are failing. Mail is not affected.\n1. Read the log.\n2. Correct the role.";
        MetricAlarm::builder()
            .actions_enabled(true)
            .alarm_actions("arn:topic")
            .alarm_description(text)
            .state_value(state)
    }

    fn judged(name: &str, alarm: Option<MetricAlarmBuilder>, explained: &[&str]) -> String {
        let alarms = alarm.map(|alarm| (name.to_owned(), alarm.build())).into_iter().collect();
        judge(&Ok(alarms), &[name], explained, &installation()).plain()
    }

    #[test]
    fn an_alarm_says_itself_what_to_do() {
        assert_snapshot!(judged("monitor-checks-fail", Some(alarm(StateValue::Alarm)), &[]), @r"
        CRITICAL  alarm monitor-checks-fail: Checks are failing. Mail is not affected
                  1. Read the log.
                  2. Correct the role.

        1 problem found. Examined: 1
          alarms          1 ALARM
        ");
        assert!(judged("monitor-near-timeout", Some(alarm(StateValue::Alarm)), &[]).starts_with("WARNING"));
        let silent = alarm(StateValue::Alarm).set_alarm_description(None).state_reason("Threshold Crossed");
        assert_snapshot!(judged("monitor-checks-dropped", Some(silent), &[]), @r"
        WARNING   alarm monitor-checks-dropped: Threshold Crossed
                  Look at it: https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/monitor-checks-dropped

        1 problem found. Examined: 1
          alarms          1 ALARM
        ");
    }

    #[test]
    fn what_is_said_elsewhere_or_is_about_ses_is_not_said_again() {
        let raised = || Some(alarm(StateValue::Alarm));
        assert!(judged("monitor-fell-silent", raised(), &["-fell-silent"]).starts_with("No problem found."));
        assert!(judged("monitor-alert-level", raised(), &[]).starts_with("No problem found."));
    }

    #[test]
    fn an_alarm_that_tells_nobody() {
        let name = "monitor-fell-silent";
        assert_snapshot!(judged(name, Some(alarm(StateValue::Ok).actions_enabled(false)), &[]), @r"
        WARNING   alarm monitor-fell-silent tells nobody: its actions are disabled
                  Enable them: aws cloudwatch enable-alarm-actions --region us-east-1 --alarm-names monitor-fell-silent

        1 problem found. Examined: 1
          alarms          1 OK
        ");
        assert!(judged(name, Some(alarm(StateValue::Ok).set_alarm_actions(None)), &[]).contains("it has no action"));
        assert!(judged(name, None, &[]).starts_with("WARNING   alarm monitor-fell-silent is gone"));
        // Right after the installation.
        assert!(judged(name, Some(alarm(StateValue::InsufficientData)), &[]).starts_with("No problem found."));
    }

    #[test]
    fn the_template_has_the_alarms_that_are_told_apart() {
        for end in URGENT.into_iter().chain([ABOUT_SES]) {
            assert!(TEMPLATE.contains(&format!("AlarmName: !Sub ${{AWS::StackName}}{end}\n")), "{end}");
        }
    }
}
