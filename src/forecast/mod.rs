//! When the quota will be full, and how much more may be sent: what leaves the rolling 24 hours is known, what enters them is
//! projected. Pure: no clock, no network, no environment.

mod around;
mod course;
mod headroom;
mod json;
mod past;
mod projection;
mod scenarios;
mod series;
mod usage;
mod window;

use crate::reading::{SendHistory, SendQuota};
use crate::time::Timestamp;
use course::Course;
use projection::later;
use scenarios::cumulated;
use series::DAY;
use usage::first_full;
use window::RollingWindow;

pub use around::{UsedAt, around};
pub use headroom::Headroom;
pub use json::ForecastFields;
pub use past::{BusyDay, Past};
pub use projection::Projection;

/// With fewer days of history, what they have in common with the next day is known less well.
const LITTLE_DAYS: u32 = 7;

/// What is expected of the next 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Whether the quota will be full.
    pub outlook: Outlook,
    /// When the quota is full if the last hour's pace holds; `None` where that is not within 24 hours, or is not known.
    pub if_pace_holds: Option<IfPaceHolds>,
    /// Whole days of history, from 0 to 14.
    pub history_days: u32,
}

/// Whether the quota will be full within 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub enum Outlook {
    /// It will, rather than not.
    Breach {
        /// When, at the usual course.
        at: Timestamp,
        /// Between when and when: holds 4 times in 5.
        window: Window,
        /// The highest use.
        peak: Peak,
        /// How probable that is, from 0 to 1.
        probability: f64,
    },
    /// It may.
    MayBreach {
        /// Between when and when, if so.
        window: Window,
        /// The highest use.
        peak: Peak,
        /// How probable that is, from 0 to 1.
        probability: f64,
    },
    /// Not expected.
    NoBreach {
        /// The highest use.
        peak: Peak,
        /// How probable a full quota is all the same, from 0 to 1.
        probability: f64,
    },
    /// It is full.
    Full(Result<Relief, Unknown>),
    /// Nothing can be told.
    CannotTell(Unknown),
}

/// What is expected of a quota that is full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relief {
    /// When it has room again, at the usual course; `None` where that is not within 24 hours.
    pub room_at: Option<Timestamp>,
    /// The highest use.
    pub peak: Peak,
}

/// Between when and when; `earliest <= latest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub earliest: Timestamp,
    /// To when.
    pub latest: Timestamp,
}

impl Window {
    /// For people who know that it is UTC, widened to quarter hours: `between 13:45 and 16:15`, `between now and 16:15`.
    #[must_use]
    pub fn for_people(self, now: Timestamp) -> String {
        let earliest = Timestamp::from_epoch_seconds(self.earliest.epoch_seconds().div_euclid(900) * 900);
        let latest = Timestamp::from_epoch_seconds((self.latest.epoch_seconds() + 899).div_euclid(900) * 900);
        let from = if earliest <= now { "now".to_owned() } else { earliest.clock(now) };
        format!("between {from} and {}", latest.clock(now))
    }
}

/// The highest use of the quota in the next 24 hours, in percent; `low <= percent <= high`. The band holds 4 times in 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// At the usual course.
    pub percent: f64,
    /// From there.
    pub low: f64,
    /// To there.
    pub high: f64,
    /// When, at the usual course: the present where it only falls from here.
    pub at: Timestamp,
}

/// When the quota is full if the last hour's pace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfPaceHolds {
    /// When.
    pub full_at: Timestamp,
    /// Whether the usual course does not tell as much: the pace is well above the usual of the hour, or the usual is unknown.
    pub is_worth_telling: bool,
}

/// Why nothing can be told, in words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// There is no quota to be full: it is unlimited, or 0.
    #[error("there is no sending quota")]
    NoQuota,
    /// The history could not be read.
    #[error("the history could not be read")]
    NotRead,
    /// Nothing was sent in the last two weeks.
    #[error("less than 3 days of history")]
    NoHistory,
    /// There are less than 3 days of history.
    #[error("less than 3 days of history")]
    ShortHistory,
    /// The history and the quota's own count do not agree.
    #[error("the statistics and the quota counter do not agree")]
    DoNotMatch,
}

impl Outlook {
    /// The highest use that is expected; `None` where it is not known.
    #[must_use]
    pub fn peak(&self) -> Option<&Peak> {
        match self {
            Self::Breach { peak, .. } | Self::MayBreach { peak, .. } | Self::NoBreach { peak, .. } => Some(peak),
            Self::Full(relief) => relief.as_ref().ok().map(|relief| &relief.peak),
            Self::CannotTell(_) => None,
        }
    }
}

impl Unknown {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NoQuota, Self::NotRead, Self::NoHistory, Self::ShortHistory, Self::DoNotMatch];
}

/// How much faster than usual the last hour must be to be unusual.
const UNUSUAL: f64 = 1.5;

impl Forecast {
    /// The forecast where there is no history: only what is full now is known.
    #[must_use]
    pub fn without_history(quota: &SendQuota) -> Self {
        let outlook = match quota.remaining() {
            Some(0.0) => Outlook::Full(Err(Unknown::NotRead)),
            _ => Outlook::CannotTell(Unknown::NotRead),
        };
        Self::without_days(outlook)
    }

    /// Whether there are so few days of history that one should know it.
    #[must_use]
    pub fn is_from_little_history(&self) -> bool {
        self.peak().is_some() && self.history_days < LITTLE_DAYS
    }

    /// The highest use that is expected; `None` where it is not known.
    #[must_use]
    pub fn peak(&self) -> Option<&Peak> {
        self.outlook.peak()
    }

    /// Forecasts a quota by its history.
    #[must_use]
    pub fn new(history: &SendHistory, quota: &SendQuota, now: Timestamp) -> Self {
        let window = match RollingWindow::new(history, quota, now) {
            Ok(window) => window,
            Err(Unknown::NoHistory) if quota.remaining() == Some(0.0) => {
                return Self::without_days(Outlook::Full(Err(Unknown::NoHistory)));
            }
            Err(unknown) => return Self::without_days(Outlook::CannotTell(unknown)),
        };
        let max = window.max;
        let projection = Projection::of(&window, now);
        let is_full = quota.sent_last_24_hours() >= max;
        let outlook = if is_full {
            Outlook::Full(projection.as_ref().map(|projection| projection.relief(max)).map_err(|unknown| *unknown))
        } else {
            projection
                .as_ref()
                .map_or_else(|unknown| Outlook::CannotTell(*unknown), |projection| projection.outlook(max))
        };
        let if_pace_holds = if is_full { None } else { if_pace_holds(&window, projection.is_ok(), now) };
        let days = window.series.days_before(window.series.end());
        Self { outlook, if_pace_holds, history_days: u32::try_from(days).unwrap_or(u32::MAX) }
    }

    fn without_days(outlook: Outlook) -> Self {
        Self { outlook, if_pace_holds: None, history_days: 0 }
    }
}

/// When the quota is full if the last hour's pace holds. Without enough history, that is all that can be told.
fn if_pace_holds(window: &RollingWindow, is_usual_known: bool, now: Timestamp) -> Option<IfPaceHolds> {
    let series = &window.series;
    let pace = series.pace();
    let coming = cumulated(&[pace; DAY]);
    let usage = window.usage(&coming, window.recipients_per_attempt(&coming).ok()?);
    let full_at = later(now, first_full(&window.seconds(), &usage, window.max)?);
    // As it was expected before that hour, whatever came shortly before. What is usual may be unknown.
    let usual = Course::new(series, series.end() - 4).filter(|_| is_usual_known);
    let is_worth_telling = usual.is_none_or(|course| pace > UNUSUAL * course.usual[..4].iter().sum::<f64>() / 4.0);
    Some(IfPaceHolds { full_at, is_worth_telling })
}

#[cfg(test)]
pub(crate) mod tests;
