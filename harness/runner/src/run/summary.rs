//! The result of a case after a run.

use std::path::PathBuf;

/// The result of a case after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseStatus {
    /// It passed, every time.
    Passed,
    /// It failed at least once.
    Failed,
    /// It should have run and did not, or not as often as it should have.
    NotRun,
    /// It cannot be run here, which says nothing about it.
    Skipped,
}

/// A case of the plan after the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSummary {
    /// Its id, without the number of a round.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// Its row, if the file has a table.
    pub row: Option<String>,
    /// Its result.
    pub status: CaseStatus,
    /// How often it ran to its end.
    pub finished: usize,
    /// How often it failed.
    pub failed: usize,
}
