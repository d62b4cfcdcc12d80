//! The AWS account whose quota is checked.

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

/// An AWS account in its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The partition that the account belongs to.
    pub partition: Partition,
    /// The account ID.
    pub id: AccountId,
}

impl Account {
    /// Reads both from the ARN of the running function, which comes with every invocation:
    /// `arn:aws:lambda:us-east-1:111122223333:function:name`. `GetSendQuota` returns neither.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is not the ARN of a function.
    pub fn from_function_arn(arn: &str) -> Result<Self, InvalidName> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", partition, "lambda", _, account, "function", ..] => {
                Ok(Self { partition: partition.parse()?, id: account.parse()? })
            }
            _ => Err(InvalidName::new("the ARN of a Lambda function", arn)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::target::tests::target;

    #[test]
    fn the_function_arn_tells_partition_and_account() {
        for partition in ["aws", "aws-us-gov", "aws-cn"] {
            let arn = format!("arn:{partition}:lambda:us-east-1:111122223333:function:monitor:live");
            assert_eq!(Account::from_function_arn(&arn), Ok(target(partition, "us-east-1").account));
        }
        for (arn, message) in [
            ("function-arn", "\"function-arn\" is not the ARN of a Lambda function"),
            ("arn:aws:lambda:us-east-1:1234:function:f", "\"1234\" is not a 12-digit account ID"),
            ("arn:moon:lambda:us-east-1:111122223333:function:f", "\"moon\" is not a partition such as aws"),
        ] {
            assert_eq!(Account::from_function_arn(arn).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written_or_the_text_is_named(text in "\\PC*") {
            match text.parse::<AccountId>() {
                Ok(id) => prop_assert_eq!(id.as_str(), text.as_str()),
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
            if let Ok(account) = Account::from_function_arn(&text) {
                let start = format!("arn:{}:lambda:", account.partition);
                prop_assert!(text.starts_with(&start) && text.contains(account.id.as_str()));
            }
        }
    }
}
