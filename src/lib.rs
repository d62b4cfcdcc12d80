//! Warns, early and once, before the Amazon SES sending quota is used up.
//!
//! One check goes this way, each step in the file of its name:
//!
//! ```text
//! event ───────▶ request ──┐
//! environment ─▶ settings ─┴▶ check ─▶ aws::ses, aws::dynamodb   reads the quota and the state of each target
//!                                  ─▶ reading, alert            assesses the reading          (pure)
//!                                  ─▶ alert::decision           decides what to say           (pure)
//!                                  ─┬▶ check::deliver           claims, publishes, commits
//!                                   │   └▶ message ─▶ aws::sns  puts it into words            (pure), sends it
//!                                   ├▶ metrics ─▶ aws::cloudwatch
//!                                   └▶ check::report            what the handler returns and logs
//! ```
//!
//! What is pure knows no clock, no network and no environment: the time comes in as an argument. Everything that talks to
//! AWS is in [`aws`]; `main.rs` holds the Lambda runtime.

pub mod alert;
pub mod aws;
pub mod check;
pub mod failure;
pub mod log;
pub mod message;
pub mod metrics;
pub mod numbers;
pub mod reading;
pub mod request;
pub mod settings;
pub mod target;
pub mod time;
