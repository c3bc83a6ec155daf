//! `engine tenants erase`: nothing stays of a tenant or of one of its users.
//!
//! Keys go first, so that nobody makes new games; then dead letters, which keep the owner of their game also when it is gone; then games and archived games.
//! Each step may be repeated, so a command that was interrupted is simply run again. It looks again until it finds nothing: a game may come
//! back from the archive, or leave for it, while it is looked for.
//!
//! The audit log gets an entry before the first step, with what there is, and one at the end, with what is gone: of a command that was killed the first one
//! tells. An entry for each game would push everything else out of the log.

use std::collections::BTreeSet;

use protocol::{DeadLetters, GameId, LaneView, PauseScope, ProblemType, RequestId, path};
use store::NewAuditEntry;

use super::whose::Whose;
use super::{OperateError, Places};
use crate::api::Actor;
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
        let (games, archived) = (self.games.len(), self.archived.len());
        Counts { games, archived, letters: self.letters.len(), keys: self.keys.len() }.says()
    }
}

/// How much is erased.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    games: usize,
    archived: usize,
    letters: usize,
    keys: usize,
}

impl Counts {
    fn says(self) -> String {
        let Self { games, archived, letters, keys } = self;
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
    if first.is_empty() {
        outln!("nothing is kept of {whose} any more");
        return Ok(());
    }
    record(places, whose, first.says(), "begun").await?;
    let mut done = Counts::default();
    let erased = erase_all(places, whose, first, &mut done).await;
    let recorded = record(places, whose, done.says(), if erased.is_ok() { "done" } else { "interrupted" }).await;
    // What has gone wrong first is what the operator has to know.
    erased.and(recorded)
}

async fn record(places: &Places, whose: &Whose, what: String, outcome: &str) -> Result<(), OperateError> {
    let Some(store) = &places.audit else { return Ok(()) };
    let (by, action) = (Actor::local_command().0, "eraseTenant".to_owned());
    let (subject, outcome) = (format!("{whose}: {what}"), outcome.to_owned());
    Ok(store.record_audit(&NewAuditEntry { nonce: rand::random(), by, action, subject, outcome }).await?)
}

async fn erase_all(places: &Places, whose: &Whose, first: Found, done: &mut Counts) -> Result<(), OperateError> {
    let mut found = first;
    for _ in 0..ROUNDS {
        if found.is_empty() {
            outln!("nothing is kept of {whose} any more");
            return Ok(());
        }
        erase_found(places, &found, done).await?;
        found = Found::of(whose, places).await?;
    }
    Err(OperateError::StillPlays { what: format!("{} of {whose}", found.says()) })
}

async fn erase_found(places: &Places, found: &Found, done: &mut Counts) -> Result<(), OperateError> {
    for key in &found.keys {
        gone(places.operators.delete(&path::KEY.replace("{key}", key.as_str())).await)?;
        done.keys += 1;
    }
    for letter in &found.letters {
        gone(places.operators.delete(&path::with_id(path::DEAD_LETTER, letter)).await)?;
        done.letters += 1;
    }
    for game in &found.games {
        if erase_game(places, *game).await? {
            done.games += 1;
        }
    }
    for game in &found.archived {
        // It comes back to be deleted, so that it is in one place only.
        if erase_game(places, *game).await? {
            done.archived += 1;
        }
        if let Some(archive) = &places.archive {
            archive.forget(*game).await?;
        }
    }
    Ok(())
}

/// Deletes a game with all that waits and runs in it. Returns whether it is gone.
async fn erase_game(places: &Places, game: GameId) -> Result<bool, OperateError> {
    match places.games.delete(&path::with_id(path::GAME, game)).await {
        Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::GameBusy) => {}
        done => return done.map(|()| true),
    }
    // Nothing of it is claimed from now on; the pause goes with the game.
    let paused = places.operators.send::<protocol::Pause>(path::PAUSE, &PauseScope::Game { game_id: game }).await;
    gone(paused.map(drop))?;
    let lane = places.operators.get::<LaneView>(&path::with_id(path::LANE, game)).await;
    let waiting = match lane {
        Ok(lane) => lane.requests,
        refused => return gone(refused.map(drop)).map(|()| true),
    };
    for request in waiting {
        gone(places.operators.act(&path::with_id(path::CANCEL_QUEUED, request)).await)?;
    }
    match places.games.delete(&path::with_id(path::GAME, game)).await {
        // Another message has come; the next round finds it.
        Err(OperateError::Refused(problem)) if problem.problem_type() == Some(ProblemType::GameBusy) => Ok(false),
        done => done.map(|()| true),
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
