//! How a server wants to be asked: learned from what it refuses, and remembered.

use std::sync::{Arc, Mutex, PoisonError};

use super::purpose::Purpose;
use super::wire::fixed::Fixed;
use super::{ModelError, Reason};
use crate::config::Structured;

/// How a delta is asked for; a server that refuses one is asked by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// By its schema.
    Schema,
    /// By its schema without lengths, which several vendors refuse.
    WithoutLimits,
    /// As JSON of any form.
    Json,
    /// By the prompt alone.
    Plain,
}

/// What the most tokens of an answer are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitName {
    /// `max_tokens`
    MaxTokens,
    /// `max_completion_tokens`
    MaxCompletionTokens,
}

/// The largest factor by which the tokens of an answer are raised for a model that thinks.
const MOST_RAISED: u32 = 8;

/// How a model of a provider is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) output: OutputFormat,
    pub(super) limit: LimitName,
    /// Fields that the server refuses.
    pub(super) dropped: Vec<String>,
    /// The tokens of an answer are multiplied by this: thinking counts among them.
    pub(super) limit_factor: u32,
    /// Its answers begin with thoughts that only a closing tag tells from text: the template has written the opening one.
    pub(super) thinks_first: bool,
}

/// Fields of a body that are left out when a server refuses them, besides those that are fixed.
const OPTIONAL: [&str; 5] = ["temperature", "stream_options", "stop", "stop_sequences", "stopSequences"];

/// Words of refusals that speak of what is in a schema.
const LIMITS_REFUSED: [&str; 6] = ["maxlength", "maxitems", "keyword", "invalid schema", "not permitted", "grammar"];

impl Dialect {
    pub(super) fn new(output: OutputFormat, limit: LimitName) -> Self {
        Self { output, limit, dropped: Vec::new(), limit_factor: 1, thinks_first: false }
    }

    pub(super) fn sends(&self, field: &str) -> bool {
        !self.dropped.iter().any(|dropped| dropped == field)
    }

    /// Changes what the refusal names; answers whether another try is worth it.
    pub(super) fn adapt(
        &mut self,
        error: &ModelError,
        fixed: &Fixed,
        purpose: Purpose,
        structured: Structured,
    ) -> bool {
        let said = error.said.as_str();
        match error.reason {
            Reason::Refused => {}
            Reason::ServerError if ["grammar", "schema", "response_format"].iter().any(|word| said.contains(word)) => {}
            _ => return false,
        }
        self.rename_limit(said) || self.drop_field(said, fixed) || self.step_down(said, purpose, structured)
    }

    fn rename_limit(&mut self, said: &str) -> bool {
        let other = match self.limit {
            LimitName::MaxTokens if said.contains("max_completion_tokens") => LimitName::MaxCompletionTokens,
            LimitName::MaxCompletionTokens if said.contains("max_completion_tokens") => LimitName::MaxTokens,
            _ => return false,
        };
        // Once: a server that refuses both is not asked without end.
        if self.dropped.iter().any(|dropped| dropped == "limit") {
            return false;
        }
        self.limit = other;
        self.dropped.push("limit".to_owned());
        true
    }

    fn drop_field(&mut self, said: &str, fixed: &Fixed) -> bool {
        let sent = OPTIONAL.into_iter().chain(fixed.names()).filter(|field| self.sends(field));
        let Some(field) = sent.into_iter().find(|field| is_named(said, field)).map(str::to_owned) else { return false };
        self.dropped.push(field);
        true
    }

    fn step_down(&mut self, said: &str, purpose: Purpose, structured: Structured) -> bool {
        if purpose != Purpose::Extract || structured != Structured::Auto {
            return false;
        }
        self.output = match self.output {
            // Something in the schema, and not schemas as such.
            OutputFormat::Schema if LIMITS_REFUSED.iter().any(|word| said.contains(word)) => {
                OutputFormat::WithoutLimits
            }
            OutputFormat::Schema | OutputFormat::WithoutLimits => OutputFormat::Json,
            OutputFormat::Json => OutputFormat::Plain,
            OutputFormat::Plain => return false,
        };
        true
    }

    /// After an answer that was all thought: more tokens, within bounds. Answers whether there were any left to give.
    pub(super) fn raise_limit(&mut self) -> bool {
        let more = (self.limit_factor * 4).min(MOST_RAISED);
        std::mem::replace(&mut self.limit_factor, more) != more
    }
}

/// Whether a refusal names a field. A name that is also a word of the language must stand in quotes.
fn is_named(said: &str, field: &str) -> bool {
    let is_word = !field.contains('_') && field != "temperature";
    // What the server has said is kept in lower case.
    said.match_indices(&field.to_ascii_lowercase()).any(|(at, _)| {
        let before = said[..at].chars().next_back().unwrap_or(' ');
        let after = said[at + field.len()..].chars().next().unwrap_or(' ');
        let is_quote = |c: char| matches!(c, '\'' | '"' | '`' | '\\');
        if is_word {
            is_quote(before) && is_quote(after)
        } else {
            !before.is_alphanumeric() && before != '_' && !after.is_alphanumeric() && after != '_'
        }
    })
}

/// What has been learned of a model, for every call to it.
#[derive(Debug)]
pub(super) struct Learned(Mutex<Arc<Dialect>>);

impl Learned {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self(Mutex::new(Arc::new(dialect)))
    }

    pub(super) fn get(&self) -> Arc<Dialect> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers a dialect that the server has answered to.
    pub(super) fn set(&self, dialect: Dialect) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(dialect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_by_its_name_and_not_by_a_word_that_holds_it() {
        assert!(is_named("unsupported parameter: 'stop' is not supported", "stop"));
        assert!(!is_named("please stop that", "stop"));
        assert!(is_named("unknown name \"stopsequences\"", "stopSequences"));
        assert!(is_named("temperature does not support 0.6 with this model", "temperature"));
        assert!(is_named(r#"{"loc":["body","top_p"]}"#, "top_p"));
        assert!(!is_named("max_top_p_x", "top_p"));
    }

    #[test]
    fn more_tokens_are_given_only_so_often() {
        let mut dialect = Dialect::new(OutputFormat::Plain, LimitName::MaxTokens);
        assert!(dialect.raise_limit() && dialect.raise_limit() && !dialect.raise_limit());
        assert_eq!(dialect.limit_factor, MOST_RAISED);
    }
}
