//! `engine games`: list games, write one to a file, bring one in from a file, delete those that nobody plays any more.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use protocol::{GameExport, GameId, GameView, ImportGame, ImportIds, path};

use super::listing::{self, Listing};
use super::source::{OperateError, Source};
use super::{duration, game_file, print};
use crate::config::Config;
use crate::{out, outln};

/// What can be done with games.
#[derive(Debug, Clone, Subcommand)]
pub enum GameCommand {
    /// List games, the latest changed first
    List {
        /// Only those that have not changed for so long: `30d`, `12h`
        #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
        idle: Option<SignedDuration>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Write a game to a file, with history and turn records, to be imported anywhere
    Export {
        /// The game
        id: GameId,
        /// The file; `ID.json` when left out
        file: Option<PathBuf>,
    },
    /// Make an exported file a game again
    Import {
        /// The file
        file: PathBuf,
        /// Keep its id, which must be free; else it gets a new one
        #[arg(long)]
        keep_id: bool,
        /// Another provider to narrate it
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Delete games with their history and events. Games with unfinished requests stay
    Delete(Doomed),
}

/// Which games are deleted.
#[derive(Debug, Clone, Args)]
pub struct Doomed {
    /// The game
    #[arg(required_unless_present = "idle", conflicts_with = "idle")]
    id: Option<GameId>,
    /// All that have not changed for so long: `30d`, `12h`
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    idle: Option<SignedDuration>,
    /// Only say which
    #[arg(long)]
    dry_run: bool,
}

/// Lists, exports, imports or deletes games.
pub async fn games(config: &Config, command: GameCommand) -> Result<(), OperateError> {
    let source = Source::of_games(config).await?;
    match command {
        GameCommand::List { idle, json } => {
            let listed = list(&source, idle).await?;
            for game in &listed.games {
                out!("{}", if json { print::json(game) } else { print::game(game) });
            }
            listed.name_unreadable()
        }
        GameCommand::Export { id, file } => {
            let file = file.unwrap_or_else(|| PathBuf::from(format!("{id}.json")));
            let export: GameExport = source.get(&path::with_id(path::EXPORT, id)).await?;
            game_file::write(&file, &export)?;
            outln!("{id} is written to {}, with {} turns", file.display(), export.turns.len());
            Ok(())
        }
        GameCommand::Import { file, keep_id, provider } => {
            let game = game_file::read(&file)?;
            let ids = if keep_id { ImportIds::Keep } else { ImportIds::New };
            let view: GameView = source.send(path::IMPORT, &ImportGame { game, ids, provider }).await?;
            outln!("{} is the game {}", file.display(), view.id);
            Ok(())
        }
        GameCommand::Delete(doomed) => delete(&source, doomed).await,
    }
}

/// Every game, or those that have not changed for so long.
async fn list(source: &Source, idle: Option<SignedDuration>) -> Result<Listing, OperateError> {
    let now = Timestamp::now();
    let is_idle = |changed: Timestamp| idle.is_none_or(|idle| now.duration_since(changed) >= idle);
    let mut listed = listing::games(source, "").await?;
    listed.games.retain(|game| is_idle(game.updated_at));
    listed.unreadable.retain(|game| is_idle(game.updated_at));
    Ok(listed)
}

async fn delete(source: &Source, doomed: Doomed) -> Result<(), OperateError> {
    let (ids, unreadable) = if let Some(id) = doomed.id {
        (vec![id], Vec::new())
    } else {
        let listed = list(source, doomed.idle).await?;
        (listed.games.into_iter().map(|game| game.id).collect(), listed.unreadable)
    };
    // Nobody has seen what would be lost.
    for game in &unreadable {
        outln!("{} stays: it cannot be read: {}", game.id, listing::reason(game));
    }
    let (mut count, mut last_refusal) = (0, None);
    for id in ids {
        if doomed.dry_run {
            outln!("{id} would be deleted");
            continue;
        }
        match source.delete(&path::with_id(path::GAME, id)).await {
            // One that is played at this moment is not idle.
            Err(OperateError::Refused(problem)) if doomed.id.is_none() => {
                outln!("{id} stays: {}", problem.detail);
                last_refusal = Some(problem);
            }
            done => {
                done?;
                count += 1;
            }
        }
    }
    if !doomed.dry_run {
        outln!("{count} games are deleted");
    }
    listing::left_out(unreadable.len())?;
    last_refusal.map_or(Ok(()), |problem| Err(OperateError::Refused(problem)))
}
