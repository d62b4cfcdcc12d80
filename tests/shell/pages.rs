//! The fleet page: which function shows it, and that nobody who looks at it runs a check.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fake_aws::Answer;
use serde_json::{Value, json};

use crate::function::{Outcome, aws, function, lines};

/// A function that only shows the page, and has no topic.
const PAGE_ALONE: [(&str, &str); 2] = [("FLEET_PAGE", "true"), ("ALERT_TOPIC_ARN", "")];

fn html(outcome: &Outcome) -> &str {
    assert!(!outcome.is_error, "{outcome:?}");
    outcome.payload.as_str().unwrap()
}

#[test]
fn the_monitor_shows_what_its_checks_have_stored() {
    let aws = aws(|_| None);
    let function = function(&aws, &[("SNAPSHOT", "true")]);
    let look = || function.send_event(json!({"widgetContext": {"theme": "dark"}}));
    assert!(html(&look()).contains("Nothing is stored yet"));
    // Also with what would ask for a check, and where CloudWatch has changed its event.
    for event in [json!({"widgetContext": null, "testAlert": true}), json!({"widgetContext": [], "plan": {}})] {
        html(&function.send_event(event));
    }
    assert_eq!(aws.operations(), ["BatchGetItem"; 3]);
    assert!(!function.invoke().is_error);
    let page = look();
    assert!(html(&page).contains("us-east-1") && html(&page).contains("sqm-dark"), "{page:?}");
    assert!(html(&page).contains("arn:aws:lambda:us-east-1:111122223333:function:monitor"));
    let log = function.log();
    assert!(log.iter().filter(|line| line["message"] == "fleet page shown").count() == 4, "{}", lines(&log));
    assert!(log.iter().all(|line| line.to_string().len() < 5_000));
}

#[test]
fn a_function_for_the_page_needs_a_table_alone_and_answers_nobody_else() {
    let aws = aws(|_| None);
    let function = function(&aws, &PAGE_ALONE);
    assert!(html(&function.send_event(json!({"widgetContext": {}}))).contains("Nothing is stored yet"));
    let description = function.send_event(json!({"describe": true})).payload;
    assert!(description["markdown"].as_str().unwrap().contains("filter: ''"));
    let records = json!([{"messageId": "1", "eventSource": "aws:sqs", "body": "{}"}]);
    let refused: [Value; 5] = [
        json!({}),
        json!({"testAlert": true}),
        json!({"plan": {"recipients": 1}}),
        json!({ "Records": records }),
        json!({"describe": 1}),
    ];
    for event in refused {
        let outcome = function.send_event(event);
        assert!(outcome.is_error && outcome.payload["errorType"] == "InvalidRequest", "{outcome:?}");
    }
    assert_eq!(aws.operations(), ["BatchGetItem"]);
}

#[test]
fn what_a_check_refuses_is_named_by_a_function_for_the_page() {
    let aws = aws(|_| None);
    let outcome = function(&aws, &PAGE_ALONE).send_event(json!({}));
    assert!(outcome.message().contains("expected an event with widgetContext"), "{outcome:?}");
    assert!(outcome.message().contains("{\"describe\": true}"), "{outcome:?}");
}

#[test]
fn a_table_that_cannot_be_read_is_told_on_the_page() {
    let is_denied = Arc::new(AtomicBool::new(true));
    let denied = is_denied.clone();
    let aws = aws(move |call| {
        let is_read = call.operation == "BatchGetItem" && denied.load(Ordering::Relaxed);
        is_read.then(|| Answer::json_error(400, "AccessDeniedException", "<b>not</b> authorized"))
    });
    let function = function(&aws, &PAGE_ALONE);
    let look = || function.send_event(json!({"widgetContext": {}}));
    let page = look();
    assert!(html(&page).contains("The state table could not be read"));
    assert!(html(&page).contains("AccessDeniedException: &lt;b&gt;not&lt;/b&gt; authorized"));
    is_denied.store(false, Ordering::Relaxed);
    assert!(html(&look()).contains("Nothing is stored yet"));
    let log = function.log();
    let errors = log.iter().filter(|line| line["level"] == "ERROR").count();
    assert_eq!(errors, 1, "{}", lines(&log));
}
