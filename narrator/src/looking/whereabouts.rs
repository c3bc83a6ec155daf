//! Where somebody or something is, and which way it is there.

use story::{fit, words};

use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming::{from_here, is_or_are, the};
use crate::world::texts::capital;

impl Telling<'_> {
    /// `who lives in that cottage?`, where the cottage is next door.
    pub(crate) fn who_is_there(&self, text: &str) -> Option<String> {
        let place = [
            " on the ",
            " in the ",
            " at the ",
            "lives in ",
            "live in ",
            "is in ",
            "lives at ",
            "is at ",
            "lives there",
            "lives up ",
        ]
        .iter()
        .find_map(|word| Some(text.split_once(word)?.1))
        .filter(|place| text.starts_with("who") && !place.is_empty())?;
        let place = clean_noun(place);
        let way =
            self.way_by_name(&place).or_else(|| self.way_next_door(&place)).filter(|way| way.blocked.is_none())?;
        let lines = [
            "You would have to go and see:",
            "There is one way to find out:",
            "You could look in:",
            "That can be asked there:",
        ];
        Some(format!(
            "{} {} {} {}.",
            self.view.fresh(&lines),
            the(&way.place),
            is_or_are(&way.place),
            from_here(&way.direction)
        ))
    }

    /// The way to the place of `how do I get to the quay` and `which way is the mayor's house`.
    pub(crate) fn way_asked_for(&self, text: &str) -> Option<String> {
        let openings = [
            "leads to ",
            "lead to ",
            "lead me to ",
            "leads into ",
            "get to ",
            "get back to ",
            "way is ",
            "way to ",
            "go to ",
            "way back to ",
            "reach ",
        ];
        let place = openings.iter().find_map(|opening| Some(text.split_once(opening)?.1))?;
        let place = self.view.home_of(place).unwrap_or_else(|| place.to_owned());
        let place = self.known_by_another_name(&place).unwrap_or(place);
        let step = || self.first_step_to(&place).or_else(|| self.next_door(&place));
        match self.way_by_name(&place) {
            Some(way) if way.blocked.is_none() => {
                Some(format!("{} {} {}.", capital(&the(&way.place)), is_or_are(&way.place), from_here(&way.direction)))
            }
            _ => step(),
        }
    }

    /// The answer to `how far is the barge?`: how many steps, as far as that can be seen, and which way.
    pub(crate) fn how_far(&self, text: &str) -> Option<String> {
        const ASKS: &[&str] = &[
            "how far away is ",
            "how far off is ",
            "how far is it to ",
            "how far is it from here to ",
            "how far is ",
            "how far to ",
            "is it far to ",
            "how long does it take to get to ",
            "how close is ",
            "how near is ",
        ];
        // `is the far bank far?`
        let whether = || {
            let place = text.strip_prefix("is ")?;
            [" far", " far away", " far from here", " far off"].iter().find_map(|end| place.strip_suffix(end))
        };
        let asked = ASKS.iter().find_map(|asks| text.strip_prefix(asks)).or_else(whether)?;
        // `is it far?`, behind `where is the Mayor?`
        let spoken_of = self.view.spoken_of_last().filter(|_| asked == "it" || asked == "that");
        let asked = spoken_of.as_deref().unwrap_or(asked);
        let place =
            [" from here", " away", " off"].iter().fold(asked, |place, end| place.strip_suffix(end).unwrap_or(place));
        let place = self.view.home_of(place).unwrap_or_else(|| place.to_owned());
        let place = self.known_by_another_name(&place).unwrap_or(place);
        if let Some(way) = self.way_by_name(&place).filter(|way| way.blocked.is_none()) {
            let (there, toward) = (capital(&the(&way.place)), from_here(&way.direction));
            let lines = [
                ("One step,", format!("One step, no more: {there} is {toward}.")),
                (" is as near as the next door", format!("{there} is as near as the next door, {toward}.")),
            ];
            return Some(self.view.fresh_by_stem(&lines).to_owned());
        }
        let is_here = matches!(self.view.find(&place), Found::Scenery(_) | Found::Here(_) | Found::Being(_));
        self.first_step_to(&place).or_else(|| is_here.then(|| format!("Within sight. {}", self.describe(&place))))
    }

    /// The place of `where does the road lead?`, or what there is to see of the road.
    pub(crate) fn where_leads(&self, text: &str) -> Option<String> {
        let path = ["where does ", "where do ", "where did ", "where's "]
            .iter()
            .find_map(|opening| text.strip_prefix(opening))?;
        let ends = [" lead to", " lead", " go to", " go", " come from", " end"];
        let path = ends.iter().find_map(|end| path.strip_suffix(end))?;
        // `where does he want to go?` asks for no path.
        if matches!(self.view.find(path.split(' ').next().unwrap_or_default()), Found::Being(_)) {
            return None;
        }
        match self.way_by_description(path).or_else(|| self.way_by_name(path)) {
            Some(way) => Some(self.look_toward(&way.direction)),
            None => matches!(self.view.find(path), Found::Scenery(_)).then(|| self.describe(path)),
        }
    }

    pub(crate) fn whereabouts(&self, noun: &str) -> Option<String> {
        if let Some(way) = self.view.open_ways().find(|way| fit(noun, &way.place).is_some()) {
            return Some(format!("{} is {}.", capital(&the(&way.place)), from_here(&way.direction)));
        }
        match self.view.find(noun) {
            Found::Being(being) => Some(format!("{} is right here.", capital(&being.call()))),
            Found::Held(item) => Some(format!("You have {} with you.", the(item))),
            Found::Here(item) => Some(format!("{} is here, within reach.", capital(&the(item)))),
            Found::Carried(being, item) => Some(format!("{} has {}.", capital(&being.call()), the(item))),
            Found::Inside(vessel, item) => Some(format!("{} is in {}.", capital(&the(item)), the(vessel))),
            Found::Way(way) if way.blocked.is_none() => {
                Some(format!("{} is {}.", capital(&the(&way.place)), from_here(&way.direction)))
            }
            Found::Scenery(_) => Some(self.describe(noun)),
            Found::Nothing => self.next_door(noun),
            Found::Elsewhere(name) => {
                if self.is_person(&name) {
                    return Some(self.absent(&name));
                }
                if let Some(step) = self.first_step_to(noun) {
                    return Some(step);
                }
                let place = self.view.elsewhere.iter().find(|(person, _)| fit(&name, person).is_some());
                Some(match place {
                    Some((_, place)) => format!("{name} is at {}, as far as you know. {}", the(place), self.ways_out()),
                    None => format!("{} is not here. {}", capital(&the(&name)), self.ways_out()),
                })
            }
            _ => None,
        }
    }

    /// Which way `noun` is to be found, if what can be seen of a neighbouring place names it.
    pub(crate) fn next_door(&self, noun: &str) -> Option<String> {
        let way = self.way_next_door(noun)?;
        Some(format!(
            "You would look for {} {}, by {}.",
            the(&clean_noun(noun)),
            from_here(&way.direction),
            the(&way.place)
        ))
    }

    /// The open way to the place of which `noun` is a part, as far as one can see from here.
    pub(crate) fn way_next_door(&self, noun: &str) -> Option<&Way> {
        let noun_words = words(noun);
        let names_it = |text: &str| {
            !noun_words.is_empty() && words(text).windows(noun_words.len()).any(|window| window == noun_words)
        };
        self.view.open_ways().find(|way| {
            self.view.place_named(&way.place).is_some_and(|(key, place)| {
                [&place.preview, &place.description]
                    .iter()
                    .any(|text| names_it(&self.view.certain(text, key, &place.name)))
            })
        })
    }
}

/// A noun without its article.
fn clean_noun(noun: &str) -> String {
    ["the ", "a ", "an ", "my ", "your ", "that ", "this "]
        .iter()
        .find_map(|article| noun.strip_prefix(article))
        .unwrap_or(noun)
        .to_owned()
}
