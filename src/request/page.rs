//! A look at the fleet page: what CloudWatch sends for a custom widget.

use serde_json::Value;

use super::{InvalidRequest, flag};

/// What a custom widget asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRequest {
    /// Which parameters it takes.
    Describe,
    /// The page.
    Show(View),
}

/// How somebody looks at the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The theme of the dashboard.
    pub theme: Theme,
    /// What was typed to narrow the list: words, all of which a target has to have. Empty for all targets.
    pub filter: String,
}

/// The theme of a dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl View {
    /// What is longer has been pasted by mistake.
    const MOST_CHARACTERS: usize = 200;

    /// Reads what is there, and takes the default of what is not, or is of another type: whoever opens a dashboard is to see
    /// something.
    fn read(event: &Value) -> Self {
        let context = event.get("widgetContext");
        let text = |pointer| context.and_then(|context| context.pointer(pointer)).and_then(Value::as_str);
        let theme = if text("/theme") == Some("dark") { Theme::Dark } else { Theme::Light };
        // Typed, sent by an element of the page, or configured: the last is at the top level, too.
        let filter = match event.get("clear") {
            Some(Value::Bool(true)) => None,
            _ => text("/forms/all/filter")
                .or_else(|| event.get("filter").and_then(Value::as_str))
                .or_else(|| text("/params/filter")),
        };
        Self { theme, filter: filter.unwrap_or_default().trim().chars().take(Self::MOST_CHARACTERS).collect() }
    }
}

/// What a custom widget asks for; `None` for another event. No event with a `widgetContext` is another one, whatever that is: a
/// dashboard that is opened must not run a check.
///
/// Source: Amazon CloudWatch user guide, "Details about custom widgets in CloudWatch".
pub(super) fn page(event: &Value) -> Result<Option<PageRequest>, InvalidRequest> {
    match (event.get("describe"), event.get("widgetContext")) {
        (Some(Value::Bool(true)), _) => Ok(Some(PageRequest::Describe)),
        (_, Some(_)) => Ok(Some(PageRequest::Show(View::read(event)))),
        (_, None) => flag(event, "describe").map(|_| None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::hash_map;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    use super::super::Event;
    use super::*;

    fn view(event: &Value) -> View {
        match Event::read(event) {
            Ok(Event::Page(PageRequest::Show(view))) => view,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_widget_asks_for_its_page() {
        let event = json!({"widgetContext": {"theme": "dark", "forms": {"all": {"filter": " eu-west-1 payments "}}, "params": {}}});
        assert_eq!(view(&event), View { theme: Theme::Dark, filter: "eu-west-1 payments".to_owned() });
        let sample = serde_json::from_str(include_str!("../../events/widget.json")).unwrap();
        assert_eq!(view(&sample), View { theme: Theme::Light, filter: "payments".to_owned() });
        assert_eq!(Event::read(&json!({"describe": true})), Ok(Event::Page(PageRequest::Describe)));
    }

    #[test]
    fn what_was_typed_goes_before_what_is_configured() {
        let filter = |forms: Value, event: Value, params: Value| {
            let mut event = event;
            event["widgetContext"] = json!({"forms": {"all": forms}, "params": params});
            view(&event).filter
        };
        let [typed, sent, configured] = ["typed", "sent", "configured"].map(|filter| json!({ "filter": filter }));
        assert_eq!(filter(typed.clone(), sent.clone(), configured.clone()), "typed");
        assert_eq!(filter(json!({"filter": ""}), sent.clone(), configured.clone()), "");
        assert_eq!(filter(json!({}), sent, configured.clone()), "sent");
        assert_eq!(filter(json!({}), json!({}), configured.clone()), "configured");
        assert_eq!(filter(typed, json!({"clear": true}), configured), "");
    }

    #[test]
    fn describe_is_true_or_false() {
        assert_eq!(
            Event::read(&json!({"describe": "yes"})).unwrap_err().to_string(),
            "invalid event: describe=\"yes\": expected true or false"
        );
        assert!(matches!(Event::read(&json!({"describe": false})), Ok(Event::Check(_))));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,10}|dark".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            let name =
                select(vec!["theme", "forms", "all", "filter", "params", "clear", "other"]).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                hash_map(name, inner, 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_event_of_a_widget_is_a_check(
            context in any_json(),
            more in hash_map("dryRun|testAlert|plan|Records|describe|filter|clear".prop_map(String::from), any_json(), 0..4),
        ) {
            let mut event: Value = more.into_iter().collect();
            event["widgetContext"] = context;
            let read = Event::read(&event);
            prop_assert!(matches!(read, Ok(Event::Page(_))), "{read:?}");
        }

        #[test]
        fn no_event_that_asks_for_a_description_is_a_check(
            more in hash_map("dryRun|testAlert|plan|Records|widgetContext".prop_map(String::from), any_json(), 0..4),
        ) {
            let mut event: Value = more.into_iter().collect();
            event["describe"] = true.into();
            prop_assert_eq!(Event::read(&event), Ok(Event::Page(PageRequest::Describe)));
        }
    }
}
