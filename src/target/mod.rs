//! What is checked: an account in a Region.

mod account;
mod partition;
mod region;

use std::fmt;

use crate::shown::shown_by;

pub use account::{Account, AccountId};
pub use partition::Partition;
pub use region::Region;

/// An account and a Region: what has a send quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The account.
    pub account: Account,
    /// The Region.
    pub region: Region,
}

/// The key under which the state is stored: `111122223333#us-east-1`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.account.id, self.region)
    }
}

/// A text that is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {expected}")]
pub struct InvalidName {
    expected: &'static str,
    text: String,
}

impl InvalidName {
    fn new(expected: &'static str, text: &str) -> Self {
        Self { expected, text: text.to_owned() }
    }
}

shown_by!(as_str: AccountId, Region, Partition);

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn target(partition: &str, region: &str) -> Target {
        let account = Account { partition: partition.parse().unwrap(), id: "111122223333".parse().unwrap() };
        Target { account, region: region.parse().unwrap() }
    }

    #[test]
    fn a_target_is_named_by_account_and_region() {
        assert_eq!(target("aws", "eu-west-1").to_string(), "111122223333#eu-west-1");
    }
}
