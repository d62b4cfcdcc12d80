//! What CloudWatch accepts.
//!
//! Sources: Amazon CloudWatch API reference, `PutMetricData`, `MetricDatum` and `Dimension`; user guide, "Metrics concepts",
//! "Namespaces".

use serde_json::Value;

use fake_aws::Call;

const MOST_BYTES: usize = 1_000_000;
const MOST_DATA: usize = 1_000;
const MOST_DIMENSIONS: usize = 30;
/// What is measured of all targets together, without dimensions.
const OF_ALL: [&str; 9] = [
    "TargetsChecked",
    "TargetsUnread",
    "TargetsWarning",
    "TargetsCritical",
    "TargetsExhausted",
    "HighestUtilization",
    "HighestAlertLevel",
    "ShardsFailed",
    "Subscribers",
];
const UNITS: [&str; 4] = ["Count", "Count/Second", "Percent", "None"];

/// Asserts that a `PutMetricData` is accepted.
pub fn assert_taken(call: &Call) {
    assert!(call.body.len() <= MOST_BYTES, "{} bytes", call.body.len());
    let body = call.cbor();
    assert_namespace(text(&body["Namespace"]));
    let data = body["MetricData"].as_array().expect("a list");
    assert!((1..=MOST_DATA).contains(&data.len()), "{} data", data.len());
    data.iter().for_each(assert_datum);
}

fn assert_namespace(namespace: &str) {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte);
    assert!((1..=255).contains(&namespace.len()), "{namespace:?}");
    assert!(namespace.bytes().all(is_valid) && !namespace.trim().is_empty(), "{namespace:?}");
    assert!(!namespace.starts_with(':') && !namespace.starts_with("AWS/"), "{namespace:?}");
}

fn assert_datum(datum: &Value) {
    assert_name(text(&datum["MetricName"]), 255);
    assert!(UNITS.contains(&text(&datum["Unit"])), "{datum}");
    // NaN and infinities are null here.
    let value = datum["Value"].as_f64().expect("a finite value");
    assert!(value.abs() <= 2_f64.powi(360), "{datum}");
    assert!(text(&datum["Timestamp"]).ends_with('Z'), "{datum}");
    let dimensions = datum["Dimensions"].as_array().map_or(&[][..], Vec::as_slice);
    let is_of_all = OF_ALL.contains(&text(&datum["MetricName"]));
    assert_eq!(dimensions.is_empty(), is_of_all, "{datum}");
    assert!(dimensions.len() <= MOST_DIMENSIONS, "{datum}");
    for dimension in dimensions {
        assert_name(text(&dimension["Name"]), 255);
        assert_name(text(&dimension["Value"]), 1_024);
    }
}

/// The name of a metric, or the name or value of a dimension.
fn assert_name(name: &str, most: usize) {
    assert!((1..=most).contains(&name.len()), "{name:?}");
    assert!(name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{name:?}");
    assert!(!name.starts_with(':') && !name.trim().is_empty(), "{name:?}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
