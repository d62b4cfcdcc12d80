//! The account whose quota is checked.

use std::str::FromStr;

use super::{InvalidName, Partition};

/// A 12-digit AWS account ID.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The account that is checked, with its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The partition of the account.
    pub partition: Partition,
    /// The account.
    pub account: AccountId,
}

impl Owner {
    /// Takes both from the ARN of the running function, which every invocation names:
    /// `arn:aws:lambda:us-east-1:111122223333:function:name`. `GetSendQuota` does not tell them.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is not the ARN of a function.
    pub fn from_function_arn(arn: &str) -> Result<Self, InvalidName> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", partition, "lambda", _, account, "function", ..] => {
                Ok(Self { partition: partition.parse()?, account: account.parse()? })
            }
            _ => Err(InvalidName::new("the ARN of a Lambda function", arn)),
        }
    }
}
