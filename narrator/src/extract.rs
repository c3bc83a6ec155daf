//! The delta of a narration, read off its words: what it begins with says what was done.

use story::rule;
use story::script::Script;
use story::{Delta, HolderKind, HolderRef, ItemAction, ItemEvent, fit};

use crate::deeds::fighting::{self, REMEDY};
use crate::deeds::going::moved;
use crate::deeds::handling::{DROPPED, GIVEN, TAKEN};
use crate::deeds::opening::{CLOSED, LOCKED, OPENED};
use crate::deeds::stowing::{INTO, OUT_OF, PUT, vessel_called};
use crate::reading::sentence::clauses;
use crate::world::entries::Vessel;
use crate::world::rules;
use crate::world::view::View;

pub(crate) fn delta(view: &View<'_>, script: &Script, narration: &str) -> Delta {
    let mut delta = Delta::default();
    let mut view = view.clone();
    for part in narration.split("\n\n") {
        let mut next = Delta::default();
        read(&view, script, part.trim(), &mut next);
        // What was taken a sentence earlier is put down from the hand, and not from the floor.
        view.move_items(&next);
        delta.user_location = next.user_location.or(delta.user_location);
        delta.set_vars.extend(next.set_vars);
        delta.item_events.extend(next.item_events);
        delta.attacks.extend(next.attacks);
    }
    delta
}

fn read(view: &View<'_>, script: &Script, part: &str, delta: &mut Delta) {
    if let Some(beat) = script.beats.iter().find(|beat| beat.text.iter().any(|text| part.starts_with(text.as_str()))) {
        delta.set_vars.extend(beat.set.clone());
        delta.item_events.extend(beat.uses_up.iter().map(|item| used_up(item)));
        return;
    }
    if fighting::attacks(view, part, delta) {
        return;
    }
    let sentence = part.split(". ").next().unwrap_or_default().trim_end_matches('.');
    if let Some(direction) = part.starts_with("You ").then(|| moved(&format!("{sentence}."))).flatten() {
        delta.user_location = Some(direction);
    } else if let Some((names, vessel)) = sentence.strip_prefix(TAKEN).and_then(|taken| of_vessel(view, taken, OUT_OF))
    {
        let from = || Some(holder(HolderKind::Item, Some(vessel.name.clone())));
        let items = items(names, vessel.seen());
        delta.item_events.extend(items.iter().map(|item| event(item, ItemAction::Acquire, from(), None)));
    } else if let Some((names, vessel)) = sentence.strip_prefix(PUT).and_then(|put| of_vessel(view, put, INTO)) {
        let to = || Some(holder(HolderKind::Item, Some(vessel.name.clone())));
        let player = || Some(holder(HolderKind::Player, None));
        let items = items(names, &view.held);
        delta.item_events.extend(items.iter().map(|item| event(item, ItemAction::Move, player(), to())));
    } else if let Some(names) = sentence.strip_prefix(TAKEN) {
        let items = items(names, &view.items);
        let here = || Some(holder(HolderKind::Location, None));
        delta.item_events.extend(items.iter().map(|item| event(item, ItemAction::Acquire, here(), None)));
    } else if let Some(names) = sentence.strip_prefix(DROPPED) {
        let items = items(names, &view.held);
        let player = || Some(holder(HolderKind::Player, None));
        delta.item_events.extend(items.iter().map(|item| event(item, ItemAction::Drop, player(), None)));
    } else if let Some((item, action)) = opened_or_closed(view, sentence) {
        delta.item_events.push(event(item, action, None, None));
    } else if let Some(names) = sentence.strip_prefix(REMEDY) {
        delta.item_events.extend(items(names, &view.held).iter().map(|item| used_up(item)));
    } else if let Some((names, person)) = sentence.strip_prefix(GIVEN).and_then(|given| given.rsplit_once(" to ")) {
        let to = || Some(holder(HolderKind::Npc, Some(person.to_owned())));
        let player = || Some(holder(HolderKind::Player, None));
        delta
            .item_events
            .extend(items(names, &view.held).iter().map(|item| event(item, ItemAction::Give, player(), to())));
    } else if let Some(deed) = sentence.strip_prefix("You ") {
        by_rule(view, script, deed, delta);
    }
}

/// What is opened, closed or locked by a narration that begins so; a door of which a rule of the author speaks is none of it.
fn opened_or_closed<'v>(view: &'v View<'_>, sentence: &str) -> Option<(&'v str, ItemAction)> {
    let known = [(OPENED, ItemAction::Open), (CLOSED, ItemAction::Close), (LOCKED, ItemAction::Lock)];
    let (name, action) = known.into_iter().find_map(|(stem, action)| Some((sentence.strip_prefix(stem)?, action)))?;
    let name = name.split_once(" with ").map_or(name, |(name, _)| name);
    vessel_called(&view.vessels, name).map(|vessel| (vessel.name.as_str(), action))
}

/// The names before `word`, and the container behind it.
fn of_vessel<'v, 's>(view: &'v View<'_>, text: &'s str, word: &str) -> Option<(&'s str, &'v Vessel)> {
    let (names, vessel) = text.rsplit_once(word)?;
    Some((names, vessel_called(&view.vessels, vessel)?))
}

/// A deed that a rule of the author speaks of, told in the player's own words.
fn by_rule(view: &View<'_>, script: &Script, deed: &str, delta: &mut Delta) {
    let rules = view.rules();
    let mut rules = rules.iter().filter_map(|rule| rule::read(rule));
    let clauses = clauses(deed);
    let Some(rule) = rules.find(|rule| clauses.first().is_some_and(|clause| rules::is_done_by(rule, clause, view)))
    else {
        return;
    };
    if !script.beats.iter().any(|beat| rule.effect.set.keys().any(|name| beat.set.contains_key(name))) {
        delta.set_vars.extend(rule.effect.set);
        delta.item_events.extend(rule.effect.uses_up.iter().map(|item| used_up(item)));
    }
}

/// The items that `the lamp, the stamp and the ball of twine` names, as they are spelled in `known`.
fn items(names: &str, known: &[String]) -> Vec<String> {
    let parts = names.split(", ").flat_map(|part| part.split(" and "));
    parts.filter_map(|part| known.iter().find(|item| fit(part, item) == fit(item, item)).cloned()).collect()
}

fn event(item: &str, action: ItemAction, from: Option<HolderRef>, to: Option<HolderRef>) -> ItemEvent {
    ItemEvent { item: item.to_owned(), action, from, to, consumed: false }
}

fn used_up(item: &str) -> ItemEvent {
    ItemEvent { consumed: true, ..event(item, ItemAction::Use, None, None) }
}

const fn holder(kind: HolderKind, name: Option<String>) -> HolderRef {
    HolderRef { kind, name }
}
