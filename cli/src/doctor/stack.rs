//! The stack: how its latest operation ended.

use aws_sdk_cloudformation::types::StackStatus as Status;

use super::finding::{Diagnosis, Subject};
use crate::installation::Installation;

/// Judges it.
pub fn judge(installation: &Installation) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let Installation { stack, status, region, .. } = installation;
    let name = status.as_str();
    let events = format!("aws cloudformation describe-stack-events --region {region} --stack-name {stack}");
    match status {
        Status::CreateComplete | Status::UpdateComplete | Status::ImportComplete | Status::UpdateCompleteCleanupInProgress => {
            diagnosis.examined(Subject::Stack, format!("{stack} in {region}: {name}"));
        }
        Status::UpdateRollbackComplete | Status::ImportRollbackComplete => diagnosis.warn(
            Subject::Stack,
            format!("the latest update of stack {stack} failed and was taken back ({name}): it runs as before"),
            format!("Look for the first that failed, correct it, and deploy again: {events}"),
        ),
        Status::UpdateRollbackFailed => diagnosis.critical(
            Subject::Stack,
            format!("the latest update of stack {stack} failed, and could not be taken back ({name})"),
            format!(
                "See why: {events}\nThen: aws cloudformation continue-update-rollback --region {region} --stack-name {stack}"
            ),
        ),
        _ if name.ends_with("_IN_PROGRESS") => diagnosis.warn(
            Subject::Stack,
            format!("an operation of stack {stack} is still going on ({name}): other findings may be temporary"),
            format!("Run ses-quota doctor again when it has ended. To follow it: {events}"),
        ),
        _ => diagnosis.critical(
            Subject::Stack,
            format!("the latest operation of stack {stack} did not end well ({name})"),
            format!("Look for the first that failed, correct it, and deploy again: {events}"),
        ),
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    #[test]
    fn how_the_latest_operation_ended() {
        let judged = |status| judge(&Installation { status, ..installation() }).plain();
        assert_snapshot!(judged(Status::UpdateComplete), @r"
        No problem found. Examined: 1
          stack           ses-quota-monitor in us-east-1: UPDATE_COMPLETE
        ");
        assert_snapshot!(judged(Status::UpdateRollbackFailed), @r"
        CRITICAL  the latest update of stack ses-quota-monitor failed, and could not be taken back (UPDATE_ROLLBACK_FAILED)
                  See why: aws cloudformation describe-stack-events --region us-east-1 --stack-name ses-quota-monitor
                  Then: aws cloudformation continue-update-rollback --region us-east-1 --stack-name ses-quota-monitor

        1 problem found. Examined: 0
        ");
        assert!(judged(Status::UpdateRollbackComplete).starts_with("WARNING"));
        assert!(judged(Status::UpdateInProgress).starts_with("WARNING"));
        assert!(judged(Status::DeleteFailed).starts_with("CRITICAL"));
    }
}
