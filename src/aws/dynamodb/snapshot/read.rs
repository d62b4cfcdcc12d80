//! Reads back what checks have stored.

use std::collections::HashMap;

use super::super::item::{Item, SCHEMA_VERSION, required};
use super::super::{Found, StateStore};
use super::key;
use crate::failure::{Failure, Stage};
use crate::snapshot::{GapCause, Snapshot, StoredItem, StoredItems};
use crate::time::Timestamp;

/// How many parts are asked for at first: any of them says how many there are, also where the first is missing.
const PROBED: usize = 20;

/// How many items are asked for in one request: an answer holds 16 MB, which are 45 items of the largest kind.
///
/// Source: Amazon DynamoDB API reference, `BatchGetItem`.
const PER_REQUEST: usize = 40;

/// More parts, and more items of a part, than any check has. Larger numbers are mistakes, and nothing is to be read for them.
const MOST_PARTS: usize = 100_000;
const MOST_ITEMS: usize = 1_000;

impl StateStore {
    /// Reads what the latest checks have stored; `None` if none has. What is missing or not understood is named in the
    /// snapshot. What is left over from checks that had more parts is not read.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Snapshot`].
    pub async fn read_snapshot(&self) -> Result<Option<Snapshot>, Failure> {
        let mut items = self.stored((0..PROBED).map(|number| (number, 0)).collect()).await?;
        if items.is_empty() {
            return Ok(None);
        }
        let of = Snapshot::parts_of(&items);
        items.extend(self.stored((PROBED..of).map(|number| (number, 0)).collect()).await?);
        let read = items.iter().filter(|((number, _), _)| *number < of);
        let counts = read.filter_map(|((number, _), item)| Some((*number, item.as_ref().ok()?.items)));
        let further = counts.flat_map(|(number, count)| (1..count).map(move |place| (number, place))).collect();
        items.extend(self.stored(further).await?);
        Ok(Some(Snapshot::assemble(of, items)))
    }

    /// Those of the items that exist.
    async fn stored(&self, places: Vec<(usize, usize)>) -> Result<StoredItems, Failure> {
        let mut stored = StoredItems::new();
        for places in places.chunks(PER_REQUEST) {
            let keys: HashMap<String, (usize, usize)> =
                places.iter().map(|place @ (number, item)| (key(*number, *item), *place)).collect();
            let found = self.items(Stage::Snapshot, keys.keys().cloned()).await?;
            stored.extend(found.into_iter().filter_map(|(key, found)| Some((*keys.get(&key)?, read(found)))));
        }
        Ok(stored)
    }
}

fn read(found: Found) -> Result<StoredItem, GapCause> {
    match found {
        Found::Item(item) => from_item(&item).map_err(GapCause::NotUnderstood),
        Found::LeftOut => Err(GapCause::LeftOut),
    }
}

/// Reads an item, or names what this version would not write.
fn from_item(item: &Item) -> Result<StoredItem, String> {
    let schema_version: u32 = required(item, "schemaVersion")?;
    if schema_version != SCHEMA_VERSION {
        return Err(format!("schemaVersion is {schema_version}, this version reads {SCHEMA_VERSION}"));
    }
    let checked_at: Timestamp = required(item, "checkedAt")?;
    let (of, items) = (count(item, "of", MOST_PARTS)?, count(item, "items", MOST_ITEMS)?);
    let targets = item.get("targets").and_then(|targets| targets.as_s().ok()).ok_or("targets is missing")?;
    let targets = serde_json::from_str(targets).map_err(|error| format!("targets: {error}"))?;
    Ok(StoredItem { checked_at, of, items, targets })
}

fn count(item: &Item, name: &str, most: usize) -> Result<usize, String> {
    let count: usize = required(item, name)?;
    if (1..=most).contains(&count) { Ok(count) } else { Err(format!("{name} is {count}, expected 1 to {most}")) }
}
