//! The texts that a case comes from: its own file, and the files of the fragments that it uses.
//!
//! A place is a range of bytes. Each use of a fragment from another file gets a range of its own behind the text of the case, as long as
//! that file, so a place says by itself which text it is in and by which use it came there. The alternative, a file next to each place, would
//! make every node of every case larger for the few that need it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::error::{CaseError, CaseWarning, MISTAKES_MAX, Source, WarningAbout};
use crate::json::{JsonError, Lines, Span};

/// The texts of one case.
#[derive(Debug)]
pub(crate) struct Sources {
    case: Source,
    uses: RefCell<Vec<Use>>,
}

/// A use of a fragment from another file.
#[derive(Debug, Clone)]
struct Use {
    /// Where its range begins.
    base: usize,
    file: Arc<Source>,
    /// The use, in the text of the case.
    at: Span,
}

/// Where a place is.
enum Found {
    InCase(Span),
    InFragment { file: Arc<Source>, span: Span, used: Span },
}

impl Sources {
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        Self { case: Source::new(path, text), uses: RefCell::default() }
    }

    /// The file of the case.
    pub(crate) const fn case(&self) -> &Source {
        &self.case
    }

    /// Notes a use, and returns by how much the places of its file move.
    pub(crate) fn enter(&self, file: &Arc<Source>, at: Span) -> usize {
        let mut uses = self.uses.borrow_mut();
        // One more than the text has bytes, because the end of a text is a place too.
        let base = uses.last().map_or(self.case.text.len() + 1, |last| last.base + last.file.text.len() + 1);
        uses.push(Use { base, file: Arc::clone(file), at });
        base
    }

    /// A place in the text of the case: that of the use, for one in a fragment of another file.
    pub(crate) fn in_case(&self, span: &Span) -> Span {
        match self.find(span) {
            Found::InCase(span) | Found::InFragment { used: span, .. } => span,
        }
    }

    fn find(&self, span: &Span) -> Found {
        let uses = self.uses.borrow();
        match uses[..uses.partition_point(|used| used.base <= span.start)].last() {
            None => Found::InCase(span.clone()),
            Some(Use { base, file, at }) => {
                let end = (span.end - base).min(file.text.len());
                Found::InFragment { file: Arc::clone(file), span: span.start - base..end, used: at.clone() }
            }
        }
    }

    pub(crate) fn error(&self, error: JsonError) -> CaseError {
        self.error_in(error, &Lines::of(&self.case.text))
    }

    /// The first mistakes of the case, with a last one that says how many are shown if there are more. A mistake in a fragment is said
    /// once, however often the fragment is used.
    pub(crate) fn errors(&self, mut errors: Vec<JsonError>) -> Vec<CaseError> {
        // The lines are looked up once: for each mistake, a file with many of them would be read as often.
        let lines = Lines::of(&self.case.text);
        let all = errors.len();
        if all > MISTAKES_MAX {
            errors.truncate(MISTAKES_MAX);
            let at = errors.last().and_then(|error| error.span.as_ref()).map_or(0..0, |span| self.in_case(span));
            let what = format!("this file has more mistakes: the first {MISTAKES_MAX} are shown");
            errors.push(JsonError::at(at, what).help("repair these first"));
        }
        let mut said = BTreeSet::new();
        let errors = errors.into_iter().map(|error| self.error_in(error, &lines));
        errors.filter(|error| said.insert(error.to_string())).collect()
    }

    pub(crate) fn warnings(&self, warnings: Vec<(WarningAbout, JsonError)>) -> Vec<CaseWarning> {
        let lines = Lines::of(&self.case.text);
        let warning = |(about, warning)| CaseWarning::new(about, self.error_in(warning, &lines));
        warnings.into_iter().map(warning).collect()
    }

    fn error_in(&self, error: JsonError, lines: &Lines<'_>) -> CaseError {
        match self.find(&error.span.unwrap_or_default()) {
            Found::InCase(span) => self.case.error_in(JsonError { span: Some(span), ..error }, lines),
            Found::InFragment { file, span, used } => {
                let (line, column) = lines.line_and_column(used.start);
                let used = format!("the fragment is used at {}:{line}:{column}", self.case.path.display());
                let help = error.help.map_or_else(|| used.clone(), |help| format!("{help}\n{used}"));
                file.error(JsonError { message: error.message, help: Some(help), span: Some(span) })
            }
        }
    }
}

/// The lines of a case's file, for what a failure names.
#[derive(Debug)]
pub(crate) struct CaseLines<'a> {
    lines: Lines<'a>,
    sources: &'a Sources,
}

impl<'a> CaseLines<'a> {
    pub(crate) fn of(sources: &'a Sources) -> Self {
        Self { lines: Lines::of(&sources.case.text), sources }
    }

    /// The line of a byte, from 1. What comes from another file is on the line of its use.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.lines.line(self.sources.in_case(&(offset..offset)).start)
    }
}
