//! The send quota, as `GetSendQuota` returns it, validated.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{SendRate, Utilization};
use crate::numbers::json_number;

/// More recipients a day than any account could have (a trillion): a larger number is rejected. The limit also keeps the
/// arithmetic exact: a thousand times as much is still a whole number in a double.
pub(super) const IMPLAUSIBLE: f64 = 1e12;

/// What `GetSendQuota` returns for unlimited.
const UNLIMITED: f64 = -1.0;

/// Whether `GetSendQuota` returned unlimited.
pub(super) fn is_unlimited(answered: f64) -> bool {
    answered.to_bits() == UNLIMITED.to_bits()
}

/// The send quota of one account in one Region. Counts are of recipients, not messages, in a rolling 24-hour window.
///
/// Source: Amazon SES API reference, `GetSendQuota`; SES developer guide, "Service quotas in Amazon SES".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SendQuota {
    sent_last_24_hours: f64,
    max_24_hour_send: Option<f64>,
    max_send_rate: SendRate,
}

/// The numbers of a quota as JSON. What is unlimited or unknown is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaNumbers {
    #[serde(rename = "sentLast24Hours", skip_serializing_if = "Option::is_none")]
    sent_last_24_hours: Option<Number>,
    #[serde(rename = "max24HourSend", skip_serializing_if = "Option::is_none")]
    max_24_hour_send: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_send_rate: Option<Number>,
}

impl From<&SendQuota> for QuotaNumbers {
    fn from(quota: &SendQuota) -> Self {
        Self {
            sent_last_24_hours: json_number(quota.sent_last_24_hours),
            max_24_hour_send: quota.max_24_hour_send.and_then(json_number),
            max_send_rate: quota.max_send_rate.per_second().and_then(json_number),
        }
    }
}

impl QuotaNumbers {
    /// The quota that the numbers were written from; `None` without a number of recipients: it was not read. A rate that is left
    /// out may be unlimited, and is unknown.
    ///
    /// # Errors
    /// [`InvalidQuota`] for numbers that no quota is written as.
    pub fn quota(&self) -> Result<Option<SendQuota>, InvalidQuota> {
        let number = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
        let Some(sent) = number(&self.sent_last_24_hours) else { return Ok(None) };
        let (max, rate) = (number(&self.max_24_hour_send), number(&self.max_send_rate));
        SendQuota::new(sent, max.unwrap_or(UNLIMITED), rate.unwrap_or(f64::NAN)).map(Some)
    }
}

/// A number from SES that is neither a count nor -1 for unlimited.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("SES answered {field} = {value}; expected {allowed}")]
pub struct InvalidQuota {
    field: &'static str,
    value: f64,
    allowed: &'static str,
}

impl SendQuota {
    /// Validates the three numbers of `GetSendQuota`. -1 means unlimited, for the quota and for the rate.
    ///
    /// # Errors
    /// [`InvalidQuota`] for a count or a quota that is NaN, an infinity, a negative number other than -1 for unlimited, or
    /// above a trillion. Such a rate is unknown.
    pub fn new(sent_last_24_hours: f64, max_24_hour_send: f64, max_send_rate: f64) -> Result<Self, InvalidQuota> {
        if !(0.0..=IMPLAUSIBLE).contains(&sent_last_24_hours) {
            let (field, allowed) = ("SentLast24Hours", "0 to 1000000000000");
            return Err(InvalidQuota { field, value: sent_last_24_hours, allowed });
        }
        let max = if is_unlimited(max_24_hour_send) {
            None
        } else if max_24_hour_send == 0.0 || (1.0..=IMPLAUSIBLE).contains(&max_24_hour_send) {
            Some(max_24_hour_send.abs())
        } else {
            let (field, allowed) = ("Max24HourSend", "-1 (unlimited), 0, or 1 to 1000000000000");
            return Err(InvalidQuota { field, value: max_24_hour_send, allowed });
        };
        Ok(Self {
            sent_last_24_hours: sent_last_24_hours.abs(),
            max_24_hour_send: max,
            max_send_rate: SendRate::new(max_send_rate),
        })
    }

    /// Recipients sent to in the last 24 hours.
    #[must_use]
    pub fn sent_last_24_hours(&self) -> f64 {
        self.sent_last_24_hours
    }

    /// Recipients allowed in 24 hours; 0 when nothing may be sent, `None` when unlimited.
    #[must_use]
    pub fn max_24_hour_send(&self) -> Option<f64> {
        self.max_24_hour_send
    }

    /// Recipients per second that SES accepts.
    #[must_use]
    pub fn max_send_rate(&self) -> SendRate {
        self.max_send_rate
    }

    /// Recipients left before SES rejects mail, never below 0; `None` when unlimited.
    #[must_use]
    pub fn remaining(&self) -> Option<f64> {
        self.max_24_hour_send.map(|max| (max - self.sent_last_24_hours).max(0.0))
    }

    /// How much of the quota is used; `None` when unlimited. A quota of 0 is used up: 100%.
    #[must_use]
    pub fn utilization(&self) -> Option<Utilization> {
        self.max_24_hour_send.map(|max| Utilization::of(self.sent_last_24_hours, max))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quota(sent: f64, max: f64) -> SendQuota {
        SendQuota::new(sent, max, 14.0).unwrap()
    }

    #[test]
    fn unlimited_has_no_utilization() {
        let unlimited = SendQuota::new(5_000.0, -1.0, -1.0).unwrap();
        assert_eq!(unlimited.max_24_hour_send(), None);
        assert_eq!(unlimited.max_send_rate(), SendRate::Unlimited);
        assert_eq!(unlimited.remaining(), None);
        assert_eq!(unlimited.utilization(), None);
    }

    #[test]
    fn a_quota_of_zero_is_used_up() {
        for sent in [0.0, 10.0] {
            assert_eq!(quota(sent, 0.0).utilization().map(Utilization::percent), Some(100.0));
            assert_eq!(quota(sent, 0.0).remaining(), Some(0.0));
        }
    }

    #[test]
    fn what_is_left_is_never_negative() {
        assert_eq!(quota(60_000.0, 50_000.0).remaining(), Some(0.0));
    }

    #[test]
    fn nonsense_is_named_not_used() {
        for (sent, max, message) in [
            (f64::NAN, 200.0, "SES answered SentLast24Hours = NaN; expected 0 to 1000000000000"),
            (-1.0, 200.0, "SES answered SentLast24Hours = -1; expected 0 to 1000000000000"),
            (0.0, 0.5, "SES answered Max24HourSend = 0.5; expected -1 (unlimited), 0, or 1 to 1000000000000"),
            (0.0, f64::INFINITY, "SES answered Max24HourSend = inf; expected -1 (unlimited), 0, or 1 to 1000000000000"),
            (0.0, -2.0, "SES answered Max24HourSend = -2; expected -1 (unlimited), 0, or 1 to 1000000000000"),
        ] {
            assert_eq!(SendQuota::new(sent, max, 14.0).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_rate_that_makes_no_sense_hides_no_quota() {
        let odd = SendQuota::new(48_100.0, 50_000.0, f64::NAN).unwrap();
        assert_eq!(odd.max_send_rate(), SendRate::Unknown);
        assert_eq!(odd.remaining(), Some(1_900.0));
        assert_eq!(odd.utilization(), quota(48_100.0, 50_000.0).utilization());
    }

    #[test]
    fn percentages_are_rounded_down() {
        for (sent, shown) in [(48_100.0, 96.2), (49_999.0, 99.9), (50_000.0, 100.0), (50_049.0, 100.0), (0.0, 0.0)] {
            assert_eq!(quota(sent, 50_000.0).utilization().map(Utilization::percent_rounded_down), Some(shown));
        }
    }

    proptest! {
        #[test]
        fn any_three_doubles_give_finite_numbers_or_an_error(sent in any::<f64>(), max in any::<f64>(), rate in any::<f64>()) {
            if let Ok(quota) = SendQuota::new(sent, max, rate) {
                let percent = quota.utilization().map(Utilization::percent);
                let numbers = [Some(quota.sent_last_24_hours()), quota.max_24_hour_send(), quota.max_send_rate().per_second(), quota.remaining(), percent];
                for number in numbers.into_iter().flatten() {
                    prop_assert!(number.is_finite() && number.is_sign_positive());
                }
            }
        }

        #[test]
        fn a_hundred_percent_is_never_shown_or_reached_early(max in 1_u64..1_000_000_000_000, left in 1_u64..1_000) {
            #[allow(clippy::cast_precision_loss)]
            let quota = quota(max.saturating_sub(left) as f64, max as f64);
            let utilization = quota.utilization().unwrap();
            prop_assert!(utilization.percent() < 100.0);
            prop_assert!(utilization.percent_rounded_down() < 100.0);
        }

        #[test]
        fn the_shown_tenth_is_the_true_one(tenths in 0_u32..2_000) {
            let utilization = quota(f64::from(tenths), 1_000.0).utilization().unwrap();
            prop_assert_eq!(format!("{:.1}", utilization.percent_rounded_down()), format!("{}.{}", tenths / 10, tenths % 10));
        }
    }
}
