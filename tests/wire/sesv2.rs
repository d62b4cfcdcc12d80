//! `GetAccount`: what is asked for, what is made of every kind of answer, and that nothing else of an answer goes anywhere.

use insta::assert_snapshot;
use serde_json::{Value, json};
use ses_quota_monitor::failure::{Failure, Stage};
use ses_quota_monitor::reading::{AccountStatus, EnforcementStatus};
use ses_quota_monitor::request::Request;

use crate::support::{Answer, Aws, Call, TABLE, check, clients, healthy, invocation, monitor, with_every_line};

async fn read(answer: Answer) -> Result<AccountStatus, Failure> {
    let aws = Aws::healthy_but("GetAccount", answer);
    clients(&aws).accounts.read(&"us-east-1".parse().unwrap(), None).await
}

/// The failure that each answer ends in.
async fn failures(answers: impl IntoIterator<Item = Answer>) -> String {
    let mut lines = Vec::new();
    for answer in answers {
        let Err(failure) = read(answer.clone()).await else { panic!("{answer:?} is read") };
        assert_eq!(failure.stage, Stage::Account);
        lines.push(failure.to_string());
    }
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn each_region_is_asked_at_its_own_endpoint() {
    let aws = Aws::new(healthy);
    let accounts = clients(&aws).accounts;
    for region in ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"] {
        accounts.read(&region.parse().unwrap(), None).await.unwrap();
    }
    let asked: Vec<String> = aws
        .calls()
        .into_iter()
        .map(|Call { method, host, path, headers, body, .. }| {
            assert!(body.is_empty());
            let scope = headers.get("authorization").unwrap().split(['/', ',']).skip(2).take(3).collect::<Vec<_>>();
            format!("{method} {path} at {host}, signed for {}", scope.join("/"))
        })
        .collect();
    assert_snapshot!(asked.join("\n"), @"
    GET /v2/email/account at email.us-east-1.amazonaws.com, signed for us-east-1/ses/aws4_request
    GET /v2/email/account at email.eu-west-1.amazonaws.com, signed for eu-west-1/ses/aws4_request
    GET /v2/email/account at email.us-gov-west-1.amazonaws.com, signed for us-gov-west-1/ses/aws4_request
    GET /v2/email/account at email.cn-north-1.amazonaws.com.cn, signed for cn-north-1/ses/aws4_request
    ");
}

#[tokio::test(start_paused = true)]
async fn each_status_is_read() {
    for (enabled, name, is_stopped) in [
        (true, "HEALTHY", false),
        (false, "HEALTHY", true),
        (true, "PROBATION", false),
        (false, "PROBATION", true),
        (true, "SHUTDOWN", true),
        (false, "SHUTDOWN", true),
        (true, "GRACE_PERIOD", false),
    ] {
        let status = read(Answer::account(enabled, name)).await.unwrap();
        assert_eq!((status.sending_enabled, status.enforcement.name()), (enabled, name));
        assert_eq!((status.is_stopped(), status.production_access), (is_stopped, Some(true)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn whether_the_account_is_in_the_sandbox_can_be_unknown() {
    for (access, read_as) in [(json!(true), Some(true)), (json!(false), Some(false)), (Value::Null, None)] {
        let fields = json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": true, "ProductionAccessEnabled": access});
        assert_eq!(read(Answer::account_fields(&fields)).await.unwrap().production_access, read_as);
    }
    let without = json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": true});
    assert_eq!(read(Answer::account_fields(&without)).await.unwrap().production_access, None);
}

/// An answer with a status, and this beside it.
fn healthy_with(name: &str, value: Value) -> Answer {
    let mut fields = json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": true});
    fields[name] = value;
    Answer::account_fields(&fields)
}

#[tokio::test(start_paused = true)]
async fn what_is_odd_elsewhere_hides_no_status() {
    for (name, value) in [
        ("Details", json!("https://private.example.com")),
        ("Details", json!({"AdditionalContactEmailAddresses": 5})),
        ("ProductionAccessEnabled", json!("yes")),
        ("SendQuota", json!([])),
        ("SendQuota", json!({"Max24HourSend": "many"})),
        ("SuppressionAttributes", json!(true)),
        ("DedicatedIpAutoWarmupEnabled", json!("yes")),
        ("VdmAttributes", json!({"VdmEnabled": {}})),
        ("SomethingNew", json!({"a": [1, null, 1e300]})),
    ] {
        let status = read(healthy_with(name, value.clone())).await.unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!((status.sending_enabled, status.enforcement), (true, EnforcementStatus::Healthy), "{value}");
    }
    let not_utf8 = b"{\"EnforcementStatus\":\"HEALTHY\",\"SendingEnabled\":true,\"Details\":\"\xff\"}".to_vec();
    assert!(read(Answer::reply(200, not_utf8)).await.is_ok());
}

/// Answers that say nothing of the account.
fn without_a_status() -> Vec<Answer> {
    let fields = [
        json!({"SendingEnabled": true, "ProductionAccessEnabled": true}),
        json!({"SendingEnabled": false}),
        json!({"EnforcementStatus": null, "SendingEnabled": false}),
        json!({"EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": true}),
        json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": null}),
        json!({"EnforcementStatus": 5, "SendingEnabled": true}),
        json!({"EnforcementStatus": "", "SendingEnabled": false}),
        json!({"EnforcementStatus": ["HEALTHY"], "SendingEnabled": true}),
        json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": "true"}),
        json!({"EnforcementStatus": "HEALTHY", "SendingEnabled": 1}),
    ];
    let bodies = [
        "{}",
        "",
        "null",
        "[]",
        "[false,\"HEALTHY\",true]",
        "\"HEALTHY\"",
        "{\"EnforcementStatus\":\"HEALTHY\",\"SendingEnabled\":true",
        "{\"enforcementStatus\":\"HEALTHY\",\"sendingEnabled\":true}",
        "{\"EnforcementStatus\":\"HEALTHY\",\"SendingEnabled\":true}{}",
        "{\"EnforcementStatus\":\"HEALTHY\",\"EnforcementStatus\":\"PROBATION\",\"SendingEnabled\":true}",
        "<html>Sign in to the network</html>",
        "<GetSendQuotaResponse/>",
    ];
    let answered = bodies.into_iter().map(|body| Answer::reply(200, body));
    let not_utf8 = Answer::reply(200, b"{\"EnforcementStatus\":\"HEALTH\xffY\",\"SendingEnabled\":true}".to_vec());
    let no_content = [Answer::reply(204, ""), Answer::reply(202, "accepted")];
    fields.iter().map(Answer::account_fields).chain(answered).chain([not_utf8]).chain(no_content).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_status_is_a_failure() {
    assert_snapshot!(failures(without_a_status()).await, @"
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES answered without EnforcementStatus or SendingEnabled
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    account: InvalidResponse: SES's answer is not readable
    ");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_a_status_that_was_not_answered() {
    for answer in without_a_status() {
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "GetSendQuota" => Answer::quota(0, 50_000, 14),
            "GetAccount" => answer.clone(),
            _ => healthy(call),
        });
        let report = serde_json::to_value(check(&aws, Request::Scheduled, &[]).await).unwrap();
        assert!(aws.calls_of("Publish").is_empty());
        let target = &report["targets"][0];
        assert_eq!(
            (&target["error"]["step"], &target["error"]["code"]),
            (&"account".into(), &"InvalidResponse".into())
        );
        // Neither as paused nor as OK: nothing is said of it, and no gap in the graph is filled.
        assert!(!target["subjects"].to_string().contains("ACCOUNT"), "{report}");
        let metrics = aws.calls_of("PutMetricData")[0].cbor().to_string();
        assert!(metrics.contains("QuotaUtilization") && !metrics.contains("SendingStatus"), "{metrics}");
        // Since when, and nothing of the account.
        let written: Vec<Value> =
            aws.calls_of("PutItem").iter().map(|call| call.json()["Item"]["target"]["S"].clone()).collect();
        assert_eq!(written, ["111122223333#us-east-1#READING"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_ses_refuses_comes_with_its_code_its_message_and_what_to_do() {
    let answers = [
        Answer::rest_error(403, "AccessDeniedException", "User is not authorized to perform: ses:GetAccount"),
        Answer::rest_error(
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        Answer::rest_error(400, "BadRequestException", "one\r\ntwo"),
        Answer::rest_error(429, "TooManyRequestsException", "Rate exceeded"),
        Answer::reply(503, ""),
        Answer::reply(404, "<html>Not Found</html>"),
        Answer::reply(302, ""),
        Answer::Silence,
        Answer::NoAnswer,
        Answer::NoConnection,
    ];
    assert_snapshot!(failures(answers).await, @"
    account: AccessDeniedException: User is not authorized to perform: ses:GetAccount [grant the role that reads this account ses:GetAccount, in this Region too]
    account: UnrecognizedClientException: The security token included in the request is invalid. [is this Region enabled for the account? If not, enable it, or leave it out of REGIONS]
    account: BadRequestException: one  two
    account: TooManyRequestsException: Rate exceeded
    account: UnexpectedResponse: HTTP 503 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    account: UnexpectedResponse: HTTP 404 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    account: UnexpectedResponse: HTTP 302 without an AWS error code [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    account: Timeout: request has timed out: operation attempt timeout (single attempt) occurred after 6s
    account: NoAnswer: dispatch failure: other: connection closed before message completed
    account: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    ");
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_faults_are_tried_again_and_refusals_are_not() {
    for (answer, attempts) in [
        (Answer::rest_error(429, "TooManyRequestsException", "Rate exceeded"), 3),
        (Answer::rest_error(400, "ThrottlingException", "Rate exceeded"), 3),
        (Answer::rest_error(500, "InternalServiceErrorException", "no"), 3),
        (Answer::reply(503, ""), 3),
        (Answer::NoConnection, 3),
        (Answer::rest_error(403, "AccessDeniedException", "no"), 1),
        (Answer::reply(200, "{}"), 1),
    ] {
        let refusing = answer.clone();
        let aws = Aws::new(move |call| if call.nth < 2 { refusing.clone() } else { healthy(call) });
        let read = clients(&aws).accounts.read(&"us-east-1".parse().unwrap(), None).await;
        assert_eq!((aws.calls().len(), read.is_ok()), (attempts, attempts == 3), "{answer:?}");
    }
}

/// The SDK limits retries by a budget, so that an outage is not made worse by them.
#[tokio::test(start_paused = true)]
async fn the_retries_of_a_region_are_not_used_up_by_others() {
    let aws = Aws::new(|call| match call.host.as_str() {
        "email.eu-west-7.amazonaws.com" if call.nth % 2 == 1 => healthy(call),
        _ => Answer::rest_error(429, "TooManyRequestsException", "Rate exceeded"),
    });
    let accounts = clients(&aws).accounts;
    let read = async |region: String| accounts.read(&region.parse().unwrap(), None).await;
    for number in 0..300 {
        read(format!("ap-southeast-{number}")).await.unwrap_err();
    }
    assert_eq!(aws.calls().len(), 900);
    assert!(read("eu-west-7".to_owned()).await.is_ok());
}

/// What the fake's answer says of people and their use of SES: none of it leaves the function.
const PRIVATE: [&str; 5] = ["private", "TRANSACTIONAL", "GRANTED", "ContactLanguage", "CaseId"];

/// Answers with private details: with a status, without, and such as cannot be read.
fn with_details() -> Vec<Answer> {
    let Answer::Reply { body, .. } = Answer::account(true, "PROBATION") else { panic!("no reply") };
    let whole = String::from_utf8(body).unwrap();
    let with = |name: &str, value: Value| {
        let mut fields: Value = serde_json::from_str(&whole).unwrap();
        fields[name] = value;
        fields.to_string()
    };
    let bodies = [
        whole.clone(),
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.find("private-case").unwrap() + 9].to_owned(),
        whole.replace("private-use-case", "private\\q"),
        whole.replace("private-use-case", "private\u{1}"),
        whole.replace("\"private-use-case\"", "private"),
        whole.replace("\"private-use-case\"", "{\"private\": 1e999}"),
        whole.replace("[\"private@example.com\"]", "\"private@example.com\""),
        format!("{whole}private"),
        format!("private{whole}"),
        with("EnforcementStatus", json!(null)),
        with("SendingEnabled", json!("private@example.com")),
        with("ProductionAccessEnabled", json!({"private": "private@example.com"})),
        with("SendQuota", json!("private@example.com")),
        with("__type", json!("BadRequestException")),
    ];
    let statuses = [200, 202, 302, 400, 403, 500];
    let replies = bodies.iter().flat_map(|body| statuses.map(|status| Answer::reply(status, body.as_str())));
    let headers = vec![("x-amzn-errortype", "BadRequestException".to_owned())];
    let named = bodies.iter().map(|body| Answer::Reply {
        status: 400,
        headers: headers.clone(),
        body: body.as_bytes().to_vec(),
    });
    let mut not_utf8 = whole.clone().into_bytes();
    not_utf8.insert(whole.find("private").unwrap(), 0xff);
    replies.chain(named).chain([Answer::reply(200, not_utf8.clone()), Answer::reply(400, not_utf8)]).collect()
}

/// An unread target, for so long that people are told.
fn long_unread() -> Value {
    json!({
        "target": {"S": "111122223333#us-east-1#READING"}, "schemaVersion": {"N": "1"}, "version": {"N": "1"},
        "level": {"S": "OK"}, "changedAt": {"S": "2026-11-24T11:00:00Z"}, "unreadSince": {"S": "2026-11-24T11:00:00Z"},
    })
}

#[tokio::test(start_paused = true)]
async fn people_in_an_answer_are_in_nothing_that_leaves_the_function() {
    let mut logged = 0;
    for answer in with_details() {
        for request in [Request::Scheduled, Request::DryRun, Request::TestAlert] {
            let answer = answer.clone();
            let aws = Aws::new(move |call| match call.operation.as_str() {
                "GetAccount" => answer.clone(),
                "BatchGetItem" => Answer::items(TABLE, &[long_unread()]),
                _ => healthy(call),
            });
            let monitor = monitor(&aws, &[]);
            let (report, log) = with_every_line(async { monitor.check(request, &invocation()).await }).await;
            logged += log.matches("assessed").count();
            let mut texts = vec![log, serde_json::to_string(&report).unwrap(), format!("{report:?}")];
            texts.extend(report.into_result().err().map(|failed| failed.to_string()));
            texts.extend(aws.calls().iter().map(|call| {
                let body = form_urlencoded_or_text(call);
                format!("{} {}{} {:?} {body}", call.method, call.host, call.path, call.headers)
            }));
            // Alerts about the quota, and about the account or that it cannot be read.
            let alerts = if request == Request::Scheduled { 2 } else { usize::from(request == Request::TestAlert) };
            assert_eq!(aws.calls_of("Publish").len(), alerts);
            for text in texts {
                for private in PRIVATE {
                    assert!(
                        !text.contains(private),
                        "{private:?} of {:?} is in {text}",
                        aws.answer(&aws.calls_of("GetAccount")[0])
                    );
                }
            }
        }
    }
    // Not each time: `tracing` can miss a line that a test beside this one writes for the first time.
    assert!(logged > 100, "{logged}");
}

/// The body of a request, as what is in it was before it was encoded.
fn form_urlencoded_or_text(call: &Call) -> String {
    match call.headers.get("content-type") {
        Some("application/x-www-form-urlencoded") => format!("{:?}", call.form()),
        _ => String::from_utf8_lossy(&call.body).into_owned(),
    }
}
