//! What an alert is about: whole checks over the life of each subject, each check in a process that has just started.

use serde_json::{Value, json};
use ses_quota_monitor::check::Invocation;
use ses_quota_monitor::request::Request;

use crate::checked::{Checked, alerting, check_with, item, table};
use crate::support::{Answer, Aws, TABLE, Table, healthy, invocation, monitor};

const QUOTA: &str = "111122223333#us-east-1";
const ACCOUNT: &str = "111122223333#us-east-1#ACCOUNT";
const READING: &str = "111122223333#us-east-1#READING";

/// What SES answers in a check.
#[derive(Clone)]
struct Ses {
    quota: Answer,
    account: Answer,
}

/// Nothing sent, and an account that AWS has nothing against.
fn quiet() -> Ses {
    Ses { quota: Answer::quota(0, 1_000, 14), account: Answer::account(true, "HEALTHY") }
}

/// So much sent of a quota of 1,000.
fn sent(sent: u32) -> Ses {
    Ses { quota: Answer::quota(sent, 1_000, 14), ..quiet() }
}

fn account(sending_enabled: bool, status: &str) -> Ses {
    Ses { account: Answer::account(sending_enabled, status), ..quiet() }
}

/// Neither is answered.
fn unread() -> Ses {
    Ses { quota: denied(), account: Answer::rest_error(403, "AccessDeniedException", "no") }
}

fn denied() -> Answer {
    Answer::xml_error(403, "AccessDenied", "no")
}

/// A check over a table.
async fn check(table: &Table, minute: i64, ses: Ses) -> Checked {
    let table = table.clone();
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => ses.quota.clone(),
        "GetAccount" => ses.account.clone(),
        "BatchGetItem" | "PutItem" => table.answer(call),
        _ => healthy(call),
    });
    check_with(aws, minute, &[]).await
}

/// Checks every five minutes from noon on: what was told in each, and the incidents that it belongs to.
async fn life(table: &Table, checks: impl IntoIterator<Item = Ses>) -> (Vec<String>, Vec<String>) {
    let (mut told, mut incidents) = (Vec::new(), Vec::new());
    for (nth, ses) in (0..).zip(checks) {
        let checked = check(table, 5 * nth, ses).await;
        told.push(checked.told().join(", "));
        let ids = checked.documents().into_iter().map(|document| document["incidentId"].as_str().unwrap().to_owned());
        incidents.extend(ids);
    }
    (told, incidents)
}

#[tokio::test(start_paused = true)]
async fn the_account_from_a_review_to_a_pause_to_its_end_is_one_incident() {
    let checks = [
        account(true, "HEALTHY"),
        account(true, "PROBATION"),
        account(true, "PROBATION"),
        account(false, "PROBATION"),
        account(false, "SHUTDOWN"),
        account(true, "HEALTHY"),
        account(true, "HEALTHY"),
    ];
    let table = Table::default();
    let (told, incidents) = life(&table, checks).await;
    assert_eq!(told, ["", "ACCOUNT RAISED WARNING", "", "ACCOUNT ESCALATED EXHAUSTED", "", "ACCOUNT RECOVERED OK", ""]);
    assert_eq!(incidents, ["111122223333/us-east-1/ACCOUNT/2026-11-24T12:05:00Z"; 3]);
    // The item of the quota was never written: it had nothing to say.
    assert_eq!((table.item(QUOTA), table.item(READING)), (None, None));
}

#[tokio::test(start_paused = true)]
async fn each_status_has_its_level() {
    for (enabled, status, level, told) in [
        (true, "PROBATION", 1.0, "ACCOUNT RAISED WARNING"),
        (true, "SOMETHING_NEW", 1.0, "ACCOUNT RAISED WARNING"),
        (true, "SHUTDOWN", 3.0, "ACCOUNT RAISED EXHAUSTED"),
        // By somebody with access to the account.
        (false, "HEALTHY", 3.0, "ACCOUNT RAISED EXHAUSTED"),
        (false, "SOMETHING_NEW", 3.0, "ACCOUNT RAISED EXHAUSTED"),
    ] {
        let checked = check(&Table::default(), 0, account(enabled, status)).await;
        assert_eq!(checked.told(), [told], "{status}");
        assert_eq!((checked.metric("SendingStatus"), checked.metric("HighestAlertLevel")), (Some(level), Some(level)));
        // `AlertLevel` is that of the quota.
        assert_eq!(checked.metric("AlertLevel"), Some(0.0));
        assert!(checked.report.into_result().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_paused_is_told_though_the_quota_cannot_be_read() {
    for (quota, code) in [
        (denied(), "AccessDenied"),
        (Answer::xml_error(400, "Throttling", "Rate exceeded"), "Throttling"),
        (Answer::reply(503, ""), "UnexpectedResponse"),
        (Answer::quota("many", 1_000, 14), "UnexpectedResponse"),
        (Answer::quota("NaN", 1_000, 14), "InvalidQuota"),
        (Answer::quota_fields(""), "InvalidResponse"),
    ] {
        let checked = check(&Table::default(), 0, Ses { quota, ..account(false, "HEALTHY") }).await;
        assert_eq!(checked.told(), ["ACCOUNT RAISED EXHAUSTED"], "{code}");
        assert_eq!(checked.failures(), [format!("read {code}")]);
        assert_eq!(checked.metric("HighestAlertLevel"), Some(3.0));
    }
    // Whoever is not reached is not asked again.
    for quota in [Answer::NoConnection, Answer::Silence, Answer::NoAnswer] {
        let checked = check(&Table::default(), 0, Ses { quota, ..account(false, "HEALTHY") }).await;
        assert!(checked.aws.calls_of("GetAccount").is_empty() && checked.told().is_empty());
        assert_eq!(checked.failures().len(), 1, "{:?}", checked.failures());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_makes_no_sense_hides_neither_the_quota_nor_the_account() {
    for rate in ["many", "", "-2", "NaN"] {
        let ses = Ses { quota: Answer::quota(960, 1_000, rate), ..account(true, "PROBATION") };
        let checked = check(&Table::default(), 0, ses).await;
        assert_eq!(checked.told(), ["ACCOUNT RAISED WARNING", "QUOTA RAISED CRITICAL"], "{rate}");
        assert!(checked.failures().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_read_is_told_after_a_quarter_hour_and_once_it_is_read() {
    let partly = [Ses { account: unread().account, ..quiet() }, Ses { quota: denied(), ..quiet() }];
    for unread in partly.into_iter().chain([unread()]) {
        let checks = [
            vec![quiet()],
            vec![unread.clone(); 5],
            vec![quiet(), quiet()],
            // The next time begins anew.
            vec![unread.clone(); 4],
            vec![quiet()],
        ];
        let table = Table::default();
        let (told, incidents) = life(&table, checks.into_iter().flatten()).await;
        let (raised, recovered) = ("READING RAISED WARNING", "READING RECOVERED OK");
        assert_eq!(told, ["", "", "", "", raised, "", recovered, "", "", "", "", raised, recovered]);
        let [first, second] =
            ["12:20", "12:55"].map(|time| format!("111122223333/us-east-1/READING/2026-11-24T{time}:00Z"));
        assert_eq!(incidents, [first.clone(), first, second.clone(), second]);
        assert!(table.item(READING).unwrap().get("unreadSince").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_in_a_row_is_recorded_and_no_other() {
    let table = Table::default();
    for minute in [0, 5, 10] {
        let checked = check(&table, minute, unread()).await;
        let written = checked.aws.calls_of("PutItem").len();
        assert_eq!((checked.told(), written), (vec![], usize::from(minute == 0)), "{minute}");
        assert_eq!(table.item(READING).unwrap()["unreadSince"], json!({"S": "2026-11-24T12:00:00Z"}));
        assert_eq!(checked.failures(), ["read AccessDenied", "account AccessDeniedException"]);
    }
    let checked = check(&table, 15, unread()).await;
    let document = &checked.documents()[0];
    assert_eq!(document["unreadSince"], "2026-11-24T12:00:00Z");
    assert_eq!((&document["error"]["step"], &document["error"]["code"]), (&"read".into(), &"AccessDenied".into()));
    // A check that reads in between ends the row.
    let rows = [unread(), unread(), quiet(), unread(), unread(), unread()];
    assert_eq!(life(&Table::default(), rows).await.0, [""; 6]);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_target_may_be_unread_is_a_setting() {
    for (minutes, told) in [("1", [0, 1, 0]), ("5", [0, 1, 0]), ("6", [0, 0, 1]), ("11", [0, 0, 0])] {
        let table = Table::default();
        for (minute, told) in [0, 5, 10].into_iter().zip(told) {
            let answers = table.clone();
            let aws = Aws::new(move |call| match call.operation.as_str() {
                "GetSendQuota" => Answer::NoConnection,
                "BatchGetItem" | "PutItem" => answers.answer(call),
                _ => healthy(call),
            });
            let checked = check_with(aws, minute, &[("UNREADABLE_MINUTES", minutes)]).await;
            assert_eq!(checked.told().len(), told, "{minutes} {minute}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_read_ends_no_other_alert() {
    let table = Table::default();
    let near = Ses { account: account(true, "PROBATION").account, ..sent(960) };
    let checks = [near.clone(), unread(), unread(), unread(), unread(), near, quiet()];
    let (told, _) = life(&table, checks).await;
    assert_eq!(told[0], "ACCOUNT RAISED WARNING, QUOTA RAISED CRITICAL");
    assert_eq!(
        told[1..],
        ["", "", "", "READING RAISED WARNING", "READING RECOVERED OK", "ACCOUNT RECOVERED OK, QUOTA RECOVERED OK"]
    );
}

/// As version 0.1.0 wrote it: one item per target, and an `alertId` that named neither subject nor level.
#[tokio::test(start_paused = true)]
async fn an_older_installation_goes_on() {
    let critical = item(
        QUOTA,
        &json!({
            "level": "CRITICAL", "since": "2026-11-24T10:00:00Z", "notifiedAt": "2026-11-24T10:05:00Z",
            "changedAt": "2026-11-24T10:05:00Z",
        }),
    );
    let table = table([critical]);
    let (told, incidents) = life(&table, [sent(960), sent(960), quiet(), quiet(), sent(850)]).await;
    assert_eq!(told, ["", "", "QUOTA RECOVERED OK", "", "QUOTA RAISED WARNING"]);
    assert_eq!(incidents[0], "111122223333/us-east-1/QUOTA/2026-11-24T10:00:00Z");
}

/// An escalation whose sender died, whose claim is over.
#[tokio::test(start_paused = true)]
async fn an_alert_that_an_older_version_left_pending_is_told() {
    for claim in [json!({}), json!({"claimedBy": "request-0", "claimedUntil": "2026-11-24T11:56:00Z"})] {
        let mut attributes = json!({
            "level": "WARNING", "since": "2026-11-24T10:00:00Z", "notifiedAt": "2026-11-24T10:05:00Z",
            "changedAt": "2026-11-24T11:55:00Z", "pendingAlertId": "111122223333/us-east-1/2026-11-24T11:55:00Z/ESCALATED",
            "pendingKind": "ESCALATED", "pendingLevel": "CRITICAL", "pendingSince": "2026-11-24T10:00:00Z",
            "knownLowest": "WARNING", "knownHighest": "WARNING",
        });
        attributes.as_object_mut().unwrap().extend(claim.as_object().unwrap().clone());
        let table = table([item(QUOTA, &attributes)]);
        let checked = check(&table, 0, sent(960)).await;
        assert_eq!(checked.told(), ["QUOTA ESCALATED CRITICAL"]);
        let document = &checked.documents()[0];
        assert_eq!(document["alertId"], "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED");
        assert_eq!(document["incidentId"], "111122223333/us-east-1/QUOTA/2026-11-24T10:00:00Z");
        assert!(checked.failures().is_empty());
        assert!(check(&table, 5, sent(960)).await.told().is_empty());
    }
}

/// An item of another version.
fn unknown(key: &str) -> Value {
    json!({"target": {"S": key}, "schemaVersion": {"N": "2"}})
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_not_understood_blinds_its_own_subject_only() {
    let near = Ses { account: account(true, "PROBATION").account, ..sent(960) };
    for key in [QUOTA, ACCOUNT, READING] {
        let table = table([unknown(key)]);
        let first = check(&table, 0, near.clone()).await;
        assert_eq!(first.told(), ["ACCOUNT RAISED WARNING", "QUOTA RAISED CRITICAL"], "{key}");
        assert_eq!(first.failures(), ["state UnknownState"]);
        assert!(first.json()["targets"][0]["error"]["message"].as_str().unwrap().contains(key));
        assert_eq!(table.item(key), Some(unknown(key)), "it was written over");
        // What a state guards is told once, what none guards in each process once an hour.
        let second = check(&table, 5, near.clone()).await;
        let repeated: Vec<&str> = match key {
            QUOTA => vec!["QUOTA RAISED CRITICAL"],
            ACCOUNT => vec!["ACCOUNT RAISED WARNING"],
            _ => vec![],
        };
        assert_eq!(second.told(), repeated, "{key}");
        // Nothing is over where nobody knows what was told.
        let over: &[&str] = match key {
            QUOTA => &["ACCOUNT RECOVERED OK"],
            ACCOUNT => &["QUOTA RECOVERED OK"],
            _ => &["ACCOUNT RECOVERED OK", "QUOTA RECOVERED OK"],
        };
        assert_eq!(check(&table, 10, quiet()).await.told(), over, "{key}");
        // Nor is it told that a target is not read, where nobody knows since when.
        let minutes = [15, 20, 25, 30];
        let mut told = Vec::new();
        for minute in minutes {
            told.extend(check(&table, minute, unread()).await.told());
        }
        assert_eq!(told.len(), usize::from(key != READING), "{key}: {told:?}");
        assert!(first.report.into_result().is_err());
    }
}

/// A check at 96% of an account under review, in which DynamoDB leaves out some subjects in its first `times` answers.
async fn leaving_out(subject: &'static str, times: usize) -> Checked {
    let table = Table::default();
    let aws = Aws::new(move |call| match call.operation.as_str() {
        "GetAccount" => Answer::account(true, "PROBATION"),
        "BatchGetItem" if call.nth < times => {
            let mut asked = call.json()["RequestItems"][TABLE].clone();
            asked["Keys"].as_array_mut().unwrap().retain(|key| key["target"]["S"] == subject);
            let body = json!({"Responses": {TABLE: []}, "UnprocessedKeys": {TABLE: asked}});
            Answer::reply(200, body.to_string())
        }
        "BatchGetItem" | "PutItem" => table.answer(call),
        _ => healthy(call),
    });
    check_with(aws, 0, &[]).await
}

#[tokio::test(start_paused = true)]
async fn what_dynamodb_leaves_out_is_asked_for_again_and_then_unknown_for_its_subject_alone() {
    for (key, claims) in [(QUOTA, 1), (ACCOUNT, 1), (READING, 2)] {
        let once = leaving_out(key, 1).await;
        assert_eq!(once.aws.calls_of("BatchGetItem").len(), 2);
        assert_eq!((once.told().len(), once.aws.calls_of("PutItem").len()), (2, 4));
        assert!(once.report.into_result().is_ok());
        let always = leaving_out(key, usize::MAX).await;
        assert_eq!(always.failures(), ["state UnprocessedKeys"]);
        assert_eq!((always.told().len(), always.aws.calls_of("PutItem").len()), (2, 2 * claims), "{key}");
        assert!(always.report.into_result().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_state_table_the_account_is_told_once_an_hour_and_an_unread_target_never() {
    for (ses, told) in [
        (account(false, "HEALTHY"), vec!["12", "13"]),
        (Ses { quota: denied(), ..account(true, "PROBATION") }, vec!["12", "13"]),
        (unread(), vec![]),
    ] {
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "GetSendQuota" => ses.quota.clone(),
            "GetAccount" => ses.account.clone(),
            _ => healthy(call),
        });
        let monitor = monitor(&aws, &[("STATE_TABLE", "")]);
        let mut report = None;
        for minute in (0..120).step_by(5) {
            let started_at = invocation().started_at.plus_seconds(60 * minute);
            report = Some(monitor.check(Request::Scheduled, &Invocation { started_at, ..invocation() }).await);
        }
        let checked = Checked { aws, report: report.unwrap() };
        let ids: Vec<Value> = checked.documents().iter().map(|document| document["incidentId"].clone()).collect();
        let hour = |hour: &str| json!(format!("111122223333/us-east-1/ACCOUNT/2026-11-24T{hour}:00:00Z"));
        assert_eq!(ids, told.into_iter().map(hour).collect::<Vec<_>>());
        assert!(checked.aws.calls_of("BatchGetItem").is_empty() && checked.aws.calls_of("PutItem").is_empty());
        // The report says what people are not told.
        assert!(!checked.subjects().to_string().contains("READING"), "{}", checked.subjects());
    }
}

/// A check of two Regions, of which these cannot be read.
async fn two_regions(unread: &'static [&'static str]) -> Checked {
    let aws = Aws::new(move |call| {
        if unread.iter().any(|region| call.host.starts_with(&format!("email.{region}."))) {
            match call.operation.as_str() {
                "GetSendQuota" => denied(),
                _ => Answer::rest_error(403, "AccessDeniedException", "no"),
            }
        } else {
            healthy(call)
        }
    });
    check_with(aws, 0, &[("REGIONS", "eu-west-1,us-east-1")]).await
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_read_beside_one_that_is_is_no_error_and_says_what_to_do() {
    let one = two_regions(&["eu-west-1"]).await;
    assert_eq!(one.told(), ["QUOTA RAISED CRITICAL"]);
    let target = &one.json()["targets"][0];
    assert_eq!(
        target["error"],
        json!({
            "step": "read", "code": "AccessDenied", "message": "no",
            "hint": "grant the role that reads this account ses:GetSendQuota, in this Region too",
        })
    );
    assert_eq!(
        target["furtherErrors"],
        json!([{
            "step": "account", "code": "AccessDeniedException", "message": "no",
            "hint": "grant the role that reads this account ses:GetAccount, in this Region too",
        }])
    );
    assert!(one.report.has_failures() && one.report.into_result().is_ok());
    let both = two_regions(&["eu-west-1", "us-east-1"]).await;
    let error = both.report.into_result().unwrap_err().to_string();
    assert!(error.starts_with("2 of 2 targets failed in part or whole: 111122223333#eu-west-1: read: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_account_status_that_alone_cannot_be_read_is_no_error_of_the_check() {
    let checked = check(&Table::default(), 0, Ses { account: unread().account, ..quiet() }).await;
    assert_eq!(checked.failures(), ["account AccessDeniedException"]);
    assert_eq!((checked.metric("CheckFailed"), checked.metric("SendingStatus")), (Some(1.0), None));
    assert!(checked.report.into_result().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_highest_level_is_that_of_all_subjects_and_targets() {
    let stored = |items: &[Value]| table(items.to_vec());
    for (table, ses, highest) in [
        (stored(&[]), quiet(), 0.0),
        (stored(&[]), sent(850), 1.0),
        (stored(&[]), account(false, "HEALTHY"), 3.0),
        (stored(&[]), Ses { account: account(true, "PROBATION").account, ..sent(960) }, 2.0),
        // Within the margin.
        (stored(&[alerting(QUOTA, "WARNING")]), sent(780), 1.0),
        // What is not read stays what it was.
        (stored(&[alerting(QUOTA, "CRITICAL")]), unread(), 2.0),
        (stored(&[alerting(ACCOUNT, "EXHAUSTED")]), unread(), 3.0),
        (stored(&[alerting(ACCOUNT, "EXHAUSTED")]), Ses { account: unread().account, ..sent(850) }, 3.0),
        (stored(&[alerting(QUOTA, "CRITICAL")]), Ses { quota: denied(), ..quiet() }, 2.0),
        (stored(&[alerting(READING, "WARNING")]), unread(), 1.0),
        // A first failure: nobody was told of anything.
        (stored(&[]), unread(), 0.0),
    ] {
        let checked = check(&table, 0, ses).await;
        assert_eq!(checked.metric("HighestAlertLevel"), Some(highest), "{:?}", checked.json());
    }
    // Of two Regions, one of which cannot be read.
    assert_eq!(two_regions(&["eu-west-1"]).await.metric("HighestAlertLevel"), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn the_highest_level_is_that_of_the_numbers_where_the_state_is_unknown() {
    for ses in [quiet(), sent(780), sent(850), sent(1_000), account(true, "PROBATION"), account(false, "SHUTDOWN")] {
        let mut highest = Vec::new();
        for (table, state) in
            [("", Answer::NoConnection), (TABLE, Answer::items(TABLE, &[])), (TABLE, Answer::NoConnection)]
        {
            let ses = ses.clone();
            let aws = Aws::new(move |call| match call.operation.as_str() {
                "GetSendQuota" => ses.quota.clone(),
                "GetAccount" => ses.account.clone(),
                "BatchGetItem" => state.clone(),
                _ => healthy(call),
            });
            highest.push(check_with(aws, 0, &[("STATE_TABLE", table)]).await.metric("HighestAlertLevel").unwrap());
        }
        assert!(highest.iter().all(|level| level.to_bits() == highest[0].to_bits()), "{highest:?}");
    }
}

/// An alarm on it must not end because something broke.
#[tokio::test(start_paused = true)]
async fn the_highest_level_is_not_published_where_nothing_is_known() {
    for (table, state) in [("", Answer::NoConnection), (TABLE, Answer::NoConnection), (TABLE, denied())] {
        for quota in [denied(), Answer::NoConnection] {
            let state = state.clone();
            let aws = Aws::new(move |call| match call.operation.as_str() {
                "GetSendQuota" => quota.clone(),
                "GetAccount" => unread().account,
                "BatchGetItem" => state.clone(),
                _ => healthy(call),
            });
            let checked = check_with(aws, 0, &[("STATE_TABLE", table)]).await;
            assert_eq!(checked.metric("HighestAlertLevel"), None, "{}", checked.json());
            assert_eq!(checked.metric("CheckFailed"), Some(1.0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_escalation_that_cannot_be_claimed_belongs_to_its_incident() {
    let aws = Aws::new(|call| match call.operation.as_str() {
        "BatchGetItem" => Answer::items(TABLE, &[alerting(QUOTA, "WARNING")]),
        "PutItem" => Answer::json_error(400, "AccessDeniedException", "no"),
        _ => healthy(call),
    });
    let checked = check_with(aws, 30, &[]).await;
    assert_eq!(checked.told(), ["QUOTA ESCALATED CRITICAL"]);
    let document = &checked.documents()[0];
    // Nobody remembers that it was told, so it is told again, under the same identity all through the hour.
    assert_eq!(document["alertId"], "111122223333/us-east-1/QUOTA/2026-11-24T12:00:00Z/CRITICAL/ESCALATED");
    assert_eq!(document["incidentId"], "111122223333/us-east-1/QUOTA/2026-11-24T10:00:00Z");
}
