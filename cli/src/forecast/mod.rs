//! `ses-quota forecast`: when the quota will be full, in words, in numbers, and as a chart of the day before and the day after.

mod chart;
mod document;
mod symbols;
mod words;

use clap::Args;
use ses_quota_monitor::check::Inspection;
use ses_quota_monitor::forecast::{Outlook, UsedAt, around};
use ses_quota_monitor::reading::Reading;

use crate::Exit;
use crate::failed::Failed;
use crate::monitor::invocation;
use crate::one_target::OneTarget;
use crate::output::{self, print_json};
use crate::session::Session;
use chart::Chart;
use document::Document;
use symbols::Symbols;

/// See when the quota will be full, with a chart of the past day and the next
///
/// Exit status: 0 a full quota is not expected, 1 it is possible, 2 it is expected, or the quota is full, or sending paused,
/// 3 it cannot be told.
#[derive(Debug, Args)]
pub struct Forecast {
    #[command(flatten)]
    of: OneTarget,
}

impl Forecast {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let inspection = self.of.monitor(session)?.inspect(&self.of.target(session), &invocation(session)).await;
        let inspection = inspection.map_err(|failure| Failed::unread(&failure))?;
        let (reading, course) = (inspection.reading(), course(&inspection));
        if is_json {
            print_json(&Document::new(&inspection, &reading, &course));
        } else {
            anstream::print!("{}", shown(&inspection, &reading, &course, output::width(), Symbols::of_locale()));
        }
        Ok(exit(&inspection, &reading))
    }
}

/// The use of the quota around the present; empty where nothing is known of it.
fn course(inspection: &Inspection) -> Vec<UsedAt> {
    let history = inspection.history.as_ref().ok().and_then(Option::as_ref);
    history.map(|history| around(history, &inspection.quota, inspection.at)).unwrap_or_default()
}

/// How the command ends.
fn exit(inspection: &Inspection, reading: &Reading) -> Exit {
    if inspection.is_stopped() {
        return Exit::Critical;
    }
    match (reading.forecast.as_ref().map(|forecast| &forecast.outlook), inspection.quota.max_24_hour_send()) {
        // Unlimited.
        (Some(Outlook::NoBreach { .. }), _) | (None, None) => Exit::Ok,
        (Some(Outlook::MayBreach { .. }), _) => Exit::Warning,
        (Some(Outlook::Breach { .. } | Outlook::Full(_)), _) | (None, Some(_)) => Exit::Critical,
        (Some(Outlook::CannotTell(_)), _) => Exit::Unknown,
    }
}

fn shown(inspection: &Inspection, reading: &Reading, course: &[UsedAt], width: usize, symbols: Symbols) -> String {
    let chart = inspection.quota.max_24_hour_send().and_then(|max| Chart::new(course, max, inspection.at));
    let chart = chart.and_then(|chart| chart.draw(width, symbols)).unwrap_or_default();
    let parts = [
        words::headline(inspection, reading, width),
        words::numbers(inspection, reading, width),
        chart,
        words::steps(inspection, width),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
