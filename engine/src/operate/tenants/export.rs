//! `engine tenants export`: a file for each game, as `engine games export` writes it, and a list of them.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use protocol::{GameExport, GameId, KeyInfo, ProblemType, Tenant, User, path};
use serde::Serialize;

use super::whose::Whose;
use super::{OperateError, Places};
use crate::operate::{game_file, listing};
use crate::retention::ArchiveError;
use crate::{errln, outln};

/// The name of the list.
const LIST: &str = "tenant.json";

/// What is in a directory.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    tenant: &'a Tenant,
    user: Option<&'a User>,
    exported_at: Timestamp,
    /// Whether every game is here.
    is_complete: bool,
    games: Vec<ListedGame>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Missing>,
    keys: Vec<KeyInfo>,
}

#[derive(Debug, Serialize)]
struct ListedGame {
    id: GameId,
    file: String,
    name: Option<String>,
    /// None where only the archive has the game, whose file names no list of users.
    user: Option<User>,
    archived: bool,
}

/// A game that is not among the files.
#[derive(Debug, Serialize)]
struct Missing {
    id: GameId,
    why: String,
}

/// Writes everything into a directory. The list comes last: a directory without it is not complete, nor is one whose list says so.
pub(super) async fn export(places: &Places, whose: &Whose, directory: &Path) -> Result<(), OperateError> {
    game_file::empty_directory(directory)?;
    let mut games = Vec::new();
    let write = |export: &GameExport, user: Option<User>, archived: bool| {
        let file = format!("{}.json", export.id);
        game_file::write(&directory.join(&file), export)?;
        Ok::<_, OperateError>(ListedGame { id: export.id, file, name: export.name.clone(), user, archived })
    };
    let mut known = BTreeSet::new();
    let listed = whose.games(places).await?;
    let missing = listed.unreadable.iter().map(|game| Missing { id: game.id, why: listing::reason(game).to_owned() });
    let mut unreadable: Vec<Missing> = missing.collect();
    known.extend(unreadable.iter().map(|game| game.id));
    for game in listed.games {
        match places.games.get::<GameExport>(&path::with_id(path::EXPORT, game.id)).await {
            Ok(export) => games.push(write(&export, game.user, false)?),
            // It was deleted, or archived, a moment ago.
            Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::UnknownGame) => continue,
            Err(OperateError::Corrupt(error)) => unreadable.push(Missing { id: game.id, why: error.to_string() }),
            // The engine that has the store keeps the reason for its log.
            Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::Internal) => {
                unreadable.push(Missing { id: game.id, why: problem.detail });
            }
            Err(error) => return Err(error),
        }
        known.insert(game.id);
    }
    if let Some(archive) = &places.archive {
        // One that is in both has been brought back, and its file is old.
        for id in whose.archived(places).await?.into_iter().filter(|id| !known.contains(id)) {
            match archive.export(id).await {
                Ok(Some(export)) => games.push(write(&export, whose.user.clone(), true)?),
                Ok(None) => {}
                Err(error @ ArchiveError::Unreadable(..)) => unreadable.push(Missing { id, why: error.to_string() }),
                Err(error) => return Err(error.into()),
            }
        }
    }
    let (count, keys) = (games.len(), whose.keys(places).await?);
    for Missing { id, why } in &unreadable {
        errln!("{id} cannot be read: {why}");
    }
    let missing = unreadable.len();
    let listed = Listed {
        tenant: &whose.tenant,
        user: whose.user.as_ref(),
        exported_at: Timestamp::now(),
        is_complete: missing == 0,
        games,
        unreadable,
        keys,
    };
    game_file::write(&directory.join(LIST), &listed)?;
    outln!("{count} games of {whose} are written to {}; {LIST} lists them", directory.display());
    listing::left_out(missing)
}
