//! Conditionals: what happens by itself, in one scene or in all of them, on which turns, and when it may happen again.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chance::{Chance, Odds, Roll};
use crate::delta::Delta;
use crate::serde_util::is_false;
use crate::state::GameState;
use crate::when::When;
use crate::when_explain::Part;

/// Something that happens by itself when its condition comes true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Conditional {
    /// The condition. It may be left out where `every`, `chance` or `roll` says when.
    pub when: When,
    /// What then happens.
    pub then: Delta,
    /// Whether it happens once in a game and never again. Default: yes if `then` has a `prompt` and there is no `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once: Option<bool>,
    /// Whether it happens again on every turn on which the condition holds.
    #[serde(skip_serializing_if = "is_false")]
    pub repeat: bool,
    /// Only on each turn of this number, counted from `first_turn`: turns of its scene, or of the game for one of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<NonZeroU32>,
    /// The first turn of `every`. Default: the number in `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_turn: Option<u32>,
    /// Only with this chance, from 0 to 1, drawn once for each turn from the game's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1))]
    pub chance: Option<Chance>,
    /// Only if dice, thrown once for each turn from the game's seed, show enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<Roll>,
}

/// When a conditional that has fired may fire again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latch {
    /// Never in this game.
    Once,
    /// When its condition has been false in between.
    Edge,
    /// On the next turn on which its condition holds.
    Repeat,
}

impl Conditional {
    /// `repeat` wins over `once`; `once` is the default for a conditional with a prompt, an edge for everything else. `every` repeats, with
    /// a prompt too: an edge would swallow `"every": 1`, which is never false in between.
    #[must_use]
    pub fn latch(&self) -> Latch {
        match (self.repeat, self.once) {
            (true, _) => Latch::Repeat,
            (false, Some(true)) => Latch::Once,
            (false, _) if self.every.is_some() => Latch::Repeat,
            (false, None) if self.then.prompt.is_some() => Latch::Once,
            (false, Some(false) | None) => Latch::Edge,
        }
    }

    /// Whether `when` may be left out, because something else says when it holds.
    pub(crate) fn needs_no_when(&self) -> bool {
        self.every.is_some() || self.chance.is_some() || self.roll.is_some()
    }

    /// What can come of its chance and its dice in `state`, or in any; without any, they always hold.
    pub(crate) fn odds(&self, state: Option<&GameState>) -> Odds {
        let dice = self.roll.as_ref().map_or(Odds::Always, |roll| roll.odds(state));
        self.chance.map_or(Odds::Always, Chance::odds).and(dice)
    }

    /// The first turn on which `every` lets it fire; without `every`, none.
    pub(crate) fn first_due(&self) -> Option<u64> {
        self.every.map(|every| u64::from(self.first_turn.unwrap_or(every.get())))
    }

    /// Whether `every` lets it fire on `turn`. The counter alone decides, and no turn of the past is remembered: so a turn that is retried
    /// or undone is due again exactly as it was.
    pub(crate) fn is_due(&self, turn: u64) -> bool {
        let (Some(every), Some(first)) = (self.every, self.first_due()) else { return true };
        turn.checked_sub(first).is_some_and(|since| since.is_multiple_of(u64::from(every.get())))
    }
}

/// A conditional with its place.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The key of its scene; empty if it is the scenario's own, which no scene is called.
    pub scene: &'a str,
    /// Its id.
    pub id: &'a str,
    /// What it asks for and does.
    pub conditional: &'a Conditional,
}

impl Placed<'_> {
    /// Whether it is the scenario's own and holds in every scene.
    pub(crate) fn is_of_scenario(&self) -> bool {
        self.scene.is_empty()
    }

    /// The turn that `every` counts.
    pub(crate) fn turn(&self, state: &GameState) -> u64 {
        if self.is_of_scenario() { state.turn_counter } else { state.scene_turn_counter }
    }

    /// Whether its condition holds, its turn has come and chance lets it.
    pub(crate) fn holds(&self, state: &GameState) -> bool {
        self.is_ready(state) && self.is_lucky(state)
    }

    /// Whether its chance and its dice hold in the turn of `state`, by the game's seed.
    pub(crate) fn is_lucky(&self, state: &GameState) -> bool {
        let Conditional { chance, roll, .. } = self.conditional;
        let roll = roll.as_ref();
        chance.is_none_or(|chance| chance.holds(Chance::drawn(self.id, state)))
            && roll.is_none_or(|roll| roll.holds(roll.shown(self.id, state)))
    }

    /// Whether all but chance lets it fire.
    pub(crate) fn is_ready(&self, state: &GameState) -> bool {
        let Conditional { when, .. } = self.conditional;
        self.conditional.is_due(self.turn(state))
            && (when.holds(state) || (when.is_empty() && self.conditional.needs_no_when()))
    }

    /// The parts of its condition, judged against `state`.
    pub(crate) fn explain(&self, state: &GameState) -> Vec<Part> {
        let mut parts = self.conditional.when.explain(state);
        if let (Some(every), Some(first)) = (self.conditional.every, self.conditional.first_due()) {
            let (turn, of) = (self.turn(state), if self.is_of_scenario() { "game" } else { "scene" });
            let text = format!("every {every} turns of the {of}, first in turn {first}; it is turn {turn}");
            parts.push(Part::top(self.conditional.is_due(turn), text));
        }
        if let Some(chance) = self.conditional.chance {
            let drawn = Chance::drawn(self.id, state);
            parts.push(Part::top(chance.holds(drawn), format!("a draw below {chance}; this turn's is {drawn}")));
        }
        if let Some(roll) = &self.conditional.roll {
            let shown = roll.shown(self.id, state);
            let text = format!("{}; this turn's is {shown}", roll.asks(state));
            parts.push(Part::top(roll.holds(shown), text));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Scenario;

    fn conditional(json: serde_json::Value) -> Conditional {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_prompt_fires_once_unless_the_author_says_otherwise() {
        let latch = |json: &str| serde_json::from_str::<Conditional>(json).unwrap().latch();
        assert_eq!(latch(r#"{"then":{"prompt":"Boom."}}"#), Latch::Once);
        assert_eq!(latch(r#"{"then":{"prompt":"Boom."},"repeat":true}"#), Latch::Repeat);
        assert_eq!(latch(r#"{"then":{"prompt":"Boom."},"once":false}"#), Latch::Edge);
        assert_eq!(latch(r#"{"then":{"game_ended":true}}"#), Latch::Edge);
        assert_eq!(latch(r#"{"then":{"game_ended":true},"once":true}"#), Latch::Once);
        assert_eq!(latch(r#"{"then":{"prompt":"Boom."},"every":5}"#), Latch::Repeat);
        assert_eq!(latch(r#"{"then":{"prompt":"Boom."},"every":5,"once":true}"#), Latch::Once);
    }

    #[test]
    fn a_recurring_conditional_is_due_from_its_first_turn_at_equal_distances() {
        let due = |json| {
            let conditional = conditional(json);
            (0..14).filter(|turn| conditional.is_due(*turn)).collect::<Vec<_>>()
        };
        assert_eq!(due(serde_json::json!({ "every": 5 })), [5, 10]);
        assert_eq!(due(serde_json::json!({ "every": 5, "first_turn": 2 })), [2, 7, 12]);
        assert_eq!(due(serde_json::json!({ "every": 6, "first_turn": 0 })), [0, 6, 12]);
    }

    #[test]
    fn a_conditional_without_a_when_holds_only_if_something_else_says_when() {
        let (every, none) = (conditional(serde_json::json!({ "every": 1 })), Conditional::default());
        let state = GameState { scene_turn_counter: 3, ..GameState::default() };
        let holds = |conditional| Placed { scene: "ebb", id: "a", conditional }.holds(&state);
        assert!(holds(&every));
        assert!(!holds(&none));
        let typo = conditional(serde_json::json!({ "every": 1, "when": { "locaton": "jetty" } }));
        assert!(!holds(&typo), "a misspelt condition still never holds");
    }

    #[test]
    fn a_scene_replaces_a_conditional_of_the_scenario() {
        let scenario: Scenario = serde_json::from_value(serde_json::json!({
            "conditionals": { "a": { "every": 2 }, "c": { "every": 3 } },
            "scenes": { "ebb": { "conditionals": { "b": {}, "c": {} } } }
        }))
        .unwrap();
        let of = |scene| scenario.conditionals_in(scene).map(|placed| (placed.scene, placed.id)).collect::<Vec<_>>();
        assert_eq!(of("ebb"), [("", "a"), ("ebb", "b"), ("ebb", "c")]);
        assert_eq!(of("flood"), [("", "a"), ("", "c")]);
    }

    #[test]
    fn a_recurring_conditional_explains_its_turn() {
        let every = conditional(serde_json::json!({ "every": 5, "first_turn": 2 }));
        let state = GameState { scene_turn_counter: 7, turn_counter: 9, ..GameState::default() };
        let parts = |scene| Placed { scene, id: "a", conditional: &every }.explain(&state);
        assert_eq!(parts("ebb"), [Part::met("every 5 turns of the scene, first in turn 2; it is turn 7")]);
        assert_eq!(parts(""), [Part::unmet("every 5 turns of the game, first in turn 2; it is turn 9")]);
    }
}
