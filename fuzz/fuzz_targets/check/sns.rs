//! What SNS accepts.
//!
//! Sources: Amazon SNS API reference, `Publish` and `MessageAttributeValue`; developer guide, "Amazon SNS message
//! attributes" and "Publishing SMS messages".

use std::collections::BTreeMap;

use serde_json::Value;

use fake_aws::Call;

const MOST_BYTES: usize = 262_144;
const MOST_SUBJECT_CHARACTERS: usize = 99;
const MOST_SMS_CHARACTERS: usize = 140;

/// Printable ASCII that GSM-7 lacks, or encodes as two characters.
const NOT_GSM: &str = "`[]{}\\^~|";

/// Asserts that a `Publish` is accepted, and that each subscriber can read what it receives.
pub fn assert_taken(call: &Call) {
    let (form, attributes) = (call.form(), call.attributes());
    let size = form["Message"].len() + attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    assert!(size <= MOST_BYTES, "{size} bytes");
    assert_topic(&form["TopicArn"]);
    assert_subject(&form["Subject"]);
    assert_attributes(&attributes);

    assert_eq!(form["MessageStructure"], "json");
    let texts: BTreeMap<String, String> = serde_json::from_str(&form["Message"]).expect("an object of strings");
    assert!(texts.contains_key("default"));
    for (protocol, text) in &texts {
        match protocol.as_str() {
            "default" | "email" => assert!(is_plain(text), "{text:?}"),
            "sms" => assert_sms(text),
            "http" | "https" | "lambda" | "sqs" | "firehose" => assert_document(text),
            other => panic!("unknown protocol {other}"),
        }
    }
}

fn assert_topic(arn: &str) {
    let name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, topic] = parts[..] else { panic!("{arn:?}") };
    assert!([partition, region, account, topic].into_iter().all(name) && topic.len() <= 256, "{arn:?}");
}

fn assert_subject(subject: &str) {
    assert!(subject.starts_with(|first: char| first.is_ascii_graphic()), "{subject:?}");
    assert!(subject.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{subject:?}");
    assert!(subject.len() <= MOST_SUBJECT_CHARACTERS, "{subject:?}");
}

fn assert_attributes(attributes: &BTreeMap<String, String>) {
    let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    // A message about several targets names neither account nor Region.
    let is_digest = names == ["kind", "level"];
    assert!(is_digest || names == ["account", "kind", "level", "region"], "{names:?}");
    assert!(attributes.values().all(|value| !value.is_empty() && is_plain(value)), "{attributes:?}");
}

fn assert_sms(text: &str) {
    assert!((1..=MOST_SMS_CHARACTERS).contains(&text.len()), "{text:?}");
    assert!(text.chars().all(|c| matches!(c, ' '..='~') && !NOT_GSM.contains(c)), "{text:?}");
}

fn assert_document(text: &str) {
    assert_sound(&serde_json::from_str(text).expect("an object"));
}

/// What is unknown or unlimited is left out. A digest has the documents of its alerts.
fn assert_sound(document: &BTreeMap<String, Value>) {
    assert_eq!(document["schemaVersion"], 1);
    for (name, value) in document {
        match value {
            Value::Array(alerts) if name == "alerts" => {
                for alert in alerts {
                    assert_sound(&serde_json::from_value(alert.clone()).expect("an object"));
                }
            }
            Value::Number(number) => assert!(number.as_f64() >= Some(0.0), "{name} is {number}"),
            Value::String(text) => assert!(!text.is_empty(), "{name} is empty"),
            other => assert!(other.is_boolean(), "{name} is {other}"),
        }
    }
}

/// Nothing that a mail program or a filter policy could misread.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}
