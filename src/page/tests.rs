//! What is shown of what is stored.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::document::html;
use super::notice::notices;
use super::row::Row;
use super::*;
use crate::alert::{AlertLevel, Standing, Subject};
use crate::forecast::tests::any::any_forecast;
use crate::reading::{SendQuota, Utilization};
use crate::request::Theme;
use crate::snapshot::{Found, Gap, GapCause, SnapshotTarget, StoredPart};
use crate::target::AccountName;

const NOW: &str = "2026-11-24T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn looker(filter: &str) -> Looker {
    Looker {
        now: now(),
        interval_minutes: 5,
        view: View { theme: Theme::Light, filter: filter.to_owned() },
        function_arn: "arn:aws:lambda:us-east-1:111122223333:function:customWidget-ses".to_owned(),
        partition: "aws".parse().unwrap(),
    }
}

fn target(region: &str, quota: Option<(f64, f64)>, levels: &[(Subject, Option<AlertLevel>)]) -> SnapshotTarget {
    SnapshotTarget {
        account: "111122223333".parse().unwrap(),
        account_name: AccountName::new("Payments"),
        region: region.parse().unwrap(),
        quota: quota.map(|(sent, max)| SendQuota::new(sent, max, 14.0).unwrap()),
        levels: levels.iter().copied().collect(),
        forecast: None,
        sending_enabled: None,
        enforcement_status: None,
        errors: BTreeMap::new(),
    }
}

/// What a check found four minutes ago.
fn found(targets: impl IntoIterator<Item = SnapshotTarget>) -> Snapshot {
    let checked_at = now().plus_seconds(-240);
    let targets: Vec<Found> = targets.into_iter().map(|target| Found { checked_at, target }).collect();
    let part = StoredPart { number: 0, of: 1, checked_at, targets: targets.len() };
    Snapshot { targets, parts: vec![part], gaps: Vec::new() }
}

/// The words of a page: a line for each row and each paragraph.
fn words(html: &str) -> String {
    let (_, body) = html.split_once("</style>").unwrap();
    let lines = body.split("<tr").flat_map(|part| part.split("<p")).flat_map(|part| part.split("<h2"));
    let texts = |line: &str| {
        let texts = line.split('<').map(|part| part.rsplit('>').next().unwrap().trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    lines.map(texts).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn shown(snapshot: Snapshot, filter: &str) -> String {
    words(&html(&Ok(Some(snapshot)), &looker(filter)))
}

/// One of each standing.
fn each() -> Vec<SnapshotTarget> {
    let paused = SnapshotTarget {
        sending_enabled: Some(false),
        enforcement_status: Some("SHUTDOWN".to_owned()),
        ..target("eu-west-1", Some((100.0, 50_000.0)), &[(Subject::Account, Some(AlertLevel::Exhausted))])
    };
    let unread = SnapshotTarget {
        errors: [(Stage::Role, "AccessDenied".to_owned())].into(),
        ..target("eu-west-2", None, &[(Subject::Reading, Some(AlertLevel::Warning))])
    };
    let review = SnapshotTarget {
        enforcement_status: Some("PROBATION".to_owned()),
        ..target("us-west-1", Some((10.0, -1.0)), &[(Subject::Account, Some(AlertLevel::Warning))])
    };
    vec![
        target("ap-south-1", Some((25_000.0, 50_000.0)), &[]),
        target("ap-south-2", Some((5.0, 200.0)), &[(Subject::Quota, None)]),
        review,
        target("us-east-1", Some((48_100.0, 50_000.0)), &[(Subject::Quota, Some(AlertLevel::Critical))]),
        unread,
        paused,
    ]
}

#[test]
fn the_worst_is_first_and_everything_has_words() {
    assert_snapshot!(shown(found(each()), ""), @"
    5 of 6 targets need attention
    ✖ EXHAUSTED 1 ? UNREAD 1 ▲ CRITICAL 1 ! WARNING 1 ? UNKNOWN 1 ✓ OK 1 Only those with Filter {}
    Level Account Region Used in 24 hours Forecast Status Checked
    ✖ EXHAUSTED Payments 111122223333 eu-west-1 0.2% 100 of 50,000 – AWS has paused sending 4 min ago
    ? UNREAD Payments 111122223333 eu-west-2 Not read – Not readable for a while Role not assumed: AccessDenied 4 min ago
    ▲ CRITICAL Payments 111122223333 us-east-1 96.2% 48,100 of 50,000 – Healthy 4 min ago
    ! WARNING Payments 111122223333 us-west-1 10, unlimited – AWS is reviewing the account 4 min ago
    ? UNKNOWN Payments 111122223333 ap-south-2 2.5% 5 of 200 – Level of QUOTA unknown 4 min ago
    ✓ OK Payments 111122223333 ap-south-1 50.0% 25,000 of 50,000 – Healthy 4 min ago
    Times are UTC. The light part of a bar is the expected peak of the next 24 hours. A Region links to the SES console of the account that your browser is signed in to: sign in to the account of the row first. A check comes every 5 minutes.
    ");
}

#[test]
fn words_narrow_the_list() {
    assert_snapshot!(shown(found(each()), "PAYMENTS us-west reviewing"), @"
    5 of 6 targets need attention
    ✖ EXHAUSTED 1 ? UNREAD 1 ▲ CRITICAL 1 ! WARNING 1 ? UNKNOWN 1 ✓ OK 1 Only those with Filter {} Show all {&quot;clear&quot;: true}
    1 of 6 targets match: PAYMENTS us-west reviewing
    Level Account Region Used in 24 hours Forecast Status Checked
    ! WARNING Payments 111122223333 us-west-1 10, unlimited – AWS is reviewing the account 4 min ago
    Times are UTC. The light part of a bar is the expected peak of the next 24 hours. A Region links to the SES console of the account that your browser is signed in to: sign in to the account of the row first. A check comes every 5 minutes.
    ");
    assert_snapshot!(shown(found(each()), "nowhere"), @"
    5 of 6 targets need attention
    ✖ EXHAUSTED 1 ? UNREAD 1 ▲ CRITICAL 1 ! WARNING 1 ? UNKNOWN 1 ✓ OK 1 Only those with Filter {} Show all {&quot;clear&quot;: true}
    0 of 6 targets match: nowhere
    Times are UTC. The light part of a bar is the expected peak of the next 24 hours. A Region links to the SES console of the account that your browser is signed in to: sign in to the account of the row first. A check comes every 5 minutes.
    ");
}

#[test]
fn all_is_well() {
    let fine = || (1..=3).map(|number| target(&format!("us-east-{number}"), Some((1.0, 200.0)), &[]));
    let first = |snapshot| shown(snapshot, "").lines().next().unwrap().to_owned();
    assert_eq!(first(found(fine())), "All 3 targets are OK");
    assert_eq!(first(found(fine().take(1))), "The target is OK");
    // Not while something is missing.
    let gap = Gap { part: 1, of: 2, item: None, cause: GapCause::Missing };
    let partly = Snapshot { gaps: vec![gap], ..found(fine()) };
    assert!(!shown(partly.clone(), "").contains("All 3"));
    assert!(shown(partly, "").contains("3 targets last found OK"));
}

/// The notices about an answer.
fn told(answer: &Answer) -> String {
    let lines = notices(answer, &looker(""))
        .into_iter()
        .map(|notice| format!("{}\n  {}\n  => {}\n", notice.title, notice.lines.join("\n  "), notice.what_to_do));
    lines.collect()
}

/// What was found so many seconds ago.
fn aged(seconds: i64) -> Snapshot {
    let mut snapshot = found(each());
    let checked_at = now().plus_seconds(-seconds);
    snapshot.parts[0].checked_at = checked_at;
    snapshot.targets.iter_mut().for_each(|found| found.checked_at = checked_at);
    snapshot
}

#[test]
fn what_is_wrong_with_the_page_is_said_first() {
    let denied =
        Failure::new(Stage::Snapshot, "AccessDeniedException", "not authorized to perform dynamodb:BatchGetItem");
    let gap = |part, cause| Gap { part, of: 12, item: None, cause };
    let gaps = (0..7).map(|part| gap(part, GapCause::Missing)).collect();
    let answers = [
        Err(denied),
        Ok(None),
        Ok(Some(aged(47 * 60))),
        Ok(Some(aged(-3_600))),
        Ok(Some(Snapshot { gaps, ..aged(0) })),
        Ok(Some(found([]))),
    ];
    assert_snapshot!(answers.map(|answer| told(&answer)).join("\n"), @"
    The state table could not be read
      AccessDeniedException: not authorized to perform dynamodb:BatchGetItem
      => What to do: grant the role dynamodb:PutItem on the table in STATE_TABLE, to store what a check found, or dynamodb:BatchGetItem, to read it.

    Nothing is stored yet
      No check has stored what it found, so nothing is known here of any account.
      => After an installation, wait for the next check: one comes every 5 minutes. If this stays, see whether the monitor's function has SNAPSHOT=true (parameter FleetPage or Snapshot) and the same table, and whether its log has an error of the step snapshot.

    Nothing has been checked for 47 minutes
      What you see is what was found then.
      => A check should come every 5 minutes. See the alarms and the log of the monitor's function, and whether its schedule is enabled. Until then, look at the accounts yourself: nothing else watches them.

    The latest check says that it is in the future
      What you see is what was found then.
      => A check should come every 5 minutes. See the alarms and the log of the monitor's function, and whether its schedule is enabled. Until then, look at the accounts yourself: nothing else watches them.

    Not everything is shown
      The stored part 1 of 12 is missing: its targets are not shown.
      The stored part 2 of 12 is missing: its targets are not shown.
      The stored part 3 of 12 is missing: its targets are not shown.
      The stored part 4 of 12 is missing: its targets are not shown.
      The stored part 5 of 12 is missing: its targets are not shown.
      And 2 more.
      => The next check stores it again. If this stays, see whether the log of the monitor's function has an error of the step snapshot, and whether this function and the monitor's are of the same version.

    There is nothing to check
      The latest check had no targets.
      => See the parameters Accounts, ExcludeAccounts and Regions.
    ");
    assert_eq!(told(&Ok(Some(aged(15 * 60 - 1)))), "");
}

#[test]
fn a_part_that_stays_behind_is_named() {
    let mut snapshot = aged(60);
    let behind = StoredPart { number: 2, of: 12, checked_at: now().plus_seconds(-3 * 3_600), targets: 812 };
    snapshot.parts.push(behind);
    assert_snapshot!(told(&Ok(Some(snapshot))), @"
    Some accounts have not been checked lately
      Part 3 of 12, with 812 targets, was checked 3 h ago.
      => A check should come every 5 minutes. See the alarms about shards and the log of the monitor's function.
    ");
}

#[test]
fn five_hundred_are_listed_and_the_others_counted() {
    let many = (0..10_000_u32).map(|number| {
        let level = Some(if number.is_multiple_of(1_000) { AlertLevel::Exhausted } else { AlertLevel::Warning });
        let levels = [(Subject::Quota, level)];
        let levels = if number.is_multiple_of(10) { &levels[..] } else { &[] };
        target(&format!("us-east-{number}"), Some((f64::from(number), 50_000.0)), levels)
    });
    let page = html(&Ok(Some(found(many))), &looker(""));
    assert_eq!(page.matches("<tr class").count(), 500);
    assert!(page.len() < 1_000_000, "{}", page.len());
    let others = "And 9500 targets that are no worse: 500 WARNING, 9000 OK. Filter to see them.";
    assert!(words(&page).contains(others));
}

#[test]
fn where_the_console_is_not_known_nothing_links_to_it() {
    let elsewhere = Looker { partition: "aws-iso".parse().unwrap(), ..looker("") };
    assert!(!html(&Ok(Some(found(each()))), &elsewhere).contains("href"));
    let page = html(&Ok(Some(found(each()))), &looker(""));
    assert!(page.contains("href=\"https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1#/account\""));
}

#[test]
fn the_description_has_the_parameters_of_a_new_widget() {
    let (_, yaml) = describe::MARKDOWN.split_once("``` yaml\n").unwrap();
    assert_eq!(yaml.split_once("\n```").unwrap().0, "filter: ''");
}

/// A page without its texts: the elements and the names of their attributes.
fn skeleton(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1).map(|part| part.split_once('>').unwrap().0);
    let bare = |tag: &str| tag.split('"').step_by(2).collect::<String>();
    tags.map(bare).collect()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,30}",
        "[<>&\"'/=a-z ]{1,30}",
        Just("<script>alert(1)</script>".to_owned()),
        Just("\" onmouseover=\"alert(1)".to_owned()),
        Just("' --> </style><iframe src=x>".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_text_becomes_an_element(
        name in "[ -~]{1,50}",
        status in any_text(),
        error in any_text(),
        arn in any_text(),
        filter in any_text(),
        forecast in any_forecast(),
    ) {
        let page = |name: &str, status: &str, error: &str, arn: &str, filter: &str| {
            let target = SnapshotTarget {
                account_name: AccountName::new(name),
                enforcement_status: Some(status.to_owned()),
                forecast: Some((&forecast).into()),
                errors: [(Stage::History, error.to_owned())].into(),
                ..target("us-east-1", Some((1.0, 200.0)), &[])
            };
            let gap = Gap { part: 0, of: 1, item: None, cause: GapCause::NotUnderstood(error.to_owned()) };
            let snapshot = Snapshot { gaps: vec![gap], ..found([target]) };
            let looker = Looker { function_arn: arn.to_owned(), ..looker(filter) };
            html(&Ok(Some(snapshot)), &looker)
        };
        let name = format!("x{name}");
        // Whether the filter matches is the same for a word that no target has.
        let plain_filter = if filter.trim().is_empty() { "" } else { "\u{1}nobody" };
        let hostile_filter = if plain_filter.is_empty() { "" } else { &format!("{filter} {plain_filter}") };
        let hostile = page(&name, &status, &error, &arn, hostile_filter);
        let plain = page("x", "x", "x", "x", plain_filter);
        prop_assert_eq!(skeleton(&hostile), skeleton(&plain));
        let unfiltered = page(&name, &status, &error, &arn, "");
        prop_assert_eq!(skeleton(&unfiltered), skeleton(&page("x", "x", "x", "x", "")));
    }

    #[test]
    fn nobody_is_above_one_who_is_worse(levels in prop::collection::vec((0..4_usize, 0.0..300.0_f64, any::<bool>()), 1..30)) {
        let targets: Vec<Found> = levels.iter().enumerate().map(|(number, (level, percent, is_read))| {
            let quota = is_read.then_some((percent.round(), 100.0));
            let target = target(&format!("us-east-{number}"), quota, &[(Subject::Quota, Some(AlertLevel::ALL[*level]))]);
            Found { checked_at: now(), target }
        }).collect();
        let mut rows: Vec<Row<'_>> = targets.iter().map(Row::new).collect();
        rows.sort_by(Row::worse_first);
        for pair in rows.windows(2) {
            prop_assert!(pair[0].standing >= pair[1].standing);
            let percent = |row: &Row<'_>| row.utilization().map(Utilization::percent);
            prop_assert!(pair[0].standing > pair[1].standing || percent(&pair[0]) >= percent(&pair[1]));
        }
        prop_assert!(rows.iter().all(|row| row.standing != Standing::Ok || row.target().quota.is_some()));
    }

    #[test]
    fn any_age_is_told(seconds in any::<i64>()) {
        let age = age::Age::of(Timestamp::from_epoch_seconds(seconds), now());
        prop_assert!(!age.in_short().contains('-'));
        prop_assert!(age != age::Age::Ahead || age.is_stale(i64::MAX / 4));
    }
}
