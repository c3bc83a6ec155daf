//! What came of it, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Options;
use super::load::Load;
use crate::table::{Table, ms};
use crate::{Lag, Machine, Summary};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Where the engine kept its games.
    pub store: String,
    /// What was asked for.
    pub options: Options,
    /// The engine's, and the peer's after it.
    pub outcomes: Vec<Outcome>,
    /// Jobs per second of the peer when they are pushed without HTTP.
    pub peer_in_process_per_second: Option<f64>,
    /// The engine's turns for one of the peer's jobs, in the same time.
    pub ratios: Ratios,
    /// What is wrong with the engine: nothing, if it is worth its numbers.
    pub findings: Vec<String>,
}

/// The engine's turns per second by the peer's jobs per second; none without a peer, or in an open loop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Ratios {
    /// Both over HTTP.
    pub over_http: Option<f64>,
    /// The peer without HTTP.
    pub in_process: Option<f64>,
}

/// What one of them did.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which one.
    pub name: String,
    /// Messages that were accepted, in all.
    pub accepted: u64,
    /// Messages that were accepted and did not end.
    pub lost: u64,
    /// Ends of what was not accepted, or had ended before.
    pub surplus: u64,
    /// Messages that were not accepted.
    pub refused: u64,
    /// What was answered to the first of those.
    pub first_refusal: Option<String>,
    /// Ends per second.
    pub per_second: f64,
    /// From the moment at which a message was sent (closed loop) or due (open loop) to its end, as a subscriber sees it.
    pub turn: Summary,
    /// From the same moment to the first piece of its narration.
    pub first: Summary,
    /// From the same moment to the answer that it is accepted.
    pub accept: Summary,
    /// How well the moments of an open loop were kept.
    pub lag: Option<Lag>,
    /// Processor time, in milliseconds for each message that ended, by the process's name.
    pub cpu_ms: BTreeMap<String, f64>,
}

impl Outcome {
    pub(super) fn new(name: String, load: Load, options: &Options) -> Self {
        let tally = load.board.tally();
        #[expect(clippy::cast_precision_loss, reason = "counts of messages are far below 2^53")]
        let done = tally.done_in_window as f64;
        Self {
            name,
            accepted: tally.accepted,
            lost: tally.lost,
            surplus: tally.surplus,
            refused: tally.refused,
            first_refusal: tally.first_refusal,
            per_second: done / options.length.as_secs_f64(),
            turn: tally.turn,
            first: tally.first,
            accept: tally.accept,
            lag: load.lag,
            cpu_ms: load.cpu.into_iter().map(|(name, seconds)| (name, seconds * 1000.0 / done.max(1.0))).collect(),
        }
    }

    /// What is wrong with it.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if self.lost > 0 {
            findings.push(format!("{} that were accepted did not end in time", self.lost));
        }
        if self.surplus > 0 {
            findings.push(format!("{} had events that were not accepted, or had ended before", self.surplus));
        }
        if let Some(answer) = &self.first_refusal {
            findings.push(format!("{} were not accepted; the first: {answer}", self.refused));
        }
        findings
    }
}

impl Report {
    /// Whether every turn was completed once, and in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { games, workers, slots, at_a_time, rate, pace, length, .. } = &self.options;
        let seconds = length.as_secs_f64();
        let load = match rate {
            Some(rate) => format!("open loop, {rate} a second for {seconds} s, each counted from its planned moment"),
            None => format!("closed loop, {at_a_time} at a time for {seconds} s"),
        };
        let mut text = format!(
            "turns: {games} games, {workers} workers of {slots} slots, a model that {}; {load}\n\
             {}; {}\n\n",
            pace.map_or_else(|| "answers at once".to_owned(), |pace| format!("streams {}", pace.described())),
            self.store,
            self.machine.line()
        );
        text.push_str(&self.table().render());
        if self.outcomes.len() > 1 {
            text.push_str("\nA job does nothing: it has no model, no state, no order and no events but its end.\n");
        }
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        if self.ratios.over_http.is_some() {
            let Ratios { over_http, in_process } = self.ratios;
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(
                text,
                "turns / jobs: {} with both over HTTP, {} with jobs pushed in-process",
                ratio(over_http),
                ratio(in_process)
            );
        }
        for outcome in self.outcomes.iter().skip(1) {
            for finding in outcome.findings() {
                let _ = writeln!(text, "{}: {finding}", outcome.name);
            }
        }
        for finding in &self.findings {
            let _ = writeln!(text, "FOUND {finding}");
        }
        let verdict = if self.passed() {
            "every turn that was accepted was completed once, and in order within its game"
        } else {
            "NOT every turn was completed once and in order"
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }

    fn table(&self) -> Table {
        let in_process = self.peer_in_process_per_second;
        let extra = in_process.map(|_| "  pushed in-process".to_owned());
        let mut table = Table::new(self.outcomes.iter().map(|outcome| outcome.name.clone()).chain(extra));
        let of = |value: &dyn Fn(&Outcome) -> Option<String>| -> Vec<Option<String>> {
            self.outcomes.iter().map(value).chain(in_process.map(|_| None)).collect()
        };
        let mut rates = of(&|outcome| Some(format!("{:.0}", outcome.per_second)));
        if let (Some(last), Some(per_second)) = (rates.last_mut(), in_process) {
            *last = Some(format!("{per_second:.0}"));
        }
        table.row("done per second", rates);
        table.row("accepted", of(&|outcome| Some(outcome.accepted.to_string())));
        table.row("lost", of(&|outcome| Some(outcome.lost.to_string())));
        table.row("refused", of(&|outcome| Some(outcome.refused.to_string())));
        table.latencies("to its end", || self.outcomes.iter().map(|outcome| Some(&outcome.turn)).collect());
        table.latencies("to its first words", || self.outcomes.iter().map(|outcome| Some(&outcome.first)).collect());
        table.latencies("to its 200", || self.outcomes.iter().map(|outcome| Some(&outcome.accept)).collect());
        if self.options.rate.is_some() {
            let lag = |of: &dyn Fn(&Lag) -> String| -> Vec<_> {
                self.outcomes.iter().map(|outcome| outcome.lag.as_ref().map(of)).collect()
            };
            table.row("harness late p99", lag(&|lag| ms(lag.own.p99_ms)));
            table.row("no free connection", lag(&|lag| lag.no_free_connection.to_string()));
        }
        let names: std::collections::BTreeSet<&String> = self.outcomes.iter().flat_map(|o| o.cpu_ms.keys()).collect();
        for name in names {
            table.row(
                format!("processor, {name}"),
                of(&|outcome| outcome.cpu_ms.get(name).map(|used| format!("{} each", ms(*used)))),
            );
        }
        table
    }
}

/// How many turns there are for a job.
pub(super) fn ratios(outcomes: &[Outcome], in_process: Option<f64>) -> Ratios {
    let [ours, peer] = outcomes else { return Ratios::default() };
    let by = |jobs: f64| (jobs > 0.0).then(|| ours.per_second / jobs);
    Ratios { over_http: by(peer.per_second), in_process: in_process.and_then(by) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Latency;
    use crate::turns::Against;

    fn outcome(name: &str, per_second: f64) -> Outcome {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(20));
        Outcome {
            name: name.to_owned(),
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
            cpu_ms: [("engine".to_owned(), 1.5)].into(),
        }
    }

    fn report(outcomes: Vec<Outcome>, in_process: Option<f64>) -> Report {
        let options = Options {
            games: 10,
            workers: 2,
            slots: 5,
            at_a_time: 32,
            rate: None,
            pace: None,
            length: Duration::from_secs(5),
            against: Some(Against::Apalis),
            peer: None,
            repeats: 1,
        };
        Report {
            machine: Machine::here(),
            store: "a store".to_owned(),
            options,
            ratios: ratios(&outcomes, in_process),
            outcomes,
            peer_in_process_per_second: in_process,
            findings: Vec::new(),
        }
    }

    #[test]
    fn turns_are_reported_as_a_part_of_the_peers_jobs() {
        let report = report(vec![outcome("ours", 250.0), outcome("peer", 1000.0)], Some(2000.0));
        assert_eq!(report.ratios, Ratios { over_http: Some(0.25), in_process: Some(0.125) });
        let text = report.render();
        assert!(text.contains("turns / jobs: 0.250 with both over HTTP, 0.125 with jobs pushed in-process"), "{text}");
        let rates = text.lines().find(|line| line.starts_with("done per second")).unwrap();
        assert_eq!(rates.split_whitespace().skip(3).collect::<Vec<_>>(), ["250", "1000", "2000"]);
    }

    #[test]
    fn without_a_peer_there_is_no_ratio() {
        let report = report(vec![outcome("ours", 250.0)], None);
        assert_eq!(report.ratios, Ratios::default());
        assert!(!report.render().contains("turns / jobs"));
    }

    #[test]
    fn what_is_lost_of_ours_is_a_finding_and_of_the_peers_a_remark() {
        let mut peer = outcome("peer", 1000.0);
        peer.lost = 3;
        let mut report = report(vec![outcome("ours", 250.0), peer], None);
        assert!(report.passed() && report.render().contains("peer: 3 that were accepted did not end in time"));
        report.findings.push("game 1: …".to_owned());
        assert!(!report.passed() && report.render().contains("FOUND game 1"));
    }
}
