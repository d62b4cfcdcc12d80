//! The metrics of all targets together.

use super::{Metric, Unit};
use crate::alert::AlertLevel;
use crate::reading::{Reading, SendQuota, Utilization};
use crate::settings::MetricDetail;

/// The targets of a check, counted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    checked: u32,
    unread: u32,
    warning: u32,
    critical: u32,
    exhausted: u32,
    highest_utilization: Option<Utilization>,
    highest_level: Option<AlertLevel>,
}

impl Tally {
    /// Counts what was read of a target, and the highest level that is known of any of its subjects. An account as a whole is
    /// no target, but has a level.
    pub fn add(&mut self, reading: &Reading, level: Option<AlertLevel>) {
        self.highest_level = self.highest_level.max(level);
        if reading.target.region.is_all() {
            return;
        }
        self.checked += 1;
        self.unread += u32::from(reading.quota.is_none());
        match level {
            None | Some(AlertLevel::Ok) => {}
            Some(AlertLevel::Warning) => self.warning += 1,
            Some(AlertLevel::Critical) => self.critical += 1,
            Some(AlertLevel::Exhausted) => self.exhausted += 1,
        }
        let utilization = reading.quota.as_ref().and_then(SendQuota::utilization);
        let percents = [self.highest_utilization, utilization].into_iter().flatten();
        self.highest_utilization = percents.max_by(|one, other| one.percent().total_cmp(&other.percent()));
    }

    /// Its metrics. Those of a single target say the same as its own, unless it is a part of more: only the level is there, which
    /// has an alarm.
    #[must_use]
    pub fn metrics(&self, detail: MetricDetail, is_part: bool) -> Vec<Metric> {
        let count = |name, value: u32| Metric { name, unit: Unit::Count, value: f64::from(value) };
        let counts = [
            count("TargetsChecked", self.checked),
            count("TargetsUnread", self.unread),
            count("TargetsWarning", self.warning),
            count("TargetsCritical", self.critical),
            count("TargetsExhausted", self.exhausted),
        ];
        let highest_utilization = self.highest_utilization.map(|highest| Metric {
            name: "HighestUtilization",
            unit: Unit::Percent,
            value: highest.percent(),
        });
        let highest_level = self.highest_level.map(|highest| Metric {
            name: "HighestAlertLevel",
            unit: Unit::None,
            value: highest.metric_value(),
        });
        let is_single = self.checked == 1 && detail == MetricDetail::All && !is_part;
        let of_several = counts.into_iter().chain(highest_utilization).filter(|_| !is_single);
        of_several.chain(highest_level).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::tests::target;
    use crate::target::{Region, Target};
    use crate::time::Timestamp;

    fn reading(region: &str, sent: Option<f64>) -> Reading {
        let quota = sent.and_then(|sent| SendQuota::new(sent, 1_000.0, 14.0).ok());
        Reading { quota, ..Reading::unknown(target("aws", region), Timestamp::EPOCH) }
    }

    fn named(tally: &Tally, detail: MetricDetail, is_part: bool) -> String {
        let metrics = tally.metrics(detail, is_part);
        metrics.iter().map(|metric| format!("{}={}", metric.name, metric.value)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_target_is_counted_by_its_highest_level() {
        let mut tally = Tally::default();
        tally.add(&reading("us-east-1", Some(100.0)), Some(AlertLevel::Ok));
        tally.add(&reading("us-east-2", Some(850.0)), Some(AlertLevel::Warning));
        // Read, and what its level is, nobody knows.
        tally.add(&reading("us-west-1", Some(20.0)), None);
        tally.add(&reading("us-west-2", Some(960.0)), Some(AlertLevel::Critical));
        tally.add(&reading("eu-west-1", None), Some(AlertLevel::Exhausted));
        let account = Target { region: Region::all(), ..target("aws", "us-east-1") };
        tally.add(&Reading::unknown(account, Timestamp::EPOCH), Some(AlertLevel::Warning));
        insta::assert_snapshot!(named(&tally, MetricDetail::All, false), @"TargetsChecked=5 TargetsUnread=1 TargetsWarning=1 TargetsCritical=1 TargetsExhausted=1 HighestUtilization=96 HighestAlertLevel=3");
    }

    #[test]
    fn of_a_single_target_only_the_level_says_more_than_its_own_metrics() {
        let mut tally = Tally::default();
        tally.add(&reading("us-east-1", Some(100.0)), Some(AlertLevel::Ok));
        assert_eq!(named(&tally, MetricDetail::All, false), "HighestAlertLevel=0");
        for (detail, is_part) in
            [(MetricDetail::All, true), (MetricDetail::Fleet, false), (MetricDetail::Sending, false)]
        {
            assert!(named(&tally, detail, is_part).starts_with("TargetsChecked=1 TargetsUnread=0"), "{detail:?}");
        }
    }
}
