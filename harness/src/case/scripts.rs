//! Scripts that cases name by path: read and checked once, however many cases name them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mock_llm::Script;

/// The scripts of the cases that are read together.
#[derive(Debug, Default)]
pub(super) struct Scripts(Mutex<HashMap<PathBuf, Result<String, String>>>);

impl Scripts {
    /// The text of a script, or what is wrong with it.
    pub(super) fn text(&self, path: &Path) -> Result<String, String> {
        // Held while the script is read, so that nobody else reads it at the same time.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(path.to_owned()).or_insert_with(|| read(path)).clone()
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the script {} cannot be read: {error}", path.display()))?;
    Script::parse(&text, &path.display().to_string()).map_err(|error| error.to_string())?;
    Ok(text)
}
