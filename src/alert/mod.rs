//! What to say about a target, and when. Pure: no clock, no network, no environment.

mod alert_id;
mod belief;
mod decision;
mod finding;
mod incident_id;
mod kind;
mod level;
mod notification;
mod policies;
mod policy;
mod reason;
mod standing;
mod state;
mod subject;
mod thresholds;

pub use alert_id::AlertId;
pub use belief::ImpossibleTime;
pub use decision::{Action, Decision, Guarded, decide, decide_without_state};
pub use finding::{Finding, Unread};
pub use incident_id::IncidentId;
pub use kind::{Kind, UnknownKind};
#[cfg(test)]
pub(crate) use level::tests as level_tests;
pub use level::{AlertLevel, UnknownLevel};
pub use notification::Notification;
pub use policies::{AlertPolicies, Scope};
pub use policy::AlertPolicy;
pub use reason::{Cause, Reason, Verdict};
pub use standing::Standing;
pub use state::{Alert, AlertState, Claim, LastHeard, Pending};
pub use subject::{Subject, UnknownSubject};
pub use thresholds::Thresholds;
