//! Which case starts next: every case once, or round after round.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use harness_case::Case;
use harness_events::CaseOutcome;

use super::manner::Manner;
use super::summary::CaseStatus;

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
    /// The case, its id with the number of the round and the seed of the schedule.
    pub(super) case: Case,
    /// How it is played.
    pub(super) manner: Manner,
}

/// Under how many schedules each case is played, besides the seeds that it names itself and once as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedules {
    /// How many.
    pub each: usize,
    /// The first one's seed; the others follow it.
    pub seed: u64,
}

impl Schedules {
    /// The manners in which a case is played.
    fn manners(self, case: &Case) -> Vec<Manner> {
        let drawn = (0..self.each as u64).map(|number| self.seed.wrapping_add(number));
        let seeds = case.schedules.iter().copied().chain(drawn);
        std::iter::once(Manner::Plain).chain(seeds.map(Manner::Scheduled)).collect()
    }
}

/// Cases that are still to be started, and the results of those that were.
#[derive(Debug)]
pub(super) struct Turns {
    cases: Vec<Case>,
    /// For each case, how it is played in a round.
    manners: Vec<Vec<Manner>>,
    rounds: Rounds,
    round: usize,
    /// Whose turn it is in this round, and how.
    waiting: VecDeque<(usize, Manner)>,
    tallies: Vec<Tally>,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    finished: usize,
    failed: usize,
    skipped: bool,
}

/// Where in a round each case has its place. Those of one directory are of one kind, and some kinds wait all of their time: the cases of each
/// directory are spread over the round, so that not all that run at a moment wait. Side by side they stay in their order.
fn places(cases: &[Case]) -> Vec<usize> {
    const ROUND: usize = 1 << 20;
    let mut sizes = BTreeMap::<_, usize>::new();
    let numbers: Vec<_> = cases
        .iter()
        .map(|case| {
            let size = sizes.entry(case.path.parent()).or_default();
            *size += 1;
            *size
        })
        .collect();
    let place = |(case, number): (&Case, &usize)| number * ROUND / (sizes[&case.path.parent()] + 1);
    cases.iter().zip(&numbers).map(place).collect()
}

impl Turns {
    pub(super) fn new(cases: Vec<Case>, rounds: Rounds, schedules: Schedules) -> Self {
        let tallies = vec![Tally::default(); cases.len()];
        let manners = cases.iter().map(|case| schedules.manners(case)).collect();
        Self { cases, manners, rounds, round: 0, waiting: VecDeque::new(), tallies }
    }

    /// How many turns there are, as far as that is known.
    pub(super) fn len(&self) -> usize {
        let round: usize = self.manners.iter().map(Vec::len).sum();
        match self.rounds {
            Rounds::Times(times) => round * times,
            Rounds::UntilFailure => round,
        }
    }

    /// The next turn. A round is over when its cases have been started, not when they have ended.
    pub(super) fn next(&mut self) -> Option<Turn> {
        if self.waiting.is_empty() && self.another_round() {
            self.round += 1;
            // What cannot be run here will not be run in the next round either, and is reported once.
            let mut cases: Vec<usize> = (0..self.cases.len()).filter(|index| !self.tallies[*index].skipped).collect();
            let places = places(&self.cases);
            cases.sort_by_key(|index| (Reverse(self.cases[*index].terms.priority), places[*index]));
            let manners = &self.manners;
            self.waiting =
                cases.into_iter().flat_map(|index| manners[index].iter().map(move |manner| (index, *manner))).collect();
        }
        // Nor under another schedule.
        while self.waiting.front().is_some_and(|(index, _)| self.tallies[*index].skipped) {
            self.waiting.pop_front();
        }
        let (index, manner) = self.waiting.pop_front()?;
        let mut case = self.cases[index].clone();
        if let Manner::Scheduled(seed) = manner {
            case.id = format!("{} under {seed}", case.id);
        }
        match self.rounds {
            Rounds::Times(1) => {}
            Rounds::Times(times) => case.id = format!("{} ({}/{times})", case.id, self.round),
            Rounds::UntilFailure => case.id = format!("{} ({})", case.id, self.round),
        }
        Some(Turn { index, case, manner })
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
        (0..self.tallies.len()).map(|index| self.missing(index)).sum()
    }

    /// Each case with its result, how often it ended, and how often it failed.
    pub(super) fn summaries(&self) -> impl Iterator<Item = (&Case, CaseStatus, usize, usize)> {
        self.cases.iter().zip(&self.tallies).enumerate().map(|(index, (case, tally))| {
            let status = if tally.failed > 0 {
                CaseStatus::Failed
            } else if tally.skipped {
                CaseStatus::Skipped
            } else if self.missing(index) > 0 {
                CaseStatus::NotRun
            } else {
                CaseStatus::Passed
            };
            (case, status, tally.finished, tally.failed)
        })
    }

    fn missing(&self, index: usize) -> usize {
        let (tally, manners) = (&self.tallies[index], self.manners[index].len());
        let wanted = match self.rounds {
            Rounds::Times(times) => times * manners,
            Rounds::UntilFailure => manners,
        };
        if tally.skipped { 0 } else { wanted.saturating_sub(tally.finished) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_case::profile::Profile;
    use harness_case::{Parsed, parse};
    use harness_events::Failure;

    use super::*;

    fn cases(ids: &[&str]) -> Vec<Case> {
        let text = r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a"}]}"#;
        let case = |id: &&str| match parse(text, Path::new(&format!("cases/{id}.json")), &Profile::story_engine())
            .unwrap()
            .0
        {
            Parsed::Cases(mut cases) => cases.remove(0),
            Parsed::Sequence(_) => panic!("a sequence"),
        };
        ids.iter().map(case).collect()
    }

    fn ids(turns: &mut Turns, of: usize) -> Vec<String> {
        std::iter::from_fn(|| turns.next()).take(of).map(|turn| turn.case.id).collect()
    }

    #[test]
    fn once_leaves_the_ids_as_they_are() {
        assert_eq!(ids(&mut Turns::new(cases(&["a", "b"]), Rounds::Times(1), Schedules::default()), 9), ["a", "b"]);
    }

    #[test]
    fn rounds_come_one_after_the_other_and_are_numbered() {
        let mut turns = Turns::new(cases(&["a", "b"]), Rounds::Times(2), Schedules::default());
        assert_eq!(ids(&mut turns, 9), ["a (1/2)", "b (1/2)", "a (2/2)", "b (2/2)"]);
        let mut turns = Turns::new(cases(&["a"]), Rounds::UntilFailure, Schedules::default());
        assert_eq!(ids(&mut turns, 3), ["a (1)", "a (2)", "a (3)"]);
    }

    #[test]
    fn cases_with_a_higher_priority_start_first_and_the_others_in_their_order() {
        let mut four = cases(&["a", "b", "c", "d"]);
        (four[0].terms.priority, four[2].terms.priority) = (-1, 7);
        assert_eq!(ids(&mut Turns::new(four, Rounds::Times(1), Schedules::default()), 9), ["c", "b", "d", "a"]);
    }

    #[test]
    fn the_cases_of_each_directory_are_spread_over_the_round() {
        let all = cases(&["links/a", "links/b", "links/c", "story/a", "story/b", "story/c", "z"]);
        let mut turns = Turns::new(all, Rounds::Times(1), Schedules::default());
        let expected = ["links/a", "story/a", "links/b", "story/b", "z", "links/c", "story/c"];
        assert_eq!(ids(&mut turns, 9), expected);
    }

    #[test]
    fn every_schedule_is_a_turn_of_its_own_and_a_case_may_name_some() {
        let mut two = cases(&["a", "b"]);
        two[1].schedules = vec![17];
        let mut turns = Turns::new(two, Rounds::Times(1), Schedules { each: 1, seed: 5 });
        assert_eq!(turns.len(), 5);
        assert_eq!(ids(&mut turns, 9), ["a", "a under 5", "b", "b under 17", "b under 5"]);
        assert_eq!(turns.not_run(), 5);
    }

    #[test]
    fn what_is_skipped_is_not_tried_for_ever() {
        let mut turns = Turns::new(cases(&["a"]), Rounds::UntilFailure, Schedules::default());
        let turn = turns.next().unwrap();
        turns.ended(turn.index, &CaseOutcome::Skipped("no docker".to_owned()));
        assert!(turns.next().is_none());
        assert_eq!(turns.not_run(), 0);
    }

    #[test]
    fn a_case_stands_as_badly_as_its_worst_round() {
        let mut turns = Turns::new(cases(&["a", "b", "c"]), Rounds::Times(2), Schedules::default());
        let failed = CaseOutcome::Failed(Box::new(Failure::new("no")));
        for (index, outcome) in [(0, &CaseOutcome::Passed), (0, &CaseOutcome::Passed), (1, &failed)] {
            turns.ended(index, outcome);
        }
        let summaries: Vec<_> = turns.summaries().map(|(_, status, ..)| status).collect();
        assert_eq!(summaries, [CaseStatus::Passed, CaseStatus::Failed, CaseStatus::NotRun]);
        assert_eq!(turns.not_run(), 3);
    }
}
