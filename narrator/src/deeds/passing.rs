//! Ways of going that lead nowhere yet: past somebody, up onto a bandstand, into the water; and back to where one came from, whatever it is
//! called.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::texts::capital;

/// What one can step up onto, and be none the worse.
const STEPPED_ON: &[&str] = &[
    "bandstand",
    "stage",
    "platform",
    "bench",
    "table",
    "chair",
    "stool",
    "crate",
    "box",
    "podium",
    "barrel",
    "step",
    "stone",
    "milestone",
    "rim",
    "fountain",
    "counter",
    "desk",
    "gatepost",
    "settle",
    "pew",
    "drum",
];

/// How the part of the world is called that one came from.
const FROM_WHERE: &[&str] = &[
    "land",
    "dry land",
    "shore",
    "bank",
    "town",
    "city",
    "village",
    "start",
    "beginning",
    "where i came from",
    "where i was",
    "where i started",
    "where i come from",
    "where we came from",
    "last room",
    "previous room",
    "last place",
    "way i came",
    "way you came",
    "civilisation",
    "civilization",
    "mainland",
    "place i came from",
];

/// The answer of stepping up somewhere begins with this: nobody has gone away by it.
pub(crate) const STEPS_UP: &str = "You step up onto ";

impl Telling<'_> {
    /// The answer to `tiptoe past Crake`.
    pub(crate) fn gone_past(&self, rest: &str) -> Option<String> {
        let passed = rest.strip_prefix("past ").or_else(|| rest.strip_prefix("by "))?;
        let found = self.view.find(passed);
        match &found {
            Found::Being(being) => {
                let who = capital(&being.call());
                let lines = if being.is_asleep() {
                    [format!("{who} sleeps on."), format!("{who} has not heard you.")]
                } else {
                    [format!("{who} lets you pass."), format!("{who} has seen you, and does not mind.")]
                };
                Some(format!("You get past {}. {} {}", being.call(), self.view.fresh(&lines), self.ways_out()))
            }
            Found::Here(_) | Found::Scenery(_)
                if self.way_by_name(passed).is_none() && self.way_by_description(passed).is_none() =>
            {
                Some(format!("You get past {}, and are where you were. {}", found.call(), self.ways_out()))
            }
            _ => None,
        }
    }

    /// The answer to `climb the bandstand`.
    pub(crate) fn stepped_up(&self, noun: &str) -> Option<String> {
        let last = words(noun).pop()?;
        let found = self.view.find(noun);
        let is_here = matches!(found, Found::Here(_) | Found::Scenery(_));
        if !is_here || !STEPPED_ON.contains(&last.as_str()) || self.way_by_name(noun).is_some() {
            return None;
        }
        let lines = [
            "From there everything looks the same, and a little smaller.",
            "You are a head taller for it, and see no more than before.",
            "It bears you. After a moment you step down again.",
        ];
        Some(format!("{STEPS_UP}{}. {}", found.call(), self.view.fresh(&lines)))
    }

    /// The answer to `swim across`, where there is water.
    pub(crate) fn not_swum_across(&self, clause: &Clause) -> Option<String> {
        let swims = ["swim", "wade", "paddle"].iter().any(|swim| clause.written.starts_with(swim));
        let first = clause.rest.split(' ').next().unwrap_or_default();
        let is_across = ["across", "over", "away", "off", "out", "for", "around", "about", "back"].contains(&first)
            && clause.rest.split(' ').count() <= 2;
        let is_watery = ["water", "river", "lake", "sea"].iter().any(|water| self.view.find(water) != Found::Nothing);
        (swims && is_across && is_watery).then(|| self.not_swum("", "swim")).flatten()
    }

    /// The way to the light that is seen from here, and not to the lamp in one's hand.
    pub(crate) fn way_to_a_light(&self, place: &str) -> Option<&Way> {
        let last = words(place).pop().filter(|last| ["light", "lights", "lamplight"].contains(&last.as_str()))?;
        let is_here =
            matches!(self.view.find(&last), Found::Here(_) | Found::Way(_)) || self.way_by_name(place).is_some();
        ["light", "lit", "lamp", "glow"].iter().filter(|_| !is_here).find_map(|light| self.way_by_description(light))
    }

    /// Whether `clause` goes back to where one came from, by no name that a place here has.
    pub(crate) fn is_where_one_came_from(&self, clause: &Clause, place: &str) -> bool {
        let is_back = clause.verb == Some(Verb::Back) || clause.rest.starts_with("back ");
        let is_here =
            matches!(self.view.find(place), Found::Here(_) | Found::Way(_)) || self.way_by_name(place).is_some();
        is_back && FROM_WHERE.contains(&place) && !is_here
    }

    /// The way back to where one came from, whatever it is called; where the story begins, the closed way by which one came.
    pub(crate) fn way_from_where_one_came(&self, clause: &Clause, place: &str) -> Option<&Way> {
        if !self.is_where_one_came_from(clause, place) {
            return None;
        }
        let begins_here = self
            .view
            .scenario
            .is_some_and(|(_, scenario)| self.view.here_key() == Some(scenario.opening_location.as_str()));
        let closed = || {
            self.view.ways.iter().find(|way| way.blocked.is_some() && !["up", "down"].contains(&way.direction.as_str()))
        };
        let to_the_beginning = || {
            let (_, scenario) = self.view.scenario?;
            let (_, place) = scenario.locations.iter().find(|(key, _)| **key == scenario.opening_location)?;
            self.view.open_ways().find(|way| way.place == place.name)
        };
        if begins_here { closed() } else { self.way_back().or_else(to_the_beginning) }
    }
}

/// Whether it is only a building, of which the story does not say how it is called.
pub(crate) fn is_house(place: &str) -> bool {
    ["house", "building", "cottage", "hut", "light", "room"].iter().any(|house| place.ends_with(house))
}

/// Whether it is gone through, into or over what is named: that is no climbing up it.
pub(crate) fn leads_over(words: &[&str]) -> bool {
    words.iter().any(|word| ["through", "in", "into", "out", "over", "onto", "aboard"].contains(word))
}
