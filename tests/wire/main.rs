//! The crate against fake AWS answers: what goes over the wire, and what a whole check makes of what comes back.
//!
//! The answers have the wire format of each service's API reference. Time is tokio's paused clock, which jumps to the next
//! timer when nothing else is left to do: retries and timeouts take no time.

mod checked;
mod checks;
mod cloudwatch;
mod cost;
mod deadlines;
mod delivery;
mod dynamodb;
mod dynamodb_items;
mod everywhere;
mod fleet;
mod flood;
mod history;
mod increases;
mod isolation;
mod laws;
mod members;
mod plan;
mod rate;
mod roles;
mod ses;
mod sessions;
mod sesv2;
mod shards;
mod snapshot;
mod sns;
mod subjects;
mod support;
mod world;
