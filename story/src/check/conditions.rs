//! `when`: conditions that can never hold, or that ask for what does not exist.

use super::chances;
use super::conflict;
use super::context::Context;
use super::recurring;
use super::report::{Report, at, nth};
use crate::content::{ContingencyPrompt, Placed, Scenario};
use crate::when::When;

pub(super) fn check_conditional(context: &Context<'_>, placed: Placed<'_>, pointer: &str, report: &mut Report) {
    let conditional = placed.conditional;
    recurring::check(placed, pointer, report);
    chances::check(context, placed, pointer, report);
    let pointer = at(pointer, "when");
    if !(conditional.when.is_empty() && conditional.needs_no_when()) {
        check_when(Some(context), &conditional.when, &pointer, report);
    }
    if conditional.when.turn_counter == Some(0) {
        report
            .warning(
                at(&pointer, "turn_counter"),
                "turns are counted before conditionals are tried, so this is never 0",
            )
            .help("use 1 for the first turn of the game, or `scene_turn_counter` 0 for the moment a scene begins");
    }
}

/// Hints for the narrator. Without a context, those of a character that many scenarios may use: what they ask for is not known here.
pub(super) fn check_hints(
    context: Option<&Context<'_>>,
    hints: &[ContingencyPrompt],
    pointer: &str,
    report: &mut Report,
) {
    for (index, hint) in hints.iter().enumerate() {
        let pointer = nth(pointer, index);
        if hint.prompt.trim().is_empty() {
            report.error(&pointer, "the prompt is blank");
        }
        if let Some(when) = &hint.when {
            check_when(context, when, &at(&pointer, "when"), report);
        }
    }
}

pub(super) fn check_when(context: Option<&Context<'_>>, when: &When, pointer: &str, report: &mut Report) {
    if when.is_empty() {
        report
            .error(pointer, "an empty `when` never holds")
            .help("give it a condition, or leave `when` out of a prompt that is always on");
    }
    if contradicts_itself(when) {
        report.error(pointer, "the turn counters contradict each other, so this never holds");
    }
    for (index, alternative) in when.any.iter().enumerate() {
        check_when(context, alternative, &nth(&at(pointer, "any"), index), report);
    }
    if let Some(not) = &when.not {
        check_when(context, not, &at(pointer, "not"), report);
    }
    if let Some(context) = context {
        check_names(context, when, pointer, report);
    }
}

fn contradicts_itself(when: &When) -> bool {
    let below =
        |exact: Option<u64>, least: Option<u64>| matches!((exact, least), (Some(exact), Some(least)) if exact < least);
    below(when.turn_counter, when.min_turns)
        || below(when.scene_turn_counter, when.min_scene_turns)
        || below(when.turn_counter, when.scene_turn_counter)
}

fn check_names(context: &Context<'_>, when: &When, pointer: &str, report: &mut Report) {
    for (name, value) in &when.vars {
        let pointer = at(&at(pointer, "vars"), name);
        context.expect_var(name, &pointer, report);
        if context.scenario.declares_var(name) && !can_have(context.scenario, name, value) {
            report
                .warning(&pointer, format!("nothing ever sets `{name}` to `{value}`"))
                .help("set it in a conditional's `set_vars`, or write a contingency rule that names the variable");
        }
    }
    for name in when.vars_compare.keys() {
        context.expect_var(name, &at(&at(pointer, "vars_compare"), name), report);
    }
    if let Some(location) = &when.location {
        context.expect_location_key(location, &at(pointer, "location"), report);
    }
    for (npc, location) in &when.npc_locations {
        let pointer = at(&at(pointer, "npc_locations"), npc);
        if !context.npcs.contains(npc.as_str()) {
            report
                .error(&pointer, format!("no scene has an NPC with the key `{npc}`"))
                .suggest(npc, context.npcs.iter().copied());
        }
        context.expect_location_key(location, &pointer, report);
    }
    conflict::check_when(context, when, pointer, report);
    for (item, container) in &when.items_in {
        context.expect_container(container, &at(&at(pointer, "items_in"), item), report);
    }
    for (field, names) in [("open", &when.open), ("locked", &when.locked)] {
        for (index, name) in names.iter().enumerate() {
            context.expect_container(name, &nth(&at(pointer, field), index), report);
        }
    }
    for (item, location) in &when.item_locations {
        context.expect_location_key(location, &at(&at(pointer, "item_locations"), item), report);
    }
}

/// Whether `rule` has `value` as a word of its own, or names no value at all.
fn names_value(rule: &str, value: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut words = rule.split(|c: char| !is_word(c));
    words.any(|word| word == value) || !rule.contains(" to ")
}

/// Whether the variable starts with `value`, a conditional sets it so, or a rule for the model speaks of it.
fn can_have(scenario: &Scenario, name: &str, value: &str) -> bool {
    let is_value = |found: Option<&String>| found.is_some_and(|found| found == value);
    let sets = |rule: &String| rule.contains(name) && names_value(rule, value);
    let is_spoken_of = |rules: &[String]| rules.iter().any(sets);
    is_value(scenario.vars.get(name))
        || is_spoken_of(&scenario.contingency_rules)
        || scenario
            .scenes
            .values()
            .any(|scene| is_value(scene.vars.get(name)) || is_spoken_of(&scene.contingency_rules))
        || scenario.conditionals().any(|conditional| {
            let then = &conditional.then;
            is_value(then.set_vars.get(name)) || then.add_vars.contains_key(name)
        })
}
