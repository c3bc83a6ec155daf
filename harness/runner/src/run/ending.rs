//! How a case ended, without what a fault may change, so that two ends can be compared.

use std::fmt::Write as _;

use harness_events::Failure;
use mock_llm::{Ending, Kind, Record};
use serde_json::Value;

use super::errors::failed;
use super::world::World;
use crate::snapshot::{self, Aliases};

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// States, histories and requests of all games.
    pub text: String,
    /// How many narrations were written to their end.
    pub narrations: usize,
    /// How many requests have ended.
    pub requests: usize,
}

/// The model's side of a case that was not disturbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallShape {
    /// Its number, from 1.
    pub id: u64,
    /// Whether it was a narration.
    pub prose: bool,
    /// How many pieces its answer had; 0 if it came as a whole.
    pub pieces: usize,
}

/// The calls as they were made.
pub(super) fn shapes(calls: &[Record]) -> Vec<CallShape> {
    let shape = |call: &Record| CallShape {
        id: call.id,
        prose: call.kind != Kind::Json,
        pieces: if call.stream { call.answer.frames_planned } else { 0 },
    };
    calls.iter().map(shape).collect()
}

/// How the case has ended.
pub(super) async fn end(world: &World, calls: &[Record]) -> Result<End, Failure> {
    let mut aliases = Aliases::default();
    let mut games = Vec::new();
    for game in &world.games {
        aliases.name(&game.id, "game");
        if game.game.gone {
            continue;
        }
        let state = world.state(game).await.map_err(|error| failed(&error))?;
        games.push((game.game.label.clone(), state));
    }
    let mut text = String::new();
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "{}", snapshot::state(&games, &mut aliases));
    let _ = writeln!(text, "{}", snapshot::history(&games, &mut aliases));
    for game in &world.games {
        let Some(journal) = game.watch.as_ref().map(|watch| watch.journal().clone()) else { continue };
        for seen in journal.events().iter().filter(|seen| world.profile.events.end(&seen.name).is_some()) {
            let mut data = seen.data.clone();
            if let Value::Object(members) = &mut data {
                members.remove("attempt");
            }
            let _ = writeln!(text, "{} {} {}", game.game.label, seen.name, aliases.redact(&data));
        }
    }
    let finished = |call: &&Record| call.kind != Kind::Json && call.ending == Ending::Finished;
    Ok(End { text, narrations: calls.iter().filter(finished).count(), requests: world.ends() })
}
