//! How much of the send quota is used.

/// Sent last 24 hours as a share of max 24-hour send. Finite, from 0; above 100% when more was sent than the quota allows,
/// as after a quota was lowered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Utilization {
    sent: f64,
    max: f64,
}

impl Utilization {
    /// The share that `sent` is of `max`. A quota of 0 is used up: 100%.
    pub(super) fn of(sent: f64, max: f64) -> Self {
        if max == 0.0 { Self { sent: 1.0, max: 1.0 } } else { Self { sent, max } }
    }

    /// In percent, unrounded.
    #[must_use]
    pub fn percent(self) -> f64 {
        100.0 * self.sent / self.max
    }

    /// In percent, rounded down to one decimal, so that 100.0% is never shown before it is true.
    #[must_use]
    pub fn percent_rounded_down(self) -> f64 {
        // From the counts: the percentage's own rounding could carry it over a tenth.
        (1000.0 * self.sent / self.max).floor() / 10.0
    }

    /// For people: `96.2%`, rounded down.
    #[must_use]
    pub fn for_people(self) -> String {
        /// After a quota was lowered far below what was sent, the exact figure adds nothing, and it has to fit a subject.
        const MOST: f64 = 9_999.9;
        match self.percent_rounded_down() {
            shown if shown > MOST => format!("over {MOST:.1}%"),
            shown => format!("{shown:.1}%"),
        }
    }
}
