//! What came of it, as a table for people and as JSON for programs.

use serde::Serialize;

use super::{Look, Options};
use crate::table::Table;
use crate::{Latency, Machine, Summary};

/// How many lines the course of the day has.
const LINES: usize = 12;

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Where the engine kept its games.
    pub store: String,
    /// What was asked for.
    pub options: Options,
    /// Workers by the rule, and as many as it allows.
    pub fleets: [Fleet; 2],
}

/// What one way to run workers has brought.
#[derive(Debug, Clone, Serialize)]
pub struct Fleet {
    /// From the moment at which a message was due to the first words of its turn.
    pub to_first_words: Summary,
    /// From the moment at which a message was due to its end.
    pub to_end: Summary,
    /// Workers, times the seconds for which each ran.
    pub worker_seconds: f64,
    /// The longest that the oldest request had waited when the queue was looked at, in milliseconds.
    pub oldest_ms: u64,
    /// The most workers there were.
    pub most_workers: usize,
    /// The course of the day.
    pub looks: Vec<Look>,
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Fleet {
    pub(super) fn new(looks: Vec<Look>, to_first_words: &Latency, to_end: &Latency, findings: Vec<String>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a number of workers")]
        let worker_seconds = looks.windows(2).map(|pair| pair[0].workers as f64 * (pair[1].at - pair[0].at)).sum();
        Self {
            to_first_words: to_first_words.summary(),
            to_end: to_end.summary(),
            worker_seconds,
            oldest_ms: looks.iter().map(|look| look.oldest_ms).max().unwrap_or_default(),
            most_workers: looks.iter().map(|look| look.workers).max().unwrap_or_default(),
            looks,
            findings,
        }
    }
}

impl Report {
    /// Whether every message was played to its end.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.fleets.iter().all(|fleet| fleet.findings.is_empty())
    }

    /// The tables; the last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { curve, rule, games, slots, pace } = &self.options;
        let mut text = format!(
            "scale: {} to {} messages a second over {} s, {games} games; {} to {} workers of {slots} slots, one for each {} requests, \
             fewer after {} s, one in {} s\nthe model writes {}\n{}; {}\n\n",
            curve.least,
            curve.most,
            curve.length.as_secs_f64(),
            rule.min,
            rule.max,
            rule.per_worker,
            rule.window.as_secs_f64(),
            rule.step.as_secs_f64(),
            pace.described(),
            self.store,
            self.machine.line()
        );
        text.push_str(&self.course());
        text.push('\n');
        text.push_str(&self.compared());
        let findings: Vec<&String> = self.fleets.iter().flat_map(|fleet| &fleet.findings).collect();
        text.push('\n');
        match findings.as_slice() {
            [] => text.push_str("every message that was accepted was played to its end\n"),
            findings => findings.iter().for_each(|finding| {
                text.push_str(finding);
                text.push('\n');
            }),
        }
        text
    }

    /// The course of the day with workers by the rule.
    fn course(&self) -> String {
        let looks = &self.fleets[0].looks;
        let mut table = Table::new(["messages/s", "waiting and running", "oldest", "workers"]);
        for look in looks.iter().step_by(looks.len().div_ceil(LINES).max(1)) {
            let cells = [
                format!("{:.1}", look.rate),
                look.work.to_string(),
                format!("{} ms", look.oldest_ms),
                look.workers.to_string(),
            ];
            table.row(format!("{:.0} s", look.at), cells.map(Some));
        }
        table.render()
    }

    fn compared(&self) -> String {
        let of = |value: &dyn Fn(&Fleet) -> String| self.fleets.each_ref().map(|fleet| Some(value(fleet)));
        let mut table = Table::new(["by the rule", "always the most"]);
        table.row("messages played", of(&|fleet| fleet.to_end.count.to_string()));
        table.latencies("to its first words", || self.fleets.iter().map(|fleet| Some(&fleet.to_first_words)).collect());
        table.latencies("to its end", || self.fleets.iter().map(|fleet| Some(&fleet.to_end)).collect());
        table.row("the oldest waited", of(&|fleet| format!("{} ms", fleet.oldest_ms)));
        table.row("most workers", of(&|fleet| fleet.most_workers.to_string()));
        table.row("seconds of workers", of(&|fleet| format!("{:.0}", fleet.worker_seconds)));
        table.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_costs_what_its_workers_ran() {
        let look = |at, workers| Look { at, rate: 1.0, work: 0, oldest_ms: 7 * workers as u64, workers };
        let looks = vec![look(0.0, 1), look(2.0, 3), look(4.0, 2), look(5.0, 0)];
        let fleet = Fleet::new(looks, &Latency::default(), &Latency::default(), Vec::new());
        assert!((fleet.worker_seconds - 10.0).abs() < 1e-9, "{}", fleet.worker_seconds);
        assert_eq!((fleet.oldest_ms, fleet.most_workers), (21, 3));
    }
}
