//! The world state as the narrator reads it: where the player is, who and what is there, which ways are open. The same state always
//! gives the same text.

use std::fmt::Write;

use super::headings::{ITEMS_HERE, MONSTERS_HERE, NPCS_HERE, ONLY_EXITS, Tag, USUAL_EXITS, block};
use super::quote::quoted;
use super::scope::{far_npcs, far_places, neighbours};
use crate::content::{Location, Monster, Npc, Scenario};
use crate::state::{GameState, Rules};
use crate::world::{
    Exit, Fighter, Health, can_be_opened, exits, health, inside_open, is_dark, location_key, opponents_here,
};

/// What is read in place of a description where nothing can be seen.
pub const DARK: &str = "It is dark here. Nothing can be seen or taken until there is light.";

/// What is said of an item that is closed.
pub const CLOSED: &str = "It is closed: what is in it can be neither seen nor taken until it is opened.";

/// What is said of an item that is locked.
pub const LOCKED: &str = "It is locked: what is in it can be neither seen nor taken.";

/// What is said of a container that is open, before what is in it.
pub const IN_IT: &str = "It is open. In it:";

/// What is said of one that is open and empty.
pub const EMPTY: &str = "It is open and empty.";

/// What is said of one that the player can open, before what is in it: whoever narrates the opening must know.
pub const HIDDEN: &str = "Once it is opened, and not before, the player finds in it:";

/// What is said of one that the player can open and that is empty.
pub const HIDDEN_EMPTY: &str = "Once it is opened, and not before, the player finds that it is empty.";

/// The `<world_state>` block. Models give things their names and variables their values, and players bring whole states: nothing of it is
/// structure but the tags of the parts.
pub(super) fn world_state(scenario: &Scenario, state: &GameState) -> String {
    let blocks = [
        Some(format!("{}{}{}", Tag::JustEntered.open(), state.just_entered, Tag::JustEntered.close())),
        Some(block(Tag::CurrentLocation, &quoted(&current_location(state)))),
        optional_block(Tag::AdjacentPreviews, &previews(state)),
        optional_block(Tag::NpcsElsewhere, &npcs_elsewhere(state)),
        optional_block(Tag::AboutItems, &about_items(scenario, state)),
        optional_block(Tag::UserInventory, &state.user_inventory.join(", ")),
        optional_block(Tag::PlayerHealth, &player_health(state)),
    ];
    let blocks: Vec<_> = blocks.into_iter().flatten().collect();
    block(Tag::WorldState, &blocks.join("\n\n"))
}

fn optional_block(tag: Tag, content: &str) -> Option<String> {
    (!content.is_empty()).then(|| block(tag, &quoted(content)))
}

/// How the player character is, while there is somebody to fight.
fn player_health(state: &GameState) -> String {
    let health = health(state, &Fighter::Player).filter(|_| opponents_here(state).next().is_some());
    let numbers = || shows_numbers(state).then_some(state.pc.as_ref()).flatten();
    match (health, numbers()) {
        (None, _) => String::new(),
        (Some(health), None) => health.words().to_owned(),
        (Some(health), Some(pc)) => format!("{} (HP: {}/{})", health.words(), pc.hp, pc.max_hp),
    }
}

fn shows_numbers(state: &GameState) -> bool {
    state.conflict.is_some_and(|conflict| conflict.numbers)
}

fn current_location(state: &GameState) -> String {
    let Some(location) = state.current_location() else {
        return "An unknown place. Keep the player there until the story says where they are.".to_owned();
    };
    let is_dark = is_dark(state, &state.user_location);
    let description = if is_dark { DARK.to_owned() } else { location.description.read(state) };
    let paragraphs = [
        Some(format!("{}\n{description}", display_name(&state.user_location, location))),
        Some(contents(state, location)),
        Some(exit_list(state, location)),
    ];
    let paragraphs: Vec<_> = paragraphs.into_iter().flatten().filter(|paragraph| !paragraph.is_empty()).collect();
    paragraphs.join("\n\n")
}

fn contents(state: &GameState, location: &Location) -> String {
    let mut lines = Vec::new();
    if is_dark(state, &state.user_location) {
        // Who is there can be heard, and not seen.
        let names = state.npcs_here().map(|(key, npc)| format!("- {}", npc_name(key, npc)));
        let names: Vec<_> = names.collect();
        return if names.is_empty() { String::new() } else { format!("NPCs here:\n{}", names.join("\n")) };
    }
    if !location.items.is_empty() {
        lines.push(format!("{ITEMS_HERE} {}", location.items.join(", ")));
    }
    let npcs: Vec<_> = state.npcs_here().map(|(key, npc)| describe_npc(state, key, npc)).collect();
    if !npcs.is_empty() {
        lines.push(NPCS_HERE.to_owned());
        lines.extend(npcs);
    }
    if !location.monsters.is_empty() {
        lines.push(MONSTERS_HERE.to_owned());
        lines.extend(location.monsters.iter().map(|(id, monster)| describe_monster(state, id, monster)));
    }
    lines.join("\n")
}

/// `- Name (type; disposition): description Carries: items`, without what there is not.
fn describe_npc(state: &GameState, key: &str, npc: &Npc) -> String {
    let mut line = format!("- {}", npc_name(key, npc));
    let health = health(state, &Fighter::Npc(key.to_owned())).map_or("", Health::words);
    let traits: Vec<_> =
        [npc.kind.as_str(), &npc.disposition, health].into_iter().filter(|text| !text.is_empty()).collect();
    if !traits.is_empty() {
        let _ = write!(line, " ({})", traits.join("; "));
    }
    let description = npc.description.read(state);
    if !description.is_empty() {
        let _ = write!(line, ": {description}");
    }
    if !npc.items.is_empty() {
        let _ = write!(line, " Carries: {}", npc.items.join(", "));
    }
    line
}

fn describe_monster(state: &GameState, id: &str, monster: &Monster) -> String {
    let fighter = Fighter::Monster(state.user_location.clone(), id.to_owned());
    if let Some(health) = health(state, &fighter).filter(|_| !shows_numbers(state)) {
        return format!("- {} ({}): {}", monster.name, health.words(), monster.description.read(state));
    }
    format!(
        "- {} (AC: {}, HP: {}/{}): {}",
        monster.name,
        monster.ac,
        monster.hp,
        monster.max_hp,
        monster.description.read(state)
    )
}

/// `- direction -> Name` or `- direction is blocked (reason)`, sorted by direction. Where a blocked exit would lead is not said, and an
/// exit to a place that the scene does not have is not listed.
fn exit_list(state: &GameState, location: &Location) -> String {
    let line = |exit: Exit<'_>| {
        if let Some(reason) = exit.blocked {
            return Some(format!("- {} is blocked ({reason})", exit.direction));
        }
        let key = location_key(&state.locations, exit.leads_to?)?;
        Some(format!("- {} -> {}", exit.direction, display_name(key, state.locations.get(key)?)))
    };
    let lines: Vec<_> = exits(location).into_iter().filter_map(line).collect();
    match (state.rules, lines.as_slice()) {
        (Rules::Strict, []) => "There is no exit.".to_owned(),
        (Rules::Relaxed, []) => String::new(),
        (Rules::Strict, lines) => format!("{ONLY_EXITS}\n{}", lines.join("\n")),
        (Rules::Relaxed, lines) => format!("{USUAL_EXITS}\n{}", lines.join("\n")),
    }
}

/// A sentence about each place next door, and the important ones far away. Never their descriptions.
fn previews(state: &GameState) -> String {
    let near = neighbours(state);
    let near = near.iter().map(|(key, neighbour)| {
        format!("- {}: {}", neighbour.directions.join("/"), name_and_preview(state, key, neighbour.location))
    });
    let far =
        far_places(state).map(|(key, location)| format!("- elsewhere: {}", name_and_preview(state, key, location)));
    near.chain(far).collect::<Vec<_>>().join("\n")
}

fn name_and_preview(state: &GameState, key: &str, location: &Location) -> String {
    let name = display_name(key, location);
    let preview = location.preview.read(state);
    let been_there = if state.visited_locations.contains(key) { " (visited)" } else { "" };
    if preview.is_empty() { format!("{name}{been_there}") } else { format!("{name}{been_there} - {preview}") }
}

/// What the author says of the items that lie here, that people here carry and that the player holds, and of what is in the open containers
/// among them.
fn about_items(scenario: &Scenario, state: &GameState) -> String {
    let is_seen = !is_dark(state, &state.user_location);
    let here = state.current_location().filter(|_| is_seen).into_iter().flat_map(|location| &location.items);
    let carried = state.npcs_here().filter(|_| is_seen).flat_map(|(_, npc)| &npc.items);
    let at_hand: Vec<&String> = here.chain(carried).chain(&state.user_inventory).collect();
    let inside = inside_open(state, at_hand.iter().copied());
    let line = |item: &String| {
        let known = scenario.item(item);
        let description = known.map(|known| known.description.read(state)).unwrap_or_default();
        let fixed = if known.is_some_and(|known| known.fixed) { " It cannot be taken away." } else { "" };
        let about = format!("{description}{fixed}{}", how_closed(state, item));
        (!about.is_empty()).then(|| format!("- {item}: {}", about.trim()))
    };
    let lines = at_hand.into_iter().chain(inside.into_iter().map(|(_, item)| item)).filter_map(line);
    lines.collect::<Vec<_>>().join("\n")
}

/// Of a container, whether it is open and what is in it, or what opens it; nothing of any other item. What is in it stands last.
fn how_closed(state: &GameState, item: &str) -> String {
    let Some(container) = state.containers.get(item) else { return String::new() };
    let inside = container.contains.join(", ");
    if !container.closed {
        return if inside.is_empty() { format!(" {EMPTY}") } else { format!(" {IN_IT} {inside}.") };
    }
    let how = match (container.locked, &container.key) {
        (false, _) => CLOSED.to_owned(),
        (true, Some(key)) => format!("{LOCKED} Only the {key} opens it."),
        (true, None) => format!("{LOCKED} Nothing that the player can do opens it."),
    };
    match (can_be_opened(state, container), inside.as_str()) {
        (false, _) => format!(" {how}"),
        (true, "") => format!(" {how} {HIDDEN_EMPTY}"),
        (true, inside) => format!(" {how} {HIDDEN} {inside}."),
    }
}

fn npcs_elsewhere(state: &GameState) -> String {
    let lines: Vec<_> = far_npcs(state)
        .map(|(key, npc)| {
            let place = state
                .locations
                .get(&npc.location)
                .map_or("whereabouts unknown", |place| display_name(&npc.location, place));
            format!("- {}: {place}", npc_name(key, npc))
        })
        .collect();
    lines.join("\n")
}

fn display_name<'a>(key: &'a str, location: &'a Location) -> &'a str {
    if location.name.trim().is_empty() { key } else { location.name.trim() }
}

fn npc_name<'a>(key: &'a str, npc: &'a Npc) -> &'a str {
    if npc.name.trim().is_empty() { key } else { npc.name.trim() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{library, new_state};

    fn scenario() -> Scenario {
        library().scenario("lighthouse").unwrap().clone()
    }

    #[test]
    fn a_blocked_exit_is_shown_as_blocked_and_nowhere_as_a_way() {
        let text = world_state(&scenario(), &new_state());
        assert!(text.contains("- north is blocked (The causeway is under water.)"), "{text}");
        assert!(text.contains("there are no others):\n- north is"), "{text}");
        assert!(!text.contains("Causeway"), "{text}");
        assert!(!text.contains("boat"), "the reef is not in this scene: {text}");
    }

    #[test]
    fn next_door_is_previewed_and_what_lies_beyond_is_not_told() {
        let text = world_state(&scenario(), &new_state());
        assert!(text.contains("- up: Lamp Room - A stair winds up to glass."), "{text}");
        for secret in ["The great lens", "matches", "Sea Cave", "iron walk"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }

    #[test]
    fn what_is_important_is_known_from_afar() {
        let text = world_state(&scenario(), &new_state());
        assert!(text.contains("- elsewhere: Gallery"), "{text}");
        assert!(text.contains("<npcs_elsewhere>\n- The Inspector: Gallery\n</npcs_elsewhere>"), "{text}");
    }

    #[test]
    fn people_are_shown_with_what_they_are_and_carry() {
        let text = world_state(&scenario(), &new_state());
        let line = "- Old Gull (fisher; wary): A fisher who has seen worse nights. Carries: net";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn what_varies_is_told_as_it_is_now_and_where_the_player_has_been_is_said() {
        let mut state = new_state();
        state.visited_locations.insert("lamp_room".into());
        let text = serde_json::json!([
            { "when": { "vars": { "lamp_lit": "true" } }, "text": "Light goes round.", "else": "It is dark." },
            { "once": true, "text": "You have never been so wet." }
        ]);
        state.locations.get_mut("jetty").unwrap().description = serde_json::from_value(text).unwrap();
        let prompt = world_state(&scenario(), &state);
        assert!(prompt.contains("\nIt is dark. You have never been so wet."), "{prompt}");
        assert!(prompt.contains("- up: Lamp Room (visited) - A stair winds up to glass."), "{prompt}");
        state.vars.insert("lamp_lit".into(), "true".into());
        state.returned_to.insert("jetty".into());
        assert!(world_state(&scenario(), &state).contains("\nLight goes round.\n"));
    }

    #[test]
    fn an_unknown_place_has_no_ways_out() {
        let text = world_state(&scenario(), &GameState { user_location: "moon".into(), ..new_state() });
        assert!(text.contains("An unknown place.") && !text.contains("->"), "{text}");
    }

    #[test]
    fn what_the_author_says_of_items_at_hand_is_told_and_of_no_others() {
        let mut scenario = scenario();
        for (item, about) in [("oar", "Split."), ("matches", "Damp."), ("lantern", "Lit.")] {
            let fixed = item == "oar";
            scenario.items.insert(
                item.to_owned(),
                crate::content::Item { description: about.into(), fixed, ..Default::default() },
            );
        }
        let state = GameState { user_inventory: vec!["lantern".into()], ..new_state() };
        let text = world_state(&scenario, &state);
        let about = "<about_items>\n- oar: Split. It cannot be taken away.\n- lantern: Lit.\n</about_items>";
        assert!(text.contains(about) && !text.contains("Damp"), "{text}");
    }
}
