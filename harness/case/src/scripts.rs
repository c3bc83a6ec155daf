//! Scripts that cases name by path: read and checked once, however many cases name them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mock_llm::{Script, ScriptError};

use super::ModelScript;
use crate::json::{self, JsonError, Kind, Lines, Node, Written};
use crate::sources::CaseLines;

/// The scripts of the cases that are read together.
#[derive(Debug, Default)]
pub(super) struct Scripts(Mutex<HashMap<PathBuf, Result<ModelScript, String>>>);

impl Scripts {
    /// The script of a case, its own or another file's, checked here so that its mistakes show before anything is started.
    pub(super) fn of(&self, model: &Node, case: &Path, lines: &CaseLines<'_>) -> Result<ModelScript, JsonError> {
        if let Kind::String(file) = &model.kind {
            let path = case.parent().unwrap_or(Path::new("")).join(file);
            return self.get(&path).map_err(|message| JsonError::at(model.span.clone(), message));
        }
        let written = Written::of(model);
        let script = Script::parse(&written.text, &case.display().to_string()).map_err(|error| match error {
            ScriptError::Invalid(mistake) => JsonError {
                message: format!("in the model's script: {}", mistake.problem),
                help: mistake.help,
                span: Some(written.place(mistake.offset)),
            },
            ScriptError::Read { .. } => JsonError::at(model.span.clone(), error.to_string()),
        })?;
        let lines = lines_of(model, |at| lines.line(at));
        Ok(ModelScript { gates: script.gates(), text: written.text, path: case.to_owned(), lines })
    }

    /// A script in a file, or what is wrong with it.
    fn get(&self, path: &Path) -> Result<ModelScript, String> {
        // Held while the script is read, so that nobody else reads it at the same time.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(path.to_owned()).or_insert_with(|| read(path)).clone()
    }
}

/// The lines on which the entries of a script begin.
fn lines_of(script: &Node, line: impl Fn(usize) -> usize) -> Vec<usize> {
    let entries = script.get("entries").map_or(&[][..], Node::items);
    entries.iter().map(|entry| line(entry.span.start)).collect()
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
        let own = Lines::of(&text);
        let lines = json::parse(&text).map(|node| lines_of(&node, |at| own.line(at))).unwrap_or_default();
        Ok(Self { text, path: path.to_owned(), gates: script.gates(), lines })
    }
}
