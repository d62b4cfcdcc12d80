//! A fake AWS beneath the SDK: it answers each HTTP request as a test says, in the wire format of the service's API
//! reference, and keeps the requests. It knows nothing of the monitor.
//!
//! - [`Aws`]: the fake, an HTTP client for an SDK configuration
//! - [`Call`]: one request as it left the SDK
//! - [`Answer`]: what becomes of a request; [`healthy`] is an AWS without faults
//! - [`Table`]: a state table that honours the conditions of writes
//! - [`Organization`]: accounts in units, which can be listed
//! - [`Server`]: the fake on a port of this machine, for a program in a process of its own
//! - [`run`]: the paused clock, on which retries and timeouts take no time

mod answer;
mod aws;
mod call;
mod cbor;
mod organization;
mod server;
mod table;

pub use answer::{Answer, healthy};
pub use aws::Aws;
pub use call::Call;
pub use organization::Organization;
pub use server::{Death, Received, Server, certificate};
pub use table::Table;

/// Runs a future on the paused clock, which jumps to the next timer when nothing else is left to do.
///
/// # Panics
/// If no runtime can be made.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}
