//! Putting things into containers, and taking them out.

use story::fit;

use super::handling;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Vessel;
use crate::world::found::Found;
use crate::world::naming::{clean, it_or_them, the};
use crate::world::texts::{capital, joined};

/// What a narration of these begins with, and what stands before the container; the extraction reads the names.
pub(crate) const PUT: &str = "You put ";
pub(crate) const INTO: &str = " into ";
pub(crate) const OUT_OF: &str = " out of ";

const ALL: &[&str] = &["all", "everything", "both", "it all", "them all", "all of it", "contents", "the contents"];

impl Telling<'_> {
    /// The answer to putting something into a container or taking something out; `None` for anything else.
    pub(crate) fn at_contents(&self, clause: &Clause) -> Option<String> {
        match clause.verb? {
            Verb::Drop | Verb::Throw | Verb::Hide | Verb::Use | Verb::Give | Verb::Keep => self.put_in(clause),
            Verb::Take | Verb::Empty => self.take_out(clause),
            _ => None,
        }
    }

    fn put_in(&self, clause: &Clause) -> Option<String> {
        let vessel = if ["in", "into", "inside", "to"].contains(&clause.preposition.as_str()) {
            self.view.vessel_meant(&clause.second)?
        } else {
            self.where_it_was(clause)?
        };
        // A key that is put into a lock unlocks.
        let key = self.view.scenario.and_then(|(_, scenario)| scenario.item(&vessel.name)?.key.as_deref());
        let is_key =
            |noun: &String| key.is_some_and(|key| matches!(self.view.find(noun), Found::Held(item) if item == key));
        if !vessel.is_open() && clause.objects.iter().any(is_key) {
            return None;
        }
        let call = the(&vessel.name);
        if !vessel.is_open() {
            return Some(format!("{} is closed. It would have to be opened first.", capital(&call)));
        }
        let is_all = clause.objects.iter().any(|noun| ALL.contains(&clean(noun).as_str()));
        let held: Vec<&str> = if is_all {
            let others = self.view.held.iter().filter(|item| **item != vessel.name);
            others.map(String::as_str).collect()
        } else {
            let held = clause.objects.iter().filter_map(|noun| match self.view.find(noun) {
                Found::Held(item) => Some(item),
                _ => None,
            });
            held.collect()
        };
        if held.contains(&vessel.name.as_str()) {
            return Some(format!("{} does not go into itself.", capital(&call)));
        }
        if let (true, Some(noun)) = (held.is_empty(), clause.objects.first()) {
            return Some(match self.view.find(noun) {
                Found::Inside(within, item) if within == vessel.name => {
                    format!("{} is in {call} already.", capital(&the(item)))
                }
                Found::Here(item) => format!("You would have to pick up {} first.", the(item)),
                Found::Inside(within, item) => {
                    format!("You would have to take {} out of {} first.", the(item), the(within))
                }
                Found::Nothing => self.not_here(noun),
                found => format!("You are not carrying {}. {}", found.call(), self.inventory()),
            });
        }
        let names: Vec<String> = held.iter().map(|item| the(item)).collect();
        let ends = [
            "There is room enough.",
            "It is out of the way there.",
            "You will know where to look.",
            "It goes in easily.",
        ];
        Some(format!("{PUT}{}{INTO}{call}. {}", joined(&names, "and"), self.view.fresh(&ends)))
    }

    /// The only open container that held the thing at the beginning: `put the hat back`.
    fn where_it_was(&self, clause: &Clause) -> Option<&Vessel> {
        let object =
            clause.objects.first().filter(|object| object.ends_with(" back") || clause.written.ends_with("back"))?;
        let Found::Held(item) = self.view.find(object) else { return None };
        let (_, scenario) = self.view.scenario?;
        let held = |vessel: &&Vessel| {
            vessel.is_open()
                && scenario.item(&vessel.name).is_some_and(|known| known.contains.iter().any(|inside| inside == item))
        };
        self.view.vessels.iter().find(held)
    }

    fn take_out(&self, clause: &Clause) -> Option<String> {
        let from = ["from", "off", "in", "inside"].contains(&clause.preposition.as_str());
        let is_all = |noun: &String| ALL.contains(&clean(noun).as_str());
        if clause.verb == Some(Verb::Empty) || (from && clause.objects.iter().any(is_all)) {
            let noun = if from { &clause.second } else { clause.objects.first()? };
            let vessel = self.view.vessel_meant(noun)?;
            let inside: Vec<&str> = vessel.seen().iter().map(String::as_str).collect();
            return Some(match (vessel.is_open(), inside.as_slice()) {
                (false, _) => format!("{} is closed. It would have to be opened first.", capital(&the(&vessel.name))),
                (true, []) => format!("There is nothing in {}.", the(&vessel.name)),
                (true, inside) => self.taken_out(inside, &vessel.name),
            });
        }
        let found: Vec<Found<'_>> = clause.objects.iter().map(|noun| self.view.find(noun)).collect();
        if let Some(vessel) = self.view.vessel_meant(&clause.second).filter(|vessel| from && !vessel.is_open()) {
            return Some(format!("{} is closed. It would have to be opened first.", capital(&the(&vessel.name))));
        }
        // Of several things, those that lie about are taken like any others.
        let Some(Found::Inside(vessel, _)) = found.first() else {
            let vessel =
                self.view.vessel_meant(&clause.second).filter(|_| from && found.first() == Some(&Found::Nothing))?;
            return Some(format!(
                "There is no {} in {}. {}",
                plain(&clause.objects[0]),
                the(&vessel.name),
                Self::contents(vessel)
            ));
        };
        let inside: Vec<&str> = found
            .iter()
            .filter_map(|found| {
                if let Found::Inside(within, item) = found { (within == vessel).then_some(*item) } else { None }
            })
            .collect();
        if let Some(fixed) = inside.iter().find(|item| self.view.is_fixed(item)) {
            return Some(format!("{} will not come out of {}.", capital(&the(fixed)), the(vessel)));
        }
        (inside.len() == found.len()).then(|| self.taken_out(&inside, vessel))
    }

    fn taken_out(&self, items: &[&str], vessel: &str) -> String {
        let names: Vec<String> = items.iter().map(|item| the(item)).collect();
        let them = it_or_them(if items.len() > 1 { "things" } else { items[0] });
        let ends = [
            format!("You have {them} now."),
            format!("Nobody had counted on that but whoever put {them} there."),
            format!("It is good to have {them} in hand."),
            format!("You look {them} over, and keep {them}."),
        ];
        format!("{}{}{OUT_OF}{}. {}", handling::TAKEN, joined(&names, "and"), the(vessel), self.view.fresh(&ends))
    }
}

fn plain(noun: &str) -> String {
    let noun = clean(noun);
    noun.strip_prefix("the ").unwrap_or(&noun).to_owned()
}

/// The container that `name` names, as it is spelled in the world.
pub(crate) fn vessel_called<'v>(vessels: &'v [Vessel], name: &str) -> Option<&'v Vessel> {
    vessels.iter().find(|vessel| fit(name, &vessel.name) == fit(&vessel.name, &vessel.name))
}
