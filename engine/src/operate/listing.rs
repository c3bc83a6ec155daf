//! The games that a command is about, also where some of them cannot be read.
//!
//! A page of games is read as a whole, so one game that cannot be read takes its page away. A command that works on the store itself then reads
//! the games one by one, from the list of idle games, which needs no document.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{GameId, GameList, GameSummary, path};

use super::source::{OperateError, Source};
use crate::api;
use crate::store::{Game, GamesCursor, Owner, SharedStore, StoreError, Subject};

/// How many games a page has.
const PAGE: usize = 200;

/// Games.
pub(super) struct Listing {
    /// Those that can be read, the latest changed first.
    pub(super) games: Vec<GameSummary>,
    pub(super) unreadable: Vec<UnreadableGame>,
}

/// A game that cannot be read.
pub(super) struct UnreadableGame {
    pub(super) id: GameId,
    /// Its owner, if it has one.
    pub(super) owner: Result<Option<Owner>, OwnerUnreadable>,
    pub(super) updated_at: Timestamp,
    pub(super) why: String,
}

/// Whose a game is cannot be read either.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnerUnreadable;

impl Listing {
    /// Names the games that cannot be read, and fails if there are any.
    pub(super) fn name_unreadable(&self) -> Result<(), OperateError> {
        for game in &self.unreadable {
            eprintln!("{} cannot be read: {}", game.id, game.why);
        }
        left_out(self.unreadable.len())
    }
}

/// Fails if a command has left games out.
pub(super) fn left_out(count: usize) -> Result<(), OperateError> {
    if count == 0 { Ok(()) } else { Err(OperateError::UnreadableGames { count }) }
}

/// Every game that a query chooses; `is_wanted` chooses the same by their owners.
pub(super) async fn games(
    source: &Source,
    of: &str,
    is_wanted: impl Fn(Option<&Owner>) -> bool,
) -> Result<Listing, OperateError> {
    match (pages(source, of).await, source.store()) {
        (Err(OperateError::Corrupt(_)), Some(store)) => {
            let (mut games, unreadable) = one_by_one(store, is_wanted, api::summary).await?;
            games.reverse();
            Ok(Listing { games, unreadable })
        }
        (listed, _) => Ok(Listing { games: listed?, unreadable: Vec::new() }),
    }
}

async fn pages(source: &Source, of: &str) -> Result<Vec<GameSummary>, OperateError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page: GameList = source.get(&format!("{}?limit={PAGE}{of}{after}", path::GAMES)).await?;
        all.extend(page.games);
        let Some(next) = page.next else { return Ok(all) };
        after = format!("&after={next}");
    }
}

/// Reads the games of a store one by one, those first that were changed longest ago. What `keep` makes of a game is kept of it.
pub(super) async fn one_by_one<T>(
    store: &SharedStore,
    is_wanted: impl Fn(Option<&Owner>) -> bool,
    keep: impl Fn(Game) -> T,
) -> Result<(Vec<T>, Vec<UnreadableGame>), StoreError> {
    let (mut games, mut unreadable, mut seen, mut after) = (Vec::new(), Vec::new(), HashSet::new(), None);
    loop {
        let page = store.idle_games(Duration::ZERO, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((games, unreadable)) };
        after = Some(GamesCursor { updated_at: last.updated_at, id: last.id });
        // One that is played meanwhile comes again.
        for found in page.into_iter().filter(|found| seen.insert(found.id)) {
            match store.game(found.id).await {
                Ok(Some(game)) if is_wanted(game.owner.as_ref()) => games.push(keep(game)),
                Ok(_) => {}
                Err(StoreError::Corrupt { what, reason }) => {
                    let owner = match store.access(Subject::Game(found.id), None).await {
                        Ok(access) => Ok(access.and_then(|access| access.owner)),
                        Err(StoreError::Corrupt { .. }) => Err(OwnerUnreadable),
                        Err(error) => return Err(error),
                    };
                    if owner.as_ref().is_ok_and(|owner| !is_wanted(owner.as_ref())) {
                        continue;
                    }
                    let why = format!("{what}: {reason}");
                    unreadable.push(UnreadableGame { id: found.id, owner, updated_at: found.updated_at, why });
                }
                Err(error) => return Err(error),
            }
        }
    }
}
