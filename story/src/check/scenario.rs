//! A scenario as a whole: what it names from outside, its scenes, and the names that everything in it may refer to.

use super::context::Context;
use super::report::{Report, at, pointer_to};
use super::{conditions, conflict, effects, lore, people, rooms, whole};
use crate::content::{ContentKind, Library, Scenario, Scene, is_snake_case};
use crate::delta::SceneChange;

/// The ratings that have guidance of their own.
const RATINGS: [&str; 4] = ["G", "PG", "PG-13", "R"];

pub(super) fn check(library: &Library, scenario: &Scenario, report: &mut Report) {
    let context = Context::new(library, scenario);
    opening(&context, report);
    keys("/locations", scenario.locations.keys(), report);
    keys("/npcs", scenario.npcs.keys(), report);
    keys("/scenes", scenario.scenes.keys(), report);
    keys("/vars", scenario.vars.keys(), report);
    keys("/conditionals", scenario.conditionals.keys(), report);
    people::check_npcs(&context, &scenario.npcs, "/npcs", report);
    conditions::check_hints(Some(&context), &scenario.contingency_prompts, "/contingency_prompts", report);
    lore::check(&context, report);
    for (key, scene) in &scenario.scenes {
        check_scene(&context, key, scene, report);
    }
    for placed in scenario.placed_conditionals() {
        let pointer = pointer_to(placed);
        conditions::check_conditional(&context, placed, &pointer, report);
        effects::check(&context, placed.scene, &placed.conditional.then, &at(&pointer, "then"), report);
    }
    rooms::check(&context, report);
    conflict::check(&context, report);
    whole::check(&context, report);
    super::containers::check_light(scenario, report);
}

fn opening(context: &Context<'_>, report: &mut Report) {
    let Context { library, scenario, .. } = context;
    if scenario.name.trim().is_empty() {
        report.warning("/name", "the scenario has no name; players choose it by that");
    }
    if !RATINGS.contains(&scenario.rating.as_str()) {
        report
            .warning("/rating", format!("`{}` is not a rating; the story is told as PG-13", scenario.rating))
            .help(format!("use one of {}", RATINGS.join(", ")));
    }
    if !scenario.narrator_id.is_empty() && library.narrator(&scenario.narrator_id).is_none() {
        report
            .error("/narrator_id", format!("there is no narrator `{}`", scenario.narrator_id))
            .suggest(&scenario.narrator_id, library.ids(ContentKind::Narrator));
    }
    if !scenario.default_pc.is_empty() && library.pc(&scenario.default_pc).is_none() {
        report
            .error("/default_pc", format!("there is no PC `{}`", scenario.default_pc))
            .suggest(&scenario.default_pc, library.ids(ContentKind::Pc));
    }
    if scenario.opening_location.is_empty() {
        report.error("/opening_location", "the player starts nowhere").help("name the key of a location");
    } else {
        context.expect_location(&scenario.opening_location, "/opening_location", report);
    }
    if !scenario.opening_scene.is_empty() {
        if !scenario.scenes.contains_key(&scenario.opening_scene) {
            report
                .error("/opening_scene", format!("the scenario has no scene `{}`", scenario.opening_scene))
                .suggest(&scenario.opening_scene, scenario.scenes.keys().map(String::as_str));
        }
    } else if !scenario.scenes.is_empty() {
        report.warning(
            "/opening_scene",
            "the game starts in no scene, so no conditional of a scene fires until one begins",
        );
    }
    if scenario.opening_prompt.matches("%s").count() > 1 {
        report.warning("/opening_prompt", "the character's opening goes in at every `%s`; there is more than one");
    }
}

fn check_scene(context: &Context<'_>, key: &str, scene: &Scene, report: &mut Report) {
    let pointer = at("/scenes", key);
    if !is_reachable(context.scenario, key) {
        report
            .warning(&pointer, format!("nothing ever begins the scene `{key}`"))
            .help("name it in a conditional's `scene_change` or in a contingency rule");
    }
    keys(&at(&pointer, "locations"), scene.locations.keys(), report);
    keys(&at(&pointer, "npcs"), scene.npcs.keys(), report);
    keys(&at(&pointer, "vars"), scene.vars.keys(), report);
    keys(&at(&pointer, "conditionals"), scene.conditionals.keys(), report);
    people::check_npcs(context, &scene.npcs, &at(&pointer, "npcs"), report);
    conditions::check_hints(Some(context), &scene.contingency_prompts, &at(&pointer, "contingency_prompts"), report);
}

/// Whether the game opens with the scene, a conditional begins it, or a rule for the model speaks of it.
fn is_reachable(scenario: &Scenario, key: &str) -> bool {
    let names_it = |rules: &[String]| rules.iter().any(|rule| rule.contains(key));
    scenario.opening_scene == key
        || names_it(&scenario.contingency_rules)
        || scenario.scenes.iter().any(|(from, scene)| from != key && names_it(&scene.contingency_rules))
        || scenario.placed_conditionals().filter(|placed| placed.scene != key).any(|placed| {
            let begins_it = |change: &SceneChange| change.to.eq_ignore_ascii_case(key);
            placed.conditional.then.scene_change.as_ref().is_some_and(begins_it)
        })
}

fn keys<'a>(pointer: &str, keys: impl Iterator<Item = &'a String>, report: &mut Report) {
    for key in keys.filter(|key| !is_snake_case(key)) {
        report
            .warning(at(pointer, key), format!("`{key}` is not in snake case"))
            .help("use lower-case letters, digits and `_`");
    }
}
