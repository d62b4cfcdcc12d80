use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;
use ses_quota_monitor::check::Inspection;
use ses_quota_monitor::failure::{Failure, Stage};
use ses_quota_monitor::reading::{AccountStatus, SendHistory, SendQuota};
use ses_quota_monitor::target::{Account, Target};
use ses_quota_monitor::time::Timestamp;

use super::document::Document;
use super::symbols::Symbols;
use super::{course, exit, shown};

fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

/// A mailer of office hours that has sent for so many days, up to noon; each Wednesday, which is today, a newsletter goes out from
/// 10:00 to 15:00. Its quota is `max`.
fn mailer(days: i64, max: f64) -> Inspection {
    let now = noon().epoch_seconds() / 900;
    let sent = |quarter: i64| {
        let (days_ago, quarter) = (now.div_euclid(96) - quarter.div_euclid(96), quarter.rem_euclid(96));
        let customers = if (32..72).contains(&quarter) { 300.0 } else { 10.0 };
        let newsletter = if days_ago % 7 == 0 && (40..60).contains(&quarter) { 700.0 } else { 0.0 };
        customers + newsletter
    };
    let quarters = (now - 96 * days..now).map(|quarter| (Timestamp::from_epoch_seconds(900 * quarter), sent(quarter)));
    let in_a_day = (now - 96..now).map(sent).sum();
    Inspection {
        target: Target {
            account: Account { partition: "aws".parse().unwrap(), id: "111122223333".parse().unwrap() },
            region: "us-east-1".parse().unwrap(),
        },
        quota: SendQuota::new(in_a_day, max, 14.0).unwrap(),
        account: Ok(AccountStatus::new(Some(true), Some("HEALTHY"), Some(true))),
        history: Ok(Some(Arc::new(SendHistory::new(quarters)))),
        at: noon(),
    }
}

fn seen(inspection: &Inspection, width: usize, symbols: Symbols) -> String {
    let reading = inspection.reading();
    let shown = shown(inspection, &reading, &course(inspection), width, symbols);
    let plain = anstream::adapter::strip_str(&shown).to_string();
    format!("{plain}=> {:?}", exit(inspection, &reading))
}

fn json(inspection: &Inspection) -> String {
    serde_json::to_string(&Document::new(inspection, &inspection.reading(), &course(inspection))).unwrap()
}

#[test]
fn it_is_not_expected_to_fill() {
    assert_snapshot!(seen(&mailer(14, 40_000.0), 100, Symbols::Braille), @"
    Not expected to be reached in the next 24 hours: peaks at about 66% (65-73%) around 15:00 UTC, then
    falls.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      40,000 recipients
      Left:                       21,840 recipients
      Used:                       45.4%
      Expected peak:              66% (65% to 73%) around 15:00 UTC
      Chance of a full quota:     2% in the next 24 hours
      Checked at:                 2026-11-25 12:00 UTC

                                                  now, 12:00 UTC
                                                         │
    100%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄
     95%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄
                                                         │
                                                         │
     80%  ⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀│⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀
                                                         │
                                                         │     ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
                                                         │    ⡠⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⡀░
     60%                                                 │  ⢀⠜░ ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░⠘⢄░░
                                                         │ ⡠⠊                        ░░░░░░░░░░░░░░░░⠈⠢⡀
                                                         │⡔⠁                                   ░░░░░░░░⠑
                                                         ⡄                                          ░░░░
     40%                                               ⢀⠎│                                           ░░░
                                                      ⡰⠁ │                                            ░░
          ⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠜   │                                             ░
                                                         │
     20%                                                 │
                                                         │
                                                         │
                                                         │
      0%                                                 │
          12:00    18:00       11-25       06:00       12:00      18:00       11-26       06:00    12:00
      ⠒⠒ used in 24 hours  ⠒⠒ expected  ░░ 4 times in 5  ⠐⠐ 80%, 95% and 100%

    WHAT TO DO
    1. Ask before a campaign whether it fits: ses-quota plan RECIPIENTS
    2. Request a higher quota: ses-quota increase
    => Ok
    ");
}

#[test]
fn it_fills() {
    assert_snapshot!(seen(&mailer(14, 25_000.0), 80, Symbols::Braille), @"
    At the usual course the quota is full at about 14:25 UTC (between 13:45 and
    14:30).

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      25,000 recipients
      Left:                       6,840 recipients
      Used:                       72.6%
      Expected peak:              106% (104% to 117%) around 15:00 UTC
      Full at:                    about 14:25 UTC
      4 times in 5:               between 13:45 and 14:30 UTC
      Chance of a full quota:     82% in the next 24 hours
      Checked at:                 2026-11-25 12:00 UTC

                                        now, 12:00 UTC
                                               │
                                               │
                                               │    ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
                                               │   ⢠⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢤░
    100%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│⠄⠄⢠⠃⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⡇⠄⠄
     95%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│⠄⠄⡇⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠘⡄⠄
                                               │ ⡜                   ░░░░░░░░░░░░░⢸░
                                               │⡸                           ░░░░░░░⠑
     80%  ⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⡰⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁⠁
                                              ⢀⠆                                ░░░░
                                             ⢀⠎│                                 ░░░
                                             ⡎ │                                  ░░
                                            ⡰⠁ │                                   ░
     50%  ⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠁  │
                                               │
                                               │
                                               │
                                               │
                                               │
                                               │
                                               │
      0%                                       │
          12:00  18:00    11-25    06:00     12:00    18:00    11-26    06:00  12:00
      ⠒⠒ used in 24 hours  ⠒⠒ expected  ░░ 4 times in 5  ⠐⠐ 80%, 95% and 100%

    WHAT TO DO
    1. Ask before a campaign whether it fits: ses-quota plan RECIPIENTS
    2. Request a higher quota: ses-quota increase
    => Critical
    ");
}

#[test]
fn the_documentation_shows_a_forecast() {
    let seen = seen(&mailer(14, 25_000.0), 80, Symbols::Braille);
    let (shown, _) = seen.split_once("=>").unwrap();
    assert!(include_str!("../../../docs/command-line.md").contains(shown), "{shown}");
}

#[test]
fn a_narrow_terminal_without_utf_8() {
    assert_snapshot!(seen(&mailer(5, 21_000.0), 60, Symbols::Ascii), @"
    At the usual course the quota is full at about 16:30 UTC
    (between 13:00 and 16:30). If the last hour's pace holds,
    the quota is full at 13:00 UTC. (Only 5 days of history.)

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      21,000 recipients
      Left:                       2,840 recipients
      Used:                       86.4%
      Expected peak:              104% (104% to 131%) around
                                  2026-11-26 10:00 UTC
      Full at:                    about 16:30 UTC
      4 times in 5:               between 13:00 and 16:30 UTC
      Chance of a full quota:     82% in the next 24 hours
      Full if the pace holds:     about 13:00 UTC
      Checked at:                 2026-11-25 12:00 UTC

                              now, 12:00 UTC
                                     |
                                     |
                                     |  ::::::::::::::::::::::
                                     |  :::::::::::::::::::::::
                                     | :::::::::::::::::::::::::
                                     |::::::::::::::::::::::::::
    100%  ---------------------------|-ooooooooooooooooooooooo--
     95%  ---------------------------ooo----------------------o-
                                     *                        oo
     80%  --------------------------*|--------------------------
                                   **|
                                   * |
          ************************** |
                                     |
     50%                             |
                                     |
                                     |
                                     |
                                     |
                                     |
                                     |
      0%                             |
          12:00      11-25         12:00        11-26      12:00
      ** used in 24 hours  oo expected  :: 4 times in 5
      -- 80%, 95% and 100%

    WHAT TO DO
    1. Ask before a campaign whether it fits: ses-quota plan
       RECIPIENTS
    2. Request a higher quota: ses-quota increase
    => Critical
    ");
}

#[test]
fn of_a_short_history_only_the_past_is_drawn() {
    assert_snapshot!(seen(&mailer(1, 50_000.0), 80, Symbols::Braille), @"
    When will the quota be full? Cannot be told: less than 3 days of history. If the
    last hour's pace holds, the quota is full at 21:50 UTC.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       31,840 recipients
      Used:                       36.3%
      Full if the pace holds:     about 21:50 UTC
      Checked at:                 2026-11-25 12:00 UTC

                                                                      now, 12:00 UTC
                                                                                   │
    100%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│
     95%  ⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄│
                                                                                   │
                                                                                   │
     80%  ⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀│
                                                                                   │
                                                                                   │
                                                                                   │
     60%                                                                           │
                                                                                   │
                                                                                   │
                                                                                   │
     40%                                                                           │
                                                                                  ⢀⡠
                                                                                 ⡠⠊│
                                                                               ⡠⠊  │
     20%                                                                    ⢀⣀⠎    │
                            ⢀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⡠⠤⠔⠒⠉⠁      │
                      ⢀⣀⠤⠔⠒⠉⠁                                                      │
                ⣀⡠⠤⠒⠊⠉⠁                                                            │
      0%  ⣀⡠⠤⠒⠊⠉                                                                   │
          12:00  15:00    18:00    21:00     11-25    03:00    06:00    09:00  12:00
      ⠒⠒ used in 24 hours  ⠐⠐ 80%, 95% and 100%

    WHAT TO DO
    1. Ask before a campaign whether it fits: ses-quota plan RECIPIENTS
    2. Request a higher quota: ses-quota increase
    => Unknown
    ");
}

#[test]
fn where_there_is_nothing_to_draw() {
    let unlimited = Inspection { history: Ok(None), ..mailer(0, -1.0) };
    let none = Inspection { history: Ok(None), ..mailer(0, 0.0) };
    let paused = AccountStatus::new(Some(false), Some("HEALTHY"), Some(true));
    let paused = Inspection { account: Ok(paused), history: Ok(None), ..mailer(0, 50_000.0) };
    let failure = |stage, code| Failure::new(stage, code, "not authorized");
    let denied = Inspection {
        account: Err(failure(Stage::Account, "AccessDeniedException")),
        history: Err(failure(Stage::History, "AccessDenied")),
        ..mailer(0, 50_000.0)
    };
    assert_snapshot!([unlimited, none, paused, denied].map(|inspection| seen(&inspection, 100, Symbols::Braille)).join("\n\n"), @"
    The quota is unlimited: it is never full.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      unlimited
      Checked at:                 2026-11-25 12:00 UTC
    => Ok

    The quota is 0: SES takes no mail from this account and Region.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      0 recipients
      Left:                       0 recipients
      Checked at:                 2026-11-25 12:00 UTC

    WHAT TO DO
    Request a quota: ses-quota increase
    => Critical

    Sending is paused: SES takes no mail from this account and Region, whatever is left of the quota.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       31,840 recipients
      Used:                       36.3%
      Checked at:                 2026-11-25 12:00 UTC

    WHAT TO DO
    See why, and what AWS wants to know before it resumes sending: Amazon SES console, Account dashboard
    => Critical

    When will the quota be full? Cannot be told: the history could not be read.

      Account:                    111122223333
      Region:                     us-east-1
      Sent in the last 24 hours:  18,160 recipients
      24-hour sending quota:      50,000 recipients
      Left:                       31,840 recipients
      Used:                       36.3%
      Checked at:                 2026-11-25 12:00 UTC
      Not read:                   account: AccessDeniedException: not authorized [grant the role that
                                  reads this account ses:GetAccount, in this Region too]
      Not read:                   history: AccessDenied: not authorized [grant the role that reads this
                                  account ses:GetSendStatistics, in this Region too; until then alerts
                                  come without a forecast]

    WHAT TO DO
    1. Ask before a campaign whether it fits: ses-quota plan RECIPIENTS
    2. Request a higher quota: ses-quota increase
    => Unknown
    ");
}

#[test]
fn for_machines() {
    let document = json(&mailer(14, 50_000.0));
    let (head, course) = document.split_once(r#""course":["#).unwrap();
    assert_snapshot!(head, @r#"{"account":"111122223333","region":"us-east-1","checkedAt":"2026-11-25T12:00:00Z","sentLast24Hours":18160,"max24HourSend":50000,"maxSendRate":14,"remaining":31840,"utilizationPercent":36.3,"sendingEnabled":true,"forecast":{"verdict":"noBreach","ifPaceHoldsAt":"2026-11-25T21:47:53Z","peakPercent":53.1,"peakLowPercent":52.1,"peakHighPercent":58.7,"peakAt":"2026-11-25T15:00:00Z","probability":0.02},"#);
    let points: Vec<&str> = course.split_inclusive('}').collect();
    assert_snapshot!([points[0], points[96], points[97], points[191]].join("\n"), @r#"
    {"at":"2026-11-24T12:00:00Z","percent":25.1}
    ,{"at":"2026-11-25T12:00:00Z","percent":36.3}
    ,{"at":"2026-11-25T12:15:00Z","percent":37.7,"lowPercent":37.7,"highPercent":37.7}
    ,{"at":"2026-11-26T11:45:00Z","percent":43.3,"lowPercent":28.3,"highPercent":48.3}
    "#);
    let unread = Failure::new(Stage::History, "AccessDenied", "not authorized");
    assert_snapshot!(json(&Inspection { history: Err(unread), ..mailer(0, 50_000.0) }), @r#"{"account":"111122223333","region":"us-east-1","checkedAt":"2026-11-25T12:00:00Z","sentLast24Hours":18160,"max24HourSend":50000,"maxSendRate":14,"remaining":31840,"utilizationPercent":36.3,"sendingEnabled":true,"forecast":{"verdict":"cannotTell","reason":"notRead"},"error":{"step":"history","code":"AccessDenied","message":"not authorized","hint":"grant the role that reads this account ses:GetSendStatistics, in this Region too; until then alerts come without a forecast"}}"#);
    assert_snapshot!(json(&Inspection { history: Ok(None), ..mailer(0, -1.0) }), @r#"{"account":"111122223333","region":"us-east-1","checkedAt":"2026-11-25T12:00:00Z","sentLast24Hours":18160,"maxSendRate":14,"sendingEnabled":true}"#);
}

proptest! {
    #[test]
    fn whatever_was_sent_it_is_shown_within_the_width(
        points in prop::collection::vec((0_i64..15 * 96, prop_oneof![0.0..1_000.0_f64, 0.0..1e12_f64]), 0..200),
        sent in prop_oneof![Just(0.0), 0.0..100_000.0_f64, 0.0..=1e12_f64],
        max in prop_oneof![Just(-1.0), Just(0.0), 1.0..100_000.0_f64, 1.0..=1e12_f64],
        elapsed in 0_i64..4_000,
        width in 0_usize..300,
        ascii in any::<bool>(),
    ) {
        let start = noon().epoch_seconds();
        let points = points.into_iter().map(|(quarter, count)| (Timestamp::from_epoch_seconds(start + 433 + 900 * quarter), count));
        let quota = SendQuota::new(sent, max, 14.0).unwrap();
        let at = Timestamp::from_epoch_seconds(start + 14 * 86_400 + elapsed);
        let inspection = Inspection { history: Ok(Some(Arc::new(SendHistory::new(points)))), at, quota, ..mailer(0, 1.0) };
        let symbols = if ascii { Symbols::Ascii } else { Symbols::Braille };
        let chart = max > 0.0;
        let reading = inspection.reading();
        let drawn = super::Chart::new(&course(&inspection), max, at).and_then(|chart| chart.draw(width, symbols));
        prop_assert!(chart || drawn.is_none());
        for line in drawn.iter().flat_map(|drawn| drawn.lines()).take(24) {
            let line = anstream::adapter::strip_str(line).to_string();
            prop_assert!(line.chars().count() <= width, "{}", line);
            prop_assert!(!ascii || line.is_ascii(), "{}", line);
        }
        let _ = (shown(&inspection, &reading, &course(&inspection), width, symbols), json(&inspection));
    }
}
