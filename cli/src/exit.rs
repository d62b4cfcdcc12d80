//! How a command ends.

use std::process::ExitCode;

use ses_quota_monitor::alert::Standing;

/// How a command ends, as monitoring plug-ins do.
///
/// Source: Monitoring Plugins, "Development Guidelines", "Plugin Return Codes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// Something needs attention.
    Warning = 1,
    /// Something is wrong, or is about to be.
    Critical = 2,
    /// Nothing can be said, for want of knowledge, or because the command failed.
    Unknown = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

/// How a command ends that found a target so.
impl From<Standing> for Exit {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Ok => Self::Ok,
            Standing::Warning => Self::Warning,
            Standing::Critical | Standing::Exhausted => Self::Critical,
            Standing::Unknown | Standing::Unread => Self::Unknown,
        }
    }
}

impl Exit {
    /// How a command ends that found all of these: an unknown hides nothing that is CRITICAL, and is worse than WARNING. Where there
    /// is nothing, nothing is known.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| match exit {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Critical => 3,
        };
        exits.into_iter().max_by_key(rank).unwrap_or(Self::Unknown)
    }
}
