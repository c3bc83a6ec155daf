//! Whether every accepted turn was completed once, and in order: judged from the events of each game.

use std::collections::{HashMap, HashSet};

use protocol::EventName;

/// What an event says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Queued,
    Processing,
    /// The game was changed.
    Updated,
    Completed,
    /// It was given up or withdrawn.
    Ended,
}

impl Step {
    /// By the event's name; `None` for events that say nothing about order.
    pub(super) const fn of(event: EventName) -> Option<Self> {
        match event {
            EventName::RequestQueued => Some(Self::Queued),
            EventName::RequestProcessing => Some(Self::Processing),
            EventName::StateUpdated => Some(Self::Updated),
            EventName::RequestCompleted => Some(Self::Completed),
            EventName::RequestFailed | EventName::RequestCancelled => Some(Self::Ended),
            _ => None,
        }
    }
}

/// What is known of one game.
#[derive(Debug, Default)]
pub(super) struct GameLog {
    /// The requests that were answered with 200.
    pub(super) accepted: Vec<u128>,
    /// What was observed, in the order in which it came.
    pub(super) observed: Vec<(Step, u128)>,
    /// The offset of the last event.
    pub(super) offset: Option<u64>,
    /// Events that were not the one after the one before.
    pub(super) gaps: u64,
}

impl GameLog {
    /// Takes the offset of the next event, which may join so many.
    pub(super) fn follow(&mut self, offset: u64, joined: u64) {
        self.gaps += u64::from(self.offset.is_some_and(|last| offset != last + joined));
        self.offset = Some(offset);
    }
}

/// Everything that is wrong with a game.
pub(super) fn check(log: &GameLog) -> Vec<String> {
    let mut wrong = Vec::new();
    if log.gaps > 0 {
        wrong.push(format!("its events had {} gaps", log.gaps));
    }
    let mut counts: HashMap<(Step, u128), u64> = HashMap::new();
    for observed in &log.observed {
        *counts.entry(*observed).or_default() += 1;
    }
    let count = |step, id| counts.get(&(step, id)).copied().unwrap_or_default();
    for id in &log.accepted {
        for (step, what) in
            [(Step::Queued, "queued"), (Step::Updated, "a change of the game"), (Step::Completed, "completed")]
        {
            let times = count(step, *id);
            if times != 1 {
                wrong.push(format!("{} was accepted, and observed {what} {times} times", name(*id)));
            }
        }
    }
    let accepted: HashSet<&u128> = log.accepted.iter().collect();
    let strangers = log.observed.iter().filter(|(step, id)| *step == Step::Completed && !accepted.contains(id));
    wrong.extend(strangers.map(|(_, id)| format!("{} was completed, and never accepted", name(*id))));
    wrong.extend(order(log));
    wrong
}

/// Whether requests ran one after the other, and ended as they had been queued.
fn order(log: &GameLog) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut running = None;
    for (step, id) in &log.observed {
        match (step, running) {
            (Step::Processing, Some(other)) if other != *id => {
                wrong.push(format!("{} ran at the same time as {}", name(*id), name(other)));
            }
            (Step::Processing, _) => running = Some(*id),
            (Step::Completed | Step::Ended, _) => running = None,
            _ => {}
        }
    }
    let of = |wanted: Step| log.observed.iter().filter(move |(step, _)| *step == wanted).map(|(_, id)| *id);
    let overtaken = of(Step::Queued).zip(of(Step::Completed)).find(|(queued, completed)| queued != completed);
    if let Some((queued, completed)) = overtaken {
        wrong.push(format!("{} was completed where it was the turn of {}", name(completed), name(queued)));
    }
    wrong
}

fn name(id: u128) -> String {
    uuid::Uuid::from_u128(id).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A game in which requests are queued at once, and then processed and completed in an order of their own.
    fn game(accepted: &[u128], order: &[u128]) -> GameLog {
        let mut log = GameLog { accepted: accepted.to_vec(), ..GameLog::default() };
        log.observed.extend(accepted.iter().map(|id| (Step::Queued, *id)));
        for id in order {
            log.observed.extend([(Step::Processing, *id), (Step::Updated, *id), (Step::Completed, *id)]);
        }
        log
    }

    fn only(log: &GameLog) -> String {
        let wrong = check(log);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        wrong[0].clone()
    }

    #[test]
    fn a_game_that_is_as_it_should_be_has_no_finding() {
        assert_eq!(check(&game(&[1, 2, 3], &[1, 2, 3])), Vec::<String>::new());
    }

    #[test]
    fn a_turn_that_is_missing_or_comes_twice_is_found() {
        let lost = check(&game(&[1, 2], &[1]));
        assert!(lost.iter().any(|wrong| wrong.contains("observed completed 0 times")), "{lost:?}");
        let twice = check(&game(&[1, 2], &[1, 2, 2]));
        assert!(twice.iter().any(|wrong| wrong.contains("observed completed 2 times")), "{twice:?}");
        assert!(twice.iter().any(|wrong| wrong.contains("a change of the game 2 times")), "{twice:?}");
    }

    #[test]
    fn a_turn_that_overtakes_another_is_found() {
        assert!(only(&game(&[1, 2, 3], &[1, 3, 2])).contains("where it was the turn of"));
    }

    #[test]
    fn a_turn_that_runs_beside_another_is_found() {
        let mut log = game(&[1, 2], &[1, 2]);
        // The second begins before the first has ended.
        log.observed.swap(4, 5);
        assert!(only(&log).contains("ran at the same time as"));
    }

    #[test]
    fn a_turn_that_nobody_has_sent_is_found() {
        let mut log = game(&[1, 2], &[1, 2]);
        log.accepted.pop();
        assert!(only(&log).contains("never accepted"));
    }

    #[test]
    fn a_gap_between_events_is_found() {
        let mut log = GameLog::default();
        for offset in [4, 5, 7, 8] {
            log.follow(offset, 1);
        }
        assert!(only(&log).contains("1 gaps"));
        // An event that joins three has the ids 9 to 11.
        log.follow(11, 3);
        assert!(only(&log).contains("1 gaps"));
    }
}
