//! Explaining a condition: each of its parts, whether it holds, and what is the case instead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::GameState;
use crate::when::{When, is_in};
use crate::world::{hp_of, is_defeated};

/// One part of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Whether it holds.
    pub holds: bool,
    /// What it asks for, and what is the case.
    pub text: String,
    /// How deep it is inside `any` and `not`; 0 at the top.
    #[serde(default)]
    pub depth: usize,
}

impl Part {
    /// A part that holds, at the top.
    pub(crate) fn met(text: impl Into<String>) -> Self {
        Self::top(true, text)
    }

    /// A part that does not hold, at the top.
    pub(crate) fn unmet(text: impl Into<String>) -> Self {
        Self::top(false, text)
    }

    /// A part at the top.
    pub(crate) fn top(holds: bool, text: impl Into<String>) -> Self {
        Self { holds, text: text.into(), depth: 0 }
    }
}

impl When {
    /// The parts of this condition, judged against `state`, in the order of the documentation.
    #[must_use]
    pub fn explain(&self, state: &GameState) -> Vec<Part> {
        let mut parts = Vec::new();
        self.explain_into(state, 0, &mut parts);
        parts
    }

    fn explain_into(&self, state: &GameState, depth: usize, parts: &mut Vec<Part>) {
        let mut say = |holds: bool, text: String| parts.push(Part { holds, text, depth });
        let value =
            |name: &str| state.vars.get(name).map_or_else(|| "not set".to_owned(), |value| format!("{value:?}"));
        for (name, wanted) in &self.vars {
            say(state.vars.get(name) == Some(wanted), format!("`{name}` is {wanted:?}; it is {}", value(name)));
        }
        for (name, comparison) in &self.vars_compare {
            let holds = state.vars.get(name).is_some_and(|value| comparison.holds(value));
            say(holds, format!("`{name}` {}; it is {}", String::from(*comparison), value(name)));
        }
        if let Some(key) = &self.location {
            say(
                state.user_location == *key,
                format!("the player is at `{key}`; they are at `{}`", state.user_location),
            );
        }
        for item in &self.inventory {
            say(state.user_inventory.contains(item), format!("the player holds `{item}`"));
        }
        for (npc, key) in &self.npc_locations {
            let at = state.npcs.get(npc).map_or("nowhere", |npc| npc.location.as_str());
            say(at == key, format!("`{npc}` is at `{key}`; they are at `{at}`"));
        }
        for (item, key) in &self.item_locations {
            let lies_at = state.locations.iter().find(|(_, place)| place.items.contains(item));
            let at = lies_at.map_or("nowhere, or with somebody", |(key, _)| key.as_str());
            say(at == key, format!("`{item}` lies at `{key}`; it is at `{at}`"));
        }
        for (item, container) in &self.items_in {
            say(is_in(state, item, container), format!("`{item}` is in `{container}`"));
        }
        let how = |name: &str| match state.containers.get(name) {
            None => "no container",
            Some(container) if container.locked => "locked",
            Some(container) if container.closed => "closed",
            Some(_) => "open",
        };
        for (names, wanted) in [(&self.open, "open"), (&self.locked, "locked")] {
            for name in names {
                say(how(name) == wanted, format!("`{name}` is {wanted}; it is {}", how(name)));
            }
        }
        for (who, comparison) in &self.hp {
            let hp = hp_of(state, who);
            let holds = hp.is_some_and(|hp| comparison.holds_of(hp));
            let is = hp.map_or_else(|| "nobody of that name has any".to_owned(), |hp| format!("it is {hp}"));
            say(holds, format!("hit points of `{who}` {}; {is}", String::from(*comparison)));
        }
        for who in &self.defeated {
            say(is_defeated(state, who), format!("`{who}` is defeated"));
        }
        let turns = [
            (self.scene_turn_counter, state.scene_turn_counter, "of the scene", true),
            (self.turn_counter, state.turn_counter, "of the game", true),
            (self.min_scene_turns, state.scene_turn_counter, "of the scene", false),
            (self.min_turns, state.turn_counter, "of the game", false),
        ];
        for (wanted, now, of, exactly) in turns {
            let Some(wanted) = wanted else { continue };
            let holds = if exactly { now == wanted } else { now >= wanted };
            let how = if exactly { "exactly" } else { "at least" };
            say(holds, format!("{how} {wanted} turns {of}; it is turn {now}"));
        }
        for name in self.unknown.keys() {
            say(false, format!("`{name}` is no condition, so this never holds"));
        }
        if !self.any.is_empty() {
            parts.push(Part { holds: self.any.iter().any(|one| one.holds(state)), text: "one of these".into(), depth });
            for one in &self.any {
                parts.push(Part { holds: one.holds(state), text: "all of".into(), depth: depth + 1 });
                one.explain_into(state, depth + 2, parts);
            }
        }
        if let Some(inner) = &self.not {
            parts.push(Part { holds: !inner.holds(state), text: "not all of".into(), depth });
            inner.explain_into(state, depth + 1, parts);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::new_state;

    #[test]
    fn each_part_says_whether_it_holds_and_what_is_the_case() {
        let when: crate::When = serde_json::from_value(serde_json::json!({
            "vars": { "lamp_lit": "true" }, "location": "jetty", "min_turns": 2, "not": { "inventory": ["oar"] }
        }))
        .unwrap();
        let parts: Vec<_> = when.explain(&new_state()).into_iter().map(|part| (part.holds, part.text)).collect();
        assert_eq!(parts[0], (false, "`lamp_lit` is \"true\"; it is \"false\"".to_owned()));
        assert_eq!(parts[1], (true, "the player is at `jetty`; they are at `jetty`".to_owned()));
        assert_eq!(parts[2], (false, "at least 2 turns of the game; it is turn 0".to_owned()));
        assert_eq!(parts[3], (true, "not all of".to_owned()));
        assert_eq!(parts[4], (false, "the player holds `oar`".to_owned()));
    }

    #[test]
    fn hit_points_and_defeat_are_asked_for_and_explained_in_a_story_with_fights_only() {
        let when: crate::When = serde_json::from_value(serde_json::json!({
            "hp": { "player": ">= 9", "eel_1": "<= 6", "gull": "> 0", "eel_7": "<= 0" }, "defeated": ["eel_7", "gull", "player"]
        }))
        .unwrap();
        let mut state = new_state();
        state.conflict = Some(crate::Conflict::default());
        state.defeated.insert("eel_7".into());
        let parts: Vec<_> = when.explain(&state).into_iter().map(|part| (part.holds, part.text)).collect();
        let expected = [
            (true, "hit points of `eel_1` <= 6; it is 6"),
            (true, "hit points of `eel_7` <= 0; it is 0"),
            (false, "hit points of `gull` > 0; nobody of that name has any"),
            (true, "hit points of `player` >= 9; it is 12"),
            (true, "`eel_7` is defeated"),
            (false, "`gull` is defeated"),
            (false, "`player` is defeated"),
        ];
        assert_eq!(parts, expected.map(|(holds, text)| (holds, text.to_owned())));
        assert!(!when.holds(&state));
        let holds =
            |json: &str, state: &crate::GameState| serde_json::from_str::<crate::When>(json).unwrap().holds(state);
        for json in [r#"{"hp":{"player":"> 1"}}"#, r#"{"defeated":["eel_7"]}"#, r#"{"not":{"defeated":["player"]}}"#] {
            assert!(holds(json, &state), "{json}");
            let stored: crate::When = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&stored).unwrap(), json);
        }
        state.conflict = None;
        assert!(!holds(r#"{"hp":{"player":"> 1"}}"#, &state), "hit points are for the narrator's eyes then");
    }
}
