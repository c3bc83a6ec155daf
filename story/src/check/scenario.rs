//! A scenario as a whole: what it names from outside, its scenes, and the names that everything in it may refer to.

use std::collections::BTreeSet;

use super::report::{Report, at};
use super::{conditions, effects, people, rooms, whole};
use crate::content::{ContentKind, Library, Scenario, Scene, is_snake_case, normalize_var};
use crate::delta::SceneChange;
use crate::world::{location_key, scene_key};

/// The ratings that have guidance of their own.
const RATINGS: [&str; 4] = ["G", "PG", "PG-13", "R"];

/// A scenario under examination, with every key that is defined anywhere in it.
pub(super) struct Context<'a> {
    pub(super) library: &'a Library,
    pub(super) scenario: &'a Scenario,
    pub(super) locations: BTreeSet<&'a str>,
    pub(super) npcs: BTreeSet<&'a str>,
}

impl<'a> Context<'a> {
    fn new(library: &'a Library, scenario: &'a Scenario) -> Self {
        let scenes = || scenario.scenes.values();
        Self {
            library,
            scenario,
            locations: scenario
                .locations
                .keys()
                .chain(scenes().flat_map(|scene| scene.locations.keys()))
                .map(String::as_str)
                .collect(),
            npcs: scenario
                .npcs
                .keys()
                .chain(scenes().flat_map(|scene| scene.npcs.keys()))
                .map(String::as_str)
                .collect(),
        }
    }

    /// Whether `name` is a location of any scene: by key in any case, or by display name.
    pub(super) fn has_location(&self, name: &str) -> bool {
        let scenes = self.scenario.scenes.values().map(|scene| &scene.locations);
        std::iter::once(&self.scenario.locations).chain(scenes).any(|locations| location_key(locations, name).is_some())
    }

    /// Whether `name` is an NPC of any scene: by key in any case, or by the name that it has itself or from its template.
    pub(super) fn has_npc(&self, name: &str) -> bool {
        let scenes = self.scenario.scenes.values().map(|scene| &scene.npcs);
        let folded = name.trim().to_lowercase();
        std::iter::once(&self.scenario.npcs).chain(scenes).flatten().any(|(key, npc)| {
            let template = self.library.npc(&npc.template_id).map_or("", |template| template.name.as_str());
            let own = if npc.name.is_empty() { template } else { &npc.name };
            key.to_lowercase() == folded || own.to_lowercase() == folded
        })
    }

    pub(super) fn expect_location(&self, name: &str, pointer: &str, report: &mut Report) {
        if !self.has_location(name) {
            report
                .error(pointer, format!("no scene has a location `{name}`"))
                .suggest(name, self.locations.iter().copied());
        }
    }

    /// Keys are compared exactly in conditions.
    pub(super) fn expect_location_key(&self, key: &str, pointer: &str, report: &mut Report) {
        if !self.locations.contains(key) {
            report
                .error(pointer, format!("no scene has a location with the key `{key}`"))
                .suggest(key, self.locations.iter().copied());
        }
    }

    pub(super) fn expect_npc(&self, name: &str, pointer: &str, report: &mut Report) {
        if !self.has_npc(name) {
            report.error(pointer, format!("no scene has an NPC `{name}`")).suggest(name, self.npcs.iter().copied());
        }
    }

    pub(super) fn expect_var(&self, name: &str, pointer: &str, report: &mut Report) {
        let scenario = self.scenario;
        let (name, normalized) = (name.trim(), normalize_var(name));
        if scenario.declares_var(name) || scenario.declares_var(&normalized) {
            return;
        }
        let is_set = |name: &str| scenario.rule_sets_var(name) || scenario.conditional_sets_var(name);
        let is_read = scenario.reads_var(name) || scenario.reads_var(&normalized);
        if is_read && (is_set(name) || is_set(&normalized)) {
            report
                .warning(
                    pointer,
                    format!("the variable `{name}` is declared in no `vars`; it has no value until it is set"),
                )
                .help(format!("add `\"{normalized}\": \"false\"`, or its first value, to the scenario's `vars`"));
        } else {
            report
                .error(pointer, format!("the variable `{name}` is not declared in any `vars`"))
                .suggest(name, scenario.declared_vars());
        }
    }

    pub(super) fn expect_scene(&self, key: &str, pointer: &str, report: &mut Report) {
        if scene_key(&self.scenario.scenes, key).is_none() {
            report
                .error(pointer, format!("the scenario has no scene `{key}`"))
                .suggest(key, self.scenario.scenes.keys().map(String::as_str));
        }
    }
}

pub(super) fn check(library: &Library, scenario: &Scenario, report: &mut Report) {
    let context = Context::new(library, scenario);
    opening(&context, report);
    keys("/locations", scenario.locations.keys(), report);
    keys("/npcs", scenario.npcs.keys(), report);
    keys("/scenes", scenario.scenes.keys(), report);
    keys("/vars", scenario.vars.keys(), report);
    people::check_npcs(&context, &scenario.npcs, "/npcs", report);
    conditions::check_hints(Some(&context), &scenario.contingency_prompts, "/contingency_prompts", report);
    for (key, scene) in &scenario.scenes {
        check_scene(&context, key, scene, report);
    }
    rooms::check(&context, report);
    whole::check(&context, report);
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
        report.warning("/opening_scene", "the game starts in no scene, so no conditional fires until one begins");
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
    for (id, conditional) in &scene.conditionals {
        let pointer = at(&at(&pointer, "conditionals"), id);
        conditions::check_conditional(context, conditional, &pointer, report);
        effects::check(context, key, &conditional.then, &at(&pointer, "then"), report);
    }
}

/// Whether the game opens with the scene, a conditional begins it, or a rule for the model speaks of it.
fn is_reachable(scenario: &Scenario, key: &str) -> bool {
    let names_it = |rules: &[String]| rules.iter().any(|rule| rule.contains(key));
    scenario.opening_scene == key
        || names_it(&scenario.contingency_rules)
        || scenario.scenes.iter().filter(|(from, _)| *from != key).any(|(_, scene)| {
            let begins_it = |change: &SceneChange| change.to.eq_ignore_ascii_case(key);
            names_it(&scene.contingency_rules)
                || scene
                    .conditionals
                    .values()
                    .any(|conditional| conditional.then.scene_change.as_ref().is_some_and(begins_it))
        })
}

fn keys<'a>(pointer: &str, keys: impl Iterator<Item = &'a String>, report: &mut Report) {
    for key in keys.filter(|key| !is_snake_case(key)) {
        report
            .warning(at(pointer, key), format!("`{key}` is not in snake case"))
            .help("use lower-case letters, digits and `_`");
    }
}
