//! The moves by which a game that nobody plays leaves the store and comes back, and by which its log goes.

use std::time::Duration;

use store::{Before, GameContents, GameWrite, IdleGame, TurnRange};

use super::TENANTS;
use super::play::{Difference, Play, same, text};
use crate::fair::owner_in;

impl Play {
    pub(super) async fn leave_and_return(&mut self, game: usize) -> Result<(), Difference> {
        let id = self.games[game];
        let idle = self.store.idle_games(Duration::ZERO, None, 10).await.map_err(text)?;
        for (number, id) in self.games.iter().enumerate() {
            let version = idle.iter().find(|found| found.id == *id).map(|found| found.version);
            same("the version of an idle game", version, Some(self.reference.games[number].version))?;
        }
        let found = *idle.iter().find(|found| found.id == id).ok_or("the game is not idle")?;
        let stale = IdleGame { version: found.version + 1, ..found };
        let is_busy = !self.reference.games[game].lane.is_empty();
        let refused = if is_busy { GameWrite::Busy } else { GameWrite::Changed };
        same("the answer to a stale search", self.store.delete_game(id, Some(&stale)).await.map_err(text)?, refused)?;
        // A search leaves paused games alone: their pause would not come back.
        if is_busy || self.reference.is_halted(game) {
            return Ok(());
        }
        // The log goes with it: what is new in it is read before.
        self.compare().await?;
        self.note(format_args!("game {game} leaves the store and comes back"));
        let kept = self.store.game(id).await.map_err(text)?.ok_or("the game is gone")?;
        let history = self.store.history(id, usize::MAX).await.map_err(text)?;
        let turns = self.store.turns(id, TurnRange::From(0), 1000).await.map_err(text)?.turns;
        let remembered = self.store.remembered(id, &[]).await.map_err(text)?;
        let before = Before { version: kept.version, offset: kept.cursor.offset, created_at: Some(kept.created_at) };
        same("that it leaves", self.store.delete_game(id, Some(&found)).await.map_err(text)?, GameWrite::Done)?;
        let owner = Some(owner_in(TENANTS[game]));
        let before = Some(before);
        let contents = GameContents { turns, owner, before, remembered, ..GameContents::new(kept.document, history) };
        self.store.create_game(id, &contents).await.map_err(text)?;
        self.reference.games[game].gone = self.reference.games[game].log.len();
        Ok(())
    }

    /// The time of a log is over: it goes, if its game rests.
    pub(super) async fn rest(&mut self, game: usize) -> Result<(), Difference> {
        // What is new in the log is read before it goes.
        self.compare().await?;
        let model = &mut self.reference.games[game];
        let rests = model.lane.is_empty() && model.log.len() > model.gone;
        if rests {
            model.gone = model.log.len();
        }
        self.note(format_args!("the time of the log of game {game} passes: {rests}"));
        same("whether a log goes", self.bench.end_rest(self.games[game]).await, rests)
    }
}
