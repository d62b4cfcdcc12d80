use insta::assert_snapshot;
use ses_quota_monitor::failure::{Failure, Stage};
use ses_quota_monitor::forecast::Unknown;
use ses_quota_monitor::reading::{AccountStatus, IncreaseRequest, RequestStatus, SendHistory, SendQuota};
use ses_quota_monitor::target::Target;
use ses_quota_monitor::time::Timestamp;

use super::advice::Advice;
use super::file::Filed;
use super::found::{Found, UseOfQuota};
use super::need::{Known, Need};
use super::shown::shown;
use super::text;
use crate::failed::Failed;

/// 12:07:13 on a day, off the quarter hours of the clock.
fn now() -> Timestamp {
    at("2026-11-24T12:07:13Z")
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Two weeks, each day of which is as busy as it is said, evenly.
fn history(days: &[f64]) -> SendHistory {
    let oldest = now().plus_seconds(-86_400 * i64::try_from(days.len()).unwrap());
    let points = days.iter().zip(0..).flat_map(|(sent, day)| {
        (0..96).map(move |quarter| (oldest.plus_seconds(86_400 * day + 900 * quarter), sent / 96.0))
    });
    SendHistory::new(points)
}

/// An account that has sent so much on each day, the last of which ends now, and has this quota.
fn found(days: &[f64], max: f64) -> Found {
    let quota = SendQuota::new(*days.last().unwrap_or(&0.0), max, 14.0).unwrap();
    Found {
        target: Target::from_function_arn("arn:aws:lambda:eu-west-1:111122223333:function:any").unwrap(),
        at: now(),
        quota,
        account: AccountStatus::new(Some(true), Some("HEALTHY"), Some(true)),
        use_of_quota: UseOfQuota::new(&history(days), &quota, now()),
        requests: Some(Vec::new()),
        failures: Vec::new(),
    }
}

/// 38,400 a day in the first week, and 43,200 in the second, with a busy day.
fn growing() -> Found {
    let mut days = [[38_400.0; 7], [43_200.0; 7]].concat();
    days[10] = 52_800.0;
    found(&days, 50_000.0)
}

fn request(status: RequestStatus, value: f64, filed: &str, updated: &str, case: Option<&str>) -> IncreaseRequest {
    let mut request = IncreaseRequest::new(value, status, at(filed), case).unwrap();
    request.updated_at = Some(at(updated));
    request
}

fn closed() -> Vec<IncreaseRequest> {
    let closed = |status, value, day| {
        let (filed, updated) = (format!("2026-10-{day}T09:00:00Z"), format!("2026-10-{day}T18:30:00Z"));
        request(status, value, &filed, &updated, None)
    };
    vec![
        closed(RequestStatus::Approved, 50_000.0, "27"),
        closed(RequestStatus::CaseClosed, 70_000.0, "23"),
        closed(RequestStatus::Denied, 900_000.0, "20"),
    ]
}

fn open() -> Vec<IncreaseRequest> {
    let (filed, case) = ("2026-11-24T09:12:31Z", Some("176393521100042"));
    let mut all = vec![request(RequestStatus::CaseOpened, 100_000.0, filed, filed, case)];
    all.extend(closed());
    all
}

/// An error, and what to do.
fn in_full(failed: &Failed) -> String {
    format!("{failed}\n{}", failed.to_do.as_deref().unwrap_or_default())
}

fn said(found: &Found, named: Option<f64>) -> String {
    text::text(found, &Advice::new(found), named, false)
}

#[test]
fn what_to_ask_for_and_why() {
    assert_snapshot!(said(&growing(), None), @"
    Account 111122223333, Region eu-west-1
      24-hour sending quota:      50,000 recipients
      Sent in the last 24 hours:  43,200 recipients (86.4%)
      Checked at:                 2026-11-24 12:07 UTC

    Ask for 80,000.

    Why (recipients in 24 hours; the send rate has no part in it)
      Last 24 hours:              43,200
      Busiest 24 hours:           52,800, up to 2026-11-21 12:07 UTC
      Forecast, upper bound:      52,585, at 2026-11-25 12:07 UTC; holds 9 times in 10
      Highest of these:           52,800
      Growth:                     16%, the last 7 days over the 7 before
      With a week's growth:       61,286
      With room to spare:         76,608, so that this stays below 80%, where WARNING begins
      Next round number:          80,000

    No request for a higher quota in the last 90 days.

    What AWS wants to know, to be filled in and sent where it asks for it
      We send [receipts, sign-in codes, newsletters] from [domain] for [website].
      Our recipients have [created an account, ordered, subscribed at ...]. We confirm addresses by [double opt-in],
      and never buy or rent them.
      We send to up to 52,800 recipients in 24 hours, and expect up to 61,286, because [growth, season,
      another system moves to SES].
      Bounces and complaints: we learn of them by [notifications, the suppression list of the account], and stop
      sending to such an address [at once]. In the last month, [..]% bounced and [..]% complained.
      Unsubscribing: [a link in each message, and the List-Unsubscribe header with one click]; it takes effect [at once].
      SPF, DKIM and DMARC are set up for [domain], with the DMARC policy [quarantine].
      A sample of a message: [...]

    To file it: ses-quota increase --region eu-west-1 --submit
    Or by hand: https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/ses/quotas/L-804C8AE8?region=eu-west-1
    ");
}

/// AWS can see what was sent.
#[test]
fn aws_is_told_what_was_sent_not_what_is_expected() {
    let known = growing().use_of_quota.unwrap();
    let need = Need::new(&Known { used: 43_200.0, busiest: 52_800.0, expected: 90_000.0, weekly_growth: None });
    let rising = UseOfQuota { expected: (now(), 90_000.0), need, ..known };
    let text = said(&Found { use_of_quota: Ok(rising), ..growing() }, None);
    assert!(text.contains("  We send to up to 52,800 recipients in 24 hours, and expect up to 90,000,"), "{text}");
}

#[test]
fn the_documentation_shows_what_is_said() {
    let text = said(&growing(), None);
    let parts: Vec<&str> = text.split("\n\n").collect();
    let shown = format!("```text\n{}\n```", parts[1..3].join("\n\n"));
    assert!(include_str!("../../../docs/command-line.md").contains(&shown), "{shown}");
}

#[test]
fn the_present_quota_is_enough() {
    assert_snapshot!(said(&found(&[19_200.0; 14], 50_000.0), None), @"
    Account 111122223333, Region eu-west-1
      24-hour sending quota:      50,000 recipients
      Sent in the last 24 hours:  19,200 recipients (38.4%)
      Checked at:                 2026-11-24 12:07 UTC

    No increase is needed: what is expected stays below 80% of the present quota of 50,000.

    Why (recipients in 24 hours; the send rate has no part in it)
      Last 24 hours:              19,200
      Busiest 24 hours:           19,200, up to 2026-11-24 12:07 UTC
      Forecast, upper bound:      19,200, at 2026-11-24 12:07 UTC; holds 9 times in 10
      Highest of these:           19,200
      Growth:                     none: the last 7 days sent no more than the 7 before
      With a week's growth:       19,200
      With room to spare:         24,000, so that this stays below 80%, where WARNING begins

    No request for a higher quota in the last 90 days.
    ");
}

#[test]
fn a_quota_that_somebody_names() {
    let more = said(&growing(), Some(250_000.0));
    assert!(more.contains("\n\nYou ask for 250,000.\n\n"), "{more}");
    assert!(more.contains("--to 250000 --submit") && more.contains("expect up to [how many]"), "{more}");
    let less = said(&growing(), Some(60_000.0));
    assert_snapshot!(less.split("\n\n").nth(1).unwrap(), @"You ask for 60,000. By the rule it would be 80,000.");
}

#[test]
fn a_request_that_is_open() {
    let found = Found { requests: Some(open()), ..growing() };
    let text = said(&found, None);
    let (_, requests) = text.split_once("Requests of the last 90 days").unwrap();
    assert_snapshot!(requests.split("\n\nWhat AWS").next().unwrap(), @"
      100,000: open since 2026-11-24 09:12 UTC (2 hours), support case 176393521100042
      50,000: filed 2026-10-27 09:00 UTC, approved 2026-10-27 18:30 UTC
      70,000: filed 2026-10-23 09:00 UTC, its support case was closed 2026-10-23 18:30 UTC, and says how it ended
      900,000: filed 2026-10-20 09:00 UTC, not approved 2026-10-20 18:30 UTC

    AWS takes no second request until it has decided this one. Answer its questions in the support case, and say
    there how urgent it is, or that you need more:
      https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042
    ");
    assert!(!text.contains("--submit"), "{text}");
    let failed = Advice::new(&found).desired(&found, None).unwrap_err();
    assert_snapshot!(in_full(&failed), @"
    nothing was filed: a request for 100,000 is open since 2026-11-24 09:12 UTC, and AWS takes no second one
    If that is not enough, or it is urgent, say so where AWS decides it: https://console.aws.amazon.com/support/home#/case/?displayId=176393521100042
    ");
}

#[test]
fn requests_that_are_closed() {
    let text = said(&Found { requests: Some(closed()), ..growing() }, None);
    let (_, requests) = text.split_once("Requests of the last 90 days\n").unwrap();
    assert_snapshot!(requests.split("\n\n").next().unwrap(), @"
    50,000: filed 2026-10-27 09:00 UTC, approved 2026-10-27 18:30 UTC
    70,000: filed 2026-10-23 09:00 UTC, its support case was closed 2026-10-23 18:30 UTC, and says how it ended
    900,000: filed 2026-10-20 09:00 UTC, not approved 2026-10-20 18:30 UTC
    ");
    let many = (0..9).flat_map(|_| closed()).collect();
    assert!(
        said(&Found { requests: Some(many), ..growing() }, None).contains("  and 22 more: https://eu-west-1.console")
    );
}

#[test]
fn the_sandbox_is_led_to_production_access() {
    let account = AccountStatus::new(Some(true), Some("HEALTHY"), Some(false));
    let sandbox = Found { account, ..found(&[96.0; 14], 200.0) };
    assert_snapshot!(said(&sandbox, None), @"
    Account 111122223333, Region eu-west-1
      24-hour sending quota:      200 recipients
      Sent in the last 24 hours:  96 recipients (48.0%)
      Checked at:                 2026-11-24 12:07 UTC

    Ask for production access, not for a higher quota: the account is in the SES sandbox. It can take a day to be granted:
      https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1#/account
    ");
    assert_snapshot!(in_full(&Advice::new(&sandbox).desired(&sandbox, None).unwrap_err()), @"
    nothing was filed: in the sandbox, production access comes before a higher quota
    Ask for it on the SES account dashboard: https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1#/account
    ");
    assert!(Advice::new(&sandbox).desired(&sandbox, Some(50_000.0)).is_err());
    // What is not known may be the sandbox.
    let quota = SendQuota::new(150.0, 200.0, 1.0).unwrap();
    let perhaps = Found { account: None, quota, ..sandbox };
    assert_eq!(Advice::new(&perhaps), Advice::ProductionAccess);
}

#[test]
fn what_cannot_be_told() {
    let none = found(&[19_200.0; 2], 50_000.0);
    assert_snapshot!(said(&none, None), @"
    Account 111122223333, Region eu-west-1
      24-hour sending quota:      50,000 recipients
      Sent in the last 24 hours:  19,200 recipients (38.4%)
      Checked at:                 2026-11-24 12:07 UTC

    What to ask for cannot be told: there are less than 3 days of history.
    If you know it, name it: --to RECIPIENTS

    No request for a higher quota in the last 90 days.
    ");
    let unknown = [Unknown::NoQuota, Unknown::NotRead, Unknown::NoHistory, Unknown::DoNotMatch];
    let texts = unknown.map(|unknown| {
        let text = said(&Found { use_of_quota: Err(unknown), ..none.clone() }, None);
        text.split("\n\n").nth(1).unwrap().lines().next().unwrap().to_owned()
    });
    assert_snapshot!(texts.join("\n"), @"
    What to ask for cannot be told: the quota is 0, so see first why the account may not send.
    What to ask for cannot be told: what was sent in the last two weeks could not be read.
    What to ask for cannot be told: nothing was sent in the last two weeks.
    What to ask for cannot be told: the sending statistics and the quota's own count do not agree.
    ");
    let failed = Advice::new(&none).desired(&none, None).unwrap_err();
    assert_snapshot!(in_full(&failed), @"
    nothing was filed: what to ask for cannot be told
    Name the quota yourself: --to RECIPIENTS
    ");
    assert_eq!(Advice::new(&none).desired(&none, Some(90_000.0)), Ok(90_000.0));
}

#[test]
fn nothing_to_ask_for() {
    let unlimited = found(&[19_200.0; 14], -1.0);
    assert_snapshot!(said(&unlimited, None), @"
    Account 111122223333, Region eu-west-1
      24-hour sending quota:      unlimited
      Sent in the last 24 hours:  19,200 recipients
      Checked at:                 2026-11-24 12:07 UTC

    Nothing to ask for: the quota is unlimited.

    No request for a higher quota in the last 90 days.
    ");
    assert!(Advice::new(&unlimited).desired(&unlimited, Some(90_000.0)).is_err());
}

#[test]
fn what_to_file() {
    let enough = found(&[19_200.0; 14], 50_000.0);
    let desired = |found: &Found, named| Advice::new(found).desired(found, named).map_err(|failed| failed.wrong);
    assert_eq!(desired(&growing(), None), Ok(80_000.0));
    assert_eq!(desired(&growing(), Some(60_000.0)), Ok(60_000.0));
    let refused = [desired(&growing(), Some(50_000.0)), desired(&enough, None)].map(Result::unwrap_err);
    assert_snapshot!(refused.join("\n"), @"
    nothing was filed: --to 50,000 is not more than the present quota of 50,000
    nothing was filed: the present quota is enough
    ");
    assert_eq!(desired(&enough, Some(60_000.0)), Ok(60_000.0));
    assert_snapshot!(text::request(&growing(), 80_000.0), @"
    This files a request for a higher quota, by RequestServiceQuotaIncrease of Service Quotas
      Account:                    111122223333
      Region:                     eu-west-1
      Quota:                      Sending quota of Amazon SES (L-804C8AE8)
      Now:                        50,000 recipients in 24 hours
      Desired:                    80,000 recipients in 24 hours
      Support case:               AWS may open one
    ");
    let filed = Filed {
        id: "d187537d15254312a9609aa51bbf7624u7W49tPO".to_owned(),
        status: "PENDING".to_owned(),
        desired_value: None,
        case_id: None,
    };
    assert_snapshot!(filed.text(&growing().target), @"
    Filed: request d187537d15254312a9609aa51bbf7624u7W49tPO, status PENDING.
    AWS decides within a day, unless it asks back. Its state: ses-quota increase --region eu-west-1
    Or: https://eu-west-1.console.aws.amazon.com/servicequotas/home/requests?region=eu-west-1
    ");
}

#[test]
fn an_account_that_is_paused_or_under_review() {
    let texts = [(false, "SHUTDOWN"), (true, "PROBATION")].map(|(enabled, name)| {
        let account = AccountStatus::new(Some(enabled), Some(name), Some(true));
        said(&Found { account, ..growing() }, None).split("\n\n").nth(2).unwrap().to_owned()
    });
    assert_snapshot!(texts.join("\n"), @"
    Sending is paused, which no quota changes. See why first.
    AWS reviews the account, and may refuse a higher quota in the meantime. Answer the case of the review first.
    ");
}

#[test]
fn growth_in_words() {
    let growth = |days: &[f64]| {
        let text = said(&found(days, 50_000.0), None);
        text.lines().find(|line| line.starts_with("  Growth:")).unwrap().to_owned()
    };
    let weeks = |first, second| growth(&[[first; 7], [second; 7]].concat());
    let texts =
        [weeks(19_200.0, 24_960.0), weeks(19_200.0, 14_400.0), weeks(1_920.0, 28_800.0), growth(&[19_200.0; 5])];
    assert_snapshot!(texts.join("\n"), @"
    Growth:                     30%, the last 7 days over the 7 before
    Growth:                     none: the last 7 days sent no more than the 7 before
    Growth:                     1,400%, the last 7 days over the 7 before; 100% count
    Growth:                     not known: less than two whole weeks of history
    ");
}

#[test]
fn programs_see_the_names_of_the_document() {
    let found = Found {
        requests: Some(open()),
        failures: vec![Failure::new(Stage::Account, "AccessDenied", "no")],
        ..growing()
    };
    let json = |found: &Found, named, filed: Option<&Filed>| {
        serde_json::to_string_pretty(&shown(found, &Advice::new(found), named, filed)).unwrap()
    };
    assert_snapshot!(json(&found, None, None), @r#"
    {
      "account": "111122223333",
      "region": "eu-west-1",
      "checkedAt": "2026-11-24T12:07:13Z",
      "sentLast24Hours": 43200,
      "max24HourSend": 50000,
      "maxSendRate": 14,
      "utilizationPercent": 86.4,
      "productionAccess": true,
      "advice": "ask",
      "desiredValue": 80000,
      "basis": {
        "busiestDay": {
          "recipients": 52800,
          "at": "2026-11-21T12:07:13Z"
        },
        "forecastUpperBound": {
          "recipients": 52585,
          "at": "2026-11-25T12:07:13Z"
        },
        "weeklyGrowth": 1.16,
        "need": 61286,
        "warningPercent": 80
      },
      "requests": [
        {
          "desiredValue": 100000,
          "status": "CASE_OPENED",
          "requestedAt": "2026-11-24T09:12:31Z",
          "caseId": "176393521100042",
          "updatedAt": "2026-11-24T09:12:31Z"
        },
        {
          "desiredValue": 50000,
          "status": "APPROVED",
          "requestedAt": "2026-10-27T09:00:00Z",
          "updatedAt": "2026-10-27T18:30:00Z"
        },
        {
          "desiredValue": 70000,
          "status": "CASE_CLOSED",
          "requestedAt": "2026-10-23T09:00:00Z",
          "updatedAt": "2026-10-23T18:30:00Z"
        },
        {
          "desiredValue": 900000,
          "status": "DENIED",
          "requestedAt": "2026-10-20T09:00:00Z",
          "updatedAt": "2026-10-20T18:30:00Z"
        }
      ],
      "errors": [
        {
          "step": "account",
          "code": "AccessDenied",
          "message": "no",
          "hint": "grant the role that reads this account ses:GetAccount, in this Region too"
        }
      ]
    }
    "#);
    let short = super::tests::found(&[19_200.0; 2], 50_000.0);
    assert_snapshot!(json(&Found { requests: None, ..short }, None, None), @r#"
    {
      "account": "111122223333",
      "region": "eu-west-1",
      "checkedAt": "2026-11-24T12:07:13Z",
      "sentLast24Hours": 19200,
      "max24HourSend": 50000,
      "maxSendRate": 14,
      "utilizationPercent": 38.4,
      "productionAccess": true,
      "advice": "cannotTell",
      "reason": "shortHistory"
    }
    "#);
    let filed = Filed { id: "1".to_owned(), status: "PENDING".to_owned(), desired_value: None, case_id: None };
    assert!(json(&growing(), Some(90_000.0), Some(&filed)).contains(r#""desiredValue": 90000"#));
}

#[test]
fn a_quota_is_a_whole_number() {
    assert_eq!([super::recipients("100000"), super::recipients("100,000")], [Ok(100_000), Ok(100_000)]);
    // Where a comma is a decimal one, this is no 100.
    assert!(super::recipients("1,00").is_err());
    for text in ["0", "-1", "1e6", "all", "10000000001", ""] {
        assert!(super::recipients(text).is_err(), "{text}");
    }
}
