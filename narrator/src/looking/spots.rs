//! Questions about a spot and about what is written: `what is under the window?`, `what does it say?`. They are for one's own eyes, and
//! somebody who is there need not answer them.

use crate::reading::clause::Clause;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{clean, the};
use crate::world::texts::sentences_about;

/// Where something can be.
const SPOTS: &[&str] =
    &["under", "behind", "beneath", "below", "on top of", "beside", "next to", "inside", "in front of"];

impl Telling<'_> {
    /// What can be seen of the thing of `what is under the window?`.
    pub(crate) fn asked_of_a_spot(&self, text: &str) -> Option<String> {
        let asked = ["what is ", "what's ", "what lies ", "is anything ", "is there anything ", "is something "]
            .iter()
            .find_map(|asks| text.strip_prefix(asks))?;
        let noun = SPOTS.iter().find_map(|spot| asked.strip_prefix(spot)?.strip_prefix(' '))?;
        match self.view.find(noun) {
            Found::Nothing | Found::Elsewhere(_) => Some(self.not_here(noun)),
            Found::Scenery(_) | Found::Here(_) | Found::Held(_) => Some(self.describe(noun)),
            _ => None,
        }
    }

    /// The part of the place above or below, and what is under or behind a part of it.
    pub(crate) fn looked_up_or_under(&self, clause: &Clause, noun: &str) -> Option<String> {
        let direction = clause.written.strip_prefix("look ").filter(|direction| ["up", "down"].contains(direction));
        if let (Some(direction), true) = (direction, noun.is_empty()) {
            let about = sentences_about(&self.view.description, direction);
            return (!about.is_empty()).then_some(about);
        }
        let spot = clause.written.strip_prefix("look ").filter(|spot| ["under", "behind"].contains(spot))?;
        let Found::Scenery(_) = self.view.find(noun) else { return None };
        let about = self.describe(noun);
        // Where the description says what is there, it is the answer.
        let says_it = ["under it", "under them", "behind it", "behind them", "beneath it", "below it"];
        let says_it = says_it.iter().any(|part| about.contains(part));
        (!says_it)
            .then(|| format!("You look {spot} {}, and find nothing that was meant to be found. {about}", the(noun)))
    }

    /// What is read on the thing of `what's written on it?` and `what does the card say?`.
    pub(crate) fn read_and_asked_about(&self, text: &str) -> Option<String> {
        let written =
            ["what's written on ", "what is written on ", "what does it say on ", "what's on ", "what stands on "]
                .iter()
                .find_map(|asks| text.strip_prefix(asks));
        let says = || text.strip_prefix("what does ")?.strip_suffix(" say");
        let noun = written.or_else(says)?;
        let found = self.view.find(noun);
        let is_thing = matches!(found, Found::Held(_) | Found::Here(_) | Found::Carried(..) | Found::Inside(..));
        // What `it` means is called by its own name.
        let noun = if ["it", "this", "that"].contains(&noun) { clean(&found.call()) } else { noun.to_owned() };
        is_thing.then(|| self.describe(&noun))
    }
}
