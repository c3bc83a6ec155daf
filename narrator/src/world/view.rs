//! What the offline narrator knows of the moment: the world around the player, their words and what they have read before. It is read
//! back from the text of a prompt, so that this narrator is called like any other model.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use story::phrases::DARK;
use story::{ChatMessage, Delta, Health, Item, ItemAction, Library, Location, Pc, Role, Scenario, fit, words};

use super::entries::{Being, Lid, Vessel, Way, list, monster, person, way};

/// The moment, as the narrator sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct View<'a> {
    pub(crate) library: Option<&'a Library>,
    pub(crate) scenario: Option<(&'a str, &'a Scenario)>,
    /// The key of the scene.
    pub(crate) scene: Option<&'a str>,
    /// The name of the place.
    pub(crate) here: String,
    pub(crate) description: String,
    pub(crate) items: Vec<String>,
    pub(crate) held: Vec<String>,
    /// What of these, and of what is in them, holds others.
    pub(crate) vessels: Vec<Vessel>,
    /// Whether nothing can be seen here.
    pub(crate) is_dark: bool,
    pub(crate) beings: Vec<Being>,
    pub(crate) ways: Vec<Way>,
    /// Where important people are who are not here: name and place.
    pub(crate) elsewhere: Vec<(String, String)>,
    /// The names of the places next door where the player has been.
    pub(crate) visited: BTreeSet<String>,
    /// What a script describes here beyond the description, by name.
    pub(crate) described: Vec<&'a str>,
    /// What the deeds that a script answers here are done to, by the last word.
    pub(crate) deed_nouns: BTreeSet<String>,
    /// Other names that a script has for what is here, each with its own name.
    pub(crate) aliases: Vec<(&'a str, String)>,
    /// Who the player is.
    pub(crate) player: Option<&'a Pc>,
    /// What everybody in the story knows of, by single words.
    pub(crate) matters: BTreeSet<String>,
    /// What was told of this place beyond its description.
    pub(crate) told: Vec<&'a str>,
    /// Earlier narrations, the latest last.
    pub(crate) heard: Vec<&'a str>,
    /// Earlier words of the player, the latest last.
    pub(crate) said: Vec<&'a str>,
}

/// How a prompt marks a place next door where the player has been.
const VISITED: &str = " (visited)";

/// Words of descriptions that name nothing.
const NO_NOUNS: &[&str] = &[
    "is", "are", "was", "has", "it", "to", "on", "in", "at", "and", "or", "not", "no", "for", "from", "with", "by",
    "as", "but", "who", "what", "where", "when", "there", "here", "one", "all", "say", "said", "go", "up", "down",
    "out", "so", "be", "do", "you", "like", "north", "south", "east", "west", "other", "side",
];

/// The text between `<tag>` and `</tag>`, the last such block in `text`.
pub(crate) fn block<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let open = format!("<{tag}>\n");
    let start = text.rfind(&open)? + open.len();
    let end = text[start..].find(&format!("\n</{tag}>"))?;
    Some(&text[start..start + end])
}

impl<'a> View<'a> {
    /// The moment of a narrator's prompt.
    pub(crate) fn of_prompt(library: &'a Library, system: &str, messages: &'a [ChatMessage]) -> Self {
        let last = messages.last().map_or("", |message| message.content.as_str());
        let scenario = scenario_of(library, system);
        let scene = scenario.and_then(|(_, scenario)| {
            let fitting = scenario.scenes.iter().filter(|(_, scene)| !scene.story.trim().is_empty());
            fitting.max_by_key(|(_, scene)| usize::from(system.contains(scene.story.trim())) * scene.story.len())
        });
        let scene = scene.map(|(key, _)| key.as_str());
        let mut view = Self { library: Some(library), scenario, scene, ..Self::default() };
        view.read_world(last);
        view.learn_player(system);
        for message in messages.iter().rev().skip(1).rev() {
            match message.role {
                Role::Assistant => view.heard.push(&message.content),
                Role::User => view.said.push(&message.content),
                Role::System => {}
            }
        }
        view
    }

    fn read_world(&mut self, text: &str) {
        let Some(world) = block(text, "world_state") else { return };
        self.read_location(block(world, "current_location").unwrap_or_default());
        self.held = list(block(world, "user_inventory").unwrap_or_default());
        self.is_dark = self.description.starts_with(DARK);
        let about = block(world, "about_items").unwrap_or_default().lines();
        let about = about.filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
        self.vessels = about.filter_map(|(name, about)| Vessel::of_line(name, about)).collect();
        let near = block(world, "adjacent_previews").unwrap_or_default().lines();
        let near =
            near.filter_map(|line| line.split_once(VISITED)?.0.split_once(": ")).map(|(_, name)| name.to_owned());
        self.visited = near.collect();
        let far = block(world, "npcs_elsewhere").unwrap_or_default().lines();
        let far = far.filter_map(|line| line.trim_start_matches("- ").split_once(": "));
        self.elsewhere = far.map(|(name, place)| (name.to_owned(), place.to_owned())).collect();
    }

    fn read_location(&mut self, text: &str) {
        self.read_lines(text);
        let has_fights = self.scenario.is_some_and(|(_, scenario)| scenario.conflict.is_some());
        for being in &mut self.beings {
            // Elsewhere the same words are a disposition, and numbers are for a model.
            being.health = being.health.filter(|_| has_fights);
            if being.health.is_some_and(|health| health.words() == being.kind) {
                being.kind.clear();
            }
        }
    }

    fn read_lines(&mut self, text: &str) {
        let mut part = Part::Description;
        for (index, line) in text.lines().enumerate() {
            if index == 0 {
                line.trim().clone_into(&mut self.here);
            } else if let Some(items) = line.strip_prefix("Items here: ") {
                self.items = list(items);
            } else if line.starts_with("NPCs here:") {
                part = Part::People;
            } else if line.starts_with("Monsters here:") {
                part = Part::Monsters;
            } else if line.starts_with("Exits (") {
                part = Part::Exits;
            } else if let Some(entry) = line.strip_prefix("- ").filter(|_| part != Part::Description) {
                match part {
                    Part::People => self.beings.push(person(entry)),
                    Part::Monsters => self.beings.push(monster(entry)),
                    Part::Exits => self.ways.extend(way(entry)),
                    Part::Description => {}
                }
            } else if part == Part::Description && !line.trim().is_empty() && line.trim() != "There is no exit." {
                if !self.description.is_empty() {
                    self.description.push(' ');
                }
                self.description.push_str(line.trim());
            }
        }
    }

    /// The moment before a turn, from the JSON of an extraction prompt.
    pub(crate) fn of_extraction(library: &'a Library, system: &str, text: &str) -> Self {
        let Some(before) = block(text, "before").and_then(|json| serde_json::from_str::<Before>(json).ok()) else {
            return Self::default();
        };
        let fits = |scenario: &Scenario| {
            (scenario.scenes.is_empty() || scenario.scenes.contains_key(&before.scene_name))
                && scenario.definitions_of_location(&before.user_location).next().is_some()
                && scenario.contingency_rules.iter().all(|rule| system.contains(rule.as_str()))
        };
        let scenario = library.scenarios().find(|(_, scenario)| fits(scenario));
        let scene = scenario.and_then(|(_, scenario)| scenario.scenes.get_key_value(&before.scene_name));
        let here = before.locations.get(&before.user_location);
        let people = before.npcs.iter().filter(|(_, npc)| npc.location == before.user_location);
        let being = |key: &String, being: &BeforeBeing, is_monster: bool| Being {
            name: being.name.clone(),
            carries: being.items.clone(),
            health: being.health,
            key: key.clone(),
            is_monster,
            ..Being::default()
        };
        let beings = people
            .map(|(key, npc)| being(key, npc, false))
            .chain(before.monsters.iter().map(|(key, monster)| being(key, monster, true)));
        Self {
            library: Some(library),
            scenario,
            scene: scene.map(|(key, _)| key.as_str()),
            here: here.map(|place| place.name.clone()).unwrap_or_default(),
            items: here.map(|place| place.items.clone()).unwrap_or_default(),
            held: before.user_inventory,
            vessels: before.containers.into_iter().map(|(name, holds)| holds.named(name)).collect(),
            is_dark: before.is_dark,
            beings: beings.collect(),
            ..Self::default()
        }
    }

    /// Moves the items of `delta`, so that the next part of the same turn finds them where they now are.
    pub(crate) fn move_items(&mut self, delta: &Delta) {
        for event in &delta.item_events {
            if self.keep_up(event) {
                continue;
            }
            let (from, to) = match event.action {
                ItemAction::Acquire => (&mut self.items, Some(&mut self.held)),
                ItemAction::Drop => (&mut self.held, Some(&mut self.items)),
                _ => (&mut self.held, None),
            };
            from.retain(|item| *item != event.item);
            if let Some(to) = to.filter(|to| !to.contains(&event.item)) {
                to.push(event.item.clone());
            }
        }
    }

    /// The rules for the extracting model that hold now.
    pub(crate) fn rules(&self) -> Vec<&'a str> {
        let Some((_, scenario)) = self.scenario else { return Vec::new() };
        let of_scene = self.scene.and_then(|scene| scenario.scenes.get(scene));
        let of_scene = of_scene.iter().flat_map(|scene| &scene.contingency_rules);
        scenario.contingency_rules.iter().chain(of_scene).map(String::as_str).collect()
    }

    /// The location of this name, as the scene or the scenario defines it, with its key.
    pub(crate) fn place_named(&self, name: &str) -> Option<(&'a str, &'a Location)> {
        let (_, scenario) = self.scenario?;
        let of_scene = self.scene.and_then(|scene| scenario.scenes.get(scene));
        let of_scene = of_scene.into_iter().flat_map(|scene| &scene.locations);
        let mut all = of_scene.chain(&scenario.locations);
        all.find(|(key, location)| location.name == name || (location.name.is_empty() && key.as_str() == name))
            .map(|(key, location)| (key.as_str(), location))
    }

    /// The key of the location where the player is.
    pub(crate) fn here_key(&self) -> Option<&'a str> {
        self.place_named(&self.here).map(|(key, _)| key)
    }

    /// Whether somebody or something of this name is here.
    pub(crate) fn has_being(&self, name: &str) -> bool {
        self.beings.iter().any(|being| fit(name, &being.name).is_some())
    }

    /// The first person here who can answer in words, and is awake to do so.
    pub(crate) fn speaker(&self) -> Option<&Being> {
        self.beings.iter().find(|being| !being.is_speechless() && !being.is_asleep())
    }

    /// Whether the description of the place or of somebody here has `text` now. Descriptions vary with the state, so this is how a script
    /// sees what the narrator is not shown.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.description.contains(text) || self.beings.iter().any(|being| being.about.contains(text))
    }

    /// Whether the player holds the item of this name.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.held.iter().any(|item| fit(name, item).is_some())
    }

    /// Whether the author has fixed the item where it is.
    pub(crate) fn is_fixed(&self, item: &str) -> bool {
        self.scenario.is_some_and(|(_, scenario)| scenario.item(item).is_some_and(|item| item.fixed))
    }

    /// What the author says of the item, in a story with fights.
    pub(crate) fn item(&self, item: &str) -> Option<&'a Item> {
        let (_, scenario) = self.scenario.filter(|(_, scenario)| scenario.conflict.is_some())?;
        scenario.item(item)
    }

    /// What the author says of the item, as far as it is certain.
    pub(crate) fn about_item(&self, item: &str) -> String {
        let item = self.scenario.and_then(|(_, scenario)| scenario.item(item));
        let here = self.here_key().unwrap_or_default();
        item.map(|item| self.certain(&item.description, here, &self.here)).unwrap_or_default()
    }

    /// Whether the story has an item of this name, here or anywhere.
    pub(crate) fn knows_item(&self, name: &str) -> bool {
        self.scenario.is_some_and(|(_, scenario)| scenario.items.keys().any(|item| fit(name, item).is_some()))
    }

    pub(crate) fn open_ways(&self) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(|way| way.blocked.is_none())
    }

    /// A word of the description, of the ways or of the beings here that `noun` ends with: something to look at, but not to take.
    pub(crate) fn scenery(&self, noun: &[String]) -> Option<String> {
        let texts = self.beings.iter().flat_map(|being| [being.about.as_str(), &being.kind]);
        let ways = self.ways.iter().flat_map(|way| [way.direction.as_str(), &way.place]);
        last_word_in(noun, std::iter::once(self.description.as_str()).chain(texts).chain(ways))
    }

    /// The same for a word of what was told beyond it.
    pub(crate) fn told_scenery(&self, noun: &[String]) -> Option<String> {
        last_word_in(noun, self.told.iter().copied())
    }

    /// The same for a word of the reason why a way is blocked, which may also name what would be needed and is not here.
    pub(crate) fn named_by_a_reason(&self, noun: &[String]) -> Option<String> {
        last_word_in(noun, self.ways.iter().filter_map(|way| way.blocked.as_deref()))
    }

    /// The only way whose place has `noun` as a part of its name, where the description does not speak of it: `the door` next to the
    /// Church Door.
    pub(crate) fn way_of_part(&self, noun: &[String]) -> Option<&Way> {
        let last = noun.last()?;
        if words(&self.description).contains(last) {
            return None;
        }
        let mut ways = self.open_ways().filter(|way| words(&way.place).last() == Some(last));
        ways.next().filter(|_| ways.next().is_none())
    }
}

/// The last word of `noun`, if it is a noun and one of `texts` has it.
fn last_word_in<'t>(noun: &[String], mut texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let last = noun.last()?;
    let is_noun = last.len() > 1 && !NO_NOUNS.contains(&last.as_str());
    (is_noun && texts.any(|text| words(text).contains(last))).then(|| last.clone())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Description,
    People,
    Monsters,
    Exits,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Before {
    scene_name: String,
    user_location: String,
    user_inventory: Vec<String>,
    locations: BTreeMap<String, BeforePlace>,
    npcs: BTreeMap<String, BeforeBeing>,
    monsters: BTreeMap<String, BeforeBeing>,
    containers: BTreeMap<String, BeforeVessel>,
    is_dark: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BeforeVessel {
    is: Lid,
    items: Option<Vec<String>>,
}

impl BeforeVessel {
    fn named(self, name: String) -> Vessel {
        Vessel { name, state: self.is, inside: self.items }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BeforePlace {
    name: String,
    items: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BeforeBeing {
    name: String,
    location: String,
    items: Vec<String>,
    health: Option<Health>,
}

fn scenario_of<'a>(library: &'a Library, system: &str) -> Option<(&'a str, &'a Scenario)> {
    let with_story = library.scenarios().filter(|(_, scenario)| !scenario.story.trim().is_empty());
    with_story
        .filter(|(_, scenario)| system.contains(scenario.story.trim()))
        .max_by_key(|(_, scenario)| scenario.story.len())
}
