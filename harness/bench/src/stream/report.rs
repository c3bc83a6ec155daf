//! What came of it, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::Options;
use super::added::Sums;
use crate::narration_pace::Pace;
use crate::table::{PARTS, Table, ms, parts};
use crate::{Machine, Summary};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Where the engine kept its games.
    pub store: String,
    /// What was asked for.
    pub options: Options,
    /// How many turns were narrated as they should be.
    pub turns: u64,
    /// Words in a chunk, on average.
    pub words_per_chunk: f64,
    /// From the message to the model's call.
    pub to_model: Summary,
    /// From the message to its first chunk.
    pub first_chunk: Summary,
    /// From the moment at which the model was to send its first word to the chunk with it.
    pub first_added: Summary,
    /// The same for the newest word of each chunk: what the way takes.
    pub newest_added: Summary,
    /// The same for the oldest word of each chunk: the way, and the gathering.
    pub oldest_added: Summary,
    /// Between two chunks of a turn.
    pub gaps: Summary,
    /// How late the model itself was with its first word.
    pub model_late: Summary,
    /// Processors in use, by the process's name.
    pub processors: BTreeMap<String, f64>,
    /// Processor time of a turn in milliseconds, by the process's name.
    pub cpu_ms: BTreeMap<String, f64>,
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        store: String,
        options: &Options,
        sums: Sums,
        length: Duration,
        cpu: BTreeMap<String, f64>,
    ) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^53")]
        let (turns, chunks, words) = (sums.turns as f64, sums.chunks as f64, options.pace.words as f64);
        let words_per_chunk = turns * words / chunks.max(1.0);
        let cpu_ms = cpu.iter().map(|(name, seconds)| (name.clone(), seconds * 1000.0 / turns.max(1.0))).collect();
        Self {
            machine,
            store,
            options: options.clone(),
            turns: sums.turns,
            words_per_chunk,
            to_model: sums.to_model.summary(),
            first_chunk: sums.first_chunk.summary(),
            first_added: sums.first_added.summary(),
            newest_added: sums.newest_added.summary(),
            oldest_added: sums.oldest_added.summary(),
            gaps: sums.gaps.summary(),
            model_late: sums.model_late.summary(),
            cpu_ms,
            processors: cpu.into_iter().map(|(name, seconds)| (name, seconds / length.as_secs_f64())).collect(),
            findings: sums.findings,
        }
    }

    /// Whether every narration came whole, from one model call.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { streams, rounds, pace: Pace { words, first_token, between }, workers } = &self.options;
        let mut text = format!(
            "stream: {streams} streams at once, {rounds} turns each of {words} words, the first after {}, the others {} \
             apart; {workers} workers\n{}; {}\n\n",
            ms(first_token.as_secs_f64() * 1000.0),
            ms(between.as_secs_f64() * 1000.0),
            self.store,
            self.machine.line()
        );
        let rows = [
            ("message to model's call", &self.to_model),
            ("message to first chunk", &self.first_chunk),
            ("added to first word", &self.first_added),
            ("added to newest word", &self.newest_added),
            ("added to oldest word", &self.oldest_added),
            ("between two chunks", &self.gaps),
            ("model itself late", &self.model_late),
        ];
        let mut table = Table::new(std::iter::once("count").chain(PARTS));
        for (name, summary) in rows {
            table.row(name, std::iter::once(summary.count.to_string()).chain(parts(summary)).map(Some));
        }
        text.push_str(&table.render());
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "\n{:.1} words in a chunk on average", self.words_per_chunk);
        for (name, used) in &self.processors {
            let each = self.cpu_ms.get(name).copied().unwrap_or_default();
            let _ = writeln!(text, "processors in use by {name}: {used:.2}, {} for each turn", ms(each));
        }
        for finding in &self.findings {
            let _ = writeln!(text, "FOUND {finding}");
        }
        let verdict = if self.passed() {
            "every narration came whole, from one call of the model"
        } else {
            "NOT every narration came whole"
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}
