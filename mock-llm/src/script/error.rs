//! What can be wrong with a script, and where: file, line, column and JSON pointer, with a suggestion where there is
//! one.

use std::io;

use thiserror::Error;

use super::position::Positions;

/// Why a script could not be read.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// The file could not be read.
    #[error("{path}: cannot read the script: {source}")]
    Read {
        /// The file's path as it was given.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not a script.
    #[error("{0}")]
    Invalid(Box<Mistake>),
}

/// One mistake in a script's text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}:{line}:{column}: {problem}{}{}", at(.pointer), hint(.help.as_deref()))]
pub struct Mistake {
    /// The file's path as it was given.
    pub path: String,
    /// JSON pointer to the value that is wrong; empty for the whole text.
    pub pointer: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub help: Option<String>,
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" (at {pointer})") }
}

fn hint(help: Option<&str>) -> String {
    help.map(|help| format!("; {help}")).unwrap_or_default()
}

/// A mistake that is found after the text has been parsed, when only the pointer is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) pointer: String,
    pub(super) text: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(pointer: impl Into<String>, text: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), text: text.into(), help: None }
    }

    pub(super) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    pub(super) fn locate(self, text: &str, path: &str) -> ScriptError {
        let offset = Positions::of(text).offset(&self.pointer);
        let (line, column) = line_and_column(text, offset);
        ScriptError::Invalid(Box::new(Mistake {
            path: path.to_owned(),
            pointer: self.pointer,
            line,
            column,
            offset,
            problem: self.text,
            help: self.help,
        }))
    }
}

/// Turns serde's error, which knows line and column only, into a mistake with pointer and suggestion.
pub(super) fn from_serde(error: &serde_json::Error, text: &str, path: &str) -> ScriptError {
    let offset = offset_of(text, error.line(), error.column());
    // serde_json ends every message with the position, which is in front of ours.
    let message = error.to_string();
    let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem);
    ScriptError::Invalid(Box::new(Mistake {
        path: path.to_owned(),
        pointer: if error.is_data() { Positions::of(text).pointer(offset) } else { String::new() },
        line: error.line(),
        column: error.column(),
        offset,
        // What serde calls a field, people who write JSON call a key.
        problem: problem.replacen("unknown field", "unknown key", 1),
        help: suggestion(problem),
    }))
}

/// serde names the unknown key or variant and all that it knows, each in backticks, in this order.
fn suggestion(problem: &str) -> Option<String> {
    if !problem.starts_with("unknown ") {
        return None;
    }
    let mut quoted = problem.split('`').skip(1).step_by(2);
    did_you_mean(quoted.next()?, quoted)
}

/// "did you mean `x`?" for the candidate that is closest to `found`, if any is close.
pub(super) fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(found, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before.len() - line_start + 1)
}
