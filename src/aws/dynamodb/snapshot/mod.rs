//! What a check found, in items of the state table beside the alert states.
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `target` | S | the key: `snapshot#0`, by the number of the part of a check; `snapshot#0.1` and on for what one item does not hold |
//! | `schemaVersion` | N | the schema of the item, 1 |
//! | `checkedAt` | S | when the check started |
//! | `of` | N | in how many parts the whole was checked |
//! | `items` | N | how many items this part has |
//! | `targets` | S | JSON: what was found of each target |

mod read;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::StateStore;
use super::item::{Item, KEY, SCHEMA_VERSION};
use crate::aws::error::failure;
use crate::failure::{Failure, Stage};
use crate::snapshot::{Part, SnapshotTarget, arrays};
use crate::time::Timestamp;

/// The most bytes of targets in an item, which may have 400 KB.
///
/// Source: Amazon DynamoDB developer guide, "Quotas".
const MOST_BYTES: usize = 350_000;

/// How far the clocks of two invocations may be apart. A snapshot that is newer than that is a mistake, and is overwritten.
const MOST_SECONDS_AHEAD: i64 = 300;

impl StateStore {
    /// Stores what a check that started at `checked_at` found, unless a later one has.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::Snapshot`].
    pub async fn write_snapshot(
        &self,
        part: Part,
        targets: impl IntoIterator<Item = SnapshotTarget>,
        checked_at: Timestamp,
    ) -> Result<(), Failure> {
        let text = |time: Timestamp| AttributeValue::S(time.to_string());
        for item in to_items(part, targets, checked_at) {
            let request = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#key) OR #at <= :at OR #at > :latest")
                .expression_attribute_names("#key", KEY)
                .expression_attribute_names("#at", "checkedAt")
                .expression_attribute_values(":at", text(checked_at))
                .expression_attribute_values(":latest", text(checked_at.plus_seconds(MOST_SECONDS_AHEAD)));
            match Box::pin(request.send()).await {
                Ok(_) => {}
                Err(error) => match error.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(_)) => return Ok(()),
                    _ => return Err(failure(Stage::Snapshot, &error)),
                },
            }
        }
        Ok(())
    }
}

/// The key of an item of a part.
fn key(number: usize, place: usize) -> String {
    if place == 0 { format!("snapshot#{number}") } else { format!("snapshot#{number}.{place}") }
}

fn to_items(part: Part, targets: impl IntoIterator<Item = SnapshotTarget>, checked_at: Timestamp) -> Vec<Item> {
    let Part { number, of } = part;
    let arrays = arrays(targets, MOST_BYTES);
    let numbers =
        [("schemaVersion", SCHEMA_VERSION.to_string()), ("of", of.to_string()), ("items", arrays.len().to_string())];
    let item = |(place, targets): (usize, String)| {
        let texts = [(KEY, key(number, place)), ("checkedAt", checked_at.to_string()), ("targets", targets)];
        let texts = texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        let numbers = numbers.clone().map(|(name, number)| (name.to_owned(), AttributeValue::N(number)));
        texts.into_iter().chain(numbers).collect()
    };
    arrays.into_iter().enumerate().map(item).collect()
}
