//! What people read where a request for a higher quota is open.

use super::*;

/// A request for twice the quota, filed at 09:12 on the day of the alert.
fn open(status: RequestStatus, case: Option<&str>) -> Option<IncreaseRequest> {
    IncreaseRequest::new(100_000.0, status, "2026-11-24T09:12:31Z".parse().unwrap(), case)
}

fn in_case() -> Option<IncreaseRequest> {
    open(RequestStatus::CaseOpened, Some("176393521100042"))
}

fn with(increase_request: Option<IncreaseRequest>, notification: Notification) -> Notification {
    Notification { reading: Reading { increase_request, ..notification.reading }, ..notification }
}

fn what_to_do(notification: &Notification) -> String {
    let email = Message::new(notification).email;
    let (_, advice) = email.split_once("WHAT TO DO NOW\n").unwrap();
    advice.split("\n\n").next().unwrap().to_owned()
}

#[test]
fn the_advice_is_to_follow_it_up_not_to_file_another() {
    assert_snapshot!(what_to_do(&with(in_case(), escalated())), @"
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours); AWS
       takes no second one. Answer AWS's questions in the support case, and say how urgent it is:
       https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042
    The 24 hours are a rolling window: quota comes back as older mail leaves it.
    ");
    assert_snapshot!(what_to_do(&with(open(RequestStatus::Pending, None), escalated())), @"
    1. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    2. See what was sent, and whether it should have been:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    3. A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours); AWS
       takes no second one. See whether it has come further:
       https://us-east-1.console.aws.amazon.com/servicequotas/home/requests?region=us-east-1
    The 24 hours are a rolling window: quota comes back as older mail leaves it.
    ");
}

#[test]
fn where_nothing_may_be_sent_too() {
    let none = notification(Kind::Raised, AlertLevel::Ok, reading(0.0, 0.0));
    assert_snapshot!(what_to_do(&with(in_case(), none)), @"
    1. See why the account may not send, and answer what AWS asks for there:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours); AWS
       takes no second one. Answer AWS's questions in the support case, and say how urgent it is:
       https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042
    3. Stop the programs that send, or let them retry: all their mail is rejected.
    ");
}

#[test]
fn in_every_partition() {
    let links = [("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1"), ("aws-iso", "us-iso-east-1")]
        .into_iter()
        .flat_map(|place| [(place, in_case()), (place, open(RequestStatus::Pending, None))])
        .map(|((partition, region), request)| {
            let reading = Reading { target: target(partition, region), ..reading(48_100.0, 50_000.0) };
            let advice = what_to_do(&with(request, notification(Kind::Raised, AlertLevel::Ok, reading)));
            let is_link = |line: &&str| line.starts_with("   https") || line.starts_with("   In the console");
            advice.lines().rfind(is_link).unwrap().trim().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n");
    assert_snapshot!(links, @"
    https://console.amazonaws-us-gov.com/support/home#/case/?displayId=176393521100042
    https://us-gov-west-1.console.amazonaws-us-gov.com/servicequotas/home/requests?region=us-gov-west-1
    https://console.amazonaws-eusc.eu/support/home#/case/?displayId=176393521100042
    https://eusc-de-east-1.console.amazonaws-eusc.eu/servicequotas/home/requests?region=eusc-de-east-1
    In the console: the AWS Support Center, case 176393521100042
    In the console of us-iso-east-1: Service Quotas, quota request history
    ");
}

#[test]
fn sandbox_limits_come_first() {
    let quota = SendQuota::new(190.0, 200.0, 1.0).ok();
    let perhaps = Reading { quota, account: None, ..reading(0.0, 0.0) };
    let near = with(in_case(), notification(Kind::Raised, AlertLevel::Ok, perhaps));
    assert_snapshot!(what_to_do(&near), @"
    1. Ask for production access now, not for a higher quota: 200 recipients a day and 1 a second
       are the limits of the SES sandbox. It can take a day to be granted:
       https://us-east-1.console.aws.amazon.com/ses/home?region=us-east-1#/account
    2. Hold back mail that can wait (campaigns, digests), so that the mail that cannot (sign-in,
       receipts) still goes out. Each recipient counts, not each message.
    3. See what was sent, and whether it should have been: on the same page.
    4. A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours); AWS
       takes no second one. Answer AWS's questions in the support case, and say how urgent it is:
       https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042
    The 24 hours are a rolling window: quota comes back as older mail leaves it.
    ");
    assert_snapshot!(Message::new(&near).sms, @"CRITICAL: SES us-east-1 (111122223333) 95.0% of 24h quota used. 10 of 200 left. Hold bulk mail, ask for production access.");
}

#[test]
fn phones_channels_and_machines() {
    let full = notification(Kind::Escalated, AlertLevel::Critical, reading(50_003.0, 50_000.0));
    let texts = [escalated(), full].map(|notification| Message::new(&with(in_case(), notification)).sms).join("\n");
    assert_snapshot!(texts, @"
    CRITICAL: SES us-east-1 (111122223333) 96.2% of 24h quota used. Full at about 14:30 UTC. Hold bulk mail, a quota request is open.
    EXHAUSTED: SES us-east-1 (111122223333) 100.0% of 24h quota used. 50,003 sent, quota 50,000. SES rejects mail. A quota request is open.
    ");
    let Message { chat, document, .. } = Message::new(&with(in_case(), escalated()));
    let chat: serde_json::Value = serde_json::from_str(&chat).unwrap();
    assert_snapshot!(chat["content"]["nextSteps"][2], @r#""A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours); AWS takes no second one. Answer AWS's questions in the support case, and say how urgent it is: https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042""#);
    assert_snapshot!(chat["metadata"]["additionalContext"]["increaseRequest"], @r#""{\"caseId\":\"176393521100042\",\"desiredValue\":100000,\"requestedAt\":\"2026-11-24T09:12:31Z\",\"status\":\"CASE_OPENED\"}""#);
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_snapshot!(document["increaseRequest"], @r#"{"caseId":"176393521100042","desiredValue":100000,"requestedAt":"2026-11-24T09:12:31Z","status":"CASE_OPENED"}"#);
    let pending = with(open(RequestStatus::Pending, None), escalated());
    let document: serde_json::Value = serde_json::from_str(&Message::new(&pending).document).unwrap();
    assert_snapshot!(document["increaseRequest"], @r#"{"desiredValue":100000,"requestedAt":"2026-11-24T09:12:31Z","status":"PENDING"}"#);
}

#[test]
fn a_digest_says_it_to_machines_alone() {
    let (one, other) = (with(in_case(), escalated()), escalated());
    let (with, without) = (Message::of(&[&one, &other]).unwrap(), Message::of(&[&other, &other]).unwrap());
    assert_eq!(
        (with.subject, with.email, with.sms, with.chat),
        (without.subject, without.email, without.sms, without.chat)
    );
    assert_eq!(with.document.matches("\"increaseRequest\":{\"desiredValue\":100000,").count(), 1);
}

#[test]
fn it_is_asked_for_where_people_are_led_to_a_higher_quota() {
    let status = |enabled, name, production| AccountStatus::new(Some(enabled), Some(name), production);
    let of = |account| {
        advises_increase(&notification(Kind::Raised, AlertLevel::Ok, Reading { account, ..reading(960.0, 1_000.0) }))
    };
    assert!(of(status(true, "HEALTHY", Some(true))) && of(status(true, "SOMETHING_NEW", None)) && of(None));
    assert!(!of(status(true, "HEALTHY", Some(false))), "the sandbox is led to production access");
    assert!(!of(status(true, "PROBATION", Some(true))) && !of(status(false, "HEALTHY", Some(true))));
    let kinds = [Kind::Raised, Kind::Escalated, Kind::Reminder, Kind::Recovered, Kind::Test];
    let asked = kinds.map(|kind| advises_increase(&notification(kind, AlertLevel::Ok, reading(960.0, 1_000.0))));
    assert_eq!(asked, [true, true, true, false, false]);
    let review = Reading { account: status(true, "PROBATION", None), ..reading(960.0, 1_000.0) };
    let finding = Finding::Account(review.account.clone().unwrap());
    assert!(!advises_increase(&about(finding, Kind::Raised, AlertLevel::Ok, review)));
}

proptest! {
    /// Whoever is led to a higher quota reads of an open request in each text, and nobody else in any.
    #[test]
    fn what_is_asked_is_said(notification in any_notification(), request in any_increase()) {
        let (with, without) = (with(Some(request), notification.clone()), with(None, notification));
        let (told, untold) = (Message::new(&with), Message::new(&without));
        let said = "AWS takes no second one";
        let is_said = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").contains(said);
        prop_assert_eq!(is_said(&told.email), advises_increase(&with), "{}", told.email);
        prop_assert_eq!(is_said(&told.chat), advises_increase(&with));
        prop_assert!(!is_said(&untold.email) && !untold.document.contains("increaseRequest"));
        prop_assert_eq!(told.subject, untold.subject);
    }
}
