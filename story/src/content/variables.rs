//! Which variables a scenario has: those in its `vars`, and those that its conditions, conditionals and rules name.

use std::collections::BTreeSet;

use super::conditional::Conditional;
use super::contingency::ContingencyPrompt;
use super::id::normalize_var;
use super::scenario::Scenario;
use super::text::Text;
use crate::when::When;

impl Scenario {
    /// Whether `name` is in the `vars` of the scenario or of any of its scenes.
    #[must_use]
    pub fn declares_var(&self, name: &str) -> bool {
        self.vars.contains_key(name) || self.scenes.values().any(|scene| scene.vars.contains_key(name))
    }

    /// The names in the `vars` of the scenario and of its scenes.
    pub fn declared_vars(&self) -> impl Iterator<Item = &str> {
        self.vars.keys().chain(self.scenes.values().flat_map(|scene| scene.vars.keys())).map(String::as_str)
    }

    /// Whether `name` may be set: it is declared, or a condition reads it, or a conditional or a rule sets it. Files of other engines
    /// often declare nothing; [`check`](crate::check) warns of each such variable.
    #[must_use]
    pub fn knows_var(&self, name: &str) -> bool {
        self.declares_var(name) || self.reads_var(name) || self.conditional_sets_var(name) || self.rule_sets_var(name)
    }

    /// Every name for which [`knows_var`](Self::knows_var) holds. A name of several words that is in a rule only is not among them.
    pub(crate) fn settable_vars(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.declared_vars().map(str::to_owned).collect();
        for when in self.conditionals().map(|conditional| &conditional.when) {
            when.collect_vars(&mut names);
        }
        for when in self.hints().filter_map(|hint| hint.when.as_ref()) {
            when.collect_vars(&mut names);
        }
        self.texts().for_each(|text| text.visit_conditions(&mut |when| when.collect_vars(&mut names)));
        let set = self.conditionals().flat_map(|it| it.then.set_vars.keys().chain(it.then.add_vars.keys()));
        names.extend(set.map(|name| normalize_var(name)));
        let of_scenes = self.scenes.values().flat_map(|scene| &scene.contingency_rules);
        for rule in self.contingency_rules.iter().chain(of_scenes) {
            let words = rule.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            // Rules quote values and scenes as they quote variables.
            let is_name = |word: &&str| {
                !matches!(*word, "true" | "false" | "the" | "a" | "an") && !self.scenes.contains_key(*word)
            };
            names.extend(words.filter(is_name).filter(|word| names_var(rule, word)).map(str::to_owned));
        }
        names
    }

    /// Whether any condition of the scenario reads the variable.
    pub(crate) fn reads_var(&self, name: &str) -> bool {
        self.conditionals().any(|conditional| conditional.when.reads_var(name))
            || self.hints().any(|hint| hint.when.as_ref().is_some_and(|when| when.reads_var(name)))
            || self.texts().any(|text| {
                let mut reads = false;
                text.visit_conditions(&mut |when| reads |= when.reads_var(name));
                reads
            })
    }

    /// Whether any conditional sets the variable or adds to it.
    pub(crate) fn conditional_sets_var(&self, name: &str) -> bool {
        self.conditionals().any(|conditional| {
            let then = &conditional.then;
            then.set_vars.keys().chain(then.add_vars.keys()).any(|set| normalize_var(set) == name)
        })
    }

    /// Whether any rule for the extracting model names the variable: in quotes, after `set` or `variable`, or as a word with a `_`.
    pub(crate) fn rule_sets_var(&self, name: &str) -> bool {
        let of_scenes = self.scenes.values().flat_map(|scene| &scene.contingency_rules);
        self.contingency_rules.iter().chain(of_scenes).any(|rule| names_var(rule, name))
    }

    /// Every conditional: the scenario's own, then those of each scene.
    pub fn conditionals(&self) -> impl Iterator<Item = &Conditional> {
        self.placed_conditionals().map(|placed| placed.conditional)
    }

    /// Every text that may vary, of locations, NPCs, monsters and items.
    fn texts(&self) -> impl Iterator<Item = &Text> {
        let scenes = || self.scenes.values();
        let locations = || self.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
        let npcs = self.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
        let monsters = locations().flat_map(|location| location.monsters.values());
        locations()
            .flat_map(|location| [&location.description, &location.preview])
            .chain(npcs.map(|npc| &npc.description))
            .chain(monsters.map(|monster| &monster.description))
            .chain(self.items.values().map(|item| &item.description))
    }

    /// Every hint of the scenario, its scenes, locations and NPCs.
    pub(super) fn hints(&self) -> impl Iterator<Item = &ContingencyPrompt> {
        let scenes = || self.scenes.values();
        let locations = self.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
        let npcs = self.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
        self.contingency_prompts
            .iter()
            .chain(scenes().flat_map(|scene| &scene.contingency_prompts))
            .chain(locations.flat_map(|location| &location.contingency_prompts))
            .chain(npcs.flat_map(|npc| &npc.contingency_prompts))
    }
}

impl When {
    fn collect_vars(&self, names: &mut BTreeSet<String>) {
        names.extend(self.vars.keys().chain(self.vars_compare.keys()).cloned());
        self.any.iter().for_each(|alternative| alternative.collect_vars(names));
        if let Some(not) = &self.not {
            not.collect_vars(names);
        }
    }

    fn reads_var(&self, name: &str) -> bool {
        self.vars.contains_key(name)
            || self.vars_compare.contains_key(name)
            || self.any.iter().any(|alternative| alternative.reads_var(name))
            || self.not.as_ref().is_some_and(|not| not.reads_var(name))
    }
}

fn names_var(rule: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    rule.match_indices(name).any(|(start, _)| {
        let (before, after) = (&rule[..start], &rule[start + name.len()..]);
        let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let is_quoted = before.ends_with(['"', '\'', '`', '“', '‘']);
        let introduced = before.trim_end().rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
        is_whole && (is_quoted || name.contains('_') || ["set", "variable", "var"].contains(&introduced))
    })
}

#[cfg(test)]
mod tests {
    use super::names_var;

    #[test]
    fn a_rule_names_a_variable_and_not_just_any_word() {
        let rule = "When the door opens, set door to open, the variable \"seen\" to true and lamp_lit to false.";
        for name in ["door", "seen", "lamp_lit"] {
            assert!(names_var(rule, name), "{name}");
        }
        for name in ["opens", "lamp", "true", "When", ""] {
            assert!(!names_var(rule, name), "{name}");
        }
    }
}
