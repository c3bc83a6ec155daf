//! Arguments that several commands share.

use std::path::PathBuf;

use clap::Args;
use harness_runner::services::Mode;

#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Case files, or directories with them.
    #[arg(default_value = "cases/")]
    pub(super) paths: Vec<PathBuf>,
    /// What they are for; the first `harness.toml` beside or above them when left out, and the story engine without one.
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

/// The mode that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Auto,
    Mode(Mode),
}

impl Wanted {
    /// The mode; `None` takes the first that works.
    pub(super) const fn mode(self) -> Option<Mode> {
        match self {
            Self::Auto => None,
            Self::Mode(mode) => Some(mode),
        }
    }
}

pub(super) fn wanted_mode(text: &str) -> Result<Wanted, String> {
    if text == "auto" {
        return Ok(Wanted::Auto);
    }
    <Mode as clap::ValueEnum>::from_str(text, false)
        .map(Wanted::Mode)
        .map_err(|_| "one of auto, local, docker, embedded, external".to_owned())
}
