//! Ways of moving: who swims, crawls or climbs goes only where the exit is made for it, or where the story speaks of it. An exit that is
//! walked would otherwise be taken by whatever verb the player wrote, and `swim north` would step dry-shod onto a ferry.

use story::words;

use super::going::moved;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::matter::shares_a_word;
use crate::world::naming::the;
use crate::world::texts::mentions;

/// How somebody moves who does not simply go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Swim,
    Crawl,
    Climb,
}

impl Manner {
    fn of(written: &str) -> Option<Self> {
        match written.split(' ').next()? {
            "swim" | "wade" => Some(Self::Swim),
            "crawl" => Some(Self::Crawl),
            "climb" | "clamber" => Some(Self::Climb),
            _ => None,
        }
    }

    /// Words of a place by which it is made for this.
    const fn offers(self) -> &'static [&'static str] {
        match self {
            Self::Swim => &["swim", "swims", "swimming", "wade", "ford", "shallows", "underwater", "silt", "drowned"],
            Self::Crawl => &["crawl", "crawls", "crawling", "tunnel", "duct", "burrow", "hole"],
            Self::Climb => {
                &["climb", "climbs", "ladder", "stair", "stairs", "steps", "steep", "wall", "fence", "cliff"]
            }
        }
    }
}

impl Telling<'_> {
    /// The answer to a clause of motion. The second value says whether the player has gone somewhere.
    pub(crate) fn go(&self, clause: &Clause, verb: Verb) -> (String, bool) {
        let (text, has_gone) = self.gone(clause, verb);
        let taken = has_gone.then(|| moved(&text)).flatten();
        let way = taken.and_then(|direction| self.view.ways.iter().find(|way| way.direction == direction));
        match way.and_then(|way| self.not_by_this_manner(clause, way)) {
            Some(refused) => (refused, false),
            None => (text, has_gone),
        }
    }

    /// Why `way` is not gone in the way of moving that `clause` speaks of; `None` where it can be.
    pub(crate) fn not_by_this_manner(&self, clause: &Clause, way: &Way) -> Option<String> {
        let manner = Manner::of(&clause.written)?;
        // `climb aboard`, `climb the path`: only who climbs in a direction of the compass means a climb where there may be none.
        let is_level = direction(&way.direction).is_some_and(|direction| !["up", "down"].contains(&direction));
        let names_direction = clause.rest.split(' ').next().is_some_and(|word| direction(word).is_some());
        if manner == Manner::Climb && !(is_level && names_direction) {
            return None;
        }
        let place = self.view.place_named(&way.place);
        let there = place.map_or(String::new(), |(key, place)| {
            [&place.preview, &place.description].map(|text| self.view.certain(text, key, &place.name)).join(" ")
        });
        // A stair in the room makes no climb of the other ways out of it, but a tunnel or a lake is all round.
        let toward = |part: &&str| mentions(part, &way.direction) || shares_a_word(part, &way.place);
        let of_way: Vec<&str> = self.view.description.split([',', '.', ';']).filter(toward).collect();
        let (here, there) = match manner {
            Manner::Climb => (of_way.join(" "), String::new()),
            Manner::Swim | Manner::Crawl => (self.view.description.clone(), there),
        };
        let texts = [self.view.here.as_str(), &here, &way.direction, &way.place, &there];
        let offers = |text: &&str| words(text).iter().any(|word| manner.offers().contains(&word.as_str()));
        if texts.iter().any(offers) {
            return None;
        }
        let (written, to) = (clause.written.split(' ').next().unwrap_or_default(), the(&way.place));
        let lines = match manner {
            Manner::Swim => [
                ("is no way to swim", format!("The way {} is no way to {written}: it is gone on foot.", way.direction)),
                (
                    "without getting wet",
                    format!("One gets to {to} without getting wet, and you would not {written} far."),
                ),
                ("not dressed for it", format!("You are not dressed for it, and {to} can be reached without.")),
            ],
            Manner::Crawl => [
                (
                    "nothing to crawl under",
                    format!("There is nothing to crawl under: the way to {to} is gone upright."),
                ),
                (
                    "on your two feet",
                    format!("You can get to {to} on your two feet, and your knees are for other things."),
                ),
                ("spare your knees", format!("You spare your knees: the way to {to} is high enough to walk.")),
            ],
            Manner::Climb => [
                ("nothing to climb", format!("There is nothing to climb that way: it is level to {to}.")),
                (
                    "lies level before",
                    format!("The way {} lies level before you, and offers nothing to climb.", way.direction),
                ),
                ("no hold for a climb", format!("You find no hold for a climb: {to} is reached on the flat.")),
            ],
        };
        Some(self.no_way(self.view.fresh_by_stem(&lines)))
    }
}
