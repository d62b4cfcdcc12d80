//! AWS partitions.

use std::str::FromStr;

use super::InvalidName;

/// The name of a partition, such as `aws-us-gov`: a part of AWS with accounts, endpoints and a console of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition(String);

impl Partition {
    /// The partition of a name that is known to be one.
    pub(super) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name, as in an ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of the partition's management console; `None` where it is not known.
    ///
    /// Source: AWS documentation, "Service endpoints" of the AWS GovCloud (US), China and European Sovereign Cloud guides.
    #[must_use]
    pub fn console_domain(&self) -> Option<&'static str> {
        match self.0.as_str() {
            "aws" => Some("console.aws.amazon.com"),
            "aws-us-gov" => Some("console.amazonaws-us-gov.com"),
            "aws-cn" => Some("console.amazonaws.cn"),
            "aws-eusc" => Some("console.amazonaws-eusc.eu"),
            _ => None,
        }
    }
}

impl FromStr for Partition {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let valid = (text == "aws" || text.starts_with("aws-"))
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        valid.then(|| Self(text.to_owned())).ok_or_else(|| InvalidName::new("a partition such as aws", text))
    }
}
