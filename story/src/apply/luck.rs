//! Who decides what chance says: the game's seed, or a search that looks at both outcomes.

use crate::content::{Odds, Placed};
use crate::state::GameState;

/// Who decides.
#[derive(Debug)]
pub(crate) enum Luck {
    /// The game's seed, as in every game.
    Seed,
    /// A list of answers.
    Listed(Answers),
}

/// Answers that are given in advance, one for each question in the order in which they come up. A question behind the last is answered
/// with no and noted, so that the search can play the same turn again with a yes there.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) given: Vec<bool>,
    /// The questions that came up, by turn and id, each with its answer. One that comes up twice in a turn has one answer.
    pub(crate) asked: Vec<(u64, String, bool)>,
    /// The ids of the conditionals whose chance is open. The chance of all others fails: what they do makes no difference to who asks.
    pub(crate) open: std::collections::BTreeSet<String>,
}

impl Luck {
    /// Whether chance lets the conditional hold in the turn of `state`. Its other conditions are judged before: a question about a
    /// conditional that cannot fire would only double the search.
    pub(super) fn decides(&mut self, placed: Placed<'_>, state: &GameState) -> bool {
        match (self, placed.conditional.odds(Some(state))) {
            (_, Odds::Always) => true,
            (_, Odds::Never) => false,
            (Self::Seed, Odds::Open) => placed.is_lucky(state),
            (Self::Listed(answers), Odds::Open) => answers.answer(state.turn_counter, placed.id),
        }
    }
}

impl Answers {
    fn answer(&mut self, turn: u64, id: &str) -> bool {
        if !self.open.contains(id) {
            return false;
        }
        if let Some((_, _, answer)) = self.asked.iter().find(|(at, asked, _)| *at == turn && asked == id) {
            return *answer;
        }
        let answer = self.given.get(self.asked.len()).copied().unwrap_or(false);
        self.asked.push((turn, id.to_owned(), answer));
        answer
    }
}
