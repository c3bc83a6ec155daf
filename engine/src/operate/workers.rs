//! `engine workers`: which live, what they hold, and which of them take no new work.

use clap::Subcommand;
use jiff::Timestamp;
use protocol::{PauseScope, Workers, path};

use super::source::{OperateError, Source};
use super::{pause, print, show};
use crate::config::Config;

/// What can be done with workers.
#[derive(Debug, Clone, Subcommand)]
pub enum WorkerCommand {
    /// A worker takes no new work and finishes what runs; it can be stopped then
    Drain {
        /// Its name, as the list shows it
        name: String,
        /// The answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// It takes work again
    Resume {
        /// Its name
        name: String,
        /// The answer as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Lists workers, or drains one.
pub async fn workers(
    config: &Config,
    command: Option<WorkerCommand>,
    json: bool,
    watch: bool,
) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    match command {
        Some(WorkerCommand::Drain { name, json }) => {
            return pause::pause(&source, &PauseScope::Worker { worker: name }, json).await;
        }
        Some(WorkerCommand::Resume { name, json }) => {
            return pause::resume(&source, &PauseScope::Worker { worker: name }, json).await;
        }
        None => {}
    }
    show(watch, json, async || {
        let workers: Workers = source.get(path::WORKERS).await?;
        Ok(if json { print::json(&workers) } else { print::workers(&workers, Timestamp::now()) })
    })
    .await
}
