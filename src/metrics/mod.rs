//! The metrics of a target. What is unknown is left out: a graph has a gap there, never a zero.

mod tally;

use crate::alert::AlertLevel;
use crate::reading::{AccountStatus, Reading, SendQuota, Utilization};

pub use tally::Tally;

/// The most metrics that a target has.
pub const MOST_METRICS: usize = 9;

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

/// The metrics of a target. `level` is that of the quota, unknown where its state could not be read. `has_failed`: something
/// could not be read, or not be believed.
#[must_use]
pub fn for_target(reading: &Reading, level: Option<AlertLevel>, has_failed: bool) -> Vec<Metric> {
    let metric = |name, unit, value: Option<f64>| value.map(|value| Metric { name, unit, value });
    let quota = reading.quota.as_ref();
    let metrics = [
        metric("SentLast24Hours", Unit::Count, quota.map(SendQuota::sent_last_24_hours)),
        metric("Max24HourSend", Unit::Count, quota.and_then(SendQuota::max_24_hour_send)),
        metric("MaxSendRate", Unit::CountPerSecond, quota.and_then(|quota| quota.max_send_rate().per_second())),
        metric("QuotaUtilization", Unit::Percent, quota.and_then(SendQuota::utilization).map(Utilization::percent)),
        metric("ForecastPeakUtilization", Unit::Percent, forecast_peak(reading)),
        metric("SendRateUtilization", Unit::Percent, reading.rate_used.map(Utilization::percent)),
        metric("SendingStatus", Unit::None, reading.account.as_ref().map(sending_status)),
        metric("AlertLevel", Unit::None, level.map(AlertLevel::metric_value)),
        metric("CheckFailed", Unit::Count, Some(f64::from(u8::from(has_failed)))),
    ];
    metrics.into_iter().flatten().collect()
}

/// The highest use that is expected in the next 24 hours, in percent.
fn forecast_peak(reading: &Reading) -> Option<f64> {
    Some(reading.forecast.as_ref()?.peak()?.percent)
}

/// 0 healthy, 1 under review, 3 stopped: the level of the account.
fn sending_status(status: &AccountStatus) -> f64 {
    status.level().metric_value()
}

/// The metric of a part of a check that failed.
#[must_use]
pub fn for_failed_shard() -> Metric {
    Metric { name: "ShardsFailed", unit: Unit::Count, value: 1.0 }
}

/// The metric of the topic, which concerns no target.
#[must_use]
pub fn for_subscribers(confirmed: u32) -> Metric {
    Metric { name: "Subscribers", unit: Unit::Count, value: f64::from(confirmed) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::forecast::{Forecast, Outlook, Peak};
    use crate::target::tests::target;
    use crate::time::Timestamp;

    fn named(metrics: &[Metric]) -> String {
        metrics.iter().map(|metric| format!("{}={}", metric.name, metric.value)).collect::<Vec<_>>().join(" ")
    }

    fn reading(quota: Option<SendQuota>, account: Option<AccountStatus>) -> Reading {
        Reading { quota, account, ..Reading::unknown(target("aws", "us-east-1"), Timestamp::EPOCH) }
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let quota = |max, rate| SendQuota::new(48_100.0, max, rate).ok();
        let account = |enabled, status| AccountStatus::new(Some(enabled), Some(status), None);
        let peak = Peak { percent: 92.5, low: 88.0, high: 97.0, at: Timestamp::EPOCH };
        let outlook = Outlook::NoBreach { peak, probability: 0.1 };
        let foretold = Reading {
            rate_used: SendQuota::new(7.0, 14.0, 1.0).unwrap().utilization(),
            forecast: Some(Forecast { outlook, if_pace_holds: None, history_days: 14 }),
            ..reading(quota(50_000.0, 14.0), None)
        };
        let cases = [
            for_target(&reading(quota(50_000.0, 14.0), account(true, "HEALTHY")), Some(AlertLevel::Critical), false),
            for_target(&reading(quota(-1.0, -1.0), account(true, "PROBATION")), Some(AlertLevel::Ok), false),
            for_target(&reading(quota(0.0, 0.0), account(false, "HEALTHY")), None, true),
            for_target(&reading(None, account(true, "SHUTDOWN")), None, true),
            for_target(&reading(None, None), None, true),
            for_target(&foretold, Some(AlertLevel::Ok), false),
            vec![for_failed_shard(), for_subscribers(2)],
        ];
        insta::assert_snapshot!(cases.map(|metrics| named(&metrics)).join("\n"), @"
        SentLast24Hours=48100 Max24HourSend=50000 MaxSendRate=14 QuotaUtilization=96.2 SendingStatus=0 AlertLevel=2 CheckFailed=0
        SentLast24Hours=48100 SendingStatus=1 AlertLevel=0 CheckFailed=0
        SentLast24Hours=48100 Max24HourSend=0 MaxSendRate=0 QuotaUtilization=100 SendingStatus=3 CheckFailed=1
        SendingStatus=3 CheckFailed=1
        CheckFailed=1
        SentLast24Hours=48100 Max24HourSend=50000 MaxSendRate=14 QuotaUtilization=96.2 ForecastPeakUtilization=92.5 SendRateUtilization=50 AlertLevel=0 CheckFailed=0
        ShardsFailed=1 Subscribers=2
        ");
    }

    proptest! {
        #[test]
        fn cloudwatch_takes_every_value(sent in any::<f64>(), max in any::<f64>(), rate in any::<f64>()) {
            if let Ok(quota) = SendQuota::new(sent, max, rate) {
                // Source: Amazon CloudWatch API reference, `MetricDatum`: from -2^360 to 2^360, no NaN, no infinity.
                let limit = 2_f64.powi(360);
                for metric in for_target(&reading(Some(quota), None), Some(AlertLevel::Ok), false) {
                    prop_assert!((0.0..=limit).contains(&metric.value), "{}", metric.name);
                }
            }
        }
    }
}
