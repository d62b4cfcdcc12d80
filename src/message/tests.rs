use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::alert::level_tests::any_level;
use crate::alert::{Kind, Thresholds};
use crate::reading::{Reading, SendQuota};
use crate::target::tests::target;
use crate::time::Timestamp;

fn reading(sent: f64, max: f64) -> Reading {
    Reading { target: target("aws", "us-east-1"), quota: SendQuota::new(sent, max, 14.0).unwrap(), checked_at: noon() }
}

fn noon() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn notification(kind: Kind, previous_level: AlertLevel, reading: Reading) -> Notification {
    let level = Thresholds::default().level(&reading.quota);
    Notification {
        previous_level: Some(previous_level),
        since: Some("2026-11-24T11:40:00Z".parse().unwrap()),
        ..Notification::new(reading, kind, level, noon())
    }
}

fn escalated() -> Notification {
    notification(Kind::Escalated, AlertLevel::Warning, reading(48_100.0, 50_000.0))
}

fn subject_and_email(notification: &Notification) -> String {
    let message = Message::new(notification);
    format!("{}\n\n{}", message.subject, message.email)
}

#[test]
fn escalated_email() {
    assert_snapshot!(subject_and_email(&escalated()), @r#"
    [CRITICAL] SES us-east-1 (111122223333): 96.2% of the 24-hour sending quota used

    CRITICAL: Amazon SES in us-east-1, account 111122223333: 96.2% of the 24-hour sending quota used.
    The level rose from WARNING to CRITICAL.

      Sent in the last 24 hours:  48,100 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       1,900 recipients
      Used:                       96.2%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES AT 100%
    SES rejects every further message ("Daily message quota exceeded"). A program that uses the API
    loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most
    mail servers keep the message and try again.

    WHAT TO DO NOW
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot
       (sign-in, receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED
    "#);
}

#[test]
fn the_documentation_shows_what_arrives() {
    let (readme, alerts) = (include_str!("../../README.md"), include_str!("../../docs/alerts.md"));
    let Message { subject, email, sms, document, .. } = Message::new(&escalated());
    for (page, text) in [
        (readme, format!("```\nSubject: {subject}\n\n{email}```")),
        (readme, format!("`{sms}`")),
        (alerts, format!("```json\n{document}\n```")),
    ] {
        assert!(page.contains(&text), "{text}");
    }
}

#[test]
fn raised_email_without_state() {
    let raised = Notification {
        previous_level: None,
        since: None,
        ..notification(Kind::Raised, AlertLevel::Ok, reading(40_000.0, 50_000.0))
    };
    assert_snapshot!(subject_and_email(&raised), @r#"
    [WARNING] SES us-east-1 (111122223333): 80.0% of the 24-hour sending quota used

    WARNING: Amazon SES in us-east-1, account 111122223333: 80.0% of the 24-hour sending quota used.
    The level is WARNING.

      Sent in the last 24 hours:  40,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       10,000 recipients
      Used:                       80.0%
      Maximum send rate:          14 recipients a second
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES AT 100%
    SES rejects every further message ("Daily message quota exceeded"). A program that uses the API
    loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most
    mail servers keep the message and try again.

    WHAT TO DO NOW
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot
       (sign-in, receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/WARNING/RAISED
    "#);
}

#[test]
fn exhausted_email() {
    let exhausted = notification(Kind::Escalated, AlertLevel::Critical, reading(50_003.0, 50_000.0));
    assert_snapshot!(subject_and_email(&exhausted), @r#"
    [EXHAUSTED] SES us-east-1 (111122223333): 100.0% of the 24-hour sending quota used

    EXHAUSTED: Amazon SES in us-east-1, account 111122223333: 100.0% of the 24-hour sending quota used.
    SES rejects all mail from this account and Region now.
    The level rose from CRITICAL to EXHAUSTED.

      Sent in the last 24 hours:  50,003 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       0 recipients
      Used:                       100.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES rejects every message ("Daily message quota exceeded"). A program that uses the API loses
    the message, unless it sends it again later. Over SMTP the error is temporary (454): most mail
    servers keep the message and try again.

    WHAT TO DO NOW
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot
       (sign-in, receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/EXHAUSTED/ESCALATED
    "#);
}

#[test]
fn quota_of_zero_email() {
    let zero = notification(Kind::Raised, AlertLevel::Ok, reading(12.0, 0.0));
    assert_snapshot!(subject_and_email(&zero), @r#"
    [EXHAUSTED] SES us-east-1 (111122223333): the sending quota is 0, no mail can be sent

    EXHAUSTED: Amazon SES in us-east-1, account 111122223333: the sending quota is 0, no mail can be sent.
    SES rejects all mail from this account and Region now.
    The level rose from OK to EXHAUSTED.

      Sent in the last 24 hours:  12 recipients
      24-hour sending quota:      0 recipients
      Left:                       0 recipients
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES rejects every message ("Daily message quota exceeded"). A program that uses the API loses
    the message, unless it sends it again later. Over SMTP the error is temporary (454): most mail
    servers keep the message and try again.

    WHAT TO DO NOW
    1. See why the account may not send, and answer what AWS asks for there:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. Ask for a sending quota. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    3. Stop the programs that send, or let them retry: all their mail is rejected.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/EXHAUSTED/RAISED
    "#);
}

#[test]
fn reminder_email() {
    let reminder = notification(Kind::Reminder, AlertLevel::Warning, reading(41_000.0, 50_000.0));
    assert_snapshot!(subject_and_email(&reminder), @r#"
    [WARNING] SES us-east-1 (111122223333): still 82.0% of the 24-hour sending quota used

    WARNING: Amazon SES in us-east-1, account 111122223333: 82.0% of the 24-hour sending quota used.
    Reminder: the level is still WARNING.

      Sent in the last 24 hours:  41,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       9,000 recipients
      Used:                       82.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES AT 100%
    SES rejects every further message ("Daily message quota exceeded"). A program that uses the API
    loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most
    mail servers keep the message and try again.

    WHAT TO DO NOW
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot
       (sign-in, receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/WARNING/REMINDER
    "#);
}

#[test]
fn recovered_email() {
    let recovered = notification(Kind::Recovered, AlertLevel::Critical, reading(31_000.0, 50_000.0));
    assert_snapshot!(subject_and_email(&recovered), @"
    [OK] SES us-east-1 (111122223333): recovered, 62.0% of the 24-hour sending quota used

    OK: Amazon SES in us-east-1, account 111122223333: 62.0% of the 24-hour sending quota used.
    The alert is over: the level is back to OK, after CRITICAL.

      Sent in the last 24 hours:  31,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       19,000 recipients
      Used:                       62.0%
      Maximum send rate:          14 recipients a second
      Was above OK from:          2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    Nothing at once. Mail that was held back can be sent again, a part at a time: it counts
    against the quota too. If this happens often, ask for a higher quota:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/RECOVERED
    ");
}

#[test]
fn recovered_because_unlimited_email() {
    let recovered = notification(Kind::Recovered, AlertLevel::Warning, reading(41_000.0, -1.0));
    assert_snapshot!(subject_and_email(&recovered), @"
    [OK] SES us-east-1 (111122223333): recovered, the 24-hour sending quota is unlimited

    OK: Amazon SES in us-east-1, account 111122223333: the 24-hour sending quota is unlimited.
    The alert is over: the level is back to OK, after WARNING.

      Sent in the last 24 hours:  41,000 recipients
      24-hour sending quota:      unlimited
      Maximum send rate:          14 recipients a second
      Was above OK from:          2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    Nothing. Mail that was held back can be sent again.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/RECOVERED
    ");
}

#[test]
fn test_email() {
    let test = Notification::new(reading(1_234.0, 50_000.0), Kind::Test, AlertLevel::Ok, noon());
    assert_snapshot!(subject_and_email(&test), @"
    [TEST] SES us-east-1 (111122223333): test alert, 2.4% of the 24-hour sending quota used

    TEST: Amazon SES in us-east-1, account 111122223333: 2.4% of the 24-hour sending quota used.
    This is a test alert. Nothing needs to be done. The level now is OK.

      Sent in the last 24 hours:  1,234 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       48,766 recipients
      Used:                       2.4%
      Maximum send rate:          14 recipients a second
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    You received this, so alerts reach you. The account:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/TEST
    ");
}

#[test]
fn links_of_every_partition() {
    let links = [
        ("aws", "eu-west-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-iso", "us-iso-east-1"),
    ]
    .map(|(partition, region)| {
        let reading = Reading { target: target(partition, region), ..reading(48_100.0, 50_000.0) };
        let email = Message::new(&notification(Kind::Raised, AlertLevel::Ok, reading)).email;
        let links: Vec<&str> = email
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("https") || line.starts_with("In the console"))
            .collect();
        links.join("\n")
    })
    .join("\n");
    assert_snapshot!(links, @"
    https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1#/account
    https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=eu-west-1
    https://us-gov-west-1.console.amazonaws-us-gov.com/ses/home?region=us-gov-west-1#/account
    https://us-gov-west-1.console.amazonaws-us-gov.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-gov-west-1
    https://cn-north-1.console.amazonaws.cn/ses/home?region=cn-north-1#/account
    https://cn-north-1.console.amazonaws.cn/servicequotas/home/services/ses/quotas/L-804C8AE8?region=cn-north-1
    https://eusc-de-east-1.console.amazonaws-eusc.eu/ses/home?region=eusc-de-east-1#/account
    https://eusc-de-east-1.console.amazonaws-eusc.eu/servicequotas/home/services/ses/quotas/L-804C8AE8?region=eusc-de-east-1
    In the console of us-iso-east-1: the SES account dashboard
    In the console of us-iso-east-1: Service Quotas, quota L-804C8AE8
    ");
}

#[test]
fn sms() {
    let texts = [
        escalated(),
        notification(Kind::Raised, AlertLevel::Ok, reading(40_000.0, 50_000.0)),
        notification(Kind::Escalated, AlertLevel::Critical, reading(50_003.0, 50_000.0)),
        notification(Kind::Raised, AlertLevel::Ok, reading(0.0, 0.0)),
        notification(Kind::Reminder, AlertLevel::Critical, reading(48_200.0, 50_000.0)),
        notification(Kind::Recovered, AlertLevel::Critical, reading(31_000.0, 50_000.0)),
        notification(Kind::Recovered, AlertLevel::Critical, reading(31_000.0, -1.0)),
        Notification::new(reading(1_234.0, 50_000.0), Kind::Test, AlertLevel::Ok, noon()),
    ]
    .map(|notification| Message::new(&notification).sms)
    .join("\n");
    assert_snapshot!(texts, @"
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. 1,900 of 50,000 left. Hold bulk mail, raise the quota.
    WARNING: SES us-east-1 (111122223333) 80.0% of 24h quota used. 10,000 of 50,000 left. Hold bulk mail, raise the quota.
    EXHAUSTED: SES us-east-1 (111122223333) 100.0% of 24h quota used. 50,003 sent, quota 50,000. SES rejects mail. Raise the quota.
    EXHAUSTED: SES us-east-1 (111122223333) sending quota is 0. SES rejects mail. Raise the quota.
    CRITICAL: SES us-east-1 (111122223333) 96.4% of 24h quota used. 1,800 of 50,000 left. Hold bulk mail, raise the quota.
    OK: SES us-east-1 (111122223333) 62.0% of 24h quota used. 19,000 of 50,000 left. Recovered.
    OK: SES us-east-1 (111122223333) sending quota is unlimited. Recovered.
    TEST: SES us-east-1 (111122223333) 2.4% of 24h quota used. 48,766 of 50,000 left. Only a test.
    ");
}

#[test]
fn documents() {
    let unlimited = notification(Kind::Recovered, AlertLevel::Warning, reading(41_000.0, -1.0));
    let test = Notification::new(reading(1_234.0, 50_000.0), Kind::Test, AlertLevel::Ok, noon());
    let documents = [escalated(), unlimited, test].map(|notification| Message::new(&notification).document).join("\n");
    assert_snapshot!(documents, @r#"
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED","kind":"ESCALATED","level":"CRITICAL","previousLevel":"WARNING","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":48100,"max24HourSend":50000,"remaining":1900,"maxSendRate":14,"utilizationPercent":96.2,"test":false}
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/RECOVERED","kind":"RECOVERED","level":"OK","previousLevel":"WARNING","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":41000,"maxSendRate":14,"test":false}
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/TEST","kind":"TEST","level":"OK","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":1234,"max24HourSend":50000,"remaining":48766,"maxSendRate":14,"utilizationPercent":2.4,"test":true}
    "#);
}

#[test]
fn every_protocol_gets_its_text() {
    let message = Message::new(&escalated());
    let body: serde_json::Value = serde_json::from_str(&message.body()).unwrap();
    assert_eq!(body["default"], body["email"]);
    assert_eq!(body["sms"], message.sms);
    for protocol in ["http", "https", "lambda", "sqs", "firehose"] {
        assert_eq!(body[protocol], message.document);
    }
    let attributes =
        message.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    assert_snapshot!(attributes, @"level=CRITICAL kind=ESCALATED account=111122223333 region=us-east-1");
}

#[test]
fn in_the_sandbox_production_access_is_what_to_ask_for() {
    let mut near = reading(190.0, 200.0);
    near.quota = SendQuota::new(190.0, 200.0, 1.0).unwrap();
    let mut over = near.clone();
    over.quota = SendQuota::new(610.0, 200.0, 1.0).unwrap();
    let near = notification(Kind::Raised, AlertLevel::Ok, near);
    assert_snapshot!(subject_and_email(&near), @r#"
    [CRITICAL] SES us-east-1 (111122223333): 95.0% of the 24-hour sending quota used

    CRITICAL: Amazon SES in us-east-1, account 111122223333: 95.0% of the 24-hour sending quota used.
    The level rose from OK to CRITICAL.

      Sent in the last 24 hours:  190 recipients
      24-hour sending quota:      200 recipients
      Left:                       10 recipients
      Used:                       95.0%
      Maximum send rate:          1 recipient a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES AT 100%
    SES rejects every further message ("Daily message quota exceeded"). A program that uses the API
    loses the message, unless it sends it again later. Over SMTP the error is temporary (454): most
    mail servers keep the message and try again.

    WHAT TO DO NOW
    1. Ask for production access now, not for a higher quota: 200 recipients a day and 1 a second
       are the limits of the SES sandbox. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. Hold back mail that can wait (campaigns, digests), so that the mail that cannot
       (sign-in, receipts) still goes out. Each recipient counts, not each message.
    3. See what was sent, and whether it should have been: on the same page.
    4. If the account has left the sandbox and kept its limits, ask for a higher quota:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/RAISED
    "#);
    let over = notification(Kind::Escalated, AlertLevel::Critical, over);
    assert_snapshot!([&near, &over].map(|notification| Message::new(notification).sms).join("\n"), @"
    CRITICAL: SES us-east-1 (111122223333) 95.0% of 24h quota used. 10 of 200 left. Hold bulk mail, ask for production access.
    EXHAUSTED: SES us-east-1 (111122223333) 305.0% of 24h quota used. 610 sent, quota 200. SES rejects mail. Ask for production access.
    ");
    // One of the two limits is not enough.
    for (max, rate) in [(201.0, 1.0), (200.0, 14.0), (200.0, f64::NAN)] {
        let quota = SendQuota::new(199.0, max, rate).unwrap();
        let other = Reading { quota, ..near.reading.clone() };
        assert!(!Message::new(&notification(Kind::Raised, AlertLevel::Ok, other)).email.contains("sandbox"));
    }
}

#[test]
fn a_rate_that_is_no_number_is_called_what_it_is() {
    for (rate, called) in [(f64::NAN, "unknown"), (-1.0, "unlimited")] {
        let quota = SendQuota::new(48_100.0, 50_000.0, rate).unwrap();
        let message = Message::new(&Notification { reading: Reading { quota, ..reading(0.0, 0.0) }, ..escalated() });
        let line = format!("Maximum send rate:          {called}\n");
        assert!(message.email.contains(&line), "{}", message.email);
        assert!(!message.document.contains("maxSendRate"));
    }
}

#[test]
fn a_test_alert_about_several_targets() {
    let test = |sent, max| {
        Notification::new(
            reading(sent, max),
            Kind::Test,
            Thresholds::default().level(&reading(sent, max).quota),
            noon(),
        )
    };
    let message = Message::test(&[test(48_100.0, 50_000.0), test(10.0, -1.0)]).unwrap();
    let Message { subject, email, sms, document, attributes } = message;
    assert_snapshot!(format!("{subject}\n\n{email}\n{sms}\n\n{document}\n\n{attributes:?}"), @r#"
    [TEST] SES: test alert, 2 targets

    TEST: Amazon SES, 2 targets.
    This is a test alert. Nothing needs to be done.

      us-east-1 (account 111122223333): CRITICAL, 96.2% of the 24-hour sending quota used
      us-east-1 (account 111122223333): OK, the 24-hour sending quota is unlimited

    WHAT TO DO
    You received this, so alerts reach you. A real alert names one target, and says what to do.

    TEST: SES, 2 targets. Only a test.

    {"schemaVersion":1,"digest":true,"subject":"QUOTA","kind":"TEST","level":"CRITICAL","count":2,"alerts":[{"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/TEST","kind":"TEST","level":"CRITICAL","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":48100,"max24HourSend":50000,"remaining":1900,"maxSendRate":14,"utilizationPercent":96.2,"test":true},{"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/TEST","kind":"TEST","level":"OK","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":10,"maxSendRate":14,"test":true}]}

    [("level", "CRITICAL"), ("kind", "TEST")]
    "#);
}

#[test]
fn a_test_alert_about_many_targets_names_fifty_and_fits() {
    let test = Notification::new(reading(48_100.0, 50_000.0), Kind::Test, AlertLevel::Critical, noon());
    let message = Message::test(&vec![test; 10_000]).unwrap();
    assert!(message.email.contains("and 9950 more"));
    // SNS accepts 256 KiB.
    assert!(message.body().len() < 200 * 1024, "{}", message.body().len());
    assert!(message.subject.len() <= subject::CHARACTERS && message.sms.len() <= sms::CHARACTERS);
    assert_eq!(Message::test(&[]), None);
}

fn any_notification() -> impl Strategy<Value = Notification> {
    let kind = prop::sample::select(vec![Kind::Raised, Kind::Escalated, Kind::Reminder, Kind::Recovered, Kind::Test]);
    let place = prop::sample::select(vec![
        ("aws", "us-east-1"),
        ("aws", "ap-southeast-99"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "a234567890-234567-90"),
    ])
    .prop_map(|(partition, region)| target(partition, region));
    let max = prop_oneof![Just(-1.0), Just(0.0), Just(200.0), 1.0..1e12_f64, (1_u32..2_000_000).prop_map(f64::from)];
    let rate = prop_oneof![Just(-1.0), Just(f64::NAN), Just(1.0), 0.0..1e12_f64];
    (kind, any_level(), prop::option::of(any_level()), place, 0.0..1e12_f64, max, rate, any::<i64>()).prop_map(
        |(kind, level, previous_level, target, sent, max, rate, seconds)| {
            let checked_at = Timestamp::from_epoch_seconds(seconds);
            let quota = SendQuota::new(sent, max, rate).unwrap();
            let reading = Reading { target, quota, checked_at };
            Notification {
                previous_level,
                since: previous_level.map(|_| checked_at),
                ..Notification::new(reading, kind, level, checked_at)
            }
        },
    )
}

proptest! {
    #[test]
    fn sns_and_phones_take_every_message(notification in any_notification()) {
        let message = Message::new(&notification);
        prop_assert!(message.subject.len() <= subject::CHARACTERS, "{}", message.subject);
        prop_assert!(message.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert!(message.sms.len() <= sms::CHARACTERS, "{}", message.sms);
        // The ASCII characters that GSM-7 encodes as one character each.
        let gsm_7 = |byte: u8| (b' '..=b'~').contains(&byte) && !b"[]{}\\^~|`".contains(&byte);
        prop_assert!(message.sms.bytes().all(gsm_7), "{}", message.sms);
        prop_assert!(message.sms.starts_with(subject::label(&notification)));
        // SNS accepts 256 KiB.
        prop_assert!(message.body().len() < 16 * 1024);
        prop_assert!(!message.email.contains(" 1 recipients"), "{}", message.email);
        for text in [&message.email, &message.sms, &message.document] {
            prop_assert!(!text.contains("NaN") && !text.contains(" inf") && !text.contains("null") && !text.contains(" -1"));
        }
        let document: serde_json::Value = serde_json::from_str(&message.document).unwrap();
        prop_assert!(document.as_object().unwrap().values().all(|value| !value.is_null() && value != &serde_json::json!(-1)));
        let version_first = message.document.starts_with("{\"schemaVersion\":1,");
        prop_assert!(version_first);
    }
}
