//! Fights: what the author must say for them, and words about them in a story that has none.

use std::collections::BTreeSet;

use super::context::Context;
use super::report::{Report, at, nth, pointer_to};
use crate::content::{Latch, Location, Npc, Placed, Scenario};
use crate::delta::{Delta, MonsterAction};
use crate::when::When;
use crate::world::{PLAYER, fights, is_dangerous, make_npc};

/// What to write for a player who has no hit points left.
const EXAMPLE: &str = "write a conditional for it, such as `\"player_falls\": { \"when\": { \"defeated\": [\"player\"] }, \"once\": false, \"then\": { \
                       \"set_hp\": { \"player\": 1 }, \"user_location\": \"…\", \"prompt\": \"…\" } }`, or one with an `ending`";

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    if scenario.conflict.is_none() {
        return check_unused(scenario, report);
    }
    if !has_fighters(context, None) {
        report
            .warning(
                "/conflict",
                "there is nobody to fight: no monster has `max_hp`, and no person has `max_hp` and `damage`",
            )
            .help("give a monster `\"hp\"` and `\"max_hp\"`, or leave `conflict` out");
        return;
    }
    let pc = context.library.pc(&scenario.default_pc);
    if let Some(pc) = pc.filter(|pc| pc.max_hp <= 0) {
        report
            .error("/default_pc", format!("the character `{}` has no hit points and cannot fight", pc.id))
            .help("give it `\"hp\"` and `\"max_hp\"` in its file");
    }
    let scenes: Vec<&str> =
        if scenario.scenes.is_empty() { vec![""] } else { scenario.scenes.keys().map(String::as_str).collect() };
    for scene in scenes.into_iter().filter(|scene| has_fighters(context, Some(scene))) {
        check_fall(scenario, scene, report);
    }
}

/// Whether the scene has somebody to fight; without a scene, any.
fn has_fighters(context: &Context<'_>, scene: Option<&str>) -> bool {
    let scenario = context.scenario;
    let scenes = scenario.scenes.iter().filter(|(key, _)| scene.is_none_or(|scene| scene == key.as_str()));
    let scenes: Vec<_> = scenes.map(|(_, scene)| scene).collect();
    let of_location = |location: &Location| {
        location
            .monsters
            .iter()
            .any(|(id, monster)| is_dangerous(&monster.instance(id, "", context.library.monster(&monster.template_id))))
    };
    let of_npc = |npc: &Npc| fights(&make_npc(context.library, npc));
    let spawns = |then: &Delta| {
        then.monster_events.iter().any(|event| {
            let template = event.template.as_deref().and_then(|name| context.library.monster(name));
            let max_hp = event.max_hp.or_else(|| template.map(|monster| monster.max_hp)).unwrap_or_default();
            event.action == MonsterAction::Spawn && max_hp > 0
        })
    };
    let conditionals: Vec<Placed<'_>> = match scene {
        Some(scene) => scenario.conditionals_in(scene).collect(),
        None => scenario.placed_conditionals().collect(),
    };
    scenario.locations.values().chain(scenes.iter().flat_map(|scene| scene.locations.values())).any(of_location)
        || scenario.npcs.values().chain(scenes.iter().flat_map(|scene| scene.npcs.values())).any(of_npc)
        || conditionals.iter().any(|placed| spawns(&placed.conditional.then))
}

/// Where somebody can bring the player to no hit points, a conditional must say what then.
fn check_fall(scenario: &Scenario, scene: &str, report: &mut Report) {
    let falls: Vec<Placed<'_>> =
        scenario.conditionals_in(scene).filter(|placed| asks_of_fall(&placed.conditional.when)).collect();
    if falls.is_empty() {
        let (pointer, of) = match scene {
            "" => ("/conflict".to_owned(), String::new()),
            scene => (at("/scenes", scene), format!(" in the scene `{scene}`")),
        };
        report
            .error(
                pointer,
                format!("an opponent can leave the player without hit points{of}, and no conditional says what then"),
            )
            .help(EXAMPLE);
    }
    for placed in falls {
        let then = &placed.conditional.then;
        let ends = then.game_ended || then.ending.is_some();
        let raises = |amounts: &std::collections::BTreeMap<String, i64>| amounts.get(PLAYER).is_some_and(|hp| *hp > 0);
        let pointer = pointer_to(placed);
        if !ends && !raises(&then.set_hp) && !raises(&then.add_hp) {
            report
                .error(at(&pointer, "then"), "the player is left without hit points, so the game ends without a word")
                .help("give them some with `\"set_hp\": { \"player\": 1 }`, or end the game with an `ending`");
        }
        if !ends && placed.conditional.latch() == Latch::Once {
            report
                .warning(
                    &pointer,
                    "this happens once in a game; the next time that the player falls, the game ends without a word",
                )
                .help("write `\"once\": false`");
        }
    }
}

/// Whether the condition holds when the player has fallen, and asks for nothing that may not be.
fn asks_of_fall(when: &When) -> bool {
    when.defeated.iter().any(|who| who == PLAYER)
        || when.hp.get(PLAYER).is_some_and(|comparison| comparison.holds_of(0))
        || when.any.iter().any(asks_of_fall)
}

/// Effects, conditions and items of fights do nothing in a story without them.
fn check_unused(scenario: &Scenario, report: &mut Report) {
    const HELP: &str = "add `\"conflict\": {}` to the scenario, which has the rules decide fights";
    for (name, item) in &scenario.items {
        for (field, is_given) in [("damage", item.damage.is_some()), ("heals", item.heals.is_some())] {
            if is_given {
                report
                    .warning(at(&at("/items", name), field), "it does nothing: the scenario has no `conflict`")
                    .help(HELP);
            }
        }
    }
    for placed in scenario.placed_conditionals() {
        let (when, then) = (&placed.conditional.when, &placed.conditional.then);
        if asks(when) {
            report
                .error(
                    at(&pointer_to(placed), "when"),
                    "this never holds: the scenario has no `conflict`, so nobody is hurt or defeated",
                )
                .help(HELP);
        }
        if !then.attacks.is_empty() || !then.set_hp.is_empty() || !then.add_hp.is_empty() {
            report
                .error(
                    at(&pointer_to(placed), "then"),
                    "its effects on hit points are rejected: the scenario has no `conflict`",
                )
                .help(HELP);
        }
    }
}

fn asks(when: &When) -> bool {
    !when.defeated.is_empty()
        || !when.hp.is_empty()
        || when.any.iter().any(asks)
        || when.not.as_deref().is_some_and(asks)
}

/// Whom a condition asks about.
pub(super) fn check_when(context: &Context<'_>, when: &When, pointer: &str, report: &mut Report) {
    for who in when.hp.keys() {
        expect_somebody(context, who, &at(&at(pointer, "hp"), who), report);
    }
    for (index, who) in when.defeated.iter().enumerate() {
        expect_somebody(context, who, &nth(&at(pointer, "defeated"), index), report);
    }
}

/// Whom an effect is for.
pub(super) fn check_effects(context: &Context<'_>, then: &Delta, pointer: &str, report: &mut Report) {
    for (field, amounts) in [("set_hp", &then.set_hp), ("add_hp", &then.add_hp)] {
        for who in amounts.keys() {
            expect_somebody(context, who, &at(&at(pointer, field), who), report);
        }
    }
    for (index, attack) in then.attacks.iter().enumerate() {
        let pointer = nth(&at(pointer, "attacks"), index);
        expect_somebody(context, &attack.attacker, &at(&pointer, "attacker"), report);
        expect_somebody(context, &attack.target, &at(&pointer, "target"), report);
        if attack.attacker == attack.target {
            report.error(at(&pointer, "target"), "nobody attacks themselves, so this is rejected");
        }
    }
}

/// Keys are compared exactly.
fn expect_somebody(context: &Context<'_>, who: &str, pointer: &str, report: &mut Report) {
    let scenario = context.scenario;
    let locations =
        scenario.locations.values().chain(scenario.scenes.values().flat_map(|scene| scene.locations.values()));
    let spawned = scenario.conditionals().flat_map(|conditional| &conditional.then.monster_events);
    let monsters = locations
        .flat_map(|location| location.monsters.keys())
        .chain(spawned.filter(|event| event.action == MonsterAction::Spawn).map(|event| &event.instance_id));
    let known: BTreeSet<&str> =
        monsters.map(String::as_str).chain(context.npcs.iter().copied()).chain([PLAYER]).collect();
    if !known.contains(who) {
        report
            .error(pointer, format!("`{who}` is neither `player`, nor the key of an NPC, nor the id of a monster"))
            .suggest(who, known);
    }
}
