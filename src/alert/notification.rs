//! A notification: one message about an alert, before it is put into words.

use crate::alert::{AlertId, AlertLevel, Cause, Finding, IncidentId, Kind, Subject};
use crate::reading::Reading;
use crate::time::Timestamp;

/// One message about an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The same each time the same notification is sent, so that a subscriber can recognise a repeat.
    pub alert_id: AlertId,
    /// The same from RAISED to RECOVERED; `None` for a test alert, which begins nothing.
    pub incident_id: Option<IncidentId>,
    /// Why the notification is sent.
    pub kind: Kind,
    /// The level now.
    pub level: AlertLevel,
    /// The level that people last heard of; `None` where it is unknown.
    pub previous_level: Option<AlertLevel>,
    /// When the level left OK; `None` where it is unknown, or never left OK.
    pub since: Option<Timestamp>,
    /// Why the level.
    pub cause: Cause,
    /// What it is about, and what was found about that.
    pub finding: Finding,
    /// Everything that was read.
    pub reading: Reading,
}

impl Notification {
    /// A notification that refers to nothing earlier, and began nothing.
    #[must_use]
    pub fn new(reading: Reading, finding: Finding, kind: Kind, level: AlertLevel, cause: Cause) -> Self {
        let alert_id = AlertId::new(&reading.target, finding.subject(), reading.checked_at, level, kind);
        Self { alert_id, incident_id: None, kind, level, previous_level: None, since: None, cause, finding, reading }
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.finding.subject()
    }

    /// The same under the identities that it has all through its clock hour: for a notification that no state guards, so
    /// that machines can drop repeats. One that begins no incident keeps the one that it belongs to.
    #[must_use]
    pub fn of_the_hour(self) -> Self {
        let (Reading { target, checked_at, .. }, subject) = (&self.reading, self.subject());
        let hour = checked_at.start_of_hour();
        let alert_id = AlertId::new(target, subject, hour, self.level, self.kind);
        let begun = Some(IncidentId::new(target, subject, hour));
        let incident_id = if self.kind == Kind::Raised { begun } else { self.incident_id };
        Self { alert_id, incident_id, ..self }
    }
}
