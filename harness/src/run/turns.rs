//! Which case starts next: every case once, or round after round.

use std::collections::VecDeque;

use crate::case::Case;
use crate::last_run::Standing;
use crate::report::CaseOutcome;

/// How often each case is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// So many times.
    Times(usize),
    /// Until a case fails.
    UntilFailure,
}

/// One case's turn.
#[derive(Debug)]
pub(super) struct Turn {
    /// Which case it is, by its place in the plan.
    pub(super) index: usize,
    /// The case, its id with the number of the round.
    pub(super) case: Case,
}

/// Cases that are still to be started, and how those stand that were.
#[derive(Debug)]
pub(super) struct Turns {
    cases: Vec<Case>,
    rounds: Rounds,
    round: usize,
    /// Whose turn it is in this round.
    waiting: VecDeque<usize>,
    tallies: Vec<Tally>,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    finished: usize,
    failed: usize,
    skipped: bool,
}

impl Turns {
    pub(super) fn new(cases: Vec<Case>, rounds: Rounds) -> Self {
        let tallies = vec![Tally::default(); cases.len()];
        Self { cases, rounds, round: 0, waiting: VecDeque::new(), tallies }
    }

    /// How many turns there are, as far as that is known.
    pub(super) const fn len(&self) -> usize {
        match self.rounds {
            Rounds::Times(times) => self.cases.len() * times,
            Rounds::UntilFailure => self.cases.len(),
        }
    }

    /// The next turn. A round is over when its cases have been started, not when they have ended.
    pub(super) fn next(&mut self) -> Option<Turn> {
        if self.waiting.is_empty() && self.another_round() {
            self.round += 1;
            // What cannot be run here will not be run in the next round either, and is reported once.
            self.waiting = (0..self.cases.len()).filter(|index| !self.tallies[*index].skipped).collect();
        }
        let index = self.waiting.pop_front()?;
        let mut case = self.cases[index].clone();
        match self.rounds {
            Rounds::Times(1) => {}
            Rounds::Times(times) => case.id = format!("{} ({}/{times})", case.id, self.round),
            Rounds::UntilFailure => case.id = format!("{} ({})", case.id, self.round),
        }
        Some(Turn { index, case })
    }

    const fn another_round(&self) -> bool {
        match self.rounds {
            Rounds::Times(times) => self.round < times,
            Rounds::UntilFailure => true,
        }
    }

    /// A turn is over.
    pub(super) fn ended(&mut self, index: usize, outcome: &CaseOutcome) {
        let tally = &mut self.tallies[index];
        match outcome {
            CaseOutcome::Passed | CaseOutcome::Flaky(_) => tally.finished += 1,
            CaseOutcome::Failed(_) => {
                tally.finished += 1;
                tally.failed += 1;
            }
            CaseOutcome::Skipped(_) => tally.skipped = true,
        }
    }

    /// Turns that did not come, or were cut short.
    pub(super) fn not_run(&self) -> usize {
        self.tallies.iter().map(|tally| self.missing(tally)).sum()
    }

    /// Each case with how it stands, how often it ended, and how often it failed.
    pub(super) fn standings(&self) -> impl Iterator<Item = (&Case, Standing, usize, usize)> {
        self.cases.iter().zip(&self.tallies).map(|(case, tally)| {
            let standing = if tally.failed > 0 {
                Standing::Failed
            } else if tally.skipped {
                Standing::Skipped
            } else if self.missing(tally) > 0 {
                Standing::NotRun
            } else {
                Standing::Passed
            };
            (case, standing, tally.finished, tally.failed)
        })
    }

    const fn missing(&self, tally: &Tally) -> usize {
        let wanted = match self.rounds {
            Rounds::Times(times) => times,
            Rounds::UntilFailure => 1,
        };
        if tally.skipped { 0 } else { wanted.saturating_sub(tally.finished) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::case::{Parsed, parse};
    use crate::profile::Profile;
    use crate::report::Failure;

    fn cases(ids: &[&str]) -> Vec<Case> {
        let text = r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a"}]}"#;
        let case = |id: &&str| match parse(text, Path::new(&format!("{id}.json")), &Profile::story_engine()).unwrap().0
        {
            Parsed::Case(case) => *case,
            Parsed::Sequence(_) => panic!("a sequence"),
        };
        ids.iter().map(case).collect()
    }

    fn ids(turns: &mut Turns, of: usize) -> Vec<String> {
        std::iter::from_fn(|| turns.next()).take(of).map(|turn| turn.case.id).collect()
    }

    #[test]
    fn once_leaves_the_ids_as_they_are() {
        assert_eq!(ids(&mut Turns::new(cases(&["a", "b"]), Rounds::Times(1)), 9), ["a", "b"]);
    }

    #[test]
    fn rounds_come_one_after_the_other_and_are_numbered() {
        let mut turns = Turns::new(cases(&["a", "b"]), Rounds::Times(2));
        assert_eq!(ids(&mut turns, 9), ["a (1/2)", "b (1/2)", "a (2/2)", "b (2/2)"]);
        let mut turns = Turns::new(cases(&["a"]), Rounds::UntilFailure);
        assert_eq!(ids(&mut turns, 3), ["a (1)", "a (2)", "a (3)"]);
    }

    #[test]
    fn what_is_skipped_is_not_tried_for_ever() {
        let mut turns = Turns::new(cases(&["a"]), Rounds::UntilFailure);
        let turn = turns.next().unwrap();
        turns.ended(turn.index, &CaseOutcome::Skipped("no docker".to_owned()));
        assert!(turns.next().is_none());
        assert_eq!(turns.not_run(), 0);
    }

    #[test]
    fn a_case_stands_as_badly_as_its_worst_round() {
        let mut turns = Turns::new(cases(&["a", "b", "c"]), Rounds::Times(2));
        let failed = CaseOutcome::Failed(Box::new(Failure::new("no")));
        for (index, outcome) in [(0, &CaseOutcome::Passed), (0, &CaseOutcome::Passed), (1, &failed)] {
            turns.ended(index, outcome);
        }
        let standings: Vec<_> = turns.standings().map(|(_, standing, ..)| standing).collect();
        assert_eq!(standings, [Standing::Passed, Standing::Failed, Standing::NotRun]);
        assert_eq!(turns.not_run(), 3);
    }
}
