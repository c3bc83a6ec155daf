//! Opening, closing and locking containers, what is seen in them, and what the dark hides.

use story::{fit, matching};

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::{Lid, Vessel};
use crate::world::found::Found;
use crate::world::naming::{a, is_or_are, the};
use crate::world::texts::{capital, joined};

/// What a narration of these begins with; the extraction reads the name behind it.
pub(crate) const OPENED: &str = "You open ";
pub(crate) const CLOSED: &str = "You close ";
pub(crate) const LOCKED: &str = "You lock ";

impl Telling<'_> {
    /// The answer to opening, closing, locking or looking into a container; `None` for anything else.
    pub(crate) fn at_container(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let mut nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
        let vessel = nouns.find_map(|noun| match self.view.find(noun) {
            Found::Held(item) | Found::Here(item) | Found::Inside(_, item) => self.view.vessel(item),
            _ => None,
        })?;
        let call = the(&vessel.name);
        let names_key = || !clause.second.is_empty();
        match verb {
            Verb::Open => Some(self.opened(vessel)),
            Verb::Move | Verb::Use if names_key() && !vessel.is_open() => Some(self.opened(vessel)),
            Verb::Close => Some(self.closed(vessel)),
            Verb::Lock => Some(self.locked(vessel)),
            Verb::Attack | Verb::Knock if !vessel.is_open() => {
                let lines = [
                    format!("{} holds. It wants to be opened, and not to be broken.", capital(&call)),
                    format!("That leaves a mark on {call}, and {call} as closed as before."),
                    format!("Whatever is in {call} stays in it."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.how_it_is(vessel)))
            }
            Verb::Look | Verb::Examine => Some(format!("{} {}", self.describe(&vessel.name), self.how_it_is(vessel))),
            _ => None,
        }
    }

    fn opened(&self, vessel: &Vessel) -> String {
        let call = the(&vessel.name);
        let with = match (vessel.state, self.key_of(vessel)) {
            (Lid::Open, _) => {
                return format!("{} {} open already. {}", capital(&call), is_or_are(&call), Self::contents(vessel));
            }
            (Lid::Closed, _) => String::new(),
            (Lid::Locked, Some(key)) if matching(&self.view.held, key).is_some() => format!(" with {}", the(key)),
            (Lid::Locked, _) => return format!("You try {call}. {}", self.how_it_is(vessel)),
        };
        let inside: Option<Vec<String>> =
            vessel.inside.as_ref().map(|inside| inside.iter().map(|item| a(item)).collect());
        let inside = match inside.as_deref() {
            None => String::new(),
            Some([]) => " There is nothing in it.".to_owned(),
            Some(inside) => format!(" In it you find {}.", joined(inside, "and")),
        };
        format!("{OPENED}{call}{with}.{inside}")
    }

    fn closed(&self, vessel: &Vessel) -> String {
        let call = the(&vessel.name);
        if !vessel.is_open() {
            return format!("{} {} closed already.", capital(&call), is_or_are(&call));
        }
        let lines =
            ["It shuts without a word.", "What is in it stays in it.", "It fits as it did before.", "That is that."];
        format!("{CLOSED}{call}. {}", self.view.fresh(&lines))
    }

    fn locked(&self, vessel: &Vessel) -> String {
        let call = the(&vessel.name);
        match (vessel.state, self.key_of(vessel)) {
            (Lid::Locked, _) => format!("{} {} locked already.", capital(&call), is_or_are(&call)),
            (_, None) => format!("{} has no lock that a key would turn. It can only be closed.", capital(&call)),
            (_, Some(key)) if matching(&self.view.held, key).is_some() => {
                format!("{LOCKED}{call} with {}. You try it, and it holds.", the(key))
            }
            (_, Some(_)) => format!("You have no key in hand that locks {call}. It can only be closed."),
        }
    }

    fn key_of(&self, vessel: &Vessel) -> Option<&str> {
        let (_, scenario) = self.view.scenario?;
        scenario.item(&vessel.name)?.key.as_deref()
    }

    /// What can be seen in an open container.
    pub(crate) fn contents(vessel: &Vessel) -> String {
        let inside: Vec<String> = vessel.seen().iter().map(|item| a(item)).collect();
        if inside.is_empty() {
            "There is nothing in it.".to_owned()
        } else {
            format!("In it you see {}.", joined(&inside, "and"))
        }
    }

    /// Whether it is open and what is in it then, or whether it is only closed, or locked, and what is known of the key.
    fn how_it_is(&self, vessel: &Vessel) -> String {
        match (vessel.state, self.key_of(vessel)) {
            (Lid::Open, _) => format!("It is open. {}", Self::contents(vessel)),
            (Lid::Closed, _) => "It is closed.".to_owned(),
            (Lid::Locked, None) => "It is locked, and no key will help.".to_owned(),
            (Lid::Locked, Some(key)) if self.view.holds(key) => format!("It is locked, and {} may fit.", the(key)),
            (Lid::Locked, Some(key)) if self.view.items.iter().any(|item| fit(key, item).is_some()) => {
                format!("It is locked. {} lies here.", capital(&the(key)))
            }
            (Lid::Locked, Some(_)) => "It is locked, and you have no key for it.".to_owned(),
        }
    }

    /// What stands in the open containers among `items`, in a sentence for each.
    pub(crate) fn what_is_inside(&self, items: &[String]) -> Vec<String> {
        let open = items.iter().filter_map(|item| self.view.vessel(item)).filter(|vessel| !vessel.seen().is_empty());
        let opened = open.map(|vessel| {
            let inside: Vec<String> = vessel.seen().iter().map(|item| a(item)).collect();
            format!("In {} you see {}.", the(&vessel.name), joined(&inside, "and"))
        });
        opened.collect()
    }

    /// The answer to `what is in the box?`; `None` where no container is asked about.
    pub(crate) fn asked_what_is_inside(&self, text: &str) -> Option<String> {
        let behind = [" in ", " inside ", " into "].iter().find_map(|word| Some(text.split_once(word)?.1))?;
        let vessel = self.view.vessel_meant(behind.trim_start_matches("of "))?;
        Some(if vessel.is_open() {
            Self::contents(vessel)
        } else {
            format!("You cannot tell from outside. {}", self.how_it_is(vessel))
        })
    }

    /// The answer to what needs eyes where nothing can be seen; `None` where there is light, or for what is held.
    pub(crate) fn in_the_dark(&self, clause: &Clause) -> Option<String> {
        let needs_eyes = matches!(clause.verb?, Verb::Look | Verb::Examine | Verb::Take | Verb::Open | Verb::Count);
        let noun = clause.objects.first().or(Some(&clause.second)).filter(|noun| !noun.is_empty());
        let is_at_hand = noun.is_some_and(|noun| !matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_)));
        if !self.view.is_dark || !needs_eyes || is_at_hand {
            return None;
        }
        let lines = [
            "It is too dark to see anything.",
            "You feel about, and find nothing that you could name.",
            "There is only darkness, wherever you turn.",
            "Without a light there is nothing to be found here.",
            "You hold up a hand, and do not see it.",
            "The dark keeps what it has.",
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.ways_out()))
    }
}
