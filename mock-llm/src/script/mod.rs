//! Model scripts: what to match and what to answer, checked and ready to be played.
//!
//! `format` is the file as people write it, `compile` turns it into the types here and finds the mistakes that a schema
//! cannot.

mod capture;
mod compile;
mod condition;
mod error;
mod format;
mod lint;
mod pattern;
mod position;
mod reply;
mod template;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fs, path::Path};

pub(crate) use self::capture::Capture;
pub(crate) use self::compile::framing;
pub(crate) use self::condition::{Condition, quote};
pub use self::error::{Mistake, ScriptError};
pub(crate) use self::format::{FramingForm, Order};
pub(crate) use self::reply::{After, Chunk, ContentFault, Cut, Fault, Framing, Gate, Pace, Reply};
pub(crate) use self::template::{Captured, JsonTemplate, Scope, Template, checked_json, checked_text};

/// A model script, ready to be played.
#[derive(Debug, Clone)]
pub struct Script {
    pub(crate) entries: Vec<Entry>,
    pub(crate) order: Order,
    pub(crate) strict: bool,
    pub(crate) seed: u64,
    pub(crate) speed: f64,
}

/// A strict script without entries: every call is an error.
impl Default for Script {
    fn default() -> Self {
        Self { entries: Vec::new(), order: Order::Unordered, strict: true, seed: 0, speed: 1.0 }
    }
}

impl Script {
    /// Reads a script from its text. `path` is only named in errors.
    pub fn parse(text: &str, path: &str) -> Result<Self, ScriptError> {
        compile::parse(text, path)
    }

    /// Reads a script from a file.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| ScriptError::Read { path: name.clone(), source })?;
        Self::parse(&text, &name)
    }

    /// A script that answers every call: with an echo of the user's text, or with the smallest object that fits the
    /// caller's schema.
    #[must_use]
    pub fn echo() -> Self {
        Self { strict: false, ..Self::default() }
    }

    /// The same script with another speed: 2 is twice as fast, 0 drops all waiting.
    #[must_use]
    pub fn with_speed(self, speed: f64) -> Self {
        Self { speed, ..self }
    }

    /// The same script with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The gates at which replies wait, sorted.
    #[must_use]
    pub fn gates(&self) -> Vec<String> {
        let replies = self.entries.iter().flat_map(|entry| &entry.replies);
        let names: BTreeSet<_> = replies.filter_map(|reply| Some(reply.gate.as_ref()?.name.clone())).collect();
        names.into_iter().collect()
    }

    /// The models that entries ask for by their full name, sorted.
    pub(crate) fn model_names(&self) -> Vec<String> {
        let conditions = self.entries.iter().flat_map(|entry| &entry.conditions);
        let names: BTreeSet<_> = conditions.filter_map(Condition::model_name).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// What is legal but hardly meant, such as entries that can never answer.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        lint::warnings(self)
    }

    /// The JSON Schema of the file format.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(format::ScriptForm);
        schema.insert("title".to_owned(), "A model script".into());
        schema.to_value()
    }
}

/// What to match and what to answer then.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Option<String>,
    pub(crate) conditions: Vec<Condition>,
    /// Only the n-th call that fits the rest, from 1.
    pub(crate) call: Option<u32>,
    pub(crate) captures: Vec<Capture>,
    pub(crate) times: Option<u32>,
    pub(crate) optional: bool,
    /// Never empty; the last one repeats.
    pub(crate) replies: Vec<Reply>,
}

impl Entry {
    /// Whether a reply that is a fault is still to come after so many answers.
    pub(crate) fn has_fault_behind(&self, answered: u32) -> bool {
        let answered = usize::try_from(answered).unwrap_or(usize::MAX);
        !self.optional && self.replies.iter().skip(answered).any(|reply| reply.fault.is_some())
    }
}
