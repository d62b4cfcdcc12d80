//! Warns, early and once, before an Amazon SES send quota is used up, and when something else stops mail.
//!
//! One check goes this way, each step in the file of its name:
//!
//! ```text
//! event ───────▶ request ──┐            ┌─ for each place, on its own ────────────────────────────────────────────┐
//! environment ─▶ settings ─┴▶ check ───▶│ check::observe   reads SES (aws::ses, sesv2) and the states (aws::dynamodb) │
//!                                       │ check::assess    forecasts (forecast), and decides what that means      │
//!                                       │                  for each subject (alert)                          pure │
//!                                       └─────────────────────────────────────────────────────────────────────────┘
//!                                         └▶ check::dispatch  which alerts leave at once, which together
//!                                            check::deliver   claims, publishes (message ─▶ aws::sns), commits
//!                                         └▶ check::publish   sends the metrics (metrics ─▶ aws::cloudwatch)
//!                                         └▶ check::report    what the handler returns and logs
//! ```
//!
//! Which places there are, `check::members` and `check::places` say. A check that is too large goes to a queue in parts
//! (`check::shards`), and each part takes the same way.
//!
//! An event with a plan is answered by `check::plan`, from the same reading and the same forecast.
//!
//! What is pure knows no clock, no network and no environment: the time comes in as an argument. Everything that knows the
//! AWS SDK is in [`aws`]; `main.rs` alone knows the Lambda runtime.
//!
//! In the order of the flow:
//!
//! - [`request`]: what an event asks for
//! - [`settings`]: the environment variables, one struct per concern
//! - [`target`]: what is checked, an account in a Region
//! - [`reading`]: what SES answered
//! - [`forecast`]: when the quota will be full, and how much more may be sent
//! - [`alert`]: subjects and levels, what is remembered, what to say, and why
//! - [`message`]: a notification in words, for each kind of subscriber
//! - [`metrics`]: the metrics of a target, and of all together
//! - [`snapshot`]: what was found, as it is kept and read back by those who look at it
//! - [`check`]: one pipeline per target, and the report
//! - [`aws`]: one file per service
//! - [`failure`], [`numbers`], [`time`], [`log`]: what failed and what to do, number formats, timestamps, log lines

pub mod alert;
pub mod aws;
pub mod check;
pub mod failure;
pub mod forecast;
pub mod log;
pub mod message;
pub mod metrics;
pub mod numbers;
pub mod page;
pub mod reading;
pub mod request;
pub mod settings;
mod shown;
pub mod snapshot;
pub mod target;
pub mod time;
