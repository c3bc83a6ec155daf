//! Places that are farther away than one step: the first step is made, and the rest of the way is named.

use story::{Location, fit};

use super::going::moved;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{is_or_are, the};
use crate::world::texts::{capital, mentions, sentences};

/// The first step to a place.
struct FirstStep<'v> {
    direction: &'v str,
    /// The name of the place that the step leads to.
    next: &'v str,
    /// The name of the place that is wanted.
    place: &'v str,
    /// Whether the place was called by its name, and not by what can be seen of it.
    is_called: bool,
}

impl Telling<'_> {
    /// Where to go first to get to a place that is farther away than one step.
    pub(crate) fn first_step_to(&self, place: &str) -> Option<String> {
        let step = self.first_step(place)?;
        Some(format!(
            "{} {} farther off than one step. {} {}, to {}.",
            capital(&the(step.place)),
            is_or_are(step.place),
            self.view.fresh(&["The way begins", "You would start by going", "From here it is first"]),
            step.direction,
            the(step.next),
        ))
    }

    /// Makes the first step to a place that is farther away than that, or says why the way there is closed.
    pub(crate) fn step_toward(&self, place: &str) -> Option<String> {
        let step = self.first_step(place)?;
        // What is here is not looked for elsewhere.
        let is_away = || matches!(self.view.find(place), Found::Nothing | Found::Elsewhere(_) | Found::Way(_));
        let way = self.way_by_direction(step.direction).filter(|_| step.is_called || is_away());
        way.map(|way| self.take_way(way).0).or_else(|| self.first_step_to(place))
    }

    /// Whether `answer` makes only the first step to where `clause` wants to go.
    pub(crate) fn is_only_a_step(&self, clause: &Clause, answer: &str) -> bool {
        let Some(verb) = clause.verb.filter(|_| !clause.is_question) else { return false };
        if !matches!(verb, Verb::Go | Verb::Back | Verb::In | Verb::Out) || !answer.starts_with("You ") {
            return false;
        }
        let Some(direction) = sentences(answer).first().and_then(|first| moved(first)) else { return false };
        let place = self.destination(clause, verb);
        if place.is_empty() || self.way_by_name(&place).is_some() {
            return false;
        }
        self.first_step(&place).is_some_and(|step| step.direction == direction && step.next != step.place)
    }

    /// The first step of the shortest way to `place`. Where no open way leads there, its first part may be closed.
    fn first_step(&self, place: &str) -> Option<FirstStep<'_>> {
        self.shortest_way(place, false).or_else(|| self.shortest_way(place, true))
    }

    fn shortest_way(&self, place: &str, through_closed: bool) -> Option<FirstStep<'_>> {
        let start = self.view.here_key()?;
        let mut queue = std::collections::VecDeque::from([(start, None::<(&str, &str)>)]);
        let mut seen = std::collections::BTreeSet::from([start]);
        while let Some((key, first)) = queue.pop_front() {
            let Some((_, location)) = self.defined(key) else { continue };
            let is_called = fit(place, &location.name).is_some();
            if let Some((direction, next)) = first
                && (is_called || mentions(&self.view.certain(&location.preview, key, &location.name), place))
            {
                let next = self.defined(next).map_or(next, |(_, next)| next.name.as_str());
                return Some(FirstStep { direction, next, place: &location.name, is_called });
            }
            for (direction, to) in self.exits_in_order(location, through_closed && key == start) {
                if let Some((to, _)) = self.defined(to)
                    && seen.insert(to)
                {
                    queue.push_back((to, first.or(Some((direction, to)))));
                }
            }
        }
        None
    }

    /// The location under `key`, with that key, as the scene or else the story defines it.
    fn defined(&self, key: &str) -> Option<(&str, &Location)> {
        let (_, scenario) = self.view.scenario?;
        let scene = self.view.scene.and_then(|scene| scenario.scenes.get(scene));
        let of_scene = scene.and_then(|scene| scene.locations.get_key_value(key));
        let (key, location) = of_scene.or_else(|| scenario.locations.get_key_value(key))?;
        Some((key, location))
    }

    /// The exits of a place. Of two ways that are equally long, the one by which the player came is first.
    fn exits_in_order<'l>(&self, location: &'l Location, with_closed: bool) -> Vec<(&'l str, &'l str)> {
        let is_new = |to: &str| !self.defined(to).is_some_and(|(_, place)| self.view.visited.contains(&place.name));
        let exits = location.exits.iter().map(|(direction, to)| (direction.as_str(), to.as_str()));
        let mut exits: Vec<_> =
            exits.filter(|(direction, _)| with_closed || !location.blocked_exits.contains_key(*direction)).collect();
        exits.sort_by_key(|(direction, to)| {
            (self.way_back().is_none_or(|back| back.direction != *direction), is_new(to))
        });
        exits
    }
}
