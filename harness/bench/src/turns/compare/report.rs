//! What came of it, side by side: medians of the runs, and the median of the ratios of each pair of them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{ChatPeer, Run};
use crate::Machine;
use crate::table::{Table, ms};
use crate::turns::Options;

/// Both sides.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Where it was.
    pub machine: Machine,
    /// What was asked for.
    pub options: Options,
    /// The peer.
    pub peer: ChatPeer,
    /// What was compared.
    pub rows: Vec<Row>,
    /// The engine's runs.
    pub ours: Vec<Run>,
    /// The peer's, each after the engine's of the same number.
    pub theirs: Vec<Run>,
}

/// One thing that was measured of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What.
    pub what: String,
    /// In what it is counted.
    pub unit: Unit,
    /// The median of the engine's runs.
    pub ours: f64,
    /// The median of the peer's.
    pub theirs: f64,
    /// The engine by the peer, the median of the pairs of runs.
    pub ratio: f64,
    /// The least and the greatest of these.
    pub from_to: (f64, f64),
    /// Whether more is better.
    pub more_is_better: bool,
}

/// In what something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.1}"),
            Self::Milliseconds => ms(value),
            Self::Bytes => format!("{:.0} MB", value / 1e6),
        }
    }
}

impl Row {
    /// Compares what is measured of each run; `None` if nothing was.
    fn new(what: &str, unit: Unit, ours: &[Run], theirs: &[Run], of: impl Fn(&Run) -> f64) -> Option<Self> {
        let (ours, theirs): (Vec<f64>, Vec<f64>) = (ours.iter().map(&of).collect(), theirs.iter().map(&of).collect());
        if ours.iter().chain(&theirs).all(|value| *value <= 0.0) {
            return None;
        }
        let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        let from_to =
            ratios.iter().fold((f64::INFINITY, 0.0_f64), |(from, to), ratio| (from.min(*ratio), to.max(*ratio)));
        Some(Self {
            what: what.to_owned(),
            unit,
            ours: median(ours)?,
            theirs: median(theirs)?,
            ratio: median(ratios)?,
            from_to,
            more_is_better: unit == Unit::PerSecond,
        })
    }

    /// Whether the peer is better at it.
    #[must_use]
    pub(crate) fn peer_is_better(&self) -> bool {
        if self.more_is_better { self.ratio < 1.0 } else { self.ratio > 1.0 }
    }
}

/// The one in the middle; of an even number the mean of both.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*below, *above))
}

impl Comparison {
    pub(super) fn new(machine: Machine, options: Options, peer: ChatPeer, ours: Vec<Run>, theirs: Vec<Run>) -> Self {
        // What the model takes to its first word is no work of either.
        let waits = options.pace.map_or(0.0, |pace| pace.first_token.as_secs_f64() * 1000.0);
        let row = |what: &str, unit, of: &dyn Fn(&Run) -> f64| Row::new(what, unit, &ours, &theirs, of);
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
        let rows = [
            row("turns per second", Unit::PerSecond, &|run| run.outcome.per_second),
            row("processor time of a turn", Unit::Milliseconds, &|run| run.server_cpu_ms),
            row("to its first words p50", Unit::Milliseconds, &|run| (run.outcome.first.p50_ms - waits).max(0.0)),
            row("to its first words p99", Unit::Milliseconds, &|run| (run.outcome.first.p99_ms - waits).max(0.0)),
            row("to its end p50", Unit::Milliseconds, &|run| run.outcome.turn.p50_ms),
            row("to its end p99", Unit::Milliseconds, &|run| run.outcome.turn.p99_ms),
            row("to its acceptance p50", Unit::Milliseconds, &|run| run.outcome.accept.p50_ms),
            row("to its acceptance p99", Unit::Milliseconds, &|run| run.outcome.accept.p99_ms),
            row("memory at the end", Unit::Bytes, &|run| run.memory as f64),
        ];
        let rows = rows.into_iter().flatten().collect();
        Self { machine, options, peer, rows, ours, theirs }
    }

    /// Whether every turn of the engine was completed once, and in order. What is wrong with the peer is shown, and no fault of ours.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.ours.iter().all(|run| run.findings.is_empty())
    }

    /// The table; its last lines are the verdict on each side.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { games, workers, slots, at_a_time, rate, pace, length, .. } = &self.options;
        let (name, runs, seconds) = (self.peer.name(), self.ours.len(), length.as_secs_f64());
        let load = match rate {
            Some(rate) => format!("open loop, {rate} a second for {seconds} s"),
            None => format!("closed loop, {at_a_time} at a time for {seconds} s"),
        };
        let model = pace.map_or_else(|| "answers at once".to_owned(), |pace| format!("streams {}", pace.described()));
        let mut text = format!(
            "turns of story-engine and {name}, {runs} runs of each in turns: {games} conversations, {workers} workers of {slots} slots, \
             a model that {model}; {load}\n{}\n\n",
            self.machine.line()
        );
        let mut table = Table::new(["story-engine", name, "ratio", "of the runs", ""]);
        for row in &self.rows {
            let Row { what, unit, ours, theirs, ratio, from_to: (from, to), .. } = row;
            let better = if row.peer_is_better() { format!("{name} is better") } else { String::new() };
            let cells = [
                unit.text(*ours),
                unit.text(*theirs),
                number(*ratio),
                format!("{}–{}", number(*from), number(*to)),
                better,
            ];
            table.row(what, cells.map(Some));
        }
        text.push_str(&table.render());
        text.push_str("\nRatios are story-engine's numbers by the peer's. Processor time and memory are those of the programs with their stores");
        text.push_str(if pace.is_some() {
            "; to its first words is without what the model takes.\n\n"
        } else {
            ".\n\n"
        });
        for (name, runs) in [("story-engine", &self.ours), (name, &self.theirs)] {
            // Writing to a String cannot fail, here and below.
            for (number, run) in runs.iter().enumerate() {
                for finding in &run.findings {
                    let _ = writeln!(text, "FOUND {name}, run {}: {finding}", number + 1);
                }
            }
            let failed = runs.iter().filter(|run| !run.findings.is_empty()).count();
            let _ = if failed == 0 {
                writeln!(
                    text,
                    "{name}: every turn that was accepted was done once, and in order within its conversation"
                )
            } else {
                writeln!(text, "{name}: NOT every turn was done once and in order, in {failed} of {} runs", runs.len())
            };
        }
        text
    }
}

/// A ratio with the digits that mean something.
fn number(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Latency;
    use crate::turns::{Against, Outcome};

    fn run(per_second: f64, cpu_ms: f64) -> Run {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(20));
        let outcome = Outcome {
            name: "one".to_owned(),
            accepted: 100,
            lost: 0,
            surplus: 0,
            refused: 0,
            first_refusal: None,
            per_second,
            turn: latency.summary(),
            first: latency.summary(),
            accept: latency.summary(),
            lag: None,
            cpu_ms: [].into(),
        };
        Run { outcome, server_cpu_ms: cpu_ms, memory: 20_000_000, findings: Vec::new() }
    }

    fn comparison(ours: Vec<Run>, theirs: Vec<Run>) -> Comparison {
        let options = Options {
            games: 10,
            workers: 2,
            slots: 5,
            at_a_time: 32,
            rate: None,
            pace: None,
            length: Duration::from_secs(5),
            against: Some(Against::Chat(ChatPeer::Saq)),
            peer: None,
            repeats: ours.len(),
        };
        Comparison::new(Machine::here(), options, ChatPeer::Saq, ours, theirs)
    }

    #[test]
    fn the_median_is_that_of_the_ratios_of_each_pair_of_runs() {
        let ours = vec![run(100.0, 1.0), run(50.0, 1.0), run(90.0, 1.0)];
        let theirs = vec![run(50.0, 4.0), run(10.0, 4.0), run(30.0, 0.5)];
        let comparison = comparison(ours, theirs);
        let row = &comparison.rows[0];
        assert_eq!((row.ours, row.theirs, row.ratio, row.from_to), (90.0, 30.0, 3.0, (2.0, 5.0)));
        let text = comparison.render();
        let line = text.lines().find(|line| line.starts_with("turns per second")).unwrap();
        assert_eq!(line.split_whitespace().skip(3).collect::<Vec<_>>(), ["90.0", "30.0", "3.00", "2.00–5.00"]);
    }

    #[test]
    fn the_rows_in_which_the_peer_is_better_say_so() {
        let text = comparison(vec![run(10.0, 1.0)], vec![run(20.0, 2.0)]).render();
        let better: Vec<&str> = text.lines().filter(|line| line.ends_with("saq is better")).collect();
        assert_eq!(better.len(), 1, "{text}");
        assert!(better[0].starts_with("turns per second"), "{text}");
    }

    #[test]
    fn what_a_side_did_wrong_is_shown_as_that_sides() {
        let mut wrong = run(20.0, 2.0);
        wrong.findings.push("conversation 3: 1 turns were accepted and not done".to_owned());
        let theirs = comparison(vec![run(10.0, 1.0); 2], vec![run(20.0, 2.0), wrong.clone()]);
        let text = theirs.render();
        assert!(theirs.passed() && text.contains("FOUND saq, run 2: conversation 3"), "{text}");
        assert!(text.ends_with("saq: NOT every turn was done once and in order, in 1 of 2 runs\n"), "{text}");
        assert!(!comparison(vec![wrong], vec![run(1.0, 1.0)]).passed());
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(
            [median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0, 2.0, 3.0]), median(vec![])],
            [Some(2.0), Some(2.5), None]
        );
    }
}
