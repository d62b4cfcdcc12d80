//! The metrics of a target. What is unknown is left out: a graph has a gap there, never a zero.

use crate::alert::AlertLevel;
use crate::reading::{SendQuota, Utilization};

/// The most metrics that a target has.
pub const MOST_METRICS: usize = 6;

/// One value of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The metric's name.
    pub name: &'static str,
    /// The unit of the value.
    pub unit: Unit,
    /// Finite.
    pub value: f64,
}

/// The CloudWatch units in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `Count`
    Count,
    /// `Count/Second`
    CountPerSecond,
    /// `Percent`
    Percent,
    /// `None`
    None,
}

/// The metrics of a target whose quota was read. `level` is unknown where the state could not be read. `has_failed`: that,
/// or what was read could not be believed.
#[must_use]
pub fn for_reading(quota: &SendQuota, level: Option<AlertLevel>, has_failed: bool) -> Vec<Metric> {
    let metric = |name, unit, value: Option<f64>| value.map(|value| Metric { name, unit, value });
    let metrics = [
        metric("SentLast24Hours", Unit::Count, Some(quota.sent_last_24_hours())),
        metric("Max24HourSend", Unit::Count, quota.max_24_hour_send()),
        metric("MaxSendRate", Unit::CountPerSecond, quota.max_send_rate().per_second()),
        metric("QuotaUtilization", Unit::Percent, quota.utilization().map(Utilization::percent)),
        metric("AlertLevel", Unit::None, level.map(AlertLevel::metric_value)),
    ];
    metrics.into_iter().flatten().chain([check_failed(has_failed)]).collect()
}

/// The metrics of a target whose quota is unknown.
#[must_use]
pub fn for_unread_target() -> Vec<Metric> {
    vec![check_failed(true)]
}

/// The metric of the topic, which concerns no target.
#[must_use]
pub fn for_subscribers(confirmed: u32) -> Metric {
    Metric { name: "Subscribers", unit: Unit::Count, value: f64::from(confirmed) }
}

fn check_failed(has_failed: bool) -> Metric {
    Metric { name: "CheckFailed", unit: Unit::Count, value: f64::from(u8::from(has_failed)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(metrics: &[Metric]) -> String {
        metrics.iter().map(|metric| format!("{}={}", metric.name, metric.value)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let quota = |max, rate| SendQuota::new(48_100.0, max, rate).unwrap();
        let cases = [
            named(&for_reading(&quota(50_000.0, 14.0), Some(AlertLevel::Critical), false)),
            named(&for_reading(&quota(-1.0, -1.0), Some(AlertLevel::Ok), false)),
            named(&for_reading(&quota(0.0, 0.0), None, true)),
            named(&for_unread_target()),
        ];
        insta::assert_snapshot!(cases.join("\n"), @"
        SentLast24Hours=48100 Max24HourSend=50000 MaxSendRate=14 QuotaUtilization=96.2 AlertLevel=2 CheckFailed=0
        SentLast24Hours=48100 AlertLevel=0 CheckFailed=0
        SentLast24Hours=48100 Max24HourSend=0 MaxSendRate=0 QuotaUtilization=100 CheckFailed=1
        CheckFailed=1
        ");
    }

    proptest! {
        #[test]
        fn cloudwatch_takes_every_value(sent in any::<f64>(), max in any::<f64>(), rate in any::<f64>()) {
            if let Ok(quota) = SendQuota::new(sent, max, rate) {
                // Source: Amazon CloudWatch API reference, `MetricDatum`: from -2^360 to 2^360, no NaN, no infinity.
                let limit = 2_f64.powi(360);
                for metric in for_reading(&quota, Some(AlertLevel::Ok), false) {
                    prop_assert!((0.0..=limit).contains(&metric.value), "{}", metric.name);
                }
            }
        }
    }
}
