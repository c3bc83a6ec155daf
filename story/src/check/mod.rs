//! Checking content.

use serde::{Deserialize, Serialize};

use crate::content::{Library, Source};

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

/// Checks content.
#[must_use]
pub fn check(_library: &Library, _sources: &[Source]) -> Vec<Finding> {
    vec![]
}
