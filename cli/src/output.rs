//! What people and programs see: tables and JSON on standard output, errors on standard error.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use ses_quota_monitor::alert::AlertLevel;

use crate::arguments::Color;
use crate::failed::Failed;

/// Colors are left out of what does not go to a terminal, unless they are asked for.
pub fn set_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// A table as wide as the terminal at most.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => table.force_no_tty(),
        _ => table.enforce_styling(),
    };
    table
}

/// Prints JSON, indented.
pub fn print_json(value: &impl Serialize) {
    anstream::println!("{}", serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string()));
}

/// Prints an error, and what to do.
pub fn print_error(Failed { wrong, to_do }: &Failed) {
    let red = AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{red}error:{red:#} {wrong}");
    if let Some(to_do) = to_do {
        anstream::eprintln!("\n{to_do}");
    }
}

/// How a level looks; its name always stands beside the color.
pub fn style(level: Option<AlertLevel>) -> Style {
    match level {
        None => AnsiColor::Magenta.on_default().bold(),
        Some(AlertLevel::Ok) => AnsiColor::Green.on_default(),
        Some(AlertLevel::Warning) => AnsiColor::Yellow.on_default().bold(),
        Some(AlertLevel::Critical | AlertLevel::Exhausted) => AnsiColor::Red.on_default().bold(),
    }
}
