//! Collecting the findings of one file.

use super::{Finding, Severity};
use crate::content::Placed;
use crate::suggest::nearest;

pub(super) struct Report {
    path: String,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), findings: Vec::new() }
    }

    pub(super) fn error(&mut self, pointer: impl Into<String>, message: impl Into<String>) -> Help<'_> {
        self.add(Severity::Error, pointer.into(), message.into())
    }

    pub(super) fn warning(&mut self, pointer: impl Into<String>, message: impl Into<String>) -> Help<'_> {
        self.add(Severity::Warning, pointer.into(), message.into())
    }

    fn add(&mut self, severity: Severity, pointer: String, message: String) -> Help<'_> {
        self.findings.push(Finding { path: self.path.clone(), pointer, severity, message, help: None });
        Help(self.findings.last_mut())
    }
}

/// The finding that was just made, to which advice can be added.
pub(super) struct Help<'a>(Option<&'a mut Finding>);

impl Help<'_> {
    pub(super) fn help(self, advice: impl Into<String>) {
        if let Some(finding) = self.0 {
            finding.help = Some(advice.into());
        }
    }

    /// Names what might have been meant by `name`, if anything comes near.
    pub(super) fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) {
        if let Some(near) = nearest(name, candidates) {
            self.help(format!("did you mean `{near}`?"));
        }
    }
}

/// The pointer to the field `key` of what `parent` points to.
pub(super) fn at(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The pointer to an element of the list that `parent` points to.
pub(super) fn nth(parent: &str, index: usize) -> String {
    format!("{parent}/{index}")
}

/// Where a conditional is in its file.
pub(super) fn pointer_to(placed: Placed<'_>) -> String {
    let parent = if placed.is_of_scenario() { String::new() } else { at("/scenes", placed.scene) };
    at(&at(&parent, "conditionals"), placed.id)
}
