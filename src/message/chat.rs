//! The text for Slack and Microsoft Teams: the custom notification of Amazon Q Developer in chat applications.
//!
//! Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications".

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::advice::Step;

/// The most characters of a title, a description, a step and a keyword.
const TITLE: usize = 250;
const DESCRIPTION: usize = 8_000;
const STEP: usize = 350;
const KEYWORD: usize = 75;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomNotification {
    version: &'static str,
    source: &'static str,
    content: Content,
    metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    text_type: &'static str,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_steps: Vec<String>,
    keywords: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// Messages of one thread are shown together.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<String>,
    /// The fields of the document, each as text.
    additional_context: BTreeMap<String, String>,
}

/// What a message says in a channel.
pub(super) struct Chat<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub steps: &'a [Step],
    pub keywords: Vec<&'a str>,
    pub thread_id: Option<String>,
}

/// The body for `https` subscribers; `document` is that of the other machines.
pub(super) fn text(chat: Chat<'_>, document: &impl Serialize) -> String {
    let step = |Step { text, place }: &Step| match place {
        Some(place) => format!("{text} {place}"),
        None => text.clone(),
    };
    let notification = CustomNotification {
        version: "1.0",
        source: "custom",
        content: Content {
            text_type: "client-markdown",
            title: at_most(TITLE, chat.title),
            description: at_most(DESCRIPTION, chat.description),
            next_steps: chat.steps.iter().map(|one| at_most(STEP, &step(one))).collect(),
            keywords: chat.keywords.into_iter().map(|word| at_most(KEYWORD, word)).collect(),
        },
        metadata: Metadata { thread_id: chat.thread_id, additional_context: as_texts(document) },
    };
    super::document::text(&notification)
}

/// Each field of a document as text.
fn as_texts(document: &impl Serialize) -> BTreeMap<String, String> {
    let Ok(Value::Object(fields)) = serde_json::to_value(document) else { return BTreeMap::new() };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// The text with what would be markup in a channel made harmless, and no longer than allowed.
fn at_most(characters: usize, text: &str) -> String {
    let plain = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if plain.chars().count() <= characters {
        return plain;
    }
    let start: String = plain.chars().take(characters - 3).collect();
    // Not within what stands for a character.
    let end = start.rfind('&').filter(|&at| !start[at..].contains(';')).unwrap_or(start.len());
    format!("{}...", &start[..end])
}
