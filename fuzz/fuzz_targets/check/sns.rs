//! What SNS accepts.
//!
//! Sources: Amazon SNS API reference, `Publish` and `MessageAttributeValue`; developer guide, "Amazon SNS message
//! attributes" and "Publishing SMS messages"; Amazon Q Developer in chat applications administrator guide, "Custom
//! notifications".

use std::collections::BTreeMap;

use serde_json::Value;

use fake_aws::Call;

use crate::forecast;

const MOST_BYTES: usize = 262_144;
const MOST_SUBJECT_CHARACTERS: usize = 99;
const MOST_SMS_CHARACTERS: usize = 140;
/// As many as people read of one message.
const MOST_ALERTS: usize = 50;

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
            "http" | "lambda" | "sqs" | "firehose" => assert_document(text, &attributes),
            "https" => assert_chat(text),
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
    let is_digest = names == ["kind", "level", "subject"];
    assert!(is_digest || names == ["account", "kind", "level", "region", "subject"], "{names:?}");
    assert!(["QUOTA", "ACCOUNT", "RATE", "READING"].contains(&attributes["subject"].as_str()), "{attributes:?}");
    assert!(attributes.values().all(|value| !value.is_empty() && is_plain(value)), "{attributes:?}");
}

fn assert_sms(text: &str) {
    assert!((1..=MOST_SMS_CHARACTERS).contains(&text.len()), "{text:?}");
    assert!(text.chars().all(|c| matches!(c, ' '..='~') && !NOT_GSM.contains(c)), "{text:?}");
}

/// The document says what the attributes say.
fn assert_document(text: &str, attributes: &BTreeMap<String, String>) {
    let document: BTreeMap<String, Value> = serde_json::from_str(text).expect("an object");
    assert_sound(&document);
    for (name, value) in attributes {
        assert_eq!(document[name], value.as_str(), "{name}");
    }
    if document.contains_key("digest") {
        assert_digest(&document);
    } else {
        assert_eq!(document.contains_key("incidentId"), document["kind"] != "TEST");
    }
}

/// What is unknown or unlimited is left out.
fn assert_sound(document: &BTreeMap<String, Value>) {
    assert_eq!(document["schemaVersion"], 1);
    for (name, value) in document {
        match value {
            Value::Array(_) => assert_eq!(name, "alerts"),
            Value::Object(object) => match name.as_str() {
                "forecast" => forecast::assert_sound(value),
                _ => assert!(name == "error" && object["step"].is_string(), "{name} is {value}"),
            },
            Value::Number(number) => assert!(number.as_f64() >= Some(0.0), "{name} is {number}"),
            // A status that is not known is shown in plain characters, and may have none.
            Value::String(text) => assert!(!text.is_empty() || name == "enforcementStatus", "{name} is empty"),
            other => assert!(other.is_boolean(), "{name} is {other}"),
        }
    }
}

/// A digest is about at least two alerts, which have in common what it says of them all.
fn assert_digest(digest: &BTreeMap<String, Value>) {
    let alerts = digest["alerts"].as_array().expect("a list");
    let count = digest["count"].as_u64().expect("a number");
    let is_test = digest["kind"] == "TEST";
    assert!(count >= 2 && alerts.len() <= MOST_ALERTS, "{count} alerts, {} named", alerts.len());
    assert!(is_test || count == alerts.len() as u64, "{count} alerts, {} named", alerts.len());
    for alert in alerts {
        assert_sound(&serde_json::from_value(alert.clone()).expect("an object"));
        for name in ["subject", "kind", "level"] {
            assert!(alert[name] == digest[name] || (is_test && name == "level"), "{alert}");
        }
    }
}

/// What a channel shows, within the limits of its schema.
fn assert_chat(text: &str) {
    let chat: Value = serde_json::from_str(text).expect("an object");
    let content = &chat["content"];
    assert_eq!((&chat["version"], &chat["source"]), (&"1.0".into(), &"custom".into()));
    assert_eq!(content["textType"], "client-markdown");
    assert_shown(&content["title"], 250);
    assert_shown(&content["description"], 8_000);
    // Left out where nothing is to be done.
    for step in content.get("nextSteps").map_or(&[][..], list) {
        assert_shown(step, 350);
    }
    for keyword in list(&content["keywords"]) {
        assert_shown(keyword, 75);
    }
    let metadata = &chat["metadata"];
    assert!(metadata.get("threadId").is_none_or(Value::is_string), "{metadata}");
    let fields = metadata["additionalContext"].as_object().expect("an object");
    assert!(fields.values().all(Value::is_string), "{fields:?}");
    assert_eq!(fields["schemaVersion"], "1");
}

/// Nothing in it is a link or a mention that the text of others has made.
fn assert_shown(value: &Value, most: usize) {
    let text = value.as_str().expect("a text");
    assert!((1..=most).contains(&text.chars().count()), "{text:?}");
    assert!(is_plain(text) && !text.contains(['<', '>']), "{text:?}");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// Nothing that a mail program or a filter policy could misread.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}
