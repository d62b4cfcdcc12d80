//! What people and programs see: tables and JSON on standard output, errors on standard error.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::ProgressBar;
use serde::Serialize;
use ses_quota_monitor::alert::Standing;

use crate::Exit;
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
    let style = style(standing.into());
    format!("{style}{text}{style:#}")
}

/// How something looks that is so well; a word always stands beside the color.
pub fn style(exit: Exit) -> Style {
    match exit {
        Exit::Ok => AnsiColor::Green.on_default(),
        Exit::Warning => AnsiColor::Yellow.on_default().bold(),
        Exit::Critical => AnsiColor::Red.on_default().bold(),
        Exit::Unknown => AnsiColor::Magenta.on_default().bold(),
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

/// Shows what is waited for, on a terminal, until it is dropped.
pub fn waiting(what: &'static str) -> Waiting {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    Waiting(spinner)
}

/// What is waited for.
pub struct Waiting(ProgressBar);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Empties the terminal.
pub fn clear_screen() {
    anstream::print!("\x1b[2J\x1b[H");
}

/// Prints JSON on one line.
pub fn print_json_line(value: &impl Serialize) {
    anstream::println!("{}", serde_json::to_string(value).unwrap_or_else(|error| error.to_string()));
}

/// The width of the terminal, or 80 where there is none; wide lines are hard to read.
pub fn width() -> usize {
    const MOST: usize = 120;
    textwrap::termwidth().min(MOST)
}

/// Text in lines of at most this width, in this style.
pub fn styled(style: Style, text: &str, width: usize) -> String {
    textwrap::wrap(text, width).iter().fold(String::new(), |lines, line| format!("{lines}{style}{line}{style:#}\n"))
}

/// What is known, one line each: a name and a value.
pub fn facts(rows: &[(&str, String)], width: usize) -> String {
    let longest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let indent = " ".repeat(longest + 5);
    rows.iter().fold(String::new(), |lines, (name, value)| {
        let name = format!("  {:<1$} ", format!("{name}:"), longest + 2);
        let options = textwrap::Options::new(width).initial_indent(&name).subsequent_indent(&indent);
        lines + &textwrap::fill(value, options) + "\n"
    })
}

/// What to do, numbered where there are several steps; nothing where there is none.
pub fn steps(steps: &[String], width: usize) -> String {
    if steps.is_empty() {
        return String::new();
    }
    (1..).zip(steps).fold("WHAT TO DO\n".to_owned(), |lines, (number, step)| {
        let number = if steps.len() > 1 { format!("{number}. ") } else { String::new() };
        let options = textwrap::Options::new(width).initial_indent(&number).subsequent_indent(if number.is_empty() {
            ""
        } else {
            "   "
        });
        lines + &textwrap::fill(step, options) + "\n"
    })
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
