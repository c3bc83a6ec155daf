//! Items that hold others, and dark places: keys that are nowhere or locked in, items in themselves or in two places, and darkness without
//! light.

use std::collections::BTreeSet;

use super::conditions::check_when;
use super::context::Context;
use super::report::{Report, at, nth};
use crate::content::{Conditional, Item, Lit, Scenario};
use crate::delta::{ItemAction, ItemEvent};
use crate::suggest::nearest;
use crate::when::When;

pub(super) fn check(context: &Context<'_>, name: &str, item: &Item, provided: &BTreeSet<String>, report: &mut Report) {
    let scenario = context.scenario;
    let pointer = at("/items", name);
    if let Some(Lit::While(when)) = &item.lit {
        check_when(Some(context), when, &at(&pointer, "lit"), report);
    }
    if let Some(key) = &item.key {
        if !provided.contains(key) {
            let near = nearest(key, provided.iter().map(String::as_str));
            let help = near.map_or_else(|| "put it somewhere".to_owned(), |near| format!("did you mean `{near}`?"));
            report
                .error(at(&pointer, "key"), format!("the key `{key}` exists nowhere, so nothing opens `{name}`"))
                .help(help);
        } else if is_inside(scenario, key, name) {
            report
                .error(at(&pointer, "key"), format!("the key `{key}` is in `{name}` itself, which it opens"))
                .help("put it somewhere else");
        } else if let Some(way) = locked_in(scenario, name).filter(|_| item.locked) {
            let lost = item
                .contains
                .first()
                .map_or_else(String::new, |inside| format!(", and nobody can ever get at `{inside}`"));
            report
                .error(
                    at(&pointer, "key"),
                    format!("the key `{key}` can only be got by opening `{name}` first: {way}{lost}"),
                )
                .help("put one of the keys where it can be reached, or open one of them by a conditional");
        }
        let asks = |conditional: &Conditional| asks_whether_locked(&conditional.when, name);
        if !item.locked && !scenario.conditionals().any(asks) {
            report
                .warning(
                    at(&pointer, "key"),
                    format!("`{name}` is not `locked`, so it needs no key until the player locks it"),
                )
                .help("say `locked`, or leave `key` out");
        }
    } else if item.locked && !opened_by_conditional(scenario, name) {
        report
            .warning(
                at(&pointer, "locked"),
                format!("`{name}` has no `key`, and no conditional opens it, so it stays locked"),
            )
            .help("name its `key`, or open it in a conditional with the action `open`");
    }
    for (index, inside) in item.contains.iter().enumerate() {
        let place = nth(&at(&pointer, "contains"), index);
        if inside == name {
            report.error(place, format!("`{name}` contains itself")).help("take it out of the list");
        } else if is_inside(scenario, name, inside) {
            report
                .error(place, format!("`{name}` is in itself, by way of `{inside}`, so nobody can ever get at it"))
                .help("an item can be in another one only if that one is not in it");
        } else if let Some(other) = other_place(scenario, name, inside) {
            report
                .warning(place, format!("`{inside}` is also {other}: there is one of each item"))
                .help("list an item in one place, or give the two different names");
        }
    }
}

/// Dark places of a story in which nothing ever gives light.
pub(super) fn check_light(scenario: &Scenario, report: &mut Report) {
    if scenario.items.values().any(|item| item.lit.is_some()) {
        return;
    }
    let of_scenario = scenario.locations.iter().map(|(key, location)| (at("/locations", key), location));
    let of_scenes = scenario.scenes.iter().flat_map(|(scene, definition)| {
        let pointer = at(&at("/scenes", scene), "locations");
        definition.locations.iter().map(move |(key, location)| (at(&pointer, key), location))
    });
    for (pointer, _) in of_scenario.chain(of_scenes).filter(|(_, location)| location.dark) {
        report
            .warning(at(&pointer, "dark"), "no item of the story gives light, so nothing can ever be seen here")
            .help("give an item `\"lit\": true`, or a condition on which it is lit");
    }
}

/// Whether `item` is in `container`, at any depth.
fn is_inside(scenario: &Scenario, item: &str, container: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![container];
    while let Some(next) = open.pop() {
        let is_new = seen.insert(next);
        let Some(contains) = scenario.items.get(next).map(|item| &item.contains).filter(|_| is_new) else { continue };
        if contains.iter().any(|inside| inside == item) {
            return true;
        }
        open.extend(contains.iter().map(String::as_str));
    }
    false
}

/// How the key of `container` is locked in, as a chain of keys and containers; `None` if a player can come by it. What a conditional
/// hands out or opens is never locked in.
fn locked_in(scenario: &Scenario, container: &str) -> Option<String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    loop {
        let mut more = false;
        for (name, item) in scenario.items.iter().filter(|(_, item)| item.is_container()) {
            let has_key = || item.key.as_deref().is_some_and(|key| can_be_had(scenario, key, &open));
            let opens = !item.locked || opened_by_conditional(scenario, name) || has_key();
            more |= opens && can_be_had(scenario, name, &open) && open.insert(name);
        }
        if !more {
            break;
        }
    }
    if open.contains(container) {
        return None;
    }
    let mut chain = Vec::new();
    let mut at = container;
    while !chain.iter().any(|(_, seen)| *seen == at) {
        let key = scenario.items.get(at)?.key.as_deref()?;
        let (holder, _) = scenario.items.iter().find(|(_, item)| item.contains.iter().any(|inside| inside == key))?;
        chain.push((key, at));
        at = holder;
    }
    let links = chain.iter().map(|(key, container)| {
        let holder = scenario.items.iter().find(|(_, item)| item.contains.iter().any(|inside| inside == key));
        format!("`{key}` opens `{container}` and is in `{}`", holder.map_or("", |(name, _)| name.as_str()))
    });
    (at == container).then(|| links.collect::<Vec<_>>().join(", "))
}

/// Whether `item` is not in a container, or in one of `open`, or handed out.
fn can_be_had(scenario: &Scenario, item: &str, open: &BTreeSet<&str>) -> bool {
    let mut holders =
        scenario.items.iter().filter(|(_, other)| other.contains.iter().any(|inside| inside == item)).peekable();
    holders.peek().is_none()
        || holders.any(|(name, _)| open.contains(name.as_str()))
        || other_place(scenario, "", item).is_some_and(|place| !place.starts_with("in "))
        || scenario.conditionals().any(|conditional| {
            let gets = |event: &ItemEvent| event.item == item && event.action == ItemAction::Acquire;
            conditional.then.item_events.iter().any(gets)
        })
}

fn asks_whether_locked(when: &When, container: &str) -> bool {
    when.locked.iter().any(|name| name == container)
        || when.any.iter().chain(when.not.as_deref()).any(|inner| asks_whether_locked(inner, container))
}

fn opened_by_conditional(scenario: &Scenario, container: &str) -> bool {
    let opens = |event: &ItemEvent| event.item == container && event.action == ItemAction::Open;
    scenario.conditionals().any(|conditional| conditional.then.item_events.iter().any(opens))
}

/// Where else `item` is from the beginning.
fn other_place(scenario: &Scenario, container: &str, item: &str) -> Option<String> {
    let holds = |items: &[String]| items.iter().any(|other| other == item);
    let place = scenario.locations.iter().find(|(_, location)| holds(&location.items));
    let person = || scenario.npcs.iter().find(|(_, npc)| holds(&npc.items));
    let other = || scenario.items.iter().find(|(name, other)| *name != container && holds(&other.contains));
    place
        .map(|(key, _)| format!("at the location `{key}`"))
        .or_else(|| person().map(|(key, _)| format!("with the NPC `{key}`")))
        .or_else(|| other().map(|(name, _)| format!("in `{name}`")))
        .or_else(|| holds(&scenario.opening_inventory).then(|| "with the player".to_owned()))
}
