//! The list of the organization's accounts, in items of the state table beside the alert states.
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `target` | S | the key, `accounts#0` and on |
//! | `schemaVersion` | N | the schema of the item, 1 |
//! | `listedFrom` | S | what was listed: `organization`, or the units |
//! | `listedAt` | S | when the check started that listed them; the same in each item of a list |
//! | `of` | N | how many items the list has |
//! | `accounts` | S | JSON: for each account its ID and its name, if it has one |

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, KEY, SCHEMA_VERSION, required};
use super::{Found, StateStore};
use crate::aws::error::failure;
use crate::failure::{Failure, Stage};
use crate::settings::{Accounts, UnitId};
use crate::target::{AccountName, Member};
use crate::time::Timestamp;

/// How many accounts an item holds: a name takes at most 100 bytes in JSON, and the rest 20, of the 400 KB of an item.
///
/// Source: Amazon DynamoDB developer guide, "Quotas".
const ACCOUNTS_PER_ITEM: usize = 3_000;

/// How many items are looked for: enough for the 50,000 accounts that an organization can have.
///
/// Source: AWS Organizations user guide, "Quotas for AWS Organizations".
const MOST_ITEMS: usize = 20;

/// The accounts of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberList {
    /// The accounts.
    pub accounts: Arc<[Member]>,
    /// When the check started that listed them.
    pub listed_at: Timestamp,
}

impl StateStore {
    /// Reads the list that was stored of these accounts. `None` where there is none that is whole and that this version
    /// understands: they can be listed again.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`].
    pub async fn read_members(&self, of: &Accounts) -> Result<Option<MemberList>, Failure> {
        let items = self.items(Stage::State, (0..MOST_ITEMS).map(key)).await?;
        Ok(read(&items, of))
    }

    /// Stores a list in place of an earlier one.
    ///
    /// # Errors
    /// A [`Failure`] of the stage [`Stage::State`]. Some items may have been written all the same, and are not read then.
    pub async fn write_members(&self, of: &Accounts, list: &MemberList) -> Result<(), Failure> {
        for item in to_items(of, list) {
            let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
            Box::pin(request.send()).await.map_err(|error| failure(Stage::State, &error))?;
        }
        Ok(())
    }
}

fn key(number: usize) -> String {
    format!("accounts#{number}")
}

/// What was listed, so that a list of something else is not taken for it.
fn listed_from(accounts: &Accounts) -> String {
    match accounts {
        Accounts::Units(units) => units.iter().map(UnitId::as_str).collect::<Vec<_>>().join(","),
        Accounts::Own | Accounts::These(_) | Accounts::Organization => "organization".to_owned(),
    }
}

fn to_items(of: &Accounts, list: &MemberList) -> Vec<Item> {
    let parts: Vec<&[Member]> = match list.accounts.len() {
        0 => vec![&[]],
        _ => list.accounts.chunks(ACCOUNTS_PER_ITEM).collect(),
    };
    let count = parts.len();
    let item = |(number, accounts): (usize, &[Member])| {
        let accounts =
            accounts.iter().map(|account| (account.id.as_str(), account.name.as_ref().map(AccountName::as_str)));
        let accounts = serde_json::to_string(&accounts.collect::<Vec<_>>()).unwrap_or_default();
        let texts = [
            (KEY, key(number)),
            ("listedFrom", listed_from(of)),
            ("listedAt", list.listed_at.to_string()),
            ("accounts", accounts),
        ];
        let numbers = [("schemaVersion", SCHEMA_VERSION.to_string()), ("of", count.to_string())];
        let texts = texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        texts.into_iter().chain(numbers.map(|(name, number)| (name.to_owned(), AttributeValue::N(number)))).collect()
    };
    parts.into_iter().enumerate().map(item).collect()
}

fn read(items: &HashMap<String, Found>, of: &Accounts) -> Option<MemberList> {
    let item = |number| match items.get(&key(number)) {
        Some(Found::Item(item)) => Some(item),
        Some(Found::LeftOut) | None => None,
    };
    let count: usize = required(item(0)?, "of").ok().filter(|count| (1..=MOST_ITEMS).contains(count))?;
    let listed_at: Timestamp = required(item(0)?, "listedAt").ok()?;
    let mut accounts: Vec<Member> = Vec::new();
    for number in 0..count {
        let item = item(number)?;
        let is_part = required::<u32>(item, "schemaVersion") == Ok(SCHEMA_VERSION)
            && required(item, "of") == Ok(count)
            && required(item, "listedAt") == Ok(listed_at)
            && required::<String>(item, "listedFrom") == Ok(listed_from(of));
        if !is_part {
            return None;
        }
        let part: Vec<(String, Option<String>)> =
            serde_json::from_str(&required::<String>(item, "accounts").ok()?).ok()?;
        for (id, name) in part {
            accounts.push(Member { id: id.parse().ok()?, name: name.as_deref().and_then(AccountName::new) });
        }
    }
    Some(MemberList { accounts: accounts.into(), listed_at })
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn found(items: Vec<Item>) -> HashMap<String, Found> {
        items.into_iter().map(|item| (item[KEY].as_s().unwrap().clone(), Found::Item(item))).collect()
    }

    fn list(accounts: impl IntoIterator<Item = (u64, String)>, at: i64) -> MemberList {
        let member = |(id, name): (u64, String)| Member {
            id: format!("{id:012}").parse().unwrap(),
            name: AccountName::new(&name),
        };
        MemberList {
            accounts: accounts.into_iter().map(member).collect(),
            listed_at: Timestamp::from_epoch_seconds(at),
        }
    }

    #[test]
    fn a_list_is_parted_into_items_that_dynamodb_takes() {
        let long = "\"".repeat(50);
        let whole = list((0..50_000).map(|number| (number, long.clone())), 0);
        let items = to_items(&Accounts::Organization, &whole);
        assert!(items.len() <= MOST_ITEMS);
        for item in &items {
            // The other attributes have less than 300 bytes.
            assert!(item["accounts"].as_s().unwrap().len() + 300 < 400_000);
        }
        assert_eq!(read(&found(items), &Accounts::Organization), Some(whole));
    }

    #[test]
    fn a_list_that_is_not_whole_or_of_something_else_is_none() {
        let whole = list((0..6_001).map(|number| (number, String::new())), 60);
        let later = list((0..6_001).map(|number| (number, String::new())), 120);
        let organization = Accounts::Organization;
        let items = || to_items(&organization, &whole);
        assert!(read(&found(items()), &organization).is_some());
        for number in 0..3 {
            let without: Vec<Item> =
                items().into_iter().enumerate().filter(|(n, _)| *n != number).map(|(_, i)| i).collect();
            assert_eq!(read(&found(without), &organization), None, "without {number}");
            let mut torn = items();
            torn[number] = to_items(&organization, &later).swap_remove(number);
            assert_eq!(read(&found(torn), &organization), None, "torn at {number}");
        }
        let units = Accounts::Units(vec!["ou-ab12-cdef3456".parse().unwrap()]);
        assert_eq!(read(&found(items()), &units), None);
        assert_eq!(read(&HashMap::new(), &organization), None);
    }

    proptest! {
        #[test]
        fn what_is_stored_reads_back(accounts in btree_map(0_u64..999_999_999_999, "[ -~]{0,50}", 0..20), at in 0..4_000_000_000_i64) {
            let whole = list(accounts, at);
            let units = Accounts::Units(vec!["ou-ab12-cdef3456".parse().unwrap()]);
            prop_assert_eq!(read(&found(to_items(&units, &whole)), &units), Some(whole));
        }
    }
}
