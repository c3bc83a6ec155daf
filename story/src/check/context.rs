//! What the checks of one scenario share: its names, and the complaints about a name that it does not have.

use std::collections::BTreeSet;

use super::report::Report;
use crate::content::{Item, Library, Scenario, normalize_var};
use crate::suggest::nearest;
use crate::world::{location_key, scene_key};

/// A scenario under examination, with every key that is defined anywhere in it.
pub(super) struct Context<'a> {
    pub(super) library: &'a Library,
    pub(super) scenario: &'a Scenario,
    pub(super) locations: BTreeSet<&'a str>,
    pub(super) npcs: BTreeSet<&'a str>,
}

impl<'a> Context<'a> {
    pub(super) fn new(library: &'a Library, scenario: &'a Scenario) -> Self {
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

    /// Reports a name that is no container's.
    pub(super) fn expect_container(&self, name: &str, pointer: &str, report: &mut Report) {
        let is_container = |own: &String| self.scenario.items.get(own).is_some_and(Item::is_container);
        if !self.scenario.items.keys().any(|own| own == name && is_container(own)) {
            let containers = || self.scenario.items.keys().filter(|own| is_container(own)).map(String::as_str);
            let help = match nearest(name, containers()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    format!("give `{name}` an entry in `items` with `\"container\": true`, or with what it `contains`")
                }
            };
            report.error(pointer, format!("no item that holds others is called `{name}`")).help(help);
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
