//! A part of a check that is too large for one invocation, as it goes through the queue.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::target::{AccountName, Member};
use crate::time::Timestamp;

/// A part of a check: some of its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// When it is pointless: the next check is due.
    pub expires_at: Timestamp,
    /// The accounts.
    pub accounts: Vec<Member>,
}

/// A message of the queue, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// By which the queue is told that it failed.
    pub message_id: String,
    /// The part; or what is wrong with the message.
    pub shard: Result<Shard, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    shard: ShardFields,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShardFields {
    number: usize,
    of: usize,
    expires_at: String,
    accounts: Vec<AccountFields>,
}

#[derive(Deserialize)]
struct AccountFields {
    id: String,
    name: Option<String>,
}

impl Shard {
    /// The body of its message.
    #[must_use]
    pub fn body(&self) -> String {
        let accounts = self.accounts.iter().map(|Member { id, name }| match name {
            Some(name) => json!({"id": id, "name": name}),
            None => json!({"id": id}),
        });
        let Self { number, of, expires_at, .. } = self;
        let accounts: Vec<Value> = accounts.collect();
        json!({"shard": {"number": number, "of": of, "expiresAt": expires_at, "accounts": accounts}}).to_string()
    }

    /// Reads the body of a message.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(body: &str) -> Result<Self, String> {
        let Message { shard } = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let member = |AccountFields { id, name }: AccountFields| {
            let id = id.parse().map_err(|error| format!("shard.accounts: {error}"))?;
            Ok(Member { id, name: name.as_deref().and_then(AccountName::new) })
        };
        let expires_at = shard.expires_at.parse().map_err(|error| format!("shard.expiresAt: {error}"))?;
        let accounts = shard.accounts.into_iter().map(member).collect::<Result<_, String>>()?;
        Ok(Self { number: shard.number, of: shard.of, expires_at, accounts })
    }

    /// Whether the next check is due at `now`.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// The messages in an event of SQS; `None` for another event.
///
/// Source: AWS Lambda developer guide, "Using Lambda with Amazon SQS".
pub(super) fn work(event: &Value) -> Option<Vec<WorkItem>> {
    let records = event.get("Records")?.as_array()?;
    let item = |record: &Value| {
        let text = |name| record.get(name).and_then(Value::as_str);
        if text("eventSource")? != "aws:sqs" {
            return None;
        }
        let shard = text("body").ok_or_else(|| "the message has no body".to_owned()).and_then(Shard::read);
        Some(WorkItem { message_id: text("messageId")?.to_owned(), shard })
    };
    let items: Vec<WorkItem> = records.iter().map(item).collect::<Option<_>>()?;
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Event;
    use super::*;

    fn shard(accounts: Vec<Member>) -> Shard {
        Shard { number: 3, of: 12, expires_at: "2026-11-25T12:05:00Z".parse().unwrap(), accounts }
    }

    fn member(id: &str, name: &str) -> Member {
        Member { id: id.parse().unwrap(), name: AccountName::new(name) }
    }

    fn event(bodies: &[&str]) -> Value {
        let record = |(number, body): (usize, &&str)| json!({"messageId": format!("message-{number}"), "body": body, "eventSource": "aws:sqs"});
        json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
    }

    #[test]
    fn a_shard_is_a_message_that_people_can_read() {
        let body = shard(vec![member("111122223333", "Payments"), member("444455556666", "")]).body();
        assert_snapshot!(body, @r#"{"shard":{"accounts":[{"id":"111122223333","name":"Payments"},{"id":"444455556666"}],"expiresAt":"2026-11-25T12:05:00Z","number":3,"of":12}}"#);
    }

    #[test]
    fn what_is_no_shard_is_a_message_that_failed() {
        let good = shard(vec![member("111122223333", "Payments")]);
        let bodies = [
            good.body(),
            "{}".to_owned(),
            "no JSON".to_owned(),
            good.body().replace("111122223333", "1"),
            good.body().replace("2026-11-25T12:05:00Z", "soon"),
        ];
        let Ok(Event::Work(items)) = Event::read(&event(&bodies.each_ref().map(String::as_str))) else { panic!() };
        assert_eq!(items[0], WorkItem { message_id: "message-0".to_owned(), shard: Ok(good) });
        let errors: Vec<String> = items.into_iter().filter_map(|item| item.shard.err()).collect();
        assert_snapshot!(errors.join("\n"), @r#"
        missing field `shard` at line 1 column 2
        expected ident at line 1 column 2
        shard.accounts: "1" is not a 12-digit account ID
        shard.expiresAt: "soon" is not a time such as 2026-11-24T12:00:00Z
        "#);
    }

    #[test]
    fn other_events_are_no_work() {
        for event in [json!({"Records": []}), json!({"Records": [{"eventSource": "aws:s3"}]}), json!({"Records": 1})] {
            assert_eq!(work(&event), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_read(accounts in vec((0_u64..999_999_999_999, "[ -~]{0,50}"), 0..20), number in 0..9_usize) {
            let accounts = accounts.iter().map(|(id, name)| member(&format!("{id:012}"), name)).collect();
            let sent = Shard { number, ..shard(accounts) };
            prop_assert_eq!(Shard::read(&sent.body()), Ok(sent));
        }

        #[test]
        fn any_body_is_read_or_refused(body in "\\PC*") {
            let _ = Shard::read(&body);
        }
    }
}
