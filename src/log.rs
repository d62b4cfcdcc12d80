//! Structured logs: one JSON object per line, as CloudWatch Logs Insights and Lambda's log level filter read them.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::time::Timestamp;

/// A field of this name holds JSON; its members become members of the line itself.
const JSON_FIELD: &str = "report";

/// The most verbose level of other crates. Below it, the SDK and its HTTP client log requests with their signing headers,
/// which contain the session token.
const OTHERS: LevelFilter = LevelFilter::INFO;

/// Logs to standard output, from the level in `AWS_LAMBDA_LOG_LEVEL` (which Lambda sets), else in `RUST_LOG` (a level, or
/// levels by module), else from INFO.
pub fn init(now: fn() -> Timestamp) {
    let setting = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"]
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|level| !level.trim().is_empty())?)));
    let wanted = setting.as_ref().map_or(Some(info()), |(_, level)| parse(level));
    let capped = Targets::new()
        .with_default(OTHERS)
        .with_target("ses_quota_monitor", LevelFilter::TRACE)
        // It repeats the error of every failed check, which is logged with the report.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let filter = wanted.clone().unwrap_or_else(info).and(capped);
    let lines = tracing_subscriber::fmt::layer().event_format(JsonLine { now });
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    if let (None, Some((name, level))) = (wanted, setting) {
        tracing::warn!("{name}={level:?}: expected TRACE, DEBUG, INFO, WARN, ERROR, FATAL or OFF; INFO is used");
    }
}

fn info() -> Targets {
    Targets::new().with_default(LevelFilter::INFO)
}

fn parse(level: &str) -> Option<Targets> {
    // Lambda has a level that `tracing` lacks.
    let name = if level.trim().eq_ignore_ascii_case("FATAL") { "ERROR" } else { level.trim() };
    name.parse().ok()
}

struct JsonLine {
    now: fn() -> Timestamp,
}

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let Fields(members) = &mut fields;
        // After the event's own fields: these must not hide what Lambda filters by.
        members.insert("timestamp".to_owned(), (self.now)().to_string().into());
        members.insert("level".to_owned(), lambda_level(*event.metadata().level()).into());
        members.insert("module".to_owned(), event.metadata().target().into());
        writeln!(line, "{}", Value::Object(fields.0))
    }
}

/// The names that Lambda filters by.
fn lambda_level(level: Level) -> &'static str {
    match level {
        Level::TRACE => "TRACE",
        Level::DEBUG => "DEBUG",
        Level::INFO => "INFO",
        Level::WARN => "WARN",
        Level::ERROR => "ERROR",
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match serde_json::from_str(value) {
            Ok(Value::Object(members)) if field.name() == JSON_FIELD => self.0.extend(members),
            _ => self.insert(field, value.into()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value.into());
    }
}
