use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::alert::level_tests::any_level;
use crate::alert::{AlertId, AlertPolicy, Finding, IncidentId, Unread};
use crate::failure::{Failure, Stage};
use crate::forecast::tests::any::any_forecast;
use crate::forecast::{Forecast, Outlook, Peak, Window};
use crate::reading::{AccountStatus, IncreaseRequest, Reading, RequestStatus, SendQuota};
use crate::target::tests::target;
use crate::target::{AccountName, Region, Target};
use crate::time::Timestamp;

mod increase;

fn reading(sent: f64, max: f64) -> Reading {
    let quota = SendQuota::new(sent, max, 14.0).ok();
    Reading { quota, account: status(true, "HEALTHY"), ..Reading::unknown(target("aws", "us-east-1"), noon()) }
}

fn status(enabled: bool, name: &str) -> Option<AccountStatus> {
    AccountStatus::new(Some(enabled), Some(name), Some(true))
}

fn noon() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// A notification about a finding, of the level that it has by itself.
fn about(finding: Finding, kind: Kind, previous_level: AlertLevel, reading: Reading) -> Notification {
    let policy = AlertPolicy::default();
    let level = policy.level(&finding, reading.checked_at);
    let since = "2026-11-24T11:40:00Z".parse().unwrap();
    Notification {
        incident_id: Some(IncidentId::new(&reading.target, finding.subject(), since)),
        previous_level: Some(previous_level),
        since: Some(since),
        ..alone(finding, kind, level, reading)
    }
}

/// A notification that refers to nothing earlier.
fn alone(finding: Finding, kind: Kind, level: AlertLevel, reading: Reading) -> Notification {
    let cause = AlertPolicy::default().cause(&finding, level);
    Notification::new(reading, finding, kind, level, cause)
}

/// A notification about the quota.
fn notification(kind: Kind, previous_level: AlertLevel, reading: Reading) -> Notification {
    about(Finding::Quota(reading.quota.unwrap()), kind, previous_level, reading)
}

/// A test alert.
fn test_alert(reading: Reading) -> Notification {
    let finding = Finding::Quota(reading.quota.unwrap());
    let level = AlertPolicy::default().level(&finding, noon());
    alone(finding, Kind::Test, level, reading)
}

fn escalated() -> Notification {
    let forecast = Some(filling());
    notification(Kind::Escalated, AlertLevel::Warning, Reading { forecast, ..reading(48_100.0, 50_000.0) })
}

/// A forecast that the quota is full two and a half hours after noon.
fn filling() -> Forecast {
    let at = |text: &str| text.parse().unwrap();
    let window = Window { earliest: at("2026-11-24T13:48:20Z"), latest: at("2026-11-24T16:08:00Z") };
    let peak = Peak { percent: 104.26, low: 99.1, high: 109.7, at: at("2026-11-24T17:45:00Z") };
    let outlook = Outlook::Breach { at: at("2026-11-24T14:31:10Z"), window, peak, probability: 0.741 };
    Forecast { outlook, if_pace_holds: None, history_days: 14 }
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
    At the usual course the quota is full at about 14:30 UTC (between 13:45 and 16:15).
    The level rose from WARNING to CRITICAL: 96.2% is above the CRITICAL threshold of 95%.

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
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
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
        (alerts, format!("```text\n{}\n```", Message::new(&role_denied()).subject)),
    ] {
        assert!(page.contains(&text), "{text}");
    }
}

#[test]
fn the_documentation_shows_names_as_they_arrive() {
    let named = called("Payments", escalated());
    let (message, digest) = (Message::new(&named), Message::of(&[&named, &named]).unwrap());
    let examples = [
        (message.email, "Amazon SES in us-east-1, account 111122223333 (Payments): "),
        (digest.email, "us-east-1 (account 111122223333, Payments): "),
        (message.sms, "SES us-east-1 (Payments, 111122223333) "),
        (message.chat, "Account: 111122223333 (Payments)"),
        (message.document, "\"accountName\":\"Payments\""),
    ];
    for (text, example) in examples {
        assert!(text.contains(example), "{text}");
        assert!(include_str!("../../docs/alerts.md").contains(&format!("`{example}")), "{example}");
    }
}

#[test]
fn raised_email_without_state() {
    let raised = Notification {
        incident_id: None,
        previous_level: None,
        since: None,
        ..notification(Kind::Raised, AlertLevel::Ok, reading(40_000.0, 50_000.0))
    };
    assert_snapshot!(subject_and_email(&raised), @r#"
    [WARNING] SES us-east-1 (111122223333): 80.0% of the 24-hour sending quota used

    WARNING: Amazon SES in us-east-1, account 111122223333: 80.0% of the 24-hour sending quota used.
    The level is WARNING: 80.0% is at the WARNING threshold of 80%.

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
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
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
    The level rose from CRITICAL to EXHAUSTED: 100.0% is at the EXHAUSTED threshold of 100%.

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
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
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
    The level rose from OK to EXHAUSTED: the 24-hour sending quota is 0.

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

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/EXHAUSTED/RAISED
    "#);
}

#[test]
fn reminder_email() {
    let reminder = notification(Kind::Reminder, AlertLevel::Warning, reading(41_000.0, 50_000.0));
    assert_snapshot!(subject_and_email(&reminder), @r#"
    [WARNING] SES us-east-1 (111122223333): still 82.0% of the 24-hour sending quota used

    WARNING: Amazon SES in us-east-1, account 111122223333: 82.0% of the 24-hour sending quota used.
    Reminder: the level is still WARNING: 82.0% is above the WARNING threshold of 80%.

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
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. Ask for a higher quota now. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
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
    Nothing at once. Mail that was held back can be sent again, a part at a time: it counts against
    the quota too. If this happens often, ask for a higher quota:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
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

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/RECOVERED
    ");
}

#[test]
fn test_email() {
    let test = test_alert(reading(1_234.0, 50_000.0));
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
        test_alert(reading(1_234.0, 50_000.0)),
    ]
    .map(|notification| Message::new(&notification).sms)
    .join("\n");
    assert_snapshot!(texts, @"
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
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
    let test = test_alert(reading(1_234.0, 50_000.0));
    let documents = [escalated(), unlimited, test].map(|notification| Message::new(&notification).document).join("\n");
    assert_snapshot!(documents, @r#"
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED","incidentId":"111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z","subject":"QUOTA","kind":"ESCALATED","level":"CRITICAL","previousLevel":"WARNING","reason":"96.2% is above the CRITICAL threshold of 95%","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":48100,"max24HourSend":50000,"remaining":1900,"maxSendRate":14,"utilizationPercent":96.2,"forecast":{"verdict":"breach","breachAt":"2026-11-24T14:31:10Z","breachEarliest":"2026-11-24T13:48:20Z","breachLatest":"2026-11-24T16:08:00Z","peakPercent":104.3,"peakLowPercent":99.1,"peakHighPercent":109.7,"peakAt":"2026-11-24T17:45:00Z","probability":0.74},"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":false}
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/RECOVERED","incidentId":"111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z","subject":"QUOTA","kind":"RECOVERED","level":"OK","previousLevel":"WARNING","reason":"the 24-hour sending quota is unlimited","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":41000,"maxSendRate":14,"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":false}
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/TEST","subject":"QUOTA","kind":"TEST","level":"OK","reason":"2.4% is below the WARNING threshold of 80%","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":1234,"max24HourSend":50000,"remaining":48766,"maxSendRate":14,"utilizationPercent":2.4,"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":true}
    "#);
}

fn attributes(message: &Message) -> String {
    message.attributes.named().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_protocol_gets_its_text() {
    let message = Message::new(&escalated());
    let body: serde_json::Value = serde_json::from_str(&message.body()).unwrap();
    assert_eq!(body["default"], body["email"]);
    assert_eq!(body["sms"], message.sms);
    assert_eq!(body["https"], message.chat);
    for protocol in ["http", "lambda", "sqs", "firehose"] {
        assert_eq!(body[protocol], message.document);
    }
    assert_snapshot!(attributes(&message), @"level=CRITICAL kind=ESCALATED subject=QUOTA account=111122223333 region=us-east-1");
}

#[test]
fn where_ses_does_not_say_the_limits_of_the_sandbox_are_taken_for_it() {
    let like = |sent| Reading { quota: SendQuota::new(sent, 200.0, 1.0).ok(), account: None, ..reading(0.0, 0.0) };
    let (near, over) = (like(190.0), like(610.0));
    let near = notification(Kind::Raised, AlertLevel::Ok, near);
    assert_snapshot!(subject_and_email(&near), @r#"
    [CRITICAL] SES us-east-1 (111122223333): 95.0% of the 24-hour sending quota used

    CRITICAL: Amazon SES in us-east-1, account 111122223333: 95.0% of the 24-hour sending quota used.
    The level rose from OK to CRITICAL: 95.0% is at the CRITICAL threshold of 95%.

      Account status:             unknown
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
    2. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    3. See what was sent, and whether it should have been: on the same page.
    4. If the account has left the sandbox and kept its limits, ask for a higher quota:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/RAISED
    "#);
    let over = notification(Kind::Escalated, AlertLevel::Critical, over);
    assert_snapshot!([&near, &over].map(|notification| Message::new(notification).sms).join("\n"), @"
    CRITICAL: SES us-east-1 (111122223333) 95.0% of 24h quota used. 10 of 200 left. Hold bulk mail, ask for production access.
    EXHAUSTED: SES us-east-1 (111122223333) 305.0% of 24h quota used. 610 sent, quota 200. SES rejects mail. Ask for production access.
    ");
    // One of the two limits is not enough.
    for (max, rate) in [(201.0, 1.0), (200.0, 14.0), (200.0, f64::NAN)] {
        let quota = SendQuota::new(199.0, max, rate).ok();
        let other = Reading { quota, ..near.reading.clone() };
        assert!(!Message::new(&notification(Kind::Raised, AlertLevel::Ok, other)).email.contains("sandbox"));
    }
    // Where SES says that it is none, it is none.
    let production = Reading { account: status(true, "HEALTHY"), ..near.reading };
    assert!(!Message::new(&notification(Kind::Raised, AlertLevel::Ok, production)).email.contains("sandbox"));
}

#[test]
fn a_rate_that_is_no_number_is_called_what_it_is() {
    for (rate, called) in [(f64::NAN, "unknown"), (-1.0, "unlimited")] {
        let quota = SendQuota::new(48_100.0, 50_000.0, rate).ok();
        let message = Message::new(&Notification { reading: Reading { quota, ..reading(0.0, 0.0) }, ..escalated() });
        let line = format!("Maximum send rate:          {called}\n");
        assert!(message.email.contains(&line), "{}", message.email);
        assert!(!message.document.contains("maxSendRate"));
    }
}

#[test]
fn a_test_alert_about_several_targets() {
    let tests = [test_alert(reading(48_100.0, 50_000.0)), test_alert(reading(10.0, -1.0))];
    let message = Message::of(&tests.each_ref()).unwrap();
    let attributes = attributes(&message);
    let Message { subject, email, sms, document, chat, .. } = message;
    assert_snapshot!(format!("{subject}\n\n{email}\n{sms}\n\n{document}\n\n{chat}\n\n{attributes}"), @r#"
    [TEST] SES: test alert, 2 targets

    TEST: Amazon SES, 2 targets.
    This is a test alert. Nothing needs to be done.

      us-east-1 (account 111122223333): CRITICAL, 96.2% of the 24-hour sending quota used
      us-east-1 (account 111122223333): OK, the 24-hour sending quota is unlimited

    WHAT TO DO
    You received this, so alerts reach you. A real alert says what to do.

    TEST: SES, 2 targets. Only a test.

    {"schemaVersion":1,"digest":true,"subject":"QUOTA","kind":"TEST","level":"CRITICAL","count":2,"alerts":[{"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/TEST","subject":"QUOTA","kind":"TEST","level":"CRITICAL","reason":"96.2% is above the CRITICAL threshold of 95%","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":48100,"max24HourSend":50000,"remaining":1900,"maxSendRate":14,"utilizationPercent":96.2,"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":true},{"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/OK/TEST","subject":"QUOTA","kind":"TEST","level":"OK","reason":"the 24-hour sending quota is unlimited","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","sentLast24Hours":10,"maxSendRate":14,"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":true}]}

    {"version":"1.0","source":"custom","content":{"textType":"client-markdown","title":"[TEST] SES: test alert, 2 targets","description":"  us-east-1 (account 111122223333): CRITICAL, 96.2% of the 24-hour sending quota used\n  us-east-1 (account 111122223333): OK, the 24-hour sending quota is unlimited\n","nextSteps":["You received this, so alerts reach you. A real alert says what to do."],"keywords":["CRITICAL","TEST","QUOTA"]},"metadata":{"additionalContext":{"count":"2","digest":"true","kind":"TEST","level":"CRITICAL","schemaVersion":"1","subject":"QUOTA"}}}

    level=CRITICAL kind=TEST subject=QUOTA
    "#);
}

#[test]
fn a_test_alert_about_many_targets_names_fifty_and_fits() {
    // The longest name, of characters that JSON escapes.
    let test = called(&"\"".repeat(50), test_alert(reading(48_100.0, 50_000.0)));
    let message = Message::of(&vec![&test; 10_000]).unwrap();
    assert!(message.email.contains("and 9950 more"));
    // SNS accepts 256 KiB.
    assert!(message.body().len() < 200 * 1024, "{}", message.body().len());
    assert!(message.subject.len() <= subject::CHARACTERS && message.sms.len() <= sms::CHARACTERS);
    assert_eq!(Message::of(&[]), None);
}

fn any_increase() -> impl Strategy<Value = IncreaseRequest> {
    let case = prop_oneof![Just(None), "[0-9]{10,15}".prop_map(Some), "[a-zA-Z0-9-]{64}".prop_map(Some)];
    (1.0..1e12_f64, any::<bool>(), any::<i64>(), case).prop_map(|(value, is_case, seconds, case)| {
        let status = if is_case { RequestStatus::CaseOpened } else { RequestStatus::Pending };
        IncreaseRequest::new(value, status, Timestamp::from_epoch_seconds(seconds), case.as_deref()).unwrap()
    })
}

/// How an unknown would look in our words.
const UNKNOWN: [&str; 4] = ["NaN", "null", " inf", " -1"];

/// Words that AWS might answer with, which are passed on as they are. None that looks like an unknown of ours.
fn words_of_aws(pattern: &'static str) -> impl Strategy<Value = String> {
    pattern.prop_filter("like an unknown", |words| !UNKNOWN.iter().any(|unknown| words.contains(unknown.trim_start())))
}

fn any_name() -> impl Strategy<Value = AccountName> {
    let name =
        prop_oneof![words_of_aws("[ -~]{1,50}"), words_of_aws("[&<>\"\\\\~_]{50}"), words_of_aws("[A-Za-z]{1,12}")];
    name.prop_filter_map("no name", |name| AccountName::new(&name))
}

fn any_notification() -> impl Strategy<Value = Notification> {
    (any_nameless(), prop::option::of(any_name())).prop_map(|(notification, name)| with_name(notification, name))
}

fn with_name(notification: Notification, account_name: Option<AccountName>) -> Notification {
    Notification { reading: Reading { account_name, ..notification.reading }, ..notification }
}

/// A notification about an account whose name is not known. One in two of those about reading is about an account as a whole.
fn any_nameless() -> impl Strategy<Value = Notification> {
    let kind = select(vec![Kind::Raised, Kind::Escalated, Kind::Reminder, Kind::Recovered, Kind::Test]);
    let place = select(vec![
        ("aws", "us-east-1"),
        ("aws", "ap-southeast-99"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "a234567890-234567-90"),
    ])
    .prop_map(|(partition, region)| target(partition, region));
    let max = prop_oneof![Just(-1.0), Just(0.0), Just(200.0), 1.0..1e12_f64, (1_u32..2_000_000).prop_map(f64::from)];
    let rate = prop_oneof![Just(-1.0), Just(f64::NAN), Just(1.0), 0.0..1e12_f64];
    let status = (
        any::<bool>(),
        select(vec!["HEALTHY", "PROBATION", "SHUTDOWN", "A_STATUS_THAT_IS_LONGER_THAN_ANY_OF_AWS_TODAY"]),
    );
    let code = prop_oneof![words_of_aws("[A-Za-z]{1,40}"), Just("AccessDenied".to_owned())];
    let failure = (code, words_of_aws("\\PC{0,600}"), any::<bool>());
    let past = (kind, any_level(), prop::option::of(any_level()), select(&Subject::ALL[..]));
    let read = (place, 0.0..1e12_f64, max, rate, prop::option::of(any::<bool>()), prop::option::of(any_forecast()));
    let open = prop::option::of(any_increase());
    (past, read, status, failure, open, any::<i64>(), 0..10_000_000_i64).prop_map(
        |(
            past,
            (target, sent, max, rate, production, forecast),
            (enabled, name),
            (code, message, is_of_role),
            increase_request,
            seconds,
            unread_for,
        )| {
            let (kind, level, previous_level, subject) = past;
            let checked_at = Timestamp::from_epoch_seconds(seconds);
            let status = AccountStatus::new(Some(enabled), Some(name), production).unwrap();
            let since = checked_at.plus_seconds(-unread_for);
            let is_whole = is_of_role && subject == Subject::Reading;
            let target = if is_whole { Target { region: Region::all(), ..target } } else { target };
            let failure = Failure::new(if is_whole { Stage::Role } else { Stage::Read }, &code, message);
            let used = SendQuota::new(sent, max, rate).ok().and_then(|quota| quota.utilization());
            let finding = match subject {
                Subject::Quota => Finding::Quota(SendQuota::new(sent, max, rate).unwrap()),
                Subject::Account => Finding::Account(status.clone()),
                Subject::Rate => Finding::Rate(used),
                Subject::Reading => Finding::Reading((level > AlertLevel::Ok).then_some(Unread { since, failure })),
            };
            let quota = SendQuota::new(sent, max, rate).ok().filter(|_| subject != Subject::Reading);
            let reading = Reading {
                quota,
                account: Some(status).filter(|_| enabled && !is_whole),
                rate_used: used,
                forecast,
                increase_request,
                ..Reading::unknown(target, checked_at)
            };
            let incident_id = Some(IncidentId::new(&reading.target, subject, since)).filter(|_| kind != Kind::Test);
            let since = previous_level.map(|_| checked_at);
            Notification { incident_id, previous_level, since, ..alone(finding, kind, level, reading) }
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
        // SNS accepts 256 KiB. The longest is about an error that AWS reports at length, in characters that JSON escapes.
        prop_assert!(message.body().len() < 64 * 1024, "{}", message.body().len());
        prop_assert!(!message.email.contains(" 1 recipients"), "{}", message.email);
        // Words are never broken.
        let length = |line: &str| line.chars().count();
        let fits = |line: &str| length(line) <= 160 || line.split(' ').map(length).max() > Some(100);
        prop_assert!(message.email.lines().all(fits), "{}", message.email);
        for text in [&message.email, &message.sms, &message.document] {
            prop_assert!(!UNKNOWN.iter().any(|unknown| text.contains(unknown)), "{text}");
        }
        let document: serde_json::Value = serde_json::from_str(&message.document).unwrap();
        prop_assert!(document.as_object().unwrap().values().all(|value| !value.is_null() && value != &serde_json::json!(-1)));
        let version_first = message.document.starts_with("{\"schemaVersion\":1,");
        prop_assert!(version_first);
    }

    #[test]
    fn a_name_adds_itself_and_changes_nothing_else(nameless in any_nameless(), name in any_name()) {
        let (id, region) = (nameless.reading.target.account.id.clone(), nameless.reading.target.region.clone());
        let (plain, named) = (Message::new(&nameless), Message::new(&with_name(nameless, Some(name.clone()))));
        prop_assert_eq!(&named.subject, &plain.subject);
        prop_assert_eq!(&named.attributes, &plain.attributes);
        let account = format!("account {id} ({name}): ");
        // A line breaks elsewhere for it.
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(
            words(&named.email), words(&plain.email.replacen(&format!("account {id}: "), &account, 1)), "{}", named.email
        );
        let with_name = plain.sms.replacen(&format!("({id})"), &format!("({}, {id})", name.as_str().replace('_', " ")), 1);
        let fits = with_name.len() <= sms::CHARACTERS && !name.as_str().contains(['[', ']', '{', '}', '\\', '^', '~', '|', '`']);
        prop_assert_eq!(&named.sms, if fits { &with_name } else { &plain.sms });
        let mut document: serde_json::Value = serde_json::from_str(&named.document).unwrap();
        let written = document.as_object_mut().unwrap().remove("accountName");
        prop_assert_eq!(written, Some(serde_json::json!(name)));
        prop_assert_eq!(document, serde_json::from_str::<serde_json::Value>(&plain.document).unwrap());
        let shown = serde_json::from_str::<serde_json::Value>(&named.chat).unwrap()["content"]["description"].to_string();
        prop_assert!(shown.contains(&format!("Account: {id} (")), "{shown}");
        // What stands for all Regions is in no address, and in no command.
        if region.is_all() {
            for text in [&named.email, &named.chat] {
                prop_assert!(!["//all.", "=all", "region all", "of all:"].iter().any(|part| text.contains(part)), "{text}");
            }
        }
    }

    #[test]
    fn a_digest_holds_as_many_as_fit_and_is_taken(notification in any_notification(), count in 2..120_usize) {
        let all = vec![&notification; count];
        let fitting = fitting(&all);
        prop_assert!((1..=count.min(50)).contains(&fitting));
        let message = Message::of(&all[..fitting]).unwrap();
        prop_assert!(message.body().len() <= 200 * 1024);
        prop_assert!(message.subject.len() <= subject::CHARACTERS, "{}", message.subject);
        prop_assert!(message.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert!(message.sms.len() <= sms::CHARACTERS, "{}", message.sms);
        let lines: Vec<usize> = message.email.lines().map(|line| line.chars().count()).collect();
        prop_assert!(lines.iter().all(|length| *length <= 160), "{}", message.email);
        // Fifty of a usual size do fit.
        prop_assert!(fitting == count.min(50) || Message::new(&notification).body().len() > 3_000);
    }

    #[test]
    fn chat_takes_every_message(notification in any_notification(), count in 1..4_usize) {
        // Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications".
        let chat: serde_json::Value = serde_json::from_str(&Message::of(&vec![&notification; count]).unwrap().chat).unwrap();
        let content = &chat["content"];
        let length = |value: &serde_json::Value| value.as_str().unwrap().chars().count();
        prop_assert!((1..=250).contains(&length(&content["title"])));
        prop_assert!((1..=8_000).contains(&length(&content["description"])));
        prop_assert!(content["nextSteps"].as_array().unwrap().iter().all(|step| (1..=350).contains(&length(step))));
        prop_assert!(content["keywords"].as_array().unwrap().iter().all(|word| (1..=75).contains(&length(word))));
        prop_assert!(!chat.to_string().contains("...\""), "a text is cut: {chat}");
        let context = chat["metadata"]["additionalContext"].as_object().unwrap();
        prop_assert!(context.values().all(serde_json::Value::is_string));
    }
}

#[test]
fn an_account_under_review() {
    let review = Reading { account: status(true, "PROBATION"), ..reading(12_000.0, 50_000.0) };
    let finding = Finding::Account(review.account.clone().unwrap());
    assert_snapshot!(subject_and_email(&about(finding, Kind::Raised, AlertLevel::Ok, review)), @"
    [WARNING] SES us-east-1 (111122223333): AWS is reviewing the account

    WARNING: Amazon SES in us-east-1, account 111122223333: AWS is reviewing the account.
    The level rose from OK to WARNING: AWS has put the account under review (PROBATION).

      Sending:                    enabled
      Account status:             PROBATION (under review)
      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES still accepts mail. If the issue is not corrected in time, AWS may pause the account: then
    SES rejects all mail.

    WHAT TO DO NOW
    1. Read what AWS wrote to the email address of the AWS account; it names the issue.
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. If you can, stop the mail that caused the issue. You may still send, but more of the same can
       make it worse, and AWS may refuse higher quotas in the meantime.
    3. Correct the cause. Then reply to the case that AWS opened for you in the AWS Support Center:
       what caused the issue, what you have changed already (not what you plan), and how that keeps
       it from happening again.
       https://console.aws.amazon.com/support/home

    Incident ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/WARNING/RAISED
    ");
}

#[test]
fn an_account_that_aws_has_paused() {
    let paused = Reading { account: status(false, "SHUTDOWN"), ..reading(12_000.0, 50_000.0) };
    let finding = Finding::Account(paused.account.clone().unwrap());
    assert_snapshot!(subject_and_email(&about(finding, Kind::Escalated, AlertLevel::Warning, paused)), @r#"
    [EXHAUSTED] SES us-east-1 (111122223333): sending is paused

    EXHAUSTED: Amazon SES in us-east-1, account 111122223333: sending is paused.
    SES rejects all mail from this account and Region now.
    The level rose from WARNING to EXHAUSTED: AWS reports the account as SHUTDOWN: sending is
    paused.

      Sending:                    paused
      Account status:             SHUTDOWN (paused by AWS)
      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES rejects every message ("SendingPausedException"). A program loses it, unless it sends it
    again once sending is resumed.

    WHAT TO DO NOW
    1. AWS paused it, and only AWS can resume it. Read what AWS wrote to the email address of the
       AWS account; it names the issue. The AWS Health Dashboard has a copy.
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. Find the cause and correct it. Then reply to the case that AWS opened for you in the AWS
       Support Center: what caused the issue, what you have changed already (not what you plan), and
       how that keeps it from happening again.
       https://console.aws.amazon.com/support/home
    3. Until then, stop the programs that send, or let them try again later: all their mail is
       rejected.

    Incident ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/EXHAUSTED/ESCALATED
    "#);
}

#[test]
fn an_account_that_somebody_has_paused() {
    let paused = Reading { account: status(false, "HEALTHY"), quota: None, ..reading(0.0, 0.0) };
    let finding = Finding::Account(paused.account.clone().unwrap());
    assert_snapshot!(subject_and_email(&about(finding, Kind::Raised, AlertLevel::Ok, paused)), @r#"
    [EXHAUSTED] SES us-east-1 (111122223333): sending is paused

    EXHAUSTED: Amazon SES in us-east-1, account 111122223333: sending is paused.
    SES rejects all mail from this account and Region now.
    The level rose from OK to EXHAUSTED: AWS reports that sending is not enabled.

      Sending:                    paused
      Account status:             HEALTHY
      24-hour sending quota:      unknown
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES rejects every message ("SendingPausedException"). A program loses it, unless it sends it
    again once sending is resumed.

    WHAT TO DO NOW
    1. Ask who paused it, and why. AWS reports the account as HEALTHY, not as SHUTDOWN, so it was
       probably not AWS, but somebody with access to the account, or an automation, such as an alarm
       on the bounce rate.
    2. When the reason is gone, resume sending:
       aws sesv2 put-account-sending-attributes --sending-enabled --region us-east-1
    3. Until then, stop the programs that send, or let them try again later: all their mail is
       rejected.

    Incident ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/EXHAUSTED/RAISED
    "#);
}

#[test]
fn an_account_with_a_status_that_is_not_known() {
    let other = Reading { account: status(true, "RESTRICTED_BY_AWS"), ..reading(12_000.0, 50_000.0) };
    let finding = Finding::Account(other.account.clone().unwrap());
    assert_snapshot!(subject_and_email(&about(finding, Kind::Raised, AlertLevel::Ok, other)), @"
    [WARNING] SES us-east-1 (111122223333): the account status is RESTRICTED_BY_AWS

    WARNING: Amazon SES in us-east-1, account 111122223333: the account status is RESTRICTED_BY_AWS.
    The level rose from OK to WARNING: AWS reports the account as RESTRICTED_BY_AWS, which this
    version does not know.

      Sending:                    enabled
      Account status:             RESTRICTED_BY_AWS
      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES
    SES still accepts mail. Whether that stays so is not known: the status may announce a pause.

    WHAT TO DO NOW
    1. See what AWS says about the account:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. See whether a newer version of this monitor knows the status.

    Incident ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/WARNING/RAISED
    ");
}

#[test]
fn an_account_that_is_healthy_again() {
    let healthy = reading(12_000.0, 50_000.0);
    let finding = Finding::Account(healthy.account.clone().unwrap());
    assert_snapshot!(subject_and_email(&about(finding, Kind::Recovered, AlertLevel::Exhausted, healthy)), @"
    [OK] SES us-east-1 (111122223333): recovered, the account is healthy

    OK: Amazon SES in us-east-1, account 111122223333: the account is healthy.
    The alert is over: the level is back to OK, after EXHAUSTED.

      Sending:                    enabled
      Account status:             HEALTHY
      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Was above OK from:          2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    SES accepts mail again. It has not kept what it rejected: send that again where it still
    matters, a part at a time.

    Incident ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/OK/RECOVERED
    ");
}

fn unread(code: &str, message: &str, reading: &Reading) -> Finding {
    let failure = Failure::new(Stage::Read, code, message);
    Finding::Reading(Some(Unread { since: reading.checked_at.plus_seconds(-1_000), failure }))
}

#[test]
fn a_target_that_cannot_be_read() {
    let dark = Reading { quota: None, account: None, ..reading(0.0, 0.0) };
    let denied = unread("AccessDenied", "User: arn:... is not authorized to perform: ses:GetSendQuota", &dark);
    assert_snapshot!(subject_and_email(&about(denied, Kind::Raised, AlertLevel::Ok, dark)), @"
    [WARNING] SES us-east-1 (111122223333): not readable for 16 minutes

    WARNING: Amazon SES in us-east-1, account 111122223333: not readable for 16 minutes.
    The level rose from OK to WARNING: SES could not be read since 2026-11-24 11:43 UTC, for 15
    minutes or more.

      Not read since:             2026-11-24 11:43 UTC
      Error:                      read: AccessDenied: User: arn:... is not authorized to perform: ses:GetSendQuota
      Account status:             unknown
      24-hour sending quota:      unknown
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT THIS MEANS
    The monitor is blind here: it cannot tell whether the quota is used up or the account paused.
    Alerts about them neither begin nor end. Sending mail is not affected.

    WHAT TO DO NOW
    1. Look at the account yourself. Until the monitor can read it again, nothing else watches it:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. AccessDenied: grant the role that reads this account ses:GetSendQuota, in this Region too.
    3. If nobody sends from this Region any more, leave it out of REGIONS (parameter Regions).

    Incident ID: 111122223333/us-east-1/READING/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/READING/2026-11-24T12:00:00Z/WARNING/RAISED
    ");
}

#[test]
fn a_target_of_which_only_the_quota_can_be_read() {
    let half = Reading { account: None, ..reading(12_000.0, 50_000.0) };
    let throttled = unread("TooManyRequestsException", "Rate exceeded", &half);
    assert_snapshot!(subject_and_email(&about(throttled, Kind::Reminder, AlertLevel::Warning, half)), @"
    [WARNING] SES us-east-1 (111122223333): still account status not readable for 16 minutes

    WARNING: Amazon SES in us-east-1, account 111122223333: account status not readable for 16 minutes.
    Reminder: the level is still WARNING: SES could not be read since 2026-11-24 11:43 UTC, for 15
    minutes or more.

      Not read since:             2026-11-24 11:43 UTC
      Error:                      read: TooManyRequestsException: Rate exceeded
      Account status:             unknown
      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT THIS MEANS
    The send quota is still watched. The account status is not: if AWS paused the account, the
    monitor would not notice. Sending mail is not affected.

    WHAT TO DO NOW
    1. Look at the account status yourself. Until the monitor can read it again, nothing else
       watches it:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. TooManyRequestsException: see whether AWS reports an event for Amazon SES in this Region.
    3. If nobody sends from this Region any more, leave it out of REGIONS (parameter Regions).

    Incident ID: 111122223333/us-east-1/READING/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/READING/2026-11-24T12:00:00Z/WARNING/REMINDER
    ");
}

#[test]
fn a_target_that_can_be_read_again() {
    let again = reading(12_000.0, 50_000.0);
    assert_snapshot!(subject_and_email(&about(Finding::Reading(None), Kind::Recovered, AlertLevel::Warning, again)), @"
    [OK] SES us-east-1 (111122223333): recovered, readable again

    OK: Amazon SES in us-east-1, account 111122223333: readable again.
    The alert is over: the level is back to OK, after WARNING.

      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Was above OK from:          2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    Nothing. What happened in the meantime is not known, except what the numbers of the last 24
    hours still show.

    Incident ID: 111122223333/us-east-1/READING/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/READING/2026-11-24T12:00:00Z/OK/RECOVERED
    ");
}

#[test]
fn the_sandbox_changes_the_advice() {
    let account = AccountStatus::new(Some(true), Some("HEALTHY"), Some(false));
    let sandbox = Reading { account, quota: SendQuota::new(190.0, 200.0, 1.0).ok(), ..reading(0.0, 0.0) };
    assert_snapshot!(subject_and_email(&notification(Kind::Raised, AlertLevel::Ok, sandbox)), @r#"
    [CRITICAL] SES us-east-1 (111122223333): 95.0% of the 24-hour sending quota used

    CRITICAL: Amazon SES in us-east-1, account 111122223333: 95.0% of the 24-hour sending quota used.
    The level rose from OK to CRITICAL: 95.0% is at the CRITICAL threshold of 95%.

      Production access:          no, the account is in the sandbox
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
    1. Ask for production access now, not for a higher quota: the account is in the SES sandbox,
       whose limits are meant for tests. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    3. See what was sent, and whether it should have been: on the same page.
    The 24 hours are a rolling window: quota comes back as older mail leaves it.

    Incident ID: 111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/RAISED
    "#);
}

#[test]
fn a_quota_that_fills_while_the_account_is_under_review_or_paused() {
    for (account, advice) in [
        (status(true, "PROBATION"), "Account status:             PROBATION (under review)"),
        (status(false, "SHUTDOWN"), "AWS paused it, and only AWS can resume it."),
    ] {
        let email =
            Message::new(&notification(Kind::Raised, AlertLevel::Ok, Reading { account, ..reading(960.0, 1_000.0) }))
                .email;
        assert!(email.contains(advice), "{email}");
        assert!(
            email.contains("console.aws.amazon.com/support/home") && !email.contains("Ask for a higher quota"),
            "{email}"
        );
    }
}

/// A notification about the send rate, where WARNING begins at 90%.
fn rate(used: Option<f64>, kind: Kind, previous_level: AlertLevel) -> Notification {
    let policy = AlertPolicy { rate_warning: Some(90.0), ..AlertPolicy::default() };
    let rate_used = used.and_then(|used| SendQuota::new(used, 100.0, 1.0).unwrap().utilization());
    let finding = Finding::Rate(rate_used);
    let level = policy.level(&finding, noon());
    let cause = policy.cause(&finding, level);
    let reading = Reading { rate_used, forecast: Some(filling()), ..reading(12_000.0, 50_000.0) };
    let alert_id = AlertId::new(&reading.target, Subject::Rate, noon(), level, kind);
    Notification { alert_id, level, cause, ..about(finding, kind, previous_level, reading) }
}

#[test]
fn a_send_rate_near_its_maximum() {
    assert_snapshot!(subject_and_email(&rate(Some(92.04), Kind::Raised, AlertLevel::Ok)), @r#"
    [WARNING] SES us-east-1 (111122223333): 92.0% of the maximum send rate used

    WARNING: Amazon SES in us-east-1, account 111122223333: 92.0% of the maximum send rate used.
    The level rose from OK to WARNING: 92.0% is above the WARNING threshold of 90%.

      Sent in the last 24 hours:  12,000 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       38,000 recipients
      Used:                       24.0%
      Maximum send rate:          14 recipients a second
      Send rate used:             92.0%, average of a quarter hour
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT SES DOES AT 100%
    SES throttles what is sent faster ("Maximum sending rate exceeded"). A program that uses the
    API loses the message, unless it sends it again later. Over SMTP the error is temporary (454):
    most mail servers keep the message and try again. Short peaks are higher than the average.

    WHAT TO DO NOW
    1. Let the programs that send bulk mail send more slowly, and make sure that they send again
       later what SES throttles.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. If this is the usual pace, ask for a higher send rate. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-CDEF9B6B?region=us-east-1

    Incident ID: 111122223333/us-east-1/RATE/2026-11-24T11:40:00Z
    Alert ID: 111122223333/us-east-1/RATE/2026-11-24T12:00:00Z/WARNING/RAISED
    "#);
}

#[test]
fn a_send_rate_that_is_no_longer_near_its_maximum() {
    let over = rate(Some(40.0), Kind::Recovered, AlertLevel::Warning);
    let unlimited = rate(None, Kind::Recovered, AlertLevel::Warning);
    let texts = [over, unlimited].map(|over| {
        let message = Message::new(&over);
        format!(
            "{}\n{}\n{}",
            message.subject,
            message.sms,
            message.email.lines().take(2).collect::<Vec<_>>().join("\n")
        )
    });
    assert_snapshot!(texts.join("\n\n"), @"
    [OK] SES us-east-1 (111122223333): recovered, 40.0% of the maximum send rate used
    OK: SES us-east-1 (111122223333) 40.0% of the maximum send rate used. Recovered.
    OK: Amazon SES in us-east-1, account 111122223333: 40.0% of the maximum send rate used.
    The alert is over: the level is back to OK, after WARNING.

    [OK] SES us-east-1 (111122223333): recovered, the maximum send rate is unlimited
    OK: SES us-east-1 (111122223333) the maximum send rate is unlimited. Recovered.
    OK: Amazon SES in us-east-1, account 111122223333: the maximum send rate is unlimited.
    The alert is over: the level is back to OK, after WARNING.
    ");
}

#[test]
fn phones_and_documents_of_other_subjects() {
    let paused = Reading { account: status(false, "SHUTDOWN"), ..reading(12_000.0, 50_000.0) };
    let review = Reading { account: status(true, "PROBATION"), ..reading(12_000.0, 50_000.0) };
    let dark = Reading { quota: None, account: None, ..reading(0.0, 0.0) };
    let account = |reading: &Reading| Finding::Account(reading.account.clone().unwrap());
    let messages = [
        about(account(&paused), Kind::Escalated, AlertLevel::Warning, paused.clone()),
        about(account(&review), Kind::Raised, AlertLevel::Ok, review.clone()),
        about(unread("AccessDenied", "no", &dark), Kind::Raised, AlertLevel::Ok, dark.clone()),
        about(Finding::Reading(None), Kind::Recovered, AlertLevel::Warning, reading(12_000.0, 50_000.0)),
        rate(Some(92.0), Kind::Raised, AlertLevel::Ok),
    ]
    .map(|notification| Message::new(&notification));
    let texts =
        messages.each_ref().map(|message| format!("{}\n{}\n{}", message.sms, message.document, attributes(message)));
    assert_snapshot!(texts.join("\n\n"), @r#"
    EXHAUSTED: SES us-east-1 (111122223333) sending is paused. SES rejects all mail. Read AWS's email, reply to its case.
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/EXHAUSTED/ESCALATED","incidentId":"111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z","subject":"ACCOUNT","kind":"ESCALATED","level":"EXHAUSTED","previousLevel":"WARNING","reason":"AWS reports the account as SHUTDOWN: sending is paused","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":12000,"max24HourSend":50000,"remaining":38000,"maxSendRate":14,"utilizationPercent":24,"sendingEnabled":false,"enforcementStatus":"SHUTDOWN","productionAccess":true,"test":false}
    level=EXHAUSTED kind=ESCALATED subject=ACCOUNT account=111122223333 region=us-east-1

    WARNING: SES us-east-1 (111122223333) AWS is reviewing the account. Mail still goes out. Read AWS's email, reply to its case.
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/ACCOUNT/2026-11-24T12:00:00Z/WARNING/RAISED","incidentId":"111122223333/us-east-1/ACCOUNT/2026-11-24T11:40:00Z","subject":"ACCOUNT","kind":"RAISED","level":"WARNING","previousLevel":"OK","reason":"AWS has put the account under review (PROBATION)","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":12000,"max24HourSend":50000,"remaining":38000,"maxSendRate":14,"utilizationPercent":24,"sendingEnabled":true,"enforcementStatus":"PROBATION","productionAccess":true,"test":false}
    level=WARNING kind=RAISED subject=ACCOUNT account=111122223333 region=us-east-1

    WARNING: SES us-east-1 (111122223333) not readable for 16 minutes. Quota and account status are not watched. See the email.
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/READING/2026-11-24T12:00:00Z/WARNING/RAISED","incidentId":"111122223333/us-east-1/READING/2026-11-24T11:40:00Z","subject":"READING","kind":"RAISED","level":"WARNING","previousLevel":"OK","reason":"SES could not be read since 2026-11-24 11:43 UTC, for 15 minutes or more","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","unreadSince":"2026-11-24T11:43:20Z","error":{"step":"read","code":"AccessDenied","message":"no","hint":"grant the role that reads this account ses:GetSendQuota, in this Region too"},"test":false}
    level=WARNING kind=RAISED subject=READING account=111122223333 region=us-east-1

    OK: SES us-east-1 (111122223333) readable again. Recovered.
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/READING/2026-11-24T12:00:00Z/OK/RECOVERED","incidentId":"111122223333/us-east-1/READING/2026-11-24T11:40:00Z","subject":"READING","kind":"RECOVERED","level":"OK","previousLevel":"WARNING","reason":"SES can be read","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":12000,"max24HourSend":50000,"remaining":38000,"maxSendRate":14,"utilizationPercent":24,"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":false}
    level=OK kind=RECOVERED subject=READING account=111122223333 region=us-east-1

    WARNING: SES us-east-1 (111122223333) 92.0% of the maximum send rate used. Send bulk mail more slowly.
    {"schemaVersion":1,"alertId":"111122223333/us-east-1/RATE/2026-11-24T12:00:00Z/WARNING/RAISED","incidentId":"111122223333/us-east-1/RATE/2026-11-24T11:40:00Z","subject":"RATE","kind":"RAISED","level":"WARNING","previousLevel":"OK","reason":"92.0% is above the WARNING threshold of 90%","account":"111122223333","region":"us-east-1","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","sentLast24Hours":12000,"max24HourSend":50000,"remaining":38000,"maxSendRate":14,"utilizationPercent":24,"sendRateUtilizationPercent":92,"forecast":{"verdict":"breach","breachAt":"2026-11-24T14:31:10Z","breachEarliest":"2026-11-24T13:48:20Z","breachLatest":"2026-11-24T16:08:00Z","peakPercent":104.3,"peakLowPercent":99.1,"peakHighPercent":109.7,"peakAt":"2026-11-24T17:45:00Z","probability":0.74},"sendingEnabled":true,"enforcementStatus":"HEALTHY","productionAccess":true,"test":false}
    level=WARNING kind=RAISED subject=RATE account=111122223333 region=us-east-1
    "#);
}

#[test]
fn chat() {
    let text = Message::new(&escalated()).chat;
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "content": {
        "description": "At the usual course the quota is full at about 14:30 UTC (between 13:45 and 16:15).\nThe level rose from WARNING to CRITICAL: 96.2% is above the CRITICAL threshold of 95%.\nSent in the last 24 hours: 48,100 recipients\n24-hour sending quota: 50,000 recipients\nLeft: 1,900 recipients\nUsed: 96.2%\nMaximum send rate: 14 recipients a second\nAbove OK since: 2026-11-24 11:40 UTC\nChecked at: 2026-11-24 12:00 UTC",
        "keywords": [
          "CRITICAL",
          "ESCALATED",
          "QUOTA",
          "us-east-1"
        ],
        "nextSteps": [
          "Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in, receipts) still goes out. Each recipient counts, not each message.",
          "See what was sent, and whether it should have been: https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account",
          "Ask for a higher quota now. It can take a day to be granted: https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=us-east-1"
        ],
        "textType": "client-markdown",
        "title": "[CRITICAL] SES us-east-1 (111122223333): 96.2% of the 24-hour sending quota used"
      },
      "metadata": {
        "additionalContext": {
          "account": "111122223333",
          "alertId": "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED",
          "checkedAt": "2026-11-24T12:00:00Z",
          "enforcementStatus": "HEALTHY",
          "forecast": "{\"breachAt\":\"2026-11-24T14:31:10Z\",\"breachEarliest\":\"2026-11-24T13:48:20Z\",\"breachLatest\":\"2026-11-24T16:08:00Z\",\"peakAt\":\"2026-11-24T17:45:00Z\",\"peakHighPercent\":109.7,\"peakLowPercent\":99.1,\"peakPercent\":104.3,\"probability\":0.74,\"verdict\":\"breach\"}",
          "incidentId": "111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z",
          "kind": "ESCALATED",
          "level": "CRITICAL",
          "max24HourSend": "50000",
          "maxSendRate": "14",
          "previousLevel": "WARNING",
          "productionAccess": "true",
          "reason": "96.2% is above the CRITICAL threshold of 95%",
          "region": "us-east-1",
          "remaining": "1900",
          "schemaVersion": "1",
          "sendingEnabled": "true",
          "sentLast24Hours": "48100",
          "since": "2026-11-24T11:40:00Z",
          "subject": "QUOTA",
          "test": "false",
          "utilizationPercent": "96.2"
        },
        "threadId": "111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z"
      },
      "source": "custom",
      "version": "1.0"
    }
    "#);
}

#[test]
fn what_comes_from_outside_is_no_markup_in_a_channel() {
    let dark = Reading { quota: None, account: None, ..reading(0.0, 0.0) };
    let denied = unread("AccessDenied", "<!channel> <https://example.com|log in> & more", &dark);
    let chat = Message::new(&about(denied, Kind::Raised, AlertLevel::Ok, dark)).chat;
    let value: serde_json::Value = serde_json::from_str(&chat).unwrap();
    let shown = value["content"]["description"].as_str().unwrap();
    assert!(shown.contains("&lt;!channel&gt; &lt;https://example.com|log in&gt; &amp; more"), "{shown}");
}

#[test]
fn digests() {
    let full = |sent| notification(Kind::Raised, AlertLevel::Ok, reading(sent, 50_000.0));
    let paused = Reading { account: status(false, "SHUTDOWN"), ..reading(12_000.0, 50_000.0) };
    let paused = about(Finding::Account(paused.account.clone().unwrap()), Kind::Raised, AlertLevel::Ok, paused);
    let dark = Reading { quota: None, account: None, ..reading(0.0, 0.0) };
    let dark = about(unread("AccessDenied", "no", &dark), Kind::Reminder, AlertLevel::Warning, dark);
    let over = notification(Kind::Recovered, AlertLevel::Critical, reading(31_000.0, 50_000.0));
    let fast = rate(Some(92.0), Kind::Raised, AlertLevel::Ok);
    let texts = [
        vec![escalated(), full(47_600.0)],
        vec![full(50_000.0); 2],
        vec![paused; 2],
        vec![dark; 2],
        vec![over; 2],
        vec![fast; 2],
    ]
    .map(|all| {
        let message = Message::of(&all.iter().collect::<Vec<_>>()).unwrap();
        format!("{}\n\n{}\n{}", message.subject, message.email, message.sms)
    });
    assert_snapshot!(texts.join("\n\n----\n\n"), @"
    [CRITICAL] SES: 2 targets with 95.2% or more of the 24-hour sending quota used

    CRITICAL: Amazon SES, 2 targets with 95.2% or more of the 24-hour sending quota used.
    The level of each rose to CRITICAL.

      us-east-1 (account 111122223333): 96.2% of the 24-hour sending quota used; full at about 14:30 UTC
      us-east-1 (account 111122223333): 95.2% of the 24-hour sending quota used

    WHAT TO DO NOW
    1. Hold back mail that can wait, bulk mail first: many targets at once may have one sender, or
       one mistake, in common.
    2. In the SES console of each Region, under Account dashboard, see what was sent, and whether it
       should have been.
    3. Ask for higher quotas in Service Quotas, unless a request is open there, or for production
       access where the account is in the sandbox. It can take a day to be granted.

    CRITICAL: SES, 2 targets with 95.2% or more of the 24-hour sending quota used. Hold bulk mail, raise the quotas.

    ----

    [EXHAUSTED] SES: 2 targets with no 24-hour sending quota left

    EXHAUSTED: Amazon SES, 2 targets with no 24-hour sending quota left.
    The level of each rose to EXHAUSTED.

      us-east-1 (account 111122223333): 100.0% of the 24-hour sending quota used
      us-east-1 (account 111122223333): 100.0% of the 24-hour sending quota used

    WHAT TO DO NOW
    1. Hold back mail that can wait, bulk mail first: many targets at once may have one sender, or
       one mistake, in common.
    2. In the SES console of each Region, under Account dashboard, see what was sent, and whether it
       should have been.
    3. Ask for higher quotas in Service Quotas, unless a request is open there, or for production
       access where the account is in the sandbox. It can take a day to be granted.

    EXHAUSTED: SES, 2 targets with no 24-hour sending quota left. Hold bulk mail, raise the quotas.

    ----

    [EXHAUSTED] SES: 2 targets with sending paused

    EXHAUSTED: Amazon SES, 2 targets with sending paused.
    The level of each rose to EXHAUSTED.

      us-east-1 (account 111122223333): sending is paused (SHUTDOWN)
      us-east-1 (account 111122223333): sending is paused (SHUTDOWN)

    WHAT TO DO NOW
    1. Read what AWS wrote to the email addresses of the accounts; it names the issues.
    2. Correct the causes, then reply to the cases that AWS opened in the AWS Support Center of each
       account.
    3. Where sending is paused and the status is not SHUTDOWN, ask who paused it: somebody with
       access, or an automation.

    EXHAUSTED: SES, 2 targets with sending paused. SES rejects all mail. Read AWS's emails, reply to its cases.

    ----

    [WARNING] SES: still 2 targets not readable for 16 minutes

    WARNING: Amazon SES, 2 targets not readable for 16 minutes.
    Reminder: the level of each is still WARNING.

      us-east-1 (account 111122223333): not readable for 16 minutes (AccessDenied)
      us-east-1 (account 111122223333): not readable for 16 minutes (AccessDenied)

    WHAT TO DO NOW
    1. Look for what they have in common: the function's role, a policy of your organization, a
       proxy, or an AWS event.
    2. The function's log names the error of each, and what to do about it.
    3. Until they can be read, look at the SES console of those that matter most: nobody else
       watches them.

    WARNING: SES, 2 targets not readable for 16 minutes. They are not watched. See the email.

    ----

    [OK] SES: recovered, 2 targets below the thresholds of the 24-hour sending quota

    OK: Amazon SES, 2 targets below the thresholds of the 24-hour sending quota.
    These alerts are over: the level is back to OK.

      us-east-1 (account 111122223333): 62.0% of the 24-hour sending quota used
      us-east-1 (account 111122223333): 62.0% of the 24-hour sending quota used

    WHAT TO DO
    Nothing at once. Mail that was held back can be sent again, a part at a time.

    OK: SES, 2 targets below the thresholds of the 24-hour sending quota. Recovered.

    ----

    [WARNING] SES: 2 targets with 92.0% or more of the maximum send rate used

    WARNING: Amazon SES, 2 targets with 92.0% or more of the maximum send rate used.
    The level of each rose to WARNING.

      us-east-1 (account 111122223333): 92.0% of the maximum send rate used
      us-east-1 (account 111122223333): 92.0% of the maximum send rate used

    WHAT TO DO NOW
    1. Let the programs that send bulk mail send more slowly, and send again later what SES
       throttles: many targets at once may have one sender in common.
    2. In the SES console of each Region, under Account dashboard, see what was sent, and whether it
       should have been.
    3. Ask for higher send rates in Service Quotas. It can take a day to be granted.

    WARNING: SES, 2 targets with 92.0% or more of the maximum send rate used. Send bulk mail more slowly.
    ");
}

/// The same about an account that is called so.
fn called(name: &str, notification: Notification) -> Notification {
    with_name(notification, AccountName::new(name))
}

/// A role that cannot be assumed: the account cannot be read in any Region.
fn unreadable_account(partition: &str, code: &str, message: &str) -> (Finding, Reading) {
    let target = Target { region: Region::all(), ..target(partition, "us-east-1") };
    let since = noon().plus_seconds(-900);
    let failure = Failure::new(Stage::Role, code, message);
    (Finding::Reading(Some(Unread { since, failure })), Reading::unknown(target, noon()))
}

/// As AWS says it.
const ROLE_DENIED: &str = "User: arn:aws:sts::444455556666:assumed-role/monitor/monitor is not authorized to perform: \
                           sts:AssumeRole on resource: arn:aws:iam::111122223333:role/ses-quota-monitor-reader";

fn role_denied() -> Notification {
    let (finding, reading) = unreadable_account("aws", "AccessDenied", ROLE_DENIED);
    called("Payments", about(finding, Kind::Raised, AlertLevel::Ok, reading))
}

#[test]
fn an_account_that_has_a_name() {
    let message = Message::new(&called("Payments", escalated()));
    let first_lines = message.email.lines().take(2).collect::<Vec<_>>().join("\n");
    let chat: serde_json::Value = serde_json::from_str(&message.chat).unwrap();
    let (description, context) = (&chat["content"]["description"], &chat["metadata"]["additionalContext"]);
    let shown = format!("{}\n{}", description.as_str().unwrap(), context["accountName"]);
    let Message { subject, sms, document, .. } = &message;
    let document = document.split_once(",\"checkedAt\"").unwrap().0;
    assert_snapshot!(format!("{subject}\n\n{first_lines}\n\n{sms}\n\n{document}\n\n{shown}\n\n{}", attributes(&message)), @r#"
    [CRITICAL] SES us-east-1 (111122223333): 96.2% of the 24-hour sending quota used

    CRITICAL: Amazon SES in us-east-1, account 111122223333 (Payments): 96.2% of the 24-hour sending quota used.
    At the usual course the quota is full at about 14:30 UTC (between 13:45 and 16:15).

    CRITICAL: SES us-east-1 (Payments, 111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.

    {"schemaVersion":1,"alertId":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED","incidentId":"111122223333/us-east-1/QUOTA/2026-11-24T11:40:00Z","subject":"QUOTA","kind":"ESCALATED","level":"CRITICAL","previousLevel":"WARNING","reason":"96.2% is above the CRITICAL threshold of 95%","account":"111122223333","accountName":"Payments","region":"us-east-1"

    At the usual course the quota is full at about 14:30 UTC (between 13:45 and 16:15).
    The level rose from WARNING to CRITICAL: 96.2% is above the CRITICAL threshold of 95%.
    Account: 111122223333 (Payments)
    Sent in the last 24 hours: 48,100 recipients
    24-hour sending quota: 50,000 recipients
    Left: 1,900 recipients
    Used: 96.2%
    Maximum send rate: 14 recipients a second
    Above OK since: 2026-11-24 11:40 UTC
    Checked at: 2026-11-24 12:00 UTC
    "Payments"

    level=CRITICAL kind=ESCALATED subject=QUOTA account=111122223333 region=us-east-1
    "#);
}

#[test]
fn a_name_is_in_an_sms_where_it_leaves_room_and_phones_show_it() {
    let names =
        ["Payments", "Payments, Billing", "Payments & Billing", "Mail_Prod", "Mail [Prod]", "Mail~", "R&D <eu>"];
    let texts = names.map(|name| Message::new(&called(name, escalated())).sms);
    assert_snapshot!(texts.join("\n"), @"
    CRITICAL: SES us-east-1 (Payments, 111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (Payments, Billing, 111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (Mail Prod, 111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    CRITICAL: SES us-east-1 (R&D <eu>, 111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, raise the quota.
    ");
}

#[test]
fn an_account_as_a_whole_that_cannot_be_read() {
    let message = Message::new(&role_denied());
    assert_snapshot!(format!("{}\n\n{}", message.subject, message.email), @"
    [WARNING] SES all Regions (111122223333): not readable for 15 minutes

    WARNING: Amazon SES in all Regions, account 111122223333 (Payments): not readable for 15 minutes.
    The level rose from OK to WARNING: SES could not be read since 2026-11-24 11:45 UTC, for 15
    minutes or more.

      Not read since:             2026-11-24 11:45 UTC
      Error:                      role: AccessDenied: User: arn:aws:sts::444455556666:assumed-role/monitor/monitor is not authorized to perform: sts:AssumeRole on
                                  resource: arn:aws:iam::111122223333:role/ses-quota-monitor-reader
      Above OK since:             2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT THIS MEANS
    The monitor is blind for this account, in every Region: it cannot tell whether a quota is used
    up or sending paused. Alerts about them neither begin nor end. Sending mail is not affected.

    WHAT TO DO NOW
    1. Look at the account yourself, in each Region that it sends from. Until the monitor can read
       it again, nothing else watches it:
       https://console.aws.amazon.com/ses/home#/account
    2. AccessDenied: the role in READER_ROLE is missing in this account, or does not trust the
       function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or
       with make deploy-readers.
    3. If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts).

    Incident ID: 111122223333/all/READING/2026-11-24T11:40:00Z
    Alert ID: 111122223333/all/READING/2026-11-24T12:00:00Z/WARNING/RAISED
    ");
    let chat: serde_json::Value = serde_json::from_str(&message.chat).unwrap();
    let content = serde_json::to_string_pretty(&chat["content"]).unwrap();
    assert_snapshot!(format!("{}\n\n{}\n\n{}\n\n{content}", message.sms, message.document, attributes(&message)), @r#"
    WARNING: SES all Regions (Payments, 111122223333) not readable for 15 minutes. Quota and account status are not watched. See the email.

    {"schemaVersion":1,"alertId":"111122223333/all/READING/2026-11-24T12:00:00Z/WARNING/RAISED","incidentId":"111122223333/all/READING/2026-11-24T11:40:00Z","subject":"READING","kind":"RAISED","level":"WARNING","previousLevel":"OK","reason":"SES could not be read since 2026-11-24 11:45 UTC, for 15 minutes or more","account":"111122223333","accountName":"Payments","region":"all","checkedAt":"2026-11-24T12:00:00Z","since":"2026-11-24T11:40:00Z","unreadSince":"2026-11-24T11:45:00Z","error":{"step":"role","code":"AccessDenied","message":"User: arn:aws:sts::444455556666:assumed-role/monitor/monitor is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/ses-quota-monitor-reader","hint":"the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers"},"test":false}

    level=WARNING kind=RAISED subject=READING account=111122223333 region=all

    {
      "description": "The level rose from OK to WARNING: SES could not be read since 2026-11-24 11:45 UTC, for 15 minutes or more.\nAccount: 111122223333 (Payments)\nNot read since: 2026-11-24 11:45 UTC\nError: role: AccessDenied: User: arn:aws:sts::444455556666:assumed-role/monitor/monitor is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/ses-quota-monitor-reader\nAbove OK since: 2026-11-24 11:40 UTC\nChecked at: 2026-11-24 12:00 UTC",
      "keywords": [
        "WARNING",
        "RAISED",
        "READING",
        "all Regions"
      ],
      "nextSteps": [
        "Look at the account yourself, in each Region that it sends from. Until the monitor can read it again, nothing else watches it: https://console.aws.amazon.com/ses/home#/account",
        "AccessDenied: the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers.",
        "If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts)."
      ],
      "textType": "client-markdown",
      "title": "[WARNING] SES all Regions (111122223333): not readable for 15 minutes"
    }
    "#);
}

#[test]
fn an_account_as_a_whole_that_can_be_read_again() {
    let (_, reading) = unreadable_account("aws", "AccessDenied", ROLE_DENIED);
    let again = called("Payments", about(Finding::Reading(None), Kind::Recovered, AlertLevel::Warning, reading));
    let message = Message::new(&again);
    assert_snapshot!(format!("{}\n\n{}\n{}", message.subject, message.email, message.sms), @"
    [OK] SES all Regions (111122223333): recovered, readable again

    OK: Amazon SES in all Regions, account 111122223333 (Payments): readable again.
    The alert is over: the level is back to OK, after WARNING.

      Was above OK from:          2026-11-24 11:40 UTC
      Checked at:                 2026-11-24 12:00 UTC

    WHAT TO DO
    Nothing. What happened in the meantime is not known, except what the numbers of the last 24
    hours still show.

    Incident ID: 111122223333/all/READING/2026-11-24T11:40:00Z
    Alert ID: 111122223333/all/READING/2026-11-24T12:00:00Z/OK/RECOVERED

    OK: SES all Regions (Payments, 111122223333) readable again. Recovered.
    ");
}

#[test]
fn where_to_look_at_an_account_as_a_whole() {
    let steps = ["aws", "aws-us-gov", "aws-iso"].map(|partition| {
        let (finding, reading) = unreadable_account(partition, "Timeout", "no answer within 4.0 s");
        let email = Message::new(&about(finding, Kind::Raised, AlertLevel::Ok, reading)).email;
        email.split_once("WHAT TO DO NOW\n").unwrap().1.split_once("\n\n").unwrap().0.to_owned()
    });
    assert_snapshot!(steps.join("\n"), @"
    1. Look at the account yourself, in each Region that it sends from. Until the monitor can read
       it again, nothing else watches it:
       https://console.aws.amazon.com/ses/home#/account
    2. Timeout: see whether AWS reports an event for AWS STS in the Region of the monitor.
    3. If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts).
    1. Look at the account yourself, in each Region that it sends from. Until the monitor can read
       it again, nothing else watches it:
       https://console.amazonaws-us-gov.com/ses/home#/account
    2. Timeout: see whether AWS reports an event for AWS STS in the Region of the monitor.
    3. If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts).
    1. Look at the account yourself, in each Region that it sends from. Until the monitor can read
       it again, nothing else watches it:
       In the console: the SES account dashboard
    2. Timeout: see whether AWS reports an event for AWS STS in the Region of the monitor.
    3. If nobody sends from this account, name it in EXCLUDE_ACCOUNTS (parameter ExcludeAccounts).
    ");
}

#[test]
fn a_digest_of_accounts_and_regions() {
    let dark = Reading { quota: None, account: None, ..reading(0.0, 0.0) };
    let dark = about(unread("AccessDenied", "no", &dark), Kind::Raised, AlertLevel::Ok, dark);
    let longest = "Accounts have names of 50 characters at most: this";
    let all = [role_denied(), called(longest, dark.clone()), dark];
    let message = Message::of(&all.iter().collect::<Vec<_>>()).unwrap();
    let lines = message.email.lines().take(6).collect::<Vec<_>>().join("\n");
    assert_snapshot!(format!("{}\n\n{lines}\n\n{}", message.subject, message.sms), @"
    [WARNING] SES: 3 targets not readable for 15 minutes

    WARNING: Amazon SES, 3 targets not readable for 15 minutes.
    The level of each rose to WARNING.

      all Regions (account 111122223333, Payments): not readable for 15 minutes (AccessDenied)
      us-east-1 (account 111122223333, Accounts have names of 50 characters at most: this): not readable for 16 minutes (AccessDenied)
      us-east-1 (account 111122223333): not readable for 16 minutes (AccessDenied)

    WARNING: SES, 3 targets not readable for 15 minutes. They are not watched. See the email.
    ");
}

#[test]
fn a_name_is_no_markup_in_a_channel_and_is_cut_between_characters() {
    let alone = Message::new(&called("<!channel> & <@U1|me>", escalated())).chat;
    assert!(alone.contains("Account: 111122223333 (&lt;!channel&gt; &amp; &lt;@U1|me&gt;)"), "{alone}");
    let all = vec![called(&"&".repeat(50), escalated()); 50];
    let chat = Message::of(&all.iter().collect::<Vec<_>>()).unwrap().chat;
    let chat: serde_json::Value = serde_json::from_str(&chat).unwrap();
    let description = chat["content"]["description"].as_str().unwrap();
    assert!((7_990..=8_000).contains(&description.len()), "{}", description.len());
    let text = description.strip_suffix("...").unwrap();
    assert_eq!(text.matches('&').count(), text.matches("&amp;").count());
}
