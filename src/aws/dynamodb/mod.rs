//! Keeps the alert state in DynamoDB: one item per target, readable in the console.

mod item;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::error::failure;
use crate::alert::AlertState;
use crate::failure::{Failure, Stage};
use crate::target::Target;

use item::{Item, from_item, to_item};

/// Reads and writes the state of targets.
#[derive(Debug, Clone)]
pub struct StateStore {
    client: Client,
    table: String,
}

/// A state as it was read or written, and the version that guards it: 0 where there is no item yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredState {
    /// What is remembered.
    pub state: AlertState,
    version: u64,
}

/// How a conditional write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The item holds the new state, under a new version.
    Done(StoredState),
    /// Another check wrote first; nothing was written. This is what it wrote.
    Lost(StoredState),
}

impl StateStore {
    pub(super) fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Reads the state of a target, consistently. A target without an item has never been alerted about.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`]: what AWS answered, or that this version does not know the item's schema.
    pub async fn read(&self, target: &Target) -> Result<StoredState, Failure> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("target", AttributeValue::S(target.to_string()))
            .consistent_read(true);
        let answer = Box::pin(request.send()).await.map_err(|error| failure(Stage::State, &error))?;
        self.parse(target, answer.item.as_ref())
    }

    /// Reads an item, or says that it is not understood. No item is a target without history.
    fn parse(&self, target: &Target, item: Option<&Item>) -> Result<StoredState, Failure> {
        item.map_or(Ok(StoredState::default()), |item| from_item(target, item)).map_err(|unknown| {
            let message = format!("the item {target} in the table {} is not understood: {unknown}", self.table);
            Failure::new(Stage::State, "UnknownState", message)
        })
    }

    /// Writes `state` if the item is still as it was when `previous` was read or written.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`]. The state may have been written all the same.
    pub async fn write(&self, target: &Target, previous: &StoredState, state: AlertState) -> Result<Write, Failure> {
        // After the highest version comes 1 again: it only has to differ.
        let next = StoredState { state, version: previous.version.checked_add(1).unwrap_or(1) };
        let item = to_item(target, &next);
        let mut request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = if previous.version == 0 {
            request.condition_expression("attribute_not_exists(#key)").expression_attribute_names("#key", "target")
        } else {
            request
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(previous.version.to_string()))
        };
        match Box::pin(request.send()).await {
            Ok(_) => Ok(Write::Done(next)),
            Err(error) => match error.as_service_error() {
                // A retry of a write whose answer was lost finds its own item.
                Some(PutItemError::ConditionalCheckFailedException(lost)) if lost.item() == Some(&item) => {
                    Ok(Write::Done(next))
                }
                Some(PutItemError::ConditionalCheckFailedException(lost)) => {
                    self.parse(target, lost.item()).map(Write::Lost)
                }
                _ => Err(failure(Stage::State, &error)),
            },
        }
    }
}
