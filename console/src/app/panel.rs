//! What is around the player, for the sidebar and for the commands that print it.

use client::{Being, Health, Vessel};
use protocol::PlayerView;

use super::spelled_out;

/// Where the player is, and what they can see from there. What they cannot see is left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) scenario: String,
    pub(crate) player: String,
    pub(crate) scene: String,
    pub(crate) location: String,
    pub(crate) description: String,
    pub(crate) exits: Vec<String>,
    /// Ways that are closed, with the reason.
    pub(crate) blocked: Vec<String>,
    /// In a story with fights, each with how they are.
    pub(crate) people: Vec<String>,
    /// The player's hit points, in a story with fights.
    pub(crate) hit_points: Option<String>,
    pub(crate) things: Vec<String>,
    pub(crate) inventory: Vec<String>,
    pub(crate) turn: u64,
    pub(crate) is_ended: bool,
    pub(crate) ending: Option<Ending>,
    /// What the game is called: by its own name, or its story's.
    pub(crate) title: String,
    map: Vec<String>,
    provider: String,
    narrator: String,
}

/// How the story ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) name: String,
    /// What it remembers of the player's choices.
    pub(crate) score: Vec<String>,
}

/// What is in the things that stand open, each with what it is in.
fn inside(vessels: &[Vessel]) -> impl Iterator<Item = String> {
    vessels.iter().flat_map(|vessel| vessel.things.iter().map(|thing| format!("{thing} (in the {})", vessel.name)))
}

impl Panel {
    pub(crate) fn of(game: &PlayerView, scenario: String) -> Self {
        let sight = &game.sight;
        let place = sight.place.clone().unwrap_or_default();
        let named = |list: &[String]| -> Vec<String> { list.iter().filter(|name| !name.is_empty()).cloned().collect() };
        let ways = sight.exits.iter().filter(|way| way.is_open).map(|way| match &way.leads_to {
            Some(place) => format!("{} ({place})", way.direction),
            None => way.direction.clone(),
        });
        let closed = sight.exits.iter().filter(|way| !way.is_open);
        let ending = sight.ending.as_ref().filter(|_| sight.is_ended);
        Self {
            title: game.name.clone().unwrap_or_else(|| scenario.clone()),
            scenario,
            player: sight.pc.clone().unwrap_or_default(),
            scene: spelled_out(&sight.scene),
            location: place.name,
            description: place.description,
            exits: ways.collect(),
            blocked: closed.map(|way| with_reason(&way.direction, way.closed_because.as_deref())).collect(),
            people: sight.people.iter().chain(&sight.creatures).map(with_health).collect(),
            hit_points: sight.hit_points.map(|points| format!("{} of {}", points.hp, points.max_hp)),
            things: named(&sight.things).into_iter().chain(inside(&sight.containers)).collect(),
            inventory: named(&sight.inventory),
            turn: sight.turn,
            is_ended: sight.is_ended,
            ending: ending.map(|ending| Ending { name: ending.name.clone(), score: ending.score.clone() }),
            map: map(game),
            provider: game.provider.clone(),
            narrator: sight.narrator.clone().unwrap_or_default(),
        }
    }

    /// `/look`: the place, and who and what is there.
    pub(crate) fn look(&self) -> String {
        let mut lines = vec![self.location.clone(), self.description.clone(), listed("Ways out", &self.exits)];
        lines.extend(self.blocked.iter().map(|blocked| format!("Closed: {blocked}")));
        if self.exits.is_empty() && self.blocked.is_empty() {
            lines.push("There is no way out that you can see.".to_owned());
        }
        lines.push(listed("People", &self.people));
        lines.push(listed("Things", &self.things));
        lines.extend(self.hit_points.iter().map(|points| format!("Your hit points: {points}")));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// `/map`: the places where the player has been, the present one first, with their ways out.
    pub(crate) fn map(&self) -> String {
        if self.map.is_empty() { "There is no map of where you are.".to_owned() } else { self.map.join("\n") }
    }

    /// `/inventory`.
    pub(crate) fn carried(&self) -> String {
        if self.inventory.is_empty() { "You carry nothing.".to_owned() } else { listed("You carry", &self.inventory) }
    }

    /// `/model`.
    pub(crate) fn model(&self) -> String {
        let narrator = if self.narrator.is_empty() { "The narrator".to_owned() } else { self.narrator.clone() };
        match self.provider.as_str() {
            "offline" => format!("{narrator} speaks by a built-in script: this engine has no language model set up."),
            provider => format!("{narrator} speaks by the provider `{provider}`."),
        }
    }
}

/// The map as lines: each place, and below it its ways.
fn map(game: &PlayerView) -> Vec<String> {
    let rooms = game.sight.map.iter().enumerate();
    rooms
        .flat_map(|(at, room)| {
            let here = if at == 0 { " (you are here)" } else { "" };
            let ways = room.exits.iter().map(|way| {
                let direction = &way.direction;
                match (&way.leads_to, way.is_open) {
                    (Some(place), true) => format!("  {direction}: {place}"),
                    (None, true) => format!("  {direction}: not seen yet"),
                    (_, false) => with_reason(&format!("  {direction} is closed"), way.closed_because.as_deref()),
                }
            });
            std::iter::once(format!("{}{here}", room.name)).chain(ways).collect::<Vec<_>>()
        })
        .collect()
}

/// The name of somebody who is here; in a story with fights, with how they are.
fn with_health(being: &Being) -> String {
    match being.health {
        Some(health) if health != Health::Unhurt => format!("{} ({})", being.name, health.words()),
        _ => being.name.clone(),
    }
}

fn with_reason(what: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}"))
}

fn listed(name: &str, entries: &[String]) -> String {
    if entries.is_empty() { String::new() } else { format!("{name}: {}", entries.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fixture::game;

    use super::*;

    #[test]
    fn the_map_has_the_places_that_were_seen_and_says_what_is_closed() {
        let panel = Panel::of(&game(), "The Night Ferry".to_owned());
        assert_eq!(
            panel.map(),
            "The Landing (you are here)\n  north: not seen yet\n  west is closed: Water.\nThe Inn\n  east: The Landing"
        );
        let nowhere = Panel::default();
        assert_eq!(nowhere.map(), "There is no map of where you are.");
    }

    #[test]
    fn in_a_fight_everybody_is_shown_with_how_they_are() {
        let mut fight = game();
        fight.sight.hit_points = serde_json::from_value(json!({ "hp": 7, "max_hp": 12 })).unwrap();
        fight.sight.people[0].health = Some(Health::Unhurt);
        fight.sight.creatures = serde_json::from_value(json!([{ "name": "Eel", "health": "badly_hurt" }])).unwrap();
        let panel = Panel::of(&fight, "The Night Ferry".to_owned());
        assert_eq!(panel.people, ["Odile", "Eel (badly hurt)"]);
        assert!(panel.look().ends_with("Your hit points: 7 of 12"), "{}", panel.look());
    }

    #[test]
    fn a_look_shows_the_ways_out_and_who_is_here() {
        let panel = Panel::of(&game(), "The Night Ferry".to_owned());
        assert_eq!(
            panel.look(),
            "The Landing\nPlanks.\nWays out: north\nClosed: west: Water.\nPeople: Odile\nThings: bell"
        );
    }
}
