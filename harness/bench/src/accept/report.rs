//! What came of it, as a table for people and as JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::Options;
use crate::table::{Table, ms};
use crate::{Lag, Machine, Summary};

/// Ninety-nine in a hundred messages are to be accepted within this, at [`RATE`] a second.
const BUDGET_MS: f64 = 5.0;
const RATE: f64 = 1000.0;

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Where the engine kept its games.
    pub store: String,
    /// Why nothing was worked off.
    pub idle_because: String,
    /// What was asked for.
    pub options: Options,
    /// Without keys, and with them.
    pub outcomes: Vec<Outcome>,
}

/// One pass.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Whether each message had an `Idempotency-Key`.
    pub with_key: bool,
    /// Messages that were accepted, those before the count included.
    pub accepted: u64,
    /// Messages that were not.
    pub refused: u64,
    /// From the moment at which a message was due to its answer.
    pub planned: Summary,
    /// From the moment at which it was sent.
    pub sent: Summary,
    /// How well the harness kept the moments.
    pub lag: Lag,
    /// Processor time, in milliseconds for each message, by the process's name.
    pub cpu_ms: BTreeMap<String, f64>,
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Report {
    /// Whether every message was accepted, and is in the queue.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.findings.is_empty())
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { rate, length, games, connections } = &self.options;
        let mut text = format!(
            "accept: open loop, {rate} POST /v1/chat a second for {} s to {games} games over {connections} connections; {}\n\
             {}; {}\n\n",
            length.as_secs_f64(),
            self.idle_because,
            self.store,
            self.machine.line()
        );
        text.push_str(&self.table().render());
        for outcome in &self.outcomes {
            let p99 = outcome.planned.p99_ms;
            let kept = if p99 <= BUDGET_MS { "kept" } else { "MISSED" };
            let at =
                if (*rate - RATE).abs() < 0.5 { String::new() } else { format!(" (but it is for {RATE} a second)") };
            let key = if outcome.with_key { "with keys" } else { "without keys" };
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "budget: p99 of at most {BUDGET_MS} ms {key}: {kept}, {}{at}", ms(p99));
        }
        for finding in self.outcomes.iter().flat_map(|outcome| &outcome.findings) {
            let _ = writeln!(text, "FOUND {finding}");
        }
        let verdict = if self.passed() {
            "every message was accepted, and is in the queue once"
        } else {
            "NOT every message was accepted and is in the queue once"
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }

    fn table(&self) -> Table {
        let name = |outcome: &Outcome| if outcome.with_key { "Idempotency-Key" } else { "no key" };
        let mut table = Table::new(self.outcomes.iter().map(name));
        let of = |value: &dyn Fn(&Outcome) -> Option<String>| -> Vec<_> { self.outcomes.iter().map(value).collect() };
        table.row("accepted", of(&|outcome| Some(outcome.accepted.to_string())));
        table.row("refused", of(&|outcome| Some(outcome.refused.to_string())));
        table.latencies("from its moment", || self.outcomes.iter().map(|outcome| Some(&outcome.planned)).collect());
        table.latencies("from sending", || self.outcomes.iter().map(|outcome| Some(&outcome.sent)).collect());
        table.row("harness late p50", of(&|outcome| Some(ms(outcome.lag.own.p50_ms))));
        table.row("harness late p99", of(&|outcome| Some(ms(outcome.lag.own.p99_ms))));
        table.row("no free connection", of(&|outcome| Some(outcome.lag.no_free_connection.to_string())));
        let names: BTreeSet<&String> = self.outcomes.iter().flat_map(|outcome| outcome.cpu_ms.keys()).collect();
        for name in names {
            let used = of(&|outcome| outcome.cpu_ms.get(name).map(|used| format!("{} each", ms(*used))));
            table.row(format!("processor, {name}"), used);
        }
        table
    }
}
