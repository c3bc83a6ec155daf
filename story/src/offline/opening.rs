//! Opening what is closed, and what the dark hides.

use super::Telling;
use super::found::Found;
use super::going::capital;
use super::lines::joined;
use super::naming::{a, is_or_are, the};
use super::sentence::Clause;
use super::verbs::Verb;
use crate::world::{fit, matching};

/// What a narration of it begins with; the extraction reads the name behind it.
pub(super) const OPENED: &str = "You open ";

impl Telling<'_> {
    /// The answer to opening, unlocking or looking into a closed item; `None` for anything else.
    pub(super) fn at_closed_item(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let mut nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
        let item = nouns.find_map(|noun| match self.view.find(noun) {
            Found::Held(item) | Found::Here(item) => self.view.closed.iter().find(|closed| *closed == item),
            _ => None,
        })?;
        let call = the(item);
        match verb {
            Verb::Open | Verb::Move | Verb::Use if verb == Verb::Open || !clause.second.is_empty() => {
                Some(self.opened(item))
            }
            Verb::Close => Some(format!("{} {} closed already.", capital(&call), is_or_are(item))),
            Verb::Attack | Verb::Knock => {
                let lines = [
                    format!("{} holds. It wants to be opened, and not to be broken.", capital(&call)),
                    format!("That leaves a mark on {call}, and {call} as closed as before."),
                    format!("Whatever is in {call} stays in it."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.how_it_opens(item)))
            }
            Verb::Look | Verb::Examine => {
                let about = self.describe(item);
                Some(format!("{about} {}", self.how_it_opens(item)))
            }
            _ => None,
        }
    }

    fn opened(&self, item: &str) -> String {
        let call = the(item);
        let known = self.view.scenario.and_then(|(_, scenario)| scenario.item(item));
        let key = known.filter(|known| known.locked).map(|known| known.key.as_deref());
        let with = match key {
            None => String::new(),
            Some(Some(key)) if matching(&self.view.held, key).is_some() => format!(" with {}", the(key)),
            Some(_) => return format!("You try {call}. {}", self.how_it_opens(item)),
        };
        let inside: Vec<String> = known.into_iter().flat_map(|known| &known.contains).map(|item| a(item)).collect();
        let inside = match inside.as_slice() {
            [] => "There is nothing in it.".to_owned(),
            inside => format!("In it you find {}.", joined(inside, "and")),
        };
        format!("{OPENED}{call}{with}. {inside}")
    }

    /// Whether it is only closed, or locked, and what is known of the key.
    fn how_it_opens(&self, item: &str) -> String {
        let known = self.view.scenario.and_then(|(_, scenario)| scenario.item(item)).filter(|known| known.locked);
        let Some(known) = known else { return "It is closed.".to_owned() };
        match &known.key {
            None => "It is locked, and no key will help.".to_owned(),
            Some(key) if self.view.holds(key) => format!("It is locked, and {} may fit.", the(key)),
            Some(key) if self.view.items.iter().any(|item| fit(key, item).is_some()) => {
                format!("It is locked. {} lies here.", capital(&the(key)))
            }
            Some(_) => "It is locked, and you have no key for it.".to_owned(),
        }
    }

    /// The answer to what needs eyes where nothing can be seen; `None` where there is light, or for what is held.
    pub(super) fn in_the_dark(&self, clause: &Clause) -> Option<String> {
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
