//! Going: by direction, by the name of a place, back, in and out. A way that is not there is answered with those that are.

use story::fit;

use super::effort::is_water;
use super::passing::{is_house, leads_over};
use super::ways::gone_round;
use crate::looking::scraps::is_scrap;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::the;
use crate::world::texts::{joined, sentences};

/// What a move begins with. The extraction reads the direction behind it.
pub(crate) const MOVES: [&str; 3] = ["You make your way ", "You head ", "You set off "];

/// The same for a way that is a door.
pub(crate) const THROUGH: &str = "You go by the ";

/// The answer to going where the player is.
pub(crate) const THERE_ALREADY: &str = "You are there already";

/// How a direction is written out.
pub(crate) const GO: &str = "go";

/// Words that may come before a place.
const TO: &[&str] = &[
    "to", "into", "in", "onto", "on", "through", "along", "over", "toward", "towards", "for", "at", "back", "by",
    "the", "a", "my", "off", "out", "inside", "aboard", "of", "up", "down", "via", "across", "home", "outside",
    "again", "there", "see", "find",
];

impl Telling<'_> {
    /// The answer to a clause of motion. The second value says whether the player has gone somewhere.
    pub(crate) fn gone(&self, clause: &Clause, verb: Verb) -> (String, bool) {
        let rest = without_start(clause, verb);
        // `the room with the piano` is where the piano is.
        let holds = ["room with ", "place with ", "house with "].iter().find_map(|with| Some(rest.split_once(with)?.1));
        let holds = holds.map(naming::without_article);
        let way = holds.and_then(|noun| self.way_next_door(noun).or_else(|| self.way_by_description(noun)));
        if let Some(way) = way {
            return self.take_way(way);
        }
        let rest = without_end(rest);
        if let Some(to) = self.end_of_a_path(rest) {
            return (self.go_nowhere(to, &clause.written), false);
        }
        if let Some(text) = self.gone_past(rest).or_else(|| self.not_swum_across(clause)) {
            return (text, false);
        }
        let words: Vec<&str> = rest.split_whitespace().collect();
        if let Some(place) = gone_round(&words)
            .filter(|place| matches!(self.view.find(place), Found::Here(_) | Found::Scenery(_) | Found::Being(_)))
        {
            return (format!("You go round {}. {}", self.view.find(&place).call(), self.describe(&place)), false);
        }
        if let Some(place) = gone_round(&words) {
            return (self.no_way(&format!("There is no way round the {place} that you could take.")), false);
        }
        if words == ["home"]
            && let Some(way) = self.way_to_the_end()
        {
            return self.take_way(way);
        }
        if words == ["home"] || rest == "to bed" {
            return (self.no_way("Home is a long way from here, and not by the next door."), false);
        }
        let place = place_in(rest);
        if let Some(way) = self.way_out_of_a_house(&place).filter(|_| verb == Verb::Out) {
            return self.take_way(way);
        }
        // `walk into the wall`: what a neighbouring room has of it is no way there.
        let last = place.rsplit(' ').next().unwrap_or_default();
        if ["wall", "floor", "ceiling", "sky", "ground", "air", "horizon"].contains(&last) {
            return (self.no_way(&format!("You get as far as the {last}, which is no way to anywhere.")), false);
        }
        if let Some(way) = self.way_from_where_one_came(clause, &place).or_else(|| self.way_to_a_light(&place)) {
            return self.take_way(way);
        }
        if self.is_where_one_came_from(clause, &place) {
            return (self.no_way("What you came by can wait until you have done what you came for."), false);
        }
        let place = self.place_meant(&place);
        if let Some(refused) = self.not_climbed(&place, &clause.written).filter(|_| !leads_over(&words)) {
            return (refused, false);
        }
        if !place.is_empty()
            && let Some(way) = self.way_by_name(&place)
        {
            return self.take_way(way);
        }
        // `up to the door` names the door; the direction counts only where no door is meant.
        let is_toward = !place.is_empty() && ["up to ", "down to ", "over to "].iter().any(|to| rest.starts_with(to));
        if is_toward && let Some(way) = self.way_by_description(&place) {
            return self.take_way(way);
        }
        if let Some(way) =
            words.iter().find_map(|word| direction(word)).and_then(|direction| self.way_by_direction(direction))
        {
            return self.take_way(way);
        }
        // `down the drive` goes along it, wherever it leads.
        if !place.is_empty()
            && let Some(way) = self.way_by_description(&place)
        {
            return self.take_way(way);
        }
        if let Some(direction) = words.iter().find_map(|word| direction(word)).filter(|_| !is_toward) {
            return (self.no_way(&format!("There is no way {direction} from here.")), false);
        }
        // `go up to the house`, where the house is no way of its own.
        let toward = clause.written.split(' ').find_map(direction).filter(|_| is_house(&place));
        if let Some(way) = toward.and_then(|toward| self.way_by_direction(toward)) {
            return self.take_way(way);
        }
        if let Some(way) = self.way_meant(clause, verb, &place) {
            return self.take_way(way);
        }
        let is_no_noun =
            place.split(' ').next().is_some_and(|first| ["who", "what", "where", "how", "if"].contains(&first));
        if place.is_empty() || is_no_noun {
            return (self.no_way("Which way?"), false);
        }
        // Who walks into the water goes down, if that is a way.
        if verb == Verb::In
            && is_water(&place)
            && let Some(down) = self.way_by_direction("down").filter(|way| way.blocked.is_some())
        {
            return self.take_way(down);
        }
        // Who gets on a horse, or into a chair, sits.
        if verb == Verb::In && matches!(self.view.find(&place), Found::Scenery(_) | Found::Here(_) | Found::Held(_)) {
            let sit = Clause { verb: Some(Verb::Sit), objects: vec![place], ..clause.clone() };
            return (self.idle(&sit, Verb::Sit), false);
        }
        // What lies next door is gone to by going there.
        if self.first_step_to(&place).is_none()
            && self.view.find(&place) == Found::Nothing
            && let Some(way) = self.way_next_door(&place)
        {
            return self.take_way(way);
        }
        (self.go_nowhere(&place, &clause.written), false)
    }

    /// The place that a clause of motion wants to get to; empty, if it names none.
    pub(crate) fn destination(&self, clause: &Clause, verb: Verb) -> String {
        self.place_meant(&place_in(without_end(without_start(clause, verb))))
    }

    /// The way that is meant where neither its direction nor its name is given: up, back, out, in, or the only one.
    pub(crate) fn way_meant(&self, clause: &Clause, verb: Verb, place: &str) -> Option<&Way> {
        let default = match (verb, clause.written.as_str()) {
            (_, "climb" | "ascend" | "climb up") if self.is_no_climb(place) => None,
            (_, "cross" | "cross to") if is_water(place) || place.is_empty() => self.way_over_water(),
            (Verb::Go, written)
                if !["swim", "wade"].contains(&written)
                    && is_water(place)
                    && ["across ", "over "].iter().any(|over| clause.rest.starts_with(over)) =>
            {
                self.way_over_water()
            }
            (_, "climb" | "ascend" | "climb up" | "take the stairs") => {
                self.way_by_direction("up").or_else(|| self.way_by_direction("down"))
            }
            (_, "descend" | "climb down" | "slide" | "slip") => {
                self.way_by_name(&clause.written).or_else(|| self.way_by_direction("down"))
            }
            (_, "swim" | "wade") if place.is_empty() => {
                self.way_by_direction("down").filter(|way| way.blocked.is_some())
            }
            (Verb::Go, "come back down" | "go back down" | "climb back down" | "head back down" | "come down") => {
                self.way_by_direction("down")
            }
            (Verb::Go, "come back up" | "go back up" | "climb back up" | "head back up" | "come up") => {
                self.way_by_direction("up")
            }
            (Verb::Back, _) if place.is_empty() => {
                // Where the story began, the way back is the one that the player came by; elsewhere they came by an open one.
                let begins_here = self
                    .view
                    .scenario
                    .is_some_and(|(_, scenario)| self.view.here_key() == Some(scenario.opening_location.as_str()));
                let blocked = || self.view.ways.iter().find(|way| way.blocked.is_some());
                let onward = || self.only_way().filter(|_| !begins_here);
                self.way_back().or_else(onward).or_else(blocked).or_else(|| self.only_way())
            }
            (Verb::Out, _) if place.is_empty() => self
                .way_by_name("out")
                .or_else(|| self.way_home_from_the_beginning())
                .or_else(|| self.way_by_name("outside"))
                .or_else(|| self.only_way())
                .or_else(|| self.way_outdoors())
                .or_else(|| self.way_back()),
            (Verb::In, _) if place.is_empty() => {
                // Who came by the only way does not go in by it.
                let onward = || self.only_way().filter(|way| self.way_back().is_none_or(|back| back != *way));
                let labels = ["in", "inside", "aboard", "door"];
                let doors = ["ferry", "boat", "ship", "barge", "raft", "hatch"];
                labels
                    .iter()
                    .find_map(|label| self.way_by_label(label))
                    .or_else(|| doors.iter().find_map(|door| self.way_by_name(door)))
                    .or_else(|| self.way_indoors())
                    .or_else(onward)
                    .or_else(|| self.way_back().filter(|_| clause.written.contains("back")))
                    .or_else(|| self.way_by_description("door"))
            }
            (Verb::Go, _) if place.is_empty() => {
                let goes_on = ["across", "over", "there", "on", "ahead", "forward"].contains(&clause.rest.as_str())
                    || ["let's go", "lets go", "we go"].iter().any(|go| clause.whole.ends_with(go));
                self.only_way().or_else(|| self.way_onward().filter(|_| goes_on))
            }
            // `go to the other side`
            (_, written)
                if !["swim", "wade"].contains(&written)
                    && ["other side", "far side", "other bank", "opposite side"].contains(&place) =>
            {
                self.way_onward()
            }
            _ => None,
        };
        let default = default.or_else(|| self.way_by_description(place).filter(|_| !place.is_empty()));
        let is_generic = story::words(place).last().is_some_and(|last| {
            ["house", "building", "room", "place", "door", "hall", "home", "it", "here"].contains(&last.as_str())
        });
        // `climb on it`, where a piano was named, goes nowhere.
        let is_thing = |found: &Found<'_>| match found {
            Found::Scenery(word) => !["house", "building", "room", "door", "gate", "hall"].contains(&word.as_str()),
            _ => false,
        };
        let is_generic = is_generic && !(place == "it" && is_thing(&self.view.find(place)));
        let is_door = fit("front door", place).is_some();
        match verb {
            Verb::Go if is_door => default.or_else(|| self.way_outdoors()),
            Verb::In | Verb::Go
                if is_generic && matches!(self.view.find(place), Found::Nothing | Found::Scenery(_)) =>
            {
                default.or_else(|| self.only_way())
            }
            Verb::Out if is_generic => default.or_else(|| self.way_outdoors()).or_else(|| self.way_back()),
            Verb::Back if self.view.find(place) == Found::Nothing => default.or_else(|| self.only_way()),
            Verb::Out => default.or_else(|| self.only_way()).or_else(|| self.way_back()),
            _ => default,
        }
    }

    /// The closed way by which the player came to where the story begins: who leaves there does not go on into it.
    fn way_home_from_the_beginning(&self) -> Option<&Way> {
        let (_, scenario) = self.view.scenario?;
        let begins_here = self.view.here_key() == Some(scenario.opening_location.as_str());
        let mut closed = self
            .view
            .ways
            .iter()
            .filter(|way| way.blocked.is_some() && way.direction != "down" && way.direction != "up");
        closed.next().filter(|_| begins_here && closed.next().is_none())
    }

    fn go_nowhere(&self, place: &str, written: &str) -> String {
        if fit(place, &self.view.here).is_some() {
            return format!("{THERE_ALREADY}: this is {}. {}", the(&self.view.here), self.ways_out());
        }
        if let Some(refused) = self.not_swum(place, written) {
            return refused;
        }
        if let Some(step) = self.step_toward(place) {
            return step;
        }
        if let Some(refused) = self.not_climbed(place, written) {
            return refused;
        }
        if let Some(text) = self.gone_up_to(place) {
            return text;
        }
        match self.view.find(place) {
            Found::Nothing if is_scrap(place) => self.no_way("There is no such way from here."),
            Found::Nothing => self.no_way(&format!("There is no {place} that you can go to from here.")),
            Found::Elsewhere(name) if self.is_person(&name) => {
                let step = self.view.home_of_person(&name).and_then(|home| self.step_toward(&home));
                step.unwrap_or_else(|| self.no_way(&format!("{name} is not here.")))
            }
            Found::Elsewhere(name) => self.no_way(&format!("You cannot get to {} straight from here.", the(&name))),
            Found::Way(way) => self.take_way(way).0,
            found => match self.way_by_description(place) {
                Some(way) => self.take_way(way).0,
                None if matches!(found, Found::Scenery(_)) => {
                    let seen = self.describe(place);
                    if seen.starts_with("You ") { seen } else { format!("You go up to {}. {seen}", found.call()) }
                }
                None => format!("You go up to {}. {}", found.call(), self.glance_at(&found)),
            },
        }
    }

    pub(crate) fn take_way(&self, way: &Way) -> (String, bool) {
        if let Some(reason) = &way.blocked {
            let end = self.view.fresh(&[
                "You stay where you are.",
                "So that is that, for now.",
                "You come back a little wiser.",
                "You look for another way.",
            ]);
            let openings = ["You try", "You turn", "You start", "You make as if to go"];
            let tried = self.view.fresh(&openings);
            return (format!("{tried} {}. {reason} {end} {}", way.direction, self.ways_out()), false);
        }
        let known =
            direction(&way.direction).is_some() || ["in", "out", "aboard", "ashore"].contains(&way.direction.as_str());
        let step = if known {
            format!("{}{}.", self.view.fresh(&MOVES), way.direction)
        } else {
            format!("{THROUGH}{}.", way.direction)
        };
        (format!("{step} {}", self.arrival(way)), true)
    }

    fn arrival(&self, way: &Way) -> String {
        let Some((key, place)) = self.view.place_named(&way.place) else { return format!("{}.", way.place) };
        let scripted = self.script.arrivals.iter().find(|arrival| arrival.to == key && self.view.fits(&arrival.when));
        if let Some(arrival) = scripted {
            let text = self.view.next(&arrival.text);
            if !self.view.is_stale(text) {
                return text.to_owned();
            }
        }
        if place.dark && !self.brings_light(key) {
            return format!("{}. You have to look about you to make anything out.", place.name);
        }
        let description = self.view.certain(&place.description, key, &place.name);
        let described: Vec<_> = sentences(&description).into_iter().take(3).collect();
        let opening = if self.view.has_heard(&description) || scripted.is_some() {
            format!("{} again.", place.name)
        } else {
            format!("{}.", place.name)
        };
        format!("{opening} {}", described.join(" "))
    }

    /// Whether the player certainly carries something that gives light in the place under `key`.
    fn brings_light(&self, key: &str) -> bool {
        let Some((_, scenario)) = self.view.scenario else { return false };
        let gives = |item: &String| scenario.item(item).and_then(|item| item.lit.as_ref());
        self.view.held.iter().filter_map(gives).any(|lit| self.view.certainly_lit(lit, key))
    }

    pub(crate) fn no_way(&self, why: &str) -> String {
        format!("{why} {}", self.ways_out())
    }

    /// The ways out, as a sentence.
    pub(crate) fn ways_out(&self) -> String {
        let ways: Vec<String> =
            self.view.open_ways().map(|way| format!("{} to {}", way.direction, the(&way.place))).collect();
        if ways.is_empty() {
            return self.view.fresh(&["There is no way out that you can see.", "No way leads out of here."]).to_owned();
        }
        let ways = joined(&ways, "or");
        let lines = [
            format!("From here you can go {ways}."),
            format!("The ways out lead {ways}."),
            format!("You could go {ways}."),
            format!("It is open {ways}."),
            format!("What remains is {ways}."),
            format!("There is a way {ways}."),
        ];
        let heads = [
            "From here you can go",
            "The ways out lead",
            "You could go",
            "It is open",
            "What remains is",
            "There is a way",
        ];
        let head = self.view.fresh(&heads);
        lines.into_iter().find(|line| line.starts_with(head)).unwrap_or_default()
    }
}

/// What a clause of motion says behind its verb. `step inside, out of the rain`: what one leaves is no place to go to.
fn without_start(clause: &Clause, verb: Verb) -> &str {
    let leaves = ["out of ", "from "].iter().find_map(|from| clause.rest.split_once(from));
    leaves.filter(|_| verb == Verb::In).map_or(clause.rest.as_str(), |(to, _)| to)
}

/// The same without what only says with whom, how far or after what it is gone.
fn without_end(rest: &str) -> &str {
    let rest = rest.split_once("with ").map_or(rest, |(to, _)| to);
    // `wade in up to my knees` says how far, and not which way.
    let rest = rest.split_once("up to my ").map_or(rest, |(to, _)| to).trim();
    // `down the drive after the carriage`: what comes after it is not gone to.
    let ends =
        [" and ", " after ", " before ", " until ", " without ", " because ", " at the other end", " at the end"];
    ends.iter().find_map(|word| rest.split_once(word)).map_or(rest, |(to, _)| to)
}

/// The place that is named, without directions and small words.
fn place_in(rest: &str) -> String {
    let named = rest.split_whitespace().filter(|word| !TO.contains(word) && direction(word).is_none());
    named.collect::<Vec<_>>().join(" ")
}

/// The direction or door of a narration that begins with a move.
pub(crate) fn moved(narration: &str) -> Option<String> {
    let tail = MOVES
        .iter()
        .chain([&THROUGH])
        .find_map(|opening| Some(&narration[narration.find(opening)? + opening.len()..]))?;
    Some(tail.split('.').next().unwrap_or_default().to_owned())
}
