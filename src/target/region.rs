//! AWS Regions.

use std::str::FromStr;

use super::{InvalidName, Partition};

/// The name of an AWS Region, such as `us-east-1`: at most 20 characters of `a-z`, `0-9` and `-`, in two or more parts of
/// which the last is a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

impl Region {
    /// The name as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the Region belongs to, by the beginning of its name; `None` for a name that begins like no
    /// Region yet.
    ///
    /// Source: `partitions.json`, the list of partitions that comes with each AWS SDK.
    #[must_use]
    pub fn partition(&self) -> Option<Partition> {
        let mut parts = self.0.split('-');
        Some(Partition::new(match (parts.next()?, parts.next()?) {
            ("us", "gov") => "aws-us-gov",
            ("us", "iso") => "aws-iso",
            ("us", "isob") => "aws-iso-b",
            ("eu", "isoe") => "aws-iso-e",
            ("us", "isof") => "aws-iso-f",
            ("cn", _) => "aws-cn",
            ("eusc", _) => "aws-eusc",
            ("us" | "eu" | "ap" | "sa" | "ca" | "me" | "af" | "il" | "mx", _) => "aws",
            _ => return None,
        }))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("us-east-1", Some("aws")),
            ("eu-west-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("sa-east-1", Some("aws")),
            ("ca-west-1", Some("aws")),
            ("me-south-1", Some("aws")),
            ("af-south-1", Some("aws")),
            ("il-central-1", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("cn-north-1", Some("aws-cn")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("us-iso-east-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("eusc-de-east-1", Some("aws-eusc")),
            // Neither refused nor taken for another: a Region that is newer than this program.
            ("nz-north-1", None),
        ] {
            let region: Region = region.parse().unwrap();
            assert_eq!(region.partition().as_ref().map(Partition::as_str), partition, "{region}");
        }
    }

    proptest! {
        #[test]
        fn a_region_is_safe_in_a_host_name_or_the_text_is_named(text in "\\PC*|[a-z0-9-]{1,24}") {
            match text.parse::<Region>() {
                Ok(region) => prop_assert!(region.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')),
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
        }
    }
}
