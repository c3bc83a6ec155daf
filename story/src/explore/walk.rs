//! Random walks: players who do anything at all. They find what a search that does only what matters does not: effects of the author's
//! own conditionals that the world refuses, scenes and conditionals that hardly anybody sees.

use std::collections::{BTreeMap, BTreeSet};

use super::moves::{Move, moves, put_down};
use super::relevant::Relevant;
use super::texts::Texts;
use crate::apply::{Author, Change, apply};
use crate::content::Library;
use crate::delta::Delta;
use crate::new_game::{NewGame, NewGameError, new_game};
use crate::prompt::Input;
use crate::random::Random;
use crate::state::GameState;

/// What a number of walks has found.
#[derive(Debug, Default)]
pub struct Walks {
    /// Turns that were played, story events among them.
    pub turns: u64,
    /// How often each ending was reached, by name or by the key of its conditional.
    pub endings: BTreeMap<String, u64>,
    /// Walks that were broken off because they became too long.
    pub unfinished: u64,
    /// Effects of conditionals that were refused, with the way of the first walk that met them.
    pub refused: BTreeMap<String, Vec<String>>,
    /// Descriptions that spoke of an item that was somewhere else, with the way of the first walk that met them.
    pub contradictions: BTreeMap<String, Vec<String>>,
    /// Places that were entered.
    pub places: BTreeSet<String>,
}

/// Plays the scenario `id` at random until `turns` turns are played. A game is given up after `longest` turns. The same `seed` walks the
/// same ways.
pub fn walk(library: &Library, id: &str, turns: u64, longest: u64, seed: u64) -> Result<Walks, NewGameError> {
    let texts = Texts::of(library, id);
    let library = &library.without_texts();
    let (opening, _) = new_game(library, &NewGame { scenario: id.to_owned(), ..NewGame::default() })?;
    let Some(scenario) = library.scenario(id) else { return Ok(Walks::default()) };
    let mut relevant = Relevant::of(library, scenario);
    relevant.scene_turns = 1;
    let mut found = Walks::default();
    let mut random = Random::new(seed);
    let mut walks = seed % u64::from(u32::MAX);
    while found.turns < turns {
        // Each walk has chance of its own.
        let mut state = GameState { seed: u32::try_from(walks).unwrap_or(u32::MAX), ..opening.clone() };
        walks += 1;
        let mut way = Vec::new();
        let mut events: Vec<String> = Vec::new();
        let mut tried: BTreeSet<String> = BTreeSet::new();
        for _ in 0..longest {
            let (input, delta) = if events.is_empty() {
                let mut possible = moves(scenario, &relevant, &state);
                possible.extend(state.user_inventory.iter().take(1).map(|item| put_down(item)));
                let own = |chosen: &Move| format!("{}@{}: {}", state.scene_name, state.user_location, chosen.label);
                // People try what they have not tried: three times of four.
                let (untried, others): (Vec<_>, Vec<_>) =
                    possible.into_iter().partition(|chosen| !tried.contains(&own(chosen)));
                let mut among =
                    if others.is_empty() || (!untried.is_empty() && random.below(4) > 0) { untried } else { others };
                let chosen = among.swap_remove(random.below(among.len()));
                tried.insert(own(&chosen));
                way.push(chosen.label);
                (Input::Player { message: String::new(), actor: None }, chosen.delta)
            } else {
                (Input::story_event(events.remove(0)), Delta::default())
            };
            let Ok(applied) = apply(library, &state, &delta, &input) else { break };
            found.turns += 1;
            for rejection in applied.rejections {
                if let Author::Conditional(id) = rejection.author {
                    let refused = format!("{id}{}: {}", rejection.effect, rejection.reason);
                    found.refused.entry(refused).or_insert_with(|| way.clone());
                }
            }
            found.places.insert(applied.state.user_location.clone());
            for contradiction in texts.contradictions(&applied.state) {
                found.contradictions.entry(contradiction).or_insert_with(|| way.clone());
            }
            let is_over = applied.state.is_ended;
            if is_over {
                let named = applied.state.ending.as_ref().map(|ending| ending.id.clone());
                let fired = applied.changes.iter().rev().find_map(|change| match change {
                    Change::ConditionalFired { id, .. } => Some(id.clone()),
                    _ => None,
                });
                *found.endings.entry(named.or(fired).unwrap_or_default()).or_default() += 1;
            }
            state = applied.state;
            events.extend(applied.story_events.into_iter().map(|event| event.prompt));
            if is_over || found.turns >= turns {
                break;
            }
        }
        found.unfinished += u64::from(!state.is_ended);
    }
    Ok(found)
}
