//! AWS Regions.

use std::str::FromStr;

use super::{InvalidName, Partition};

/// The name of an AWS Region, such as `us-east-1`: at most 20 characters of `a-z`, `0-9` and `-`, in two or more parts of
/// which the last is a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

/// Where an account has SES, in the order in which a check of all of them goes: those that each account has, then those that
/// it has to enable.
///
/// Source: `endpoints.json` of the AWS SDKs, service `email`, which can be ahead of the service; AWS Account Management
/// reference guide, "Enable or disable AWS Regions in your account", for which have to be enabled.
const WITH_SES: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];
const WITH_SES_ONCE_ENABLED: [&str; 16] = [
    "af-south-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];
const GOVCLOUD_WITH_SES: [&str; 2] = ["us-gov-east-1", "us-gov-west-1"];
const EUSC_WITH_SES: [&str; 1] = ["eusc-de-east-1"];

/// What stands for all Regions of an account, where something is said of the account as a whole. No Region has this name:
/// each ends with a number.
const ALL: &str = "all";

impl Region {
    /// All Regions of an account, in what is said of the account as a whole.
    #[must_use]
    pub fn all() -> Self {
        Self(ALL.to_owned())
    }

    /// Whether it stands for all Regions.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0 == ALL
    }

    /// The Regions of a partition where SES exists; none where that is not known.
    #[must_use]
    pub fn with_ses(partition: &Partition) -> Vec<Self> {
        let names: Vec<&str> = match partition.as_str() {
            "aws" => WITH_SES.into_iter().chain(WITH_SES_ONCE_ENABLED).collect(),
            "aws-us-gov" => GOVCLOUD_WITH_SES.to_vec(),
            "aws-eusc" => EUSC_WITH_SES.to_vec(),
            _ => Vec::new(),
        };
        names.into_iter().map(|name| Self(name.to_owned())).collect()
    }

    /// Whether accounts have it only once they have enabled it, as far as is known.
    #[must_use]
    pub fn has_to_be_enabled(&self) -> bool {
        !WITH_SES.contains(&self.as_str()) && self.partition().is_some_and(|partition| partition.as_str() == "aws")
    }

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
    fn regions_with_ses_are_regions_of_their_partition() {
        for (partition, count) in [("aws", 33), ("aws-us-gov", 2), ("aws-eusc", 1), ("aws-cn", 0), ("aws-iso", 0)] {
            let partition: Partition = partition.parse().unwrap();
            let regions = Region::with_ses(&partition);
            assert_eq!(regions.len(), count, "{partition}");
            for region in &regions {
                assert_eq!(region.as_str().parse().as_ref(), Ok(region));
                assert_eq!(region.partition().as_ref(), Some(&partition));
            }
        }
    }

    #[test]
    fn an_account_has_some_regions_only_once_it_has_enabled_them() {
        let has_to_be_enabled = |region: &str| region.parse::<Region>().unwrap().has_to_be_enabled();
        assert!(["ap-east-2", "me-south-1", "eu-south-9"].into_iter().all(has_to_be_enabled));
        assert!(!["us-east-1", "sa-east-1", "us-gov-east-1", "eusc-de-east-1"].into_iter().any(has_to_be_enabled));
    }

    #[test]
    fn all_regions_are_no_region() {
        assert!(Region::all().is_all());
        assert!(Region::all().as_str().parse::<Region>().is_err());
        assert_eq!(Region::all().partition(), None);
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
