//! What takes a body: climbing, swimming, jumping into water, lifting, writing. Where the story makes nothing of it, the answer says why it
//! is not done, and not only what the thing looks like.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming::{a, it_or_them, without_article};
use crate::world::texts::capital;

/// What one walks or falls into, and does not sit down in.
const WATERS: &[&str] = &["water", "lake", "sea", "river", "reservoir", "pool", "pond", "mud", "bay"];

/// What is made for climbing.
const CLIMBED: &[&str] = &[
    "stair",
    "stairs",
    "staircase",
    "step",
    "steps",
    "ladder",
    "lighthouse",
    "tower",
    "hill",
    "bank",
    "path",
    "gallery",
    "shingle",
    "up",
    "down",
];

/// What carries somebody over water.
const CARRIES: &[&str] = &["ferry", "bridge", "ford", "raft", "boat"];

pub(crate) fn is_water(noun: &str) -> bool {
    words(noun).pop().is_some_and(|last| WATERS.contains(&last.as_str()))
}

impl Telling<'_> {
    /// The way to what carries somebody over the water; on board, the way on.
    pub(crate) fn way_over_water(&self) -> Option<&Way> {
        let here = words(&self.view.here);
        if here.iter().any(|word| CARRIES.contains(&word.as_str()))
            && let ([one, other], Some(back)) = (self.view.ways.as_slice(), self.way_back())
        {
            return Some(if one.direction == back.direction { other } else { one });
        }
        CARRIES.iter().find_map(|carries| self.way_by_name(carries))
    }

    /// Whether `noun` is here and is not made for climbing.
    pub(crate) fn is_no_climb(&self, noun: &str) -> bool {
        let last = words(noun).pop().unwrap_or_default();
        let is_here = matches!(
            self.view.find(noun),
            Found::Scenery(_) | Found::Here(_) | Found::Held(_) | Found::Being(_) | Found::Carried(..)
        );
        is_here && !noun.is_empty() && !CLIMBED.contains(&last.as_str()) && self.way_by_name(noun).is_none()
    }

    /// The answer to climbing what is not made for it.
    pub(crate) fn not_climbed(&self, noun: &str, written: &str) -> Option<String> {
        let climbs = ["climb", "ascend", "climb up"].contains(&written);
        if !climbs || !self.is_no_climb(noun) {
            return None;
        }
        if let Some(text) = self.stepped_up(noun) {
            return Some(text);
        }
        let found = self.view.find(noun);
        let it = found.call();
        if let Found::Being(_) = found {
            return Some(format!("{} would not let you {written} that far. {}", capital(&it), self.could_try()));
        }
        let them = it_or_them(&it);
        let lines = [
            (
                " and think better of it",
                format!("You set a foot to {it} and think better of it: nobody could {written} that."),
            ),
            (
                "was not made to",
                format!("{} was not made to {written}, and you get no farther than the first try.", capital(&it)),
            ),
            (
                "and come down again",
                format!("You {written} {it} as far as {them} will let you, which is not far, and come down again."),
            ),
        ];
        Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.describe(noun)))
    }

    /// The answer to swimming where it leads nowhere; what is to be reached may be reached in another way.
    pub(crate) fn not_swum(&self, place: &str, written: &str) -> Option<String> {
        if !["swim", "wade", "swim away"].contains(&written) {
            return None;
        }
        let lines = [
            ("not dressed for it", format!("You are not dressed for it, and would not {written} far.")),
            ("as far as the thought", format!("You would have to {written}, and get as far as the thought.")),
            ("one of those who", format!("You are not one of those who {written} at this hour.")),
        ];
        let on = self.first_step_to(place).unwrap_or_else(|| self.ways_out());
        let seen = match self.view.find(place) {
            found @ Found::Scenery(_) => format!("You look at {}. ", found.call()),
            _ => String::new(),
        };
        Some(format!("{seen}{} {on}", self.view.fresh_by_stem(&lines)))
    }

    /// The answer to jumping into the water, or over a side.
    pub(crate) fn not_jumped_in(&self, clause: &Clause, noun: Option<&str>) -> Option<String> {
        let is_aboard =
            CARRIES.iter().chain(&["barge", "ship"]).any(|deck| words(&self.view.here).iter().any(|own| own == deck));
        let is_overboard = is_aboard
            && ["overboard", "over the side", "over the rail"].iter().any(|over| clause.whole.ends_with(over));
        let water = [noun.unwrap_or_default(), clause.second.as_str()].into_iter().find(|noun| is_water(noun));
        if !is_overboard && water.is_none() {
            return clause.written.starts_with("dive").then(|| {
                format!("There is nothing here to dive into that you are not in already. {}", self.could_try())
            });
        }
        let water = water.map_or("water", without_article);
        let lines = [
            format!("You look down at the {water}. It has room for you, and you keep to this side of it."),
            format!(
                "One foot is over the edge before you have thought about it. The {water} does not move. You take the foot back."
            ),
            format!("The {water} would take you, and would not say where to. You stay where you are."),
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.ways_out()))
    }

    /// The answer to lifting what is in the hand already.
    pub(crate) fn lifted(&self, clause: &Clause) -> Option<String> {
        let lifts = ["lift", "hold", "carry"].contains(&clause.written.as_str()) && clause.second.is_empty();
        let [noun] = clause.objects.as_slice() else { return None };
        let Found::Held(_) = self.view.find(noun) else { return None };
        let it = self.view.find(noun).call();
        let them = it_or_them(&it);
        let written = &clause.written;
        let lines = [
            (
                " as high as your arm goes",
                format!("You {written} {it} as high as your arm goes, and lower {them} again."),
            ),
            ("in front of you for a moment", format!("You {written} {it} in front of you for a moment.")),
            (", and feel the weight", format!("You {written} {it}, and feel the weight of {them}.")),
        ];
        lifts.then(|| self.view.fresh_by_stem(&lines).to_owned())
    }

    /// The answer to writing what is not there yet: a letter, an apology.
    pub(crate) fn not_written(&self, clause: &Clause, verb: Verb, noun: Option<&str>) -> Option<String> {
        let writes =
            ["write", "scribble", "draw", "jot", "note", "write down", "record"].contains(&clause.written.as_str());
        let noun = noun.filter(|_| verb == Verb::Write && writes)?;
        let is_new =
            clause.objects.first().is_some_and(|object| ["a ", "an ", "some "].iter().any(|a| object.starts_with(a)));
        if !is_new && self.view.find(noun) != Found::Nothing {
            return None;
        }
        let is_vague = ["something", "anything", "nothing"].contains(&noun);
        let it = if is_vague { noun.to_owned() } else { a(without_article(noun)) };
        let written = &clause.written;
        let lines = [
            (
                "as far as the first word",
                format!("You could {written} {it}, and get as far as the first word, in your head."),
            ),
            (
                "want somebody to read",
                format!("To {written} {it} you would want somebody to read it, and a reason of your own."),
            ),
            ("is not yours to", format!("It is not yours to {written} {it} tonight.")),
        ];
        Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try()))
    }

    /// `pay the fare` as giving what one pays with to the only person who can take it.
    pub(crate) fn paid(&self, clause: &Clause) -> Option<Clause> {
        const DUES: &[&str] = &["fare", "toll", "fee", "price", "passage", "crossing", "way", "bill"];
        if clause.verb != Some(Verb::Trade) || !clause.written.starts_with("pay") {
            return None;
        }
        let money = ["token", "coin", "money", "purse", "gold"];
        let item = self.view.held.iter().find(|item| money.iter().any(|money| item.contains(money)))?;
        let noun = clause.objects.first().or(Some(&clause.second)).filter(|noun| !noun.is_empty());
        let is_due = noun.is_none_or(|noun| {
            let last = words(noun).pop().unwrap_or_default();
            DUES.contains(&last.as_str()) || matches!(self.view.find(noun), Found::Being(_))
        });
        let being = self.view.speaker().filter(|_| is_due)?;
        let person = being.name.to_lowercase();
        Some(Clause {
            verb: Some(Verb::Give),
            written: "give".to_owned(),
            rest: format!("{item} to {person}"),
            objects: vec![item.clone()],
            preposition: "to".to_owned(),
            second: person,
            ..clause.clone()
        })
    }
}
