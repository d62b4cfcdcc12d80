//! What is checked.

use super::reader::Reader;
use crate::target::Region;

const EXPECTED: &str = "AWS Regions, comma-separated, such as us-east-1,eu-west-1";

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// `REGIONS`: the Regions to check, each once, in the order given. Default: the function's own, from `AWS_REGION`.
    pub regions: Vec<Region>,
}

impl Targets {
    /// `None` where they are invalid, which is noted.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let Some(list) = reader.value("REGIONS") else {
            let own = reader.required("AWS_REGION", "the function's Region, which Lambda sets; or set REGIONS")?;
            return Some(Self { regions: vec![own] });
        };
        let Some(regions) = parse(&list) else {
            reader.reject("REGIONS", list, EXPECTED);
            return None;
        };
        reader.require_own_partition("REGIONS", "Regions", regions.iter().filter_map(Region::partition));
        Some(Self { regions })
    }
}

/// A list of at least one Region; commas too many do no harm.
fn parse(list: &str) -> Option<Vec<Region>> {
    let mut regions: Vec<Region> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let region = name.parse().ok()?;
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    (!regions.is_empty()).then_some(regions)
}
