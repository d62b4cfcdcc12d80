//! `ses-quota completions`: what a shell needs to complete commands and options.

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::arguments::Arguments;

/// Print the completions of commands and options for a shell
#[derive(Debug, Args)]
#[command(after_help = "For bash: ses-quota completions bash > ~/.local/share/bash-completion/completions/ses-quota")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(&self) {
        generate(self.shell, &mut Arguments::command(), "ses-quota", &mut io::stdout());
    }
}
