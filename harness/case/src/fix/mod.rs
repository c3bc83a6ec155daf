//! Old names in a case file, rewritten where they stand. Everything else of the file stays as it is: comments, order,
//! formatting.

mod edits;

use std::path::Path;

use crate::json::{self, JsonError, Node, Span, line_and_column};
use crate::profile::Profile;
use crate::{Action, CaseError, Mend, OldName, Parsed, Step, old_names, parse};
use edits::Edits;

/// A file cannot be rewritten.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FixError {
    /// It is not a case, so nobody knows what it means.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Case(Box<CaseError>),
    /// It would mean something else afterwards. This is a mistake of the harness.
    #[error("{path}: rewritten, it would not be the same case; it is left as it is")]
    Changed {
        /// The file.
        path: String,
    },
}

/// A file with its right names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its text; the same as before if there was nothing to do.
    pub text: String,
    /// What was done, a line each: line number and sentence.
    pub changes: Vec<(usize, String)>,
}

/// Rewrites the old names in the text of a case file. The path is for messages and for what the file names relative to it.
pub fn fix(text: &str, path: &Path, profile: &Profile) -> Result<Fixed, FixError> {
    let broken = || FixError::Changed { path: path.display().to_string() };
    // `harness check` names all mistakes; here the first one is enough to leave the file as it is.
    let mistake =
        |errors: Vec<CaseError>| errors.into_iter().next().map_or_else(broken, |e| FixError::Case(Box::new(e)));
    let (before, _) = parse(text, path, profile).map_err(mistake)?;
    let rewritten = rewrite(text).map_err(|_| broken())?;
    if rewritten.changes.is_empty() {
        return Ok(rewritten);
    }
    let after = parse(&rewritten.text, path, profile).ok().map(|(after, _)| without_lines(after));
    let clean = old_names(&rewritten.text).is_ok_and(|old| old.is_empty());
    if clean && after == Some(without_lines(before)) { Ok(rewritten) } else { Err(broken()) }
}

/// The same without the lines on which its steps stand, which change when a line goes.
fn without_lines(mut parsed: Parsed) -> Parsed {
    fn forget(steps: &mut [Step]) {
        for step in steps {
            step.line = 0;
            match &mut step.action {
                Action::Parallel(steps) => forget(steps),
                Action::Actors(actors) => actors.values_mut().for_each(|steps| forget(steps)),
                _ => {}
            }
        }
    }
    if let Parsed::Case(case) = &mut parsed {
        forget(&mut case.steps);
    }
    parsed
}

fn rewrite(text: &str) -> Result<Fixed, JsonError> {
    let root = json::parse(text)?;
    let old = old_names(text)?;
    let mut edits = Edits::new(text);
    let mut done: Vec<Span> = Vec::new();
    for name in &old {
        let object = match &name.mend {
            Mend::Rename { key, to } => {
                edits.replace(key.clone(), format!("\"{to}\""));
                continue;
            }
            Mend::Remove { object, .. } => object,
            Mend::IntoExpect { step, .. } => step,
        };
        // All that leaves an object leaves it together, because the commas between are shared.
        if !done.contains(object)
            && let Some(node) = find(&root, object)
        {
            edits.empty_out(node, &old);
            done.push(object.clone());
        }
    }
    let changes = old.iter().map(|name| told(text, name)).collect();
    Ok(Fixed { text: edits.apply(), changes })
}

fn told(text: &str, old: &OldName) -> (usize, String) {
    let (key, what) = match &old.mend {
        Mend::Rename { key, to } => (key, format!("{} is now \"{to}\"", &text[key.clone()])),
        Mend::Remove { key, .. } => (key, format!("{} is gone", &text[key.clone()])),
        Mend::IntoExpect { key, to, .. } => (key, format!("{} is now \"{to}\" in \"expect\"", &text[key.clone()])),
    };
    (line_and_column(text, key.start).0, what)
}

fn find<'a>(node: &'a Node, span: &Span) -> Option<&'a Node> {
    if node.span == *span {
        return Some(node);
    }
    let inside = node.members().iter().map(|member| &member.value).chain(node.items());
    inside
        .filter(|inner| inner.span.start <= span.start && span.end <= inner.span.end)
        .find_map(|inner| find(inner, span))
}

#[cfg(test)]
mod tests;
