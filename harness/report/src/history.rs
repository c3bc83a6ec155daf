//! The history that every run keeps for a checker: JSON lines in the form of `--json`, in one file that the next run replaces.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Where the history goes, and how long it may become.
#[derive(Debug, Clone)]
pub struct HistoryFile {
    /// The file.
    pub path: PathBuf,
    /// The most bytes. What comes after them is left out, and the last line says so.
    pub limit: u64,
}

/// A history that is being written.
pub(super) struct History {
    file: io::BufWriter<File>,
    left: u64,
}

impl History {
    /// Begins a history.
    pub(super) fn begin(wanted: &HistoryFile) -> io::Result<Self> {
        Ok(Self { file: io::BufWriter::new(File::create(&wanted.path)?), left: wanted.limit })
    }

    /// Writes a line. Returns whether there is room for more.
    pub(super) fn write(&mut self, line: &str) -> io::Result<bool> {
        let Some(left) = self.left.checked_sub(line.len() as u64 + 1) else {
            writeln!(self.file, r#"{{"type":"history_cut_off"}}"#)?;
            self.file.flush()?;
            return Ok(false);
        };
        self.left = left;
        writeln!(self.file, "{line}")?;
        Ok(true)
    }

    /// Writes what is left to be written.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_ends_at_its_limit_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.jsonl");
        let mut history = History::begin(&HistoryFile { path: path.clone(), limit: 20 }).unwrap();
        assert!(history.write(r#"{"type":"a"}"#).unwrap());
        assert!(!history.write(r#"{"type":"b"}"#).unwrap());
        history.end().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "{\"type\":\"a\"}\n{\"type\":\"history_cut_off\"}\n");
    }
}
