//! Exit codes, which tell apart who must do something.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything held.
    Ok,
    /// An expectation did not hold: the engine, or the case, is wrong.
    Failed,
    /// The command line makes no sense. The same code as clap's.
    Usage,
    /// A file is not a case.
    CaseErrors,
    /// Services are not there.
    Services,
    /// Nothing is wrong but that snapshots wait to be reviewed.
    SnapshotsPending,
    /// Nothing is wrong but that a case passed only when it was tried again, and that was not to be.
    Flaky,
    /// Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::CaseErrors => 3,
            Self::Services => 4,
            Self::SnapshotsPending => 5,
            Self::Flaky => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
