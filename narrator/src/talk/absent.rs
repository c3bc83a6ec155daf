//! Questions about people who are not here: who has a trade, and where somebody is who was named last.

use story::{Npc, words};

use crate::telling::Telling;
use crate::world::found;
use crate::world::found::Found;
use crate::world::naming::{clean, the};
use crate::world::view::View;

/// How many earlier messages of the player are read for whom `she` means.
const MEMORY: usize = 3;

impl View<'_> {
    /// The only person of the story who has the trade that `noun` names, and who is not here.
    fn absent_by_trade(&self, noun: &str) -> Option<String> {
        let has_trade = |npc: &&Npc| found::is_same_trade(noun, &npc.kind) && !self.has_being(&npc.name);
        let people = self.people();
        let names: std::collections::BTreeSet<&String> = people.iter().filter(has_trade).map(|npc| &npc.name).collect();
        let mut names = names.into_iter();
        names.next().filter(|_| names.next().is_none()).cloned()
    }

    /// Whether what the story says of somebody lets `pronoun` mean them.
    pub(crate) fn may_be_called(&self, person: &str, pronoun: &str) -> bool {
        let people = self.people();
        let Some(npc) = people.iter().find(|npc| npc.name == person) else { return false };
        let about = words(&self.certain(&npc.description, self.here_key().unwrap_or_default(), &self.here));
        let has = |any: &[&str]| about.iter().any(|word| any.contains(&word.as_str()));
        let (is_woman, is_man) = (has(&["she", "her", "woman", "lady"]), has(&["he", "his", "him", "man"]));
        match pronoun {
            "she" | "her" => is_woman || !is_man,
            "he" | "him" => is_man || !is_woman,
            _ => true,
        }
    }
}

impl Telling<'_> {
    /// The answer to `who is the ferryman?`, where nobody is here who could say it.
    pub(crate) fn asked_for_a_trade(&self, text: &str) -> Option<String> {
        let asked = ["who is the ", "who's the ", "who is this ", "who is that "];
        let noun = asked.iter().find_map(|asks| text.strip_prefix(asks))?.trim_end_matches(" here");
        if self.view.speaker().is_some() || matches!(self.view.find(noun), Found::Being(_)) {
            return None;
        }
        let person = self.view.absent_by_trade(noun)?;
        let first = person.split(' ').next().unwrap_or_default();
        if self.view.heard.iter().any(|heard| heard.contains(first)) {
            return self.known_of_somebody(&format!("who is {}", person.to_lowercase()));
        }
        // Who has not been named yet is called by their trade.
        let absent = self.absent(&person);
        let place = absent.split_once("is not here. ").map_or("", |(_, place)| place);
        Some(format!("You have yet to meet {}. {place}", the(&clean(noun))))
    }

    /// The answer to `where is she?` about somebody who was named and is not here. Who is here is not asked for like that.
    pub(crate) fn where_they_are(&self, text: &str) -> Option<String> {
        let asks = [
            "where is ",
            "where's ",
            "where can i find ",
            "where do i find ",
            "where are ",
            "where does ",
            "where do ",
        ];
        let pronoun = asks.iter().find_map(|asks| text.strip_prefix(asks))?;
        let pronoun =
            [" now", " then", " live", " lives"].iter().find_map(|end| pronoun.strip_suffix(end)).unwrap_or(pronoun);
        if !["he", "she", "him", "her", "they", "them"].contains(&pronoun) {
            return None;
        }
        let said =
            self.view.said.iter().rev().take(MEMORY).map(|said| said.split_once(": ").map_or(*said, |(_, said)| said));
        let named = said.filter_map(|said| self.view.absent_in(&said.to_lowercase()));
        let person = named.into_iter().find(|person| self.view.may_be_called(person, pronoun))?;
        Some(self.absent(&person))
    }
}
