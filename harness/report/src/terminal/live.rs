//! The part of a terminal that moves: one bar for the run, and a line for each case that runs.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// So many running cases have a line; the others are counted.
pub(super) const LINES_MAX: usize = 8;

/// What is drawn below the lines that stay.
#[derive(Debug)]
pub(super) struct Live {
    all: MultiProgress,
    bar: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl Live {
    pub(super) fn new(target: ProgressDrawTarget) -> Self {
        let all = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len}  {wide_msg}")
            .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("━╸─"));
        let bar = all.add(ProgressBar::no_length().with_style(style));
        Self { all, bar, lines: Vec::new() }
    }

    /// Draws how far the run is and what runs.
    pub(super) fn show(&mut self, took: Duration, done: usize, cases: usize, counts: String, lines: Vec<String>) {
        self.bar.set_length(cases as u64);
        self.bar.set_position(done as u64);
        self.bar.set_prefix(format!("  RUN [{:>8.1}s]", took.as_secs_f64()));
        self.bar.set_message(counts);
        while self.lines.len() > lines.len() {
            if let Some(line) = self.lines.pop() {
                self.all.remove(&line);
            }
        }
        while self.lines.len() < lines.len() {
            let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            self.lines.push(self.all.add(ProgressBar::new_spinner().with_style(style)));
        }
        for (line, text) in self.lines.iter().zip(lines) {
            line.set_message(text);
        }
    }

    /// Does something to the terminal while nothing is drawn on it.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.all.suspend(work)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Nothing would help if the terminal cannot be written to.
        let _ = self.all.clear();
    }
}
