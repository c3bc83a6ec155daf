//! What a player can do in a state, as the deltas that a model would extract.

use super::relevant::{Deed, Relevant};
use crate::content::Scenario;
use crate::delta::{Attack, Delta, HolderKind, HolderRef, ItemAction, ItemEvent};
use crate::state::GameState;
use crate::world::{Fighter, PLAYER, fit, inside_open, is_dark, open_exits, opponents_here};

/// One thing that can be done.
#[derive(Debug, Clone)]
pub(super) struct Move {
    /// As a player would say it.
    pub(super) label: String,
    pub(super) delta: Delta,
}

/// The moves of `state` that can make a difference, in a fixed order.
pub(super) fn moves(scenario: &Scenario, relevant: &Relevant, state: &GameState) -> Vec<Move> {
    let scene = state.scene_name.as_str();
    let mut moves = Vec::new();
    let is_fixed = |item: &str| scenario.item(item).is_some_and(|item| item.fixed);
    deeds(relevant, state, &mut moves);
    let here = state.current_location().filter(|_| !is_dark(state, &state.user_location));
    for item in here.into_iter().flat_map(|location| &location.items).filter(|item| relevant.asks_for(scene, item)) {
        if is_fixed(item) {
            continue;
        }
        moves.push(take(item, HolderKind::Location, None));
    }
    for (key, npc) in state.npcs_here() {
        // What a conditional hands out is had from the conditional; everything else may be had for the asking.
        let can_be_had =
            |item: &&String| relevant.asks_for(scene, item) && !relevant.handed_out.contains(*item) && !is_fixed(item);
        for item in npc.items.iter().filter(can_be_had) {
            moves.push(take(item, HolderKind::Npc, Some(key)));
        }
    }
    with_containers(scenario, relevant, state, &mut moves);
    makings(relevant, state, &mut moves);
    fights(relevant, state, &mut moves);
    for (direction, key, _) in open_exits(state) {
        let delta = Delta { user_location: Some(key.to_owned()), ..Delta::default() };
        moves.push(Move { label: format!("go {direction}"), delta });
    }
    // What lies in a place that goes with its scene goes with it.
    if !scenario.locations.contains_key(&state.user_location) {
        for item in state.user_inventory.iter().filter(|item| relevant.needs(scene, item)) {
            moves.push(put_down(item));
        }
    }
    let is_wanted_here = |item: &&String| relevant.placed.contains(&((*item).clone(), state.user_location.clone()));
    moves.extend(state.user_inventory.iter().filter(is_wanted_here).map(|item| put_down(item)));
    if relevant.scene_turns > 0 || relevant.turns > 0 || !relevant.chances.is_empty() {
        moves.push(Move { label: "wait".to_owned(), delta: Delta::default() });
    }
    moves
}

/// What is opened, closed, locked, put in and taken out, of the containers here and with the player. Closing, locking and putting in only
/// where a condition asks for it.
fn with_containers(scenario: &Scenario, relevant: &Relevant, state: &GameState, moves: &mut Vec<Move>) {
    if state.containers.is_empty() {
        return;
    }
    let here = state.current_location().filter(|_| !is_dark(state, &state.user_location));
    let at_hand: Vec<&String> =
        here.into_iter().flat_map(|location| &location.items).chain(&state.user_inventory).collect();
    let inside = inside_open(state, at_hand.iter().copied());
    for (container, item) in &inside {
        let is_fixed = scenario.item(item).is_some_and(|item| item.fixed);
        if relevant.asks_for(&state.scene_name, item) && !is_fixed {
            moves.push(take(item, HolderKind::Item, Some(container)));
        }
    }
    for name in at_hand.into_iter().chain(inside.into_iter().map(|(_, item)| item)) {
        let Some(container) = state.containers.get(name) else { continue };
        let has_key = container.key.as_ref().is_some_and(|key| state.user_inventory.contains(key));
        let mut act = |label: &str, action| {
            moves.push(Move { label: format!("{label} the {name}"), delta: of_item(name, action, None, false) });
        };
        if container.closed && (!container.locked || has_key) {
            act("open", ItemAction::Open);
        }
        if !container.closed && relevant.open.contains(name) {
            act("close", ItemAction::Close);
        }
        if !container.locked && has_key && relevant.locked.contains(name) {
            act("lock", ItemAction::Lock);
        }
        if !container.closed {
            let is_wanted = |item: &&String| relevant.put_in.contains(&((*item).clone(), name.clone()));
            moves.extend(state.user_inventory.iter().filter(is_wanted).map(|item| put_in(item, name)));
        }
    }
}

fn put_in(item: &str, container: &str) -> Move {
    let holder = |kind, name: Option<&str>| Some(HolderRef { kind, name: name.map(str::to_owned) });
    let event = ItemEvent {
        item: item.to_owned(),
        action: ItemAction::Move,
        from: holder(HolderKind::Player, None),
        to: holder(HolderKind::Item, Some(container)),
        consumed: false,
    };
    let delta = Delta { item_events: vec![event], ..Delta::default() };
    Move { label: format!("put the {item} into the {container}"), delta }
}

fn take(item: &str, kind: HolderKind, name: Option<&str>) -> Move {
    let from = HolderRef { kind, name: name.map(str::to_owned) };
    Move { label: format!("take the {item}"), delta: of_item(item, ItemAction::Acquire, Some(from), false) }
}

pub(super) fn put_down(item: &str) -> Move {
    let from = HolderRef { kind: HolderKind::Player, name: None };
    Move { label: format!("put down the {item}"), delta: of_item(item, ItemAction::Drop, Some(from), false) }
}

fn of_item(item: &str, action: ItemAction, from: Option<HolderRef>, consumed: bool) -> Delta {
    let event = ItemEvent { item: item.to_owned(), action, from, to: None, consumed };
    Delta { item_events: vec![event], ..Delta::default() }
}

/// Each opponent here is attacked and attacks, on turns of their own: what comes of several at once comes of one after the other, too. A
/// person is attacked only where a condition asks how they are, or for something that they would drop.
fn fights(relevant: &Relevant, state: &GameState, moves: &mut Vec<Move>) {
    if Fighter::Player.sheet(state).is_none() {
        return;
    }
    for opponent in opponents_here(state) {
        let (key, name) = (opponent.key(), opponent.name(state));
        let carries = opponent
            .sheet(state)
            .is_some_and(|sheet| sheet.items.iter().any(|item| relevant.asks_for(&state.scene_name, item)));
        let is_monster = matches!(opponent, Fighter::Monster(..));
        if is_monster || carries || relevant.hit_points.contains_key(key) {
            moves.push(Move { label: format!("attack {name}"), delta: attack(PLAYER, key) });
        }
        if is_monster || relevant.hit_points.contains_key(PLAYER) {
            moves.push(Move { label: format!("are attacked by {name}"), delta: attack(key, PLAYER) });
        }
    }
}

fn attack(attacker: &str, target: &str) -> Delta {
    let attack = Attack { attacker: attacker.to_owned(), target: target.to_owned(), item: None };
    Delta { attacks: vec![attack], ..Delta::default() }
}

/// What the rules speak of, where what they name is at hand and something would be different.
fn deeds(relevant: &Relevant, state: &GameState, moves: &mut Vec<Move>) {
    for deed in relevant.deeds(&state.scene_name) {
        let is_new = deed.delta.set_vars.iter().any(|(name, value)| state.vars.get(name) != Some(value))
            || Delta { set_vars: std::collections::BTreeMap::new(), ..deed.delta.clone() } != Delta::default();
        if is_new && deed.uses_up.iter().all(|item| holds(state, item)) && is_at_hand(deed, state) {
            moves.push(Move { label: deed.label.clone(), delta: deed.delta.clone() });
        }
    }
}

/// Making what a rule names and nobody placed, of the things that the rule names and the player holds.
fn makings(relevant: &Relevant, state: &GameState, moves: &mut Vec<Move>) {
    let unmade =
        relevant.items(&state.scene_name).filter(|item| !exists(state, item) && !relevant.handed_out.contains(*item));
    for item in unmade {
        let deeds = relevant.deeds(&state.scene_name);
        let Some(deed) = deeds.iter().find(|deed| deed.all_items.contains(item)) else { continue };
        let acquire = of_item(item, ItemAction::Acquire, None, false).item_events;
        let parts = state.user_inventory.iter().filter(|part| deed.all_items.contains(*part));
        let used = parts.flat_map(|part| of_item(part, ItemAction::Use, None, true).item_events);
        let delta = Delta { item_events: acquire.into_iter().chain(used).collect(), ..Delta::default() };
        moves.push(Move { label: format!("make the {item}"), delta });
    }
}

fn exists(state: &GameState, item: &str) -> bool {
    let lying = state.locations.values().flat_map(|location| &location.items);
    let carried = state.npcs.values().flat_map(|npc| &npc.items);
    let guarded = state.locations.values().flat_map(|place| place.monsters.values()).flat_map(|monster| &monster.items);
    let inside = state.containers.values().flat_map(|item| &item.contains);
    state.user_inventory.iter().chain(lying).chain(carried).chain(guarded).chain(inside).any(|known| known == item)
}

fn holds(state: &GameState, item: &str) -> bool {
    state.user_inventory.iter().any(|held| fit(item, held).is_some())
}

/// Whether the place that `deed` names is here, with the people and the monsters, and the items are here or held.
fn is_at_hand(deed: &Deed, state: &GameState) -> bool {
    let Some(here) = state.current_location() else { return false };
    if !deed.places.is_empty() && !deed.places.contains(&here.name) {
        return false;
    }
    let mut people = state.npcs.values().filter(|npc| deed.people.contains(&npc.name));
    if people.any(|npc| npc.location != state.user_location) {
        return false;
    }
    let is_here = |name: &String| here.monsters.values().any(|monster| monster.name == *name);
    let lives = |name: &&String| {
        state.locations.values().any(|place| place.monsters.values().any(|monster| monster.name == **name))
    };
    if deed.monsters.iter().filter(lives).any(|name| !is_here(name)) {
        return false;
    }
    let is_near = |item: &String| {
        state.user_inventory.contains(item)
            || here.items.contains(item)
            || state.npcs_here().any(|(_, npc)| npc.items.contains(item))
            || inside_open(state, here.items.iter().chain(&state.user_inventory))
                .iter()
                .any(|(_, inside)| *inside == item)
    };
    deed.items.iter().filter(|item| exists(state, item)).all(is_near)
}
