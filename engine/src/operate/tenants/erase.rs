//! `engine tenants erase`: nothing stays of a tenant or of one of its users.
//!
//! Keys go first, so that nobody makes new games; then dead letters, which keep the owner of their game also when it is gone; then games and archived games.
//! Each step may be repeated, so a command that was interrupted is simply run again. It looks again until it finds nothing: a game may come
//! back from the archive, or leave for it, while it is looked for.

use std::collections::BTreeSet;

use protocol::{DeadLetters, GameId, LaneView, PauseScope, ProblemType, RequestId, path};

use super::whose::Whose;
use super::{OperateError, Places};
use crate::outln;

/// How often it looks again for what has come meanwhile.
const ROUNDS: usize = 5;

/// What is kept.
struct Found {
    keys: Vec<protocol::KeyId>,
    games: BTreeSet<GameId>,
    archived: BTreeSet<GameId>,
    letters: Vec<RequestId>,
}

impl Found {
    async fn of(whose: &Whose, places: &Places) -> Result<Self, OperateError> {
        let keys = whose.keys(places).await?.into_iter().map(|key| key.id).collect();
        let listed = whose.games(places).await?;
        // One that cannot be read goes too: the list of its owner has it.
        let unreadable = listed.unreadable.into_iter().map(|game| game.id);
        let games: BTreeSet<_> = listed.games.into_iter().map(|game| game.id).chain(unreadable).collect();
        let archived: BTreeSet<_> = whose.archived(places).await?.into_iter().collect();
        let mut found = Self { keys, games, archived, letters: Vec::new() };
        let mut after = String::new();
        loop {
            let page: DeadLetters = places.operators.get(&format!("{}?limit=200{after}", path::DEAD_LETTERS)).await?;
            let letters = page.dead_letters.into_iter();
            let its = letters.filter(|letter| {
                let is_its = whose.owns(letter.tenant.as_ref(), letter.user.as_ref());
                is_its || found.games.contains(&letter.game_id) || found.archived.contains(&letter.game_id)
            });
            let its: Vec<_> = its.map(|letter| letter.request_id).collect();
            found.letters.extend(its);
            let Some(next) = page.next else { return Ok(found) };
            after = format!("&after={next}");
        }
    }

    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.games.is_empty() && self.archived.is_empty() && self.letters.is_empty()
    }

    fn says(&self) -> String {
        let [games, archived] = [&self.games, &self.archived].map(BTreeSet::len);
        let (letters, keys) = (self.letters.len(), self.keys.len());
        format!("{games} games, {archived} archived games, {letters} dead letters and {keys} keys")
    }
}

/// Erases, or says what would be.
pub(super) async fn erase(places: &Places, whose: &Whose, dry_run: bool, yes: bool) -> Result<(), OperateError> {
    let first = Found::of(whose, places).await?;
    if dry_run {
        first.games.iter().for_each(|id| outln!("{id} would be erased"));
        first.archived.iter().for_each(|id| outln!("{id} would be erased from the archive"));
        outln!("{} of {whose} would be erased", first.says());
        return Ok(());
    }
    if !yes {
        return Err(OperateError::NotConfirmed { what: format!("{} of {whose}", first.says()) });
    }
    outln!("erasing {} of {whose}", first.says());
    let mut found = first;
    for _ in 0..ROUNDS {
        if found.is_empty() {
            outln!("nothing is kept of {whose} any more");
            return Ok(());
        }
        erase_found(places, &found).await?;
        found = Found::of(whose, places).await?;
    }
    Err(OperateError::StillPlays { what: format!("{} of {whose}", found.says()) })
}

async fn erase_found(places: &Places, found: &Found) -> Result<(), OperateError> {
    for key in &found.keys {
        gone(places.operators.delete(&path::KEY.replace("{key}", key.as_str())).await)?;
    }
    for letter in &found.letters {
        gone(places.operators.delete(&path::with_id(path::DEAD_LETTER, letter)).await)?;
    }
    for game in &found.games {
        erase_game(places, *game).await?;
    }
    for game in &found.archived {
        // It comes back to be deleted, so that it has its entry in the audit log, and is in one place only.
        erase_game(places, *game).await?;
        if let Some(archive) = &places.archive {
            archive.forget(*game).await?;
        }
    }
    Ok(())
}

/// Deletes a game with all that waits and runs in it.
async fn erase_game(places: &Places, game: GameId) -> Result<(), OperateError> {
    match places.games.delete(&path::with_id(path::GAME, game)).await {
        Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::GameBusy) => {}
        done => return done,
    }
    // Nothing of it is claimed from now on; the pause goes with the game.
    let paused = places.operators.send::<protocol::Pause>(path::PAUSE, &PauseScope::Game { game_id: game }).await;
    gone(paused.map(drop))?;
    let lane = places.operators.get::<LaneView>(&path::with_id(path::LANE, game)).await;
    let waiting = match lane {
        Ok(lane) => lane.requests,
        refused => return gone(refused.map(drop)),
    };
    for request in waiting {
        gone(places.operators.act(&path::with_id(path::CANCEL_QUEUED, request)).await)?;
    }
    match places.games.delete(&path::with_id(path::GAME, game)).await {
        // Another message has come; the next round finds it.
        Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::GameBusy) => Ok(()),
        done => done,
    }
}

/// What is not there any more is as good as erased.
fn gone(done: Result<(), OperateError>) -> Result<(), OperateError> {
    use ProblemType::{RequestFinished, UnknownDeadLetter, UnknownGame, UnknownKey, UnknownRequest};
    let is_gone =
        |kind| matches!(kind, RequestFinished | UnknownDeadLetter | UnknownGame | UnknownKey | UnknownRequest);
    match done {
        Err(OperateError::Refused(problem)) if problem.problem_type().is_some_and(is_gone) => Ok(()),
        done => done,
    }
}
