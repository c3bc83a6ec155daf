//! Doors and lids: opening, closing and pushing what is no obstacle, and opening what is only read or looked into.

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::the;

/// What one knocks at before one goes in.
const HOUSES: &[&str] = &[
    "cottage",
    "house",
    "church",
    "school",
    "schoolroom",
    "inn",
    "pub",
    "office",
    "shop",
    "loft",
    "parlour",
    "hall",
    "home",
    "hut",
    "cabin",
    "lighthouse",
    "room",
    "gull",
    "plums",
    "plough",
    "nursery",
];

impl Telling<'_> {
    /// `knock at the cottage` for `go to the cottage` and `knock`: who knocks does not walk in first.
    pub(crate) fn knocking_first(&self, clauses: Vec<Clause>) -> Vec<Clause> {
        let is_door = |clause: &Clause| {
            let nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
            nouns.map(|noun| naming::without_article(noun)).all(|noun| ["door", "it"].contains(&noun))
        };
        let mut all: Vec<Clause> = Vec::new();
        for clause in clauses {
            let knocks = clause.verb == Some(Verb::Knock) && !clause.is_question && is_door(&clause);
            let before = all.last().filter(|before| knocks && !before.is_question);
            let goes = before.and_then(|before| {
                let verb = before.verb.filter(|verb| matches!(verb, Verb::Go | Verb::Back))?;
                let place = self.destination(before, verb);
                let way = self.way_by_name(&place).filter(|way| !place.is_empty() && way.blocked.is_none())?;
                let has_door = |part: &String| HOUSES.contains(&part.as_str());
                if !story::words(&way.place).iter().any(has_door) {
                    return None;
                }
                Some(way.place.to_lowercase())
            });
            if let Some(place) = goes {
                all.pop();
                all.push(Clause { objects: vec![place.clone()], rest: format!("on {place}"), ..clause });
            } else {
                all.push(clause);
            }
        }
        all
    }

    /// Knocking at a house next door: one goes as far as its door.
    pub(crate) fn knocked_next_door(&self, way: &entries::Way) -> String {
        let there = the(&way.place);
        let lines = [
            format!(
                "You go as far as the door of {there} and knock. Nobody comes to open, and nobody calls to you to go away."
            ),
            format!("You knock at {there}, and wait a little. The door stays as it was, and is not locked."),
            format!("Three knocks at {there}. Whoever is in there leaves it to you to come in."),
        ];
        format!("{} You could go {}.", self.view.fresh(&lines), way.direction)
    }

    /// Opening and closing ways, and opening what is no obstacle, or what is only read or looked into.
    pub(crate) fn opened_or_shut(&self, verb: Verb, named: Option<&(&str, Found<'_>)>) -> Option<String> {
        if let Some(text) = self.pushed_or_drawn(verb, named?) {
            return Some(text);
        }
        match (verb, named?) {
            (Verb::Open | Verb::Close, (_, Found::Way(way))) => Some(self.look_toward(&way.direction)),
            // `the rope shop door` is a part of the shop, and no way.
            (Verb::Open, (noun, Found::Scenery(_)))
                if let Some((owner, "door")) = noun.rsplit_once(' ')
                    && let Found::Scenery(word) = self.view.find(owner)
                    && self.is_described_here(&word)
                    && self.way_by_description(owner).is_none() =>
            {
                Some(format!("The {owner} door does not open to you. {}", self.describe(&word)))
            }
            // What is no obstacle need not be opened.
            (Verb::Open, (noun, Found::Scenery(_)))
                if ["door", "gate"].contains(&story::words(noun).last().map_or("", String::as_str))
                    && let Some(way) = self.way_by_description(noun).or_else(|| self.only_way())
                    && way.blocked.is_none() =>
            {
                let is_described =
                    self.script.things.iter().any(|thing| self.view.fits(&thing.when) && thing.is_called(noun));
                let lines = ["Nothing keeps it shut.", "It is no obstacle.", "It opens, as doors do."];
                let door = if is_described { self.describe(noun) } else { self.view.fresh(&lines).to_owned() };
                Some(format!("{door} {}", self.look_toward(&way.direction)))
            }
            (Verb::Open, (_, Found::Nothing | Found::Elsewhere(_))) => None,
            // What is opened to be read, or to see what is in it, is described.
            (Verb::Open, (noun, _)) => {
                let mut things = self.script.things.iter();
                let own = things.find(|thing| thing.is_called(noun) && self.view.fits(&thing.when))?;
                let text = self.view.next(&own.text);
                (!self.view.is_stale(text)).then(|| text.to_owned())
            }
            _ => None,
        }
    }

    /// Pushing a door that is open, and closing one that nothing keeps.
    fn pushed_or_drawn(&self, verb: Verb, (noun, found): &(&str, Found<'_>)) -> Option<String> {
        let is_door = ["door", "gate"].contains(&story::words(noun).last().map_or("", String::as_str));
        if !is_door || !matches!(found, Found::Scenery(_)) || !matches!(verb, Verb::Move | Verb::Close) {
            return None;
        }
        let way = self.way_by_description(noun).or_else(|| self.only_way()).filter(|way| way.blocked.is_none())?;
        let plain = naming::without_article(noun);
        let lines = match verb {
            Verb::Move => [
                format!("The {plain} gives under your hand."),
                format!("The {plain} moves an inch, and waits for you to mean it."),
            ],
            _ => [
                format!("You close the {plain}, and it comes open again by itself."),
                format!("The {plain} does not care to be shut, and goes back to how it stood."),
            ],
        };
        let more = if verb == Verb::Move { self.look_toward(&way.direction) } else { self.describe(noun) };
        Some(format!("{} {more}", self.view.fresh(&lines)))
    }

    /// Whether the story describes a part of this place by this name.
    fn is_described_here(&self, noun: &str) -> bool {
        self.script
            .things
            .iter()
            .any(|thing| thing.when.at.is_some() && self.view.fits(&thing.when) && thing.is_called(noun))
    }
}
