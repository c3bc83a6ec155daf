//! What a person sees: one line a case, live progress on a terminal, failures in full and once more at the end, the count
//! last.

mod live;
mod running;
mod style;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use harness_events::{CaseOutcome, CaseReport, Failure, RunEvent, RunEventKind, Summary};
use indicatif::ProgressDrawTarget;
use tokio::time::Instant;

use live::{LINES_MAX, Live};
use running::{Running, SLOW};
use style::{Style, Tone};

/// Where a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// stdout.
    Stdout,
    /// stderr: stdout is for programs.
    Stderr,
}

/// Writes a run to a terminal or a pipe.
pub(super) struct Terminal<W> {
    out: W,
    style: Style,
    live: Option<Live>,
    began: Instant,
    cases: usize,
    done: Summary,
    running: Vec<Running>,
    failed: Vec<CaseReport>,
    flaky: Vec<String>,
    slow: usize,
}

impl Terminal<Box<dyn Write + Send>> {
    /// With colours and live lines where the place is a terminal that can show them.
    pub(super) fn at(place: Place) -> Self {
        let (out, tty, target): (Box<dyn Write + Send>, _, _) = match place {
            Place::Stdout => (Box::new(io::stdout()), io::stdout().is_terminal(), ProgressDrawTarget::stdout()),
            Place::Stderr => (Box::new(io::stderr()), io::stderr().is_terminal(), ProgressDrawTarget::stderr()),
        };
        let tty = tty && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self::new(out, Style::detect(tty), tty.then(|| Live::new(target)))
    }

    /// Plain, into anything.
    pub(super) fn to(out: Box<dyn Write + Send>) -> Self {
        Self::new(out, Style::new(false), None)
    }
}

impl<W: Write> Terminal<W> {
    fn new(out: W, style: Style, live: Option<Live>) -> Self {
        Self {
            out,
            style,
            live,
            began: Instant::now(),
            cases: 0,
            done: Summary::default(),
            running: Vec::new(),
            failed: Vec::new(),
            flaky: Vec::new(),
            slow: 0,
        }
    }

    /// Tells of an event.
    pub(super) fn take(&mut self, event: &RunEvent) -> io::Result<()> {
        match &event.kind {
            RunEventKind::RunStarted { cases, mode, reason } => {
                (self.began, self.cases) = (Instant::now(), *cases);
                self.line(&format!("{}, services: {mode} ({reason})", self.all()))?;
            }
            RunEventKind::CaseStarted { case } => {
                self.running.retain(|running| running.case != *case);
                self.running.push(Running::new(case));
            }
            RunEventKind::StepStarted { case, step } => self.of(case, |running| running.begin_step(step)),
            RunEventKind::Waiting { case, what } => self.of(case, |running| running.wait_for(what)),
            RunEventKind::CaseFinished(report) => self.case(report)?,
            RunEventKind::RunFinished(summary) => self.end(summary)?,
        }
        self.show();
        Ok(())
    }

    /// Some time has passed: redraws, or says in a line of its own which cases are slow.
    pub(super) fn tick(&mut self) -> io::Result<()> {
        if self.live.is_some() {
            self.show();
            return Ok(());
        }
        let slow: Vec<String> = self.running.iter_mut().filter_map(|r| r.tell_slow().then(|| state(r))).collect();
        for text in slow {
            let word = self.style.paint(Tone::Odd, " SLOW");
            self.line(&format!("{word} {text}"))?;
        }
        self.out.flush()
    }

    /// Says what every case is doing.
    pub(super) fn tell_running(&mut self) -> io::Result<()> {
        let done = self.done.passed + self.done.failed + self.done.skipped;
        let took = self.began.elapsed().as_secs_f64();
        self.line(&format!("after {took:.1} s, done: {done} of {}; {}", self.all(), self.counts()))?;
        for text in self.running.iter().map(state).collect::<Vec<_>>() {
            self.line(&format!("  RUN {text}"))?;
        }
        self.out.flush()
    }

    /// The run has broken off: says what was still running, and how far it had come.
    pub(super) fn broken_off(&mut self) -> io::Result<()> {
        self.live = None;
        for text in std::mem::take(&mut self.running).iter().map(state) {
            let word = self.style.paint(Tone::Odd, " LEFT");
            self.line(&format!("{word} {text}"))?;
        }
        let summary = Summary { took: self.began.elapsed(), ..self.done };
        let done = summary.passed + summary.failed + summary.skipped;
        self.line(&format!("broken off, done: {done} of {}", self.all()))?;
        self.end(&summary)
    }

    /// All cases of the run, in words.
    fn all(&self) -> String {
        if self.cases == 1 { "1 case".to_owned() } else { format!("{} cases", self.cases) }
    }

    /// Writes a line that stays.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        let out = &mut self.out;
        match &self.live {
            Some(live) => live.aside(|| writeln!(out, "{text}").and_then(|()| out.flush())),
            None => writeln!(out, "{text}"),
        }
    }

    fn of(&mut self, case: &str, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.iter_mut().find(|running| running.case == case) {
            change(running);
        }
    }

    fn case(&mut self, report: &CaseReport) -> io::Result<()> {
        self.running.retain(|running| running.case != report.case);
        self.done.count(&report.outcome);
        let mut case = self.style.paint(Tone::Strong, &report.case);
        if report.took > SLOW {
            self.slow += 1;
            case = format!("{case} {}", self.style.paint(Tone::Odd, "(slow)"));
        }
        let took = took(report.took);
        match &report.outcome {
            CaseOutcome::Passed => {
                let word = self.style.paint(Tone::Good, " PASS");
                let note = report.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                self.line(&format!("{word} {took} {case}{note}"))
            }
            CaseOutcome::Flaky(failures) => {
                self.flaky.push(report.case.clone());
                let word = self.style.paint(Tone::Odd, "FLAKY");
                let tries = failures.len() + 1;
                self.line(&format!("{word} {took} {case}: passed at try {tries}"))?;
                failures.iter().try_for_each(|failure| {
                    let text = self.style.failure(&failure.headline());
                    self.line(text.trim_end())
                })
            }
            CaseOutcome::Skipped(reason) => {
                let word = self.style.paint(Tone::Odd, " SKIP");
                self.line(&format!("{word} {:>11} {case}: {reason}", ""))
            }
            CaseOutcome::Failed(failure) => {
                self.failed.push(report.clone());
                let text = self.style.failure(&failure.render());
                let head = self.failed_head(report, failure);
                self.line(&format!("{head}\n{text}"))
            }
        }
    }

    fn failed_head(&self, report: &CaseReport, failure: &Failure) -> String {
        let word = self.style.paint(Tone::Bad, " FAIL");
        let case = self.style.paint(Tone::Strong, &report.case);
        let place = failure.line.map_or_else(|| report.path.clone(), |line| format!("{}:{line}", report.path));
        format!("{word} {} {case} ({place})", took(report.took))
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.live = None;
        // Alone, it is on the screen already.
        if self.cases > 1 {
            for report in std::mem::take(&mut self.failed) {
                if let CaseOutcome::Failed(failure) = &report.outcome {
                    let (head, text) = (self.failed_head(&report, failure), self.style.failure(&failure.headline()));
                    self.line(&format!("{head}\n{}", text.trim_end()))?;
                }
            }
        }
        if summary.pending > 0 {
            self.line("snapshots wait: look at them with `cargo insta review`, or take them all with `--update`")?;
        }
        let mut shown = vec![format!("in {:.3} s", summary.took.as_secs_f64())];
        if !self.flaky.is_empty() {
            shown.push(self.style.paint(Tone::Odd, &format!("{} flaky: {}", self.flaky.len(), self.flaky.join(", "))));
        }
        if self.slow > 0 {
            shown.push(format!("{} slow", self.slow));
        }
        self.line(&shown.join(", "))?;
        // Without colours: programs read this line.
        let not_run = if summary.not_run > 0 { format!(", {} not run", summary.not_run) } else { String::new() };
        let Summary { passed, failed, skipped, .. } = summary;
        self.line(&format!("{passed} passed, {failed} failed, {skipped} skipped{not_run}"))?;
        self.out.flush()
    }

    fn counts(&self) -> String {
        let Summary { passed, failed, skipped, flaky, .. } = self.done;
        let mut counts = vec![format!("{} running", self.running.len())];
        let others = [
            (passed, "passed", Tone::Good),
            (failed, "failed", Tone::Bad),
            (flaky, "flaky", Tone::Odd),
            (skipped, "skipped", Tone::Odd),
        ];
        for (count, word, tone) in others.into_iter().filter(|(count, ..)| *count > 0) {
            counts.push(self.style.paint(tone, &format!("{count} {word}")));
        }
        counts.join(", ")
    }

    fn show(&mut self) {
        let (counts, lines) = (self.counts(), self.running_lines());
        if let Some(live) = &mut self.live {
            let done = self.done.passed + self.done.failed + self.done.skipped;
            live.show(self.began.elapsed(), done, self.cases, counts, lines);
        }
    }

    /// The oldest first: they are the ones that a person wonders about.
    fn running_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .running
            .iter()
            .take(LINES_MAX)
            .map(|running| {
                let word = if running.is_slow() { self.style.paint(Tone::Odd, " SLOW") } else { "     ".to_owned() };
                format!("{word} {}", state(running))
            })
            .collect();
        if self.running.len() > LINES_MAX {
            lines.push(format!("      and {} more", self.running.len() - LINES_MAX));
        }
        lines
    }
}

fn state(running: &Running) -> String {
    format!("[{:>8.1}s] {}", running.took().as_secs_f64(), running.what())
}

fn took(took: Duration) -> String {
    format!("[{:>8.3}s]", took.as_secs_f64())
}

#[cfg(test)]
mod tests;
