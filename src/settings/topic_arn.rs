//! The ARN of the alert topic.

use std::str::FromStr;

use crate::target::{AccountId, Partition, Region};

/// The ARN of a standard SNS topic. The topic may be in another Region than the function: the ARN names the Region to
/// publish in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn {
    arn: String,
    partition: Partition,
    region: Region,
}

impl TopicArn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The partitions that the ARN names: its own, and that of its Region.
    pub(super) fn partitions(&self) -> impl Iterator<Item = Partition> {
        [Some(self.partition.clone()), self.region.partition()].into_iter().flatten()
    }

    /// The Region of the topic.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
}

impl FromStr for TopicArn {
    type Err = ();

    fn from_str(arn: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", partition, "sns", region, account, name]
                if account.parse::<AccountId>().is_ok() && is_name(name) =>
            {
                let (partition, region) = (partition.parse().map_err(drop)?, region.parse().map_err(drop)?);
                Ok(Self { arn: arn.to_owned(), partition, region })
            }
            _ => Err(()),
        }
    }
}

/// Source: Amazon SNS API reference, `CreateTopic`, `Name`. The name of a FIFO topic ends in `.fifo`, and is none.
fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
