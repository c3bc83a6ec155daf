//! Captures: texts that an entry picks out of a call. Later ones may look for what earlier ones have found.

use std::borrow::Cow;

use regex::Regex;

use super::template::{Captured, Scope, Template};
use crate::{
    answer::Draws,
    call::{Call, Source},
};

/// A text to pick out of the call.
#[derive(Debug, Clone)]
pub(crate) struct Capture {
    pub(super) source: Source,
    pub(super) pattern: Pattern,
    /// The named groups.
    pub(super) names: Vec<String>,
    pub(super) optional: bool,
    pub(super) join: Option<String>,
}

/// A regular expression, which may contain what was captured before.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Fixed(Regex),
    Template(Template),
}

impl Capture {
    /// Adds what it finds to `captured`; false if it finds nothing and is not optional.
    pub(crate) fn find(&self, call: &Call, captured: &mut Captured) -> bool {
        let text = call.text(self.source);
        let Some(regex) = self.regex(call, captured) else { return self.optional };
        let mut found = regex.captures_iter(&text).peekable();
        if found.peek().is_none() && !self.optional {
            return false;
        }
        let first = found.next();
        let rest: Vec<_> = if self.join.is_some() { found.collect() } else { Vec::new() };
        let separator = self.join.as_deref().unwrap_or_default();
        for name in &self.names {
            let texts = first.iter().chain(&rest).filter_map(|groups| groups.name(name)).map(|group| group.as_str());
            captured.insert(name.clone(), texts.collect::<Vec<_>>().join(separator));
        }
        true
    }

    fn regex(&self, call: &Call, captured: &Captured) -> Option<Cow<'_, Regex>> {
        match &self.pattern {
            Pattern::Fixed(regex) => Some(Cow::Borrowed(regex)),
            // Reading the script has shown that it is a regular expression with any text in the gaps, as the text is
            // escaped; only its size could still be too much.
            Pattern::Template(_) => Regex::new(&self.source_text(call, captured)).ok().map(Cow::Owned),
        }
    }

    /// The expression as it is looked for, for explanations.
    pub(crate) fn source_text(&self, call: &Call, captured: &Captured) -> String {
        match &self.pattern {
            Pattern::Fixed(regex) => regex.as_str().to_owned(),
            Pattern::Template(template) => {
                let scope = Scope { captured, call, nth: 0 };
                template.render_with(&scope, &mut Draws::new(0, ""), |text| regex::escape(&text))
            }
        }
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }
}
