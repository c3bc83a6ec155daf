//! Why a case failed, with all that a person needs to see.

use std::fmt::Write as _;

use similar::TextDiff;

use super::Mismatch;
use super::timeline::{Entry, render};

/// Why a case failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The step, if it was in one.
    pub step: Option<Box<str>>,
    /// The line of the case file on which that step begins.
    pub line: Option<usize>,
    /// Whether the case had not begun: its world could not be made.
    pub before_it_began: bool,
    /// What happened, in one sentence.
    pub what: String,
    /// The expectations that did not hold.
    pub mismatches: Vec<Mismatch>,
    /// A snapshot that differs: its name, what was kept, what there is now.
    pub snapshots: Vec<(String, String, String)>,
    /// What else helps to understand it.
    pub evidence: Option<Box<Evidence>>,
}

/// What happened around a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Everything that happened in the case.
    pub timeline: Vec<Entry>,
    /// The last lines that each process logged.
    pub logs: Vec<(String, Vec<String>)>,
}

impl Failure {
    /// A failure that is said in one sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// The same failure with the expectations that did not hold.
    #[must_use]
    pub fn with(mut self, mismatches: Vec<Mismatch>) -> Self {
        self.mismatches = mismatches;
        self
    }

    /// The same failure with what happened around it.
    #[must_use]
    pub fn evidence(mut self, timeline: Vec<Entry>, logs: Vec<(String, Vec<String>)>) -> Self {
        self.evidence = Some(Box::new(Evidence { timeline, logs }));
        self
    }

    /// Whether nothing is wrong but that snapshots wait to be reviewed.
    #[must_use]
    pub fn only_snapshots(&self) -> bool {
        !self.snapshots.is_empty() && self.mismatches.is_empty()
    }

    /// What it comes down to, on one short line: what a case that waits is still without.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.mismatches.first() {
            Some(mismatch) => format!("{}: {}", mismatch.what, mismatch.expected),
            None => self.what.clone(),
        }
    }

    /// The first lines: step, expectation, expected and actual.
    #[must_use]
    pub fn headline(&self) -> String {
        let mut text = match &self.step {
            Some(step) => format!("step \"{step}\": {}\n", self.what),
            None => format!("{}\n", self.what),
        };
        for mismatch in &self.mismatches {
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "{}", mismatch.what);
            let _ = writeln!(text, "  expected: {}", mismatch.expected);
            let _ = writeln!(text, "  actual:   {}", mismatch.actual);
        }
        text
    }

    /// The whole failure as text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.headline();
        for (name, old, new) in &self.snapshots {
            if old.is_empty() {
                let lines = new.trim_end().lines().count();
                let _ = write!(
                    text,
                    "\nsnapshot {name}: none is kept yet. The new one has {lines} lines and waits as `.snap.new`; review it with \
                     `cargo insta review`, or keep it with `--update`\n"
                );
                continue;
            }
            let _ = write!(text, "\nsnapshot {name}:\n{}", diff(old, new));
        }
        let Some(evidence) = &self.evidence else { return text };
        if !evidence.timeline.is_empty() {
            let _ = write!(text, "\ntimeline:\n{}", render(&evidence.timeline));
        }
        for (process, lines) in evidence.logs.iter().filter(|(_, lines)| !lines.is_empty()) {
            let _ = writeln!(text, "\nlog of {process}:");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }
}

/// What is another in a snapshot than what was kept, as a unified diff.
#[must_use]
pub fn diff(kept: &str, now: &str) -> String {
    let whole = |text: &str| if text.is_empty() { String::new() } else { format!("{}\n", text.trim_end()) };
    let (kept, now) = (whole(kept), whole(now));
    let diff = TextDiff::from_lines(&kept, &now);
    diff.unified_diff().context_radius(3).header("kept", "now").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_was_never_kept_is_not_printed() {
        let lines = "line\n".repeat(370);
        let snapshots = vec![("x.events".to_owned(), String::new(), lines)];
        let text = Failure { snapshots, ..Failure::new("no snapshot is kept") }.render();
        assert!(text.contains("none is kept yet. The new one has 370 lines") && text.contains("--update"), "{text}");
        assert!(text.lines().count() < 5, "{text}");
    }

    #[test]
    fn a_failure_shows_expected_and_actual_and_the_difference() {
        let failure = Failure {
            step: Some("go north".into()),
            snapshots: vec![("x.events".to_owned(), "a\nb\n".to_owned(), "a\nc\n".to_owned())],
            ..Failure::new("did not hold in time").with(vec![Mismatch::new("expect.location", "pier", "deck")])
        };
        let logs = vec![("api".to_owned(), vec!["WARN late".to_owned()]), ("worker".to_owned(), vec![])];
        let failure = failure.evidence(Vec::new(), logs);
        let text = failure.render();
        for part in
            ["step \"go north\": did not", "expected: pier", "actual:   deck", "-b\n+c", "log of api:\n  WARN late"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("log of worker"));
    }
}
