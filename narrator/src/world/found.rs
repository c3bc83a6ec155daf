//! What a noun means here: a thing, a person, a way, a part of the place, or nothing that is here.

use story::{Fit, Npc, fit, make_npc, meant, words};

use super::entries::{Being, Way};
use super::naming::{LEADERS, clean, head, the, without_article};
use super::synonyms;
use super::texts;
use super::texts::joined;
use super::view::View;

/// What a noun means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found<'v> {
    Held(&'v str),
    Here(&'v str),
    Being(&'v Being),
    /// What somebody here carries.
    Carried(&'v Being, &'v str),
    /// What is in an open container: the container, and the thing.
    Inside(&'v str, &'v str),
    Way(&'v Way),
    /// A word of the description, which can be looked at and not taken.
    Scenery(String),
    /// A person, a place or a thing of the story that is not here, by name.
    Elsewhere(String),
    Oneself,
    /// It may mean any of these.
    Several(Vec<String>),
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Candidate<'v> {
    Held(&'v str),
    Here(&'v str),
    Being(&'v Being),
    Carried(&'v Being, &'v str),
    Inside(&'v str, &'v str),
}

/// Trades that players call by another name.
const TRADES: &[&[&str]] = &[
    &["landlady", "landlord", "bartender", "barkeep", "barman", "barmaid", "innkeeper", "publican"],
    &["ferrykeeper", "ferryman", "ferrywoman", "boatman", "captain"],
    &[
        "shop assistant",
        "shopkeeper",
        "assistant",
        "clerk",
        "salesman",
        "seller",
        "pawnbroker",
        "broker",
        "lender",
        "merchant",
        "trader",
        "dealer",
    ],
    &["housekeeper", "maid", "servant", "butler"],
    &["lighthouse keeper", "keeper"],
];

/// Whether `noun` is another word for the trade `kind`, or that trade itself.
pub(crate) fn is_same_trade(noun: &str, kind: &str) -> bool {
    let last = |text: &str| words(text).pop();
    let is_both = |trades: &&&[&str]| trades.contains(&clean(noun).as_str()) && trades.contains(&kind);
    !kind.is_empty()
        && ((fit(noun, kind).is_some() && last(noun) == last(kind)) || TRADES.iter().any(|trades| is_both(&trades)))
}

impl View<'_> {
    /// What `noun` means here.
    pub(crate) fn find(&self, noun: &str) -> Found<'_> {
        let noun = clean(noun);
        if matches!(noun.as_str(), "me" | "myself" | "self" | "yourself" | "you") {
            return Found::Oneself;
        }
        if let Some(meaning) = self.pronoun(&noun) {
            return meaning;
        }
        let found = self.named(&noun);
        if found != Found::Nothing {
            return found;
        }
        // `the back of a chair`, `one of the chairs`, `a cup of tea`: the whole, or what it is a part of.
        if let Some((part, whole)) = noun.split_once(" of ") {
            let found = match self.named(whole) {
                Found::Nothing if part != "one" => self.named(part),
                found => found,
            };
            return if found == Found::Nothing { self.by_another_word(whole) } else { found };
        }
        // `Crake's forehead` is a part of Crake.
        let without_apostrophe = || {
            let (owner, part) = noun.rsplit_once(' ')?;
            Some((owner.strip_suffix('s')?, part)).filter(|(owner, _)| self.named(owner) != self.named(&noun))
        };
        if let Some((owner, _)) = noun.split_once("'s ").or_else(without_apostrophe)
            && let found @ Found::Being(_) = self.named(owner)
        {
            return found;
        }
        self.by_another_word_or_part(&noun)
    }

    /// The thing that is here and is called by another word: `the rope` for the winch line.
    pub(crate) fn by_another_word(&self, noun: &str) -> Found<'_> {
        // `the rope` of the room next door is no winch line.
        if words(noun).last().is_some_and(|last| self.is_part_of_another_place(last)) {
            return Found::Nothing;
        }
        let things = synonyms::other_words(noun).into_iter().map(|other| self.named(&other));
        let is_animal = |found: &Found<'_>| matches!(found, Found::Being(being) if being.is_speechless());
        let is_thing = |found: &Found<'_>| matches!(found, Found::Held(_) | Found::Here(_) | Found::Inside(..));
        let mut things = things.filter(|found| is_thing(found) || is_animal(found));
        let Some(first) = things.next() else { return self.part_by_another_word(noun) };
        // Of several it would have to be guessed.
        if things.any(|other| other != first) { Found::Nothing } else { first }
    }

    /// The part of the place that is called by another word: `the picture` for the portrait.
    fn part_by_another_word(&self, noun: &str) -> Found<'_> {
        let mut parts =
            synonyms::other_words(noun).into_iter().filter(|other| words(&self.description).contains(other));
        parts.next().map_or(Found::Nothing, Found::Scenery)
    }

    pub(crate) fn named(&self, noun: &str) -> Found<'_> {
        let mut candidates: Vec<(Candidate<'_>, &str)> = Vec::new();
        candidates.extend(self.items.iter().map(|item| (Candidate::Here(item), item.as_str())));
        candidates.extend(self.held.iter().map(|item| (Candidate::Held(item), item.as_str())));
        candidates.extend(self.inside().map(|(vessel, item)| (Candidate::Inside(vessel, item), item.as_str())));
        for being in &self.beings {
            candidates.push((Candidate::Being(being), &being.name));
            // `the pump` is no pump man.
            if words(noun).last() == words(&being.kind).last() {
                candidates.push((Candidate::Being(being), &being.kind));
            }
            candidates.extend(being.carries.iter().map(|item| (Candidate::Carried(being, item), item.as_str())));
        }
        match meant(noun, candidates.iter().copied()) {
            Ok(Some(candidate)) => {
                // `the ferry` is the chain ferry and not the ferry token: what it is comes last.
                let last = |name: &str| words(name).pop();
                let is_other = !candidate.is_being() && head(candidate.name()) != head(noun);
                // `the music box` is not the music box key where a music box is.
                // The keys of a person's ring of keys are theirs, and no part of the place.
                let is_of_place = |word: &String| {
                    !matches!(candidate, Candidate::Carried(..)) || words(&self.description).contains(word)
                };
                if is_other && let Some(word) = self.scenery(&words(noun)).filter(is_of_place) {
                    return Found::Scenery(word);
                }
                let way =
                    self.ways.iter().find(|way| fit(noun, &way.place).is_some() && last(&way.place) == last(noun));
                way.filter(|_| is_other).map_or_else(|| candidate.into(), Found::Way)
            }
            Err(several) => match self.likeliest(&several) {
                Some(candidate) => candidate.into(),
                None => Found::Several(several.into_iter().map(Candidate::name).map(str::to_owned).collect()),
            },
            Ok(None) => self.named_otherwise(noun, &candidates),
        }
    }

    /// Of several things that a noun may mean, the only one that is held, or else the only one in the room, or else the one that the player
    /// named last.
    fn likeliest<'v>(&self, several: &[Candidate<'v>]) -> Option<Candidate<'v>> {
        let only = |is_such: &dyn Fn(&Candidate<'v>) -> bool| {
            let mut such = several.iter().copied().filter(is_such);
            such.next().filter(|_| such.next().is_none())
        };
        let latest = || {
            self.said.iter().rev().take(4).find_map(|said| only(&|candidate| texts::mentions(said, candidate.name())))
        };
        only(&|candidate| matches!(candidate, Candidate::Held(_)))
            .or_else(|| only(&|candidate| matches!(candidate, Candidate::Here(_) | Candidate::Being(_))))
            .or_else(latest)
    }

    fn named_otherwise<'v>(&'v self, noun: &str, candidates: &[(Candidate<'v>, &str)]) -> Found<'v> {
        if let Some((_, own)) = self.aliases.iter().find(|(alias, _)| fit(noun, alias) == Some(Fit::Whole))
            && let Ok(Some(candidate)) = meant(own, candidates.iter().copied())
        {
            return candidate.into();
        }
        let is_whole = |name: &str| fit(noun, name).is_some() && fit(name, noun).is_some();
        let way_called = |called: &dyn Fn(&Way) -> bool| self.ways.iter().find(|way| called(way)).map(Found::Way);
        if let Some(way) = way_called(&|way| is_whole(&way.place)) {
            return way;
        }
        let words = words(noun);
        // `the chewed pawn ticket` ends with what it means.
        if words.len() > 1
            && let Some(last) = words.last()
            && let Ok(Some(candidate)) = meant(last, candidates.iter().copied())
        {
            return candidate.into();
        }
        if let Some(way) = way_called(&|way| is_whole(&way.direction)) {
            return way;
        }
        if let Some(being) = self.by_trade(noun) {
            return Found::Being(being);
        }
        // `the cottage door` is the way to the cottage.
        let parts_of_a_house = ["door", "window", "gate", "roof", "step", "wall", "chimney"];
        if words.len() > 1 && words.last().is_some_and(|last| parts_of_a_house.contains(&last.as_str())) {
            let house = words[..words.len() - 1].join(" ");
            if let Some(way) = self.open_ways().find(|way| fit(&house, &way.place).is_some()) {
                return Found::Way(way);
            }
        }
        let people = [
            "everyone",
            "everybody",
            "anyone",
            "anybody",
            "man",
            "woman",
            "lady",
            "boy",
            "girl",
            "person",
            "guy",
            "fellow",
            "lad",
            "stranger",
            "people",
            "somebody",
            "someone",
            "mister",
            "sir",
            "madam",
            "miss",
            "ma'am",
            "buddy",
            "mate",
            "dude",
            "pal",
            "friend",
        ];
        let mut here = self.beings.iter().filter(|being| !being.is_speechless());
        if words.last().is_some_and(|last| people.contains(&last.as_str()))
            && let (Some(being), None) = (here.next(), here.next())
        {
            return Found::Being(being);
        }
        if let Some(name) = self.described.iter().find(|name| fit(noun, name) == Some(Fit::Whole)) {
            return Found::Scenery((*name).to_owned());
        }
        if let Some(name) = self.person_elsewhere(noun) {
            return Found::Elsewhere(name);
        }
        if fit(noun, &self.here).is_some() && words.last() == story::words(&self.here).last() {
            return Found::Scenery(without_article(noun).to_owned());
        }
        if let Some(name) = self
            .described
            .iter()
            .find(|name| fit(noun, name).is_some() || (fit(name, noun).is_some() && !self.knows_item(noun)))
        {
            return Found::Scenery((*name).to_owned());
        }
        if let Some(way) = self.way_of_part(&words) {
            return Found::Way(way);
        }
        if let Some(word) = self.scenery(&words) {
            return Found::Scenery(word);
        }
        let said = || self.named_by_a_reason(&words).map(Found::Scenery);
        // What the story answers a deed about is there, though nothing describes it.
        let done_to = || words.last().filter(|last| self.deed_nouns.contains(*last)).cloned().map(Found::Scenery);
        // What the story itself turns on is no part of the place because a text speaks of it.
        let is_matter = || words.last().is_some_and(|last| self.matters.contains(last));
        let told = || self.told_scenery(&words).filter(|_| !is_matter()).map(Found::Scenery);
        let found = self.elsewhere_named(noun).map(Found::Elsewhere).or_else(said).or_else(done_to).or_else(told);
        found.unwrap_or(Found::Nothing)
    }

    /// The only person here whose trade has another name that `noun` ends with.
    fn by_trade(&self, noun: &str) -> Option<&Being> {
        let last = words(noun).pop()?;
        let trades = TRADES.iter().find(|trades| trades.contains(&last.as_str()))?;
        let mut here = self.beings.iter().filter(|being| trades.contains(&being.kind.as_str()));
        here.next().filter(|_| here.next().is_none())
    }

    /// The people of the story, made from their templates.
    pub(crate) fn people(&self) -> Vec<Npc> {
        let (Some(library), Some((_, scenario))) = (self.library, self.scenario) else { return Vec::new() };
        let of_scenes = scenario.scenes.values().flat_map(|scene| scene.npcs.values());
        scenario.npcs.values().chain(of_scenes).map(|npc| make_npc(library, npc)).collect()
    }

    /// The name of the person of the story whom `noun` means by name or trade.
    pub(crate) fn person_elsewhere(&self, noun: &str) -> Option<String> {
        let people = self.people();
        let named = people.iter().find(|npc| fit(noun, &npc.name).is_some());
        // `the bell` is no bell-ringer.
        let by_trade =
            || people.iter().find(|npc| fit(noun, &npc.kind).is_some() && words(noun).pop() == words(&npc.kind).pop());
        named.or_else(by_trade).map(|npc| npc.name.clone())
    }

    /// The name of a person, place or thing of the story that `noun` fits.
    fn elsewhere_named(&self, noun: &str) -> Option<String> {
        let (_, scenario) = self.scenario?;
        let scenes = scenario.scenes.values().flat_map(|scene| scene.locations.values());
        let places: Vec<_> = scenario.locations.values().chain(scenes).collect();
        let with_people = scenario.npcs.values().flat_map(|npc| &npc.items);
        let items = places.iter().flat_map(|place| &place.items).chain(with_people);
        let mut all = places.iter().map(|place| &place.name).chain(items).filter(|name| !name.is_empty());
        // `the chain` is not the chain of office, and the floor is not the place under it.
        let begins_with_where =
            |name: &str| name.split(' ').next().is_some_and(|first| LEADERS.contains(&first.to_lowercase().as_str()));
        let is_meant = |name: &str| fit(noun, name).is_some() && words(noun).last() == words(name).last();
        let name = all.find(|name| is_meant(name) && !begins_with_where(name))?;
        // What the player has not read of is called by their own word, and not given away.
        let is_place = places.iter().any(|place| place.name == *name);
        let is_known =
            is_place || self.held.contains(name) || self.heard.iter().any(|heard| heard.contains(name.as_str()));
        Some(if is_known { name.clone() } else { without_article(noun).to_owned() })
    }
}

impl<'v> Candidate<'v> {
    const fn is_being(self) -> bool {
        matches!(self, Self::Being(_))
    }

    fn name(self) -> &'v str {
        match self {
            Self::Held(item) | Self::Here(item) | Self::Carried(_, item) | Self::Inside(_, item) => item,
            Self::Being(being) => &being.name,
        }
    }
}

impl<'v> From<Candidate<'v>> for Found<'v> {
    fn from(candidate: Candidate<'v>) -> Self {
        match candidate {
            Candidate::Held(item) => Self::Held(item),
            Candidate::Here(item) => Self::Here(item),
            Candidate::Being(being) => Self::Being(being),
            Candidate::Carried(being, item) => Self::Carried(being, item),
            Candidate::Inside(vessel, item) => Self::Inside(vessel, item),
        }
    }
}

impl Found<'_> {
    /// How the narrator calls it, with its article.
    pub(crate) fn call(&self) -> String {
        match self {
            Self::Held(item) | Self::Here(item) | Self::Carried(_, item) | Self::Inside(_, item) => the(item),
            Self::Being(being) => being.call(),
            Self::Way(way) if way.place.is_empty() => format!("the way {}", way.direction),
            Self::Way(way) => the(&way.place),
            Self::Scenery(word) => the(word),
            Self::Elsewhere(name) => the(name),
            Self::Oneself => "yourself".to_owned(),
            Self::Several(names) => joined(names, "or"),
            Self::Nothing => "that".to_owned(),
        }
    }
}

impl Being {
    /// `Odile`, `the Queen Moth`: monsters have no proper name.
    pub(crate) fn call(&self) -> String {
        if self.is_monster { the(&self.name) } else { self.name.clone() }
    }
}
