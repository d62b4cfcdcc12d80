//! The status of an account, as `GetAccount` returns it.

use std::fmt;

/// What SES says of an account in a Region, beside its numbers. Nothing else of the answer is kept: it also holds people's
/// addresses and the use case.
///
/// Source: Amazon SES API v2 reference, `GetAccount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatus {
    /// Whether SES accepts mail from the account.
    pub sending_enabled: bool,
    /// What AWS thinks of the mail that the account sends.
    pub enforcement: EnforcementStatus,
    /// Whether the account has left the sandbox; `None` where SES does not say.
    pub production_access: Option<bool>,
}

/// `EnforcementStatus` of `GetAccount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnforcementStatus {
    /// `HEALTHY`
    Healthy,
    /// `PROBATION`: AWS reviews the account.
    Probation,
    /// `SHUTDOWN`: AWS has paused the account.
    Shutdown,
    /// Another one, which may be as bad as these.
    Other(OtherStatus),
}

/// A status that this version does not know: at most 24 letters, digits, `_` and `-`, since it comes from outside
/// and has to fit a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherStatus(String);

impl AccountStatus {
    /// The status of an account. `None` without a status or without `SendingEnabled`: an answer that lacks one of them says
    /// nothing about the account, and nobody is to read that it is paused, or well.
    #[must_use]
    pub fn new(
        sending_enabled: Option<bool>,
        enforcement: Option<&str>,
        production_access: Option<bool>,
    ) -> Option<Self> {
        let enforcement = Some(EnforcementStatus::named(enforcement?)).filter(|status| !status.name().is_empty())?;
        Some(Self { sending_enabled: sending_enabled?, enforcement, production_access })
    }

    /// Whether SES accepts no mail.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        !self.sending_enabled || self.enforcement == EnforcementStatus::Shutdown
    }
}

impl EnforcementStatus {
    fn named(name: &str) -> Self {
        /// Longer than any that AWS has.
        const MOST_CHARACTERS: usize = 24;
        let known = [Self::Healthy, Self::Probation, Self::Shutdown].into_iter().find(|status| status.name() == name);
        known.unwrap_or_else(|| {
            let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            Self::Other(OtherStatus(name.chars().filter(plain).take(MOST_CHARACTERS).collect()))
        })
    }

    /// The name that AWS gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Probation => "PROBATION",
            Self::Shutdown => "SHUTDOWN",
            Self::Other(OtherStatus(name)) => name,
        }
    }
}

impl fmt::Display for EnforcementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_without_a_status_is_no_status() {
        assert_eq!(AccountStatus::new(Some(false), None, Some(true)), None);
        assert_eq!(AccountStatus::new(None, Some("HEALTHY"), Some(true)), None);
        assert_eq!(AccountStatus::new(Some(true), Some(""), Some(true)), None);
        assert!(AccountStatus::new(Some(true), Some("HEALTHY"), None).is_some());
    }

    #[test]
    fn an_account_is_stopped_by_either() {
        let stopped = |enabled, status| AccountStatus::new(Some(enabled), Some(status), None).unwrap().is_stopped();
        assert_eq!([stopped(true, "HEALTHY"), stopped(true, "PROBATION"), stopped(true, "NEW")], [false; 3]);
        assert_eq!([stopped(false, "HEALTHY"), stopped(false, "PROBATION"), stopped(true, "SHUTDOWN")], [true; 3]);
    }

    proptest! {
        #[test]
        fn a_status_that_is_not_known_is_shown_in_plain_characters(name in "\\PC*|[A-Z_]{1,40}") {
            let shown = EnforcementStatus::named(&name).to_string();
            prop_assert!(shown.len() <= 24 && shown.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(name.len() > 24 || !name.bytes().all(|b| b.is_ascii_uppercase()) || shown == name);
        }
    }
}
