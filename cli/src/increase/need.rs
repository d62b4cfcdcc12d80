//! What quota to ask for: by rule, from how much is sent. The send rate has no part in it: AWS documents no relation between the
//! two. Pure.

/// The utilization from which the level is WARNING, in percent: what is expected stays below.
pub const WARNING_PERCENT: f64 = 80.0;

/// Growth counts from no growth to twice as much: a week in which sending began is no measure of the next one.
const GROWTH: (f64, f64) = (1.0, 2.0);

/// The quotas to ask for: these, and ten times as much, again and again. From one to the next it is a third more at most.
const STEPS: [f64; 10] = [100.0, 120.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0, 800.0];

/// What is known of the use of a quota, in recipients in 24 hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// In the last 24 hours.
    pub used: f64,
    /// In the busiest 24 hours of two weeks.
    pub busiest: f64,
    /// The upper bound of what is expected in the next 24 hours.
    pub expected: f64,
    /// What was sent in the last 7 days, over the 7 before; `None` where it is not known.
    pub weekly_growth: Option<f64>,
}

/// A quota to ask for, and how it comes about, step by step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// The highest of what is known.
    pub highest: f64,
    /// How much a week is taken to grow over the one before: 1 to 2.
    pub growth: f64,
    /// The highest, if the next week grows as much.
    pub grown: f64,
    /// The quota of which that is the warning threshold.
    pub with_room: f64,
    /// The next round number above.
    pub quota: f64,
}

impl Need {
    /// The most that is asked for, as a multiple of the highest of what is known: growth, room and rounding together.
    #[cfg(test)]
    const MOST: f64 = 10.0 / 3.0;

    /// What follows from what is known.
    pub fn new(known: &Known) -> Self {
        let highest = known.used.max(known.busiest).max(known.expected);
        let growth = known.weekly_growth.unwrap_or(1.0).clamp(GROWTH.0, GROWTH.1);
        let grown = highest * growth;
        let with_room = grown / (WARNING_PERCENT / 100.0);
        Self { highest, growth, grown, with_room, quota: round_above(with_room) }
    }

    /// Whether a quota of `max` recipients is enough: what is expected stays below its warning threshold.
    pub fn is_met_by(&self, max: f64) -> bool {
        self.with_room < max
    }
}

/// The first of the round numbers that is above.
fn round_above(number: f64) -> f64 {
    let mut scale = 1.0;
    loop {
        if let Some(step) = STEPS.iter().map(|step| step * scale).find(|step| *step > number) {
            return step;
        }
        scale *= 10.0;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Whole numbers.
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn need(used: f64, busiest: f64, expected: f64, weekly_growth: Option<f64>) -> Need {
        Need::new(&Known { used, busiest, expected, weekly_growth })
    }

    #[test]
    fn round_numbers() {
        let rounded = [0.0, 99.0, 100.0, 101.0, 750.0, 800.0, 62_500.0, 99_999.0, 1_000_000.0].map(round_above);
        assert_eq!(rounded, [100.0, 100.0, 120.0, 120.0, 800.0, 1_000.0, 80_000.0, 100_000.0, 1_200_000.0]);
    }

    #[test]
    fn each_step_is_as_it_is_said() {
        let need = need(41_000.0, 50_000.0, 48_000.0, Some(1.2));
        assert_eq!((need.highest, need.growth, need.grown, need.with_room), (50_000.0, 1.2, 60_000.0, 75_000.0));
        assert_eq!(need.quota, 80_000.0);
        assert!(!need.is_met_by(75_000.0) && need.is_met_by(75_001.0));
    }

    #[test]
    fn growth_is_bounded() {
        let growth = |weekly| need(1_000.0, 0.0, 0.0, weekly).growth;
        assert_eq!(
            [None, Some(0.2), Some(1.0), Some(1.3), Some(2.0), Some(40.0)].map(growth),
            [1.0, 1.0, 1.0, 1.3, 2.0, 2.0]
        );
    }

    fn any_known() -> impl Strategy<Value = Known> {
        let count = || prop_oneof![0.0..1e12_f64, 0.0..1e6_f64, Just(0.0), (0_u32..100_000).prop_map(f64::from)];
        (count(), count(), count(), prop::option::of(0.0..5.0_f64))
            .prop_map(|(used, busiest, expected, weekly_growth)| Known { used, busiest, expected, weekly_growth })
    }

    proptest! {
        /// What is expected stays below the warning threshold of what is asked for, which is no more than it takes.
        #[test]
        fn enough_and_not_too_much(known in any_known()) {
            let need = Need::new(&known);
            let counts = [known.used, known.busiest, known.expected];
            prop_assert!(counts.iter().all(|count| 100.0 * count / need.quota < WARNING_PERCENT), "{need:?}");
            prop_assert!(100.0 * need.grown / need.quota < WARNING_PERCENT + 1e-9, "{need:?}");
            prop_assert!(need.quota <= (Need::MOST * need.highest * (1.0 + 1e-9)).max(STEPS[0]), "{need:?}");
            prop_assert!(need.is_met_by(need.quota));
            prop_assert_eq!(need, Need::new(&known));
        }

        /// Whoever sends more is never told to ask for less.
        #[test]
        fn more_use_asks_for_no_less(known in any_known(), more in any_known(), max in 1.0..1e12_f64) {
            let growth = |one: Option<f64>, other: Option<f64>| one.unwrap_or(1.0).max(other.unwrap_or(1.0));
            let most = Known {
                used: known.used.max(more.used),
                busiest: known.busiest.max(more.busiest),
                expected: known.expected.max(more.expected),
                weekly_growth: Some(growth(known.weekly_growth, more.weekly_growth)),
            };
            let (less, more) = (Need::new(&known), Need::new(&most));
            prop_assert!(more.quota >= less.quota);
            prop_assert!(!more.is_met_by(max) || less.is_met_by(max));
        }

        /// Where the present quota is not enough, what is asked for is more.
        #[test]
        fn never_below_the_present_quota(known in any_known(), max in 1.0..1e12_f64) {
            let need = Need::new(&known);
            prop_assert!(need.is_met_by(max) || need.quota > max, "{need:?} {max}");
        }

        /// A round number is one that people say: two digits and zeros.
        #[test]
        fn what_is_asked_for_is_round(number in 0.0..1e12_f64) {
            let rounded = round_above(number);
            let digits = format!("{rounded:.0}");
            prop_assert!(rounded > number && digits.trim_end_matches('0').len() <= 2, "{digits}");
        }
    }
}
