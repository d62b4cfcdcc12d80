//! The use of a quota as a chart for a terminal: the day before and the day after, time from left to right.

use std::fmt::Write;

use anstyle::AnsiColor;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::{Color, Style};
use ratatui_core::widgets::Widget as _;
use ratatui_widgets::canvas::{Canvas, Context, Line, Points};
use ses_quota_monitor::alert::Thresholds;
use ses_quota_monitor::forecast::UsedAt;
use ses_quota_monitor::time::Timestamp;

use super::symbols::Symbols;

const HOUR: i64 = 3_600;
/// Rows of the canvas. Some 5% each: levels that lie near each other have rows of their own.
const ROWS: u16 = 22;
/// Below this, times do not fit under each other.
const LEAST_COLUMNS: u16 = 30;
/// Columns from the middle of a time to that of the next.
const BETWEEN_TIMES: u16 = 9;

const KNOWN: Color = Color::Cyan;
const EXPECTED: Color = Color::Blue;
const BAND: Color = Color::Blue;

/// The use of a quota, in percent by hours from the present.
#[derive(Debug, Clone)]
pub struct Chart {
    now: Timestamp,
    known: Vec<(f64, f64)>,
    /// Goes on from the present.
    expected: Vec<(f64, f64)>,
    /// Hours, from how much, to how much.
    band: Vec<(f64, f64, f64)>,
    hours: [f64; 2],
    top: f64,
}

impl Chart {
    /// A chart of a quota of `max` recipients; `None` where there is too little to draw.
    pub fn new(course: &[UsedAt], max: f64, now: Timestamp) -> Option<Self> {
        #[allow(clippy::cast_precision_loss)] // A day.
        let hours = |at: Timestamp| (at.epoch_seconds() - now.epoch_seconds()) as f64 / 3_600.0;
        let percent = |recipients: f64| 100.0 * recipients / max;
        let point = |used: &UsedAt| (hours(used.at), percent(used.recipients));
        let known: Vec<_> = course.iter().filter(|used| used.band.is_none()).map(point).collect();
        let expected: Vec<_> = known
            .last()
            .copied()
            .into_iter()
            .chain(course.iter().filter(|used| used.band.is_some()).map(point))
            .collect();
        let band: Vec<_> = course
            .iter()
            .filter_map(|used| {
                let (low, high) = used.band?;
                Some((hours(used.at), percent(low), percent(high)))
            })
            .collect();
        let highest =
            known.iter().chain(&expected).map(|(_, percent)| *percent).chain(band.iter().map(|(_, _, high)| *high));
        // The line of 100% is not the edge.
        let top = highest.fold(100.0, f64::max) * 1.08;
        let hours = [hours(course.first()?.at), hours(course.last()?.at)];
        (hours[0] < hours[1] && top.is_finite()).then_some(Self { now, known, expected, band, hours, top })
    }

    /// The chart as text of this width, with colors; `None` where it is too narrow for one.
    pub fn draw(&self, width: usize, symbols: Symbols) -> Option<String> {
        let labels = self.levels();
        let margin = u16::try_from(labels.iter().map(|(label, ..)| label.len()).max()? + 2).ok()?;
        let width = u16::try_from(width).unwrap_or(u16::MAX).min(500);
        let columns = width.checked_sub(margin).filter(|columns| *columns >= LEAST_COLUMNS)?;
        // Above the canvas what is now, below it the times.
        let area = Rect::new(0, 0, width, ROWS + 2);
        let canvas = Rect::new(margin, 1, columns, ROWS);
        let mut buffer = Buffer::empty(area);
        self.paint(canvas, symbols, &mut buffer);
        self.label(canvas, symbols, &labels, &mut buffer);
        Some(text(&buffer) + &self.legend(symbols, width))
    }

    /// The levels that are drawn, the most important first: each with its name, its percentage and its color.
    fn levels(&self) -> Vec<(String, f64, Option<Color>)> {
        let thresholds = Thresholds::default();
        let drawn = [(100.0, Color::Red), (thresholds.critical(), Color::Red), (thresholds.warning(), Color::Yellow)];
        let drawn = drawn.map(|(percent, color)| (percent, Some(color)));
        // Round numbers between them, some five in all.
        let magnitude = 10.0_f64.powf((self.top / 5.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * magnitude)
            .into_iter()
            .find(|step| self.top / step <= 6.0)
            .unwrap_or(self.top);
        let round =
            (0..=6_u8).map(|number| (step * f64::from(number), None)).filter(|(percent, _)| *percent <= self.top);
        drawn.into_iter().chain(round).map(|(percent, color)| (format!("{percent:.0}%"), percent, color)).collect()
    }

    fn paint(&self, area: Rect, symbols: Symbols, buffer: &mut Buffer) {
        let [first, last] = self.hours;
        let paint = |context: &mut Context| {
            context.marker(symbols.band());
            context.draw(&Points { coords: &self.in_band(area), color: BAND });
            context.marker(symbols.level());
            for (_, percent, color) in self.levels() {
                let Some(color) = color else { continue };
                // Every other dot, which tells it from a course.
                let dots = 2.0 * f64::from(area.width) - 1.0;
                let at = |column| first + (last - first) * 2.0 * f64::from(column) / dots;
                let coords: Vec<_> = (0..area.width).map(|column| (at(column), percent)).collect();
                context.draw(&Points { coords: &coords, color });
                context.layer();
            }
            context.marker(symbols.now());
            context.draw(&Line { x1: 0.0, y1: 0.0, x2: 0.0, y2: self.top, color: Color::Reset });
            let (known, expected) = symbols.courses();
            for (marker, course, color) in [(expected, &self.expected, EXPECTED), (known, &self.known, KNOWN)] {
                context.marker(marker);
                for ends in course.windows(2) {
                    let [(x1, y1), (x2, y2)] = [ends[0], ends[1]];
                    context.draw(&Line { x1, y1, x2, y2, color });
                }
            }
        };
        Canvas::default().x_bounds(self.hours).y_bounds([0.0, self.top]).paint(paint).render(area, buffer);
    }

    /// Points for each cell of the band.
    fn in_band(&self, area: Rect) -> Vec<(f64, f64)> {
        let step = self.top / f64::from(area.height.max(2) - 1);
        let column = |(hours, low, high): &(f64, f64, f64)| {
            let (hours, low, high) = (*hours, *low, *high);
            let between =
                (0..area.height).map(move |row| low + step * f64::from(row)).take_while(move |percent| *percent < high);
            between.chain([high]).map(move |percent| (hours, percent))
        };
        self.band.iter().flat_map(column).collect()
    }

    /// Writes percentages, times, and what is now beside the canvas.
    fn label(&self, canvas: Rect, symbols: Symbols, levels: &[(String, f64, Option<Color>)], buffer: &mut Buffer) {
        for (label, percent, color) in levels {
            let row = canvas.y + cell((self.top - percent) / self.top, canvas.height, symbols.dots().1);
            // A more important one may be there already.
            let is_free = (0..canvas.x).all(|x| buffer[(x, row)].symbol() == " ");
            let style = color.map_or(Style::default(), |color| Style::default().fg(color));
            if is_free {
                let indent = usize::from(canvas.x) - 2 - label.len();
                buffer.set_string(u16::try_from(indent).unwrap_or_default(), row, label, style);
            }
        }
        let now = format!("now, {} UTC", self.now.clock(self.now));
        centered(buffer, canvas, 0, self.column(0.0, canvas, symbols), &now);
        let every = [3, 6, 12, 24].into_iter().find(|every| {
            let columns = f64::from(canvas.width) * f64::from(*every) / (self.hours[1] - self.hours[0]);
            columns >= f64::from(BETWEEN_TIMES)
        });
        let every = i64::from(every.unwrap_or(24)) * HOUR;
        let first = self.now.epoch_seconds() - 2 * 24 * HOUR;
        let mut time = first - first.rem_euclid(every);
        while time <= self.now.epoch_seconds() + 2 * 24 * HOUR {
            #[allow(clippy::cast_precision_loss)] // Two days.
            let hours = (time - self.now.epoch_seconds()) as f64 / 3_600.0;
            if (self.hours[0]..=self.hours[1]).contains(&hours) {
                let text = Timestamp::from_epoch_seconds(time).to_string();
                // The day where it begins: month and day.
                let label = if time.rem_euclid(24 * HOUR) == 0 { &text[5..10] } else { &text[11..16] };
                centered(buffer, canvas, canvas.bottom(), self.column(hours, canvas, symbols), label);
            }
            time += every;
        }
    }

    /// Where some hours from now are.
    fn column(&self, hours: f64, canvas: Rect, symbols: Symbols) -> u16 {
        let [first, last] = self.hours;
        canvas.x + cell((hours - first) / (last - first), canvas.width, symbols.dots().0)
    }

    /// What the symbols mean, in lines of this width.
    fn legend(&self, symbols: Symbols, width: u16) -> String {
        let sample = symbols.samples();
        let mut entries = vec![(sample.known, KNOWN, "used in 24 hours")];
        if !self.band.is_empty() {
            entries.extend([(sample.expected, EXPECTED, "expected"), (sample.band, BAND, "4 times in 5")]);
        }
        entries.push((sample.level, Color::Red, "80%, 95% and 100%"));
        let (mut legend, mut column) = (String::new(), 0);
        for (sample, color, meaning) in entries {
            let length = sample.chars().count() + meaning.len() + 3;
            if column > 0 && column + length > usize::from(width) {
                legend.push('\n');
                column = 0;
            }
            column += length;
            let _ = write!(legend, "  {} {meaning}", colored(sample, color));
        }
        legend + "\n"
    }
}

/// The cell that a share of the way from the first to the last lies in, as the canvas rounds it to so many dots a cell.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the cells.
fn cell(share: f64, cells: u16, dots: u16) -> u16 {
    let last = f64::from(cells) * f64::from(dots) - 1.0;
    ((share.clamp(0.0, 1.0) * last).round() as u16 / dots).min(cells.saturating_sub(1))
}

/// Writes a text around a column, within the canvas, if there is room for it.
fn centered(buffer: &mut Buffer, canvas: Rect, row: u16, column: u16, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let from = column.saturating_sub(length / 2).max(canvas.x).min(canvas.right().saturating_sub(length));
    let is_free = |x: u16| buffer.cell(Position::new(x, row)).is_some_and(|cell| cell.symbol() == " ");
    if (from.saturating_sub(1)..from + length).all(is_free) {
        buffer.set_string(from, row, text, Style::default());
    }
}

/// The text of a buffer, each run of a color in its color.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.content.chunks(buffer.area.width.into()) {
        let length = row.iter().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last + 1);
        for run in row[..length].chunk_by(|one, other| one.fg == other.fg) {
            let symbols: String = run.iter().map(Cell::symbol).collect();
            text.push_str(&colored(&symbols, run[0].fg));
        }
        text.push('\n');
    }
    text
}

fn colored(text: &str, color: Color) -> String {
    match AnsiColor::try_from(color) {
        Ok(color) => format!("{0}{text}{0:#}", color.on_default()),
        Err(_) => text.to_owned(),
    }
}
