//! What is checked: an account in a Region, and the partition both belong to.

mod account;
mod partition;
mod region;

use std::fmt;

use serde::{Serialize, Serializer};

pub use account::{AccountId, Owner};
pub use partition::Partition;
pub use region::Region;

/// An account and a Region: what has a send quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The account and its partition.
    pub owner: Owner,
    /// The Region.
    pub region: Region,
}

/// The key under which the state is stored: `111122223333#us-east-1`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.owner.account, self.region)
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

macro_rules! shown_as_its_text {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}
shown_as_its_text!(AccountId, Region, Partition);

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn target(partition: &str, region: &str) -> Target {
        let owner = Owner { partition: partition.parse().unwrap(), account: "111122223333".parse().unwrap() };
        Target { owner, region: region.parse().unwrap() }
    }

    #[test]
    fn the_function_arn_tells_partition_and_account() {
        for partition in ["aws", "aws-us-gov", "aws-cn"] {
            let arn = format!("arn:{partition}:lambda:us-east-1:111122223333:function:monitor:live");
            assert_eq!(Owner::from_function_arn(&arn), Ok(target(partition, "us-east-1").owner));
        }
        for (arn, message) in [
            ("function-arn", "\"function-arn\" is not the ARN of a Lambda function"),
            ("arn:aws:lambda:us-east-1:1234:function:f", "\"1234\" is not a 12-digit account ID"),
            ("arn:moon:lambda:us-east-1:111122223333:function:f", "\"moon\" is not a partition such as aws"),
        ] {
            assert_eq!(Owner::from_function_arn(arn).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn regions_are_recognised() {
        for name in ["us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-isob-east-1"] {
            assert_eq!(name.parse::<Region>().map(|region| region.to_string()), Ok(name.to_owned()));
        }
        for name in ["", "us-east", "US-EAST-1", "us-east-1 ", "us_east_1", "-1", "us--1", "1-1", "us-east-1\n"] {
            assert!(name.parse::<Region>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_target_is_named_by_account_and_region() {
        assert_eq!(target("aws", "eu-west-1").to_string(), "111122223333#eu-west-1");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (text.parse::<Region>(), text.parse::<Partition>(), text.parse::<AccountId>());
            let _ = Owner::from_function_arn(&text);
        }
    }
}
