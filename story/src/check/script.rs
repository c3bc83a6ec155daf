//! Scripts of the offline narrator: entries that no moment, person or word can ever bring up.

use std::collections::BTreeSet;

use super::context::Context;
use super::report::{Report, at, nth};
use super::{Finding, duplicates, fields, whole};
use crate::content::{Library, Scenario};
use crate::script::{Moment, Script, Talk};
use crate::suggest::nearest;
use crate::world::{fit, make_npc};

/// What is wrong with the script `text` in the file `path`, which belongs to the scenario `id`; sorted by place. `is_deed` tells whether
/// the narrator knows the verb that a deed begins with.
#[must_use]
pub fn check_script(
    library: &Library,
    id: &str,
    path: &str,
    text: &str,
    is_deed: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut report = Report::new(path);
    let root = schemars::schema_for!(Script).to_value();
    fields::check_form(text, &root, &mut report);
    duplicates::check(text, &mut report);
    match (serde_json::from_str::<Script>(text), library.scenario(id)) {
        (Err(error), _) if report.findings.is_empty() => {
            report.error("", format!("not a script of the offline narrator: {error}"));
        }
        (Ok(_), None) => report
            .warning("", format!("there is no scenario `{id}`, so this script is never read"))
            .suggest(id, library.scenarios().map(|(id, _)| id)),
        (Ok(script), Some(scenario)) => Checked::new(library, scenario).check(&script, &is_deed, &mut report),
        (Err(_), _) => {}
    }
    report.findings.sort();
    report.findings
}

/// A scenario with all names that its script may use.
struct Checked<'a> {
    context: Context<'a>,
    scenario: &'a Scenario,
    items: BTreeSet<String>,
    people: BTreeSet<String>,
    /// People and monsters.
    beings: BTreeSet<String>,
}

impl<'a> Checked<'a> {
    fn new(library: &'a Library, scenario: &'a Scenario) -> Self {
        let context = Context::new(library, scenario);
        let scenes = || scenario.scenes.values();
        let npcs = scenario.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
        let people: BTreeSet<String> = npcs.map(|npc| make_npc(library, npc).name).collect();
        let places = scenario.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
        let standing = places
            .flat_map(|place| &place.monsters)
            .map(|(id, monster)| monster.instance(id, "", library.monster(&monster.template_id)).name);
        let events = scenario.conditionals().flat_map(|conditional| &conditional.then.monster_events);
        let spawned = events.filter_map(|event| {
            let template = event.template.as_deref().and_then(|name| library.monster(name));
            event.name.clone().or_else(|| template.map(|monster| monster.name.clone()))
        });
        let beings = people.iter().cloned().chain(standing).chain(spawned).collect();
        let items = whole::provided_items(&context);
        Self { context, scenario, items, people, beings }
    }

    fn check(&self, script: &Script, is_deed: &dyn Fn(&str) -> bool, report: &mut Report) {
        for (index, arrival) in script.arrivals.iter().enumerate() {
            let pointer = nth("/arrivals", index);
            self.context.expect_location_key(&arrival.to, &at(&pointer, "to"), report);
            self.moment(&arrival.when, &pointer, report);
            has_some(&arrival.text, &at(&pointer, "text"), "nothing is told", report);
        }
        for (index, beat) in script.beats.iter().enumerate() {
            let pointer = nth("/beats", index);
            self.moment(&beat.when, &pointer, report);
            has_some(&beat.does, &at(&pointer, "does"), "without a deed it is never told", report);
            has_some(&beat.text, &at(&pointer, "text"), "nothing is told", report);
            for (index, does) in beat.does.iter().enumerate().filter(|(_, does)| !is_deed(does)) {
                report
                    .warning(nth(&at(&pointer, "does"), index), format!("`{does}` begins with no verb that is known"))
                    .help("begin with a verb, as in `ring bell`; it stands for its synonyms");
            }
            for name in beat.set.keys() {
                self.context.expect_var(name, &at(&at(&pointer, "set"), name), report);
            }
            self.items(&beat.uses_up, &at(&pointer, "uses_up"), report);
        }
        for (index, talk) in script.talk.iter().enumerate() {
            let pointer = nth("/talk", index);
            self.moment(&talk.when, &pointer, report);
            if !self.people.iter().any(|name| fit(&talk.to, name).is_some()) {
                report
                    .error(at(&pointer, "to"), format!("nobody of the story is called `{}`", talk.to))
                    .suggest(&talk.to, self.people.iter().map(String::as_str));
            }
            has_some(&talk.text, &at(&pointer, "text"), "nothing is said", report);
            if let Some(earlier) = script.talk[..index].iter().position(|earlier| hides(earlier, talk)) {
                report
                    .warning(
                        &pointer,
                        format!("this is never said: entry {earlier} comes first and fits whenever this does"),
                    )
                    .help("put the entry with more conditions, or with `about`, before the other");
            }
        }
        for (index, thing) in script.things.iter().enumerate() {
            let pointer = nth("/things", index);
            self.moment(&thing.when, &pointer, report);
            has_some(&thing.names, &at(&pointer, "names"), "without a name it is never looked at", report);
            has_some(&thing.text, &at(&pointer, "text"), "nothing is seen", report);
        }
        for (index, lore) in script.lore.iter().enumerate() {
            let pointer = nth("/lore", index);
            self.moment(&lore.when, &pointer, report);
            has_some(&lore.about, &at(&pointer, "about"), "without a topic it is never told", report);
            has_some(&lore.text, &at(&pointer, "text"), "nothing is told", report);
        }
        for (index, hint) in script.hints.iter().enumerate() {
            let pointer = nth("/hints", index);
            self.moment(&hint.when, &pointer, report);
            has_some(&hint.stages, &at(&pointer, "stages"), "without a stage it never helps", report);
        }
        for part in script.endings.keys() {
            let told = self.scenario.conditionals().filter_map(|conditional| conditional.then.prompt.as_deref());
            let mut texts = told.chain(self.scenario.endings.values().map(|ending| ending.text.as_str()));
            if !texts.any(|text| text.contains(part.as_str())) {
                report
                    .warning(at("/endings", part), "no story event and no ending has this in its text")
                    .help("copy a part of the `prompt` or of the ending's `text` to which it is to be added");
            }
        }
    }

    fn moment(&self, when: &Moment, pointer: &str, report: &mut Report) {
        let pointer = at(pointer, "when");
        if let Some(scene) = &when.scene {
            self.context.expect_scene(scene, &at(&pointer, "scene"), report);
        }
        if let Some(place) = &when.at {
            self.context.expect_location_key(place, &at(&pointer, "at"), report);
        }
        for (field, names) in [("with", &when.with), ("without", &when.without)] {
            for (index, name) in names.iter().enumerate() {
                if !self.beings.iter().any(|being| fit(name, being).is_some()) {
                    report
                        .error(
                            nth(&at(&pointer, field), index),
                            format!("nobody and no monster of the story is called `{name}`"),
                        )
                        .suggest(name, self.beings.iter().map(String::as_str));
                }
            }
        }
        for (field, items) in [("holding", &when.holding), ("lacking", &when.lacking), ("lying", &when.lying)] {
            self.items(items, &at(&pointer, field), report);
        }
    }

    fn items(&self, items: &[String], pointer: &str, report: &mut Report) {
        for (index, item) in items.iter().enumerate() {
            if !self.items.iter().any(|known| fit(item, known).is_some()) {
                let near = nearest(item, self.items.iter().map(String::as_str));
                let help = near.map_or_else(
                    || "put it somewhere in the story".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                report.error(nth(pointer, index), format!("the item `{item}` exists nowhere in the story")).help(help);
            }
        }
    }
}

fn has_some(list: &[String], pointer: &str, without: &str, report: &mut Report) {
    if list.iter().all(|entry| entry.trim().is_empty()) {
        report.error(pointer, without).help("write at least one");
    }
}

/// Whether `earlier` is said whenever `later` could be.
fn hides(earlier: &Talk, later: &Talk) -> bool {
    let is_same_person = fit(&earlier.to, &later.to).is_some() && fit(&later.to, &earlier.to).is_some();
    let fits_always = earlier.when == Moment::default() || earlier.when == later.when;
    // What is on a topic is looked for before what is said in general.
    let same_topic = earlier.about.is_empty() == later.about.is_empty()
        && later.about.iter().all(|word| earlier.about.contains(word));
    is_same_person && fits_always && same_topic
}
