//! The map: exits that lead nowhere, unreachable rooms, things that are in two places.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::check_hints;
use super::context::Context;
use super::people::check_monster;
use super::report::{Report, at};
use super::texts::check_text;
use crate::content::{Location, Npc, Scenario};
use crate::world::{exits, location_key, make_npc};

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    for (key, location) in &scenario.locations {
        check_location(context, None, key, location, report);
    }
    for (scene, definition) in &scenario.scenes {
        for (key, location) in &definition.locations {
            check_location(context, Some(scene), key, location, report);
        }
    }
    check_reachability(context, report);
    check_places_of_items(context, "", &scenario.npcs, &scenario.locations, report);
    for (key, scene) in &scenario.scenes {
        check_places_of_items(context, &at("/scenes", key), &scene.npcs, &scene.locations, report);
    }
}

/// Where a definition of a location is in the file.
fn pointer_to(scene: Option<&str>, key: &str) -> String {
    let parent = scene.map_or(String::new(), |scene| at("/scenes", scene));
    at(&at(&parent, "locations"), key)
}

fn check_location(context: &Context<'_>, scene: Option<&str>, key: &str, location: &Location, report: &mut Report) {
    let pointer = pointer_to(scene, key);
    if location.name.trim().is_empty() {
        report.warning(at(&pointer, "name"), format!("the location `{key}` has no name"));
    }
    for exit in exits(location) {
        let Some(target) = exit.leads_to else { continue };
        let pointer = at(&at(&pointer, "exits"), exit.direction);
        if exit.blocked.is_some() {
            report
                .warning(&pointer, format!("`{}` is also in `blocked_exits`, so it is closed", exit.direction))
                .help("take it out of `exits`, or out of `blocked_exits` in the scene that opens it");
        }
        check_exit(context, scene, key, target, &pointer, report);
    }
    for (id, monster) in &location.monsters {
        check_monster(context, id, monster, &at(&at(&pointer, "monsters"), id), report);
    }
    if exits(location).is_empty() && !leaves_by_itself(context.scenario, key) {
        report
            .warning(at(&pointer, "exits"), format!("the location `{key}` has no way out"))
            .help("give it an exit, or a conditional that ends the game or takes the player away");
    }
    check_text(Some(context), &location.description, &at(&pointer, "description"), report);
    check_text(Some(context), &location.preview, &at(&pointer, "preview"), report);
    check_hints(Some(context), &location.contingency_prompts, &at(&pointer, "contingency_prompts"), report);
}

/// Whether a story of one place, or a conditional, explains that a location has no exit.
fn leaves_by_itself(scenario: &Scenario, key: &str) -> bool {
    let only = scenario.locations.len() <= 1 && scenario.scenes.values().all(|scene| scene.locations.is_empty());
    only || scenario.conditionals().any(|conditional| {
        let then = &conditional.then;
        conditional.when.location.as_deref() == Some(key)
            && (then.game_ended || then.user_location.is_some() || then.scene_change.is_some())
    })
}

fn check_exit(context: &Context<'_>, scene: Option<&str>, key: &str, target: &str, pointer: &str, report: &mut Report) {
    if !context.has_location(target) {
        report
            .error(pointer, format!("no scene has a location `{target}`"))
            .suggest(target, context.locations.iter().copied());
        return;
    }
    if location_key(&context.scenario.locations, target).is_some() {
        return;
    }
    let mut lacking = context.scenario.scenes.iter().filter(|(name, definition)| {
        let applies = match scene {
            Some(scene) => scene == name.as_str(),
            None => !definition.locations.contains_key(key),
        };
        applies && location_key(&definition.locations, target).is_none()
    });
    if let Some((name, _)) = lacking.next() {
        report
            .warning(
                pointer,
                format!("the scene `{name}` does not have the location `{target}`, so the exit is not there in it"),
            )
            .help("define the location in the scenario, or list the exit only in the scenes that have it");
    }
}

/// A room is reachable if an exit leads to it from a reachable one in any scene, or a conditional takes the player there.
fn check_reachability(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    let mut open: Vec<&str> = starts(scenario).filter_map(|name| key_of(context, name)).collect();
    if open.is_empty() {
        return;
    }
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    while let Some(key) = open.pop() {
        if reached.insert(key) {
            let ways = scenario.definitions_of_location(key).flat_map(exits).filter(|exit| exit.blocked.is_none());
            open.extend(ways.filter_map(|exit| key_of(context, exit.leads_to?)));
        }
    }
    let of_scenes = scenario
        .scenes
        .iter()
        .flat_map(|(scene, definition)| definition.locations.keys().map(move |key| (Some(scene.as_str()), key)));
    let all = scenario.locations.keys().map(|key| (None, key)).chain(of_scenes);
    let mut reported = BTreeSet::new();
    for (scene, key) in all.filter(|(_, key)| !reached.contains(key.as_str())) {
        if reported.insert(key) {
            report
                .warning(
                    pointer_to(scene, key),
                    format!("the player can never reach the location `{key}` in strict mode"),
                )
                .help("give a reachable location an open exit to it, or take the player there in a conditional");
        }
    }
}

fn starts(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let moves = scenario.conditionals().filter_map(|conditional| conditional.then.user_location.as_deref());
    std::iter::once(scenario.opening_location.as_str()).chain(moves)
}

fn key_of<'a>(context: &Context<'a>, name: &str) -> Option<&'a str> {
    let scenario: &'a Scenario = context.scenario;
    location_key(&scenario.locations, name)
        .or_else(|| scenario.scenes.values().find_map(|scene| location_key(&scene.locations, name)))
}

/// Within one set of definitions, an item that somebody carries cannot lie in a room as well.
fn check_places_of_items(
    context: &Context<'_>,
    pointer: &str,
    npcs: &BTreeMap<String, Npc>,
    locations: &BTreeMap<String, Location>,
    report: &mut Report,
) {
    let mut holders: BTreeMap<String, String> = BTreeMap::new();
    for (key, npc) in npcs {
        for item in make_npc(context.library, npc).items {
            if let Some(first) = holders.get(&item) {
                report.warning(
                    at(&at(&at(pointer, "npcs"), key), "items"),
                    format!("`{item}` is also with the NPC `{first}`, who keeps it: there is one of each item"),
                );
            } else {
                holders.insert(item, key.clone());
            }
        }
    }
    let mut lying: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, location) in locations {
        for item in &location.items {
            if let Some(first) = lying.insert(item, key).filter(|first| *first != key.as_str()) {
                report
                    .warning(
                        at(&at(&at(pointer, "locations"), key), "items"),
                        format!("`{item}` also lies in `{first}`: there is one of each item"),
                    )
                    .help("list an item in one place, or give the two different names");
            }
            if let Some(holder) = holders.get(item) {
                report
                    .warning(
                        at(&at(&at(pointer, "locations"), key), "items"),
                        format!("`{item}` is also with the NPC `{holder}`, who keeps it: there is one of each item"),
                    )
                    .help("list an item in one place");
            }
        }
    }
}
