//! Putting on and taking off what somebody wears, and putting something out of sight.

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::is_or_are;
use crate::world::texts::capital;

impl Telling<'_> {
    /// Putting something on, or putting it out of sight.
    pub(crate) fn worn_or_hidden(
        &self,
        clause: &Clause,
        verb: Verb,
        named: Option<&(&str, Found<'_>)>,
    ) -> Option<String> {
        let (_, found) = named?;
        match (verb, found) {
            // `put them on`, where somebody has them.
            (Verb::Wear, Found::Being(being)) => {
                let item = being.carries.first()?;
                Some(format!("{} has {}, and you would have to ask.", capital(&being.call()), naming::the(item)))
            }
            (Verb::Wear, Found::Nothing | Found::Elsewhere(_)) => None,
            (Verb::Wear, _) => Some(self.worn(&clause.written, found)),
            (Verb::Hide, Found::Held(_) | Found::Here(_)) => {
                let lines = [
                    "You find no better place for it than your own pocket.",
                    "Nobody is looking for it but you.",
                    "It is well enough hidden where it is.",
                ];
                Some(self.view.fresh(&lines).to_owned())
            }
            _ => None,
        }
    }

    /// Putting on what is here: it must be had first, and be made for it.
    fn worn(&self, written: &str, found: &Found<'_>) -> String {
        const WEARABLE: &[&str] = &[
            "boot",
            "shoe",
            "coat",
            "jacket",
            "hat",
            "helmet",
            "cap",
            "glove",
            "ring",
            "cloak",
            "scarf",
            "apron",
            "shirt",
            "dress",
            "suit",
            "mask",
            "crown",
            "chain",
            "belt",
            "glasses",
            "spectacles",
            "shawl",
            "sock",
            "slipper",
        ];
        let call = found.call();
        let name = story::words(&call);
        let is_wearable = name.last().is_some_and(|last| WEARABLE.contains(&last.as_str()));
        let them = naming::it_or_them(&call);
        match found {
            Found::Held(_) if is_wearable && (written.ends_with("off") || written == "undress") => {
                format!("You are not wearing {call}. You carry {them}.")
            }
            Found::Held(_) if is_wearable => {
                let lines = [
                    format!("You try {call} on, and take {them} off again: here there is no need of {them}."),
                    format!("You put {call} on for a moment. It fits well enough, and you carry {them} as before."),
                    format!("You could wear {call} where there is a use for {them}. Here you only carry {them}."),
                ];
                self.view.fresh(&lines).to_owned()
            }
            Found::Here(item) if !self.view.is_fixed(item) => format!("You would have to pick up {call} first."),
            Found::Carried(being, _) => format!("{} has {call}, and you would have to ask.", capital(&being.call())),
            _ => {
                let lines = [
                    format!("{} {} nothing that you could wear.", capital(&call), is_or_are(&call)),
                    format!("One does not put on {call}."),
                    format!("{} would look strange on you, and would not stay on.", capital(&call)),
                ];
                format!("{} {}", self.view.fresh(&lines), self.could_try())
            }
        }
    }
}
