//! Which way is meant: by direction, by the name of the place, by what the description says of it, back, and out under the sky.

use story::{fit, words};

use super::going::moved;
use crate::looking::asked_plainly;
use crate::reading::clause::Clause;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::texts::{mentions, sentences_about};

/// Names of places under the sky.
const OUTDOORS: &[&str] = &[
    "porch",
    "square",
    "street",
    "yard",
    "garden",
    "lane",
    "quay",
    "green",
    "beach",
    "shingle",
    "drive",
    "gate",
    "road",
    "court",
    "courtyard",
    "terrace",
    "path",
    "field",
    "market",
    "outside",
];

impl Telling<'_> {
    pub(crate) fn way_by_direction(&self, direction: &str) -> Option<&Way> {
        self.view.ways.iter().find(|way| way.direction.eq_ignore_ascii_case(direction))
    }

    /// The way that is called `label`.
    pub(crate) fn way_by_label(&self, label: &str) -> Option<&Way> {
        self.view.ways.iter().find(|way| fit(label, &way.direction).is_some())
    }

    /// The way whose place or label `name` means, or whose place is described with that word.
    pub(crate) fn way_by_name(&self, name: &str) -> Option<&Way> {
        let ways = || self.view.ways.iter();
        let by_name = |way: &&Way| fit(name, &way.place).is_some() || fit(name, &way.direction).is_some();
        let by_door = |way: &&Way| {
            let about = |text: &str| mentions(text, name);
            let place = self.view.place_named(&way.place);
            !way.place.is_empty()
                && place.is_some_and(|(key, place)| about(&self.view.certain(&place.preview, key, &place.name)))
        };
        let open = || ways().filter(|way| way.blocked.is_none());
        let only = |mut found: Vec<_>| if found.len() == 1 { found.pop() } else { None };
        ways().find(by_name).or_else(|| only(open().filter(by_door).collect()))
    }

    /// The way that the description gives a door or a stair: the only direction of the sentence that names it.
    pub(crate) fn way_by_description(&self, name: &str) -> Option<&Way> {
        let last = words(name).pop()?;
        let about = sentences_about(&self.view.description, &last);
        let only = |text: &str| {
            let found: std::collections::BTreeSet<_> = words(text).iter().filter_map(|word| direction(word)).collect();
            let mut found = found.into_iter();
            found.next().filter(|_| found.next().is_none())
        };
        // `a small door behind the piano`: the piano says only where the door is.
        let stands_behind = [" behind the ", " beside the ", " above the ", " below the "]
            .iter()
            .any(|before| about.contains(&format!("{before}{last}")));
        if stands_behind {
            return None;
        }
        // `north to the church, west to the school and east to the inn`: the part that names it says where it is.
        let parts = about.split([',', ';', '.']).flat_map(|part| part.split(" and "));
        let mut parts = parts.filter(|part| words(part).contains(&last));
        // `warm light and a smell of vinegar come from the south, and stairs climb up`
        let mut halves = about.split([',', ';', '.']).filter(|half| words(half).contains(&last));
        parts
            .find_map(only)
            .or_else(|| halves.find_map(only))
            .or_else(|| only(&about))
            .and_then(|direction| self.way_by_direction(direction))
    }

    /// The only way that does not lead under the sky, up or down, as seen from under the sky.
    pub(crate) fn way_indoors(&self) -> Option<&Way> {
        let is_level = |way: &&Way| !["up", "down"].contains(&way.direction.as_str());
        let mut ways = self.view.ways.iter().filter(is_level).filter(|way| !is_outdoors(way));
        ways.next().filter(|_| ways.next().is_none() && self.view.ways.iter().any(is_outdoors))
    }

    /// The only open way that leads under the sky.
    pub(crate) fn way_outdoors(&self) -> Option<&Way> {
        let mut ways = self.view.open_ways().filter(|way| is_outdoors(way));
        ways.next().filter(|_| ways.next().is_none())
    }

    /// The open way to a place where the story ends.
    pub(crate) fn way_to_the_end(&self) -> Option<&Way> {
        let (_, scenario) = self.view.scenario?;
        let scene = self.view.scene?;
        let ends = |key: &str| {
            scenario.conditionals_in(scene).any(|placed| {
                let then = &placed.conditional.then;
                (then.game_ended || then.ending.is_some()) && placed.conditional.when.location.as_deref() == Some(key)
            })
        };
        self.view.open_ways().find(|way| self.view.place_named(&way.place).is_some_and(|(key, _)| ends(key)))
    }

    /// `explore the wreck` goes there, when the wreck is a way and not a thing that is here.
    pub(crate) fn way_to_explore(&self, clause: &Clause) -> Option<&Way> {
        let goes = clause.written == "explore" && !clause.rest.is_empty();
        let other = self.known_by_another_name(&clause.rest);
        let by_other = || other.as_deref().and_then(|name| self.way_by_name(name));
        goes.then(|| self.way_by_name(&clause.rest).or_else(by_other).or_else(|| self.way_by_description(&clause.rest)))
            .flatten()
    }

    /// The piano of `down the aisle to the piano`, where the aisle is no way.
    pub(crate) fn end_of_a_path<'t>(&self, rest: &'t str) -> Option<&'t str> {
        let (path, to) = rest.rsplit_once(" to ")?;
        let goes_along = ["down the ", "up the ", "along the ", "through the ", "past the "]
            .iter()
            .any(|along| path.starts_with(along));
        let is_here = || matches!(self.view.find(to), Found::Scenery(_) | Found::Here(_) | Found::Being(_));
        let is_way = || self.way_by_name(to).is_some() || self.way_by_description(path).is_some();
        (goes_along && is_here() && !is_way()).then(|| naming::without_article(to))
    }

    /// The way out of the whole house, and not of this room only.
    pub(crate) fn way_out_of_a_house(&self, place: &str) -> Option<&Way> {
        let is_house = ["house", "building", "home", "mansion"].contains(&place);
        is_house.then(|| self.way_outdoors().or_else(|| self.way_by_description("door"))).flatten()
    }

    /// The place of somebody who is not here, where `place` names them and no way.
    pub(crate) fn home_of_absent(&self, place: &str) -> Option<String> {
        if self.way_by_name(place).is_some() || !matches!(self.view.find(place), Found::Elsewhere(_)) {
            return None;
        }
        self.view.absent_in(place).and_then(|person| self.view.home_of_person(&person))
    }

    pub(crate) fn only_way(&self) -> Option<&Way> {
        let mut open = self.view.open_ways();
        open.next().filter(|_| open.next().is_none())
    }

    /// The way across: over the water, to what is called the far one, or the only one by which the player has not come.
    pub(crate) fn way_onward(&self) -> Option<&Way> {
        let is_far =
            |way: &&Way| words(&way.place).iter().any(|word| ["far", "other", "opposite"].contains(&word.as_str()));
        let others = || {
            let back = self.way_back()?;
            let mut others = self.view.open_ways().filter(|way| *way != back);
            others.next().filter(|_| others.next().is_none())
        };
        self.view.open_ways().find(is_far).or_else(others).or_else(|| self.way_over_water())
    }

    /// The way that leads back over the player's last step.
    pub(crate) fn way_back(&self) -> Option<&Way> {
        let last = self.view.heard.iter().rev().find_map(|heard| moved(heard))?;
        let opposite = match last.as_str() {
            "north" => "south",
            "south" => "north",
            "east" => "west",
            "west" => "east",
            "up" => "down",
            "down" => "up",
            "in" => "out",
            "out" => "in",
            label => label,
        };
        self.way_by_direction(opposite).filter(|way| way.blocked.is_none())
    }

    /// Who goes to somebody goes to where they are.
    pub(crate) fn place_meant(&self, place: &str) -> String {
        // `the lady in the cottage` is where the cottage is.
        let of_person = place.split_once(' ').filter(|(first, _)| asked_plainly::BY_LOOKS.contains(first));
        let place = of_person.filter(|(_, home)| self.way_by_name(home).is_some()).map_or(place, |(_, home)| home);
        // `the gull place` is the place that is called after a gull.
        let named =
            place.strip_suffix(" place").and_then(|name| self.way_by_name(name)).map(|way| way.place.to_lowercase());
        let place = named.or_else(|| self.view.home_of(place)).unwrap_or_else(|| place.to_owned());
        let place = self.known_by_another_name(&place).unwrap_or(place);
        let place = self.view.home_near(&place).unwrap_or(place);
        self.home_of_absent(&place).unwrap_or(place)
    }

    /// `the pub` for a place that calls itself a tavern.
    pub(crate) fn known_by_another_name(&self, place: &str) -> Option<String> {
        const HOUSES: [&[&str]; 7] = [
            &["boat", "barge", "ferry"],
            &["wreck", "shipwreck", "ship", "hulk"],
            &["church", "chapel"],
            &["school", "schoolroom", "schoolhouse"],
            &["pub", "inn", "tavern", "bar", "alehouse"],
            &["shop", "pawnshop", "store"],
            &["harbour", "docks", "dock", "quay", "pier"],
        ];
        let last = words(place).pop()?;
        if self.way_by_name(place).is_some() || self.first_step_to(place).is_some() {
            return None;
        }
        let names = HOUSES.iter().find(|names| names.contains(&last.as_str()))?;
        let is_known = |name: &&&str| self.way_by_name(name).is_some() || self.first_step_to(name).is_some();
        names.iter().find(is_known).map(|name| (*name).to_owned())
    }
}

fn is_outdoors(way: &Way) -> bool {
    words(&way.place).iter().any(|word| OUTDOORS.contains(&word.as_str()))
}

/// What is gone round: who goes round a house does not go into it.
pub(crate) fn gone_round(words: &[&str]) -> Option<String> {
    let ["around" | "round", place @ ..] = words else { return None };
    // `sneak around to the back`
    let place = place.strip_prefix(&["to"]).unwrap_or(place);
    let place: Vec<&str> = place.iter().filter(|word| !["the", "a", "my"].contains(word)).copied().collect();
    let place = place.join(" ");
    Some(place.split(" to ").next().unwrap_or(&place).to_owned()).filter(|_| !place.is_empty())
}
