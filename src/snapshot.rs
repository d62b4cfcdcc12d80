//! What a check found of its targets, as it is kept for those who look at it without asking SES. Its names are those of the
//! report and of the document for machines.

use std::collections::BTreeMap;
use std::mem;

use serde::Serialize;

use crate::alert::{AlertLevel, Subject};
use crate::failure::{Failure, Stage};
use crate::forecast::Forecast;
use crate::reading::{EnforcementStatus, QuotaNumbers, Reading};
use crate::target::{AccountId, AccountName, Region};

/// What was found of a target, compact: what is usual is left out. A target without `sentLast24Hours` was not read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotTarget {
    account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<AccountName>,
    region: Region,
    #[serde(flatten)]
    quota: Option<QuotaNumbers>,
    /// The subjects that are not OK, or of which nothing is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    levels: BTreeMap<Subject, Option<AlertLevel>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Forecast>,
    /// `false`, where SES takes no mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_enabled: Option<bool>,
    /// Where it is not HEALTHY.
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement_status: Option<String>,
    /// What could not be read, and why not, where that matters to people.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<Stage, String>,
}

impl SnapshotTarget {
    /// What was read of a target, the level of each subject, and what failed.
    #[must_use]
    pub fn new(
        reading: &Reading,
        levels: impl IntoIterator<Item = (Subject, Option<AlertLevel>)>,
        failures: &[Failure],
    ) -> Self {
        let status = reading.account.as_ref();
        let enforcement = status.map(|status| &status.enforcement);
        Self {
            account: reading.target.account.id.clone(),
            account_name: reading.account_name.clone(),
            region: reading.target.region.clone(),
            quota: reading.quota.as_ref().map(QuotaNumbers::from),
            levels: levels.into_iter().filter(|(_, level)| *level != Some(AlertLevel::Ok)).collect(),
            forecast: reading.forecast.clone(),
            sending_enabled: status.filter(|status| status.is_stopped()).map(|_| false),
            enforcement_status: enforcement
                .filter(|status| **status != EnforcementStatus::Healthy)
                .map(|status| status.name().to_owned()),
            errors: failures.iter().rev().map(|failure| (failure.stage, failure.code.clone())).collect(),
        }
    }
}

/// The targets as JSON arrays of at most so many bytes, at least one, with at least one target each where there is any.
#[must_use]
pub fn arrays(targets: impl IntoIterator<Item = SnapshotTarget>, most_bytes: usize) -> Vec<String> {
    let (mut arrays, mut array) = (Vec::new(), "[".to_owned());
    for target in targets {
        let text = serde_json::to_string(&target).unwrap_or_default();
        if array.len() > 1 && array.len() + text.len() + 2 > most_bytes {
            arrays.push(mem::replace(&mut array, "[".to_owned()) + "]");
        }
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(&text);
    }
    arrays.push(array + "]");
    arrays
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::reading::{AccountStatus, SendQuota};
    use crate::target::tests::target;
    use crate::time::Timestamp;

    fn reading(region: &str) -> Reading {
        Reading {
            account_name: AccountName::new("Payments"),
            quota: SendQuota::new(100.0, 50_000.0, 14.0).ok(),
            account: AccountStatus::new(Some(true), Some("HEALTHY"), Some(true)),
            ..Reading::unknown(target("aws", region), Timestamp::EPOCH)
        }
    }

    #[test]
    fn what_is_usual_is_left_out() {
        let usual = Subject::ALL.map(|subject| (subject, Some(AlertLevel::Ok)));
        let paused = Reading {
            quota: SendQuota::new(48_100.0, -1.0, 14.0).ok(),
            account: AccountStatus::new(Some(false), Some("PROBATION"), None),
            ..reading("eu-west-1")
        };
        let denied = [
            Failure::new(Stage::Role, "AccessDenied", "no"),
            Failure::new(Stage::Role, "Later", "no"),
            Failure::new(Stage::State, "Throttling", "no"),
        ];
        let levels = [(Subject::Account, Some(AlertLevel::Exhausted)), (Subject::Quota, None)];
        let unknown = Reading::unknown(target("aws", "ap-south-1"), Timestamp::EPOCH);
        let lines = [
            SnapshotTarget::new(&reading("us-east-1"), usual, &[]),
            SnapshotTarget::new(&paused, levels, &[]),
            SnapshotTarget::new(&unknown, [], &denied),
        ];
        assert_snapshot!(lines.map(|line| serde_json::to_string(&line).unwrap()).join("\n"), @r#"
        {"account":"111122223333","accountName":"Payments","region":"us-east-1","sentLast24Hours":100,"max24HourSend":50000,"maxSendRate":14}
        {"account":"111122223333","accountName":"Payments","region":"eu-west-1","sentLast24Hours":48100,"maxSendRate":14,"levels":{"QUOTA":null,"ACCOUNT":"EXHAUSTED"},"sendingEnabled":false,"enforcementStatus":"PROBATION"}
        {"account":"111122223333","region":"ap-south-1","errors":{"role":"AccessDenied","state":"Throttling"}}
        "#);
    }

    proptest! {
        #[test]
        fn each_target_is_in_one_array_that_is_not_too_large(count in 0_usize..40, most in 0_usize..2_000) {
            let all = (1..=count).map(|number| SnapshotTarget::new(&reading(&format!("us-east-{number}")), [], &[]));
            let arrays = arrays(all, most);
            let parsed: Vec<Vec<Value>> = arrays.iter().map(|array| serde_json::from_str(array).unwrap()).collect();
            prop_assert_eq!(parsed.iter().map(Vec::len).sum::<usize>(), count);
            for (array, targets) in arrays.iter().zip(&parsed) {
                prop_assert!(array.len() <= most || targets.len() <= 1);
                prop_assert!(!targets.is_empty() || count == 0);
            }
        }
    }
}
