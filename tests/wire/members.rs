//! Which accounts are read, and how the list of an organization is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use ses_quota_monitor::request::Request;

use crate::fleet::{Fleet, OWN, Process, account, accounts, check};
use crate::support::{Answer, Call, Organization, cases, run};

const ORGANIZATION: &[(&str, &str)] = &[("ACCOUNTS", "organization")];
const ROOT: &str = "r-ab12";

fn unit(number: usize) -> String {
    format!("ou-ab12-{number:08}")
}

/// The function's own account and so many others, right in the root.
fn organization(others: usize) -> Fleet {
    let own = Organization::default().with_account(OWN, "Monitoring", "ACTIVE", ROOT);
    let with = |all: Organization, number| all.with_account(&account(number), "Payments", "ACTIVE", ROOT);
    Fleet { organization: (0..others).fold(own, with), ..Fleet::default() }
}

/// Each of these accounts in `us-east-1`.
fn in_the_region(accounts: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    accounts.into_iter().map(|account| format!("{account}#us-east-1")).collect()
}

/// Whether a request lists accounts.
pub fn is_listing(call: &Call) -> bool {
    call.host.starts_with("organizations.")
}

#[tokio::test(start_paused = true)]
async fn who_is_read() {
    let organization = Organization::default()
        .with_unit(&unit(1), ROOT)
        .with_unit(&unit(2), &unit(1))
        .with_unit(&unit(3), ROOT)
        .with_account(OWN, "Monitoring", "ACTIVE", ROOT)
        .with_account(&account(1), "One", "ACTIVE", &unit(1))
        .with_account(&account(2), "Two", "ACTIVE", &unit(2))
        .with_account(&account(3), "Three", "SUSPENDED", &unit(3))
        .with_account(&account(4), "Four", "ACTIVE", &unit(3))
        .with_account(&account(5), "Five", "PENDING_CLOSURE", ROOT)
        .with_account(&account(6), "Six", "PENDING_ACTIVATION", ROOT)
        .with_account(&account(7), "Seven", "CLOSED", &unit(1))
        .with_account(&account(8), "Eight", "SOMETHING_NEW", ROOT);
    let (one, two, four, own) = (account(1), account(2), account(4), OWN.to_owned());
    for (variables, read) in [
        (vec![], vec![&own]),
        (vec![("ACCOUNTS", one.clone())], vec![&one]),
        (vec![("ACCOUNTS", format!("{two},{one},{two}"))], vec![&one, &two]),
        (vec![("ACCOUNTS", format!("{one},{OWN}"))], vec![&own, &one]),
        (vec![("ACCOUNTS", "organization".to_owned())], vec![&own, &one, &two, &four]),
        (vec![("ACCOUNTS", unit(1))], vec![&one, &two]),
        (vec![("ACCOUNTS", unit(2))], vec![&two]),
        // Each once, although one of the units is in the other.
        (vec![("ACCOUNTS", format!("{},{}", unit(2), unit(1)))], vec![&one, &two]),
        (vec![("ACCOUNTS", format!("{},{}", unit(3), unit(1)))], vec![&one, &two, &four]),
        (vec![("ACCOUNTS", format!("{one},{two}")), ("EXCLUDE_ACCOUNTS", two.clone())], vec![&one]),
        (
            vec![("ACCOUNTS", "organization".to_owned()), ("EXCLUDE_ACCOUNTS", format!("{OWN},{two}"))],
            vec![&one, &four],
        ),
    ] {
        let fleet = Fleet { organization: organization.clone(), ..Fleet::default() };
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = check(&fleet.aws(|_| None), 0, &variables).await;
        assert_eq!(done.error, None, "{variables:?}");
        assert_eq!(done.read(), in_the_region(read.iter().map(|account| (*account).clone())), "{variables:?}");
        assert_eq!(done.of("GetSendQuota").len(), read.len(), "{variables:?}");
        // As the function itself in its own account, which needs no role for that.
        let others: Vec<String> = read.into_iter().filter(|account| **account != own).cloned().collect();
        assert_eq!(done.assumed(), others, "{variables:?}");
        assert_eq!(done.report["targets"].as_array().unwrap().len(), done.read().len(), "{variables:?}");
        let is_listed = variables.iter().any(|(_, value)| value.starts_with('o'));
        assert_eq!(done.calls.iter().any(is_listing), is_listed, "{variables:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_of_an_account_counts_and_its_retired_status_does_not() {
    let account = |number, state, status| json!({"Id": account(number), "Name": "A", "State": state, "Status": status});
    let page = json!({"Accounts": [
        account(1, json!("ACTIVE"), json!("SUSPENDED")),
        account(2, json!("SUSPENDED"), json!("ACTIVE")),
        account(3, Value::Null, json!("ACTIVE")),
        // Nothing that could be read, or that is a name.
        json!({"Id": "1", "State": "ACTIVE"}),
        json!({"State": "ACTIVE"}),
        json!({"Id": crate::fleet::account(4), "Name": "\u{7}\u{1f4e7}", "State": "ACTIVE"}),
    ]});
    let aws = Fleet::default().aws(move |call| is_listing(call).then(|| Answer::reply(200, page.to_string())));
    let done = check(&aws, 0, ORGANIZATION).await;
    assert_eq!(done.read(), in_the_region([1, 4].map(crate::fleet::account)));
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_is_not_the_last() {
    let aws = Fleet::default().aws(|call| {
        let of = |accounts: &[usize], next: Option<&str>| {
            let accounts: Vec<Value> =
                accounts.iter().map(|number| json!({"Id": account(*number), "Name": "A", "State": "ACTIVE"})).collect();
            Some(Answer::reply(200, json!({"Accounts": accounts, "NextToken": next}).to_string()))
        };
        let token = is_listing(call).then(|| call.json()["NextToken"].clone())?;
        match token.as_str() {
            None => of(&[], Some("a")),
            Some("a") => of(&[1], Some("b")),
            Some("b") => of(&[], Some("c")),
            Some("c") => of(&[2, 3], None),
            other => panic!("{other:?}"),
        }
    });
    let done = check(&aws, 0, ORGANIZATION).await;
    assert_eq!(done.read(), in_the_region([1, 2, 3].map(account)));
    assert_eq!(done.of("ListAccounts").len(), 4);
}

/// The pages that each check asks for, at these minutes.
async fn pages(process: &Process, minutes: &[i64]) -> Vec<usize> {
    let mut pages = Vec::new();
    for minute in minutes {
        let done = process.check(*minute).await;
        assert_eq!((done.error, done.calls.iter().filter(|call| call.operation == "GetSendQuota").count()), (None, 46));
        pages.push(done.calls.iter().filter(|call| is_listing(call)).count());
    }
    pages
}

#[tokio::test(start_paused = true)]
async fn the_list_is_kept_an_hour_in_memory_and_in_the_table() {
    let fleet = organization(45);
    let aws = fleet.aws(|_| None);
    let process = Process::new(&aws, ORGANIZATION);
    assert_eq!(pages(&process, &[0, 5, 55, 59, 60, 65, 119, 120]).await, [3, 0, 0, 0, 3, 0, 0, 3]);
    // In other processes: what the last one stored is an hour old an hour after it was listed.
    for (minute, asked) in [(125, 0), (179, 0), (180, 3)] {
        assert_eq!(pages(&Process::new(&aws, ORGANIZATION), &[minute]).await, [asked], "{minute}");
    }
    // Without a table, each process lists.
    for _ in 0..2 {
        let process = Process::new(&aws, &[("ACCOUNTS", "organization"), ("STATE_TABLE", "")]);
        assert_eq!(pages(&process, &[200, 205]).await, [3, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_joins_is_read_within_an_hour_and_one_that_leaves_no_longer() {
    let fleet = organization(2);
    let process = Process::new(&fleet.aws(|_| None), ORGANIZATION);
    assert_eq!(process.check(0).await.read(), in_the_region([OWN.to_owned(), account(0), account(1)]));
    // In another process, so that the list of the first is in memory, and this one in the table.
    let later =
        Fleet { organization: organization(1).organization.with_account(&account(7), "New", "ACTIVE", ROOT), ..fleet };
    let aws = later.aws(|_| None);
    assert_eq!(check(&aws, 59, ORGANIZATION).await.read(), in_the_region([OWN.to_owned(), account(0), account(1)]));
    assert_eq!(check(&aws, 60, ORGANIZATION).await.read(), in_the_region([OWN.to_owned(), account(0), account(7)]));
}

fn denied() -> Answer {
    Answer::json_error(400, "AccessDeniedException", "You don't have permissions to access this resource.")
}

#[tokio::test(start_paused = true)]
async fn where_the_accounts_were_never_listed_the_own_one_is_checked_and_the_check_fails() {
    let fleet = organization(3);
    for answer in [denied(), Answer::NoConnection, Answer::reply(200, "<html/>"), Answer::Silence] {
        let aws = fleet.aws(move |call| is_listing(call).then(|| answer.clone()));
        let process = Process::new(&aws, ORGANIZATION);
        for minute in [0, 5] {
            let done = process.check(minute).await;
            assert_eq!(done.read(), in_the_region([OWN.to_owned()]));
            assert!(done.failures().len() == 1 && done.failures()[0].starts_with("accounts "), "{:?}", done.failures());
            assert!(done.error.unwrap().contains("accounts: "));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_replaced_stays_in_use_and_that_is_reported() {
    let fleet = organization(3);
    let all = in_the_region([OWN.to_owned(), account(0), account(1), account(2)]);
    assert_eq!(check(&fleet.aws(|_| None), 0, ORGANIZATION).await.read(), all);
    for answer in [denied(), Answer::NoConnection, Answer::reply(200, "<html/>")] {
        let aws = fleet.aws(move |call| is_listing(call).then(|| answer.clone()));
        // From the table; then from memory. It is tried anew each time.
        let process = Process::new(&aws, ORGANIZATION);
        for minute in [59, 60, 65, 600] {
            let done = process.check(minute).await;
            assert_eq!(done.read(), all);
            assert_eq!(done.failures().len(), usize::from(minute > 59), "{minute}: {:?}", done.failures());
            assert_eq!(done.calls.iter().any(is_listing), minute > 59);
        }
    }
}

/// 400 accounts are 20 pages, of which a check of 30 seconds has time for 9.
#[tokio::test(start_paused = true)]
async fn a_listing_that_is_too_long_for_a_check_goes_on_in_the_next() {
    let fleet = organization(399);
    let aws = fleet.clone();
    let aws = fleet.aws(move |call| is_listing(call).then(|| aws.usual(call).after(Duration::from_secs(1))));
    let process = Process::new(&aws, ORGANIZATION);
    for (minute, read) in [(0, 180), (5, 360), (10, 400), (15, 400)] {
        let done = process.check(minute).await;
        assert_eq!(done.read().len(), read, "{minute}");
        let (is_whole, failures) = (read == 400, done.failures());
        assert_eq!(failures, if is_whole { vec![] } else { vec!["accounts ListUnfinished".to_owned()] }, "{minute}");
        assert_eq!(done.error.is_some(), !is_whole, "{minute}");
        assert_eq!(fleet.table.item("accounts#0").is_some(), is_whole);
    }
    // What was cut off is asked for again, nothing else is.
    assert_eq!(aws.calls_of("ListAccounts").len(), 20 + 2);
    // A process that knows an older list uses that one meanwhile, and nothing has failed.
    let process = Process::new(&aws, ORGANIZATION);
    for minute in [75, 80, 85] {
        let done = process.check(minute).await;
        assert_eq!((done.read().len(), done.error), (400, None), "{minute}");
    }
    assert_eq!(aws.calls_of("ListAccounts").len(), 2 * (20 + 2));
}

#[tokio::test(start_paused = true)]
async fn a_list_in_the_table_that_cannot_be_believed_is_replaced() {
    for (name, value) in [
        ("listedFrom", json!({"S": unit(1)})),
        ("of", json!({"N": "2"})),
        ("of", json!({"N": "0"})),
        ("listedAt", json!({"S": "2026-11-24T12:10:01Z"})),
        ("listedAt", json!({"S": "noon"})),
        ("schemaVersion", json!({"N": "2"})),
        ("accounts", json!({"S": "[[\"1\",\"Payments\"]]"})),
        ("accounts", json!({"S": "[["})),
        ("accounts", json!({"L": []})),
    ] {
        let fleet = organization(3);
        let aws = fleet.aws(|_| None);
        check(&aws, 0, ORGANIZATION).await;
        let stored = fleet.table.item("accounts#0").unwrap();
        let mut other = stored.clone();
        other[name] = value.clone();
        fleet.table.put(&other);
        let done = check(&aws, 5, ORGANIZATION).await;
        assert_eq!((done.of("ListAccounts").len(), done.read().len(), done.error), (1, 4, None), "{name}={value}");
        let mut replaced = stored;
        replaced["listedAt"] = json!({"S": "2026-11-24T12:05:00Z"});
        assert_eq!(fleet.table.item("accounts#0"), Some(replaced), "{name}={value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_other_accounts_is_not_taken_for_one_of_these() {
    let organization = organization(2).organization.with_unit(&unit(1), ROOT).with_unit(&unit(2), ROOT);
    let organization = organization.with_account(&account(8), "Eight", "ACTIVE", &unit(1));
    let fleet =
        Fleet { organization: organization.with_account(&account(9), "Nine", "ACTIVE", &unit(2)), ..Fleet::default() };
    let aws = fleet.aws(|_| None);
    let both = format!("{},{}", unit(1), unit(2));
    for (accounts, read) in [("organization", 5), (&unit(1), 1), (&both, 2), (&unit(2), 1), ("organization", 5)] {
        let done = check(&aws, 0, &[("ACCOUNTS", accounts)]).await;
        assert_eq!((done.read().len(), done.calls.iter().any(is_listing)), (read, true), "{accounts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_and_a_test_alert_list_and_store_nothing() {
    for request in [Request::DryRun, Request::TestAlert] {
        let fleet = organization(3);
        let process = Process::new(&fleet.aws(|_| None), ORGANIZATION);
        let done = process.request(request, 0).await;
        assert_eq!((done.of("ListAccounts").len(), done.read().len(), done.of("PutItem").len()), (1, 4, 0));
        assert_eq!(fleet.table.item("accounts#0"), None);
        // What they found serves the next check all the same.
        assert_eq!(process.check(5).await.of("ListAccounts").len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_does_not_keep_the_accounts_from_being_checked() {
    for operation in ["BatchGetItem", "PutItem"] {
        let aws = organization(3).aws(move |call| {
            (call.operation == operation && call.nth == 0)
                .then(|| Answer::json_error(400, "AccessDeniedException", "no"))
        });
        let done = check(&aws, 0, ORGANIZATION).await;
        assert_eq!((done.of("ListAccounts").len(), done.read().len()), (1, 4));
        assert_eq!(done.failures(), ["state AccessDeniedException"]);
        assert!(done.error.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn the_name_of_an_account_is_in_every_message_and_in_the_report() {
    let organization = Organization::default().with_account(&account(0), "Payments & \"Co\"\n", "ACTIVE", ROOT);
    for request in [Request::Scheduled, Request::TestAlert] {
        let fleet = Fleet { organization: organization.clone(), ..Fleet::default() };
        let aws = fleet.aws(|call| (call.operation == "GetSendQuota").then(|| Answer::quota(960, 1_000, 14)));
        let done = Process::new(&aws, ORGANIZATION).request(request, 0).await;
        assert_eq!(done.report["targets"][0]["accountName"], "Payments & \"Co\"");
        assert_eq!(done.alerts()[0]["accountName"], "Payments & \"Co\"");
        let body: Value = serde_json::from_str(&done.of("Publish")[0].form()["Message"]).unwrap();
        for protocol in ["email", "sms", "https", "sqs"] {
            let text = body[protocol].as_str().unwrap();
            assert!(text.contains("Payments & "), "{protocol}: {text}");
        }
    }
    // Where a list names the IDs alone, no name is known, and none is asked for.
    let aws = Fleet { organization, ..Fleet::default() }.aws(|_| None);
    let done = check(&aws, 0, &[("ACCOUNTS", &account(0))]).await;
    assert_eq!(done.report["targets"][0].get("accountName"), None);
}

#[tokio::test(start_paused = true)]
async fn the_names_of_accounts_are_in_a_digest_and_of_a_process_that_has_not_listed_them() {
    let organization = (0..6).fold(Organization::default(), |all, number| {
        all.with_account(&account(number), &format!("Team {number}"), "ACTIVE", ROOT)
    });
    let fleet = Fleet { organization, ..Fleet::default() };
    check(&fleet.aws(|_| None), 0, ORGANIZATION).await;
    let aws = fleet.aws(|call| (call.operation == "GetSendQuota").then(|| Answer::quota(960, 1_000, 14)));
    let done = check(&aws, 5, ORGANIZATION).await;
    assert!(!done.calls.iter().any(is_listing));
    let digest =
        done.of("Publish").into_iter().find(|call| call.form()["Message"].contains("3 targets")).unwrap().form();
    let body: Value = serde_json::from_str(&digest["Message"]).unwrap();
    let named = (0..6)
        .filter(|number| body["email"].as_str().unwrap().contains(&format!("{}, Team {number}", account(*number))));
    assert_eq!(named.count(), 3, "{}", body["email"]);
    let all: BTreeSet<String> = done.alerts().iter().map(|alert| alert["accountName"].to_string()).collect();
    assert_eq!(all.len(), 6);
}

/// An organization: for each unit, in which earlier one it is; for each account, in which unit, and its state.
#[derive(Debug, Clone)]
struct Tree {
    units: Vec<Index>,
    accounts: Vec<(Index, &'static str)>,
    chosen: Vec<Index>,
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let state = select(vec!["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "CLOSED"]);
    (vec(any::<Index>(), 1..30), vec((any::<Index>(), state), 0..70), vec(any::<Index>(), 1..4))
        .prop_map(|(units, accounts, chosen)| Tree { units, accounts, chosen })
}

proptest! {
    #![proptest_config(cases(50))]

    #[test]
    fn the_active_accounts_in_and_below_the_units_are_read_each_once(Tree { units, accounts, chosen } in any_tree()) {
        // The root is number 0, and each unit is in one with a smaller number.
        let parents: Vec<usize> = units.iter().enumerate().map(|(before, parent)| parent.index(before + 1)).collect();
        let name = |number: usize| if number == 0 { ROOT.to_owned() } else { unit(number) };
        let mut organization = Organization::default();
        for (before, parent) in parents.iter().enumerate() {
            organization = organization.with_unit(&unit(before + 1), &name(*parent));
        }
        let chosen: BTreeSet<usize> = chosen.iter().map(|one| 1 + one.index(parents.len())).collect();
        let mut expected = BTreeSet::new();
        for (number, (parent, state)) in accounts.iter().enumerate() {
            let parent = parent.index(parents.len() + 1);
            organization = organization.with_account(&account(number), "A", state, &name(parent));
            let mut above = std::iter::successors(Some(parent), |unit| parents.get(unit.checked_sub(1)?).copied());
            if *state == "ACTIVE" && above.any(|unit| chosen.contains(&unit)) {
                expected.insert(account(number));
            }
        }
        let fleet = Fleet { organization, ..Fleet::default() };
        let names = chosen.iter().map(|number| unit(*number)).collect::<Vec<_>>().join(",");
        let done = run(check(&fleet.aws(|_| None), 0, &[("ACCOUNTS", &names)]));
        // Where none is left, nobody is watched, and somebody has to hear of that.
        prop_assert_eq!(done.error.is_some(), expected.is_empty());
        prop_assert_eq!(done.of("GetSendQuota").len(), expected.len());
        prop_assert_eq!(done.read(), in_the_region(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_of_a_list_are_read_without_asking_the_organization() {
    let aws = Fleet::default().aws(|_| None);
    let done = check(&aws, 0, &[("ACCOUNTS", &accounts(30))]).await;
    assert_eq!((done.read().len(), done.calls.iter().any(is_listing)), (30, false));
}
