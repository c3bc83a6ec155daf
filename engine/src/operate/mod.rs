//! The commands of an operator: `engine queue`, `engine dead-letters`, `engine keys`, `engine fsck`, `engine models`, `engine prompt`.
//!
//! They speak the operators' part of the HTTP API, so that the command line and a dashboard see the same: over HTTP where
//! the store belongs to a running engine, and otherwise to the same handlers in this process, on the store itself. How it is
//! printed is in [`print`].

mod keys;
mod models;
mod print;
mod prompt;
mod source;

use clap::Subcommand;
use jiff::Timestamp;
use protocol::{DeadLetters, GameId, RequestId, path};

use self::source::Source;
use crate::config::Config;
use crate::serve::{self, ServeError};
use crate::store::embedded::OpenError;

pub use self::keys::{KeyCommand, NoRandomness, keys};
pub use self::models::{check_models, list_models};
pub use self::prompt::prompt;
pub use self::source::OperateError;

/// How many lanes are shown.
const LANES: usize = 50;

/// What can be done with dead letters.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum DeadLetterCommand {
    /// List them, the latest first
    List,
    /// Show one with its attempts
    Show {
        /// The request
        id: RequestId,
    },
    /// Queue its request again, behind what waits in its game by now
    Retry {
        /// The request
        #[arg(required_unless_present = "all")]
        id: Option<RequestId>,
        /// Queue all of them again, those first that failed first
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Forget it
    Delete {
        /// The request
        id: RequestId,
    },
}

/// Prints the queue, or one game's lane.
pub async fn queue(config: &Config, game: Option<GameId>) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    if let Some(game) = game {
        let lane = source.get(&path::with_id(path::LANE, game)).await?;
        let events = source.get(&path::with_id(path::STORY_EVENTS, game)).await?;
        print!("{}", print::lane(&lane, &events, Timestamp::now()));
    } else {
        let queue = source.get(path::QUEUE).await?;
        let lanes = source.get(&format!("{}?limit={LANES}", path::LANES)).await?;
        print!("{}", print::queue(&queue, &lanes, Timestamp::now()));
    }
    Ok(())
}

/// Lists, shows, retries or deletes dead letters.
pub async fn dead_letters(config: &Config, command: DeadLetterCommand) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    match command {
        DeadLetterCommand::List => {
            let mut after = None;
            loop {
                let page = page(&source, after.as_deref()).await?;
                print!("{}", print::dead_letters(&page.dead_letters));
                after = page.next;
                if after.is_none() {
                    return Ok(());
                }
            }
        }
        DeadLetterCommand::Show { id } => {
            print!("{}", print::dead_letter(&source.get(&path::with_id(path::DEAD_LETTER, id)).await?));
        }
        DeadLetterCommand::Retry { id: Some(id), .. } => retry(&source, id).await?,
        DeadLetterCommand::Retry { id: None, .. } => retry_all(&source).await?,
        DeadLetterCommand::Delete { id } => {
            source.delete(&path::with_id(path::DEAD_LETTER, id)).await?;
            println!("{id} is forgotten");
        }
    }
    Ok(())
}

async fn page(source: &Source, after: Option<&str>) -> Result<DeadLetters, OperateError> {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    source.get(&format!("{}?limit=200{after}", path::DEAD_LETTERS)).await
}

async fn retry(source: &Source, id: RequestId) -> Result<(), OperateError> {
    let accepted: protocol::ChatAccepted = source.post(&path::with_id(path::RETRY_DEAD_LETTER, id)).await?;
    println!("{id} is {} again, behind {} others of its game", accepted.status, accepted.position);
    Ok(())
}

async fn retry_all(source: &Source) -> Result<(), OperateError> {
    // All are read first: those that fail again meanwhile are not tried a third time.
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = page(source, after.as_deref()).await?;
        ids.extend(page.dead_letters.iter().map(|dead| dead.request_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut last_refusal = None;
    for id in ids.into_iter().rev() {
        match retry(source, id).await {
            // The others can be tried all the same.
            Err(OperateError::Refused(problem)) => {
                println!("{id} is not queued: {}", problem.detail);
                last_refusal = Some(problem);
            }
            done => done?,
        }
    }
    last_refusal.map_or(Ok(()), |problem| Err(OperateError::Refused(problem)))
}

/// Looks for contradictions in the store, and repairs them if asked to. Returns whether the store is consistent now.
pub async fn fsck(config: &Config, repair: bool) -> Result<bool, OperateError> {
    let store = match serve::open_existing(config).await {
        Err(ServeError::Embedded(OpenError::InUse { .. })) => return Err(OperateError::MustStop),
        store => store?,
    };
    let inspection = store.inspect(repair).await?;
    print!("{}", print::inspection(&inspection, repair));
    Ok(inspection.inconsistencies.is_empty() || repair)
}
