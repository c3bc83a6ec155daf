//! What came of it, as a table for people and as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::Options;
use crate::table::{Table, ms};
use crate::{Latency, Machine};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// How the services of the cases were provided.
    pub mode: String,
    /// What was asked for.
    pub options: Options,
    /// What each thing costs.
    pub costs: Vec<Cost>,
    /// What went wrong.
    pub findings: Vec<String>,
}

/// What one thing costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// What.
    pub what: String,
    /// How often it was done.
    pub count: u64,
    /// Half of the times were not longer, in milliseconds; `None` if it cannot be done here.
    pub p50_ms: Option<f64>,
    /// Ninety-nine in a hundred were not.
    pub p99_ms: Option<f64>,
    /// What `p50_ms` is to be at most.
    pub goal_ms: Option<f64>,
    /// What else there is to say.
    pub note: String,
}

impl Cost {
    /// A thing that was done and timed.
    pub(super) fn of(what: impl Into<String>, latency: &Latency, goal_ms: Option<f64>) -> Self {
        let summary = latency.summary();
        let at = |time: f64| (summary.count > 0).then_some(time);
        Self {
            what: what.into(),
            count: summary.count,
            p50_ms: at(summary.p50_ms),
            p99_ms: at(summary.p99_ms),
            goal_ms,
            note: String::new(),
        }
    }

    /// A thing that cannot be done here.
    pub(super) fn without(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what: what.into(), count: 0, p50_ms: None, p99_ms: None, goal_ms: None, note: reason.into() }
    }

    /// The same with a remark.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the goal is reached; `None` if there is none, or nothing was measured.
    #[must_use]
    pub fn reached(&self) -> Option<bool> {
        Some(self.p50_ms? <= self.goal_ms?)
    }
}

impl Report {
    /// Whether everything went well that was timed; a goal that is missed is no failure.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("self: what the harness costs; cases on {}\n{}\n\n", self.mode, self.machine.line());
        let mut table = Table::new(["count", "p50", "p99", "goal", ""]);
        for cost in &self.costs {
            let verdict = match cost.reached() {
                Some(true) => "reached",
                Some(false) => "MISSED",
                None => "",
            };
            let goal = cost.goal_ms.map(|goal| format!("{} {verdict}", ms(goal)));
            let cells = [Some(cost.count.to_string()), cost.p50_ms.map(ms), cost.p99_ms.map(ms), goal];
            table.row(&cost.what, cells.into_iter().chain([Some(cost.note.clone())]));
        }
        text.push_str(&table.render());
        for finding in &self.findings {
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "FOUND {finding}");
        }
        let missed = self.costs.iter().filter(|cost| cost.reached() == Some(false)).count();
        let goals = self.costs.iter().filter(|cost| cost.reached().is_some()).count();
        let well = if self.passed() { "everything went well" } else { "NOT everything went well" };
        let _ = writeln!(text, "\n{well}; {} of {goals} goals are reached", goals - missed);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_goal_is_reached_missed_or_not_there() {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(20));
        let cost = |goal| Cost::of("a step", &latency, goal).reached();
        assert_eq!([cost(Some(25.0)), cost(Some(10.0)), cost(None)], [Some(true), Some(false), None]);
        assert_eq!(Cost::of("never", &Latency::default(), Some(1.0)).reached(), None);
    }

    #[test]
    fn what_was_missed_is_counted_in_the_last_line() {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(20));
        let options = Options { starts: 1, cases: 1, steps: 1, files: 1, suite: None };
        let costs = vec![
            Cost::of("a", &latency, Some(25.0)),
            Cost::of("b", &latency, Some(10.0)),
            Cost::without("c", "no redis-server"),
        ];
        let report =
            Report { machine: Machine::here(), mode: "local".to_owned(), options, costs, findings: Vec::new() };
        let text = report.render();
        assert!(text.ends_with("everything went well; 1 of 2 goals are reached\n"), "{text}");
        assert!(text.lines().any(|line| line.starts_with('b') && line.contains("MISSED")), "{text}");
        assert!(text.lines().any(|line| line.starts_with('c') && line.ends_with("no redis-server")), "{text}");
    }
}
