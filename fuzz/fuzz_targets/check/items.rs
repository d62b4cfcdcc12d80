//! Items of the state table: as a check writes them, with some attributes that it would not write.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use crate::text;

const LEVELS: [&str; 4] = ["WARNING", "CRITICAL", "EXHAUSTED", "OK"];

/// Around noon, when most checks begin.
const TIMES: [&str; 7] = [
    "2026-11-24T11:40:00Z",
    "2026-11-24T12:00:00Z",
    "2026-11-24T12:00:40Z",
    "2026-11-23T11:00:00Z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-11-24T11:40:00.999999999+00:00",
];

/// One of each subject, one of another Region, one of another account, and one of that as a whole.
const KEYS: [&str; 7] = [
    "111122223333#us-east-1",
    "111122223333#us-east-1#ACCOUNT",
    "111122223333#us-east-1#READING",
    "111122223333#us-east-1#RATE",
    "111122223333#eu-west-1#READING",
    "444455556666#us-east-1",
    "444455556666#all#READING",
];

/// That of the quota, none, and one as version 0.1.0 wrote it.
const ALERT_IDS: [&str; 3] = [
    "111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z/CRITICAL/ESCALATED",
    "",
    "111122223333/us-east-1/2026-11-24T11:40:00Z/ESCALATED",
];

/// Every attribute of an item, with its type and its usual values. The first ones together: a check died on its way from
/// WARNING to CRITICAL.
const ATTRIBUTES: [(&str, &str, &[&str]); 16] = [
    ("target", "S", &KEYS),
    ("schemaVersion", "N", &["1"]),
    ("version", "N", &["7", "1", "18446744073709551614"]),
    ("level", "S", &LEVELS),
    ("since", "S", &TIMES),
    ("notifiedAt", "S", &TIMES),
    ("changedAt", "S", &TIMES),
    ("unreadSince", "S", &TIMES),
    ("knownLowest", "S", &LEVELS),
    ("knownHighest", "S", &LEVELS),
    ("pendingKind", "S", &["ESCALATED", "RAISED", "REMINDER", "RECOVERED"]),
    ("pendingLevel", "S", &["CRITICAL", "EXHAUSTED", "WARNING", "OK"]),
    ("pendingSince", "S", &TIMES),
    // Absent where nothing is pending, or is claimed.
    ("pendingAlertId", "S", &ALERT_IDS),
    ("claimedBy", "S", &["request-0", ""]),
    ("claimedUntil", "S", &TIMES),
];

/// What checks have found, with a forecast, a target that was not read, and what a browser must not take for an element.
const FOUND: [&str; 4] = [
    "[{\"account\":\"111122223333\",\"accountName\":\"<b>\\\"&'\",\"region\":\"us-east-1\",\"sentLast24Hours\":48100,\
     \"max24HourSend\":50000,\"levels\":{\"QUOTA\":\"CRITICAL\"},\"forecast\":{\"verdict\":\"cannotTell\",\"reason\":\"noHistory\"}}]",
    "[{\"account\":\"444455556666\",\"region\":\"eu-west-1\",\"errors\":{\"read\":\"<script>\"}}]",
    "[{\"account\":\"444455556666\",\"region\":\"eu-west-1\",\"sentLast24Hours\":1,\"enforcementStatus\":\"'><i>\"}]",
    "[]",
];

/// Every attribute of a part of a snapshot.
const PART: [(&str, &str, &[&str]); 6] = [
    ("target", "S", &["snapshot#0", "snapshot#1", "snapshot#0.1", "snapshot#19"]),
    ("schemaVersion", "N", &["1", "2"]),
    ("checkedAt", "S", &TIMES),
    ("of", "N", &["1", "2", "20", "0", "18446744073709551615"]),
    ("items", "N", &["1", "2", "0"]),
    ("targets", "S", &FOUND),
];

fn any_part(input: &mut Unstructured<'_>) -> Result<Value> {
    let mut item = Map::new();
    for (name, kind, usual) in PART {
        let text = text::mostly(input, usual)?;
        item.insert(name.to_owned(), json!({ kind: text }));
    }
    Ok(item.into())
}

/// An item.
pub fn any_item(input: &mut Unstructured<'_>) -> Result<Value> {
    if input.ratio(1, 8)? {
        return any_part(input);
    }
    let mut item = Map::new();
    for (name, kind, usual) in ATTRIBUTES {
        let text = if input.ratio(3, 4)? { usual[0] } else { *input.choose(usual)? };
        if !text.is_empty() {
            item.insert(name.to_owned(), json!({ kind: text }));
        }
    }
    for _ in 0..*input.choose(&[0, 0, 0, 1, 2, 3])? {
        let (name, kind, usual) = *input.choose(&ATTRIBUTES)?;
        let text = text::spoilt(input, usual)?;
        let text = text::repeated(input, &text)?;
        item.insert(name.to_owned(), any_attribute(input, kind, &text)?);
    }
    Ok(item.into())
}

/// The text as a value of an attribute, mostly of the type `kind`.
fn any_attribute(input: &mut Unstructured<'_>, kind: &str, text: &str) -> Result<Value> {
    let kind = *input.choose(&[kind, kind, kind, "S", "N", "BOOL", "NULL", "B", "SS", "M", "L", "X", ""])?;
    Ok(match kind {
        "" => text.into(),
        "BOOL" | "NULL" => json!({ kind: true }),
        "SS" => json!({ kind: [text] }),
        "M" => json!({ kind: { "S": {"S": text} } }),
        "L" => json!({ kind: [{"S": text}] }),
        _ => json!({ kind: text }),
    })
}
