//! A way that is closed by a door or a gate: opening, knocking, unlocking and going in are tried there, and the answer says what keeps it
//! closed and what is known of the key.

use story::{fit, words};

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming::{head, the};
use crate::world::texts;
use crate::world::texts::{capital, sentences, sentences_about};

/// What a way is closed with.
const DOORS: &[&str] = &["door", "gate", "hatch", "grille", "portcullis", "shutter", "padlock", "lock", "trapdoor"];

/// Words of a reason that say that a way is closed on purpose, and not by water or stones.
const CLOSED: &[&str] = &["locked", "lock", "bolted", "barred", "chained", "padlocked", "key", "sealed"];

impl Telling<'_> {
    /// The answer to trying a closed way; `None` where nothing of the kind is here or meant.
    pub(crate) fn at_closed_way(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let way = self.closed_way()?;
        let nouns = || clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
        let is_meant = |noun: &str| self.is_part_of(way, noun);
        let tries = match verb {
            Verb::Knock | Verb::Open | Verb::Close if nouns().next().is_none() => true,
            // `go in` where the only other way leads back.
            Verb::In if clause.rest.is_empty() => {
                self.way_by_name("in").is_none() && self.way_by_name("inside").is_none()
            }
            Verb::In | Verb::Go => {
                let named = clause.rest.trim_start_matches("through ").trim_start_matches("by ");
                is_meant(named) && self.way_by_name(named).is_none_or(|named| named.blocked.is_some())
            }
            // A key that fits is a deed of the story; one that does not, or anything else, opens nothing.
            Verb::Knock
            | Verb::Open
            | Verb::Close
            | Verb::Use
            | Verb::Move
            | Verb::Attack
            | Verb::Take
            | Verb::Repair => nouns().any(|noun| is_meant(noun)),
            _ => false,
        };
        tries.then(|| self.stays_closed(way, clause, verb))
    }

    /// What keeps the way closed that `clause` would go, and what is known of its key.
    pub(crate) fn what_keeps_closed(&self, clause: &Clause) -> Option<String> {
        let way = self.closed_way()?;
        let place =
            clause.rest.split(' ').filter(|word| !["in", "into", "inside", "through", "past", "the"].contains(word));
        let place = place.collect::<Vec<_>>().join(" ");
        let goes = matches!(clause.verb, Some(Verb::In | Verb::Go | Verb::Open | Verb::Out | Verb::Take));
        let is_meant = self.is_part_of(way, &place) || (place.is_empty() && clause.verb == Some(Verb::In));
        (goes && is_meant).then(|| {
            let reason = way.blocked.clone().unwrap_or_default();
            format!("{reason} {}", self.known_of_the_key(way).unwrap_or_default()).trim_end().to_owned()
        })
    }

    /// The answer to `is the door locked?` and `where is the key?` at a closed way.
    pub(crate) fn asked_of_closed_way(&self, text: &str) -> Option<String> {
        let way = self.closed_way().filter(|_| !text.contains("your "))?;
        let asked = words(text);
        let asks = asked
            .iter()
            .any(|word| CLOSED.contains(&word.as_str()) || ["open", "closed", "shut"].contains(&word.as_str()))
            && (asked.iter().any(|word| DOORS.contains(&word.as_str()))
                || asked.iter().any(|word| word == "key")
                || asked.len() <= 2);
        asks.then(|| {
            let reason = way.blocked.clone().unwrap_or_default();
            format!("{reason} {}", self.known_of_the_key(way).unwrap_or_default()).trim_end().to_owned()
        })
    }

    /// The only way here that a door or a lock closes.
    fn closed_way(&self) -> Option<&Way> {
        let is_closed = |way: &&Way| {
            let reason = way.blocked.as_deref().map(words).unwrap_or_default();
            reason.iter().any(|word| CLOSED.contains(&word.as_str()) || DOORS.contains(&word.as_str()))
                || (way.blocked.is_some() && words(&way.direction).iter().any(|word| DOORS.contains(&word.as_str())))
        };
        let mut closed = self.view.ways.iter().filter(is_closed);
        closed.next().filter(|_| closed.next().is_none())
    }

    /// Whether `noun` means the door or the lock of `way`, or what lies behind it: `church` at the church door.
    fn is_part_of(&self, way: &Way, noun: &str) -> bool {
        let noun = words(noun);
        let Some(last) = noun.last().filter(|_| noun.len() <= 4) else { return false };
        let texts = [way.blocked.as_deref().unwrap_or_default(), &way.direction, &self.view.here];
        let says = |text: &&str| words(text).contains(last);
        // A person or a thing of that name is meant before a door.
        let is_other =
            matches!(self.view.find(last), Found::Being(_) | Found::Here(_) | Found::Held(_) | Found::Carried(..));
        !is_other && (DOORS.contains(&last.as_str()) || texts.iter().any(says))
    }

    fn stays_closed(&self, way: &Way, clause: &Clause, verb: Verb) -> String {
        let reason = way.blocked.as_deref().unwrap_or_default();
        let tried = match verb {
            Verb::Knock => self.view.fresh(&[
                "You knock, and there is no answer.",
                "You knock. It sounds solid.",
                "Your knock is swallowed by the wood.",
            ]),
            Verb::Attack | Verb::Move => self.view.fresh(&[
                "You put your weight to it.",
                "You push until your shoulder hurts.",
                "You try it with force.",
            ]),
            Verb::Close => "It is closed already.",
            _ => self.view.fresh(&["You try it.", "It does not give.", "It does not open."]),
        };
        let with = clause.objects.iter().chain([&clause.second]).find_map(|noun| match self.view.find(noun) {
            Found::Held(item) if !fits_lock(item, way, &self.view.here) => Some(item),
            _ => None,
        });
        let with = with.map(|item| format!("{} is of no use for that.", capital(&the(item))));
        let parts = [Some(tried.to_owned()), with, Some(reason.to_owned()), self.known_of_the_key(way)];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// What the player can know of what opens `way`.
    fn known_of_the_key(&self, way: &Way) -> Option<String> {
        let here = &self.view.here;
        let key = |item: &&String| head(item).as_deref() == Some("key") && fits_lock(item, way, here);
        if let Some(item) = self.view.held.iter().find(key) {
            return Some(format!("You have {} with you, and could unlock it.", the(item)));
        }
        if let Some(item) = self.view.items.iter().find(key) {
            return Some(format!("{} lies here.", capital(&the(item))));
        }
        if let Some(item) = self.keys_of_the_story().into_iter().find(|item| key(&item) && self.has_been_seen(item)) {
            return Some(format!("You have seen {} elsewhere.", the(&item)));
        }
        let thing = self
            .script
            .things
            .iter()
            .find(|thing| self.view.fits(&thing.when) && thing.when.at.is_some() && thing.is_called("door"));
        let said =
            thing.map(|thing| sentences_about(self.view.next(&thing.text), "key")).filter(|said| !said.is_empty());
        let is_locked = || {
            let texts = [way.blocked.as_deref().unwrap_or_default(), self.view.description.as_str()];
            texts.iter().any(|text| words(text).iter().any(|word| CLOSED.contains(&word.as_str())))
        };
        said.or_else(|| is_locked().then(|| "It wants a key, and you have found none yet.".to_owned()))
    }

    fn keys_of_the_story(&self) -> Vec<String> {
        let Some((_, scenario)) = self.view.scenario else { return Vec::new() };
        let of_scenes = scenario.scenes.values().flat_map(|scene| scene.locations.values());
        let lying = scenario.locations.values().chain(of_scenes).flat_map(|place| &place.items);
        lying.filter(|item| head(item).as_deref() == Some("key")).cloned().collect()
    }

    fn has_been_seen(&self, item: &str) -> bool {
        // `The church key is not here` is no sight of it.
        let denies =
            |sentence: &str| words(sentence).iter().any(|word| ["not", "no", "cannot"].contains(&word.as_str()));
        let mut sentences = self.view.heard.iter().flat_map(|heard| sentences(heard));
        sentences.any(|sentence| texts::mentions(sentence, item) && !denies(sentence))
    }
}

/// Whether a key is one for `way`: a word of its name, other than `key`, is in what closes the way or in the name of the place.
fn fits_lock(item: &str, way: &Way, here: &str) -> bool {
    let about = [words(way.blocked.as_deref().unwrap_or_default()), words(&way.direction), words(here)].concat();
    fit("key", item).is_some() && words(item).iter().any(|word| word != "key" && about.contains(word))
}
