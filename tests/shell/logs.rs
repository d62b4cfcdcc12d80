//! The log, and what Lambda is told.

use fake_aws::Answer;

use crate::function::{SESSION_TOKEN, aws, function, lines};

#[test]
fn a_check_that_succeeds_logs_its_report() {
    let function = function(&aws(|_| None), &[]);
    let outcome = function.invoke();
    assert_eq!(outcome.payload["targets"][0]["notification"], "RAISED");
    let log = function.log();
    let last = log.last().unwrap();
    assert_eq!((&last["level"], &last["module"]), (&"INFO".into(), &"ses_quota_monitor".into()));
    assert_eq!(last["targets"], outcome.payload["targets"]);
}

#[test]
fn a_check_that_fails_is_an_error_for_lambda_and_in_the_log() {
    let denied = aws(|call| (call.operation == "GetSendQuota").then(|| Answer::xml_error(403, "AccessDenied", "no")));
    let function = function(&denied, &[]);
    let outcome = function.invoke();
    assert!(outcome.is_error);
    assert_eq!(outcome.payload["errorType"], "CheckFailed");
    let log = function.log();
    let last = log.last().unwrap();
    assert_eq!((&last["level"], &last["message"]), (&"ERROR".into(), &outcome.payload["errorMessage"]));
    assert_eq!(
        last["targets"][0]["error"]["hint"],
        "grant the role that reads this account ses:GetSendQuota, in this Region too"
    );
}

/// Below INFO, the SDK and its HTTP client log requests with their signing headers.
#[test]
fn at_the_most_verbose_level_other_crates_log_nothing_below_info() {
    let function = function(&aws(|_| None), &[("AWS_LAMBDA_LOG_LEVEL", "TRACE")]);
    function.invoke();
    let log = function.log();
    assert!(log.iter().any(|line| line["level"] == "DEBUG"), "{}", lines(&log));
    for line in &log {
        let module = line["module"].as_str().unwrap();
        assert!(
            module.starts_with("ses_quota_monitor") || line["level"] != "TRACE" && line["level"] != "DEBUG",
            "{line}"
        );
    }
    assert!(!lines(&log).contains(SESSION_TOKEN));
}
