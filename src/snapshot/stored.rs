//! What is stored of the latest checks, put together from its items. What is missing is said.

use std::collections::BTreeMap;
use std::fmt;

use super::SnapshotTarget;
use crate::target::{AccountId, Region};
use crate::time::Timestamp;

/// What the latest checks found, as far as it could be read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Each target once, as it was found last; by account and Region.
    pub targets: Vec<Found>,
    /// The parts that were read, each of a check of its own.
    pub parts: Vec<StoredPart>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

/// A target, and when the check started that found it so.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// When the check started.
    pub checked_at: Timestamp,
    /// What it found.
    pub target: SnapshotTarget,
}

/// A part of the check, as it was stored last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 0.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
    /// When the check started that stored it.
    pub checked_at: Timestamp,
    /// How many targets it has.
    pub targets: usize,
}

/// Something that is not shown, or may be out of date, and why. Its text says so in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The number of the part, from 0.
    pub part: usize,
    /// How many parts there are.
    pub of: usize,
    /// Which item of the part, from 0, and how many it has, where it is not the part as a whole.
    pub item: Option<(usize, usize)>,
    /// Why.
    pub cause: GapCause,
}

/// Why something is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapCause {
    /// It is not in the table.
    Missing,
    /// `DynamoDB` did not return it.
    LeftOut,
    /// This version does not read it: what is odd about it.
    NotUnderstood(String),
    /// It is shown, but of an earlier check, which was divided differently.
    Earlier(Timestamp),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, of, item, cause } = self;
        write!(f, "part {} of {of}", part.saturating_add(1))?;
        if let Some((item, items)) = item {
            write!(f, ", item {} of {items},", item.saturating_add(1))?;
        }
        match cause {
            GapCause::Missing => f.write_str(" is missing: its targets are not shown"),
            GapCause::LeftOut => {
                f.write_str(" was not returned by DynamoDB, which is throttled: its targets are not shown")
            }
            GapCause::NotUnderstood(why) => write!(f, " is not understood ({why}): its targets are not shown"),
            GapCause::Earlier(at) => write!(
                f,
                " is of an earlier check ({}), which was divided differently: some targets may be missing",
                at.for_people()
            ),
        }
    }
}

/// An item as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredItem {
    pub checked_at: Timestamp,
    /// How many parts its check had.
    pub of: usize,
    /// How many items its part had.
    pub items: usize,
    pub targets: Vec<SnapshotTarget>,
}

/// Items by the number of the part, and the number in the part; or why one was not read.
pub(crate) type StoredItems = BTreeMap<(usize, usize), Result<StoredItem, GapCause>>;

impl Snapshot {
    /// When the latest check started of which anything is shown; `None` if nothing is.
    #[must_use]
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.parts.iter().map(|part| part.checked_at).max()
    }

    /// How many parts the latest check had, as far as these items tell.
    pub(crate) fn parts_of(items: &StoredItems) -> usize {
        let read = items.values().filter_map(|item| item.as_ref().ok());
        let latest = read.max_by_key(|item| item.checked_at).map(|item| item.of);
        latest.unwrap_or_else(|| items.keys().map(|(number, _)| number + 1).max().unwrap_or(0))
    }

    /// Puts it together from items of which none is left over from a check that had more parts.
    pub(crate) fn assemble(of: usize, mut items: StoredItems) -> Self {
        let mut latest: BTreeMap<(AccountId, Region), Found> = BTreeMap::new();
        let (mut parts, mut gaps) = (Vec::new(), Vec::new());
        for number in 0..of {
            let gap = |item, cause| Gap { part: number, of, item, cause };
            let first = match items.remove(&(number, 0)).unwrap_or(Err(GapCause::Missing)) {
                Ok(first) => first,
                Err(cause) => {
                    gaps.push(gap(None, cause));
                    continue;
                }
            };
            let StoredItem { checked_at, items: count, .. } = first;
            if first.of != of {
                gaps.push(gap(None, GapCause::Earlier(checked_at)));
            }
            let mut targets = 0;
            let further = (1..count).map(|place| (place, items.remove(&(number, place))));
            for (place, item) in [(0, Some(Ok(first)))].into_iter().chain(further) {
                let item = match item.unwrap_or(Err(GapCause::Missing)) {
                    Ok(item) => item,
                    Err(cause) => {
                        gaps.push(gap(Some((place, count)), cause));
                        continue;
                    }
                };
                if item.checked_at != checked_at {
                    gaps.push(gap(Some((place, count)), GapCause::Earlier(item.checked_at)));
                }
                targets += item.targets.len();
                for target in item.targets {
                    let key = (target.account.clone(), target.region.clone());
                    if latest.get(&key).is_none_or(|found| found.checked_at < item.checked_at) {
                        latest.insert(key, Found { checked_at: item.checked_at, target });
                    }
                }
            }
            parts.push(StoredPart { number, of, checked_at, targets });
        }
        Self { targets: latest.into_values().collect(), parts, gaps }
    }
}
