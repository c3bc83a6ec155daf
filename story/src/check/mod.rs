//! Checking content as a compiler would: what cannot work as written, and what is probably not meant as written. A library that has
//! findings still loads and plays.

mod chances;
mod conditions;
mod conflict;
#[cfg(test)]
mod conflict_tests;
mod containers;
mod context;
mod duplicates;
mod effects;
mod fields;
mod items;
mod lore;
#[cfg(test)]
mod mistakes_tests;
mod people;
mod recurring;
#[cfg(test)]
mod recurring_tests;
mod report;
mod rooms;
mod scenario;
mod script;
#[cfg(test)]
mod tests;
mod texts;
mod whole;

use serde::{Deserialize, Serialize};

use self::report::Report;
pub use self::script::check_script;
use crate::content::{ContentError, ContentKind, Library, Source, is_snake_case, normalize_id};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something will not work as written.
    Error,
    /// Something is probably not meant as written.
    Warning,
}

/// Something that is wrong with a content file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// JSON pointer to the place in the file.
    pub pointer: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<&ContentError> for Finding {
    fn from(error: &ContentError) -> Self {
        let message = error.to_string();
        let message = message.strip_prefix(&format!("{}: ", error.path())).unwrap_or(&message).to_owned();
        Self { path: error.path().to_owned(), pointer: String::new(), severity: Severity::Error, message, help: None }
    }
}

/// Everything that is wrong with `sources`, also with those that cannot be loaded; sorted by file and place. A file that cannot be loaded
/// is judged by its own form alone, and references to it count as wrong.
#[must_use]
pub fn check_sources(sources: &[Source]) -> Vec<Finding> {
    let errors = match Library::load(sources.to_vec()) {
        Ok(library) => return check(&library, sources),
        Err(errors) => errors.0,
    };
    let is_sound = |source: &&Source| !errors.iter().any(|error| error.path() == source.path);
    let sound: Vec<Source> = sources.iter().filter(is_sound).cloned().collect();
    let library = Library::load(sound).unwrap_or_default();
    let mut findings = check(&library, sources);
    for error in &errors {
        let is_known =
            findings.iter().any(|finding| finding.path == error.path() && finding.severity == Severity::Error);
        // A place that the form of the file shows is better than the reader's first complaint.
        if !is_known || !matches!(error, ContentError::Parse { .. }) {
            findings.push(Finding::from(error));
        }
    }
    findings.sort();
    findings
}

/// Everything that is wrong with `sources`, which `library` was loaded from; sorted by file and place. References are looked up in the
/// whole library, but only what is in `sources` is judged.
#[must_use]
pub fn check(library: &Library, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let mut report = Report::new(&source.path);
        file_name(source, &mut report);
        fields::check(source, &mut report);
        duplicates::check(&source.text, &mut report);
        match source.kind {
            ContentKind::Scenario => {
                if let Some(scenario) = library.scenario(&source.id) {
                    scenario::check(library, scenario, &mut report);
                }
            }
            ContentKind::Pc => {
                if let Some(pc) = library.pc(&source.id) {
                    people::check_pc(pc, &mut report);
                }
            }
            ContentKind::Npc => {
                if let Some(npc) = library.npc(&source.id) {
                    people::check_npc_template(npc, &mut report);
                }
            }
            ContentKind::Monster => {
                if let Some(monster) = library.monster(&source.id) {
                    people::check_monster_template(monster, &mut report);
                }
            }
            ContentKind::Narrator => {}
        }
        findings.extend(report.findings);
    }
    findings.sort();
    findings.dedup();
    findings
}

/// A file is found under its normalised name; a prefix such as `x.` is a convention for drafts.
fn file_name(source: &Source, report: &mut Report) {
    let id = normalize_id(&source.id);
    if source.id != id || !id.split('.').all(is_snake_case) {
        report
            .warning("", format!("the file's name `{}` is not in snake case; its id is `{id}`", source.id))
            .help(format!("rename it to `{id}.json`"));
    }
}
