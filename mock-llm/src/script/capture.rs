//! Captures: texts that an entry picks out of a call. Later ones may look for what earlier ones have found.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use super::{
    pattern::Pattern,
    template::{Captured, Scope, Template},
};
use crate::{
    answer::Draws,
    call::{ModelCall, Source},
    sync::lock,
};

/// A text to pick out of the call.
#[derive(Debug, Clone)]
pub(crate) struct Capture {
    pub(super) source: Source,
    pub(super) wanted: CaptureSource,
    /// The named groups.
    pub(super) names: Vec<String>,
    pub(super) optional: bool,
    pub(super) join: Option<String>,
}

/// A regular expression, which may contain what was captured before.
#[derive(Debug, Clone)]
pub(super) enum CaptureSource {
    Fixed(Pattern),
    Template {
        template: Template,
        /// Callers often ask for the same twice, and compiling is slow.
        latest: Arc<Mutex<Option<Pattern>>>,
    },
}

impl CaptureSource {
    pub(super) fn template(template: Template) -> Self {
        Self::Template { template, latest: Arc::default() }
    }
}

impl Capture {
    /// Adds what it finds to `captured`; false if it finds nothing and is not optional.
    pub(crate) fn find(&self, call: &ModelCall, captured: &mut Captured) -> bool {
        let text = call.text(self.source);
        let Some(pattern) = self.pattern(call, captured) else { return self.optional };
        let Some(regex) = pattern.regex() else { return self.optional };
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

    fn pattern(&self, call: &ModelCall, captured: &Captured) -> Option<Pattern> {
        match &self.wanted {
            CaptureSource::Fixed(pattern) => Some(pattern.clone()),
            CaptureSource::Template { latest, .. } => {
                let source = self.source_text(call, captured);
                let mut latest = lock(latest);
                if latest.as_ref().is_none_or(|pattern| pattern.source() != source) {
                    // Reading the script has shown that it is a regular expression with any text in the gaps, as the
                    // text is escaped.
                    *latest = Pattern::new(&source).ok();
                }
                latest.clone()
            }
        }
    }

    /// The expression as it is looked for, for explanations.
    pub(crate) fn source_text(&self, call: &ModelCall, captured: &Captured) -> Cow<'_, str> {
        match &self.wanted {
            CaptureSource::Fixed(pattern) => pattern.source().into(),
            CaptureSource::Template { template, .. } => {
                let scope = Scope { captured, call, nth: 0 };
                template.render_with(&scope, &mut Draws::new(0, ""), |text| regex::escape(&text)).into()
            }
        }
    }

    /// The regular expression, if it does not depend on other captures.
    pub(super) fn fixed(&self) -> Option<&Pattern> {
        match &self.wanted {
            CaptureSource::Fixed(pattern) => Some(pattern),
            CaptureSource::Template { .. } => None,
        }
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }
}
