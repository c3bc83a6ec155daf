//! What a person sees: one line a case, live progress on a terminal, failures in full, the count last.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{CaseOutcome, CaseReport, RunEvent, RunEventKind, Summary};

/// Cases that take longer are marked.
const SLOW: Duration = Duration::from_secs(5);

/// Writes a run to a terminal or a pipe.
pub struct Terminal<W> {
    out: W,
    colour: bool,
    bar: Option<ProgressBar>,
    running: BTreeMap<String, String>,
    failed: Vec<CaseReport>,
}

impl Terminal<io::Stdout> {
    /// Writes to stdout: with colours and a live line if it is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        let tty = io::stdout().is_terminal();
        let colour = tty && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self::new(io::stdout(), colour, tty)
    }
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`.
    pub fn new(out: W, colour: bool, live: bool) -> Self {
        let bar = live.then(|| {
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::no_length().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { out, colour, bar, running: BTreeMap::new(), failed: Vec::new() }
    }

    /// Tells of an event.
    pub fn take(&mut self, event: &RunEvent) -> io::Result<()> {
        match &event.kind {
            RunEventKind::RunStarted { cases, mode, reason } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*cases as u64);
                }
                self.line(&format!("{cases} cases, services: {mode} ({reason})"))?;
            }
            RunEventKind::CaseStarted { case } => {
                self.running.insert(case.clone(), "starting".to_owned());
                self.show_running();
            }
            RunEventKind::StepStarted { case, step } => {
                self.running.insert(case.clone(), step.clone());
                self.show_running();
            }
            RunEventKind::Waiting { case, what } => {
                self.running.insert(case.clone(), what.clone());
                self.show_running();
            }
            RunEventKind::CaseFinished(report) => self.case(report)?,
            RunEventKind::RunFinished(summary) => self.end(summary)?,
        }
        Ok(())
    }

    fn case(&mut self, report: &CaseReport) -> io::Result<()> {
        self.running.remove(&report.case);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        let took = format!("{:>7.3}s", report.took.as_secs_f64());
        let slow = if report.took > SLOW { " (slow)" } else { "" };
        match &report.outcome {
            CaseOutcome::Passed => {
                let word = self.paint("32", "PASS");
                self.line(&format!("{word} {took} {}{slow}", report.case))?;
            }
            CaseOutcome::Flaky(failures) => {
                let word = self.paint("33", "FLAKY");
                let tries = failures.len() + 1;
                self.line(&format!("{word} {took} {}{slow} (passed at try {tries})", report.case))?;
            }
            CaseOutcome::Skipped(reason) => {
                let word = self.paint("33", "SKIP");
                self.line(&format!("{word} {:>8} {}: {reason}", "", report.case))?;
            }
            CaseOutcome::Failed(failure) => {
                let word = self.paint("31", "FAIL");
                let text =
                    format!("{word} {took} {}{slow} ({})\n{}", report.case, report.path, indent(&failure.render()));
                self.line(&text)?;
                self.failed.push(report.clone());
            }
        }
        self.show_running();
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        // With one failure the screen shows it already.
        if self.failed.len() > 1 {
            for report in std::mem::take(&mut self.failed) {
                if let CaseOutcome::Failed(failure) = &report.outcome {
                    let word = self.paint("31", "FAIL");
                    self.line(&format!("{word} {}: {}", report.case, indent(&failure.headline()).trim()))?;
                }
            }
        }
        if summary.pending > 0 {
            self.line("snapshots wait: look at them with `cargo insta review`, or take them all with `--update`")?;
        }
        let not_run = if summary.not_run > 0 { format!(", {} not run", summary.not_run) } else { String::new() };
        let Summary { passed, failed, skipped, .. } = summary;
        self.line(&format!("{passed} passed, {failed} failed, {skipped} skipped{not_run}"))
    }

    fn show_running(&self) {
        if let Some(bar) = &self.bar {
            let running: Vec<String> = self.running.iter().map(|(case, step)| format!("{case}: {step}")).collect();
            bar.set_message(running.join(" | "));
        }
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let out = &mut self.out;
        match &self.bar {
            Some(bar) => bar.suspend(|| writeln!(out, "{text}")),
            None => writeln!(out, "{text}"),
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn indent(text: &str) -> String {
    text.lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::report::Failure;

    fn told(events: Vec<RunEventKind>, colour: bool) -> String {
        let mut out = Vec::new();
        let mut terminal = Terminal::new(&mut out, colour, false);
        for kind in events {
            terminal.take(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    fn finished(case: &str, outcome: CaseOutcome) -> RunEventKind {
        RunEventKind::CaseFinished(CaseReport {
            case: case.to_owned(),
            name: String::new(),
            path: format!("cases/{case}.json"),
            outcome,
            took: Duration::from_millis(42),
            steps: 1,
            timeline: Arc::from([]),
        })
    }

    #[test]
    fn each_case_has_its_line_and_the_count_comes_last() {
        let text = told(
            vec![
                RunEventKind::RunStarted { cases: 3, mode: "local".to_owned(), reason: "as asked for".to_owned() },
                finished("a", CaseOutcome::Passed),
                finished("b", CaseOutcome::Skipped("no docker".to_owned())),
                finished("c", CaseOutcome::Failed(Box::new(Failure::new("it broke")))),
                RunEventKind::RunFinished(Summary { passed: 1, failed: 1, skipped: 1, ..Summary::default() }),
            ],
            false,
        );
        assert_eq!(
            text,
            "3 cases, services: local (as asked for)\n\
             PASS   0.042s a\n\
             SKIP          b: no docker\n\
             FAIL   0.042s c (cases/c.json)\n    it broke\n\n\
             1 passed, 1 failed, 1 skipped\n"
        );
    }

    #[test]
    fn several_failures_are_repeated_at_the_end() {
        let failed = |what: &str| CaseOutcome::Failed(Box::new(Failure::new(what)));
        let summary = Summary { failed: 2, ..Summary::default() };
        let events =
            vec![finished("a", failed("one")), finished("b", failed("two")), RunEventKind::RunFinished(summary)];
        let text = told(events, false);
        assert!(text.ends_with("FAIL a: one\nFAIL b: two\n0 passed, 2 failed, 0 skipped\n"), "{text}");
    }

    #[test]
    fn colours_are_left_out_unless_wanted() {
        assert!(told(vec![finished("a", CaseOutcome::Passed)], true).contains("\u{1b}[32mPASS"));
        assert!(!told(vec![finished("a", CaseOutcome::Passed)], false).contains('\u{1b}'));
    }
}
