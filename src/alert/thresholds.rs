//! Where the levels begin and end, with hysteresis.

use crate::alert::AlertLevel;
use crate::reading::{SendQuota, Utilization};

/// Where EXHAUSTED begins: SES rejects every further message.
const EXHAUSTED_PERCENT: f64 = 100.0;

/// Where the levels begin, in percent of the quota, and how far below that they end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    warning: f64,
    critical: f64,
    clear_margin: f64,
}

impl Thresholds {
    /// Levels from `warning` and `critical` percent, each left only `clear_margin` points below where it began; `None`
    /// unless `0 < warning < critical <= 100` and `0 <= clear_margin < warning`. A margin as large as `warning` would
    /// never let an alert end.
    #[must_use]
    pub fn new(warning: f64, critical: f64, clear_margin: f64) -> Option<Self> {
        let ordered = 0.0 < warning && warning < critical && critical <= EXHAUSTED_PERCENT;
        (ordered && (0.0..warning).contains(&clear_margin)).then_some(Self { warning, critical, clear_margin })
    }

    /// WARNING begins at this percentage.
    #[must_use]
    pub fn warning(&self) -> f64 {
        self.warning
    }

    /// CRITICAL begins at this percentage.
    #[must_use]
    pub fn critical(&self) -> f64 {
        self.critical
    }

    /// A level ends this many percentage points below where it begins.
    #[must_use]
    pub fn clear_margin(&self) -> f64 {
        self.clear_margin
    }

    /// Where a level begins; `None` for OK.
    pub(super) fn start(&self, level: AlertLevel) -> Option<f64> {
        match level {
            AlertLevel::Ok => None,
            AlertLevel::Warning => Some(self.warning),
            AlertLevel::Critical => Some(self.critical),
            AlertLevel::Exhausted => Some(EXHAUSTED_PERCENT),
        }
    }

    /// The level by the numbers alone.
    #[must_use]
    pub fn level(&self, quota: &SendQuota) -> AlertLevel {
        self.highest(quota, 0.0)
    }

    /// The level after `previous`: a rise takes effect at once, a fall only below the start of the level less the margin.
    #[must_use]
    pub fn level_after(&self, previous: AlertLevel, quota: &SendQuota) -> AlertLevel {
        self.level(quota).max(self.highest(quota, self.clear_margin).min(previous))
    }

    /// The highest level that begins at or below the utilization plus `margin`.
    fn highest(&self, quota: &SendQuota, margin: f64) -> AlertLevel {
        let Some(percent) = quota.utilization().map(Utilization::percent) else { return AlertLevel::Ok };
        let starts = [
            (AlertLevel::Exhausted, EXHAUSTED_PERCENT),
            (AlertLevel::Critical, self.critical),
            (AlertLevel::Warning, self.warning),
        ];
        let reached = starts.into_iter().find(|(_, start)| percent >= start - margin);
        reached.map_or(AlertLevel::Ok, |(level, _)| level)
    }
}

impl Default for Thresholds {
    /// WARNING from 80%, CRITICAL from 95%, left 5 points below.
    fn default() -> Self {
        Self { warning: 80.0, critical: 95.0, clear_margin: 5.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::level::tests::any_level;

    /// `sent` of a quota of 1,000, so that a unit is a tenth of a percent.
    fn sent(sent: f64) -> SendQuota {
        SendQuota::new(sent, 1_000.0, 14.0).unwrap()
    }

    #[test]
    fn a_level_begins_exactly_at_its_threshold() {
        let thresholds = Thresholds::default();
        for (tenths, level) in [
            (0.0, AlertLevel::Ok),
            (799.0, AlertLevel::Ok),
            (800.0, AlertLevel::Warning),
            (949.0, AlertLevel::Warning),
            (950.0, AlertLevel::Critical),
            (999.0, AlertLevel::Critical),
            (1_000.0, AlertLevel::Exhausted),
            (1_500.0, AlertLevel::Exhausted),
        ] {
            assert_eq!(thresholds.level(&sent(tenths)), level, "{tenths} of 1,000");
        }
    }

    #[test]
    fn unlimited_is_ok_and_zero_is_exhausted_whatever_was_before() {
        let thresholds = Thresholds::default();
        for previous in AlertLevel::ALL {
            let unlimited = SendQuota::new(1e9, -1.0, 14.0).unwrap();
            assert_eq!(thresholds.level_after(previous, &unlimited), AlertLevel::Ok);
            let zero = SendQuota::new(0.0, 0.0, 0.0).unwrap();
            assert_eq!(thresholds.level_after(previous, &zero), AlertLevel::Exhausted);
        }
    }

    #[test]
    fn a_level_is_left_only_below_its_start_less_the_margin() {
        let thresholds = Thresholds::default();
        for (previous, tenths, level) in [
            (AlertLevel::Warning, 750.0, AlertLevel::Warning),
            (AlertLevel::Warning, 749.0, AlertLevel::Ok),
            (AlertLevel::Critical, 900.0, AlertLevel::Critical),
            (AlertLevel::Critical, 899.0, AlertLevel::Warning),
            (AlertLevel::Critical, 749.0, AlertLevel::Ok),
            (AlertLevel::Exhausted, 950.0, AlertLevel::Exhausted),
            // Out of EXHAUSTED, but within the margin of CRITICAL.
            (AlertLevel::Exhausted, 920.0, AlertLevel::Critical),
            (AlertLevel::Exhausted, 760.0, AlertLevel::Warning),
        ] {
            assert_eq!(thresholds.level_after(previous, &sent(tenths)), level, "{tenths} of 1,000 after {previous}");
        }
    }

    #[test]
    fn thresholds_are_ordered() {
        assert!(Thresholds::new(80.0, 95.0, 5.0).is_some());
        assert!(Thresholds::new(99.9, 100.0, 0.0).is_some());
        for (warning, critical, margin) in
            [(0.0, 95.0, 0.0), (95.0, 95.0, 5.0), (80.0, 100.1, 5.0), (5.0, 95.0, 5.0), (80.0, 95.0, -1.0)]
        {
            assert_eq!(Thresholds::new(warning, critical, margin), None);
        }
        assert_eq!(Thresholds::new(f64::NAN, 95.0, 5.0), None);
        assert_eq!(Thresholds::new(80.0, 95.0, f64::NAN), None);
    }

    proptest! {
        #[test]
        fn rising_is_at_once_and_falling_never_above_the_previous(previous in any_level(), tenths in 0.0..1_500.0_f64) {
            let thresholds = Thresholds::default();
            let (alone, after) = (thresholds.level(&sent(tenths)), thresholds.level_after(previous, &sent(tenths)));
            prop_assert!(after >= alone);
            prop_assert!(after <= alone.max(previous));
        }
    }
}
