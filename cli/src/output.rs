//! What people and programs see: tables and JSON on standard output, errors on standard error.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use ses_quota_monitor::alert::Standing;

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

/// A table, as wide as the terminal at most.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// A text in the color of a standing. The color is left out where it is printed without colors.
pub fn colored(standing: Standing, text: &str) -> String {
    let style = style(standing);
    format!("{style}{text}{style:#}")
}

/// How a standing looks; its name always stands beside the color.
fn style(standing: Standing) -> Style {
    match standing {
        Standing::Ok => AnsiColor::Green.on_default(),
        Standing::Warning => AnsiColor::Yellow.on_default().bold(),
        Standing::Critical | Standing::Exhausted => AnsiColor::Red.on_default().bold(),
        Standing::Unknown | Standing::Unread => AnsiColor::Magenta.on_default().bold(),
    }
}

/// A bar of ten cells for a percentage, full from 100.
pub fn bar(percent: f64) -> String {
    const CELLS: usize = 10;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 0 to 80.
    let eighths = (percent.clamp(0.0, 100.0) * 0.8).floor() as usize;
    let filled = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    format!("{filled}{}", "░".repeat(CELLS - filled.chars().count()))
}

/// Empties the terminal.
pub fn clear_screen() {
    anstream::print!("\x1b[2J\x1b[H");
}

/// Prints JSON on one line.
pub fn print_json_line(value: &impl Serialize) {
    anstream::println!("{}", serde_json::to_string(value).unwrap_or_else(|error| error.to_string()));
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
