//! `ses-quota watch`: the status again and again.

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep_until};

use crate::Exit;
use crate::failed::Failed;
use crate::output::{clear_screen, print_error, print_json_line};
use crate::session::Session;
use crate::status::Status;

/// Show the status again and again, until Ctrl-C
#[derive(Debug, Args)]
pub struct Watch {
    #[command(flatten)]
    status: Status,
    /// Seconds from one look to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    every: u64,
    /// End after this many looks
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    times: Option<u64>,
}

impl Watch {
    /// A look that fails is shown in the place of what would have been seen, and the next one follows.
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let is_redrawn = !is_json && std::io::stdout().is_terminal();
        let mut exit = Exit::Unknown;
        for look in 1.. {
            let next = Instant::now() + Duration::from_secs(self.every);
            let view = self.status.look.view(session).await;
            if is_redrawn {
                clear_screen();
            }
            exit = match &view {
                Ok(view) if is_json => {
                    print_json_line(&view.shown());
                    view.exit()
                }
                Ok(view) => {
                    anstream::println!("{}\n", view.text(self.status.all));
                    view.exit()
                }
                Err(failed) => {
                    print_error(failed);
                    Exit::Unknown
                }
            };
            if self.times.is_some_and(|times| look >= times) {
                break;
            }
            if is_redrawn {
                anstream::println!("Every {} s; Ctrl-C ends it.", self.every);
            }
            sleep_until(next).await;
        }
        Ok(exit)
    }
}
