//! The state table: what is asked of DynamoDB, and how a conditional write ends.

use insta::assert_snapshot;
use serde_json::{Value, json};
use ses_quota_monitor::alert::{Alert, AlertId, AlertLevel, AlertState, Claim, Kind, LastHeard, Pending, Subject};
use ses_quota_monitor::aws::{StoredState, Write};

use crate::support::{Answer, Aws, Call, Table, at, clients, healthy, read, target};

/// An alert that people have heard of, and a reminder of it that a check is about to send.
fn state() -> AlertState {
    let level = AlertLevel::Critical;
    let pending = Pending {
        alert_id: Some(AlertId::new(
            &target("us-east-1"),
            Subject::Quota,
            at("2026-11-24T12:00:00Z"),
            level,
            Kind::Reminder,
        )),
        kind: Kind::Reminder,
        level,
        since: Some(at("2026-11-23T11:40:00Z")),
        last_heard: LastHeard { lowest: level, highest: level },
        claim: Some(Claim { by: "request-1".to_owned(), until: at("2026-11-24T12:00:40Z") }),
    };
    AlertState {
        alert: Some(Alert { level, since: at("2026-11-23T11:40:00Z"), notified_at: at("2026-11-23T12:00:00Z") }),
        pending: Some(pending),
        changed_at: Some(at("2026-11-24T12:00:00Z")),
        unread_since: None,
    }
}

/// What a `PutItem` wrote.
fn written(call: &Call) -> Value {
    call.json()["Item"].clone()
}

/// A table in which every write finds another item.
fn refusing(item: impl Fn(&Call) -> Option<Value> + Send + Sync + 'static) -> Aws {
    Aws::new(move |call| Table::condition_failed(item(call).as_ref()))
}

#[tokio::test(start_paused = true)]
async fn the_states_of_a_target_are_read_consistently_in_one_request() {
    let aws = Aws::new(healthy);
    let read = read(&clients(&aws).states.unwrap(), &target("eu-west-1")).await;
    assert_eq!(read, Ok(Subject::ALL.map(|subject| (subject, Ok(StoredState::default()))).into()));
    let [call] = &aws.calls()[..] else { panic!("one request is enough") };
    // The table is in the function's Region, whichever Region is checked.
    assert_eq!((call.operation.as_str(), call.host.as_str()), ("BatchGetItem", "dynamodb.us-east-1.amazonaws.com"));
    let keys = ["", "#ACCOUNT", "#RATE", "#READING"].map(|of| format!("111122223333#eu-west-1{of}"));
    let keys = keys.map(|key| json!({"target": {"S": key}}));
    assert_eq!(call.json(), json!({"RequestItems": {"alert-state": {"Keys": keys, "ConsistentRead": true}}}));
}

#[tokio::test(start_paused = true)]
async fn each_subject_has_an_item_of_its_own() {
    let table = Table::default();
    let scripted = table.clone();
    let aws = Aws::new(move |call| scripted.answer(call));
    let (states, target) = (clients(&aws).states.unwrap(), target("us-east-1"));
    let unread = AlertState { unread_since: Some(at("2026-11-24T11:55:00Z")), ..AlertState::default() };
    let mut stored = Vec::new();
    let rate = AlertState { pending: None, ..state() };
    for (subject, state) in Subject::ALL.into_iter().zip([state(), AlertState::default(), rate, unread]) {
        let Ok(Write::Done(written)) = states.write(&target, subject, &StoredState::default(), state).await else {
            panic!("the first write failed");
        };
        stored.push((subject, Ok(written)));
    }
    assert_eq!(read(&states, &target).await, Ok(stored.into_iter().collect()));
    let keys: Vec<Value> = aws.calls_of("PutItem").iter().map(|call| written(call)["target"]["S"].clone()).collect();
    assert_eq!(keys, ["", "#ACCOUNT", "#RATE", "#READING"].map(|of| format!("111122223333#us-east-1{of}")));
}

/// An answer that leaves out the items of these subjects.
fn leaving_out(call: &Call, left_out: &[&str]) -> Answer {
    let mut asked = call.json()["RequestItems"]["alert-state"].clone();
    let keys = asked["Keys"].as_array_mut().unwrap();
    keys.retain(|key| left_out.iter().any(|subject| key["target"]["S"].as_str().unwrap().ends_with(subject)));
    let left = if keys.is_empty() { json!({}) } else { json!({"alert-state": asked}) };
    Answer::reply(200, json!({"Responses": {"alert-state": []}, "UnprocessedKeys": left}).to_string())
}

#[tokio::test(start_paused = true)]
async fn what_dynamodb_leaves_out_is_asked_for_again_and_nothing_else() {
    let aws = Aws::new(|call| leaving_out(call, [&["ACCOUNT", "READING"][..], &["READING"], &[]][call.nth]));
    let read = read(&clients(&aws).states.unwrap(), &target("us-east-1")).await;
    assert_eq!(read, Ok(Subject::ALL.map(|subject| (subject, Ok(StoredState::default()))).into()));
    let asked: Vec<Value> = aws.calls().iter().map(|call| call.json()["RequestItems"]["alert-state"].clone()).collect();
    let keys = |asked: &Value| asked["Keys"].as_array().unwrap().len();
    assert_eq!(asked.iter().map(keys).collect::<Vec<_>>(), [4, 2, 1]);
    assert!(asked.iter().all(|asked| asked["ConsistentRead"] == true), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_dynamodb_leaves_out_each_time_is_unknown_and_nothing_else() {
    let aws = Aws::new(|call| leaving_out(call, &["ACCOUNT"]));
    let read = read(&clients(&aws).states.unwrap(), &target("us-east-1")).await.unwrap();
    assert_eq!(aws.calls().len(), 4);
    assert_eq!(read[&Subject::Quota], Ok(StoredState::default()));
    assert_eq!(read[&Subject::Reading], Ok(StoredState::default()));
    assert_snapshot!(read[&Subject::Account].as_ref().unwrap_err(), @"state: UnprocessedKeys: DynamoDB left out this item each time, which it does when it is throttled");
}

#[tokio::test(start_paused = true)]
async fn an_item_is_readable_in_the_console() {
    let aws = Aws::new(healthy);
    clients(&aws)
        .states
        .unwrap()
        .write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state())
        .await
        .unwrap();
    let item = written(&aws.calls()[0]);
    let mut lines: Vec<String> =
        item.as_object().unwrap().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.sort();
    assert_snapshot!(lines.join("\n"), @r#"
    changedAt: {"S":"2026-11-24T12:00:00Z"}
    claimedBy: {"S":"request-1"}
    claimedUntil: {"S":"2026-11-24T12:00:40Z"}
    knownHighest: {"S":"CRITICAL"}
    knownLowest: {"S":"CRITICAL"}
    level: {"S":"CRITICAL"}
    notifiedAt: {"S":"2026-11-23T12:00:00Z"}
    pendingAlertId: {"S":"111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/REMINDER"}
    pendingKind: {"S":"REMINDER"}
    pendingLevel: {"S":"CRITICAL"}
    pendingSince: {"S":"2026-11-23T11:40:00Z"}
    schemaVersion: {"N":"1"}
    since: {"S":"2026-11-23T11:40:00Z"}
    target: {"S":"111122223333#us-east-1"}
    version: {"N":"1"}
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_first_write_asks_for_no_item_and_a_later_one_for_the_version_it_saw() {
    let aws = Aws::new(healthy);
    let states = clients(&aws).states.unwrap();
    let target = target("us-east-1");
    let Ok(Write::Done(first)) = states.write(&target, Subject::Quota, &StoredState::default(), state()).await else {
        panic!("the first write failed");
    };
    assert_eq!(first.state, state());
    let Ok(Write::Done(second)) = states.write(&target, Subject::Quota, &first, AlertState::default()).await else {
        panic!("the second write failed");
    };
    assert_eq!(second.state, AlertState::default());
    let conditions: Vec<String> = aws
        .calls()
        .iter()
        .map(|call| {
            let mut body = call.json();
            let version = body["Item"]["version"]["N"].clone();
            body.as_object_mut().unwrap().remove("Item");
            format!("version {version}: {body}")
        })
        .collect();
    assert_snapshot!(conditions.join("\n"), @r##"
    version "1": {"ConditionExpression":"attribute_not_exists(#key)","ExpressionAttributeNames":{"#key":"target"},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"alert-state"}
    version "2": {"ConditionExpression":"#version = :version","ExpressionAttributeNames":{"#version":"version"},"ExpressionAttributeValues":{":version":{"N":"1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"alert-state"}
    "##);
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_the_item_of_another_has_lost_and_learns_what_it_says() {
    // None: they have deleted it.
    for (is_there, winner) in [(true, state()), (false, AlertState::default())] {
        let aws = refusing(move |call| {
            let mut theirs = written(call);
            theirs["version"] = json!({"N": "8"});
            is_there.then_some(theirs)
        });
        let states = clients(&aws).states.unwrap();
        match states.write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state()).await.unwrap() {
            Write::Lost(lost) => assert_eq!(lost.state, winner),
            Write::Done(_) => panic!("another check's item was taken for one's own"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_the_same_but_for_the_claim_of_another_has_lost() {
    let aws = refusing(|call| {
        let mut item = written(call);
        item["claimedBy"] = json!({"S": "request-2"});
        Some(item)
    });
    let write = clients(&aws)
        .states
        .unwrap()
        .write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state())
        .await;
    assert!(matches!(write, Ok(Write::Lost(_))), "{write:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_an_item_that_is_not_understood_is_told_so() {
    let aws = refusing(|_| Some(json!({"target": {"S": "111122223333#us-east-1"}, "schemaVersion": {"N": "2"}})));
    let write = clients(&aws)
        .states
        .unwrap()
        .write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state())
        .await;
    assert_eq!(write.unwrap_err().code, "UnknownState");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_finds_its_own_write_has_won() {
    // The first attempt writes, but its answer is lost. The second finds the item of the first.
    let lost = refusing(|call| Some(written(call)));
    let aws = Aws::new(move |call| if call.nth == 0 { Answer::Silence } else { lost.answer(call) });
    let write = clients(&aws)
        .states
        .unwrap()
        .write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state())
        .await;
    let Ok(Write::Done(stored)) = write else { panic!("{write:?}") };
    assert_eq!(stored.state, state());
    assert_eq!(aws.operations(), ["PutItem", "PutItem"]);
}

#[tokio::test(start_paused = true)]
async fn what_dynamodb_refuses_says_what_to_do() {
    let mut lines = Vec::new();
    for answer in [
        Answer::json_error(400, "AccessDeniedException", "User is not authorized to perform: dynamodb:BatchGetItem"),
        Answer::json_error(400, "ResourceNotFoundException", "Requested resource not found"),
        Answer::json_error(400, "ProvisionedThroughputExceededException", "slow down"),
        Answer::json_error(500, "InternalServerError", "Internal server error"),
        Answer::reply(200, "<html>Sign in to the network</html>"),
        Answer::Silence,
        Answer::NoConnection,
    ] {
        let states = clients(&Aws::healthy_but("BatchGetItem", answer.clone())).states.unwrap();
        lines.push(read(&states, &target("us-east-1")).await.unwrap_err().to_string());
    }
    assert_snapshot!(lines.join("\n"), @r#"
    state: AccessDeniedException: User is not authorized to perform: dynamodb:BatchGetItem [grant the function's role dynamodb:BatchGetItem and dynamodb:PutItem on the table in STATE_TABLE]
    state: ResourceNotFoundException: Requested resource not found [the table in STATE_TABLE does not exist in the function's Region]
    state: ProvisionedThroughputExceededException: slow down
    state: InternalServerError: Internal server error
    state: UnexpectedResponse: HTTP 200, not readable: unhandled error: Error at offset 0: unexpected token '<'. Expected one of '{', '[', '"', 'null', 'true', 'false', <number> [this may not be AWS: has a proxy or a load balancer answered?]
    state: Timeout: request has timed out: operation attempt timeout (single attempt) occurred after 6s
    state: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    "#);
}

/// A claim that is given up after one attempt is an alert that people may hear twice.
#[tokio::test(start_paused = true)]
async fn an_outage_does_not_use_up_the_attempts_of_a_later_write() {
    let aws = Aws::new(|call| match (call.operation.as_str(), call.nth) {
        ("PutItem", 1) => healthy(call),
        _ => Answer::json_error(500, "InternalServerError", "Internal server error"),
    });
    let states = clients(&aws).states.unwrap();
    for _ in 0..300 {
        read(&states, &target("us-east-1")).await.unwrap_err();
    }
    assert_eq!(aws.calls().len(), 900);
    let write = states.write(&target("us-east-1"), Subject::Quota, &StoredState::default(), state()).await;
    assert!(matches!(write, Ok(Write::Done(_))), "{write:?}");
}
