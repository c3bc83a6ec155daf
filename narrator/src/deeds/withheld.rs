//! What cannot be taken, and why: somebody has it, it is a part of the place, it is somebody, or it is not here.

use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{is_or_are, it_or_them, the};
use crate::world::texts::{capital, joined};

/// What is said of a thing that somebody else has.
const TO_BE_ASKED_FOR: &str = "and you would have to ask";
const NOT_LET_GO: &str = "is not about to let go of";

/// Whether an answer says that somebody keeps what was to be had.
pub(crate) fn is_withheld(answer: &str) -> bool {
    answer.contains(TO_BE_ASKED_FOR) || answer.contains(NOT_LET_GO)
}

impl Telling<'_> {
    /// Why what `noun` names is not taken.
    pub(crate) fn not_taken(&self, noun: &str, found: &Found<'_>) -> String {
        let call = found.call();
        match found {
            Found::Held(_) => {
                let lines = [
                    "You check that it is still there, and it is.",
                    "It is where you put it.",
                    "You have had it all along.",
                ];
                format!("You have {call} already. {}", self.view.fresh(&lines))
            }
            Found::Carried(being, _) => {
                let lines = [
                    "Not for the taking, then; perhaps for the asking.",
                    "You put your hand back in your pocket.",
                    "That would be stealing, and you would be seen.",
                ];
                format!(
                    "{} has {call} and {NOT_LET_GO} {}. {}",
                    capital(&being.call()),
                    it_or_them(&call),
                    self.view.fresh(&lines)
                )
            }
            Found::Being(being) if being.is_monster => {
                format!("{} will not be taken. {}", capital(&call), self.could_try())
            }
            // `steal Crake's wallet`
            Found::Being(being) if noun.contains("'s ") => {
                let part = noun.split_once("'s ").map_or("", |(_, part)| part);
                let lines = [
                    format!("You see no {part} on {} that you could take.", being.call()),
                    format!("If {} has a {part}, it is not where you could get at it.", being.call()),
                ];
                format!("{} {}", self.view.fresh(&lines), self.could_try())
            }
            Found::Being(_) => {
                let lines = [
                    "is nobody's to carry",
                    "would rather not be carried",
                    "steps just out of reach",
                    "is not yours to take",
                ];
                format!("{} {}.", capital(&call), self.view.fresh(&lines))
            }
            Found::Inside(vessel, item) => {
                format!("{} is in {}, and would be taken out by itself.", capital(&the(item)), the(vessel))
            }
            Found::Scenery(_) | Found::Way(_) | Found::Here(_) => {
                let lines = [
                    "belongs here, and stays",
                    "cannot be carried off",
                    "is better left where it is",
                    "will not come along",
                ];
                // What is seen of it may say why.
                let is_described =
                    self.script.things.iter().any(|thing| self.view.fits(&thing.when) && thing.is_called(noun));
                let more = if is_described { self.describe(noun) } else { self.could_try() };
                format!("{} {}. {more}", capital(&call), self.view.fresh(&lines))
            }
            Found::Oneself => "You have yourself well in hand.".to_owned(),
            Found::Several(names) => format!("Do you mean {}?", joined(names, "or")),
            Found::Elsewhere(name) => {
                format!(
                    "{} {} not here to be taken. {}",
                    capital(&self.name_with_article(name)),
                    is_or_are(name),
                    self.could_try()
                )
            }
            Found::Nothing => self.not_here(noun),
        }
    }
}
