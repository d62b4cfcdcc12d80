//! The commands and their options.

use clap::{Args, Parser, Subcommand, ValueEnum};
use ses_quota_monitor::target::Region;

use crate::check::Check;
use crate::completions::Completions;
use crate::doctor::Doctor;
use crate::forecast::Forecast;
use crate::increase::Increase;
use crate::plan::Plan;
use crate::status::Status;
use crate::test_alert::TestAlert;
use crate::watch::Watch;

/// See how far the Amazon SES send quota is used up, and whether its monitor is sound.
#[derive(Debug, Parser)]
#[command(name = "ses-quota", version, arg_required_else_help = true, after_help = EXIT_STATUS, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub shared: Shared,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 OK, 1 WARNING, 2 CRITICAL or worse, 3 UNKNOWN or failed, as monitoring plug-ins have it.
Credentials: as for the AWS CLI (AWS_PROFILE, aws configure, aws sso login).";

/// What every command takes.
#[derive(Debug, Args)]
pub struct Shared {
    /// Profile of the AWS configuration to use [default: AWS_PROFILE, or "default"]
    #[arg(long, global = true, value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// Region to look at, and where the monitor is installed [default: AWS_REGION, or that of the profile]
    #[arg(long, global = true, value_name = "REGION", value_parser = region, help_heading = "AWS")]
    pub region: Option<Region>,
    /// How to show what was found
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub output: Format,
    /// Whether to use colors
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
}

/// How to show what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs, with the names of the alert document
    Json,
}

/// Whether to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Status(Status),
    Watch(Watch),
    Forecast(Forecast),
    Plan(Plan),
    Increase(Increase),
    Doctor(Doctor),
    Check(Check),
    TestAlert(TestAlert),
    Completions(Completions),
}

/// The stack of an installed monitor.
#[derive(Debug, Args)]
pub struct Stack {
    /// Name of the CloudFormation stack of the monitor
    #[arg(long = "stack", value_name = "NAME", default_value = Stack::DEFAULT)]
    pub name: String,
}

impl Stack {
    /// The name that `make deploy` and the documentation use.
    pub const DEFAULT: &str = "ses-quota-monitor";
}

/// Reads a Region, for clap.
pub fn region(text: &str) -> Result<Region, String> {
    let region: Result<Region, _> = text.parse();
    region.map_err(|_| "expected an AWS Region such as eu-west-1".to_owned())
}

/// Reads a whole number from 1 to `most`: `30000`, or `30,000`. A comma in another place may be a decimal one.
pub fn whole_number(text: &str, most: u64) -> Option<u64> {
    let groups: Vec<&str> = text.split(',').collect();
    let is_grouped = match &groups[..] {
        [_] => true,
        [first, rest @ ..] => (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3),
        [] => false,
    };
    let digits = groups.concat();
    let is_number = is_grouped && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && (1..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_defined() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_version_is_that_of_the_monitor() {
        let version = Arguments::command().render_version();
        assert!(
            include_str!("../../CHANGELOG.md")
                .contains(&format!("## [{}]", version.trim().rsplit(' ').next().unwrap()))
        );
    }
}
