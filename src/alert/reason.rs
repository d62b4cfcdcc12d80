//! Why a subject has its level, and why people are told, or not: typed, and in a sentence.

use std::fmt;

use crate::alert::{AlertLevel, Thresholds, Unread};
use crate::reading::{AccountStatus, EnforcementStatus, SendQuota, Utilization};
use crate::time::Timestamp;

/// Why a subject has its level.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// There is no quota to use up.
    Unlimited,
    /// The quota is 0.
    NoQuota,
    /// The utilization has reached the threshold of the level.
    Reached {
        /// The utilization.
        used: Utilization,
        /// The level.
        level: AlertLevel,
        /// Where it begins, in percent.
        from: f64,
    },
    /// The utilization has fallen below the threshold of the level, and not yet far enough to end it.
    Held {
        /// The utilization.
        used: Utilization,
        /// The level.
        level: AlertLevel,
        /// Where it ends, in percent.
        until: f64,
    },
    /// The utilization is below every threshold.
    Below {
        /// The utilization.
        used: Utilization,
        /// Where WARNING begins, in percent.
        warning: f64,
    },
    /// The send rate is not watched.
    RateNotWatched,
    /// There is no maximum send rate to reach.
    RateUnlimited,
    /// AWS has nothing against the account.
    Healthy,
    /// AWS reviews the account.
    UnderReview,
    /// AWS gives the account a status that this version does not know.
    UnknownStatus(EnforcementStatus),
    /// Sending is paused.
    Paused,
    /// AWS has shut the account down.
    ShutDown,
    /// SES can be read.
    Readable,
    /// SES has not been readable for too long.
    Unreadable {
        /// The first failed check in a row.
        since: Timestamp,
        /// After how many minutes that is too long.
        minutes: i64,
    },
    /// SES could not be read, but not for long.
    NotRead {
        /// The first failed check in a row.
        since: Timestamp,
    },
}

impl Cause {
    pub(super) fn of_quota(quota: &SendQuota, level: AlertLevel, thresholds: &Thresholds) -> Self {
        match quota.utilization() {
            None => Self::Unlimited,
            Some(_) if quota.max_24_hour_send() == Some(0.0) => Self::NoQuota,
            Some(used) => match thresholds.start(level) {
                None => Self::Below { used, warning: thresholds.warning() },
                Some(from) if thresholds.level(quota) >= level => Self::Reached { used, level, from },
                Some(from) => Self::Held { used, level, until: from - thresholds.clear_margin() },
            },
        }
    }

    pub(super) fn of_account(status: &AccountStatus) -> Self {
        match &status.enforcement {
            EnforcementStatus::Shutdown => Self::ShutDown,
            _ if status.is_stopped() => Self::Paused,
            EnforcementStatus::Healthy => Self::Healthy,
            EnforcementStatus::Probation => Self::UnderReview,
            other @ EnforcementStatus::Other(_) => Self::UnknownStatus(other.clone()),
        }
    }

    pub(super) fn of_rate(used: Option<Utilization>, level: AlertLevel, warning: Option<f64>, margin: f64) -> Self {
        match (used, warning) {
            (_, None) => Self::RateNotWatched,
            (None, Some(_)) => Self::RateUnlimited,
            (Some(used), Some(warning)) if level == AlertLevel::Ok => Self::Below { used, warning },
            (Some(used), Some(from)) if used.percent() >= from => Self::Reached { used, level, from },
            (Some(used), Some(from)) => Self::Held { used, level, until: from - margin },
        }
    }

    pub(super) fn of_reading(unread: Option<&Unread>, level: AlertLevel, minutes: i64) -> Self {
        match unread {
            None => Self::Readable,
            Some(&Unread { since, .. }) if level > AlertLevel::Ok => Self::Unreadable { since, minutes },
            Some(&Unread { since, .. }) => Self::NotRead { since },
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("the 24-hour sending quota is unlimited"),
            Self::NoQuota => f.write_str("the 24-hour sending quota is 0"),
            Self::Reached { used, level, from } => {
                let place = if used.percent_rounded_down() > *from { "above" } else { "at" };
                write!(f, "{} is {place} the {level} threshold of {from}%", used.for_people())
            }
            Self::Held { used, level, until } => {
                write!(f, "{} is not yet below {until}%, where {level} ends", used.for_people())
            }
            Self::Below { used, warning } => {
                write!(f, "{} is below the WARNING threshold of {warning}%", used.for_people())
            }
            Self::RateNotWatched => f.write_str("the send rate is not watched"),
            Self::RateUnlimited => f.write_str("the maximum send rate is unlimited"),
            Self::Healthy => f.write_str("AWS reports the account as HEALTHY, with sending enabled"),
            Self::UnderReview => f.write_str("AWS has put the account under review (PROBATION)"),
            Self::UnknownStatus(status) => {
                write!(f, "AWS reports the account as {status}, which this version does not know")
            }
            Self::Paused => f.write_str("AWS reports that sending is not enabled"),
            Self::ShutDown => f.write_str("AWS reports the account as SHUTDOWN: sending is paused"),
            Self::Readable => f.write_str("SES can be read"),
            Self::Unreadable { since, minutes } => {
                write!(f, "SES could not be read since {}, for {minutes} minutes or more", since.for_people())
            }
            Self::NotRead { since } => write!(f, "SES could not be read since {}", since.for_people()),
        }
    }
}

/// Why people are told, or not.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// There is nothing to tell.
    AllIsWell,
    /// The level rose.
    Rose {
        /// From this one, as people know it.
        from: AlertLevel,
    },
    /// The level is back to OK.
    Over {
        /// What people heard before.
        from: AlertLevel,
    },
    /// It is time to remind people.
    ReminderDue {
        /// When they were notified last.
        notified_at: Timestamp,
    },
    /// People know.
    Known {
        /// When they were notified last.
        notified_at: Timestamp,
    },
    /// The level fell, but not to OK.
    Fell {
        /// From this one.
        from: AlertLevel,
    },
    /// A notification was pending that is no longer true.
    TakenBack,
    /// A reading that may be late lowers nothing.
    Late,
    /// Another check is sending a notification.
    HeldByAnother,
    /// No state is known: told once a clock hour.
    Unguarded,
    /// No state is known, and this has been told in this clock hour.
    ToldThisHour,
    /// No state is known, and this cannot be told without.
    NeedsState,
    /// Somebody asked for a test alert.
    Test,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllIsWell => f.write_str("nothing to report"),
            Self::Rose { from } => write!(f, "up from {from}"),
            Self::Over { from } => write!(f, "over, after {from}"),
            Self::ReminderDue { notified_at } => write!(f, "reminder, last reported {}", notified_at.for_people()),
            Self::Known { notified_at } => write!(f, "reported {}", notified_at.for_people()),
            Self::Fell { from } => write!(f, "down from {from}, which is not announced"),
            Self::TakenBack => f.write_str("an alert that was due is no longer true"),
            Self::Late => f.write_str("no newer than what is stored, so nothing ends"),
            Self::HeldByAnother => f.write_str("another check is sending an alert"),
            Self::Unguarded => f.write_str("no state is known, so this is reported once an hour"),
            Self::ToldThisHour => f.write_str("no state is known, and this was reported in this hour"),
            Self::Test => f.write_str("a test alert was requested"),
            Self::NeedsState => f.write_str("no state is known, so this is not reported"),
        }
    }
}

/// Why a subject has its level, and why people are told, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Why the level.
    pub cause: Cause,
    /// Why a notification, or none.
    pub verdict: Verdict,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.cause, self.verdict)
    }
}
