//! The item of a subject of a target in the state table.
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `target` | S | the key, `<account>#<region>` of the subject QUOTA, `<account>#<region>#<subject>` of another |
//! | `schemaVersion` | N | the schema of the item, 1 |
//! | `version` | N | counts the writes, each of which is conditional on it |
//! | `level` | S | the level that people were last notified of, or a lower one since |
//! | `since`, `notifiedAt` | S | when the level left OK; when the last notification about it was delivered. Absent at OK |
//! | `changedAt` | S | when the check started that last wrote the item |
//! | `unreadSince` | S | of the subject READING: the first failed check in a row |
//! | `pendingAlertId`, `pendingKind`, `pendingLevel`, `pendingSince` | S | a notification not known to be delivered |
//! | `knownLowest`, `knownHighest` | S | what people may have heard while it is pending |
//! | `claimedBy`, `claimedUntil` | S | the invocation that is sending it (request ID and a number of its own), and until when; absent if it certainly was not sent |

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;

use super::StoredState;
use crate::alert::{Alert, AlertId, AlertLevel, AlertState, Claim, Kind, LastHeard, Pending, Subject};
use crate::target::Target;
use crate::time::Timestamp;

/// The schema of the items that this version writes, and the only one that it reads.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The attribute that is the key.
pub(super) const KEY: &str = "target";

pub(super) type Item = HashMap<String, AttributeValue>;

/// The key of a subject. That of QUOTA is the target's alone: it was there first.
pub(super) fn key(target: &Target, subject: Subject) -> String {
    match subject {
        Subject::Quota => target.to_string(),
        Subject::Account | Subject::Rate | Subject::Reading => format!("{target}#{subject}"),
    }
}

pub(super) fn to_item(target: &Target, subject: Subject, StoredState { state, version }: &StoredState) -> Item {
    let level = state.alert.map_or(AlertLevel::Ok, |alert| alert.level);
    let pending = state.pending.as_ref();
    let claim = pending.and_then(|pending| pending.claim.as_ref());
    let texts = [
        (KEY, Some(key(target, subject))),
        ("level", Some(level.to_string())),
        ("since", state.alert.map(|alert| alert.since.to_string())),
        ("notifiedAt", state.alert.map(|alert| alert.notified_at.to_string())),
        ("changedAt", state.changed_at.map(|time| time.to_string())),
        ("unreadSince", state.unread_since.map(|time| time.to_string())),
        ("pendingAlertId", pending.and_then(|pending| Some(pending.alert_id.as_ref()?.to_string()))),
        ("pendingKind", pending.map(|pending| pending.kind.to_string())),
        ("pendingLevel", pending.map(|pending| pending.level.to_string())),
        ("pendingSince", pending.and_then(|pending| pending.since).map(|time| time.to_string())),
        ("knownLowest", pending.map(|pending| pending.last_heard.lowest.to_string())),
        ("knownHighest", pending.map(|pending| pending.last_heard.highest.to_string())),
        ("claimedBy", claim.map(|claim| claim.by.clone())),
        ("claimedUntil", claim.map(|claim| claim.until.to_string())),
    ];
    let numbers = [("schemaVersion", SCHEMA_VERSION.to_string()), ("version", version.to_string())];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), AttributeValue::S(text?))));
    texts.chain(numbers.into_iter().map(|(name, number)| (name.to_owned(), AttributeValue::N(number)))).collect()
}

/// Reads the item of a subject, or names the attribute that this version would not write.
pub(super) fn from_item(target: &Target, subject: Subject, item: &Item) -> Result<StoredState, String> {
    let schema_version: u32 = required(item, "schemaVersion")?;
    if schema_version != SCHEMA_VERSION {
        return Err(format!("schemaVersion is {schema_version}, this version reads {SCHEMA_VERSION}"));
    }
    let alert = match required(item, "level")? {
        AlertLevel::Ok => None,
        level => Some(Alert { level, since: required(item, "since")?, notified_at: required(item, "notifiedAt")? }),
    };
    let changed_at = optional::<Timestamp>(item, "changedAt")?;
    let unread_since = optional::<Timestamp>(item, "unreadSince")?;
    let pending = match optional::<String>(item, "pendingAlertId")? {
        None => None,
        Some(alert_id) => {
            let (kind, level) = (required::<Kind>(item, "pendingKind")?, required(item, "pendingLevel")?);
            let alert_id = AlertId::stored(&alert_id, target, subject, level, kind);
            let last_heard =
                LastHeard { lowest: required(item, "knownLowest")?, highest: required(item, "knownHighest")? };
            let claim = match optional(item, "claimedBy")? {
                None => None,
                Some(by) => Some(Claim { by, until: required(item, "claimedUntil")? }),
            };
            Some(Pending { alert_id, kind, level, since: optional(item, "pendingSince")?, last_heard, claim })
        }
    };
    let version = required(item, "version")?;
    if version == 0 {
        return Err("version is 0, which stands for no item".to_owned());
    }
    // No write could meet its condition: each would seem to have lost to another check.
    if !item["version"].is_n() {
        return Err("version is not a number".to_owned());
    }
    Ok(StoredState { state: AlertState { alert, pending, changed_at, unread_since }, version })
}

pub(super) fn required<T: FromStr<Err: Display>>(item: &Item, name: &str) -> Result<T, String> {
    optional(item, name)?.ok_or_else(|| format!("{name} is missing"))
}

fn optional<T: FromStr<Err: Display>>(item: &Item, name: &str) -> Result<Option<T>, String> {
    let text = match item.get(name) {
        None => return Ok(None),
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text,
        Some(_) => return Err(format!("{name} is neither a string nor a number")),
    };
    text.parse().map(Some).map_err(|error| format!("{name}: {error}"))
}
