//! What the conditions and the rules of a scenario ask for: only that tells two states apart. It is read once, before the search.

use std::collections::{BTreeMap, BTreeSet};

use super::cycle::Cycle;
use crate::content::{Library, Lit, Odds, Placed, Scenario, Scene};
use crate::delta::{Delta, ItemAction, ItemEvent, SceneChange};
use crate::rule;
use crate::when::When;
use crate::world::{make_npc, words};

/// What matters in a scenario.
#[derive(Debug, Default)]
pub(super) struct Relevant {
    /// By scene: the items that it or a scene after it asks for.
    items: BTreeMap<String, BTreeSet<String>>,
    /// The same, but only for those that a condition asks for: without them something can never happen.
    needed: BTreeMap<String, BTreeSet<String>>,
    /// By scene: what its rules and those of the scenario speak of.
    deeds: BTreeMap<String, Vec<Deed>>,
    /// Items that a conditional hands out: nobody else gives them away.
    pub(super) handed_out: BTreeSet<String>,
    /// Items that a condition wants to lie at a place, with its key.
    pub(super) placed: BTreeSet<(String, String)>,
    /// Containers of which a condition asks whether they stand open.
    pub(super) open: BTreeSet<String>,
    /// Those of which one asks whether they are locked.
    pub(super) locked: BTreeSet<String>,
    /// Items that a condition wants in a container, with its name.
    pub(super) put_in: BTreeSet<(String, String)>,
    /// From here on, turns of a scene and of the game make no difference.
    pub(super) scene_turns: u64,
    pub(super) turns: u64,
    /// After so many turns of a scene and of the game, what recurs begins over.
    pub(super) scene_cycle: Cycle,
    pub(super) cycle: Cycle,
    /// Variables that a condition reads or a conditional sets.
    pub(super) vars: BTreeSet<String>,
    /// Ids of conditionals that do more than tell something.
    pub(super) conditionals: BTreeSet<String>,
    /// The hit points that a condition tells apart, by whose they are; who is only asked about as defeated is there too.
    pub(super) hit_points: BTreeMap<String, BTreeSet<i64>>,
    /// Those of them that chance decides.
    pub(super) chances: BTreeSet<String>,
}

/// What a rule speaks of.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) label: String,
    pub(super) delta: Delta,
    /// The names of the places, people, monsters and items that it names.
    pub(super) places: BTreeSet<String>,
    pub(super) people: BTreeSet<String>,
    pub(super) monsters: BTreeSet<String>,
    pub(super) items: BTreeSet<String>,
    /// The items of all that the rule names, also behind the deed.
    pub(super) all_items: BTreeSet<String>,
    /// Items that the player must hold for it.
    pub(super) uses_up: Vec<String>,
}

impl Relevant {
    pub(super) fn of(library: &Library, scenario: &Scenario) -> Self {
        let mut relevant = Self::default();
        let names = Names::of(library, scenario);
        let none = Scene::default();
        let scenes: Vec<(&str, &Scene)> = if scenario.scenes.is_empty() {
            vec![("", &none)]
        } else {
            scenario.scenes.iter().map(|(key, scene)| (key.as_str(), scene)).collect()
        };
        let mut own: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for (key, scene) in &scenes {
            let rules = scenario.contingency_rules.iter().chain(&scene.contingency_rules);
            let deeds: Vec<Deed> = rules.filter_map(|rule| deed(scenario, &names, key, rule)).collect();
            let mut needed = BTreeSet::new();
            // The scenario's own may fire in each scene, so each needs what they ask for.
            let of_scenario =
                scenario.conditionals.iter().map(|(id, conditional)| Placed { scene: "", id, conditional });
            let of_scene = scene.conditionals.iter().map(|(id, conditional)| Placed { scene: key, id, conditional });
            of_scenario.chain(of_scene).for_each(|placed| relevant.read_conditional(placed, &mut needed));
            // What opens something or gives light may be needed for what is in it.
            needed.extend(scenario.items.values().filter_map(|item| item.key.clone()));
            for (name, lit) in scenario.items.iter().filter_map(|(name, item)| Some((name, item.lit.as_ref()?))) {
                needed.insert(name.clone());
                if let Lit::While(when) = lit {
                    relevant.read(when, &mut needed);
                }
            }
            let by_rules = deeds.iter().flat_map(|deed| deed.all_items.iter().cloned());
            own.insert(key, (needed.iter().cloned().chain(by_rules).collect(), needed));
            relevant.deeds.insert((*key).to_owned(), deeds);
        }
        for (key, _) in &scenes {
            let later = reachable(scenario, key, &relevant.deeds);
            for (items, needed) in later.iter().filter_map(|scene| own.get(scene.as_str())) {
                relevant.items.entry((*key).to_owned()).or_default().extend(items.iter().cloned());
                relevant.needed.entry((*key).to_owned()).or_default().extend(needed.iter().cloned());
            }
        }
        relevant
    }

    /// Whether the scene, or one that may come after it, asks for the item.
    pub(super) fn asks_for(&self, scene: &str, item: &str) -> bool {
        self.items.get(scene).is_some_and(|items| items.contains(item))
    }

    /// Whether a condition of the scene, or of one that may come after it, asks for the item.
    pub(super) fn needs(&self, scene: &str, item: &str) -> bool {
        self.needed.get(scene).is_some_and(|items| items.contains(item))
    }

    pub(super) fn items(&self, scene: &str) -> impl Iterator<Item = &String> {
        self.items.get(scene).into_iter().flatten()
    }

    pub(super) fn deeds(&self, scene: &str) -> &[Deed] {
        self.deeds.get(scene).map_or(&[], Vec::as_slice)
    }

    fn read_conditional(&mut self, placed: Placed<'_>, needed: &mut BTreeSet<String>) {
        let Placed { id, conditional, .. } = placed;
        let then = &conditional.then;
        let only_tells = Delta { prompt: None, ..then.clone() }.is_empty();
        if only_tells {
            return;
        }
        self.conditionals.insert(id.to_owned());
        if conditional.odds(None) == Odds::Open {
            self.chances.insert(id.to_owned());
        }
        self.read(&conditional.when, needed);
        if let (Some(every), Some(first)) = (conditional.every, conditional.first_due()) {
            let (turns, cycle) = if placed.is_of_scenario() {
                (&mut self.turns, &mut self.cycle)
            } else {
                (&mut self.scene_turns, &mut self.scene_cycle)
            };
            // At least 1, because a player waits only where turns count.
            *turns = (*turns).max(first).max(1);
            cycle.include(every);
        }
        self.vars.extend(then.set_vars.keys().chain(then.add_vars.keys()).cloned());
        for event in &then.item_events {
            self.handed_out.insert(event.item.clone());
        }
    }

    fn read(&mut self, when: &When, needed: &mut BTreeSet<String>) {
        needed.extend(when.inventory.iter().chain(when.item_locations.keys()).chain(when.items_in.keys()).cloned());
        self.put_in.extend(when.items_in.clone());
        self.open.extend(when.open.iter().cloned());
        self.locked.extend(when.locked.iter().cloned());
        self.placed.extend(when.item_locations.clone());
        self.vars.extend(when.vars.keys().chain(when.vars_compare.keys()).cloned());
        for (who, comparison) in &when.hp {
            self.hit_points.entry(who.clone()).or_default().extend(comparison.edges());
        }
        for who in &when.defeated {
            self.hit_points.entry(who.clone()).or_default();
        }
        let later = |turn: Option<u64>| turn.map_or(0, |turn| turn.saturating_add(1));
        self.scene_turns = self.scene_turns.max(later(when.scene_turn_counter)).max(when.min_scene_turns.unwrap_or(0));
        self.turns = self.turns.max(later(when.turn_counter)).max(when.min_turns.unwrap_or(0));
        for inner in when.any.iter().chain(when.not.as_deref()) {
            self.read(inner, needed);
        }
    }
}

/// The scenes that may come after `from`, itself among them.
fn reachable(scenario: &Scenario, from: &str, deeds: &BTreeMap<String, Vec<Deed>>) -> BTreeSet<String> {
    let mut found = BTreeSet::from([from.to_owned()]);
    let mut queue = vec![from.to_owned()];
    while let Some(key) = queue.pop() {
        let by_conditional =
            scenario.conditionals_in(&key).filter_map(|placed| placed.conditional.then.scene_change.as_ref());
        let by_rule = deeds.get(&key).into_iter().flatten().filter_map(|deed| deed.delta.scene_change.as_ref());
        for change in by_conditional.chain(by_rule) {
            if found.insert(change.to.clone()) {
                queue.push(change.to.clone());
            }
        }
    }
    found
}

/// Every name of a scenario, in words.
struct Names {
    places: Vec<(String, Vec<String>)>,
    people: Vec<(String, Vec<String>)>,
    monsters: Vec<(String, Vec<String>)>,
    items: Vec<(String, Vec<String>)>,
}

impl Names {
    fn of(library: &Library, scenario: &Scenario) -> Self {
        let scenes = || scenario.scenes.values();
        let places = || scenario.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
        let npcs = scenario.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
        let npcs: Vec<_> = npcs.map(|npc| make_npc(library, npc)).collect();
        let monsters: Vec<_> = places()
            .flat_map(|place| &place.monsters)
            .map(|(id, monster)| monster.instance(id, "", library.monster(&monster.template_id)))
            .collect();
        let handed_out = scenario.conditionals().flat_map(|conditional| &conditional.then.item_events);
        let asked_for = scenario.conditionals().flat_map(|conditional| &conditional.when.inventory);
        let items = places()
            .flat_map(|place| &place.items)
            .chain(npcs.iter().flat_map(|npc| &npc.items))
            .chain(monsters.iter().flat_map(|monster| &monster.items))
            .chain(&scenario.opening_inventory)
            .chain(handed_out.map(|event| &event.item))
            .chain(asked_for);
        Self {
            places: in_words(places().map(|place| &place.name)),
            people: in_words(npcs.iter().map(|npc| &npc.name)),
            monsters: in_words(monsters.iter().map(|monster| &monster.name)),
            items: in_words(items),
        }
    }
}

fn in_words<'a>(names: impl Iterator<Item = &'a String>) -> Vec<(String, Vec<String>)> {
    let names: BTreeSet<&String> = names.collect();
    names.into_iter().map(|name| (name.clone(), words(name))).filter(|(_, words)| !words.is_empty()).collect()
}

/// Those of `names` whose words are in `text`, one after the other.
fn named(text: &str, names: &[(String, Vec<String>)]) -> BTreeSet<String> {
    let text = words(text);
    let stands = |name: &[String]| text.windows(name.len()).any(|window| window == name);
    names.iter().filter(|(_, words)| stands(words)).map(|(name, _)| name.clone()).collect()
}

/// What `rule` speaks of in the scene `key`. A rule that is not about a deed of the player is taken to come true at any time: the search
/// must not call a story stuck that a model could go on with.
fn deed(scenario: &Scenario, names: &Names, key: &str, rule: &str) -> Option<Deed> {
    let read = rule::read(rule);
    let at_hand = read.as_ref().map_or("", |read| read.deed);
    let label = read.as_ref().map_or_else(|| rule.to_owned(), |read| read.deed.to_owned());
    let effect = read.map_or_else(
        || rule::Effect { set: rule::assignments(rule).into_iter().collect(), uses_up: Vec::new() },
        |read| rule::Effect { set: read.effect.set, uses_up: read.effect.uses_up },
    );
    let lower = rule.to_lowercase();
    let is_begun =
        |scene: &&String| *scene != key && (rule.contains(scene.as_str()) || lower.contains(&scene.replace('_', " ")));
    let scene_change = scenario.scenes.keys().find(is_begun).filter(|_| lower.contains("scene"));
    let ends = ["game_ended", "game ends", "story ends", "end the game", "game is over"];
    let used_up = effect.uses_up.iter().map(|item| ItemEvent {
        item: item.clone(),
        action: ItemAction::Use,
        from: None,
        to: None,
        consumed: true,
    });
    let delta = Delta {
        set_vars: effect.set.clone(),
        item_events: used_up.collect(),
        scene_change: scene_change.map(|scene| SceneChange { to: scene.clone(), reason: String::new() }),
        game_ended: ends.iter().any(|end| lower.contains(end)),
        ..Delta::default()
    };
    let all_items = named(rule, &names.items);
    (!delta.is_empty() || !all_items.is_empty()).then(|| Deed {
        label,
        delta,
        places: named(at_hand, &names.places),
        people: named(at_hand, &names.people),
        monsters: named(at_hand, &names.monsters),
        items: named(at_hand, &names.items),
        all_items,
        uses_up: effect.uses_up,
    })
}
