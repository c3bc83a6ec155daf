//! Where a measurement was made: numbers of different machines must not be compared.

use std::fs;

use serde::Serialize;

/// The machine, and how the engine was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// How many processors the harness and the servers share.
    pub processors: usize,
    /// What the first of them is called.
    pub processor: String,
    /// The system's kernel.
    pub kernel: String,
    /// Whether this harness, and so the engine next to it, is a release build.
    pub release: bool,
}

impl Machine {
    /// Here.
    #[must_use]
    pub fn here() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            processor: model.map_or_else(String::new, |(_, name)| name.trim().to_owned()),
            kernel: kernel.trim().to_owned(),
            release: !cfg!(debug_assertions),
        }
    }

    /// One line of a report.
    pub(super) fn line(&self) -> String {
        let Self { processors, processor, release, .. } = self;
        let build = if *release { "release build" } else { "debug build: compare nothing with this" };
        format!("{processors} × {processor}, shared with the load; {build}")
    }
}
