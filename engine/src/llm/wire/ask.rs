//! What a call asks for, independent of the format that it is written in.

use std::borrow::Cow;

use serde_json::value::RawValue;
use story::{Prompt, Role};

use crate::llm::dialect::{Dialect, OutputFormat};
use crate::llm::purpose::Purpose;

/// What a call asks for.
#[derive(Debug, Clone, Copy)]
pub(in crate::llm) struct Ask<'a> {
    pub(in crate::llm) purpose: Purpose,
    pub(in crate::llm) prompt: &'a Prompt,
    pub(in crate::llm) model: &'a str,
    pub(in crate::llm) max_tokens: u32,
    pub(in crate::llm) temperature: Option<f64>,
    pub(in crate::llm) stream: bool,
    /// Where the model is to stop writing.
    pub(in crate::llm) stops: &'a [String],
    /// The schema of a delta.
    pub(in crate::llm) schema: Option<&'a RawValue>,
    pub(in crate::llm) dialect: &'a Dialect,
}

impl<'a> Ask<'a> {
    /// The schema, if the answer is asked for by it.
    pub(super) fn by_schema(&self) -> Option<&'a RawValue> {
        self.schema.filter(|_| {
            self.purpose == Purpose::Extract
                && matches!(self.dialect.output, OutputFormat::Schema | OutputFormat::WithoutLimits)
        })
    }

    /// Whether JSON of any form is asked for.
    pub(super) fn is_json(&self) -> bool {
        self.purpose == Purpose::Extract && self.dialect.output == OutputFormat::Json
    }

    pub(super) fn max_tokens(&self) -> u32 {
        self.dialect.tokens(self.max_tokens)
    }

    pub(super) fn temperature(&self) -> Option<f64> {
        self.temperature.filter(|_| self.dialect.sends("temperature"))
    }

    /// Where the model is to stop, for the field of this name; nothing where there is nothing to send.
    pub(super) fn stops(&self, field: &str) -> Option<&'a [String]> {
        let stops = &self.stops[..self.stops.len().min(self.dialect.most_stops)];
        Some(stops).filter(|stops| !stops.is_empty() && self.dialect.sends(field))
    }

    /// The system's text, where the model's template knows it.
    pub(super) fn system(&self) -> &'a str {
        if self.dialect.system_role { self.prompt.system() } else { "" }
    }

    /// The messages of player and narrator; the first begins with the system's text where the model's template knows no such role.
    pub(super) fn spoken(&self) -> impl Iterator<Item = (Role, Cow<'a, str>)> {
        let folded = Some(self.prompt.system()).filter(|system| !self.dialect.system_role && !system.trim().is_empty());
        self.prompt.messages().iter().enumerate().map(move |(index, message)| {
            let content = match folded {
                Some(system) if index == 0 => format!("{system}\n\n{}", message.content).into(),
                _ => message.content.as_str().into(),
            };
            (message.role, content)
        })
    }
}

/// The role's name, of formats that call it so.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Serializes an iterator as a list, without collecting it.
pub(super) struct List<F>(pub(super) F);

impl<T: serde::Serialize, I: Iterator<Item = T>, F: Fn() -> I> serde::Serialize for List<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
