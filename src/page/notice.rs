//! What is wrong with the page itself, and what to do about it.

use super::age::{Age, counted, minutes_in_words};
use super::{Answer, Looker};
use crate::snapshot::Snapshot;

/// How many of a kind are named.
const MOST_NAMED: usize = 5;

/// Something that whoever reads the page has to know first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// What is wrong.
    pub title: String,
    /// More of it, a line each.
    pub lines: Vec<String>,
    /// What to do.
    pub what_to_do: String,
}

/// All of them, the worst first.
pub(super) fn notices(answer: &Answer, looker: &Looker) -> Vec<Notice> {
    match answer {
        Err(failure) => vec![Notice {
            title: "The state table could not be read".to_owned(),
            lines: vec![format!("{}: {}", failure.code, failure.message)],
            what_to_do: failure.hint().map_or_else(
                || "Reload the page. If this stays, see the log of this function.".to_owned(),
                |hint| format!("What to do: {hint}."),
            ),
        }],
        Ok(None) => vec![Notice {
            title: "Nothing is stored yet".to_owned(),
            lines: vec!["No check has stored what it found, so nothing is known here of any account.".to_owned()],
            what_to_do: format!(
                "After an installation, wait for the next check: one comes every {}. If this stays, see whether the monitor's \
                 function has SNAPSHOT=true (parameter FleetPage or Snapshot) and the same table, and whether its log has an \
                 error of the step snapshot.",
                minutes_in_words(looker.interval_minutes)
            ),
        }],
        Ok(Some(snapshot)) => {
            [stale(snapshot, looker), gaps(snapshot), empty(snapshot)].into_iter().flatten().collect()
        }
    }
}

/// What has not been checked for as long as three checks take.
fn stale(snapshot: &Snapshot, looker: &Looker) -> Option<Notice> {
    let interval = minutes_in_words(looker.interval_minutes);
    let is_stale = |age: Age| age.is_stale(looker.interval_minutes);
    match Age::of(snapshot.checked_at()?, looker.now) {
        latest if is_stale(latest) => Some(Notice {
            title: match latest {
                Age::Minutes(minutes) => format!("Nothing has been checked for {}", minutes_in_words(minutes)),
                Age::Ahead => "The latest check says that it is in the future".to_owned(),
            },
            lines: vec!["What you see is what was found then.".to_owned()],
            what_to_do: format!(
                "A check should come every {interval}. See the alarms and the log of the monitor's function, and whether its \
                 schedule is enabled. Until then, look at the accounts yourself: nothing else watches them."
            ),
        }),
        _ => {
            let ages = snapshot.parts.iter().map(|part| (part, Age::of(part.checked_at, looker.now)));
            let lines = ages.filter(|(_, age)| is_stale(*age)).map(|(part, age)| {
                let (number, targets) = (part.number.saturating_add(1), counted(part.targets, "target"));
                format!("Part {number} of {}, with {targets}, was checked {}.", part.of, age.in_short())
            });
            let lines = at_most(lines.collect());
            (!lines.is_empty()).then(|| Notice {
                title: "Some accounts have not been checked lately".to_owned(),
                lines,
                what_to_do: format!(
                    "A check should come every {interval}. See the alarms about shards and the log of the monitor's function."
                ),
            })
        }
    }
}

/// What is not shown.
fn gaps(snapshot: &Snapshot) -> Option<Notice> {
    let lines: Vec<String> = snapshot.gaps.iter().map(|gap| format!("The stored {gap}.")).collect();
    (!lines.is_empty()).then(|| Notice {
        title: "Not everything is shown".to_owned(),
        lines: at_most(lines),
        what_to_do: "The next check stores it again. If this stays, see whether the log of the monitor's function has an error of \
                     the step snapshot, and whether this function and the monitor's are of the same version."
            .to_owned(),
    })
}

fn empty(snapshot: &Snapshot) -> Option<Notice> {
    (snapshot.targets.is_empty() && snapshot.gaps.is_empty()).then(|| Notice {
        title: "There is nothing to check".to_owned(),
        lines: vec!["The latest check had no targets.".to_owned()],
        what_to_do: "See the parameters Accounts, ExcludeAccounts and Regions.".to_owned(),
    })
}

fn at_most(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST_NAMED);
    lines.truncate(MOST_NAMED);
    lines.extend((more > 0).then(|| format!("And {more} more.")));
    lines
}
