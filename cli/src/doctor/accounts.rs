//! The accounts and Regions that the function reads, as the function itself finds them: a dry run says which role cannot be
//! assumed, and where SES cannot be read.

use std::collections::BTreeMap;

use serde_json::json;

use super::finding::{Diagnosis, Subject};
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::{NoAnswer, invoke};
use crate::report::{Failure, Report, Target};
use crate::session::Session;

/// Asks the function. A dry run reads and reports, and changes nothing.
pub async fn read(session: &Session, installation: &Installation) -> Result<Report, NoAnswer> {
    let answer = invoke(session, installation, &json!({ "dryRun": true })).await?;
    let not_understood =
        |error| Failed::new(format_args!("the function's report of a dry run is not understood: {error}"));
    serde_json::from_value(answer).map_err(|error| NoAnswer::FunctionFailed(not_understood(error)))
}

/// Judges what it found.
pub fn judge(report: &Result<Report, NoAnswer>) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let report = match report {
        Err(NoAnswer::NotInvoked(failed)) => {
            diagnosis.unknown(Subject::Accounts, failed);
            return diagnosis;
        }
        Err(NoAnswer::FunctionFailed(Failed { wrong, to_do })) => {
            diagnosis.critical(
                Subject::Accounts,
                format!("a dry run of a check fails: {wrong}"),
                to_do.clone().unwrap_or_else(|| "Correct the cause, and run ses-quota doctor again.".to_owned()),
            );
            return diagnosis;
        }
        Ok(report) => report,
    };
    for failure in report.errors.all() {
        diagnosis.warn(Subject::Accounts, described(failure), to_do(failure));
    }
    for ((account, failure), regions) in by_account(&report.targets) {
        let wrong = match regions.as_slice() {
            _ if failure.step == "role" => format!("account {account} is not watched: {}", described(failure)),
            regions => format!("account {account} in {}: {}", regions.join(", "), described(failure)),
        };
        diagnosis.warn(Subject::Accounts, wrong, to_do(failure));
    }
    diagnosis.examined(Subject::Accounts, examined(report));
    diagnosis
}

/// What failed of each account, and in which Regions: a role that cannot be assumed is one finding, not one a Region.
fn by_account(targets: &[Target]) -> BTreeMap<(String, &Failure), Vec<&str>> {
    let mut failures: BTreeMap<(String, &Failure), Vec<&str>> = BTreeMap::new();
    for target in targets {
        // Where the quota cannot be read, whatever else cannot be read follows from the same.
        let most = if target.sent.is_some() { usize::MAX } else { 1 };
        for failure in target.errors.all().take(most) {
            failures.entry((target.account_for_people(), failure)).or_default().push(&target.region);
        }
    }
    failures
}

fn described(Failure { step, code, message, .. }: &Failure) -> String {
    format!("{step}: {code}: {message}")
}

fn to_do(failure: &Failure) -> String {
    let hint = failure.hint.as_deref().unwrap_or("run ses-quota doctor again, and correct the cause if it stays");
    let mut letters = hint.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

fn examined(report: &Report) -> String {
    let targets: Vec<&Target> = report.targets.iter().filter(|target| target.is_target()).collect();
    let (all, read) = match &report.counts {
        Some(counts) => (counts.targets, counts.targets - counts.unread),
        None => (targets.len(), targets.iter().filter(|target| target.sent.is_some()).count()),
    };
    format!("{read} of {all} targets can be read (a target is an account in a Region)")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::*;

    fn judged(targets: &[Value]) -> String {
        judge(&Ok(serde_json::from_value(json!({ "targets": targets })).unwrap())).plain()
    }

    fn read(region: &str) -> Value {
        json!({ "account": "111122223333", "region": region, "sentLast24Hours": 1, "level": "OK" })
    }

    fn failed(region: &str, step: &str, hint: Option<&str>) -> Value {
        let error = json!({ "step": step, "code": "AccessDenied", "message": "not authorized", "hint": hint });
        json!({ "account": "444455556666", "accountName": "Payments", "region": region, "error": error })
    }

    #[test]
    fn a_role_that_is_missing_is_one_finding() {
        let hint = Some("deploy reader-role.yaml there");
        let targets = ["us-east-1", "eu-west-1", "all"].map(|region| failed(region, "role", hint));
        let targets: Vec<Value> = [read("us-east-1"), read("eu-west-1")].into_iter().chain(targets).collect();
        assert_snapshot!(judged(&targets), @r"
        WARNING   account 444455556666 (Payments) is not watched: role: AccessDenied: not authorized
                  Deploy reader-role.yaml there

        1 problem found. Examined: 1
          accounts        2 of 4 targets can be read (a target is an account in a Region)
        ");
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_regions() {
        let targets = [
            read("us-east-1"),
            failed("us-east-1", "read", None),
            failed("eu-west-1", "read", None),
            failed("eu-west-1", "account", None),
        ];
        assert_snapshot!(judged(&targets), @r"
        WARNING   account 444455556666 (Payments) in eu-west-1: account: AccessDenied: not authorized
                  Run ses-quota doctor again, and correct the cause if it stays

        WARNING   account 444455556666 (Payments) in us-east-1, eu-west-1: read: AccessDenied: not authorized
                  Run ses-quota doctor again, and correct the cause if it stays

        2 problems found. Examined: 1
          accounts        1 of 4 targets can be read (a target is an account in a Region)
        ");
    }

    #[test]
    fn a_dry_run_that_fails() {
        let failed = Failed::new("the function failed: 2 of 2 targets failed").advise("The end of its log:\nERROR");
        assert_snapshot!(judge(&Err(NoAnswer::FunctionFailed(failed))).plain(), @r"
        CRITICAL  a dry run of a check fails: the function failed: 2 of 2 targets failed
                  The end of its log:
                  ERROR

        1 problem found. Examined: 0
        ");
    }
}
