//! What a forecast may say.

use serde_json::Value;

/// Asserts that a forecast says what its verdict promises, and nothing that contradicts itself.
pub fn assert_sound(forecast: &Value) {
    let has = |name: &str| forecast.get(name).is_some();
    let number = |name: &str| forecast[name].as_f64();
    let promised: &[&str] = match forecast["verdict"].as_str().expect("a verdict") {
        "breach" => &["breachAt", "breachEarliest", "breachLatest", "peakPercent", "probability"],
        "mayBreach" => &["breachEarliest", "breachLatest", "peakPercent", "probability"],
        "noBreach" => &["peakPercent", "probability"],
        "full" => &[],
        "cannotTell" => &["reason"],
        other => panic!("{other}"),
    };
    assert!(promised.iter().all(|name| has(name)), "{forecast}");
    for name in ["peakLowPercent", "peakHighPercent", "peakAt"] {
        assert_eq!(has(name), has("peakPercent"), "{forecast}");
    }
    let peak = [number("peakLowPercent"), number("peakPercent"), number("peakHighPercent")];
    assert!(peak.is_sorted() && peak[0] >= has("peakPercent").then_some(0.0), "{forecast}");
    assert!(number("probability").is_none_or(|probability| (0.0..=1.0).contains(&probability)), "{forecast}");
    // In RFC 3339 and the same time zone, text sorts as time does.
    let window = ["breachEarliest", "breachAt", "breachLatest"].map(|name| forecast[name].as_str());
    assert!(window.iter().flatten().is_sorted(), "{forecast}");
}
