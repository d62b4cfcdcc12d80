//! What a check found of a target, as it is kept. Its names are those of the report and of the document for machines.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::mem;

use serde::{Deserialize, Serialize};

use crate::alert::{AlertLevel, Standing, Subject};
use crate::failure::{Failure, Stage};
use crate::forecast::ForecastFields;
use crate::reading::{EnforcementStatus, Reading, SendQuota, Utilization};
use crate::target::{AccountId, AccountName, Region};

/// What was found of a target, compact: what is usual is left out. A target without `sentLast24Hours` was not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotTarget {
    /// The account.
    pub account: AccountId,
    /// What people call it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<AccountName>,
    /// The Region.
    pub region: Region,
    /// The send quota; `None` where it was not read. A rate that is unlimited is read back as unknown.
    #[serde(flatten, with = "quota")]
    pub quota: Option<SendQuota>,
    /// The subjects that are not OK, or of which nothing is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub levels: BTreeMap<Subject, Option<AlertLevel>>,
    /// What is expected of the quota, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastFields>,
    /// `false`, where SES takes no mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sending_enabled: Option<bool>,
    /// Where it is not HEALTHY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcement_status: Option<String>,
    /// What could not be read or done, and the code of why not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub errors: BTreeMap<Stage, String>,
}

/// The numbers of a quota among the fields of its target.
mod quota {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::reading::{QuotaNumbers, SendQuota};

    #[allow(clippy::ref_option)] // serde's signature.
    pub(super) fn serialize<S: Serializer>(quota: &Option<SendQuota>, serializer: S) -> Result<S::Ok, S::Error> {
        quota.as_ref().map(QuotaNumbers::from).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SendQuota>, D::Error> {
        QuotaNumbers::deserialize(deserializer)?.quota().map_err(D::Error::custom)
    }
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
            quota: reading.quota,
            levels: levels.into_iter().filter(|(_, level)| *level != Some(AlertLevel::Ok)).collect(),
            forecast: reading.forecast.as_ref().map(ForecastFields::from),
            sending_enabled: status.filter(|status| status.is_stopped()).map(|_| false),
            enforcement_status: enforcement
                .filter(|status| **status != EnforcementStatus::Healthy)
                .map(|status| status.name().to_owned()),
            errors: failures.iter().rev().map(|failure| (failure.stage, failure.code.clone())).collect(),
        }
    }

    /// How it stands. It is not OK while a level is unknown, or the account status could not be read.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let is_unknown = self.levels.values().any(Option::is_none) || self.errors.contains_key(&Stage::Account);
        let known = self.levels.values().copied().flatten().filter(|level| *level > AlertLevel::Ok).max();
        Standing::of(known.or((!is_unknown).then_some(AlertLevel::Ok)), self.quota.is_some())
    }

    /// How much of the quota is used; `None` where it is unlimited, or was not read.
    #[must_use]
    pub fn utilization(&self) -> Option<Utilization> {
        self.quota.as_ref().and_then(SendQuota::utilization)
    }

    /// The worse before the better, the fuller before the emptier.
    #[must_use]
    pub fn worse_first(&self, other: &Self) -> Ordering {
        let percent = |target: &Self| target.utilization().map_or(-1.0, Utilization::percent);
        let by_standing = other.standing().cmp(&self.standing());
        by_standing.then_with(|| percent(other).total_cmp(&percent(self)))
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
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::Value;

    use super::*;
    use crate::alert::level_tests::any_level;
    use crate::forecast::tests::any::any_forecast_up_to;
    use crate::reading::AccountStatus;
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

    #[allow(clippy::cast_precision_loss)] // Far below 2^53.
    fn any_target() -> impl Strategy<Value = SnapshotTarget> {
        // As SES counts. A number of more digits than 15 may be read as its neighbour.
        let count = || (0_u64..1_000_000_000_000).prop_map(|count| count as f64);
        let rate = prop_oneof![Just(-1.0), Just(f64::NAN), (0_u32..5_000).prop_map(|rate| f64::from(rate) / 2.0)];
        let max = prop_oneof![Just(-1.0), count()];
        let quota = prop::option::of((count(), max, rate))
            .prop_map(|quota| quota.map(|(sent, max, rate)| SendQuota::new(sent, max, rate).unwrap()));
        let levels = btree_map(select(&Subject::ALL[..]), prop::option::of(any_level()), 0..4);
        let errors = btree_map(select(&Stage::ALL[..]), "\\PC{0,20}", 0..3);
        let status = (prop::option::of(any::<bool>()), prop::option::of("[ -~]{0,24}"));
        let place = ("[0-9]{12}", "[ -~]{0,50}", select(vec!["us-east-1", "ap-southeast-99"]));
        (place, quota, levels, prop::option::of(any_forecast_up_to(1e6)), status, errors).prop_map(
            |((account, name, region), quota, levels, forecast, (sending_enabled, enforcement_status), errors)| {
                SnapshotTarget {
                    account: account.parse().unwrap(),
                    account_name: AccountName::new(&name),
                    region: region.parse().unwrap(),
                    quota,
                    levels,
                    forecast: forecast.as_ref().map(ForecastFields::from),
                    sending_enabled,
                    enforcement_status,
                    errors,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(targets in vec(any_target(), 0..5)) {
            let [written] = &arrays(targets.clone(), usize::MAX)[..] else { panic!() };
            let read: Vec<SnapshotTarget> = serde_json::from_str(written).unwrap();
            prop_assert_eq!(&arrays(read.clone(), usize::MAX)[0], written);
            for (read, target) in read.iter().zip(&targets) {
                prop_assert_eq!(read.standing(), target.standing());
            }
        }

        #[test]
        fn only_what_is_all_known_is_ok(target in any_target()) {
            let is_known = target.quota.is_some()
                && target.levels.values().all(|level| *level == Some(AlertLevel::Ok))
                && !target.errors.contains_key(&Stage::Account);
            prop_assert_eq!(target.standing() == Standing::Ok, is_known);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = serde_json::from_str::<Vec<SnapshotTarget>>(&text);
        }

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
