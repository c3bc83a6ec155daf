//! Where a measurement takes place: services, programs, and a directory.

use std::path::{Path, PathBuf};

use harness_runner::services::{Programs, Services};

use super::BenchError;

/// Where the programs are, and where files go.
#[derive(Debug)]
pub struct BenchEnvironment<'a> {
    /// Redis, or that there is none; and the model.
    pub services: &'a Services,
    /// Where the programs are.
    pub programs: &'a Programs,
    /// Where logs and stores go.
    pub dir: &'a Path,
    /// For calls that are not measured.
    pub http: reqwest::Client,
}

impl BenchEnvironment<'_> {
    /// A directory below this one, made if need be.
    pub(super) fn subdir(&self, name: &str) -> Result<PathBuf, BenchError> {
        let path = self.dir.join(name);
        match std::fs::create_dir_all(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(BenchError::File { path, source }),
        }
    }

    /// Where the engine keeps its games, for a report.
    pub(super) fn store(&self) -> String {
        match &self.services.redis_url {
            Some(_) => format!("Redis without an append-only file ({})", self.services.mode),
            None => "the embedded store".to_owned(),
        }
    }
}
