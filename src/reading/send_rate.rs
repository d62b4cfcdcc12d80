//! The send rate. No level depends on it, so one that makes no sense is unknown, and hides neither the quota nor its alert.

use super::quota::{IMPLAUSIBLE, is_unlimited};

/// How many recipients per second SES accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SendRate {
    /// SES answered none, or none that makes sense.
    Unknown,
    /// As many as are sent.
    Unlimited,
    /// So many: finite, from 0.
    PerSecond(f64),
}

impl SendRate {
    /// What [`Self::new`] makes a rate of.
    pub const ALLOWED: &str = "-1 (unlimited) or 0 to 1000000000000";

    /// Takes `MaxSendRate` of `GetSendQuota`, in which -1 means unlimited.
    #[must_use]
    pub fn new(answered: f64) -> Self {
        if is_unlimited(answered) {
            Self::Unlimited
        } else if (0.0..=IMPLAUSIBLE).contains(&answered) {
            Self::PerSecond(answered.abs())
        } else {
            Self::Unknown
        }
    }

    /// Recipients per second; `None` where that is no number.
    #[must_use]
    pub fn per_second(self) -> Option<f64> {
        match self {
            Self::PerSecond(rate) => Some(rate),
            Self::Unknown | Self::Unlimited => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_unlimited_and_zero_are_three_things() {
        let rates = [14.0, 0.5, 0.0, -0.0, 1e12, -1.0].map(SendRate::new);
        let per_second = [14.0, 0.5, 0.0, 0.0, 1e12].map(SendRate::PerSecond);
        assert_eq!(rates[..5], per_second);
        assert_eq!(rates[5], SendRate::Unlimited);
        // People would read "-0".
        assert!(rates[3].per_second().is_some_and(f64::is_sign_positive));
        for nonsense in [f64::NAN, -2.0, -0.5, -1.5, 1e13, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(SendRate::new(nonsense), SendRate::Unknown, "{nonsense}");
        }
        assert_eq!([SendRate::Unknown, SendRate::Unlimited].map(SendRate::per_second), [None, None]);
    }
}
