//! What checks found, as it is kept for those who look at it without asking SES: the fleet page and the command line.

mod news;
mod stored;
mod target;

pub use stored::{Found, Gap, GapCause, Snapshot, StoredPart};
pub(crate) use stored::{StoredItem, StoredItems};
pub use target::{SnapshotTarget, arrays};

/// Which part of a check, from 0, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Part {
    /// A check that was not parted.
    pub const WHOLE: Self = Self { number: 0, of: 1 };
}
