//! The fleet page: what a custom widget of a CloudWatch dashboard shows. It is made from what checks have stored, and asks nobody
//! else. [`FleetPage`] reads the state table; all below it is pure.
//!
//! Source: Amazon CloudWatch user guide, "Details about custom widgets in CloudWatch".

mod age;
mod describe;
mod document;
mod html;
mod notice;
mod row;
mod table;

use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::aws::StateStore;
use crate::failure::{Failure, Stage};
use crate::request::{PageRequest, View};
use crate::snapshot::Snapshot;
use crate::target::Partition;
use crate::time::Timestamp;

/// How long before the deadline reading is given up, so that there is time left to say so.
const MARGIN: Duration = Duration::from_secs(1);

/// What is stored, or why that is not known.
type Answer = Result<Option<Snapshot>, Failure>;

/// The fleet page of an installation.
#[derive(Debug)]
pub struct FleetPage {
    states: Option<StateStore>,
    interval_minutes: i64,
}

/// What the page depends on beside what is stored.
#[derive(Debug, Clone)]
pub struct Looker {
    /// When somebody looks.
    pub now: Timestamp,
    /// How often a check comes.
    pub interval_minutes: i64,
    /// How they look.
    pub view: View,
    /// The ARN of the function, which the page's elements call.
    pub function_arn: String,
    /// The partition of all targets.
    pub partition: Partition,
}

/// What a custom widget shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PageAnswer {
    /// HTML.
    Html(String),
    /// Which parameters the widget takes.
    Description {
        /// As Markdown, in which the dashboard looks for YAML.
        markdown: &'static str,
    },
}

impl FleetPage {
    /// The page of what is in this table; without one, it says so.
    #[must_use]
    pub fn new(states: Option<StateStore>, interval_minutes: i64) -> Self {
        Self { states, interval_minutes }
    }

    /// Answers a custom widget. What cannot be read is told on the page: nobody who opens a dashboard sees an error of Lambda.
    pub async fn answer(
        &self,
        request: &PageRequest,
        function_arn: &str,
        partition: &Partition,
        now: Timestamp,
        time_left: Duration,
    ) -> (PageAnswer, Option<Failure>) {
        let view = match request {
            PageRequest::Describe => return (PageAnswer::Description { markdown: describe::MARKDOWN }, None),
            PageRequest::Show(view) => view.clone(),
        };
        let stored = self.read(time_left).await;
        let looker = Looker {
            now,
            interval_minutes: self.interval_minutes,
            view,
            function_arn: function_arn.to_owned(),
            partition: partition.clone(),
        };
        (PageAnswer::Html(document::html(&stored, &looker)), stored.err())
    }

    async fn read(&self, time_left: Duration) -> Answer {
        let Some(states) = &self.states else {
            let message = "the function has no STATE_TABLE, so nothing is stored that could be shown";
            return Err(Failure::new(Stage::Snapshot, "NoTable", message));
        };
        let patience = time_left.saturating_sub(MARGIN);
        let read = timeout(patience, states.read_snapshot()).await;
        read.unwrap_or_else(|_| Err(Failure::no_answer(Stage::Snapshot, patience)))
    }
}

#[cfg(test)]
mod tests;
