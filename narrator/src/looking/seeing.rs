//! Looking, examining, what is carried, hints, and what could be tried. Nothing here changes anything.

use story::{Fit, fit, words};

use crate::reading::clause::Clause;
use crate::reading::vocabulary;
use crate::talk::talking;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::naming::{clean, the};
use crate::world::texts::{capital, joined, sentences, sentences_about};

/// People who are named by what is theirs.
const LEADS_SOMETHING: &[&str] =
    &["captain", "skipper", "owner", "master", "keeper", "crew", "driver", "boss", "head", "leader", "maker"];

impl Telling<'_> {
    /// The place, who and what is here, and the ways out.
    pub(crate) fn look(&self) -> String {
        let mut parts = vec![if self.view.description.is_empty() {
            format!("This is {}.", the(&self.view.here))
        } else {
            self.view.description.clone()
        }];
        let (fixed, loose): (Vec<&String>, Vec<&String>) =
            self.view.items.iter().partition(|item| self.view.is_fixed(item));
        if !fixed.is_empty() {
            let items: Vec<String> = fixed.into_iter().map(|item| the(item)).collect();
            parts.push(format!("There is {} here.", joined(&items, "and")));
        }
        if !loose.is_empty() {
            let items: Vec<String> = loose.into_iter().map(|item| the(item)).collect();
            let opening = self.view.fresh(&[
                "Within reach you find",
                "You could pick up",
                "Nobody seems to be minding",
                "Lying here you see",
            ]);
            parts.push(format!("{opening} {}.", joined(&items, "and")));
        }
        parts.extend(self.what_is_inside(&self.view.items));
        let beings: Vec<String> = self.view.beings.iter().map(Being::call).collect();
        if !beings.is_empty() {
            let are = if beings.len() == 1 { "is" } else { "are" };
            parts.push(format!("{} {are} here.", capital(&joined(&beings, "and"))));
        }
        parts.push(self.ways_out());
        parts.join(" ")
    }

    pub(crate) fn examine(&self, clause: &Clause) -> String {
        if let Some(seen) = self.several_examined(clause) {
            return seen;
        }
        let noun = [clause.objects.join(" "), clause.second.clone()]
            .into_iter()
            .find(|noun| !noun.is_empty())
            .unwrap_or_default();
        let mut noun = clean(&noun);
        // `read what it says on the ticket`: what is meant comes last.
        if clause.objects.is_empty()
            && self.view.find(&noun) == Found::Nothing
            && let Some(last) = last_part(&noun)
        {
            noun = last;
        }
        // `peek inside` looks through the door.
        let looks_in = noun == "inside"
            || (noun.is_empty()
                && ["inside", "in", "into", "through"]
                    .iter()
                    .any(|word| clause.written.ends_with(word) || clause.preposition == *word));
        if looks_in {
            let door = self.way_by_label("in").or_else(|| self.way_by_description("door")).or_else(|| self.only_way());
            if let Some(way) = door {
                return self.look_toward(&way.direction);
            }
        }
        if let Some(text) = self.own_looked_at(clause).or_else(|| self.seen_through(clause)) {
            return text;
        }
        let around = [
            "",
            "room",
            "around",
            "about",
            "surroundings",
            "place",
            "everything",
            "all",
            "area",
            "everywhere",
            "scene",
            "the room",
        ];
        if ["outside", "outdoors", "out"].contains(&noun.as_str())
            && let Some(way) = self.way_outdoors().or_else(|| self.only_way())
        {
            return self.look_toward(&way.direction);
        }
        if is_of_belongings(&noun) {
            return self.inventory();
        }
        if let Some(part) = self.looked_up_or_under(clause, &noun) {
            return part;
        }
        let place = words(&noun);
        if around.contains(&noun.as_str())
            || (!place.is_empty() && place.iter().all(|word| around.contains(&word.as_str())))
            || place == words(&self.view.here)
            || (fit(&noun, &self.view.here).is_some() && place.last() == words(&self.view.here).last())
        {
            return self.look();
        }
        let second = clean(&clause.second);
        let is_known = |noun: &str| !matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_));
        // `the inscription on the bell`: what is not described itself belongs to what is.
        if !clause.objects.is_empty() && !second.is_empty() && !is_known(&noun) && is_known(&second) {
            noun = second;
        }
        if vocabulary::direction(&noun).is_some() {
            return self.look_toward(&noun);
        }
        // `see what that barge is about`: what is meant comes before the verb.
        if clause.objects.is_empty()
            && self.view.find(&noun) == Found::Nothing
            && let Some(subject) = subject(&noun)
        {
            noun = subject;
        }
        let seeks = ["find", "look for", "search for"].contains(&clause.written.as_str());
        // `look for another way in`
        if seeks && ["way", "way in", "way out", "exit", "other way"].iter().any(|way| plain(&noun) == *way) {
            return self.ways_out();
        }
        if seeks && talking::ANYBODY.iter().any(|anybody| noun.split(' ').next() == Some(*anybody)) {
            return self.look();
        }
        // `the captain of one of the boats` is no boat.
        if seeks
            && let Some((somebody, _)) = noun.split_once(" of ")
            && LEADS_SOMETHING.contains(&words(somebody).pop().unwrap_or_default().as_str())
            && self.view.named(somebody) == Found::Nothing
        {
            return format!("You see no {somebody} here. {}", self.could_try());
        }
        if seeks
            && self.view.find(&noun) == Found::Nothing
            && let Some(known) =
                self.whereabouts(&noun).or_else(|| Some(self.remind(&noun)).filter(|known| !known.is_empty()))
        {
            return known;
        }
        self.describe(&noun)
    }

    /// What `noun` looks like.
    pub(crate) fn describe(&self, noun: &str) -> String {
        let found = self.view.find(noun);
        let name = match &found {
            Found::Held(item) | Found::Here(item) | Found::Carried(_, item) | Found::Inside(_, item) => {
                (*item).to_owned()
            }
            Found::Being(being) => being.name.clone(),
            _ => noun.to_owned(),
        };
        let is_here = !matches!(found, Found::Nothing | Found::Elsewhere(_));
        let fitting = || self.script.things.iter().filter(|thing| self.view.fits(&thing.when));
        let is_meant = |thing: &&story::script::Thing| thing.names.iter().any(|own| fit(noun, own) == Some(Fit::Whole));
        // `the music box` is not the music box key.
        // The paper of this place is meant before a paper that may be anywhere.
        let is_placed = |thing: &&story::script::Thing| is_meant(thing) && thing.when.at.is_some();
        let here_first =
            matches!(found, Found::Scenery(_) | Found::Nothing).then(|| fitting().find(is_placed)).flatten();
        // The ferry next door is no ferry token.
        let is_scenery = matches!(found, Found::Scenery(_) | Found::Way(_));
        // `the rules` for the regulations.
        let otherwise = || match &found {
            Found::Scenery(word) => fitting().find(|thing| thing.is_called(word) && thing.when.at.is_some()),
            _ => None,
        };
        let own = here_first
            .or_else(|| fitting().find(is_meant))
            .or_else(|| fitting().find(|thing| thing.is_called(&name) && (!is_scenery || !self.is_of_an_item(thing))))
            .or_else(otherwise);
        if let Some(own) = own.filter(|own| is_here || own.when.at.is_some()) {
            return self.view.next(&own.text).to_owned();
        }
        if let Found::Held(item) | Found::Here(item) | Found::Carried(_, item) | Found::Inside(_, item) = &found {
            let about = self.view.about_item(item);
            if !about.is_empty() {
                return format!("You look at {}. {about}", the(item));
            }
        }
        match found {
            Found::Being(being) => describe_being(being),
            Found::Held(item) => {
                let lines = [
                    "It is yours, and in good order.",
                    "You turn it over in your hands, and it stays what it is.",
                    "It has been carried a long way, and shows it.",
                    "It is a comfort to hold something so plain.",
                ];
                format!("You look at {}, which you are carrying. {}", the(item), self.view.fresh(&lines))
            }
            Found::Here(item) if self.view.is_fixed(item) => {
                format!("You bend over {}. It is part of the place.", the(item))
            }
            Found::Here(item) => {
                let lines = [
                    "You could pick it up.",
                    "It could be carried.",
                    "Nobody would mind if you took it.",
                    "It lies within reach.",
                ];
                format!("You bend over {}. {}", the(item), self.view.fresh(&lines))
            }
            Found::Inside(vessel, item) => {
                format!("You look at {}, in {}. It could be taken out.", the(item), the(vessel))
            }
            Found::Carried(being, item) => {
                format!("{} has {}, and keeps an eye on it.", capital(&being.call()), the(item))
            }
            Found::Way(way) => match &way.blocked {
                Some(reason) => format!("You look {}. {reason}", way.direction),
                None => self.look_toward(&way.direction),
            },
            Found::Scenery(word) => self.describe_scenery(&word, &plain(noun)),
            Found::Oneself => {
                format!("You look down at yourself and find everything in its place. {}", self.inventory())
            }
            Found::Several(names) => format!("You could mean {}. Which one?", joined(&names, "or")),
            Found::Elsewhere(name) if self.is_person(&name) => {
                let step = self.view.home_of_person(&name).and_then(|home| self.first_step_to(&home));
                format!("{name} is not here. {}", step.unwrap_or_else(|| self.could_try()))
            }
            Found::Elsewhere(name) => {
                format!("You do not see {} from here. {}", self.name_with_article(&name), self.could_try())
            }
            Found::Nothing => self.not_here(noun),
        }
    }

    /// Whether a thing that is described is an item of the story, and not a part of this place.
    fn is_of_an_item(&self, thing: &story::script::Thing) -> bool {
        let is_item = |name: &String| self.view.knows_item(name) || self.view.held.contains(name);
        thing.when.at.is_none() && thing.names.iter().any(is_item)
    }

    fn describe_scenery(&self, word: &str, noun: &str) -> String {
        // A part that no text names looks like its whole.
        if let Some(whole) = self.view.whole_of(word).filter(|_| self.view.named(word) == Found::Nothing) {
            return self.describe(whole);
        }
        let reasons = self.view.ways.iter().filter_map(|way| way.blocked.as_deref());
        let texts = std::iter::once(self.view.description.as_str())
            .chain(self.view.beings.iter().map(|being| being.about.as_str()))
            .chain(reasons)
            .chain(self.view.told.iter().copied());
        let described = texts.map(|text| sentences_about(text, word)).find(|about| !about.is_empty());
        // What only the name of a place next door says is over there.
        let next_door = || self.view.ways.iter().find(|way| words(&way.place).iter().any(|part| part == word));
        let about = match (described, next_door()) {
            (Some(described), _) => described,
            (None, Some(way)) => return self.look_toward(&way.direction),
            (None, None) => self.view.description.clone(),
        };
        let ends = [
            "That is all there is to see of it.",
            "It repays a second look, if not a third.",
            "You see nothing more in it than that.",
            "Close to, it is much the same.",
            "You commit it to memory.",
            "It does not look as if it wanted anything of you.",
        ];
        let noun = if noun.split(' ').count() <= 2 { noun } else { word };
        format!("You look at {}. {about} {}", the(noun), self.view.fresh(&ends))
    }

    pub(crate) fn look_toward(&self, direction: &str) -> String {
        let direction = vocabulary::direction(direction).unwrap_or(direction);
        let Some(way) = self.view.ways.iter().find(|way| way.direction.eq_ignore_ascii_case(direction)) else {
            return format!("There is nothing to see {direction} of here. {}", self.ways_out());
        };
        match (&way.blocked, self.view.place_named(&way.place)) {
            (Some(reason), _) => format!("You look {direction}. {reason}"),
            (None, Some((key, place))) if !self.view.certain(&place.preview, key, &place.name).is_empty() => {
                let preview = self.view.certain(&place.preview, key, &place.name);
                format!("You look {direction}. {} {preview}", capital(&format!("{}:", the(&way.place))))
            }
            (None, _) => format!("You look {direction}. That way lies {}.", the(&way.place)),
        }
    }

    /// A sentence about what the player has gone up to.
    pub(crate) fn glance_at(&self, found: &Found<'_>) -> String {
        match found {
            Found::Being(being) => {
                sentences(&being.about).first().map(|sentence| (*sentence).to_owned()).unwrap_or_default()
            }
            Found::Scenery(word) => sentences_about(&self.view.description, word),
            _ => self.could_try(),
        }
    }

    /// How it began, what the player did of late, and what they have.
    pub(crate) fn so_far(&self) -> String {
        const LATEST: usize = 5;
        // The first message asks for the beginning, and has no speaker.
        let said = self.view.said.iter().rev().filter_map(|said| Some(said.split_once(": ")?.1.trim()));
        let mut latest: Vec<String> = said
            .filter(|said| !said.is_empty() && said.len() < 60)
            .take(LATEST)
            .map(|said| format!("'{said}'"))
            .collect();
        latest.reverse();
        let done = if latest.is_empty() {
            "You have only begun.".to_owned()
        } else {
            format!("Of late you said {}.", joined(&latest, "and"))
        };
        let here = format!("Now you are at {}.", the(&self.view.here));
        let parts = [self.background().unwrap_or_default(), done, here, self.inventory()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn inventory(&self) -> String {
        if self.view.held.is_empty() {
            return self
                .view
                .fresh(&[
                    "You are carrying nothing at all.",
                    "Your pockets are empty.",
                    "You have nothing but yourself.",
                ])
                .to_owned();
        }
        let items: Vec<String> = self.view.held.iter().map(|item| the(item)).collect();
        let end = self.view.fresh(&[
            "It is not a fortune, but it is yours.",
            "It seems enough to be going on with.",
            "You check twice.",
            "Nothing is missing.",
        ]);
        let carried = format!("You are carrying {}.", joined(&items, "and"));
        let mut sentences = vec![carried];
        sentences.extend(self.what_is_inside(&self.view.held));
        sentences.push(end.to_owned());
        sentences.join(" ")
    }
}

/// `my stuff`, `all my things`.
fn is_of_belongings(noun: &str) -> bool {
    const BELONGINGS: &[&str] = &[
        "stuff",
        "things",
        "belongings",
        "possessions",
        "inventory",
        "pockets",
        "pocket",
        "bag",
        "backpack",
        "pack",
        "gear",
        "equipment",
        "items",
        "satchel",
        "kit",
    ];
    noun.starts_with("my ") && noun.rsplit(' ').next().is_some_and(|last| BELONGINGS.contains(&last))
}

/// `ticket` of `it says on the ticket`.
fn last_part(noun: &str) -> Option<String> {
    ["on", "in", "of", "at", "about"]
        .iter()
        .find_map(|word| noun.rsplit_once(&format!(" {word} ")))
        .map(|(_, last)| last.to_owned())
}

/// `that barge` of `that barge is about`.
fn subject(noun: &str) -> Option<String> {
    let verbs = [" is ", " are ", " does "];
    let cut = verbs.iter().find_map(|verb| noun.split_once(verb)).map(|(subject, _)| subject);
    cut.or_else(|| noun.strip_suffix(" is")).map(str::to_owned)
}

/// A noun without its article, as it was written.
pub(crate) fn plain(noun: &str) -> String {
    let noun = clean(noun);
    let articles = ["the ", "a ", "an ", "my ", "your ", "his ", "her ", "some ", "any ", "that ", "this ", "another "];
    articles.iter().find_map(|article| noun.strip_prefix(article)).unwrap_or(&noun).to_owned()
}

fn describe_being(being: &Being) -> String {
    let about =
        if being.about.is_empty() { format!("{} is here.", capital(&being.call())) } else { being.about.clone() };
    let carries = if being.carries.is_empty() {
        String::new()
    } else {
        let items: Vec<String> = being.carries.iter().map(|item| the(item)).collect();
        format!(" {} has {}.", capital(&being.call()), joined(&items, "and"))
    };
    format!("You look at {}. {about}{carries}", being.call())
}
