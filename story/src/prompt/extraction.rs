//! The extracting model's prompt: what the world was, what was said, and what is asked for.

use std::collections::BTreeMap;

use serde::Serialize;

use super::headings::{Tag, block};
use super::input::Input;
use super::narration::input_text;
use super::quote::quoted;
use super::scope::{far_npcs, far_places, neighbours};
use super::text::{
    EXTRACTION, EXTRACTION_OF_ATTACKS, EXTRACTION_REQUEST, FIGHT_RULE, GLOBAL_RULES, OPENING_RULE, movement_rule,
    read_in,
};
use super::{Prompt, PromptError, script};
use crate::content::{Library, Location, Monster, Npc, Scenario, Scene};
use crate::state::{Container, GameState, Rules};
use crate::world::{Fighter, Health, can_be_opened, health, inside_open, is_dark, location_key, opponents};

/// What the extracting model gets to say what `narration`, the narrator's answer to `input`, changed in `state`.
///
/// One system message, the same for a whole scene, and one user message with `<before>` (JSON), `<player>` (or `<story_event>`) and
/// `<narrator>`, each tag on a line of its own, then the request.
pub fn extraction_prompt(
    library: &Library,
    state: &GameState,
    input: &Input,
    narration: &str,
) -> Result<Prompt, PromptError> {
    let (scenario, scene) = script(library, state)?;
    let rules = match input {
        Input::Player { .. } => state.rules,
        Input::StoryEvent { .. } => Rules::Relaxed,
    };
    let parts = [
        block(Tag::Before, &quoted(&Before::of(state).to_json())),
        input_text(state, input),
        block(Tag::Narrator, &quoted(narration)),
        EXTRACTION_REQUEST.to_owned(),
    ];
    Ok(Prompt::new(instructions(scenario, scene, state, rules), [], parts.join("\n")))
}

fn instructions(scenario: &Scenario, scene: Option<&Scene>, state: &GameState, rules: Rules) -> String {
    let of_scene = scene.iter().flat_map(|scene| &scene.contingency_rules);
    let own = scenario.contingency_rules.iter().chain(of_scene).map(String::as_str);
    let movement = movement_rule(rules);
    let fights = opponents(state).next().is_some();
    let global = if fights { [FIGHT_RULE, GLOBAL_RULES[1]] } else { GLOBAL_RULES };
    let opening = (!state.containers.is_empty()).then_some(OPENING_RULE);
    let rules: Vec<_> =
        [movement].into_iter().chain(global).chain(opening).chain(own).map(|rule| format!("- {rule}")).collect();
    let extraction = if fights { with_attacks() } else { EXTRACTION.to_owned() };
    let mut text = format!(
        "{extraction}\n\nRules of this story. When one applies, its effect must be in your answer:\n{}",
        rules.join("\n")
    );
    if let Some(language) = &state.language {
        text.push_str("\n\n");
        text.push_str(&read_in(language));
    }
    if !scenario.scenes.is_empty() {
        let scenes: Vec<_> = scenario.scenes.keys().map(String::as_str).collect();
        text.push_str("\n\nScenes: ");
        text.push_str(&scenes.join(", "));
    }
    text
}

/// The instructions with attacks among the fields and in the examples.
fn with_attacks() -> String {
    let field = "\n- game_ended: ";
    let with_field = EXTRACTION.replacen(field, &format!("\n{EXTRACTION_OF_ATTACKS}{field}"), 1);
    with_field.replace("\"game_ended\":false}", "\"game_ended\":false,\"attacks\":[]}")
}

/// What the extracting model sees of the state: the player's surroundings, and what is important.
#[derive(Serialize)]
struct Before<'a> {
    scene_name: &'a str,
    turn_counter: u64,
    scene_turn_counter: u64,
    is_ended: bool,
    just_entered: bool,
    user_location: &'a str,
    user_inventory: &'a [String],
    vars: &'a BTreeMap<String, String>,
    locations: BTreeMap<&'a str, Place<'a>>,
    npcs: BTreeMap<&'a str, Person<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    monsters: BTreeMap<&'a str, Creature<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    already_decided: &'a [String],
    /// The items here and with the player that hold others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    containers: BTreeMap<&'a str, Holds<'a>>,
    /// Whether nothing can be seen where the player is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_dark: bool,
}

#[derive(Serialize)]
struct Place<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    exits: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    blocked_exits: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    items: &'a [String],
}

/// What is in a container, where the player could see or open it.
#[derive(Serialize)]
struct Holds<'a> {
    is: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'a [String]>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    location: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    items: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
}

#[derive(Serialize)]
struct Creature<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
}

impl<'a> Before<'a> {
    fn of(state: &'a GameState) -> Self {
        let here = state.current_location().map(|location| (state.user_location.as_str(), location));
        let near = neighbours(state).into_iter().map(|(key, neighbour)| (key, neighbour.location));
        let places = here.into_iter().chain(near).chain(far_places(state));
        let monsters = here.iter().flat_map(|(_, location)| &location.monsters);
        Self {
            scene_name: &state.scene_name,
            turn_counter: state.turn_counter,
            scene_turn_counter: state.scene_turn_counter,
            is_ended: state.is_ended,
            just_entered: state.just_entered,
            user_location: &state.user_location,
            user_inventory: &state.user_inventory,
            vars: &state.vars,
            locations: places.map(|(key, location)| (key, Place::of(state, key, location))).collect(),
            npcs: state
                .npcs_here()
                .chain(far_npcs(state))
                .map(|(key, npc)| (key, Person::of(state, key, npc)))
                .collect(),
            monsters: monsters.map(|(id, monster)| (id.as_str(), Creature::of(state, id, monster))).collect(),
            containers: containers(state),
            is_dark: is_dark(state, &state.user_location),
            already_decided: if opponents(state).next().is_some() { &state.decided } else { &[] },
        }
    }

    /// Plain data without maps of odd keys always becomes JSON; an empty object replaces the impossible.
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

fn containers(state: &GameState) -> BTreeMap<&str, Holds<'_>> {
    let is_seen = !is_dark(state, &state.user_location);
    let here = state.current_location().filter(|_| is_seen).into_iter().flat_map(|location| &location.items);
    let carried = state.npcs_here().flat_map(|(_, npc)| &npc.items);
    let at_hand: Vec<&String> = here.chain(carried).chain(&state.user_inventory).collect();
    let inside = inside_open(state, at_hand.iter().copied());
    let all = at_hand.into_iter().chain(inside.into_iter().map(|(_, item)| item));
    all.filter_map(|item| state.containers.get_key_value(item))
        .map(|(name, container)| (name.as_str(), Holds::of(state, container)))
        .collect()
}

impl<'a> Holds<'a> {
    fn of(state: &GameState, container: &'a Container) -> Self {
        let is = match (container.closed, container.locked) {
            (false, _) => "open",
            (true, false) => "closed",
            (true, true) => "locked",
        };
        let is_known = !container.closed || can_be_opened(state, container);
        Self { is, items: is_known.then_some(container.contains.as_slice()) }
    }
}

impl<'a> Place<'a> {
    /// An exit that is blocked, or leads to a place that the scene does not have, is not listed as an exit.
    fn of(state: &GameState, key: &str, location: &'a Location) -> Self {
        let is_open = |(direction, target): &(&String, &String)| {
            !location.blocked_exits.contains_key(*direction) && location_key(&state.locations, target).is_some()
        };
        let text = |(direction, target): (&'a String, &'a String)| (direction.as_str(), target.as_str());
        Self {
            name: &location.name,
            exits: location.exits.iter().filter(is_open).map(text).collect(),
            blocked_exits: location.blocked_exits.iter().map(text).collect(),
            items: if is_dark(state, key) { &[] } else { &location.items },
        }
    }
}

impl<'a> Person<'a> {
    fn of(state: &GameState, key: &str, npc: &'a Npc) -> Self {
        let health = health(state, &Fighter::Npc(key.to_owned()));
        Self { name: &npc.name, location: &npc.location, items: &npc.items, health }
    }
}

impl<'a> Creature<'a> {
    fn of(state: &GameState, id: &str, monster: &'a Monster) -> Self {
        let health = health(state, &Fighter::Monster(state.user_location.clone(), id.to_owned()));
        Self { name: &monster.name, health }
    }
}
