//! How else the next 24 hours may go, by how wrong the same forecast was about the days behind.
//!
//! The numbers here were chosen on the training traces. Values near them change no score by more than the noise. Without
//! the general misses, the bands are far too narrow where there are few past forecasts.

use super::course::Course;
use super::series::{DAY, Series, real};

/// Attempts from the end of the history on: before each quarter hour of 24 hours, and at their end.
pub(super) type Cumulated = [f64; DAY + 1];

/// How the next 24 hours may go, and how much that counts.
pub(super) struct Scenario {
    /// In units of a forecast that was made at this time of day.
    pub weight: f64,
    /// What is sent.
    pub coming: Cumulated,
}

/// Quarter hours from one past forecast to the next.
const STEP: usize = 12;
/// For how many days behind there are past forecasts.
const DAYS: usize = 7;
/// How many days must lie before a past forecast.
const DAYS_BEFORE: usize = 2;
/// By how many quarter hours a past forecast must have been made at another time of day to count half.
const HALF_WEIGHT: f64 = 12.0;
/// Misses to allow for whatever the past ones were, as a share of what is expected: the middles of five equal parts of a normal
/// distribution with a standard deviation of 22%.
const GENERAL_MISSES: [f64; 5] = [-0.28, -0.12, 0.0, 0.12, 0.28];
/// The weight of all general misses together.
const GENERAL_WEIGHT: f64 = 1.5;
/// How probable it is that the pace of the last hour just holds.
const HOLDS: f64 = 0.06;
/// For how many quarter hours it does then.
const HOLDS_FOR: usize = 16;

/// The ways in which the next 24 hours may go, around the `expected` one.
pub(super) fn scenarios(series: &Series, expected: &Cumulated) -> Vec<Scenario> {
    let end = series.end();
    let mut scenarios: Vec<Scenario> = Vec::with_capacity(DAYS * DAY / STEP + GENERAL_MISSES.len() + 1);
    for ago in (STEP..=DAYS * DAY).step_by(STEP) {
        let from = end - ago;
        if series.days_before(from) < DAYS_BEFORE {
            break;
        }
        let Some(then) = Course::new(series, from).map(|course| cumulated(&course.expected)) else { break };
        let apart = (ago % DAY).min(DAY - ago % DAY);
        let mut coming = *expected;
        for (ahead, coming) in coming.iter_mut().enumerate() {
            // A forecast that is less than 24 hours old has missed by as much as it has so far.
            let known = ahead.min(ago);
            *coming += series.sum(from, from + known) - then[known];
        }
        scenarios.push(Scenario { weight: 0.5_f64.powf(real(apart) / HALF_WEIGHT), coming });
    }
    for miss in GENERAL_MISSES {
        let weight = GENERAL_WEIGHT / real(GENERAL_MISSES.len());
        scenarios.push(Scenario { weight, coming: expected.map(|expected| expected * (1.0 + miss)) });
    }
    let total: f64 = scenarios.iter().map(|scenario| scenario.weight).sum();
    let pace = series.pace();
    let mut coming = *expected;
    for (ahead, coming) in coming.iter_mut().enumerate() {
        let held = ahead.min(HOLDS_FOR);
        *coming += pace * real(held) - expected[held];
    }
    scenarios.push(Scenario { weight: total * HOLDS / (1.0 - HOLDS), coming });
    scenarios
}

/// Sums up attempts a quarter hour.
pub(super) fn cumulated(quarters: &[f64; DAY]) -> Cumulated {
    let mut cumulated = [0.0; DAY + 1];
    for (ahead, attempts) in quarters.iter().enumerate() {
        cumulated[ahead + 1] = cumulated[ahead] + attempts;
    }
    cumulated
}
