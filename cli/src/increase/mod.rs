//! `ses-quota increase`: what send quota to ask AWS for, and why; and asking for it.

mod advice;
mod file;
mod found;
mod need;
mod shown;
#[cfg(test)]
mod tests;
mod text;

use clap::Args;

use crate::Exit;
use crate::arguments::whole_number;
use crate::confirm::confirm;
use crate::failed::Failed;
use crate::output::print_json;
use crate::session::Session;
use advice::Advice;
use file::file;
use found::Found;
use shown::shown;

/// Say what send quota to ask AWS for, and why; --submit asks for it
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Increase {
    /// Ask for this quota, in recipients in 24 hours, instead of what the rule says
    #[arg(long, value_name = "RECIPIENTS", value_parser = recipients)]
    to: Option<u64>,
    /// File the request with Service Quotas, after showing it and asking you
    #[arg(long)]
    submit: bool,
    /// Do not ask before filing it
    #[arg(long, requires = "submit")]
    yes: bool,
}

const AFTER_HELP: &str = "\
The rule: the highest of the last 24 hours, the busiest 24 hours of two weeks and the upper bound of the forecast; as much more \
as the last 7 days sent than the 7 before, up to twice; a quota of which this stays below 80%; the next round number.";

/// What Service Quotas takes.
///
/// Source: Service Quotas API reference, `RequestServiceQuotaIncrease`, `DesiredValue`.
const MOST: u64 = 10_000_000_000;

/// Reads a quota, for clap.
fn recipients(text: &str) -> Result<u64, String> {
    whole_number(&text.replace('_', ""), MOST)
        .ok_or_else(|| format!("expected a whole number from 1 to {MOST}, such as 100000"))
}

impl Increase {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let found = Found::read(session).await?;
        let advice = Advice::new(&found);
        #[allow(clippy::cast_precision_loss)] // Far below 2^53.
        let named = self.to.map(|to| to as f64);
        if !is_json {
            anstream::println!("{}", text::text(&found, &advice, named, self.submit));
        }
        let filed = if self.submit {
            let desired = advice.desired(&found, named)?;
            confirm(&text::request(&found, desired), "Type yes to file it: ", self.yes)?;
            Some(file(session, desired).await?)
        } else {
            None
        };
        match &filed {
            _ if is_json => print_json(&shown(&found, &advice, named, filed.as_ref())),
            Some(filed) => anstream::println!("{}", filed.text(&found.target)),
            None => {}
        }
        Ok(if matches!(advice, Advice::CannotTell(_)) && named.is_none() { Exit::Unknown } else { Exit::Ok })
    }
}
