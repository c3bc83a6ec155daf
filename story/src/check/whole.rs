//! The story as a whole: whether it can end, whether what it asks for exists, and mistakes that no single field shows.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions;
use super::context::Context;
use super::report::{Report, at, nth, pointer_to};
use crate::content::{Latch, Location, Placed, Scenario, normalize_var};
use crate::delta::ItemAction;
use crate::suggest::nearest;
use crate::when::When;
use crate::world::{fit, make_npc, words};

/// A speaker's name is looked for in the beginning of a text only.
const LONGEST_SPEAKER: usize = 50;

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    check_ending(scenario, report);
    check_endings(context, report);
    check_opening_text(context, report);
    check_prompt_ids(scenario, report);
    check_prompts(scenario, report);
    check_rules(scenario, "", &scenario.contingency_rules, report);
    let items = provided_items(context);
    super::items::check(context, &items, report);
    for placed in scenario.placed_conditionals() {
        let pointer = at(&pointer_to(placed), "when");
        check_required_items(scenario, &items, &placed.conditional.when, &pointer, report);
    }
    for (key, scene) in &scenario.scenes {
        let pointer = at("/scenes", key);
        check_rules(scenario, &pointer, &scene.contingency_rules, report);
        check_lost_items(scenario, key, &scene.locations, report);
    }
}

/// A story ends by a conditional, or by a rule that speaks of the end.
fn check_ending(scenario: &Scenario, report: &mut Report) {
    let of_scenes = scenario.scenes.values().flat_map(|scene| &scene.contingency_rules);
    let mut rules = scenario.contingency_rules.iter().chain(of_scenes);
    let by_rule = rules.any(|rule| {
        let rule = rule.to_lowercase();
        rule.contains("game_ended")
            || ["game ends", "story ends", "end the game", "ends the game", "game is over", "end the story"]
                .iter()
                .any(|end| rule.contains(end))
    });
    if !scenario.scenes.is_empty()
        && !by_rule
        && !scenario.conditionals().any(|conditional| conditional.then.game_ended || conditional.then.ending.is_some())
    {
        report
            .warning("/scenes", "nothing ends the story")
            .help("give a conditional `\"game_ended\": true`, or write a rule that says when the game ends");
    }
}

/// An ending that nothing names is never reached; one without a name is shown as nothing.
fn check_endings(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    for (key, ending) in &scenario.endings {
        let pointer = at("/endings", key);
        if !scenario.conditionals().any(|conditional| conditional.then.ending.as_deref() == Some(key)) {
            report
                .warning(&pointer, format!("no conditional comes to the ending `{key}`"))
                .help(format!("write `\"ending\": \"{key}\"` in the `then` of the conditional that ends the game so"));
        }
        if ending.name.trim().is_empty() {
            report.error(at(&pointer, "name"), "the ending has no name; players read it when the game is over");
        }
        for (index, line) in ending.score.iter().enumerate() {
            let pointer = nth(&at(&pointer, "score"), index);
            if let Some(when) = &line.when {
                conditions::check_when(Some(context), when, &at(&pointer, "when"), report);
            }
        }
    }
}

fn check_opening_text(context: &Context<'_>, report: &mut Report) {
    let scenario = context.scenario;
    let has_opening = context.library.pc(&scenario.default_pc).is_some_and(|pc| !pc.opening_prompt.trim().is_empty());
    if has_opening && !scenario.opening_prompt.trim().is_empty() && !scenario.opening_prompt.contains("%s") {
        report
            .warning("/opening_prompt", "there is no `%s`, so the character's own opening is left out")
            .help("put `%s` where it goes, as in `%s\\n\\nYou stand on the landing.`");
    }
}

/// What fires once in a game is remembered by its id alone.
fn check_prompt_ids(scenario: &Scenario, report: &mut Report) {
    let mut first: BTreeMap<&str, Placed<'_>> = BTreeMap::new();
    for placed in scenario.placed_conditionals().filter(|placed| placed.conditional.latch() == Latch::Once) {
        let Some(other) = first.get(placed.id) else {
            first.insert(placed.id, placed);
            continue;
        };
        let whose =
            if other.is_of_scenario() { "the scenario".to_owned() } else { format!("the scene `{}`", other.scene) };
        report
            .error(
                pointer_to(placed),
                format!(
                    "`{}` fires once in a game, and {whose} has one of the same id: whichever comes second never fires",
                    placed.id
                ),
            )
            .help("give it an id that no other scene uses");
    }
}

/// `Name: words` at the beginning of a text reads as somebody speaking.
fn check_prompts(scenario: &Scenario, report: &mut Report) {
    for placed in scenario.placed_conditionals() {
        let prompt = placed.conditional.then.prompt.as_deref().unwrap_or_default();
        if prompt.find(": ").is_some_and(|at| (1..LONGEST_SPEAKER).contains(&at)) {
            report
                .warning(
                    at(&at(&pointer_to(placed), "then"), "prompt"),
                    "a colon near the beginning reads as somebody speaking",
                )
                .help("write the sentence without the colon");
        }
    }
}

/// Variables that a rule sets by name must be declared, and under that name.
fn check_rules(scenario: &Scenario, parent: &str, rules: &[String], report: &mut Report) {
    for (index, rule) in rules.iter().enumerate() {
        for name in variables_of(rule) {
            if scenario.declares_var(&name) || scenario.declares_var(&normalize_var(&name)) || scenario.reads_var(&name)
            {
                continue;
            }
            report
                .warning(
                    nth(&at(parent, "contingency_rules"), index),
                    format!("the rule sets `{name}`, which is declared in no `vars` and read by no condition"),
                )
                .suggest(&name, scenario.declared_vars());
        }
    }
}

/// The names behind `the variable`, and those between `set` and `to`.
fn variables_of(rule: &str) -> BTreeSet<String> {
    let bare = |word: &str| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')).to_owned();
    let tokens: Vec<&str> = rule.split_whitespace().collect();
    let named = tokens.windows(2).filter(|pair| pair[0].eq_ignore_ascii_case("variable")).map(|pair| bare(pair[1]));
    let set = tokens
        .windows(3)
        .filter(|three| three[0].eq_ignore_ascii_case("set") && three[2] == "to")
        .map(|three| bare(three[1]));
    let is_name = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    named.chain(set).filter(is_name).collect()
}

/// Every item that a player can come by.
pub(super) fn provided_items(context: &Context<'_>) -> BTreeSet<String> {
    let scenario = context.scenario;
    let scenes = || scenario.scenes.values();
    let locations = || scenario.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
    let npcs = scenario.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
    let monsters = locations().flat_map(|location| {
        location
            .monsters
            .iter()
            .flat_map(|(id, monster)| monster.instance(id, "", context.library.monster(&monster.template_id)).items)
    });
    let handed_out = scenario.conditionals().flat_map(|conditional| {
        let then = &conditional.then;
        let items =
            then.item_events.iter().filter(|event| event.action != ItemAction::Use).map(|event| event.item.clone());
        let spawned = then.monster_events.iter().flat_map(|event| {
            let template = event.template.as_deref().and_then(|name| context.library.monster(name));
            event
                .items
                .iter()
                .cloned()
                .chain(template.iter().flat_map(|monster| monster.items.clone()))
                .collect::<Vec<_>>()
        });
        items.chain(spawned).collect::<Vec<_>>()
    });
    let carried = context.library.pcs().flat_map(|(_, pc)| &pc.inventory).chain(&scenario.opening_inventory);
    locations()
        .flat_map(|location| location.items.iter().cloned())
        .chain(npcs.flat_map(|npc| make_npc(context.library, npc).items))
        .chain(monsters)
        .chain(handed_out)
        .chain(carried.cloned())
        .chain(scenario.items.values().flat_map(|item| item.contains.iter().cloned()))
        .collect()
}

fn check_required_items(
    scenario: &Scenario,
    items: &BTreeSet<String>,
    when: &When,
    pointer: &str,
    report: &mut Report,
) {
    for (index, item) in when.inventory.iter().enumerate() {
        if !items.contains(item) && !is_made(scenario, item) {
            let near = nearest(item, items.iter().map(String::as_str));
            let help = near.map_or_else(
                || "put it somewhere, or write a rule that makes it".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            report
                .error(
                    nth(&at(pointer, "inventory"), index),
                    format!("the item `{item}` exists nowhere, so this never holds"),
                )
                .help(help);
        }
    }
    let placed = when.item_locations.keys().map(|item| ("item_locations", item));
    let placed = placed.chain(when.items_in.keys().map(|item| ("items_in", item)));
    for (field, item) in placed.filter(|(_, item)| !items.contains(*item) && !is_made(scenario, item)) {
        let near = nearest(item, items.iter().map(String::as_str));
        report
            .error(at(&at(pointer, field), item), format!("the item `{item}` exists nowhere, so this never holds"))
            .help(near.map_or_else(|| "put it somewhere".to_owned(), |near| format!("did you mean `{near}`?")));
    }
    for (index, alternative) in when.any.iter().enumerate() {
        check_required_items(scenario, items, alternative, &nth(&at(pointer, "any"), index), report);
    }
}

/// Whether a rule names the item, so that a turn may make it.
fn is_made(scenario: &Scenario, item: &str) -> bool {
    let item = words(item);
    let of_scenes = scenario.scenes.values().flat_map(|scene| &scene.contingency_rules);
    let mut rules = scenario.contingency_rules.iter().chain(of_scenes);
    !item.is_empty() && rules.any(|rule| words(rule).windows(item.len()).any(|window| window == item))
}

/// A scene that redefines a location drops what only the old definition lists, also if a condition asks for it.
fn check_lost_items(scenario: &Scenario, scene: &str, locations: &BTreeMap<String, Location>, report: &mut Report) {
    let needed = |item: &String| {
        scenario
            .conditionals()
            .any(|conditional| conditional.when.inventory.iter().any(|asked| fit(asked, item).is_some()))
    };
    let listed_here = |item: &String| locations.values().any(|location| location.items.contains(item));
    for (key, location) in locations {
        let Some(old) = scenario.locations.get(key) else { continue };
        for item in old.items.iter().filter(|item| !location.items.contains(item) && !listed_here(item) && needed(item))
        {
            report
                .warning(
                    at(&at(&at(&at("/scenes", scene), "locations"), key), "items"),
                    format!(
                        "`{item}` lies here until the scene begins and is gone then, though a condition asks for it"
                    ),
                )
                .help("list it again, or ask for it before the scene changes");
        }
    }
}
