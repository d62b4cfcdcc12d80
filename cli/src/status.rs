//! `ses-quota status`: how far the send quota is used up.

use std::collections::BTreeMap;

use clap::Args;
use ses_quota_monitor::aws::StateStore;
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::snapshot::Found;
use ses_quota_monitor::target::Target;

use crate::Exit;
use crate::arguments::Stack;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::monitor::{Scope, invocation, now};
use crate::output::{print_json, waiting};
use crate::session::Session;
use crate::view::View;

/// Show how far the send quota is used up, the worst first; needs no installation
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub look: Look,
    /// Show every target, however many there are
    #[arg(long)]
    pub all: bool,
}

/// Where to look.
#[derive(Debug, Args)]
pub struct Look {
    /// Read what the latest check of an installed monitor found, without asking SES; its stack is named
    /// ses-quota-monitor unless you say otherwise
    #[arg(
        long, value_name = "STACK", num_args = 0..=1, default_missing_value = Stack::DEFAULT,
        conflicts_with_all = ["regions", "accounts", "exclude_accounts", "reader_role", "external_id", "warning", "critical"],
    )]
    from: Option<String>,
    #[command(flatten)]
    scope: Scope,
}

impl Status {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let view = self.look.view(session).await?;
        if is_json {
            print_json(&view.shown());
        } else {
            anstream::println!("{}", view.text(self.all));
        }
        Ok(view.exit())
    }
}

impl Look {
    /// Looks now.
    ///
    /// # Errors
    /// [`Failed`] where an option is invalid, or the installation keeps nothing to look at.
    pub async fn view(&self, session: &Session) -> Result<View, Failed> {
        match &self.from {
            Some(stack) => stored(session, stack).await,
            None => live(session, &self.scope).await,
        }
    }
}

/// What SES says now.
async fn live(session: &Session, scope: &Scope) -> Result<View, Failed> {
    let invocation = invocation(session);
    let monitor = scope.monitor(session)?;
    let found = {
        let _waiting = waiting("Reading SES");
        monitor.look(&invocation).await
    };
    let checked_at = invocation.started_at;
    let targets = found.targets.into_iter().map(|target| Found { checked_at, target }).collect();
    Ok(View::new(targets, remarks(&found.failures), checked_at))
}

/// What the latest check of an installation found.
async fn stored(session: &Session, stack: &str) -> Result<View, Failed> {
    let installation = Installation::find(session, stack).await?;
    let table = installation.output("StateTableName")?;
    let store = StateStore::new(&session.config, table.to_owned());
    let snapshot = store.read_snapshot().await.map_err(Failed::new)?.ok_or_else(|| nothing_kept(&installation))?;
    let remarks = snapshot.gaps.iter().map(|gap| format!("Not complete: {gap}.")).collect();
    Ok(View::new(snapshot.targets, remarks, now()))
}

fn nothing_kept(installation: &Installation) -> Failed {
    let stack = &installation.stack;
    let failed = Failed::new(format_args!("stack {stack} has kept nothing of its checks"));
    match installation.parameter("Snapshot").or(installation.parameter("FleetPage")) {
        Some("true") => failed.advise("The first check has not ended yet, or checks fail: ses-quota doctor"),
        _ => failed.advise(
            "Deploy it with Snapshot=true, and each check keeps what it found. Until then, ask its function: ses-quota check \
             --dry-run, or SES itself: ses-quota status",
        ),
    }
}

/// What could not be read, each once, of which targets, and what to do.
fn remarks(failures: &[(Option<Target>, Failure)]) -> Vec<String> {
    let mut targets: BTreeMap<String, Vec<&Target>> = BTreeMap::new();
    for (target, failure) in failures {
        targets.entry(failure.to_string()).or_default().extend(target);
    }
    let remark = |(text, targets): (String, Vec<&Target>)| match &targets[..] {
        [] => text,
        [first, more @ ..] => {
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            format!("{}/{}{more}: {text}", first.account.id, first.region)
        }
    };
    targets.into_iter().map(remark).collect()
}
