//! The identity of an incident: an alert from RAISED to RECOVERED.

use crate::alert::Subject;
use crate::shown::shown_by;
use crate::target::Target;
use crate::time::Timestamp;

/// `<account>/<region>/<subject>/<since>`, the same from RAISED to RECOVERED, by which a pager closes what it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentId(String);

impl IncidentId {
    /// The incident that began at `since`.
    #[must_use]
    pub fn new(target: &Target, subject: Subject, since: Timestamp) -> Self {
        let Target { account, region } = target;
        Self(format!("{}/{region}/{subject}/{since}", account.id))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

shown_by!(as_str: IncidentId);
