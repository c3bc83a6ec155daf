//! Patching a game from outside, as operators do and as test cases seed one: what may be set, and what follows from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::content::{ContingencyPrompt, Language, Library, Location, Npc, Pc, Scenario, normalize_id};
use crate::message::ChatMessage;
use crate::state::{GameState, Rules};
use crate::suggest::{did_you_mean, nearest};
use crate::world::{begin_scene, follow, keep_one_place, lay_out, location_key, make_location, make_npc, scene_key};

/// Fields of a game to set from outside. Absent fields stay as they are; given ones are set, also to zero, false or empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StatePatch {
    /// Accepted if it names the game's own scenario, because seeds carry it; a game never changes its scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Sets the world up as that scene begins it, in a game that has just reached it: locations, NPCs and variables from content,
    /// latches and fired story events cleared, `scene_turn_counter` 0. The other fields of the patch then go over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_name: Option<String>,
    /// A location's key or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_location: Option<String>,
    /// How closely the game keeps to its map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The language in which the story is told from now on, by its name of at most three words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Turns since the game began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_counter: Option<u64>,
    /// Turns since the scene began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_turn_counter: Option<u64>,
    /// What the player carries, instead of what they carry now; nobody else then has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_inventory: Option<Vec<String>>,
    /// The messages, instead of those there are. The state does not hold them: the owner of the history applies this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_history: Option<Vec<ChatMessage>>,
    /// The variables, instead of those there are; with `scene_name`, over those of the scene.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vars: Option<BTreeMap<String, String>>,
    /// The NPCs, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npcs: Option<BTreeMap<String, Npc>>,
    /// The map, instead of the one there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<BTreeMap<String, Location>>,
    /// The game's own hints for the narrator, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingency_prompts: Option<Vec<ContingencyPrompt>>,
    /// The player character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<Pc>,
    /// Ids of conditionals that never fire again, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fired_story_events: Option<Vec<String>>,
    /// Ends a game or revives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_ended: Option<bool>,
}

/// Why a game cannot be patched so.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PatchError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{0}` does not exist any more")]
    MissingScenario(String),
    /// Another scenario than the game's.
    #[error("the game plays `{own}` and cannot change to scenario `{asked}`; start a new game")]
    OtherScenario {
        /// The game's scenario.
        own: String,
        /// The scenario in the patch.
        asked: String,
    },
    /// No such scene.
    #[error("there is no scene `{scene}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScene {
        /// The scene in the patch.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such location.
    #[error("there is no location `{location}` in the game{}", did_you_mean(.suggestion.as_deref()))]
    UnknownLocation {
        /// The location in the patch.
        location: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// A temperature that no model takes.
    #[error("temperature {0} is not between 0 and 1")]
    Temperature(f64),
}

impl PatchError {
    /// The field of [`StatePatch`] that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::MissingScenario(_) | Self::OtherScenario { .. } => "scenario",
            Self::UnknownScene { .. } => "scene_name",
            Self::UnknownLocation { .. } => "user_location",
            Self::Temperature(_) => "temperature",
        }
    }
}

/// The game with `changes` made to it. Either all of them are made or, on an error, none.
pub fn patch(library: &Library, state: &GameState, changes: &StatePatch) -> Result<GameState, PatchError> {
    let scenario =
        library.scenario(&state.scenario).ok_or_else(|| PatchError::MissingScenario(state.scenario.clone()))?;
    reject_other_scenario(state, changes)?;
    let mut patched = state.clone();

    // The inventory comes first: what the player is to have or not decides what the scene's rooms hold.
    if let Some(inventory) = &changes.user_inventory {
        patched.user_inventory.clone_from(inventory);
    }
    if let Some(scene) = &changes.scene_name {
        if changes.user_location.is_some() {
            patched.user_location.clear();
        }
        set_up_scene(library, scenario, scene, &mut patched)?;
    }
    set_plain_fields(&mut patched, changes)?;
    if let Some(vars) = &changes.vars {
        if changes.scene_name.is_none() {
            patched.vars.clear();
        }
        patched.vars.extend(vars.clone());
    }
    if let Some(npcs) = &changes.npcs {
        patched.npcs = npcs.iter().map(|(key, npc)| (key.clone(), definition_or_npc(library, npc))).collect();
    }
    if let Some(locations) = &changes.locations {
        patched.locations =
            locations.iter().map(|(key, def)| (key.clone(), make_location(library, key, def))).collect();
    }
    if let Some(location) = &changes.user_location {
        patched.user_location = known_location(&patched, location)?.to_owned();
    }

    if changes.user_location.is_some() || changes.scene_name.is_some() {
        // Of a turn that was played somewhere else.
        patched.just_entered = false;
        patched.rejected.clear();
    }
    patched.visited_locations.insert(patched.user_location.clone());
    keep_one_place(&mut patched);
    follow(&mut patched);
    open_latches(scenario, &mut patched);
    Ok(patched)
}

fn reject_other_scenario(state: &GameState, changes: &StatePatch) -> Result<(), PatchError> {
    match &changes.scenario {
        Some(asked) if normalize_id(asked) != normalize_id(&state.scenario) => {
            Err(PatchError::OtherScenario { own: state.scenario.clone(), asked: asked.clone() })
        }
        _ => Ok(()),
    }
}

fn set_up_scene(library: &Library, scenario: &Scenario, name: &str, state: &mut GameState) -> Result<(), PatchError> {
    let found = scene_key(&scenario.scenes, name).and_then(|key| scenario.scenes.get_key_value(key));
    let (key, scene) = found.ok_or_else(|| PatchError::UnknownScene {
        scene: name.to_owned(),
        suggestion: nearest(name, scenario.scenes.keys().map(String::as_str)).map(str::to_owned),
    })?;
    let ground = state.current_location().cloned();
    lay_out(library, scenario, state);
    if let Some(ground) = ground {
        // Like any scene change, this one does not take away the ground under the player's feet.
        state.locations.entry(state.user_location.clone()).or_insert(ground);
    }
    state.fired_story_events.clear();
    state.latched_conditionals.clear();
    state.visited_locations.clear();
    state.returned_to.clear();
    state.defeated.clear();
    state.decided.clear();
    begin_scene(library, scenario, key, scene, state);
    Ok(())
}

fn set_plain_fields(state: &mut GameState, changes: &StatePatch) -> Result<(), PatchError> {
    fn set<T: Clone>(field: &mut T, value: Option<&T>) {
        if let Some(value) = value {
            field.clone_from(value);
        }
    }
    if let Some(temperature) = changes.temperature.filter(|temperature| !(0.0..=1.0).contains(temperature)) {
        return Err(PatchError::Temperature(temperature));
    }
    set(&mut state.temperature, changes.temperature.as_ref());
    if changes.language.is_some() {
        state.language.clone_from(&changes.language);
    }
    set(&mut state.rules, changes.rules.as_ref());
    set(&mut state.turn_counter, changes.turn_counter.as_ref());
    set(&mut state.scene_turn_counter, changes.scene_turn_counter.as_ref());
    set(&mut state.contingency_prompts, changes.contingency_prompts.as_ref());
    set(&mut state.fired_story_events, changes.fired_story_events.as_ref());
    set(&mut state.is_ended, changes.is_ended.as_ref());
    if changes.is_ended == Some(false) {
        state.ending = None;
    }
    if let Some(pc) = &changes.pc {
        state.pc = Some(Pc { inventory: Vec::new(), ..pc.clone() });
    }
    Ok(())
}

/// An NPC that has no name yet is a definition and gets its template's; one that has been read from a game is taken as it is, so that
/// what it has lost does not come back.
fn definition_or_npc(library: &Library, npc: &Npc) -> Npc {
    if npc.name.is_empty() { make_npc(library, npc) } else { npc.clone() }
}

fn known_location<'a>(state: &'a GameState, name: &str) -> Result<&'a str, PatchError> {
    location_key(&state.locations, name).ok_or_else(|| PatchError::UnknownLocation {
        location: name.to_owned(),
        suggestion: nearest(name, state.locations.keys().map(String::as_str)).map(str::to_owned),
    })
}

/// A conditional whose condition the patch has made false may fire when it is next true.
fn open_latches(scenario: &Scenario, state: &mut GameState) {
    let mut latched = std::mem::take(&mut state.latched_conditionals);
    let holding: Vec<_> = scenario.conditionals_in(&state.scene_name).filter(|placed| placed.holds(state)).collect();
    latched.retain(|id| holding.iter().any(|placed| placed.id == id));
    state.latched_conditionals = latched;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{library, new_state, patched};

    fn changes(json: serde_json::Value) -> StatePatch {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn zero_false_and_empty_can_be_set() {
        let mut state = new_state();
        (state.turn_counter, state.is_ended) = (9, true);
        let state = patch(
            &library(),
            &state,
            &changes(serde_json::json!({ "turn_counter": 0, "user_inventory": [], "is_ended": false, "temperature": 0.0, "vars": {} })),
        )
        .unwrap();
        assert_eq!(state.turn_counter, 0);
        assert!(state.user_inventory.is_empty() && !state.is_ended && state.vars.is_empty());
    }

    #[test]
    fn what_a_patch_does_not_name_stays() {
        let mut state = new_state();
        (state.turn_counter, state.is_ended) = (9, true);
        assert_eq!(patch(&library(), &state, &StatePatch::default()).unwrap(), state);
    }

    #[test]
    fn a_scene_brings_its_world_and_the_other_fields_go_over_it() {
        let state = patched(&changes(serde_json::json!({
            "scenario": "lighthouse", "scene_name": "rescue", "user_location": "Reef", "scene_turn_counter": 4,
            "user_inventory": ["buoy"], "vars": { "lamp_lit": "true" }
        })));
        assert_eq!(
            (state.scene_name.as_str(), state.user_location.as_str(), state.scene_turn_counter),
            ("rescue", "reef", 4)
        );
        assert!(state.npcs.contains_key("pilot"));
        assert!(state.locations["reef"].items.is_empty(), "the player has the buoy");
        assert_eq!((state.vars["lamp_lit"].as_str(), state.vars["ship_seen"].as_str()), ("true", "false"));
    }

    #[test]
    fn patching_the_same_scene_again_resets_the_world() {
        let seed = changes(serde_json::json!({ "scene_name": "storm", "user_inventory": [] }));
        let fresh = patched(&seed);
        let mut played = fresh.clone();
        played.locations.get_mut("jetty").unwrap().items.clear();
        played.user_inventory.push("oar".into());
        played.fired_story_events.push("answer".into());
        played.latched_conditionals.insert("eel_in".into());
        assert_eq!(patch(&library(), &played, &seed).unwrap(), fresh);
    }

    #[test]
    fn a_latch_opens_when_the_patch_makes_its_condition_false() {
        let mut state = new_state();
        state.vars.insert("lamp_lit".into(), "true".into());
        state.latched_conditionals.insert("eel_in".into());
        let kept = patch(&library(), &state, &changes(serde_json::json!({ "turn_counter": 3 }))).unwrap();
        assert!(kept.latched_conditionals.contains("eel_in"));
        let opened =
            patch(&library(), &state, &changes(serde_json::json!({ "vars": { "lamp_lit": "false" } }))).unwrap();
        assert!(opened.latched_conditionals.is_empty());
    }

    #[test]
    fn an_invalid_value_is_rejected_by_field() {
        for (json, field, message) in [
            (serde_json::json!({ "scene_name": "rescu" }), "scene_name", "did you mean `rescue`?"),
            (serde_json::json!({ "user_location": "jety" }), "user_location", "did you mean `jetty`?"),
            (serde_json::json!({ "temperature": 2.0 }), "temperature", "between 0 and 1"),
            (serde_json::json!({ "scenario": "castle" }), "scenario", "start a new game"),
        ] {
            let error = patch(&library(), &new_state(), &changes(json)).unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().ends_with(message), "{error}");
        }
        assert!(serde_json::from_str::<StatePatch>(r#"{"user_locaton":"jetty"}"#).is_err());
    }
}
