//! Whether so much more may be sent: what is asked of SES, and what is answered.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use ses_quota_monitor::check::PlanFailed;
use ses_quota_monitor::request::Event;
use ses_quota_monitor::time::Timestamp;

use crate::fleet::{Fleet, OWN, Process, account, accounts, asked};
use crate::support::{Answer, Aws, healthy, invocation, monitor, run};

/// What a plan is answered.
async fn ask(aws: &Aws, plan: Value) -> Result<Value, PlanFailed> {
    let event = Event::read(&json!({ "plan": plan })).unwrap();
    let Event::Plan(plan) = event else { panic!("not a plan") };
    let answer = monitor(aws, &[]).answer(&plan, &invocation()).await;
    answer.map(|answer| serde_json::to_value(answer).unwrap()["plan"].clone())
}

/// The same as JSON, with its fields in their order.
async fn answer(aws: &Aws, plan: Value) -> String {
    let event = Event::read(&json!({ "plan": plan })).unwrap();
    let Event::Plan(plan) = event else { panic!("not a plan") };
    serde_json::to_string(&monitor(aws, &[]).answer(&plan, &invocation()).await.unwrap()).unwrap()
}

/// What makes a plan fail.
async fn failure(aws: &Aws, plan: Value) -> (&'static str, String) {
    let failed = ask(aws, plan).await.unwrap_err();
    (failed.name(), failed.to_string())
}

/// Two weeks of an account that sends as many in each quarter hour of a day as `sent` says, by how many days ago that was and
/// the number of the quarter hour from midnight on. It has sent as many as that in the last 24 hours of a quota of `max`.
fn account_by_day(max: u32, sent: impl Fn(i64, i64) -> u32) -> Aws {
    const DAY: i64 = 96;
    let now = invocation().started_at.epoch_seconds() / 900;
    let sent: Vec<(Timestamp, u32)> = (now - 14 * DAY..now)
        .map(|quarter| {
            let days_ago = now / DAY - quarter / DAY;
            (Timestamp::from_epoch_seconds(900 * quarter), sent(days_ago, quarter % DAY))
        })
        .collect();
    let in_a_day: u32 = sent.iter().rev().take(96).map(|(_, sent)| sent).sum();
    let answer = Answer::statistics(sent.into_iter().filter(|(_, sent)| *sent > 0));
    Aws::new(move |call| match call.operation.as_str() {
        "GetSendQuota" => Answer::quota(in_a_day, max, 14),
        "GetSendStatistics" => answer.clone(),
        _ => healthy(call),
    })
}

/// 24,000 a day, evenly.
fn steady(max: u32) -> Aws {
    account_by_day(max, |_, _| 250)
}

/// 24,000 a day, all of them from 14:00 to 16:00: at noon, yesterday's are still in the window.
fn in_the_afternoon(max: u32) -> Aws {
    account_by_day(max, |_, quarter| if (56..64).contains(&quarter) { 3_000 } else { 0 })
}

#[tokio::test(start_paused = true)]
async fn it_reads_three_things_one_after_the_other_and_changes_nothing() {
    let aws = steady(50_000);
    ask(&aws, json!({"recipients": 30_000})).await.unwrap();
    assert_eq!(aws.operations(), ["GetSendQuota", "GetAccount", "GetSendStatistics"]);
    assert!(aws.calls().iter().all(|call| call.host == "email.us-east-1.amazonaws.com"));
}

#[tokio::test(start_paused = true)]
async fn what_fits_fits_from_its_start_on() {
    let now = answer(&steady(50_000), json!({"recipients": 10_000})).await;
    assert_snapshot!(now, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":10000,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":true,"room":26000,"fitsFrom":"2026-11-24T12:00:00Z","takesSeconds":715}}"#);
    let later = json!({"recipients": 10_000, "startAt": "2026-11-24T18:00:00Z", "perSecond": 4});
    assert_snapshot!(answer(&steady(50_000), later).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":10000,"startAt":"2026-11-24T18:00:00Z","perSecond":4,"fits":true,"room":26000,"fitsFrom":"2026-11-24T18:00:00Z","takesSeconds":2500}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_yet_fits_when_enough_has_left_the_window() {
    // A newsletter goes out on Monday afternoons, as it did yesterday, and leaves the window from 14:00 to 16:00.
    let newsletter = |days_ago, quarter| days_ago % 7 == 1 && (56..64).contains(&quarter);
    let aws = account_by_day(40_000, move |days_ago, quarter| if newsletter(days_ago, quarter) { 2_000 } else { 100 });
    assert_snapshot!(answer(&aws, json!({"recipients": 20_000})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":20000,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":false,"room":15140,"fitsFrom":"2026-11-24T14:45:00Z","takesSeconds":1429}}"#);
    assert_snapshot!(answer(&aws, json!({"recipients": 20_000, "startAt": "2026-11-24T20:00:00Z"})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":20000,"startAt":"2026-11-24T20:00:00Z","perSecond":14,"fits":true,"room":30400,"fitsFrom":"2026-11-24T20:00:00Z","takesSeconds":1429}}"#);
    // What is usual in the afternoon comes again today, and takes the place of what leaves.
    assert_snapshot!(answer(&in_the_afternoon(30_000), json!({"recipients": 20_000})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":20000,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":false,"room":6000,"fitsFrom":null,"takesSeconds":1429}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_never_fits_is_answered_with_null() {
    assert_snapshot!(answer(&steady(50_000), json!({"recipients": 40_000})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":40000,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":false,"room":26000,"fitsFrom":null,"takesSeconds":2858}}"#);
    assert_snapshot!(answer(&steady(50_000), json!({"recipients": 1_000_000})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":1000000,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":false,"room":26000,"fitsFrom":null,"takesSeconds":71429}}"#);
}

#[tokio::test(start_paused = true)]
async fn an_unlimited_quota_has_no_room_and_takes_all() {
    let aws = Aws::healthy_but("GetSendQuota", Answer::quota(48_100, -1, -1));
    assert_snapshot!(answer(&aws, json!({"recipients": 30_000})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":30000,"startAt":"2026-11-24T12:00:00Z","fits":true,"fitsFrom":"2026-11-24T12:00:00Z"}}"#);
    assert_snapshot!(answer(&aws, json!({"recipients": 30_000, "perSecond": 50})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":30000,"startAt":"2026-11-24T12:00:00Z","perSecond":50,"fits":true,"fitsFrom":"2026-11-24T12:00:00Z","takesSeconds":600}}"#);
    assert!(aws.calls_of("GetSendStatistics").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_quota_of_zero_takes_nothing() {
    let aws = Aws::healthy_but("GetSendQuota", Answer::quota(0, 0, 0));
    assert_snapshot!(answer(&aws, json!({"recipients": 1})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":1,"startAt":"2026-11-24T12:00:00Z","perSecond":0,"fits":false,"room":0,"fitsFrom":null}}"#);
    assert!(aws.calls_of("GetSendStatistics").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_stopped_takes_nothing_whatever_its_quota() {
    for max in [50_000, -1] {
        for (enabled, status) in [(false, "HEALTHY"), (true, "SHUTDOWN")] {
            let aws = Aws::new(move |call| match call.operation.as_str() {
                "GetSendQuota" => Answer::quota(100, max, 14),
                "GetAccount" => Answer::account(enabled, status),
                _ => healthy(call),
            });
            let answer = ask(&aws, json!({"recipients": 1})).await.unwrap();
            assert_eq!(
                (&answer["fits"], &answer["room"], &answer["fitsFrom"], &answer["sendingEnabled"]),
                (&json!(false), &json!(0), &json!(null), &json!(false)),
                "{max} {status}"
            );
            assert!(answer["forecast"].is_null());
        }
    }
    // Mail is still accepted while AWS looks.
    let reviewed = Aws::healthy_but("GetAccount", Answer::account(true, "PROBATION"));
    let answer = ask(&reviewed, json!({"recipients": 1})).await.unwrap();
    assert_eq!((&answer["fits"], &answer["sendingEnabled"]), (&json!(true), &json!(null)));
}

#[tokio::test(start_paused = true)]
async fn with_too_little_history_the_room_is_what_is_left_now() {
    let a_day_ago = invocation().started_at.plus_seconds(-80_000);
    let mut answers = Vec::new();
    for history in [Answer::statistics([("", 0); 0]), Answer::statistics([(a_day_ago, 48_100)])] {
        let aws = Aws::healthy_but("GetSendStatistics", history);
        answers.push(answer(&aws, json!({"recipients": 1_900})).await);
        let too_many = ask(&aws, json!({"recipients": 1_901})).await.unwrap();
        assert_eq!((&too_many["fits"], &too_many["fitsFrom"]), (&json!(false), &json!(null)));
        assert_eq!((&too_many["room"], &too_many["forecast"]), (&json!(1_900), &json!("cannotTell")));
    }
    assert_eq!(answers[0], answers[1].replace("shortHistory", "noHistory"));
    assert_snapshot!(answers[0], @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":1900,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":true,"room":1900,"fitsFrom":"2026-11-24T12:00:00Z","takesSeconds":136,"forecast":"cannotTell","reason":"noHistory"}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_history_or_an_account_status_that_cannot_be_read_is_named_beside_the_answer() {
    let aws = Aws::healthy_but("GetSendStatistics", Answer::xml_error(403, "AccessDenied", "no"));
    assert_snapshot!(answer(&aws, json!({"recipients": 1_900})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":1900,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":true,"room":1900,"fitsFrom":"2026-11-24T12:00:00Z","takesSeconds":136,"forecast":"cannotTell","reason":"notRead","error":{"step":"history","code":"AccessDenied","message":"no","hint":"grant the role that reads this account ses:GetSendStatistics, in this Region too; until then alerts come without a forecast"}}}"#);
    let aws = Aws::new(|call| match call.operation.as_str() {
        "GetSendStatistics" => Answer::Silence,
        "GetAccount" => Answer::rest_error(403, "AccessDeniedException", "no"),
        _ => healthy(call),
    });
    assert_snapshot!(answer(&aws, json!({"recipients": 1_901})).await, @r#"{"plan":{"account":"111122223333","region":"us-east-1","recipients":1901,"startAt":"2026-11-24T12:00:00Z","perSecond":14,"fits":false,"room":1900,"fitsFrom":null,"takesSeconds":136,"forecast":"cannotTell","reason":"notRead","error":{"step":"account","code":"AccessDeniedException","message":"no","hint":"grant the role that reads this account ses:GetAccount, in this Region too"},"furtherErrors":[{"step":"history","code":"Timeout","message":"no answer within 5.0 s"}]}}"#);
}

#[tokio::test(start_paused = true)]
async fn without_a_quota_there_is_no_answer() {
    let mut lines = Vec::new();
    for unread in [
        Answer::xml_error(403, "AccessDenied", "no"),
        Answer::NoConnection,
        Answer::Silence,
        Answer::quota("NaN", 50_000, 14),
        Answer::reply(200, "<html/>"),
    ] {
        let (name, message) = failure(&Aws::healthy_but("GetSendQuota", unread), json!({"recipients": 1})).await;
        lines.push(format!("{name}: {message}"));
    }
    assert_snapshot!(lines.join("\n"), @r#"
    PlanFailed: the plan cannot be answered: read: AccessDenied: no [grant the role that reads this account ses:GetSendQuota, in this Region too]
    PlanFailed: the plan cannot be answered: read: NoConnection: dispatch failure: io error: client error (Connect): dns error: no such host [is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy]
    PlanFailed: the plan cannot be answered: read: Timeout: no answer within 9.7 s
    PlanFailed: the plan cannot be answered: read: InvalidQuota: SES answered SentLast24Hours = NaN; expected 0 to 1000000000000
    PlanFailed: the plan cannot be answered: read: UnexpectedResponse: HTTP 200, not readable: unhandled error: error parsing XML: invalid root, expected GetSendQuotaResponse got StartEl { name: Name { prefix: "", local: "html" }, attributes: [], closed: true, depth: 0 } [this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?]
    "#);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_is_refused_before_anybody_is() {
    let aws = Aws::new(healthy);
    let mut lines = Vec::new();
    for plan in [
        json!({"recipients": 1, "account": "999988887777"}),
        json!({"recipients": 1, "startAt": "2026-11-25T12:00:01Z"}),
        json!({"recipients": 1, "startAt": "2026-11-24T11:54:59Z"}),
    ] {
        let (name, message) = failure(&aws, plan).await;
        lines.push(format!("{name}: {message}"));
    }
    assert_snapshot!(lines.join("\n"), @r#"
    InvalidRequest: invalid event: plan.account="999988887777": expected the account of the function, or one of ACCOUNTS
    InvalidRequest: invalid event: plan.startAt="2026-11-25T12:00:01Z": expected a time from now, 2026-11-24T12:00:00Z, to 24 hours ahead
    InvalidRequest: invalid event: plan.startAt="2026-11-24T11:54:59Z": expected a time from now, 2026-11-24T12:00:00Z, to 24 hours ahead
    "#);
    assert!(aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_starts_now_where_its_start_has_just_passed() {
    for (asked, taken) in [
        ("2026-11-24T11:55:00Z", "2026-11-24T12:00:00Z"),
        ("2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z"),
        ("2026-11-25T12:00:00Z", "2026-11-25T12:00:00Z"),
    ] {
        let answer = ask(&steady(50_000), json!({"recipients": 1, "startAt": asked})).await.unwrap();
        assert_eq!((&answer["startAt"], &answer["fitsFrom"]), (&json!(taken), &json!(taken)));
    }
}

#[tokio::test(start_paused = true)]
async fn it_takes_as_long_as_the_lower_of_the_two_rates_allows() {
    for (asked, max, rate, seconds) in [
        (json!(null), "14", json!(14), json!(2_143)),
        (json!(20), "14", json!(14), json!(2_143)),
        (json!(0.5), "14", json!(0.5), json!(60_000)),
        (json!(20), "-1", json!(20), json!(1_500)),
        (json!(20), "many", json!(20), json!(1_500)),
        (json!(null), "-1", json!(null), json!(null)),
        (json!(null), "many", json!(null), json!(null)),
    ] {
        let aws = Aws::healthy_but("GetSendQuota", Answer::quota(0, 50_000, max));
        let answer = ask(&aws, json!({"recipients": 30_000, "perSecond": asked})).await.unwrap();
        assert_eq!((&answer["perSecond"], &answer["takesSeconds"]), (&rate, &seconds), "{asked} of {max}");
    }
}

/// What cannot be sent at all takes no time that could be named.
#[tokio::test(start_paused = true)]
async fn a_maximum_rate_of_zero_has_no_duration() {
    let aws = Aws::healthy_but("GetSendQuota", Answer::quota(0, 50_000, 0));
    let answer = ask(&aws, json!({"recipients": 30_000})).await.unwrap();
    assert_eq!((&answer["perSecond"], &answer["takesSeconds"]), (&json!(0), &json!(null)));
}

#[tokio::test(start_paused = true)]
async fn another_region_is_asked_there() {
    let aws = steady(50_000);
    let plan = json!({"recipients": 1, "region": "eu-west-1", "account": "111122223333"});
    let answer = ask(&aws, plan).await.unwrap();
    assert_eq!((&answer["account"], &answer["region"]), (&json!("111122223333"), &json!("eu-west-1")));
    assert_eq!(aws.calls().len(), 3);
    assert!(aws.calls().iter().all(|call| call.host == "email.eu-west-1.amazonaws.com"));
}

/// A person who asks gets the answer that the checks of the same process would get.
/// What a plan for an account is answered in a process with these settings.
async fn ask_about(process: &Process, account: &str) -> Result<Value, PlanFailed> {
    let event = Event::read(&json!({"plan": {"recipients": 100, "account": account, "region": "eu-west-1"}})).unwrap();
    let Event::Plan(plan) = event else { panic!("not a plan") };
    let answer = process.monitor.answer(&plan, &invocation()).await;
    answer.map(|answer| serde_json::to_value(answer).unwrap()["plan"].clone())
}

#[tokio::test(start_paused = true)]
async fn another_account_is_asked_in_its_session() {
    for accounts in [accounts(2).as_str(), "organization", "ou-ab12-00000001"] {
        let aws = Fleet::default().aws(|_| None);
        let process = Process::new(&aws, &[("ACCOUNTS", accounts)]);
        let plan = ask_about(&process, &account(1)).await.unwrap();
        assert_eq!(
            (&plan["account"], &plan["region"], &plan["room"]),
            (&json!(account(1)), &json!("eu-west-1"), &json!(990))
        );
        assert_eq!(aws.operations(), ["AssumeRole", "GetSendQuota", "GetAccount", "GetSendStatistics"]);
        let there = format!("{}#eu-west-1", account(1));
        assert!(aws.calls()[1..].iter().all(|call| asked(call).as_ref() == Some(&there)), "nobody else is asked");
        // The session is kept for the next one.
        ask_about(&process, &account(1)).await.unwrap();
        assert_eq!(aws.calls_of("AssumeRole").len(), 1);
        // The own account needs none.
        ask_about(&process, OWN).await.unwrap();
        assert_eq!(aws.calls_of("AssumeRole").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_checked_is_refused_before_anybody_is_asked() {
    let all = accounts(2);
    for variables in [
        vec![],
        vec![("ACCOUNTS", all.as_str())],
        vec![("ACCOUNTS", "organization"), ("EXCLUDE_ACCOUNTS", "999988887777")],
        vec![("ACCOUNTS", "ou-ab12-00000001"), ("EXCLUDE_ACCOUNTS", "999988887777,111122223333")],
    ] {
        let aws = Fleet::default().aws(|_| None);
        let failed = ask_about(&Process::new(&aws, &variables), "999988887777").await.unwrap_err();
        assert_eq!(failed.name(), "InvalidRequest", "{variables:?}");
        assert!(aws.calls().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_role_cannot_be_assumed_has_no_answer() {
    let aws = Fleet::default()
        .aws(|call| (call.operation == "AssumeRole").then(|| Answer::xml_error(403, "AccessDenied", "no")));
    let failed = ask_about(&Process::new(&aws, &[("ACCOUNTS", "organization")]), &account(0)).await.unwrap_err();
    assert!(
        failed.name() == "PlanFailed" && failed.to_string().contains("role: AccessDenied: no [the role in READER_ROLE"),
        "{failed}"
    );
    assert_eq!(aws.operations(), ["AssumeRole"]);
}

#[tokio::test(start_paused = true)]
async fn a_history_that_a_check_has_read_is_not_read_again() {
    let aws = steady(28_000);
    let monitor = monitor(&aws, &[]);
    monitor.check(ses_quota_monitor::request::Request::Scheduled, &invocation()).await;
    let Ok(Event::Plan(plan)) = Event::read(&json!({"plan": {"recipients": 1}})) else { panic!("not a plan") };
    monitor.answer(&plan, &invocation()).await.unwrap();
    assert_eq!((aws.calls_of("GetSendStatistics").len(), aws.calls_of("GetSendQuota").len()), (1, 2));
}

/// Two weeks of sending, on one level by day and another by night, with what comes by chance.
fn any_account() -> impl Strategy<Value = (Vec<u32>, u32, u32)> {
    let sent = (0..2_000_u32, 0..2_000_u32, 0..1_344_usize, prop::collection::vec(0..500_u32, 1..50)).prop_map(
        |(day, night, quiet, chance)| {
            let usual = move |quarter: usize| if quarter % 96 < 48 { day } else { night };
            (0..1_344)
                .map(|quarter| if quarter < quiet { 0 } else { usual(quarter) + chance[quarter % chance.len()] })
                .collect()
        },
    );
    (sent, 1..300_000_u32, 1..300_u32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// What is said to fit stays within what is left, and what fits is what there is room for.
    #[test]
    fn what_fits_now_is_no_more_than_is_left(
        (sent, max, percent_counted) in any_account(),
        recipients in 1..100_000_u32,
        ahead in 0..86_400_i64,
    ) {
        let now = invocation().started_at;
        let points: Vec<(Timestamp, u32)> =
            sent.iter().rev().zip(1..).map(|(sent, ago)| (now.plus_seconds(-900 * ago), *sent)).collect();
        let in_a_day: u32 = sent.iter().rev().take(96).sum();
        let counted = u64::from(in_a_day) * u64::from(percent_counted) / 100;
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "GetSendQuota" => Answer::quota(counted, max, 14),
            "GetSendStatistics" => Answer::statistics(points.iter().copied().filter(|(_, sent)| *sent > 0)),
            _ => healthy(call),
        });
        let (present, future) = run(async {
            let start_at = now.plus_seconds(ahead).to_string();
            let present = ask(&aws, json!({"recipients": recipients})).await.unwrap();
            (present, ask(&aws, json!({"recipients": recipients, "startAt": start_at})).await.unwrap())
        });
        let left = u64::from(max).saturating_sub(counted);
        prop_assert!(present["room"].as_u64().unwrap() <= left, "{present} of {left}");
        for answer in [&present, &future] {
            let fits = answer["fits"].as_bool().unwrap();
            prop_assert_eq!(fits, answer["room"].as_u64().unwrap() >= u64::from(recipients), "{}", answer);
            prop_assert_eq!(fits, answer["fitsFrom"] == answer["startAt"], "{}", answer);
            if let Some(from) = answer["fitsFrom"].as_str() {
                let from: Timestamp = from.parse().unwrap();
                prop_assert!(from >= now && from <= now.plus_seconds(86_400 + 900), "{}", answer);
            }
        }
    }
}
