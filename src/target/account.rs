//! The AWS account whose quota is checked.

use std::str::FromStr;

use super::{InvalidName, Partition};

/// A 12-digit AWS account ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let valid = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| Self(text.to_owned())).ok_or_else(|| InvalidName::new("a 12-digit account ID", text))
    }
}

/// An AWS account in its partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// The partition that the account belongs to.
    pub partition: Partition,
    /// The account ID.
    pub id: AccountId,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written_or_the_text_is_named(text in "\\PC*") {
            match text.parse::<AccountId>() {
                Ok(id) => prop_assert_eq!(id.as_str(), text.as_str()),
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
        }
    }
}
