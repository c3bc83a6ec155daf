//! Scripts that cases name by path: read and checked once, however many cases name them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mock_llm::Script;

use super::ModelScript;

/// The scripts of the cases that are read together.
#[derive(Debug, Default)]
pub(super) struct Scripts(Mutex<HashMap<PathBuf, Result<ModelScript, String>>>);

impl Scripts {
    /// A script, or what is wrong with it.
    pub(super) fn get(&self, path: &Path) -> Result<ModelScript, String> {
        // Held while the script is read, so that nobody else reads it at the same time.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(path.to_owned()).or_insert_with(|| read(path)).clone()
    }
}

fn read(path: &Path) -> Result<ModelScript, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the script {} cannot be read: {error}", path.display()))?;
    ModelScript::parse(text, path)
}

impl ModelScript {
    /// Checks a script.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(text: String, path: &Path) -> Result<Self, String> {
        let script = Script::parse(&text, &path.display().to_string()).map_err(|error| error.to_string())?;
        Ok(Self { text, path: path.to_owned(), gates: script.gates() })
    }
}
