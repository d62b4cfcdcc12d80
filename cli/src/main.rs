//! `ses-quota`, the command line of ses-quota-monitor: looks at SES, and at an installation of the monitor, with the
//! credentials of the person who runs it.
//!
//! - [`arguments`]: the commands and their options
//! - [`session`]: whose credentials, which account and Region
//! - [`monitor`]: the monitor itself, run on this machine
//! - [`one_target`]: one account in one Region
//! - [`installation`]: the stack of an installed monitor, and its function
//! - [`confirm`]: asks before something is done
//! - [`report`]: what a check of it says
//! - [`subscribers`]: who is told about alerts
//! - [`fact`]: what AWS answers about one thing
//! - [`exit`]: how a command ends
//! - [`failed`]: an error, and what to do about it
//! - [`output`]: tables, JSON, colors
//! - [`view`]: what is shown of targets
//!
//! Each command is the module of its name. What a quota means, the library says: it is the same as in the function.

// The comments on arguments are help texts, in which `code` would not be rendered.
#![allow(clippy::doc_markdown)]

mod arguments;
mod check;
mod completions;
mod confirm;
mod doctor;
mod exit;
mod fact;
mod failed;
mod forecast;
mod increase;
mod installation;
mod invoke;
mod monitor;
mod one_target;
mod output;
mod plan;
mod report;
mod session;
mod status;
mod subscribers;
mod test_alert;
mod view;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, Format};
use exit::Exit;
use failed::Failed;
use session::Session;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            // Not clap's own 2, which says CRITICAL here.
            return if error.use_stderr() { Exit::Unknown } else { Exit::Ok }.into();
        }
    };
    output::set_color(arguments.shared.color);
    match run(&arguments).await {
        Ok(exit) => exit.into(),
        Err(failed) => {
            output::print_error(&failed);
            Exit::Unknown.into()
        }
    }
}

async fn run(Arguments { shared, command }: &Arguments) -> Result<Exit, Failed> {
    if let Command::Completions(completions) = command {
        completions.run();
        return Ok(Exit::Ok);
    }
    let session = Session::open(shared).await?;
    let is_json = shared.output == Format::Json;
    match command {
        Command::Status(status) => status.run(&session, is_json).await,
        Command::Watch(watch) => watch.run(&session, is_json).await,
        Command::Forecast(forecast) => forecast.run(&session, is_json).await,
        Command::Plan(plan) => plan.run(&session, is_json).await,
        Command::Increase(increase) => increase.run(&session, is_json).await,
        Command::Doctor(doctor) => doctor.run(&session, is_json).await,
        Command::Check(check) => check.run(&session, is_json).await,
        Command::TestAlert(test_alert) => test_alert.run(&session, is_json).await,
        Command::Completions(_) => unreachable!("has run already"),
    }
}
