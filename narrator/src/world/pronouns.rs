//! What `it`, `him`, `her` and `them` mean: what was named last, by the player or in the answer, or the only one here that it can be.

use story::words;

use super::entries;
use super::found::Found;
use super::naming::clean;
use super::texts::mentions;
use super::view::View;
use crate::reading::sentence;
use crate::reading::vocabulary;

/// How many earlier messages of the player are read for what a pronoun means.
const MEMORY: usize = 4;

const PRONOUNS: &[&str] = &["it", "him", "her", "them", "that", "this", "he", "she", "one"];

impl View<'_> {
    /// What `it`, `him` or `her` means; `None` for any other noun.
    pub(crate) fn pronoun(&self, noun: &str) -> Option<Found<'_>> {
        let is_person = match noun {
            "it" | "that" | "this" | "one" => false,
            "him" | "her" | "he" | "she" | "them" | "they" => true,
            _ => return None,
        };
        let is_animal = |found: &Found<'_>| matches!(found, Found::Being(being) if being.is_speechless());
        let fits = |found: &Found<'_>| match found {
            Found::Nothing | Found::Several(_) | Found::Elsewhere(_) | Found::Oneself => false,
            Found::Being(being) => (is_person && self.may_be_meant(being, noun)) || (noun == "it" && is_animal(found)),
            _ => !is_person || noun == "them",
        };
        // `her` means an animal only right after it was named: otherwise a person is likelier.
        let is_near = |age: usize, found: &Found<'_>| !is_person || age == 0 || !is_animal(found);
        let named = |age: usize| {
            let nouns = self.nouns_said(age);
            nouns.iter().map(|noun| self.named(noun)).find(|found| fits(found) && is_near(age, found))
        };
        let found = if is_person {
            let is_called =
                |found: &Found<'_>| !matches!(found, Found::Elsewhere(name) if !self.may_be_called(name, noun));
            let absent = || (0..2).find_map(|age| self.absent_named(age, true).filter(is_called));
            // `ask him about Maud`, and then `is she nice?`
            let of_other = |found: &Found<'_>| matches!(found, Found::Being(being) if !self.may_be_meant(being, noun));
            let only = self.only_one();
            let is_other = only.as_ref().is_some_and(of_other);
            let of_absent = if is_other { absent() } else { None };
            let only = only.filter(|_| !is_other || noun == "them");
            (0..MEMORY).find_map(named).or(of_absent).or(only).or_else(absent)
        } else {
            // `go east`, and then `take it`: what was named before the move is still meant.
            let at = |age: usize| named(age).or_else(|| self.absent_named(age, false).filter(|_| age < 2));
            named(0).or_else(|| self.thing_of_last_turn()).or_else(|| (0..MEMORY).find_map(at))
        };
        Some(found.unwrap_or(Found::Nothing))
    }

    /// Whether `he` or `she` may be this one, as far as the story says.
    fn may_be_meant(&self, being: &entries::Being, pronoun: &str) -> bool {
        being.is_speechless() || !self.is_person_of_story(&being.name) || self.may_be_called(&being.name, pronoun)
    }

    fn is_person_of_story(&self, name: &str) -> bool {
        self.people().iter().any(|npc| npc.name == name)
    }

    /// The nouns of what the player said `age` messages ago, the latest first.
    fn nouns_said(&self, age: usize) -> Vec<String> {
        let Some(said) = self.said.iter().rev().nth(age) else { return Vec::new() };
        let said = said.split_once(": ").map_or(*said, |(_, said)| said);
        let clauses = sentence::clauses(said);
        let nouns = clauses.iter().rev().flat_map(|clause| clause.objects.iter().chain([&clause.second]));
        let nouns = nouns.filter(|noun| !noun.is_empty()).map(|noun| clean(noun));
        nouns.filter(|noun| !PRONOUNS.contains(&noun.as_str()) && vocabulary::direction(noun).is_none()).collect()
    }

    /// The only thing at hand that the last question of the player or the answer to it names.
    fn thing_of_last_turn(&self) -> Option<Found<'_>> {
        let said = self.said.last().copied().unwrap_or_default();
        let heard = self.heard.last().copied().unwrap_or_default();
        let things = || self.items.iter().map(|item| (item, false)).chain(self.held.iter().map(|item| (item, true)));
        let is_named = |text: &str, item: &str| {
            let last = words(item).pop().unwrap_or_default();
            mentions(text, item) || words(text).contains(&last)
        };
        let only = |text: &str| {
            let mut named = things().filter(|(item, _)| is_named(text, item));
            named.next().filter(|_| named.next().is_none())
        };
        let (item, is_held) = only(said).or_else(|| only(heard))?;
        Some(if is_held { Found::Held(item) } else { Found::Here(item) })
    }

    /// Whom or what the player named `age` messages ago and who or which is not here.
    fn absent_named(&self, age: usize, is_person: bool) -> Option<Found<'_>> {
        self.nouns_said(age).iter().find_map(|noun| match self.named(noun) {
            Found::Elsewhere(name) => {
                let is_somebody = self.person_elsewhere(&name).as_deref() == Some(name.as_str());
                (is_somebody == is_person).then_some(Found::Elsewhere(name))
            }
            _ => None,
        })
    }

    /// The only person who can speak, or the only being at all.
    fn only_one(&self) -> Option<Found<'_>> {
        let mut speakers = self.beings.iter().filter(|being| !being.is_speechless());
        match (speakers.next(), speakers.next(), self.beings.as_slice()) {
            (Some(only), None, _) | (_, _, [only]) => Some(Found::Being(only)),
            _ => None,
        }
    }
}
