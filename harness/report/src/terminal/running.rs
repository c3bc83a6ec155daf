//! The cases that run at this moment: since when, and what each waits for.

use std::time::Duration;

use tokio::time::Instant;

/// A case that takes longer is called slow, while it runs and afterwards.
pub(super) const SLOW: Duration = Duration::from_secs(5);

/// A case that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) case: String,
    since: Instant,
    step: Option<String>,
    waits_for: Option<String>,
    /// It is reported as slow once it has run for so long.
    told_at: Duration,
}

impl Running {
    pub(super) fn new(case: &str) -> Self {
        Self { case: case.to_owned(), since: Instant::now(), step: None, waits_for: None, told_at: SLOW }
    }

    pub(super) fn begin_step(&mut self, step: &str) {
        (self.step, self.waits_for) = (Some(step.to_owned()), None);
    }

    pub(super) fn wait_for(&mut self, what: &str) {
        self.waits_for = Some(what.to_owned());
    }

    pub(super) fn took(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn is_slow(&self) -> bool {
        self.took() > SLOW
    }

    /// Whether it is time to say that it is slow: after 5 s, 10 s, 20 s, and so on.
    pub(super) fn tell_slow(&mut self) -> bool {
        let due = self.took() > self.told_at;
        if due {
            self.told_at *= 2;
        }
        due
    }

    /// What it does, in one line.
    pub(super) fn what(&self) -> String {
        let what = match (&self.step, &self.waits_for) {
            (None, None) => return format!("{}: starting", self.case),
            (Some(step), None) => step.clone(),
            (None, Some(wait)) => wait.clone(),
            (Some(step), Some(wait)) => format!("{step} … {wait}"),
        };
        format!("{}: {}", self.case, what.replace(['\n', '\r'], " "))
    }
}
