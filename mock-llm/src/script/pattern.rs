//! Regular expressions that are checked when a script is read and compiled when they are first looked for. Compiling
//! costs a hundred times what checking does, and a script with hundreds of expressions must not delay its server.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use regex::Regex;
use regex_syntax::ast::{self, Ast, GroupKind, Visitor};

/// A regular expression, known to be one. Copies share what is compiled.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: String,
    names: Vec<String>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks `source`; the error is the reason alone, without the drawing of the place.
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let tree = ast::parse::Parser::new().parse(source).map_err(|error| error.kind().to_string())?;
        // The tree says nothing of names of classes, and of what turning Unicode off allows.
        if [r"\p", r"\P", "-u", "-iu", "-su", "-mu"].iter().any(|part| source.contains(part)) {
            regex_syntax::parse(source).map_err(|error| last_line(&error.to_string()))?;
        }
        let inner = Inner { source: source.to_owned(), names: names(&tree), compiled: OnceLock::new() };
        Ok(Self(Arc::new(inner)))
    }

    /// The expression as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.0.source
    }

    /// The names of its groups, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.0.names
    }

    /// The compiled form; `None` if it is too large to compile, which `mock-llm check` warns of.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let regex = Regex::new(&self.0.source);
            regex.inspect_err(|error| tracing::error!(source = self.0.source, %error, "matches nothing")).ok()
        };
        self.0.compiled.get_or_init(compile).as_ref()
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

/// The patterns of one script. Equal ones are one.
#[derive(Debug, Default)]
pub(super) struct Patterns(RefCell<BTreeMap<String, Pattern>>);

impl Patterns {
    pub(super) fn get(&self, source: &str) -> Result<Pattern, String> {
        if let Some(known) = self.0.borrow().get(source) {
            return Ok(known.clone());
        }
        let pattern = Pattern::new(source)?;
        self.0.borrow_mut().insert(source.to_owned(), pattern.clone());
        Ok(pattern)
    }
}

fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}

fn names(tree: &Ast) -> Vec<String> {
    #[derive(Default)]
    struct Names(Vec<String>);

    impl Visitor for Names {
        type Output = Vec<String>;
        type Err = std::convert::Infallible;

        fn finish(self) -> Result<Vec<String>, Self::Err> {
            Ok(self.0)
        }

        fn visit_pre(&mut self, tree: &Ast) -> Result<(), Self::Err> {
            if let Ast::Group(group) = tree
                && let GroupKind::CaptureName { name, .. } = &group.kind
            {
                self.0.push(name.name.clone());
            }
            Ok(())
        }
    }

    let Ok(names) = ast::visit(tree, Names::default());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_refuses_is_refused_without_compiling() {
        for source in ["(", "a{2,1}", r"\p{Nonsense}", "(?<a>x)(?<a>y)", "[z-a]", r"(?-u)\xff", "(?z)", r"\8"] {
            assert!(Regex::new(source).is_err(), "{source}");
            let reason = Pattern::new(source).expect_err(source);
            assert!(!reason.contains('\n'), "{reason}");
        }
    }

    #[test]
    fn names_are_those_of_the_compiled_form() {
        let pattern = Pattern::new(r"(?i)(?<dir>\w+)(?:x(?P<place>.+))?(y)").unwrap();
        let compiled: Vec<_> = pattern.regex().unwrap().capture_names().flatten().collect();
        assert_eq!(pattern.names(), compiled);
        assert_eq!(compiled, ["dir", "place"]);
    }

    #[test]
    fn equal_patterns_are_compiled_once() {
        let patterns = Patterns::default();
        let (a, b) = (patterns.get("a+").unwrap(), patterns.get("a+").unwrap());
        assert!(Arc::ptr_eq(&a.0, &b.0));
    }
}
