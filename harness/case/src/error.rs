//! What can be wrong with a case file, for people: file, line, column, caret, suggestion.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::json::{JsonError, Lines, Span};

/// So many mistakes of a file are shown. Each is shown with a part of the file and the name that was meant, for which all names are
/// compared, so that the time for thousands of them would grow with their square.
pub(super) const MISTAKES_MAX: usize = 100;

/// So many lines of a file are shown as the place of a mistake.
const LINES_MAX: usize = 3;

/// A case file is not a case.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{path}:{line}:{column}: {message}")]
pub struct CaseError {
    path: String,
    line: usize,
    column: usize,
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: NamedSource<Arc<str>>,
    #[label("here")]
    span: SourceSpan,
}

/// Something about a case file that is no mistake.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{path}:{line}:{column}: {message}")]
#[diagnostic(severity(Warning))]
pub struct CaseWarning {
    about: WarningAbout,
    path: String,
    line: usize,
    column: usize,
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: NamedSource<Arc<str>>,
    #[label("here")]
    span: SourceSpan,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningAbout {
    /// An old name, or a key in the place where the Go engine had it: read with good will as what it was meant to be.
    OldName,
    /// Something that is allowed, and was hardly meant.
    Doubt,
}

impl CaseWarning {
    pub(super) fn new(about: WarningAbout, error: CaseError) -> Self {
        let CaseError { path, line, column, message, help, text, span } = error;
        Self { about, path, line, column, message, help, text, span }
    }

    /// What it is about.
    #[must_use]
    pub const fn about(&self) -> WarningAbout {
        self.about
    }
}

/// Where good will is not wanted, a warning is an error.
impl From<CaseWarning> for CaseError {
    fn from(warning: CaseWarning) -> Self {
        let CaseWarning { about: _, path, line, column, message, help, text, span } = warning;
        Self { path, line, column, message, help, text, span }
    }
}

/// The cases of a run could not be gathered.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum DiscoverError {
    /// A file is not a case.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Case(Box<CaseError>),
    /// A file is in another encoding than UTF-8.
    #[error("{place}: this file is {found}; a case is UTF-8")]
    #[diagnostic(help("{help}"))]
    Encoding {
        /// Which file, with line and column if they are known.
        place: String,
        /// What it looks like.
        found: String,
        /// What to do.
        help: String,
    },
    /// A file or directory cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    #[diagnostic(help("{help}"))]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
        /// What to do.
        help: String,
    },
    /// A directory that a case names as its content holds no scenario.
    #[error("there is no scenario in {}", path.display())]
    #[diagnostic(help("put at least one scenario into its folder `scenarios`"))]
    NoScenario {
        /// The directory.
        path: PathBuf,
    },
    /// A variable is given that no case declares.
    #[error("no case declares a variable `{name}`")]
    #[diagnostic(help("{help}"))]
    NoVariable {
        /// Its name.
        name: String,
        /// What to do.
        help: String,
    },
    /// A row is named that a file does not have.
    #[error("{}: there is no row `{row}`", path.display())]
    #[diagnostic(help("{help}"))]
    NoRow {
        /// The file.
        path: PathBuf,
        /// The row.
        row: String,
        /// What to do.
        help: String,
    },
    /// Two files make cases of the same id.
    #[error("{}: its id `{id}` is also that of {}", path.display(), other.display())]
    #[diagnostic(help("an id is the path below the last directory named `cases`: rename one of them"))]
    SameId {
        /// The later one.
        path: PathBuf,
        /// The earlier one.
        other: PathBuf,
        /// Their id.
        id: String,
    },
}

impl From<CaseError> for DiscoverError {
    fn from(error: CaseError) -> Self {
        Self::Case(Box::new(error))
    }
}

/// The text of a case file, kept for its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
}

impl Source {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.into() }
    }

    pub(super) fn error(&self, error: JsonError) -> CaseError {
        self.error_in(error, &Lines::of(&self.text))
    }

    /// The same, with the lines of the text looked up before.
    pub(super) fn error_in(&self, error: JsonError, lines: &Lines<'_>) -> CaseError {
        let path = self.path.display().to_string();
        let span = error.span.unwrap_or_default();
        let (line, column) = lines.line_and_column(span.start);
        let text = NamedSource::new(&path, Arc::clone(&self.text)).with_language("JSON");
        let span = self.shown(span).into();
        CaseError { path, line, column, message: error.message, help: error.help, text, span }
    }

    /// The part of a place that is shown. Of one that is longer than some lines only the beginning is: all of it would bury the message.
    fn shown(&self, span: Span) -> Span {
        let written = self.text.get(span.clone()).unwrap_or_default();
        match written.chars().next() {
            Some(first) if written.lines().count() > LINES_MAX => span.start..span.start + first.len_utf8(),
            _ => span,
        }
    }
}
