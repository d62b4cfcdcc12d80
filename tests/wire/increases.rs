//! An open request for a higher quota: asked for when an alert leads people to one, and told of in it.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use ses_quota_monitor::check::Invocation;
use ses_quota_monitor::request::Request;
use tokio::time::Instant;

use crate::checked::{alerting, table};
use crate::fleet::{Fleet, OWN, Process, account, accounts, check};
use crate::support::{self, Answer, Aws, Call, TABLE, healthy, with_every_line};

const ASK: &str = "ListRequestedServiceQuotaChangeHistoryByQuota";

/// A request as Service Quotas lists it. As in AWS, it says who filed it.
fn request(status: &str, desired: f64, created: f64) -> Value {
    json!({
        "Id": "d187537d15254312a9609aa51bbf7624u7W49tPO", "CaseId": "176393521100042", "ServiceCode": "ses",
        "ServiceName": "Amazon Simple Email Service (Amazon SES)", "QuotaCode": "L-804C8AE8", "QuotaName": "Sending quota",
        "DesiredValue": desired, "Status": status, "Created": created, "LastUpdated": created,
        "Requester": "{\"accountId\":\"111122223333\",\"callerArn\":\"arn:aws:iam::111122223333:user/private-person\"}",
        "QuotaArn": "arn:aws:servicequotas:us-east-1:111122223333:ses/L-804C8AE8", "GlobalQuota": false, "Unit": "None",
        "QuotaRequestedAtLevel": "ACCOUNT",
    })
}

/// 09:12:31 on the day of the check.
const MORNING: f64 = 1_795_511_551.0;

fn page(requests: &[Value]) -> Answer {
    Answer::reply(200, json!({"RequestedQuotas": requests}).to_string())
}

fn open() -> Answer {
    page(&[request("CASE_OPENED", 100_000.0, MORNING)])
}

/// What machines read in each message.
fn documents(aws: &Aws) -> Vec<Value> {
    let document = |call: &Call| {
        let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
        serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap()
    };
    aws.calls_of("Publish").iter().map(document).collect()
}

fn told(aws: &Aws) -> Value {
    let [document] = &documents(aws)[..] else { panic!("one message: {:?}", aws.operations()) };
    document["increaseRequest"].clone()
}

/// A check of an account near its quota, in which Service Quotas answers so.
async fn answered(answer: Answer) -> Aws {
    let aws = Aws::healthy_but(ASK, answer);
    let report = support::check(&aws, Request::Scheduled, &[]).await;
    assert!(report.into_result().is_ok());
    assert_eq!(aws.calls_of("Publish").len(), 1);
    aws
}

#[tokio::test(start_paused = true)]
async fn an_alert_says_which_request_is_open_and_since_when() {
    let aws = answered(open()).await;
    assert_snapshot!(told(&aws), @r#"{"caseId":"176393521100042","desiredValue":100000,"requestedAt":"2026-11-24T09:12:31Z","status":"CASE_OPENED"}"#);
    let asked = &aws.calls_of(ASK)[0];
    assert_eq!(asked.host, "servicequotas.us-east-1.amazonaws.com");
    assert_eq!(asked.json(), json!({"ServiceCode": "ses", "QuotaCode": "L-804C8AE8", "MaxResults": 100}));
    let message = aws.calls_of("Publish")[0].form()["Message"].clone();
    assert!(message.contains("A request for a quota of 100,000 has been open since 2026-11-24 09:12 UTC (2 hours)"));
    assert!(!message.contains("private-person"));
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_for_while_the_alert_is_claimed() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        ASK => open().after(Duration::from_millis(100)),
        _ => healthy(call).after(Duration::from_millis(100)),
    });
    support::check(&aws, Request::Scheduled, &[]).await;
    let at = |operation| aws.calls_of(operation)[0].at;
    assert_eq!((at(ASK), at("Publish") - at(ASK)), (at("PutItem"), Duration::from_millis(100)));
    assert!(told(&aws).is_object());
}

/// A check whose alert is about the quota, if there is one: of how much was sent, with the states as they are stored.
async fn asked(sent: u32, items: Vec<Value>, request: Request, account: Answer) -> usize {
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota(sent, 1_000, 14),
        "GetAccount" => account.clone(),
        "BatchGetItem" => Answer::items(TABLE, &items),
        ASK => open(),
        _ => healthy(call),
    });
    support::check(&aws, request, &[]).await;
    aws.calls_of(ASK).len()
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_for_only_where_an_alert_leads_people_to_a_higher_quota() {
    let (healthy, own) = (|| Answer::account(true, "HEALTHY"), format!("{OWN}#us-east-1"));
    let sandbox = || {
        let fields = json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": true, "ProductionAccessEnabled": false});
        Answer::account_fields(&fields)
    };
    assert_eq!(asked(960, vec![], Request::Scheduled, healthy()).await, 1);
    // Nothing is due: OK, or told already. A reminder and an escalation are.
    assert_eq!(asked(10, vec![], Request::Scheduled, healthy()).await, 0);
    let heard = |level: &str, at: &str| {
        let mut item = alerting(&own, level);
        item["notifiedAt"] = json!({"S": at});
        vec![item]
    };
    assert_eq!(asked(960, heard("CRITICAL", "2026-11-24T11:40:00Z"), Request::Scheduled, healthy()).await, 0);
    assert_eq!(asked(960, heard("CRITICAL", "2026-11-22T11:40:00Z"), Request::Scheduled, healthy()).await, 1);
    assert_eq!(asked(960, heard("WARNING", "2026-11-24T11:40:00Z"), Request::Scheduled, healthy()).await, 1);
    // It is over.
    assert_eq!(asked(10, heard("WARNING", "2026-11-24T11:40:00Z"), Request::Scheduled, healthy()).await, 0);
    assert_eq!(asked(960, vec![], Request::Scheduled, sandbox()).await, 0);
    for status in [Answer::account(true, "PROBATION"), Answer::account(false, "HEALTHY")] {
        assert_eq!(asked(960, vec![], Request::Scheduled, status.clone()).await, 0);
        assert_eq!(asked(10, vec![], Request::Scheduled, status).await, 0);
    }
    assert_eq!(asked(960, vec![], Request::DryRun, healthy()).await, 0);
    assert_eq!(asked(960, vec![], Request::TestAlert, healthy()).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_newest_open_one_counts_wherever_it_is_listed() {
    let requests = [
        request("APPROVED", 50_000.0, MORNING - 900_000.0),
        request("PENDING", 70_000.0, MORNING - 500.0),
        request("CASE_OPENED", 90_000.0, MORNING),
        request("DENIED", 200_000.0, MORNING + 500.0),
        request("SOMETHING_NEW", 300_000.0, MORNING + 600.0),
    ];
    assert_eq!(told(&answered(page(&requests)).await)["desiredValue"], 90_000);
    // A page may be empty, and not be the last one.
    let aws = Aws::new(move |call| match (call.operation.as_str(), call.nth) {
        (ASK, 0) => Answer::reply(200, json!({"RequestedQuotas": [], "NextToken": "more"}).to_string()),
        (ASK, _) => page(&requests),
        _ => healthy(call),
    });
    support::check(&aws, Request::Scheduled, &[]).await;
    assert_eq!(told(&aws)["desiredValue"], 90_000);
    assert_eq!(aws.calls_of(ASK)[1].json()["NextToken"], "more");
}

/// None of them is "no request is open": nothing is said.
#[tokio::test(start_paused = true)]
async fn an_answer_that_says_nothing_is_no_answer_and_no_failure() {
    let odd = |name: &str, value: Value| {
        let mut odd = request("PENDING", 100_000.0, MORNING);
        odd[name] = value;
        page(&[odd])
    };
    let answers = [
        page(&[]),
        page(&[request("CASE_CLOSED", 100_000.0, MORNING)]),
        Answer::reply(200, "{}"),
        Answer::reply(200, "[]"),
        Answer::reply(200, "<html>"),
        Answer::reply(200, r#"{"RequestedQuotas":[{"Status":"PENDING""#),
        Answer::reply(200, json!({"RequestedQuotas": [], "NextToken": "more"}).to_string()),
        odd("DesiredValue", Value::Null),
        odd("DesiredValue", json!(-1)),
        odd("DesiredValue", json!("NaN")),
        odd("Created", Value::Null),
        odd("Created", json!("yesterday")),
        odd("Status", Value::Null),
        odd("Status", json!(7)),
        Answer::json_error(400, "TooManyRequestsException", "slow down"),
        Answer::json_error(400, "NoSuchResourceException", "no"),
        Answer::json_error(500, "ServiceException", "no"),
        Answer::reply(503, "<html>"),
        Answer::NoAnswer,
        Answer::Reset,
        Answer::NoConnection,
        Answer::Silence,
    ];
    for answer in answers {
        let aws = answered(answer.clone()).await;
        assert_eq!(told(&aws), Value::Null, "{answer:?}");
        let message = aws.calls_of("Publish")[0].form()["Message"].clone();
        assert!(message.contains("Ask for a higher quota now."), "{answer:?}");
    }
    // A case of which nothing can be made is left out.
    assert_snapshot!(told(&answered(odd("CaseId", json!("1&2<b>"))).await), @r#"{"desiredValue":100000,"requestedAt":"2026-11-24T09:12:31Z","status":"PENDING"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_slow_delays_an_alert_by_two_seconds_at_most() {
    for (answer, most) in [
        (Answer::Silence, 2_000),
        (open().after(Duration::from_secs(4)), 2_000),
        (Answer::json_error(500, "ServiceException", "no"), 2_000),
        (open().after(Duration::from_millis(1_900)), 1_900),
    ] {
        let aws = answered(answer.clone()).await;
        let delay = aws.calls_of("Publish")[0].at - aws.calls_of("PutItem")[0].at;
        assert!(delay <= Duration::from_millis(most + 5), "{answer:?}: {delay:?}");
        assert_eq!(told(&aws).is_object(), most == 1_900);
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_with_little_time_left_does_not_lose_its_alert_over_it() {
    for seconds in [2, 3, 5] {
        let aws = Aws::healthy_but(ASK, Answer::Silence);
        let invocation = Invocation { time_left: Duration::from_secs(seconds), ..support::invocation() };
        let start = Instant::now();
        let report = support::monitor(&aws, &[]).check(Request::Scheduled, &invocation).await;
        assert!(report.into_result().is_ok());
        assert_eq!((aws.calls_of("Publish").len(), aws.calls_of("PutItem").len()), (1, 2), "{seconds}");
        assert!(start.elapsed() < Duration::from_secs(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_may_not_ask_is_not_asked_again_for_an_hour() {
    let denied = Answer::json_error(400, "AccessDeniedException", "User: arn:… is not authorized");
    // Each check is without a state to guard its alert, and each level is told once an hour.
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota([850, 960, 1_000][call.nth % 3], 1_000, 14),
        ASK => denied.clone(),
        _ => healthy(call),
    });
    let monitor = support::monitor(&aws, &[("STATE_TABLE", "")]);
    let mut asked = Vec::new();
    for minute in [0, 5, 10, 59, 60, 65] {
        let started_at = support::at("2026-11-24T12:00:00Z").plus_seconds(60 * minute);
        let invocation = Invocation { started_at, ..support::invocation() };
        let (report, log) = with_every_line(monitor.check(Request::Scheduled, &invocation)).await;
        let report = serde_json::to_value(report).unwrap();
        assert!(report["targets"][0].get("error").is_none(), "{report}");
        assert_eq!(
            log.contains("whether a request for a higher quota is open is not known"),
            minute % 60 == 0,
            "{log}"
        );
        asked.push(aws.calls_of(ASK).len());
    }
    assert_eq!(asked, [1, 1, 1, 1, 2, 2]);
    assert_eq!(aws.calls_of("Publish").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_has_been_said_in_this_hour_is_not_asked_again() {
    let aws = Aws::healthy_but(ASK, open());
    let monitor = support::monitor(&aws, &[("STATE_TABLE", "")]);
    for _ in 0..3 {
        monitor.check(Request::Scheduled, &support::invocation()).await;
    }
    assert_eq!((aws.calls_of("Publish").len(), aws.calls_of(ASK).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn another_account_is_asked_in_its_session_and_in_its_region() {
    let aws = Fleet::default().aws(|call| match (call.operation.as_str(), call.account()) {
        ("GetSendQuota", Some(_)) => Some(Answer::quota(960, 1_000, 14)),
        (ASK, Some(account)) if account.ends_with('1') => {
            Some(Answer::json_error(400, "AccessDeniedException", "an older role"))
        }
        (ASK, Some(_)) => Some(open()),
        _ => None,
    });
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts(2)), ("REGIONS", "eu-west-1")]).await;
    assert_eq!(done.failures(), [] as [String; 0]);
    let asked: Vec<_> =
        done.of(ASK).iter().map(|call| (call.account().unwrap().to_owned(), call.host.clone())).collect();
    let host = "servicequotas.eu-west-1.amazonaws.com".to_owned();
    assert_eq!(asked, [(account(0), host.clone()), (account(1), host)]);
    let told: Vec<_> = documents(&aws).iter().map(|alert| alert["increaseRequest"].is_object()).collect();
    assert_eq!(told, [true, false]);
}

/// Three of a kind leave alone; the digest of the others asks nobody.
#[tokio::test(start_paused = true)]
async fn a_flood_asks_for_the_few_that_leave_alone() {
    let aws = Fleet::default().aws(|call| match call.operation.as_str() {
        "GetSendQuota" if call.account().is_some() => Some(Answer::quota(960, 1_000, 14)),
        ASK => Some(Answer::Silence),
        _ => None,
    });
    let process = Process::new(&aws, &[("ACCOUNTS", &accounts(300))]);
    let start = Instant::now();
    let done = process.check(0).await;
    assert_eq!((done.of(ASK).len(), done.of("Publish").len()), (3, 3 + 297_usize.div_ceil(50)));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let last = done.of("Publish").iter().map(|call| call.at - start).max().unwrap();
    assert!(last < Duration::from_secs(4), "{last:?}");
}

/// A race that is lost is decided anew, and the alert that follows says the same.
#[tokio::test(start_paused = true)]
async fn it_is_asked_for_once_however_often_the_alert_is_decided() {
    let own = format!("{OWN}#us-east-1");
    let state = table([alerting(&own, "WARNING")]);
    let theirs = {
        let mut item = alerting(&own, "WARNING");
        item["version"] = json!({"N": "99"});
        item
    };
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota(960, 1_000, 14),
        "BatchGetItem" => state.answer(call),
        "PutItem" => {
            if call.nth == 0 {
                state.put(&theirs);
            }
            state.answer(call)
        }
        ASK => open(),
        _ => healthy(call),
    });
    support::check(&aws, Request::Scheduled, &[]).await;
    assert_eq!((aws.calls_of("PutItem").len(), aws.calls_of(ASK).len()), (3, 1));
    assert!(told(&aws).is_object());
}
