//! `then`: effects that refer to what does not exist, or that are no effects.

use std::collections::BTreeMap;

use super::conflict;
use super::context::Context;
use super::report::{Report, at, nth};
use crate::content::{ContentKind, Location, Scenario};
use crate::delta::{Delta, HolderKind, HolderRef, ItemAction, MonsterAction, MonsterEvent};

pub(super) fn check(context: &Context<'_>, scene: &str, then: &Delta, pointer: &str, report: &mut Report) {
    if then.is_empty() {
        report
            .error(pointer, "nothing happens")
            .help("give it an effect, such as `set_vars`, `scene_change` or `prompt`");
    }
    if then.prompt.as_deref().is_some_and(|prompt| prompt.trim().is_empty()) {
        report.error(at(pointer, "prompt"), "the prompt is blank");
    }
    for (name, value) in &then.set_vars {
        let pointer = at(&at(pointer, "set_vars"), name);
        context.expect_var(name, &pointer, report);
        if value.strip_prefix('+').is_some_and(|amount| amount.trim().parse::<f64>().is_ok()) {
            report
                .warning(&pointer, format!("this sets `{name}` to the text `{value}`"))
                .help("to add to a variable, use `add_vars` with a number");
        }
    }
    for name in then.add_vars.keys() {
        context.expect_var(name, &at(&at(pointer, "add_vars"), name), report);
    }
    if let Some(ending) = &then.ending
        && !context.scenario.endings.contains_key(ending)
    {
        report
            .error(at(pointer, "ending"), format!("the scenario has no ending `{ending}`"))
            .suggest(ending, context.scenario.endings.keys().map(String::as_str));
    }
    if let Some(change) = &then.scene_change {
        let pointer = at(&at(pointer, "scene_change"), "to");
        context.expect_scene(&change.to, &pointer, report);
        if change.to == scene {
            report.warning(&pointer, "the scene is already this one, so nothing happens");
        }
    }
    if let Some(location) = &then.user_location {
        context.expect_location(location, &at(pointer, "user_location"), report);
    }
    check_items(context, then, pointer, report);
    check_npcs(context, then, pointer, report);
    conflict::check_effects(context, then, pointer, report);
    for (index, event) in then.monster_events.iter().enumerate() {
        check_monster(context, event, &nth(&at(pointer, "monster_events"), index), report);
    }
}

fn check_items(context: &Context<'_>, then: &Delta, pointer: &str, report: &mut Report) {
    for (index, event) in then.item_events.iter().enumerate() {
        let pointer = nth(&at(pointer, "item_events"), index);
        if event.item.trim().is_empty() {
            report.error(at(&pointer, "item"), "the item has no name");
        }
        if matches!(event.action, ItemAction::Open | ItemAction::Close | ItemAction::Lock) {
            context.expect_container(&event.item, &at(&pointer, "item"), report);
        }
        for (field, holder) in [("from", &event.from), ("to", &event.to)] {
            if let Some(holder) = holder {
                check_holder(context, holder, &at(&pointer, field), report);
            }
        }
    }
}

fn check_holder(context: &Context<'_>, holder: &HolderRef, pointer: &str, report: &mut Report) {
    let pointer = at(pointer, "name");
    match (holder.kind, holder.name.as_deref()) {
        (HolderKind::Npc, None) => {
            report.error(pointer, "which NPC is not said");
        }
        (HolderKind::Npc, Some(name)) => context.expect_npc(name, &pointer, report),
        (HolderKind::Location, Some(name)) => context.expect_location(name, &pointer, report),
        (HolderKind::Item, None) => {
            report.error(pointer, "which container is not said");
        }
        (HolderKind::Item, Some(name)) => context.expect_container(name, &pointer, report),
        (HolderKind::Player, _) | (HolderKind::Location, None) => {}
    }
}

fn check_npcs(context: &Context<'_>, then: &Delta, pointer: &str, report: &mut Report) {
    for (index, event) in then.npc_events.iter().enumerate() {
        let pointer = nth(&at(pointer, "npc_events"), index);
        context.expect_npc(&event.npc_id, &at(&pointer, "npc_id"), report);
        if let Some(location) = event.set_location.as_deref().filter(|location| !location.is_empty()) {
            context.expect_location(location, &at(&pointer, "set_location"), report);
        }
        if let Some(leader) = event.set_following.as_deref().map(str::trim)
            && !leader.is_empty()
            && !leader.eq_ignore_ascii_case("pc")
        {
            context.expect_npc(leader, &at(&pointer, "set_following"), report);
        }
    }
}

fn check_monster(context: &Context<'_>, event: &MonsterEvent, pointer: &str, report: &mut Report) {
    if event.instance_id.trim().is_empty() {
        report.error(at(pointer, "instance_id"), "the monster has no id");
    }
    if event.action == MonsterAction::Despawn {
        if !ever_appears(context.scenario, &event.instance_id) {
            report.warning(at(pointer, "instance_id"), format!("no monster `{}` ever appears", event.instance_id));
        }
        return;
    }
    match &event.location {
        Some(location) => context.expect_location(location, &at(pointer, "location"), report),
        None => {
            report.error(at(pointer, "location"), "a monster that appears needs a location");
        }
    }
    match &event.template {
        Some(template) if context.library.monster(template).is_none() => report
            .error(at(pointer, "template"), format!("there is no monster template `{template}`"))
            .suggest(template, context.library.ids(ContentKind::Monster)),
        None if event.name.is_none() => {
            report.error(pointer, "a monster that appears needs a `template` or a `name`");
        }
        Some(_) | None => {}
    }
}

fn ever_appears(scenario: &Scenario, id: &str) -> bool {
    let stands_in =
        |locations: &BTreeMap<String, Location>| locations.values().any(|location| location.monsters.contains_key(id));
    let spawns = |event: &MonsterEvent| event.action == MonsterAction::Spawn && event.instance_id == id;
    stands_in(&scenario.locations)
        || scenario.scenes.values().any(|scene| stands_in(&scene.locations))
        || scenario.conditionals().any(|conditional| conditional.then.monster_events.iter().any(spawns))
}
