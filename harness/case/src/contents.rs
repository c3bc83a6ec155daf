//! Checks the content that cases bring along, as `engine validate` does: once for each directory, however many cases are played with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use story::explore::{self, DEFAULT_BUDGET};
use story::{ContentKind, Finding, Library, Severity};

use crate::error::{CaseWarning, DiscoverError, Source, WarningAbout};
use crate::json::{self, JsonError, Kind, Node};
use crate::{Case, lookup};

/// The folder of the offline narrator's scripts.
const OFFLINE: &str = "offline";

/// The file in which a directory of content that is wrong on purpose says what is found there: `["scenarios/a.json#/rating"]`.
const EXPECTED: &str = "expected-findings.json";

/// What is wrong with the content that these cases name, and what is doubtful there.
#[must_use]
pub fn check_contents(cases: &[Case]) -> (Vec<DiscoverError>, Vec<CaseWarning>) {
    let mut found = Found::default();
    let directories: BTreeSet<&Path> = cases.iter().filter_map(|case| case.content.as_deref()).collect();
    for directory in directories {
        if let Err(error) = found.check(&short(directory)) {
            found.errors.push(error);
        }
    }
    (found.errors, found.warnings)
}

/// A path as a person would write it from here.
fn short(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    inside.filter(|inside| inside.components().next().is_some()).unwrap_or_else(|| path.to_owned())
}

#[derive(Default)]
struct Found {
    errors: Vec<DiscoverError>,
    warnings: Vec<CaseWarning>,
}

impl Found {
    fn check(&mut self, directory: &Path) -> Result<(), DiscoverError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |reason| DiscoverError::Unreadable { path, reason, help: "a case names this content".to_owned() }
        };
        let sources = lookup::read_content(directory).map_err(unreadable(directory))?;
        if !sources.iter().any(|source| source.kind == ContentKind::Scenario) {
            return Err(DiscoverError::NoScenario { path: directory.to_owned() });
        }
        let mut texts: Vec<(String, String)> =
            sources.iter().map(|source| (source.path.clone(), source.text.clone())).collect();
        let mut findings = story::check_sources(&sources);
        if let Ok(library) = Library::load(sources.clone()) {
            findings.extend(explore::check(&library, &sources, DEFAULT_BUDGET));
            let folder = directory.join(OFFLINE);
            for (path, text) in lookup::json_files(&folder).map_err(unreadable(&folder))? {
                let id = story::normalize_id(&path.file_stem().unwrap_or_default().to_string_lossy());
                let path = path.display().to_string();
                findings.extend(story::check_script(&library, &id, &path, &text, narrator::knows_deed));
                texts.push((path, text));
            }
        }
        findings.sort();
        self.unless_expected(directory, &mut findings)?;
        for (path, text) in texts {
            let of_file: Vec<&Finding> = findings.iter().filter(|finding| finding.path == path).collect();
            self.add(&Source::new(Path::new(&path), &text), &of_file);
        }
        Ok(())
    }

    /// Passes over the findings that the directory lists. What it lists and is not found is an error: the list would hide what comes there
    /// later.
    fn unless_expected(&mut self, directory: &Path, findings: &mut Vec<Finding>) -> Result<(), DiscoverError> {
        let path = directory.join(EXPECTED);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(reason) => {
                let help = "it lists what is found in content that is wrong on purpose".to_owned();
                return Err(DiscoverError::Unreadable { path, reason, help });
            }
        };
        let source = Source::new(&path, &text);
        let list = json::parse(&text).map_err(|error| source.error(error))?;
        if !matches!(list.kind, Kind::Array(_)) {
            let error = JsonError::at(list.span, "this is no list of findings");
            return Err(source.error(error.help("write `[\"scenarios/a.json#/rating\"]`")).into());
        }
        let place = |finding: &Finding| {
            let file = Path::new(&finding.path).strip_prefix(directory).unwrap_or(Path::new(&finding.path));
            format!("{}#{}", file.display(), finding.pointer)
        };
        let found: BTreeSet<String> = findings.iter().map(place).collect();
        let mut expected = BTreeSet::new();
        for item in list.items() {
            match &item.kind {
                Kind::String(text) if found.contains(text) => drop(expected.insert(text.as_str())),
                Kind::String(text) => {
                    let error = JsonError::at(item.span.clone(), format!("nothing is found at `{text}`"));
                    self.errors.push(source.error(error.help("take it out of the list")).into());
                }
                _ => {
                    let error = JsonError::at(item.span.clone(), "a finding is named by its file and JSON pointer");
                    self.errors.push(source.error(error).into());
                }
            }
        }
        findings.retain(|finding| !expected.contains(place(finding).as_str()));
        Ok(())
    }

    fn add(&mut self, source: &Source, findings: &[&Finding]) {
        if findings.is_empty() {
            return;
        }
        let root = json::parse(&source.text);
        for finding in findings {
            let error = source.error(error(finding, &root));
            match finding.severity {
                Severity::Error => self.errors.push(error.into()),
                Severity::Warning => self.warnings.push(CaseWarning::new(WarningAbout::Doubt, error)),
            }
        }
    }
}

/// A finding, with its place in the text. Of a place that is left out, that around it is shown.
fn error(finding: &Finding, root: &Result<Node, JsonError>) -> JsonError {
    let Finding { pointer, message, help, .. } = finding;
    let span = match root {
        Ok(root) => Some(place(root, pointer).span.clone()),
        Err(error) => error.span.clone(),
    };
    let message = if pointer.is_empty() { message.clone() } else { format!("{message} (at {pointer})") };
    JsonError { message, help: help.clone(), span }
}

fn place<'a>(root: &'a Node, pointer: &str) -> &'a Node {
    let mut node = root;
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let inner = match &node.kind {
            Kind::Array(items) => key.parse().ok().and_then(|number: usize| items.get(number)),
            _ => node.get(&key),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}
