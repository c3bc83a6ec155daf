//! `harness bench self`.

use std::path::PathBuf;

use clap::Args;
use harness_bench::own::{self, Options};
use harness_runner::services::Mode;

use super::{Common, measure};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct OwnArgs {
    /// How often services are started.
    #[arg(long, value_name = "N", default_value_t = 10)]
    starts: usize,
    /// How many cases are played that do nothing.
    #[arg(long, value_name = "N", default_value_t = 20)]
    cases: usize,
    /// How many messages a conversation has.
    #[arg(long, value_name = "N", default_value_t = 200)]
    steps: usize,
    /// How many case files are read.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    files: usize,
    /// The suite that is run in every mode.
    #[arg(long, value_name = "PATH", default_value = "cases/")]
    suite: PathBuf,
    /// Leave the suite out.
    #[arg(long)]
    no_suite: bool,
    #[command(flatten)]
    common: Common,
}

impl OwnArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.starts == 0 || self.cases == 0 || self.steps == 0 || self.files == 0 {
            return Err("--starts, --cases, --steps and --files are at least 1".to_owned());
        }
        if self.common.services.mode() == Some(Mode::External) {
            return Err("what the harness costs is measured on services that it has started itself".to_owned());
        }
        let suite = (!self.no_suite).then(|| self.suite.clone());
        Ok(Options { starts: self.starts, cases: self.cases, steps: self.steps, files: self.files, suite })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| own::run(&options, env).await).await)
    }
}
