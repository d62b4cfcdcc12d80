//! Warns, early and once, before the Amazon SES sending quota is used up.
//!
//! One check goes this way, each step in the file of its name:
//!
//! ```text
//! event ───────▶ request ──┐
//! environment ─▶ settings ─┴▶ check ─▶ aws::ses, aws::dynamodb   reads the quota and the state of each target
//!                                  ─▶ quota, level              assesses the reading          (pure)
//!                                  ─▶ decision                  decides what to say           (pure)
//!                                  ─┬▶ delivery                 claims, publishes, commits
//!                                   │   └▶ message ─▶ aws::sns  puts it into words            (pure), sends it
//!                                   ├▶ metrics ─▶ aws::cloudwatch
//!                                   └▶ report                   what the handler returns and logs
//! ```
//!
//! What is pure knows no clock, no network and no environment: the time comes in as an argument. Everything that talks to
//! AWS is in [`aws`]; `main.rs` holds the Lambda runtime.

pub mod aws;
pub mod check;
pub mod decision;
pub mod delivery;
pub mod failure;
pub mod level;
pub mod log;
pub mod message;
pub mod metrics;
pub mod notification;
pub mod quota;
pub mod report;
pub mod request;
pub mod settings;
pub mod target;
pub mod timestamp;
