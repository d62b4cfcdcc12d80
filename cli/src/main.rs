//! `ses-quota`, the command line of ses-quota-monitor.

use clap::Parser;

/// The command line of ses-quota-monitor.
#[derive(Debug, Parser)]
#[command(name = "ses-quota", version, arg_required_else_help = true)]
struct Arguments {}

fn main() {
    Arguments::parse();
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
