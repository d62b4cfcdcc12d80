//! AWS partitions.

use std::str::FromStr;

use super::{InvalidName, Region};

/// The name of a partition, such as `aws-us-gov`: a part of AWS with accounts, endpoints and a console of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition(String);

/// The partitions by how the names of their Regions begin. Regions of the partition `aws` begin in many ways.
///
/// Source: `partitions.json` of the AWS SDKs.
const BY_REGION: [(&str, &str); 7] = [
    ("us-gov-", "aws-us-gov"),
    ("cn-", "aws-cn"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
];

impl Partition {
    /// The partition that a Region belongs to.
    #[must_use]
    pub fn of(region: &Region) -> Self {
        let known = BY_REGION.into_iter().find(|(start, _)| region.as_str().starts_with(start));
        Self(known.map_or("aws", |(_, partition)| partition).to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-southeast-5", "aws"),
            ("eu-west-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
        ] {
            assert_eq!(Partition::of(&region.parse().unwrap()).as_str(), partition);
        }
    }
}
