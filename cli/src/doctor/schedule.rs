//! The schedule: whether it starts checks, and as often as the stack says.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;

use super::finding::{Diagnosis, Subject};
use crate::fact::{Fact, fact};
use crate::installation::Installation;
use crate::session::Session;

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub is_enabled: bool,
    /// When it invokes the function: `rate(5 minutes)`.
    pub expression: String,
}

/// Reads it.
pub async fn read(session: &Session, name: &str) -> Fact<Schedule> {
    let answer = Client::new(&session.config).get_schedule().name(name).send().await;
    let schedule = fact("scheduler:GetSchedule", answer)?;
    Ok(schedule.map(|schedule| Schedule {
        is_enabled: schedule.state != Some(ScheduleState::Disabled),
        expression: schedule.schedule_expression.unwrap_or_default(),
    }))
}

/// Judges it.
pub fn judge(schedule: &Fact<Schedule>, installation: &Installation, name: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let due = match installation.parameter("CheckIntervalMinutes") {
        Some("1") => Some("rate(1 minute)".to_owned()),
        minutes => minutes.map(|minutes| format!("rate({minutes} minutes)")),
    };
    match schedule {
        Err(failed) => diagnosis.unknown(Subject::Schedule, failed),
        Ok(None) => diagnosis.critical(
            Subject::Schedule,
            format!("nothing starts checks: schedule {name} is gone"),
            installation.make_again(),
        ),
        Ok(Some(schedule)) if !schedule.is_enabled => diagnosis.critical(
            Subject::Schedule,
            format!("nothing starts checks: schedule {name} is disabled"),
            format!(
                "Enable it: {}",
                installation.console(&format!("scheduler/home?region={{region}}#schedules/default/{name}"))
            ),
        ),
        Ok(Some(Schedule { expression, .. })) => {
            diagnosis.examined(Subject::Schedule, format!("enabled, {expression}"));
            if let Some(due) = due.filter(|due| due != expression) {
                diagnosis.warn(
                    Subject::Schedule,
                    format!("schedule {name} is not as the stack says: {expression}, and CheckIntervalMinutes {due}"),
                    "Alarms and reminders count on the parameter. Deploy the stack with the CheckIntervalMinutes that you want.",
                );
            }
        }
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    #[test]
    fn whether_it_starts_checks() {
        let judged = |schedule| judge(&Ok(schedule), &installation(), "nightly").plain();
        let every = |minutes| Schedule { is_enabled: true, expression: format!("rate({minutes} minutes)") };
        assert_snapshot!(judged(Some(every(5))), @r"
        No problem found. Examined: 1
          schedule        enabled, rate(5 minutes)
        ");
        assert_snapshot!(judged(Some(Schedule { is_enabled: false, ..every(5) })), @r"
        CRITICAL  nothing starts checks: schedule nightly is disabled
                  Enable it: https://us-east-1.console.aws.amazon.com/scheduler/home?region=us-east-1#schedules/default/nightly

        1 problem found. Examined: 0
        ");
        assert_snapshot!(judged(Some(every(60))), @r"
        WARNING   schedule nightly is not as the stack says: rate(60 minutes), and CheckIntervalMinutes rate(5 minutes)
                  Alarms and reminders count on the parameter. Deploy the stack with the CheckIntervalMinutes that you want.

        1 problem found. Examined: 1
          schedule        enabled, rate(60 minutes)
        ");
        assert!(judged(None).starts_with("CRITICAL  nothing starts checks: schedule nightly is gone"));
    }
}
