//! Keeps the alert state in DynamoDB: one item per target and subject, readable in the console.

mod item;
mod members;
mod snapshot;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure};

use tokio::time::sleep;

use super::config::retry_budget;
use super::error::failure;
use crate::alert::{AlertState, Subject};
use crate::failure::{Failure, Stage};
use crate::target::Target;

pub use members::MemberList;

use item::{Item, KEY, from_item, key, to_item};

/// How often what DynamoDB leaves out of an answer is asked for again, and after which pause at first.
const UNPROCESSED_ATTEMPTS: u32 = 3;
const UNPROCESSED_PAUSE: Duration = Duration::from_millis(100);

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

/// What is remembered of each subject of a target, as far as it could be read.
pub type States = BTreeMap<Subject, Result<StoredState, Failure>>;

/// What DynamoDB answered about a key.
enum Found {
    Item(Item),
    /// It did not say.
    LeftOut,
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
    /// How many subjects can be read in one request.
    ///
    /// Source: Amazon DynamoDB API reference, `BatchGetItem`.
    pub const KEYS_PER_REQUEST: usize = 100;

    /// The table with this name or ARN. The configuration says where to call, as whom, and how often and how long a call is tried.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String) -> Self {
        let config = Builder::from(config).retry_partition(retry_budget()).build();
        Self { client: Client::from_conf(config), table }
    }

    /// Reads the states of all subjects of these targets in one request, consistently. A subject without an item has never
    /// been alerted about. They are at most [`Self::KEYS_PER_REQUEST`] subjects.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`]: what AWS answered. For one subject alone: that this version does not know
    /// the item's schema, or that DynamoDB left it out.
    pub async fn read(&self, targets: &[Target]) -> Result<BTreeMap<Target, States>, Failure> {
        let mut keys = Vec::new();
        for target in targets {
            keys.extend(Subject::of(target).iter().map(|subject| key(target, *subject)));
        }
        let mut found = self.items(Stage::State, keys).await?;
        let mut state = |target, subject| match found.remove(&key(target, subject)) {
            Some(Found::Item(item)) => self.parse(target, subject, Some(&item)),
            Some(Found::LeftOut) => {
                let message = "DynamoDB left out this item each time, which it does when it is throttled";
                Err(Failure::new(Stage::State, "UnprocessedKeys", message))
            }
            None => self.parse(target, subject, None),
        };
        let states = targets.iter().map(|target| {
            let subjects = Subject::of(target).iter().map(|subject| (*subject, state(target, *subject)));
            (target.clone(), subjects.collect())
        });
        Ok(states.collect())
    }

    /// The items with these keys, those that DynamoDB says nothing of, and none for those that do not exist.
    async fn items(
        &self,
        stage: Stage,
        keys: impl IntoIterator<Item = String>,
    ) -> Result<HashMap<String, Found>, Failure> {
        let keys = keys.into_iter().map(|key| HashMap::from([(KEY.to_owned(), AttributeValue::S(key))])).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let keys = keys.map_err(|error| Failure::new(stage, "NotSent", error))?;
        let mut left = Some(HashMap::from([(self.table.clone(), keys)]));
        let mut items = Vec::new();
        for attempt in 0.. {
            let request = self.client.batch_get_item().set_request_items(left.take());
            let answer = Box::pin(request.send()).await.map_err(|error| failure(stage, &error))?;
            items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            left = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            if left.is_none() || attempt == UNPROCESSED_ATTEMPTS {
                break;
            }
            sleep(UNPROCESSED_PAUSE * 2_u32.pow(attempt)).await;
        }
        let key = |item: &Item| item.get(KEY).and_then(|key| key.as_s().ok()).cloned();
        let left_out = left.into_iter().flatten().flat_map(|(_, keys)| keys.keys);
        let left_out = left_out.filter_map(|item| Some((key(&item)?, Found::LeftOut)));
        Ok(items.into_iter().filter_map(|item| Some((key(&item)?, Found::Item(item)))).chain(left_out).collect())
    }

    /// Reads an item, or says that it is not understood. No item is a subject without history.
    fn parse(&self, target: &Target, subject: Subject, item: Option<&Item>) -> Result<StoredState, Failure> {
        item.map_or(Ok(StoredState::default()), |item| from_item(target, subject, item)).map_err(|unknown| {
            let key = key(target, subject);
            let message = format!("the item {key} in the table {} is not understood: {unknown}", self.table);
            Failure::new(Stage::State, "UnknownState", message)
        })
    }

    /// Writes `state` if the item is still as it was when `previous` was read or written.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`]. The state may have been written all the same.
    pub async fn write(
        &self,
        target: &Target,
        subject: Subject,
        previous: &StoredState,
        state: AlertState,
    ) -> Result<Write, Failure> {
        // After the highest version comes 1 again: it only has to differ.
        let next = StoredState { state, version: previous.version.checked_add(1).unwrap_or(1) };
        let item = to_item(target, subject, &next);
        let mut request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = if previous.version == 0 {
            request.condition_expression("attribute_not_exists(#key)").expression_attribute_names("#key", KEY)
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
                    self.parse(target, subject, lost.item()).map(Write::Lost)
                }
                _ => Err(failure(Stage::State, &error)),
            },
        }
    }
}
