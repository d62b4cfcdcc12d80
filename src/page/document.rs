//! The page as a whole: what is wrong with it, the counts, the filter, the table, and how to read it.

use super::age::{counted, minutes_in_words};
use super::html::Html;
use super::notice::{Notice, notices};
use super::row::Row;
use super::{Answer, Looker, table};
use crate::alert::Standing;
use crate::request::Theme;
use crate::snapshot::Snapshot;

/// How many targets are listed. A browser shows them at once, and nobody reads more.
const MOST_ROWS: usize = 500;

/// The page as HTML. Whatever the texts are, the elements are those of this program.
pub(super) fn html(answer: &Answer, looker: &Looker) -> String {
    let mut html = Html::default();
    // Its own style sheet holds whether the dashboard's default styles come with it or not; this class leaves them out.
    let class = match looker.view.theme {
        Theme::Light => "sqm sqm-light cwdb-no-default-styles",
        Theme::Dark => "sqm sqm-dark cwdb-no-default-styles",
    };
    html.element("div", &[("class", &class)], |html| {
        html.style(include_str!("style.css"));
        let notices = notices(answer, looker);
        for notice in &notices {
            self::notice(html, notice);
        }
        if let Ok(Some(snapshot)) = answer
            && !snapshot.targets.is_empty()
        {
            fleet(html, snapshot, looker, !notices.is_empty());
        }
    });
    html.into_string()
}

fn notice(html: &mut Html, Notice { title, lines, what_to_do }: &Notice) {
    html.element("div", &[("class", &"sqm-notice"), ("role", &"alert")], |html| {
        html.element("p", &[("class", &"sqm-notice-title")], |html| {
            html.text_element("span", &[("aria-hidden", &"true")], "\u{26a0} ");
            html.text(title);
        });
        for line in lines {
            html.text_element("p", &[], line);
        }
        html.text_element("p", &[], what_to_do);
    });
}

fn fleet(html: &mut Html, snapshot: &Snapshot, looker: &Looker, is_noticed: bool) {
    let mut rows: Vec<Row<'_>> = snapshot.targets.iter().map(Row::new).collect();
    let all = rows.len();
    html.element("div", &[("class", &"sqm-head")], |html| {
        html.element("div", &[], |html| {
            html.text_element("h2", &[], headline(&rows, is_noticed));
            counts(html, &rows);
        });
        filter(html, looker);
    });
    let words: Vec<String> = looker.view.filter.split_whitespace().map(str::to_lowercase).collect();
    rows.retain(|row| row.has_all(&words));
    rows.sort_by(Row::worse_first);
    if !words.is_empty() {
        let (filter, shown) = (&looker.view.filter, rows.len());
        html.text_element("p", &[("class", &"sqm-matches")], format_args!("{shown} of {all} targets match: {filter}"));
    }
    let (listed, others) = rows.split_at(rows.len().min(MOST_ROWS));
    if !listed.is_empty() {
        table::table(html, listed, looker);
    }
    if !others.is_empty() {
        html.element("p", &[("class", &"sqm-others")], |html| {
            html.text(format_args!("And {} that are no worse: ", counted(others.len(), "target")));
            html.text(format_args!("{}. Filter to see them.", counted_by_standing(others).join(", ")));
        });
    }
    html.text_element(
        "p",
        &[("class", &"sqm-foot")],
        format_args!(
            "Times are UTC. The light part of a bar is the expected peak of the next 24 hours. A Region links to the SES console of \
             the account that your browser is signed in to: sign in to the account of the row first. A check comes every {}.",
            minutes_in_words(looker.interval_minutes)
        ),
    );
}

/// What whoever looks has to know first.
fn headline(rows: &[Row<'_>], is_noticed: bool) -> String {
    let all = rows.len();
    match (rows.iter().filter(|row| row.standing > Standing::Ok).count(), is_noticed) {
        (0, false) if all == 1 => "The target is OK".to_owned(),
        (0, false) => format!("All {all} targets are OK"),
        // Not all is known, or not of now.
        (0, true) => format!("{} last found OK", counted(all, "target")),
        (1, _) => format!("1 of {} needs attention", counted(all, "target")),
        (bad, _) => format!("{bad} of {} need attention", counted(all, "target")),
    }
}

/// `2 EXHAUSTED`, the worst first.
fn counted_by_standing(rows: &[Row<'_>]) -> Vec<String> {
    let count = |standing| rows.iter().filter(|row| row.standing == standing).count();
    let counts = Standing::ALL.into_iter().rev().map(|standing| (standing, count(standing)));
    counts.filter(|(_, count)| *count > 0).map(|(standing, count)| format!("{count} {standing}")).collect()
}

fn counts(html: &mut Html, rows: &[Row<'_>]) {
    html.element("p", &[("class", &"sqm-counts")], |html| {
        for standing in Standing::ALL.into_iter().rev() {
            let count = rows.iter().filter(|row| row.standing == standing).count();
            if count > 0 {
                html.element("span", &[("class", &"sqm-count")], |html| {
                    table::badge(html, standing);
                    html.text_element("b", &[], count);
                });
            }
        }
    });
}

/// What is typed comes back in the event of the call, and of each refresh.
fn filter(html: &mut Html, looker: &Looker) {
    let filter = &looker.view.filter;
    let call = |html: &mut Html, class: &'static str, label: &'static str, parameters: &'static str| {
        let button: [(&'static str, &dyn std::fmt::Display); 3] =
            [("class", &class), ("role", &"button"), ("tabindex", &0)];
        html.text_element("a", &button, label);
        let call: [(&'static str, &dyn std::fmt::Display); 3] =
            [("action", &"call"), ("display", &"widget"), ("endpoint", &looker.function_arn)];
        html.text_element("cwdb-action", &call, parameters);
    };
    html.element("div", &[("class", &"sqm-filter")], |html| {
        html.element("form", &[], |html| {
            html.element("label", &[], |html| {
                html.text("Only those with ");
                let placeholder = "account, name, Region, level";
                html.open(
                    "input",
                    &[("type", &"text"), ("name", &"filter"), ("value", filter), ("placeholder", &placeholder)],
                );
            });
            // With a second field, the Enter key does not submit the form, which would load the console anew.
            html.open(
                "input",
                &[("type", &"text"), ("class", &"sqm-none"), ("tabindex", &-1), ("aria-hidden", &"true")],
            );
        });
        call(html, "btn btn-primary", "Filter", "{}");
        if !filter.is_empty() {
            call(html, "btn", "Show all", "{\"clear\": true}");
        }
    });
}
