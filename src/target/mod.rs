//! What is checked: an account in a Region.

mod account;
mod partition;
mod region;

use std::fmt;

use crate::shown::{read_from_text, shown_by};

pub use account::{Account, AccountId, AccountName, Member};
pub use partition::Partition;
pub use region::Region;

/// An account and a Region: what has a send quota.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The account.
    pub account: Account,
    /// The Region.
    pub region: Region,
}

impl Target {
    /// The account and the Region of the running function, from its ARN, which comes with every invocation:
    /// `arn:aws:lambda:us-east-1:111122223333:function:name`. `GetSendQuota` returns neither.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is not the ARN of a function.
    pub fn from_function_arn(arn: &str) -> Result<Self, InvalidName> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", partition, "lambda", region, account, "function", ..] => {
                let account = Account { partition: partition.parse()?, id: account.parse()? };
                Ok(Self { account, region: region.parse()? })
            }
            _ => Err(InvalidName::new("the ARN of a Lambda function", arn)),
        }
    }
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

shown_by!(as_str: AccountId, AccountName, Region, Partition);
read_from_text!(AccountId, AccountName, Region);

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn target(partition: &str, region: &str) -> Target {
        let account = Account { partition: partition.parse().unwrap(), id: "111122223333".parse().unwrap() };
        Target { account, region: region.parse().unwrap() }
    }

    #[test]
    fn a_target_is_named_by_account_and_region() {
        assert_eq!(target("aws", "eu-west-1").to_string(), "111122223333#eu-west-1");
    }

    #[test]
    fn the_function_arn_tells_partition_account_and_region() {
        for partition in ["aws", "aws-us-gov", "aws-cn"] {
            let arn = format!("arn:{partition}:lambda:us-east-1:111122223333:function:monitor:live");
            assert_eq!(Target::from_function_arn(&arn), Ok(target(partition, "us-east-1")));
        }
        for (arn, message) in [
            ("function-arn", "\"function-arn\" is not the ARN of a Lambda function"),
            ("arn:aws:lambda:us-east-1:1234:function:f", "\"1234\" is not a 12-digit account ID"),
            ("arn:moon:lambda:us-east-1:111122223333:function:f", "\"moon\" is not a partition such as aws"),
        ] {
            assert_eq!(Target::from_function_arn(arn).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_from_an_arn_is_in_it(text in "\\PC*|arn:aws:lambda:[a-z-]{0,9}-[0-9]:[0-9]{12}:function:f") {
            if let Ok(Target { account, region }) = Target::from_function_arn(&text) {
                let start = format!("arn:{}:lambda:{region}:{}:", account.partition, account.id);
                prop_assert!(text.starts_with(&start));
            }
        }
    }
}
