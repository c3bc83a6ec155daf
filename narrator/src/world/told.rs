//! What the player has been told beside what the place now looks like: how the story opened, how it is to come here, and who they are.

use story::script::Script;
use story::{ContentKind, Pc, words};

use super::matter;
use super::texts::sentences;
use super::view::View;
use crate::telling::Telling;

/// What a prompt says before the name of who the player is.
const PLAYER_IS: &str = "The player character is ";

impl<'a> View<'a> {
    /// Learns who the player is, from the text that says so.
    pub(crate) fn learn_player(&mut self, system: &str) {
        let Some(library) = self.library else { return };
        let Some((_, named)) = system.split_once(PLAYER_IS) else { return };
        let mut pcs = library.ids(ContentKind::Pc).into_iter().filter_map(|id| library.pc(id));
        self.player = pcs.find(|pc| !pc.name.is_empty() && named.starts_with(&pc.name));
    }

    /// Learns what is told of this place beyond its description.
    pub(crate) fn learn_told(&mut self, script: &'a Script) {
        let Some((_, scenario)) = self.scenario else { return };
        let here = self.here_key();
        let begins =
            here == Some(scenario.opening_location.as_str()) && self.scene == Some(scenario.opening_scene.as_str());
        // The part behind who the player is.
        let opening = scenario.opening_prompt.rsplit("%s").next().map(str::trim).filter(|_| begins);
        let arrival =
            script.arrivals.iter().find(|arrival| Some(arrival.to.as_str()) == here && self.fits(&arrival.when));
        let arrival = arrival.and_then(|arrival| arrival.text.first()).map(String::as_str);
        self.matters = script.lore.iter().flat_map(|lore| &lore.about).flat_map(|about| words(about)).collect();
        self.told = opening.into_iter().chain(arrival).collect();
    }
}

impl Telling<'_> {
    /// `You are Pim Tallow, tide clerk third class`: who the player is, as the story told them.
    pub(crate) fn who_the_player_is(&self) -> String {
        let introduced = |pc: &&Pc| !pc.opening_prompt.trim().is_empty();
        match self.view.player {
            Some(pc) if introduced(&pc) => format!("{} {}", pc.opening_prompt.trim(), self.inventory()),
            Some(pc) => format!("You are {}. {} {}", pc.name, pc.description, self.inventory()),
            None => self.describe("myself"),
        }
    }

    /// The sentences of what the player was told of themselves that speak of what `text` asks.
    pub(crate) fn known_of_the_player(&self, text: &str) -> Option<String> {
        let is_own = text.split(' ').any(|word| ["i", "me", "my", "i'm", "we", "us"].contains(&word));
        let pc = self.view.player.filter(|_| is_own)?;
        let about = sentences(pc.opening_prompt.trim());
        let mut about = about.into_iter().filter(|sentence| matter::shares_a_word(sentence, text));
        about.next().map(str::to_owned)
    }
}
