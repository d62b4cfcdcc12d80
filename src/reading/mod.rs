//! What SES said.

mod quota;

pub use quota::*;
