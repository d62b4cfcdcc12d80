//! What becomes of the connections while Lambda has frozen the function.

use std::fmt::Debug;
use std::thread;
use std::time::Duration;

use fake_aws::{Answer, Aws, Call, Death, Server, certificate};

use crate::function::{Function, aws, function};

/// The checks of a schedule are at least a minute apart.
const BETWEEN_CHECKS: Duration = Duration::from_secs(21);
/// Lambda repeats a failed invocation, and a person sends an event when he likes. It is also what a clock shows that stands
/// still while the function is frozen.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Each check finds more of the quota used, and sends an alert.
fn filling() -> Aws {
    aws(|call| {
        let sent = if call.nth == 0 { 41_000 } else { 48_500 };
        (call.operation == "GetSendQuota").then(|| Answer::quota(sent, 50_000, 14))
    })
}

fn check(function: &Function, situation: impl Debug, notification: &str) {
    let outcome = function.invoke();
    assert!(!outcome.is_error, "{situation:?}: {outcome:?}");
    assert_eq!(outcome.payload["targets"][0]["notification"], notification, "{situation:?}: {outcome:?}");
}

/// A check that raises an alert, a freeze in which all connections end this way, and a check that escalates the alert:
/// which of its calls needed another attempt.
fn retried(frozen: Duration, death: Death) -> Vec<String> {
    let aws = filling();
    let (certificate, file) = certificate(&format!("frozen-{}-{death:?}", frozen.as_millis()));
    let server = Server::with_tls(&aws, &certificate);
    let url = format!("https://{}", server.address);
    let function = Function::start(&[("AWS_ENDPOINT_URL", &url), ("AWS_CA_BUNDLE", file.to_str().unwrap())]);
    check(&function, death, "RAISED");
    function.freeze(|| {
        server.kill_connections(death);
        thread::sleep(frozen);
    });
    let before = aws.calls().len();
    check(&function, death, "ESCALATED");
    assert_eq!(aws.calls_of("Publish").len(), 2, "{death:?}");
    aws.calls().into_iter().skip(before).filter(is_another_attempt).map(|call| call.operation).collect()
}

/// The SDK numbers the attempts of a call. One that was lost has reached nobody.
fn is_another_attempt(call: &Call) -> bool {
    !call.headers.get("amz-sdk-request").unwrap().contains("attempt=1;")
}

/// Each of the ways at the same time: what needed another attempt.
fn retried_after(frozen: Duration) -> [(Death, Vec<String>); 4] {
    thread::scope(|scope| {
        Death::ALL
            .map(|death| (death, scope.spawn(move || retried(frozen, death))))
            .map(|(death, lines)| (death, lines.join().unwrap()))
    })
}

#[test]
fn a_scheduled_check_loses_no_request_on_a_connection_that_died_before_it() {
    assert_eq!(retried_after(BETWEEN_CHECKS), Death::ALL.map(|death| (death, Vec::new())));
}

/// One that the function cannot know to be dead costs the calls that may be repeated another attempt. A publish may not be
/// repeated, so it never goes there: no alert comes later.
#[test]
fn a_check_that_follows_at_once_repeats_what_was_lost_and_its_alert_is_not_late() {
    for (death, retried) in retried_after(AT_ONCE) {
        let is_seen = matches!(death, Death::Closed | Death::Reset);
        assert_eq!(retried.is_empty(), is_seen, "{death:?}: {retried:?}");
        assert!(!retried.contains(&"Publish".to_owned()), "{death:?}: {retried:?}");
    }
}

#[test]
fn each_alert_has_a_connection_of_its_own_and_all_other_calls_keep_theirs() {
    let aws = filling();
    let function = function(&aws, &[]);
    for notification in ["RAISED", "ESCALATED"] {
        check(&function, "kept alive", notification);
    }
    assert_eq!(aws.calls_of("Publish").iter().map(|call| call.is_on_used_connection).collect::<Vec<_>>(), [false; 2]);
    assert!(aws.calls_of("GetSendQuota")[1].is_on_used_connection && aws.calls_of("PutItem")[1].is_on_used_connection);
}
