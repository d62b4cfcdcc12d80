//! A plan, from its event to what is returned and logged.

use serde_json::json;

use crate::function::{aws, function, lines};

#[test]
fn a_plan_is_answered_and_logged() {
    let aws = aws(|_| None);
    let function = function(&aws, &[]);
    let outcome = function.send_event(json!({"plan": {"recipients": 1_900, "perSecond": 10}}));
    assert!(!outcome.is_error, "{outcome:?}");
    let plan = &outcome.payload["plan"];
    assert_eq!((&plan["fits"], &plan["room"], &plan["takesSeconds"]), (&json!(true), &json!(1_900), &json!(190)));
    assert_eq!((&plan["fitsFrom"], &plan["forecast"]), (&plan["startAt"], &json!("cannotTell")));
    assert_eq!(aws.operations(), ["GetSendQuota", "GetAccount", "GetSendStatistics"]);
    let log = function.log();
    let last = log.last().unwrap();
    assert_eq!((&last["level"], &last["message"]), (&json!("INFO"), &json!("plan answered")), "{}", lines(&log));
    assert_eq!(&last["plan"], plan);
}

#[test]
fn a_plan_that_is_invalid_is_an_error_that_names_the_field() {
    let aws = aws(|_| None);
    let function = function(&aws, &[]);
    for (plan, field) in [
        (json!({"recipients": "30000"}), "plan.recipients=\"30000\""),
        (json!({"recipients": 1, "startAt": "2020-01-01T00:00:00Z"}), "plan.startAt=\"2020-01-01T00:00:00Z\""),
        (json!({"recipients": 1, "account": "999988887777"}), "plan.account=\"999988887777\""),
    ] {
        let outcome = function.send_event(json!({ "plan": plan }));
        assert!(outcome.is_error, "{outcome:?}");
        assert_eq!(outcome.payload["errorType"], "InvalidRequest");
        assert!(outcome.message().contains(field), "{outcome:?}");
    }
    assert!(aws.calls().is_empty());
    // Whoever goes on after a mistake is answered, and finds it in the log.
    assert!(!function.send_event(json!({"plan": {"recipients": 1}})).is_error);
    let log = function.log();
    assert_eq!(log.iter().filter(|line| line["level"] == "ERROR").count(), 3, "{}", lines(&log));
}
