//! What came of it, as a table for people and as JSON for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Kind, Options, Sizes};
use crate::Machine;
use crate::table::Table;

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Where the engine kept its games.
    pub store: String,
    /// What was asked for.
    pub options: Options,
    /// What was stored of nothing, of the games, of the games with their turns, and perhaps of the same once their events had gone.
    pub stored: Vec<Sizes>,
    /// The size of a game without turns, in bytes.
    pub unplayed_game: f64,
    /// What a turn takes, in bytes, without what expires.
    pub turn: f64,
    /// What a turn takes besides, until its request expires.
    pub turn_expiring: f64,
    /// What is left of a turn once the events of its game have gone, where that was measured.
    pub turn_at_rest: Option<f64>,
    /// What a turn says, in bytes.
    pub text: usize,
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        store: String,
        options: &Options,
        stored: Vec<Sizes>,
        findings: Vec<String>,
    ) -> Self {
        let total = |sizes: &Sizes, of: fn(&Kind) -> u64| sizes.values().map(of).sum::<u64>();
        let of = |at: usize| stored.get(at).cloned().unwrap_or_default();
        let (empty, unplayed, played) = (&of(0), &of(1), &of(2));
        let (games, turns) = (count(options.games), count(options.games * options.turns));
        let kept: fn(&Kind) -> u64 = |kind| kind.bytes;
        let expiring: fn(&Kind) -> u64 = |kind| kind.expiring;
        Self {
            machine,
            store,
            unplayed_game: between(total(empty, kept), total(unplayed, kept)) / games,
            turn: between(total(unplayed, kept), total(played, kept)) / turns,
            turn_expiring: between(total(unplayed, expiring), total(played, expiring)) / turns,
            turn_at_rest: stored.get(3).map(|rested| between(total(unplayed, kept), total(rested, kept)) / turns),
            text: options.text(),
            options: options.clone(),
            stored,
            findings,
        }
    }

    /// Whether every turn was played.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { games, turns, pace, .. } = &self.options;
        let mut text = format!(
            "storage: {games} games of {turns} turns, {} words each; a turn says {} bytes\n{}; {}\n\n",
            pace.words,
            self.text,
            self.store,
            self.machine.line()
        );
        let mut table = Table::new(["an unplayed game", "a turn", "a turn, expiring", "a turn at rest"]);
        let bytes = |bytes: f64| Some(format!("{bytes:.0} B"));
        for name in self.stored.iter().flat_map(|sizes| sizes.keys()).collect::<BTreeSet<_>>() {
            let of = |at: usize| self.stored.get(at).and_then(|sizes| sizes.get(name)).copied().unwrap_or_default();
            let (empty, unplayed, played) = (of(0), of(1), of(2));
            let (of_games, of_turns) = (count(*games), count(games * turns));
            table.row(
                name.clone(),
                [
                    bytes(between(empty.bytes, unplayed.bytes) / of_games),
                    bytes(between(unplayed.bytes, played.bytes) / of_turns),
                    bytes(between(unplayed.expiring, played.expiring) / of_turns),
                    self.stored.get(3).and_then(|_| bytes(between(unplayed.bytes, of(3).bytes) / of_turns)),
                ],
            );
        }
        let at_rest = self.turn_at_rest.and_then(bytes);
        table.row("all", [bytes(self.unplayed_game), bytes(self.turn), bytes(self.turn_expiring), at_rest]);
        text.push_str(&table.render());
        for finding in &self.findings {
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "FOUND {finding}");
        }
        let verdict = if self.passed() { "every turn was played" } else { "NOT every turn was played" };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of games and turns are far below 2^53")]
const fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a store are far below 2^53")]
const fn between(before: u64, after: u64) -> f64 {
    after as f64 - before as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::narration_pace::Pace;

    #[test]
    fn what_a_store_has_grown_by_is_shared_out() {
        let pace = Pace { words: 10, first_token: Duration::ZERO, between: Duration::ZERO };
        let options = Options { games: 10, turns: 5, pace, rest: true };
        let sizes = |bytes: u64, expiring: u64| Sizes::from([("gamestate".to_owned(), Kind { bytes, expiring })]);
        let stored = vec![sizes(100, 0), sizes(20_100, 0), sizes(120_100, 5_000), sizes(70_100, 0)];
        let report = Report::new(Machine::here(), "a store".to_owned(), &options, stored, Vec::new());
        assert_eq!((report.unplayed_game, report.turn, report.turn_expiring), (2000.0, 2000.0, 100.0));
        assert_eq!(report.turn_at_rest, Some(1000.0));
        let text = report.render();
        assert!(text.contains("gamestate") && text.ends_with("every turn was played\n"), "{text}");
    }
}
