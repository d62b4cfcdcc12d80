//! The table of targets.

use std::fmt::Display;

use super::Looker;
use super::age::Age;
use super::html::Html;
use super::row::Row;
use crate::alert::{AlertLevel, Standing};
use crate::message::console::account_dashboard;
use crate::reading::Utilization;
use crate::target::{Account, Target};

const HEADERS: [&str; 7] = ["Level", "Account", "Region", "Used in 24 hours", "Forecast", "Status", "Checked"];

pub(super) fn table(html: &mut Html, rows: &[Row<'_>], looker: &Looker) {
    html.element("table", &[], |html| {
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                for header in HEADERS {
                    html.text_element("th", &[("scope", &"col")], header);
                }
            });
        });
        html.element("tbody", &[], |html| {
            for row in rows {
                html.element("tr", &[("class", &class(row.standing))], |html| cells(html, row, looker));
            }
        });
    });
}

/// The level in words and in a shape, so that nobody depends on its colour.
pub(super) fn badge(html: &mut Html, standing: Standing) {
    let sign = match standing {
        Standing::Exhausted => "\u{2716}",
        Standing::Critical => "\u{25b2}",
        Standing::Unread | Standing::Unknown => "?",
        Standing::Warning => "!",
        Standing::Ok => "\u{2713}",
    };
    html.element("span", &[("class", &format_args!("sqm-badge {}", class(standing)))], |html| {
        html.text_element("span", &[("aria-hidden", &"true")], format_args!("{sign} "));
        html.text(standing);
    });
}

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Ok => "sqm-ok",
        Standing::Unknown => "sqm-unknown",
        Standing::Warning => "sqm-warning",
        Standing::Critical => "sqm-critical",
        Standing::Unread => "sqm-unread",
        Standing::Exhausted => "sqm-exhausted",
    }
}

fn cells(html: &mut Html, row: &Row<'_>, looker: &Looker) {
    let target = row.target();
    html.element("td", &[], |html| badge(html, row.standing));
    html.element("td", &[], |html| {
        if let Some(name) = &target.account_name {
            html.text_element("div", &[("class", &"sqm-name")], name);
        }
        html.text_element("div", &[("class", &"sqm-id")], &target.account);
    });
    html.element("td", &[("class", &"sqm-region")], |html| region(html, row, looker));
    html.element("td", &[("class", &"sqm-used")], |html| used(html, row));
    html.element("td", &[("class", &"sqm-forecast")], |html| match row.forecast(looker.now) {
        Some(forecast) => html.text(forecast),
        None => html.text_element("span", &[("class", &"sqm-none-known")], "\u{2013}"),
    });
    let class = if row.has_news { "sqm-status sqm-news" } else { "sqm-status" };
    html.element("td", &[("class", &class)], |html| {
        for line in &row.status {
            html.text_element("div", &[], line);
        }
    });
    let checked_at = row.found.checked_at;
    let age = Age::of(checked_at, looker.now);
    let class = if age.is_stale(looker.interval_minutes) { "sqm-age sqm-stale" } else { "sqm-age" };
    html.text_element("td", &[("class", &class), ("title", &checked_at.for_people())], age.in_short());
}

/// The Region, which links to its console, where that is known.
fn region(html: &mut Html, row: &Row<'_>, looker: &Looker) {
    let target = row.target();
    if looker.partition.console_domain().is_none() {
        return html.text(&target.region);
    }
    let account = Account { partition: looker.partition.clone(), id: target.account.clone() };
    let url = account_dashboard(&Target { account, region: target.region.clone() });
    let title = format!("The SES console of {}: sign in to account {} first", target.region, target.account);
    let link: [(&'static str, &dyn Display); 4] =
        [("href", &url), ("target", &"_blank"), ("rel", &"noopener noreferrer"), ("title", &title)];
    html.text_element("a", &link, &target.region);
}

/// A bar, the percentage and the numbers. The bar says nothing more, and is not read out.
fn used(html: &mut Html, row: &Row<'_>) {
    if let Some(used) = row.utilization() {
        let level = match row.quota_level() {
            Some(AlertLevel::Exhausted) => "sqm-exhausted",
            Some(AlertLevel::Critical) => "sqm-critical",
            Some(AlertLevel::Warning) => "sqm-warning",
            Some(AlertLevel::Ok) | None => "sqm-ok",
        };
        let width = |percent: f64| format!("width:{:.1}%", percent.clamp(0.0, 100.0));
        html.element("div", &[("class", &"sqm-bar"), ("aria-hidden", &"true")], |html| {
            if let Some(peak) = row.outlook().as_ref().and_then(|outlook| outlook.peak()) {
                let class = format!("sqm-peak {level}");
                html.text_element("div", &[("class", &class), ("style", &width(peak.percent))], "");
            }
            let class = format!("sqm-fill {level}");
            html.text_element("div", &[("class", &class), ("style", &width(used.percent()))], "");
        });
    }
    html.element("div", &[("class", &"sqm-numbers")], |html| {
        if let Some(percent) = row.utilization().map(Utilization::for_people) {
            html.text_element("b", &[], percent);
            html.text(" ");
        }
        html.text_element("span", &[], row.used());
    });
}
