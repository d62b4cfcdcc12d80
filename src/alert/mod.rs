//! What to say about a target, and when. Pure: no clock, no network, no environment.

mod alert_id;
mod belief;
mod decision;
mod kind;
mod level;
mod notification;
mod policy;
mod state;
mod thresholds;

pub use alert_id::AlertId;
pub use belief::ImpossibleTime;
pub use decision::{Action, Decision, Guarded, decide, decide_without_state};
pub use kind::{Kind, UnknownKind};
#[cfg(test)]
pub(crate) use level::tests as level_tests;
pub use level::{AlertLevel, UnknownLevel};
pub use notification::Notification;
pub use policy::AlertPolicy;
pub use state::{Alert, AlertState, Claim, LastHeard, Pending};
pub use thresholds::Thresholds;
