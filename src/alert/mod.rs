//! What to say about a target, and when.

mod decision;
mod level;
mod notification;

pub use decision::*;
pub use level::*;
pub use notification::*;
