//! Looking through a door, listening to what people say, and asking what is in the water.

use story::words;

use super::scraps;
use super::subject;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::texts::capital;

/// What one looks through to see what is behind it.
const OPENINGS: &[&str] =
    &["door", "doorway", "keyhole", "crack", "gap", "gate", "hatch", "letterbox", "opening", "archway", "arch"];

/// What people say to each other.
const GOSSIP: &[&str] = &[
    "gossip",
    "conversation",
    "conversations",
    "talk",
    "chatter",
    "rumours",
    "rumors",
    "news",
    "people",
    "others",
    "crowd",
    "everybody",
    "everyone",
];

impl Telling<'_> {
    /// The answer to `peek through the door`.
    pub(crate) fn seen_through(&self, clause: &Clause) -> Option<String> {
        let is_through = clause.written.ends_with("through") || clause.preposition == "through";
        let noun = if clause.preposition == "through" { &clause.second } else { clause.objects.first()? };
        let last = words(noun).pop().filter(|_| is_through)?;
        if !OPENINGS.contains(&last.as_str()) {
            return None;
        }
        let way = self.way_by_description(noun).or_else(|| self.way_by_label("door")).or_else(|| self.only_way());
        if let Some(way) = way {
            let seen = self.look_toward(&way.direction);
            let own = self.view.whole_of(noun).is_some()
                || self.script.things.iter().any(|thing| self.view.fits(&thing.when) && thing.is_called(noun));
            return Some(if own { format!("{} {seen}", self.describe(noun)) } else { seen });
        }
        let is_here = !matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_));
        (!is_here).then(|| self.no_way(&format!("You would have to say which {last}.")))
    }

    /// The answer to `look at the bandstand and the fountain`: each that is here, and then what is not.
    pub(crate) fn several_examined(&self, clause: &Clause) -> Option<String> {
        let known = |noun: &&String| !matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_));
        let several: Vec<&String> = clause.objects.iter().filter(known).take(3).collect();
        if several.len() < 2 {
            return None;
        }
        let missing = clause.objects.iter().find(|noun| !known(noun)).map(|noun| self.not_here(noun));
        let seen = several.into_iter().map(|noun| self.describe(noun));
        Some(seen.chain(missing).collect::<Vec<_>>().join(" "))
    }

    /// The answer to `listen to the gossip`: who is there talks.
    pub(crate) fn overheard(&self, clause: &Clause) -> Option<String> {
        let noun = clause.objects.first().or(Some(&clause.second)).filter(|_| clause.verb == Some(Verb::Listen))?;
        let last = words(noun).pop()?;
        let listener = self.view.speaker().filter(|_| GOSSIP.contains(&last.as_str()))?;
        Some(self.talk_to(listener, "", Verb::Talk))
    }

    /// The answer to `are there fish in this river?`, where nothing is known of any.
    pub(crate) fn asked_what_is_in_a_part(&self, text: &str) -> Option<String> {
        let sought = ["is there ", "are there "].iter().find_map(|asks| text.strip_prefix(asks))?;
        let sought =
            ["any ", "a ", "an ", "some ", "many "].iter().find_map(|any| sought.strip_prefix(any)).unwrap_or(sought);
        let (noun, place) = [" in ", " on ", " under ", " behind ", " inside ", " beneath "]
            .iter()
            .find_map(|at| sought.split_once(at))
            .filter(|(noun, _)| noun.split(' ').count() <= 2)?;
        let is_there = matches!(self.view.find(place), Found::Here(_) | Found::Scenery(_) | Found::Held(_));
        let is_unknown = self.view.find(noun) == Found::Nothing
            && self.remind(noun).is_empty()
            && !scraps::is_scrap(noun)
            && !naming::is_abstract(noun);
        // `fishes in this river`, where there is no river
        if !is_there && is_unknown && self.view.find(place) == Found::Nothing && self.view.speaker().is_none() {
            return ["the ", "this ", "that "].iter().any(|the| place.starts_with(the)).then(|| self.not_here(noun));
        }
        if !is_there || !is_unknown || ["here", "there"].contains(&place) {
            return None;
        }
        let seen = self.describe(place);
        Some(match self.view.speaker() {
            Some(listener) if self.has_words_for(listener, noun) => return None,
            Some(listener) => {
                let who = capital(&listener.call());
                let lines = [
                    ("'Not that I have seen,'", format!("'Not that I have seen,' says {who}.")),
                    ("would be the last to know", format!("{who} would be the last to know, and says so.")),
                    ("'If there are,'", format!("'If there are, they keep to themselves,' says {who}.")),
                ];
                format!("{} {}", self.view.fresh_by_stem(&lines), self.can_be_asked(listener))
            }
            None => {
                let lines = [
                    ("as far as you can see", format!("You see no {noun} there, as far as you can see. {seen}")),
                    ("None that shows", format!("None that shows. {seen}")),
                ];
                self.view.fresh_by_stem(&lines).to_owned()
            }
        })
    }

    /// The answer to `why is there a bell under the water?`: what is known of bells says more than the water.
    pub(crate) fn known_of_why(&self, text: &str) -> Option<String> {
        let sought = ["why is there a ", "why is there an ", "why are there "];
        let noun = sought.iter().find_map(|why| text.strip_prefix(why)).filter(|_| self.view.speaker().is_none())?;
        Some(self.remind(noun.split(' ').next()?)).filter(|known| !known.is_empty())
    }

    /// The answer to `what is the chair doing?`
    pub(crate) fn asked_what_a_thing_does(&self, text: &str) -> Option<String> {
        let noun = ["what is ", "what's ", "what are "]
            .iter()
            .find_map(|asks| text.strip_prefix(asks))?
            .strip_suffix(" doing")?;
        let is_thing = matches!(self.view.find(noun), Found::Here(_) | Found::Held(_) | Found::Scenery(_));
        let lines = [
            "Nothing that you could catch it at.",
            "What such things do: nothing, for now.",
            "It keeps still, as far as you can tell.",
        ];
        is_thing.then(|| format!("{} {}", self.view.fresh(&lines), self.describe(noun)))
    }

    /// The answer to `how much does it cost?`, where nobody is who takes money.
    pub(crate) fn asked_for_price_of_nobody(&self, text: &str) -> Option<String> {
        if !subject::asks_for_price(text) || self.view.speaker().is_some() {
            return None;
        }
        let of_price = ["cost", "costs", "price", "fare", "fee", "owe", "pay", "charge", "expensive"];
        let is_price = text.split(' ').any(|word| of_price.contains(&word))
            || text.starts_with("how much is ")
            || text.starts_with("how much for ");
        let money = ["token", "coin", "money", "purse", "gold"];
        let held = self.view.held.iter().find(|item| money.iter().any(|money| item.contains(money)));
        let known = self.remind(text);
        let is_known = known.split(' ').any(|word| ["pay", "pays", "paid", "fee"].contains(&word));
        if !is_price || is_known {
            return is_known.then_some(known);
        }
        let lines = [
            "Nobody is here who could name a price.",
            "There is nobody here to name you a price.",
            "The price would be for somebody to say who is not here.",
        ];
        let line = self.view.fresh(&lines);
        Some(match held {
            Some(item) => format!("{line} What you have to pay with is {}.", naming::the(item)),
            None => format!("{line} {}", self.could_try()),
        })
    }
}
