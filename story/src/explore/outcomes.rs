//! What may come of a move where chance has a say: each outcome once, whatever its odds. A search that drew would call a story stuck, or
//! an ending out of reach, because of one seed.

use std::collections::VecDeque;

use super::relevant::Relevant;
use crate::apply::{Answers, Change, Luck, apply_with};
use crate::content::{Library, Scenario};
use crate::delta::Delta;
use crate::prompt::Input;
use crate::state::GameState;

/// The most outcomes of one move that are looked at: six questions of chance with all their answers.
const MAX_OUTCOMES: usize = 64;

/// The most story events that one move may cause in a row.
const MAX_EVENTS: usize = 20;

/// One outcome of a move.
pub(super) struct Outcome {
    pub(super) state: GameState,
    /// What ended the game: the name of its ending or of its conditional.
    pub(super) ended: Option<String>,
    /// The conditionals whose chance held.
    pub(super) lucky: Vec<String>,
}

/// The outcomes of a move, first the one in which no chance holds, and whether these are all.
pub(super) fn outcomes(
    library: &Library,
    scenario: &Scenario,
    relevant: &Relevant,
    state: &GameState,
    delta: &Delta,
) -> (Vec<Outcome>, bool) {
    let mut found = Vec::new();
    let mut waiting = VecDeque::from([Vec::new()]);
    while let Some(given) = waiting.pop_front() {
        if found.len() >= MAX_OUTCOMES {
            return (found, false);
        }
        let known = given.len();
        let (open, edges) = (relevant.chances.clone(), relevant.hit_points.clone());
        let answers = Answers { given, asked: Vec::new(), open, edges };
        let (outcome, asked) = play(library, scenario, state, delta, answers);
        found.push(outcome);
        // Each question that the list did not answer was answered with no; with yes it is an outcome of its own.
        for at in known..asked.len() {
            waiting.push_back(asked[..at].iter().copied().chain([true]).collect());
        }
    }
    (found, true)
}

/// The state after a move and the story events that it causes, and how each question of chance was answered.
fn play(
    library: &Library,
    scenario: &Scenario,
    state: &GameState,
    delta: &Delta,
    answers: Answers,
) -> (Outcome, Vec<bool>) {
    let mut input = Input::Player { message: String::new(), actor: None };
    let (mut state, mut delta) = (state.clone(), delta.clone());
    let mut events = VecDeque::new();
    let mut ended = None;
    let mut luck = Luck::Listed(answers);
    for _ in 0..MAX_EVENTS {
        let Ok(applied) = apply_with(library, &state, &delta, &input, &mut luck) else { break };
        if applied.state.is_ended && !state.is_ended {
            ended = Some(ending_of(scenario, &applied.changes));
        }
        state = applied.state;
        events.extend(applied.story_events);
        let Some(event) = events.pop_front() else { break };
        input = Input::story_event(event.prompt);
        delta = Delta::default();
    }
    let asked = if let Luck::Listed(answers) = luck { answers.asked } else { Vec::new() };
    let lucky = asked.iter().filter(|(_, _, answer)| *answer).map(|(_, id, _)| id.clone()).collect();
    (Outcome { state, ended, lucky }, asked.into_iter().map(|(_, _, answer)| answer).collect())
}

/// What ended the game: the name of its ending, or its conditional.
fn ending_of(scenario: &Scenario, changes: &[Change]) -> String {
    let named =
        changes.iter().find_map(|change| if let Change::GameEnded { ending } = change { ending.clone() } else { None });
    let fired = changes.iter().rev().find_map(|change| match change {
        Change::ConditionalFired { scene, id } => Some((scene, id)),
        _ => None,
    });
    let by_conditional = fired.filter(|(scene, id)| {
        let mut placed = scenario.placed_conditionals().filter(|placed| placed.scene == *scene && placed.id == *id);
        placed.any(|placed| placed.conditional.then.game_ended || placed.conditional.then.ending.is_some())
    });
    named.or_else(|| by_conditional.map(|(scene, id)| ending_name(scene, id))).unwrap_or_else(|| "by a rule".to_owned())
}

/// What an ending without a name is called: by its conditional, and its scene if it has one.
pub(super) fn ending_name(scene: &str, id: &str) -> String {
    if scene.is_empty() { id.to_owned() } else { format!("{scene}/{id}") }
}
