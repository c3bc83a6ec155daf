//! Who decides what chance says: the game's seed, or a search that looks at both outcomes.

use std::collections::{BTreeMap, BTreeSet};

use super::blow::{Blow, Struck};
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
    pub(crate) open: BTreeSet<String>,
    /// The hit points that a condition tells apart, by whose they are.
    pub(crate) edges: BTreeMap<String, BTreeSet<i64>>,
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

    /// What comes of a blow.
    pub(super) fn strikes(&mut self, blow: &Blow, state: &GameState) -> Struck {
        match self {
            Self::Seed => blow.thrown(state),
            Self::Listed(answers) => answers.strikes(blow, state.turn_counter),
        }
    }
}

impl Answers {
    fn answer(&mut self, turn: u64, id: &str) -> bool {
        self.open.contains(id) && self.ask(turn, id)
    }

    /// A search takes a blow to miss, to defeat, or to leave what a condition asks for: to look at each number of hit points would make many
    /// states of one.
    fn strikes(&mut self, blow: &Blow, turn: u64) -> Struck {
        let key = blow.target.key();
        let edges = self.edges.get(key).into_iter().flatten().copied();
        let left: BTreeSet<i64> = edges.filter(|hp| (1..blow.hp).contains(hp)).chain([0]).collect();
        for left in left {
            let (by, name) = (&blow.attacker_name, &blow.target_name);
            let outcome = match left {
                0 => format!("{by} defeats {name}"),
                left => format!("{by} leaves {name} {left} hit points"),
            };
            if self.ask(turn, &outcome) {
                return Struck { hits: true, shown: None, left };
            }
        }
        Struck { hits: false, shown: None, left: blow.hp }
    }

    fn ask(&mut self, turn: u64, id: &str) -> bool {
        if let Some((_, _, answer)) = self.asked.iter().find(|(at, asked, _)| *at == turn && asked == id) {
            return *answer;
        }
        let answer = self.given.get(self.asked.len()).copied().unwrap_or(false);
        self.asked.push((turn, id.to_owned(), answer));
        answer
    }
}
