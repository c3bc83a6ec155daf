//! The games that a command is about, with those that cannot be read.

use protocol::{GameList, GameSummary, UnreadableGame, path};

use super::source::{OperateError, Source};
use crate::errln;

/// How many games a page has.
const PAGE: usize = 200;

/// Games.
#[derive(Default)]
pub(super) struct Listing {
    /// Those that can be read, the latest changed first.
    pub(super) games: Vec<GameSummary>,
    pub(super) unreadable: Vec<UnreadableGame>,
}

impl Listing {
    /// Names the games that cannot be read, and fails if there are any.
    pub(super) fn name_unreadable(&self) -> Result<(), OperateError> {
        for game in &self.unreadable {
            errln!("{} cannot be read: {}", game.id, reason(game));
        }
        left_out(self.unreadable.len())
    }
}

/// Why a game cannot be read.
pub(super) fn reason(game: &UnreadableGame) -> &str {
    game.reason.as_deref().unwrap_or("the key of this command may not see why")
}

/// Fails if a command has left games out.
pub(super) fn left_out(count: usize) -> Result<(), OperateError> {
    if count == 0 { Ok(()) } else { Err(OperateError::UnreadableGames { count }) }
}

/// Every game that a query chooses.
pub(super) async fn games(source: &Source, of: &str) -> Result<Listing, OperateError> {
    let (mut all, mut after) = (Listing::default(), String::new());
    loop {
        let page: GameList = source.get(&format!("{}?limit={PAGE}{of}{after}", path::GAMES)).await?;
        all.games.extend(page.games);
        all.unreadable.extend(page.unreadable);
        let Some(next) = page.next else { return Ok(all) };
        after = format!("&after={next}");
    }
}
