//! Laying out a world and beginning a scene in it. Whatever comes from content is made from its templates here, so that no scene can
//! bring in somebody without a name.

use std::collections::BTreeSet;

use super::ownership::keep_one_place;
use crate::content::{Library, Location, Monster, Npc, Scenario, Scene};
use crate::state::GameState;

/// The scenario's own map, people and variables, as before the first scene.
pub(crate) fn lay_out(library: &Library, scenario: &Scenario, state: &mut GameState) {
    state.locations =
        scenario.locations.iter().map(|(key, def)| (key.clone(), make_location(library, key, def))).collect();
    state.npcs = scenario.npcs.iter().map(|(key, def)| (key.clone(), make_npc(library, def))).collect();
    state.vars.clone_from(&scenario.vars);
    keep_one_place(state);
}

/// Begins `scene`. What it defines replaces what was there under the same key; what only an earlier scene had goes, except the location
/// where the player is; everything else stays as the game has changed it. A redefined location keeps the items that were brought to it,
/// and a redefined NPC those that it was given: items that no definition of it lists. The scene's variables get their first values.
/// Items that an NPC or the player holds, or that lie elsewhere, are not there a second time.
pub(crate) fn begin_scene(library: &Library, scenario: &Scenario, key: &str, scene: &Scene, state: &mut GameState) {
    let stays = |key: &String| *key == state.user_location || scenario.locations.contains_key(key);
    state.locations.retain(|key, _| stays(key) || scene.locations.contains_key(key));
    let carried = carried_items(scenario, state);
    for (key, definition) in &scene.locations {
        let brought = brought_to(scenario, key, state.locations.remove(key));
        let mut location = make_location(library, key, definition);
        location.items.retain(|item| !carried.contains(item));
        location.items.extend(brought);
        // Who was defeated does not come back because a scene repeats where they were.
        location.monsters.retain(|id, _| !state.defeated.contains(id));
        state.locations.insert(key.clone(), location);
    }

    state.npcs.retain(|key, _| scenario.npcs.contains_key(key) || scene.npcs.contains_key(key));
    for (key, definition) in &scene.npcs {
        let given = given_to(library, scenario, key, state.npcs.remove(key));
        let mut npc = make_npc(library, definition);
        if state.defeated.contains(key) {
            npc.hp = 0;
            npc.items.clear();
        }
        npc.items.retain(|item| !given.contains(item));
        npc.items.extend(given);
        state.npcs.insert(key.clone(), npc);
    }

    // A rule of the scenario stays latched: its condition has not been false in between because a scene began.
    let before = scenario.scenes.get(&state.scene_name);
    let is_replaced =
        |id: &String| scene.conditionals.contains_key(id) || before.is_some_and(|it| it.conditionals.contains_key(id));
    state.latched_conditionals.retain(|id| scenario.conditionals.contains_key(id) && !is_replaced(id));
    state.vars.extend(scene.vars.iter().map(|(name, value)| (name.clone(), value.clone())));
    key.clone_into(&mut state.scene_name);
    state.scene_turn_counter = 0;
    keep_one_place(state);
}

/// Takes away the places of earlier scenes that the player has left: such a place stays only while they stand on it.
/// Places that no scene defines were brought into the game by hand, and stay.
pub(crate) fn leave_behind(scenario: &Scenario, state: &mut GameState) {
    let scene = scenario.scenes.get(&state.scene_name);
    let here = &state.user_location;
    state.locations.retain(|key, _| {
        key == here
            || scenario.locations.contains_key(key)
            || scene.is_some_and(|scene| scene.locations.contains_key(key))
            || scenario.definitions_of_location(key).next().is_none()
    });
}

/// The items of `location`, the one under `key`, that no definition of it lists: they were brought there.
fn brought_to(scenario: &Scenario, key: &str, location: Option<Location>) -> Vec<String> {
    let items = location.into_iter().flat_map(|location| location.items);
    items
        .filter(|item| !scenario.definitions_of_location(key).any(|definition| definition.items.contains(item)))
        .collect()
}

/// The items of `npc`, the one under `key`, that no definition of it lists: they were given to it.
fn given_to(library: &Library, scenario: &Scenario, key: &str, npc: Option<Npc>) -> Vec<String> {
    let scenes = scenario.scenes.values().filter_map(|scene| scene.npcs.get(key));
    let definitions: Vec<_> =
        scenario.npcs.get(key).into_iter().chain(scenes).map(|definition| make_npc(library, definition)).collect();
    let items = npc.into_iter().flat_map(|npc| npc.items);
    items.filter(|item| !definitions.iter().any(|definition| definition.items.contains(item))).collect()
}

/// The items that lie where no definition lists them, or are in a container: they were brought there.
fn carried_items(scenario: &Scenario, state: &GameState) -> BTreeSet<String> {
    let items = state.locations.iter().flat_map(|(key, location)| location.items.iter().map(move |item| (key, item)));
    items
        .filter(|(key, item)| !scenario.definitions_of_location(key).any(|definition| definition.items.contains(item)))
        .map(|(_, item)| item.clone())
        .chain(state.containers.values().flat_map(|container| &container.contains).cloned())
        .collect()
}

/// A location with its monsters made from their templates. A monster without a name whose template is missing stays away.
pub(crate) fn make_location(library: &Library, key: &str, definition: &Location) -> Location {
    let monsters = definition
        .monsters
        .iter()
        .filter_map(|(id, monster)| Some((id.clone(), make_monster(library, id, key, monster)?)));
    Location { monsters: monsters.collect(), ..definition.clone() }
}

fn make_monster(library: &Library, id: &str, location: &str, definition: &Monster) -> Option<Monster> {
    let monster = definition.instance(id, location, library.monster(&definition.template_id));
    (!monster.name.is_empty()).then_some(monster)
}

/// An NPC made from its template. Without one, it is what it says of itself.
#[must_use]
pub fn make_npc(library: &Library, definition: &Npc) -> Npc {
    match library.npc(&definition.template_id) {
        Some(template) => definition.made_from(template),
        None => definition.clone().healthy(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{library, new_state, state_in_scene};

    #[test]
    fn templates_are_resolved_when_a_later_scene_brings_somebody_in() {
        let state = state_in_scene("rescue");
        assert_eq!(state.npcs["pilot"].name, "Mara Voss");
        assert_eq!(state.npcs["pilot"].hp, 11);
        let eel = &state.locations["reef"].monsters["eel_2"];
        assert_eq!((eel.name.as_str(), eel.hp, eel.location.as_str()), ("Eel", 6, "reef"));
    }

    #[test]
    fn what_the_game_changed_survives_unless_the_scene_defines_it() {
        let library = library();
        let scenario = library.scenario("lighthouse").unwrap();
        let mut state = new_state();
        state.locations.get_mut("lamp_room").unwrap().items.clear();
        state.locations.get_mut("jetty").unwrap().items.push("driftwood".into());
        state.npcs.get_mut("gull").unwrap().location = "lamp_room".into();

        begin_scene(&library, scenario, "rescue", &scenario.scenes["rescue"], &mut state);

        assert!(state.locations["lamp_room"].items.is_empty(), "the scene does not define the lamp room");
        assert_eq!(state.npcs["gull"].location, "lamp_room");
        assert_eq!(
            state.locations["jetty"].items,
            ["oar", "driftwood"],
            "the scene defines the jetty, driftwood was left there"
        );
        assert_eq!(state.vars["ship_seen"], "false");
        assert_eq!(state.scene_turn_counter, 0);
    }

    #[test]
    fn what_the_player_left_or_gave_away_survives_a_redefinition() {
        let mut library = library();
        library.rewrite_scenario("lighthouse", |scenario| {
            let gull = scenario.npcs["gull"].clone();
            scenario.scenes.get_mut("rescue").unwrap().npcs.insert("gull".into(), gull);
        });
        let scenario = library.scenario("lighthouse").unwrap();
        let mut state = new_state();
        state.user_inventory.clear();
        state.locations.get_mut("jetty").unwrap().items.extend(["lantern".into(), "matches".into()]);
        state.locations.get_mut("lamp_room").unwrap().items.retain(|item| item != "matches");
        state.npcs.get_mut("gull").unwrap().items = vec!["whistle".into()];
        begin_scene(&library, scenario, "rescue", &scenario.scenes["rescue"], &mut state);
        assert_eq!(state.locations["jetty"].items, ["oar", "lantern", "matches"]);
        assert_eq!(state.npcs["gull"].items, ["net", "whistle"]);
    }

    #[test]
    fn an_item_that_somebody_has_or_that_was_carried_away_is_not_created_again() {
        let library = library();
        let scenario = library.scenario("lighthouse").unwrap();

        let mut state = new_state();
        state.user_inventory.push("oar".into());
        begin_scene(&library, scenario, "rescue", &scenario.scenes["rescue"], &mut state);
        assert!(state.locations["jetty"].items.is_empty());

        let mut state = new_state();
        state.locations.get_mut("lamp_room").unwrap().items.push("oar".into());
        begin_scene(&library, scenario, "rescue", &scenario.scenes["rescue"], &mut state);
        assert!(state.locations["jetty"].items.is_empty());
        assert!(state.locations["lamp_room"].items.contains(&"oar".to_owned()));
    }

    #[test]
    fn a_scenes_own_places_go_with_it_but_not_from_under_the_player() {
        let library = library();
        let scenario = library.scenario("lighthouse").unwrap();
        for (location, remains) in [("jetty", false), ("reef", true)] {
            let mut state = state_in_scene("rescue");
            state.user_location = location.into();
            begin_scene(&library, scenario, "storm", &scenario.scenes["storm"], &mut state);
            assert_eq!(state.locations.contains_key("reef"), remains, "standing on the {location}");
            assert!(!state.npcs.contains_key("pilot"));

            state.locations.insert("islet".into(), Location::default());
            leave_behind(scenario, &mut state);
            assert_eq!(state.locations.contains_key("reef"), remains, "standing on the {location}");
            state.user_location = "jetty".into();
            leave_behind(scenario, &mut state);
            assert!(!state.locations.contains_key("reef"), "left behind");
            assert!(state.locations.contains_key("islet"), "no scene ever defined it");
        }
    }
}
