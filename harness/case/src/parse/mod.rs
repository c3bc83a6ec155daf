//! From the text of a case file to a [`Case`] or a sequence of cases.

mod reading;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(crate) use self::reading::Shared;
pub use self::reading::{Content, Reading};
use self::row::{Read, Row};
use super::Case;
use super::error::{CaseError, CaseWarning, Source};
use super::expand::{self, Fragments};
use crate::json::{self, JsonError, Kind, Node, Span};
use crate::profile::Profile;
use crate::sources::{CaseLines, Sources};

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// A case; several, if the file has a table.
    Cases(Vec<Case>),
    /// The names of other cases.
    Sequence(Sequence),
}

/// The names of other cases, relative to the file that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// What the sequence is about.
    pub name: String,
    /// File names, with or without `.json`.
    pub cases: Vec<String>,
    /// Where they are.
    places: Vec<Span>,
    source: Source,
}

impl Sequence {
    /// A mistake in the name with this number.
    pub(super) fn error(&self, number: usize, message: impl Into<String>) -> CaseError {
        let place = self.places.get(number).cloned().unwrap_or_default();
        let help = "a sequence names files relative to itself, with or without `.json`";
        self.source.error(JsonError::at(place, message).help(help))
    }
}

/// Reads a case file. The path is for messages, for the case's id, and for what the file names relative to itself.
///
/// # Errors
/// Every mistake of the file that can be found without guessing what another one was meant to be, in the order of the file.
pub fn parse(text: &str, path: &Path, profile: &Profile) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    parse_with(text, path, &Reading::of(profile), &Shared::default())
}

/// The same, for one of many files.
pub(super) fn parse_with(
    text: &str,
    path: &Path,
    reading: &Reading<'_>,
    shared: &Shared,
) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    let sources = Sources::new(path, text);
    // Without a use no fragment can matter.
    let fragments = if text.contains("$use") { shared.fragments.around(path) } else { Ok(Fragments::default()) };
    let fragments = fragments.map_err(|error| vec![*error])?;
    let written = root(text).and_then(|root| {
        root.get("variables").into_iter().for_each(|variables| shared.declare(variables));
        expand::expand(root, &sources, &fragments, &reading.given)
    });
    let written = written.map_err(|error| vec![sources.error(error)])?;
    let (mut cases, mut warnings, mut errors, mut rows) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let lines = CaseLines::of(&sources);
    for expand::Written { row, node } in written {
        let file = Row { path, lines: &lines, reading, shared };
        let mut found = Vec::new();
        rows += 1;
        match file.read(node, row.clone(), &mut warnings, &mut found) {
            Ok(Read::Case(case)) => cases.push(*case),
            Ok(Read::Sequence { name, cases, places }) => {
                let places = places.iter().map(|place| sources.in_case(place)).collect();
                let source = sources.case().clone();
                return Ok((Parsed::Sequence(Sequence { name, cases, places, source }), Vec::new()));
            }
            Err(error) => found.push(error),
        }
        errors.extend(found.into_iter().map(|error| (error, row.clone())));
    }
    let mut errors = of_rows(errors, rows);
    let start = |error: &JsonError| error.span.as_ref().map_or(0, |span| span.start);
    errors.sort_by_key(start);
    errors.dedup();
    warnings.sort_by_key(|(_, warning)| start(warning));
    warnings.dedup();
    if errors.is_empty() { Ok((Parsed::Cases(cases), sources.warnings(warnings))) } else { Err(sources.errors(errors)) }
}

/// The mistakes of a file with so many rows, each once. One that only some rows have names them.
fn of_rows(errors: Vec<(JsonError, Option<String>)>, rows: usize) -> Vec<JsonError> {
    let mut found: Vec<(JsonError, Vec<String>)> = Vec::new();
    let mut known: HashMap<(usize, String), usize> = HashMap::new();
    for (error, row) in errors {
        let key = (error.span.as_ref().map_or(0, |span| span.start), error.message.clone());
        let at = *known.entry(key).or_insert(found.len());
        if at == found.len() {
            found.push((error, Vec::new()));
        }
        let of = &mut found[at].1;
        if let Some(row) = row.filter(|row| of.last() != Some(row)) {
            of.push(row);
        }
    }
    let named = |(error, of): (JsonError, Vec<String>)| match of.len() {
        0 => error,
        all if all == rows => error,
        _ => JsonError { message: format!("{} (in the row `{}`)", error.message, of.join("`, `")), ..error },
    };
    found.into_iter().map(named).collect()
}

fn root(text: &str) -> Result<Node, JsonError> {
    if text.trim().is_empty() {
        return Err(JsonError::at(0..0, "this file is empty").help("`harness new NAME` writes a case to begin with"));
    }
    let root = json::parse(text)?;
    let is_script = root.get("entries").is_some() && root.get("steps").is_none() && root.get("cases").is_none();
    let is_list = matches!(root.kind, Kind::Array(_));
    if is_script || is_list && root.items().iter().all(is_reply) {
        let what = "this is a model script: keep it outside the directory of cases";
        return Err(JsonError::at(root.span, what).help(
            "a case names it from where it is itself, `\"model\": \"../models/bell.json\"`; next to the case its name ends in `.model.jsonc`",
        ));
    }
    Ok(root)
}

/// Whether an item of a list may be a reply of a model script in its short form.
fn is_reply(item: &Node) -> bool {
    matches!(item.kind, Kind::String(_)) || ["text", "json", "fault"].iter().any(|key| item.get(key).is_some())
}

/// The path of a case that a sequence in `from` names.
pub(super) fn named_path(from: &Path, named: &str) -> PathBuf {
    let path = from.parent().unwrap_or(Path::new("")).join(named);
    if path.extension().is_some_and(|extension| extension == "json") { path } else { path.with_added_extension("json") }
}
