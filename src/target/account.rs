//! The AWS account whose quota is checked.

use std::str::FromStr;
use std::sync::Arc;

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

/// What people call an account: printable ASCII, at most 50 characters, as AWS Organizations allows.
///
/// Source: AWS Organizations API reference, `Account`, `Name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountName(Arc<str>);

impl AccountName {
    const MOST_CHARACTERS: usize = 50;

    /// The name in a text, without what no name has; `None` where nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let printable: String = text.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).collect();
        let name: String = printable.trim().chars().take(Self::MOST_CHARACTERS).collect();
        (!name.is_empty()).then(|| Self(name.trim_end().into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text).ok_or_else(|| InvalidName::new("the name of an account", text))
    }
}

/// An account that is checked, and its name where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The account ID.
    pub id: AccountId,
    /// What people call it.
    pub name: Option<AccountName>,
}

/// An AWS account in its partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// The partition that the account belongs to.
    pub partition: Partition,
    /// The account ID.
    pub id: AccountId,
}

impl Account {
    /// Another account of the same partition.
    #[must_use]
    pub fn with_id(&self, id: AccountId) -> Self {
        Self { partition: self.partition.clone(), id }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_fits_one_line_of_a_message(text in "\\PC*|[ -~]{0,60}|\\s*") {
            match AccountName::new(&text) {
                Some(name) => {
                    prop_assert!((1..=50).contains(&name.as_str().len()));
                    prop_assert_eq!(name.as_str().trim(), name.as_str());
                    prop_assert!(name.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                }
                None => prop_assert!(!text.chars().any(|c| c.is_ascii_graphic())),
            }
        }

        #[test]
        fn what_is_read_is_what_was_written_or_the_text_is_named(text in "\\PC*") {
            match text.parse::<AccountId>() {
                Ok(id) => prop_assert_eq!(id.as_str(), text.as_str()),
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
        }
    }
}
