//! What is true of every answer to a custom widget.

use ses_quota_monitor::page::PageAnswer;

/// The elements of the page. All others come from outside.
const ELEMENTS: [&str; 17] = [
    "a",
    "b",
    "cwdb-action",
    "div",
    "form",
    "h2",
    "input",
    "label",
    "p",
    "span",
    "style",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
];

/// Lambda's limit for an answer.
const MOST_BYTES: usize = 6 * 1024 * 1024;

pub fn assert_sound(answer: &PageAnswer) {
    let PageAnswer::Html(html) = answer else { return };
    assert!(html.len() < MOST_BYTES);
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect(html);
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        assert!(ELEMENTS.contains(&name), "{name} in {html}");
        assert!(tag.matches('"').count() % 2 == 0 && !tag.contains('\''), "{tag}");
    }
}
