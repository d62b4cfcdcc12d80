//! AWS Regions.

use std::str::FromStr;

use super::InvalidName;

/// The name of an AWS Region, such as `us-east-1`: at most 20 characters of `a-z`, `0-9` and `-`, in two or more parts
/// with a number at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// The name as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let valid = text.len() <= 20
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(plain)
            && text.rsplit_once('-').is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
        valid.then(|| Self(text.to_owned())).ok_or_else(|| InvalidName::new("a Region such as us-east-1", text))
    }
}
