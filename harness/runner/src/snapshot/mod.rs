//! Snapshots of what a case brought, in the file format of insta, so that `cargo insta review` can be used on them.
//!
//! insta's own assertions panic and print; a runner of many cases at once can use neither. Files are read by
//! `insta::Snapshot` and written here.

mod alias;
mod render;
mod unreferenced;

pub use alias::Aliases;
pub use render::{answer, events, history, prompts, state};
pub use unreferenced::unreferenced;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use harness_case::Case;

/// How a snapshot compares with what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Same,
    /// It was another one, or none, and has been replaced, as asked for.
    Updated,
    /// Another one; the new one waits in a `.snap.new` file.
    Pending {
        /// What is kept; empty if there is none yet.
        old: String,
    },
}

/// Where the snapshot of a case is kept: `snapshots/FILE.KIND.snap` next to the case, `snapshots/FILE[ROW].KIND.snap` for a row
/// of a table.
#[must_use]
pub fn path(case: &Case, kind: &str) -> PathBuf {
    let stem = case.path.file_stem().unwrap_or_default().to_string_lossy();
    let row = case.row.as_ref().map(|row| format!("[{row}]")).unwrap_or_default();
    case.path.parent().unwrap_or(Path::new("")).join("snapshots").join(format!("{stem}{row}.{kind}.snap"))
}

/// Compares a text with its snapshot. Another text is kept as the new snapshot if `update`, and else written next to it for
/// review.
pub fn compare(path: &Path, source: &str, text: &str, update: bool) -> io::Result<Comparison> {
    let pending = path.with_extension("snap.new");
    let kept = if path.exists() {
        let snapshot = insta::Snapshot::from_file(path).map_err(|error| io::Error::other(error.to_string()))?;
        snapshot.as_text().map(ToString::to_string)
    } else {
        None
    };
    if kept.as_deref().map(str::trim_end) == Some(text.trim_end()) {
        if pending.exists() {
            fs::remove_file(&pending)?;
        }
        return Ok(Comparison::Same);
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let file = format!("---\nsource: {}\n---\n{}\n", serde_json::Value::from(source), text.trim_end());
    if update {
        fs::write(path, file)?;
        if pending.exists() {
            fs::remove_file(&pending)?;
        }
        return Ok(Comparison::Updated);
    }
    fs::write(&pending, file)?;
    Ok(Comparison::Pending { old: kept.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_pending_until_it_is_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("snapshots/test_x.events.snap");
        let compare = |text: &str, update| compare(&path, "cases/test_x.json", text, update).unwrap();
        let pending = dir.path().join("snapshots/test_x.events.snap.new");

        assert_eq!(compare("a\nb\n", false), Comparison::Pending { old: String::new() });
        assert!(pending.exists());
        assert_eq!(compare("a\nb\n", true), Comparison::Updated);
        assert!(!pending.exists());
        assert_eq!(compare("a\nb", false), Comparison::Same);
        assert_eq!(compare("a\nc\n", false), Comparison::Pending { old: "a\nb".to_owned() });
        assert_eq!(compare("a\nb\n", false), Comparison::Same);
        assert!(!pending.exists(), "a pending snapshot is gone once the kept one is met again");
    }

    #[test]
    fn what_is_written_is_what_insta_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.events.snap");
        let text = "---\nfirst: \"é\"\n\n  last";
        compare(&path, "cases/x.json", text, true).unwrap();
        let snapshot = insta::Snapshot::from_file(&path).unwrap();
        assert_eq!(snapshot.as_text().unwrap().to_string(), text);
        assert_eq!(snapshot.metadata().source(), Some("cases/x.json"));
    }
}
