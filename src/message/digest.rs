//! One message about many notifications of one kind.

use std::fmt::Write;

use serde::Serialize;

use super::Message;
use super::document::{self, Document};
use super::subject::headline;
use crate::alert::{AlertLevel, Kind, Notification};
use crate::target::Target;

/// The most notifications in one message: more are counted, not named. With all of them, it fits the 256 KiB that SNS
/// accepts, and people read it to its end.
const MOST: usize = 50;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestDocument<'a> {
    schema_version: u32,
    digest: bool,
    subject: &'static str,
    kind: Kind,
    level: AlertLevel,
    count: usize,
    alerts: Vec<Document<'a>>,
}

/// A test alert about several targets.
pub(super) fn test(notifications: &[Notification]) -> Message {
    let count = notifications.len();
    let level = notifications.iter().map(|notification| notification.level).max().unwrap_or(AlertLevel::Ok);
    let alerts = notifications.iter().take(MOST).map(document::of).collect();
    let document = DigestDocument {
        schema_version: document::SCHEMA_VERSION,
        digest: true,
        subject: "QUOTA",
        kind: Kind::Test,
        level,
        count,
        alerts,
    };
    Message {
        subject: format!("[TEST] SES: test alert, {count} targets"),
        email: email(notifications),
        sms: format!("TEST: SES, {count} targets. Only a test."),
        document: document::text(&document),
        attributes: vec![("level", level.name().to_owned()), ("kind", Kind::Test.name().to_owned())],
    }
}

fn email(notifications: &[Notification]) -> String {
    let count = notifications.len();
    let mut email = format!(
        "TEST: Amazon SES, {count} targets.\n\
         This is a test alert. Nothing needs to be done.\n\n"
    );
    for notification in notifications.iter().take(MOST) {
        let Target { account, region } = &notification.reading.target;
        let (level, headline) = (notification.level, headline(notification));
        let _ = writeln!(email, "  {region} (account {}): {level}, {headline}", account.id);
    }
    if count > MOST {
        let _ = writeln!(email, "  and {} more", count - MOST);
    }
    email.push_str(
        "\nWHAT TO DO\nYou received this, so alerts reach you. A real alert names one target, and says what to do.\n",
    );
    email
}
