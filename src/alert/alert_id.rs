//! The identity of an alert, by which a subscriber recognises a repeat.

use crate::alert::{AlertLevel, Kind, Subject};
use crate::shown::shown_by;
use crate::target::Target;
use crate::time::Timestamp;

/// `<account>/<region>/<subject>/<time>/<level>/<kind>`, the same each time the same notification is sent.
///
/// Derived from the alert, not random: two checks that see the same second give the same alert the same identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertId(String);

impl AlertId {
    /// The identity of a notification about a subject that became due at `time`.
    #[must_use]
    pub fn new(target: &Target, subject: Subject, time: Timestamp, level: AlertLevel, kind: Kind) -> Self {
        let Target { account, region } = target;
        Self(format!("{}/{region}/{subject}/{time}/{level}/{kind}", account.id))
    }

    /// Reads an identity that was stored for this notification. `None` for any text that [`Self::new`] would not make of
    /// it: whoever may write the table cannot choose words that reach people.
    #[must_use]
    pub fn stored(text: &str, target: &Target, subject: Subject, level: AlertLevel, kind: Kind) -> Option<Self> {
        let time = text.rsplit('/').nth(2)?.parse().ok()?;
        Some(Self::new(target, subject, time, level, kind)).filter(|id| id.0 == text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

shown_by!(as_str: AlertId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::alert::level_tests::any_level;
    use crate::target::tests::target;

    fn any_subject() -> impl Strategy<Value = Subject> {
        select(&Subject::ALL[..])
    }

    fn any_kind() -> impl Strategy<Value = Kind> {
        select(&Kind::DUE[..])
    }

    #[test]
    fn an_identity_names_target_subject_time_level_and_kind() {
        let noon = "2026-11-24T12:00:00Z".parse().unwrap();
        let id = AlertId::new(&target("aws", "us-east-1"), Subject::Quota, noon, AlertLevel::Critical, Kind::Escalated);
        assert_eq!(id.as_str(), "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED");
    }

    #[test]
    fn words_of_others_are_not_taken_for_an_identity() {
        let here = target("aws", "us-east-1");
        let noon = "2026-11-24T12:00:00Z".parse().unwrap();
        let id = AlertId::new(&here, Subject::Quota, noon, AlertLevel::Warning, Kind::Raised);
        let texts = [
            "Your account is being closed. Confirm at https://example.com/login".to_owned(),
            format!("{id} https://example.com"),
            format!("https://example.com/{id}"),
            id.as_str().replace("us-east-1", "eu-west-1"),
            id.as_str().replace("111122223333", "444455556666"),
            id.as_str().replace("QUOTA", "https://example.com"),
            id.as_str().replace("QUOTA", "ACCOUNT"),
            // Other ways to write the same moment.
            id.as_str().replace("12:00:00Z", "12:00:00.000Z"),
            id.as_str().replace("12:00:00Z", "13:00:00+01:00"),
            id.as_str().replace("WARNING", "CRITICAL"),
            id.as_str().replace("RAISED", "ESCALATED"),
            String::new(),
        ];
        for text in texts {
            assert_eq!(
                AlertId::stored(&text, &here, Subject::Quota, AlertLevel::Warning, Kind::Raised),
                None,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_reads_back(
            seconds in any::<i64>(), subject in any_subject(), level in any_level(), kind in any_kind(),
        ) {
            let target = target("aws", "us-east-1");
            let id = AlertId::new(&target, subject, Timestamp::from_epoch_seconds(seconds), level, kind);
            prop_assert_eq!(AlertId::stored(id.as_str(), &target, subject, level, kind), Some(id));
        }

        #[test]
        fn what_is_read_was_made_here(text in "\\PC*|111122223333/us-east-1/QUOTA/\\PC*/WARNING/RAISED") {
            let here = target("aws", "us-east-1");
            if let Some(id) = AlertId::stored(&text, &here, Subject::Quota, AlertLevel::Warning, Kind::Raised) {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert!(text.len() <= 80 && text.is_ascii());
            }
        }
    }
}
