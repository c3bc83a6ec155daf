//! How a server wants to be asked, and how that changes with what it refuses. What was learned so is kept in [`super::learned`].

use super::named::is_named;
use super::purpose::Purpose;
use super::refusal::{FORMAT, counts_stops, names_output_limit};
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
    /// No answer may be given more tokens than this.
    pub(super) most_tokens: Option<u32>,
    /// No narration may be given more stop sequences than this.
    pub(super) most_stops: usize,
    /// Fields that the server refuses.
    pub(super) dropped: Vec<String>,
    /// Whether a prompt has a message of the system. Where the model's template knows none, its text begins the first message.
    pub(super) system_role: bool,
    /// Whether the server streams.
    pub(super) streams: bool,
    /// The tokens of an answer are multiplied by this: thinking counts among them.
    pub(super) limit_factor: u32,
    /// Its answers begin with thoughts that only a closing tag separates from text: the template has written the opening one.
    pub(super) thinks_first: bool,
}

/// Whether a server that fails without a word is taken to fail over the form in which a delta is asked for: several do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It is not: most failures pass.
    Believed,
    /// It is: the call goes out once more in the next form.
    Doubted,
}

/// What became of a call that a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adapted {
    /// What the refusal names was changed.
    Named,
    /// The output format was changed, although the refusal does not name it: of all that is sent, most servers lack that.
    Guessed,
    /// Nothing is left to change.
    No,
}

/// Fields of a body that are left out when a server refuses them, besides those that are fixed.
const OPTIONAL: [&str; 6] =
    ["temperature", "stream_options", "stop", "stop_sequences", "stopSequences", "cache_control"];

/// Words of refusals that speak of the output format.
const FORMAT_REFUSED: [&str; 12] = [
    "response_format",
    "response format",
    "json_schema",
    "json schema",
    "json_object",
    "json mode",
    "structured output",
    "output_config",
    "output_format",
    "responsejsonschema",
    "response_json_schema",
    "responsemimetype",
];

/// Words of refusals that speak of what is in a schema.
const LIMITS_REFUSED: [&str; 6] = ["maxlength", "maxitems", "keyword", "invalid schema", "not permitted", "grammar"];

/// Words of a server that fails over what it is sent: what is a refusal anywhere else.
const FAILS_OVER: [&str; 7] =
    ["grammar", "schema", "response_format", "roles must alternate", "system role", "got system", "raise_exception"];

/// Words of a refusal of fields of which one may be sent.
const EXCLUDE: [&str; 3] = ["cannot both", "only one", "mutually exclusive"];

/// `OpenAI` takes four stop sequences, and Gemini five.
pub(super) const MOST_STOPS: usize = 4;

/// The fewest tokens that are believed to be the most of an answer.
const FEWEST_TOKENS: u32 = 64;

impl Dialect {
    pub(super) fn new(output: OutputFormat, limit: LimitName) -> Self {
        Self {
            output,
            limit,
            most_tokens: None,
            most_stops: MOST_STOPS,
            dropped: Vec::new(),
            system_role: true,
            streams: true,
            limit_factor: 1,
            thinks_first: false,
        }
    }

    pub(super) fn sends(&self, field: &str) -> bool {
        !self.dropped.iter().any(|dropped| dropped == field)
    }

    /// How many tokens an answer is given that may have `tokens`.
    pub(super) fn tokens(&self, tokens: u32) -> u32 {
        let raised = tokens.saturating_mul(self.limit_factor);
        self.most_tokens.map_or(raised, |most| raised.min(most))
    }

    /// Changes what the refusal of a call with an answer of `tokens` names.
    pub(super) fn adapt(
        &mut self,
        error: &ModelError,
        fixed: &Fixed,
        purpose: Purpose,
        structured: Structured,
        form: Form,
        tokens: u32,
    ) -> Adapted {
        let said = &*error.said;
        match error.reason {
            Reason::Refused => {}
            Reason::ServerError if form == Form::Doubted => {}
            Reason::ServerError if FAILS_OVER.iter().chain(&FORMAT).any(|word| said.contains(word)) => {}
            // Such a server checks JSON of every form, and this model does not write it: by the prompt alone it may.
            Reason::Unreadable
                if said.contains("json_validate_failed")
                    && purpose == Purpose::Extract
                    && structured == Structured::Auto
                    && self.output != OutputFormat::Plain =>
            {
                self.output = OutputFormat::Plain;
                return Adapted::Guessed;
            }
            _ => return Adapted::No,
        }
        if self.rename_limit(said)
            || self.lower_limit(said, tokens)
            || self.fold_system(said)
            || self.stop_streaming(said)
            || self.halve_stops(said)
            || self.drop_fields(said, fixed)
        {
            return Adapted::Named;
        }
        if !self.step_down(said, purpose, structured) {
            return Adapted::No;
        }
        let is_named = FORMAT_REFUSED
            .iter()
            .chain(&LIMITS_REFUSED)
            .chain(&FORMAT)
            .chain(&["schema"])
            .any(|word| said.contains(word));
        if is_named { Adapted::Named } else { Adapted::Guessed }
    }

    fn rename_limit(&mut self, said: &str) -> bool {
        // Of a limit that is too high, both names are given.
        if names_output_limit(said) || !said.contains("max_completion_tokens") {
            return false;
        }
        let other = match self.limit {
            LimitName::MaxTokens => LimitName::MaxCompletionTokens,
            LimitName::MaxCompletionTokens => LimitName::MaxTokens,
        };
        // Once: a server that refuses both is not asked without end.
        if self.dropped.iter().any(|dropped| dropped == "limit") {
            return false;
        }
        self.limit = other;
        self.dropped.push("limit".to_owned());
        true
    }

    /// The largest number in the refusal that is smaller than what was asked for; half of that where it gives none.
    fn lower_limit(&mut self, said: &str, tokens: u32) -> bool {
        let asked = self.tokens(tokens);
        if !names_output_limit(said) || asked <= FEWEST_TOKENS {
            return false;
        }
        let numbers = said.split(|c: char| !c.is_ascii_digit() && c != ',').map(|number| number.replace(',', ""));
        let smaller =
            numbers.filter_map(|number| number.parse().ok()).filter(|number| (FEWEST_TOKENS..asked).contains(number));
        self.most_tokens = Some(smaller.max().unwrap_or((asked / 2).max(FEWEST_TOKENS)));
        true
    }

    fn fold_system(&mut self, said: &str) -> bool {
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        // Our messages alternate, so that it is the system's which does not fit.
        let refused = says(&["roles must alternate", "got system", "developer instruction"])
            || (says(&["system"])
                && says(&["role", "instruction", "prompt", "message"])
                && says(&[
                    "not support",
                    "unsupported",
                    "not allowed",
                    "not enabled",
                    "unexpected",
                    "invalid",
                    "only user",
                ]));
        refused && std::mem::take(&mut self.system_role)
    }

    fn stop_streaming(&mut self, said: &str) -> bool {
        let words = [
            "to stream this model",
            "streaming is not",
            "not support streaming",
            "stream is not supported",
            "stream=true is not",
        ];
        let refused = words.iter().any(|word| said.contains(word)) || is_named(said, "stream");
        refused && std::mem::take(&mut self.streams)
    }

    /// A server that counts stop sequences gets half as many, and none when it refuses the last.
    fn halve_stops(&mut self, said: &str) -> bool {
        let is_counted = counts_stops(said) && self.most_stops > 1;
        if is_counted {
            self.most_stops /= 2;
        }
        is_counted
    }

    /// Leaves out what the refusal names: all of it, unless the fields only exclude each other.
    fn drop_fields(&mut self, said: &str, fixed: &Fixed) -> bool {
        let most = if EXCLUDE.iter().any(|words| said.contains(words)) { 1 } else { usize::MAX };
        let sent = OPTIONAL.into_iter().chain(fixed.names()).filter(|field| self.sends(field));
        let named: Vec<_> = sent.filter(|field| is_named(said, field)).map(str::to_owned).take(most).collect();
        let any = !named.is_empty();
        self.dropped.extend(named);
        any
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_tokens_are_given_only_so_often() {
        let mut dialect = Dialect::new(OutputFormat::Plain, LimitName::MaxTokens);
        assert!(dialect.raise_limit() && dialect.raise_limit() && !dialect.raise_limit());
        assert_eq!(dialect.limit_factor, MOST_RAISED);
    }

    #[test]
    fn an_answer_gets_as_many_tokens_as_the_refusal_allows() {
        for (said, most) in [
            (
                "max_tokens is too large: 6000. this model supports at most 4096 completion tokens, whereas you provided 6000.",
                4096,
            ),
            ("invalid max_tokens value, the valid range of max_tokens is [1, 1024]", 1024),
            (
                "max_tokens: 6000 > 4,096, which is the maximum allowed number of output tokens for claude-3-opus-20240229",
                4096,
            ),
            (
                "`max_tokens` must be less than or equal to `2048`, the maximum value for `max_tokens` is less than the `context_window`",
                2048,
            ),
            (
                "the parameter `max_tokens` is not valid: integer above maximum value, expected a value <= 1288, but got 6000",
                1288,
            ),
            ("max_completion_tokens is limited for this model", 3000),
        ] {
            let mut dialect = Dialect::new(OutputFormat::Plain, LimitName::MaxTokens);
            assert!(dialect.lower_limit(said, 6000), "{said}");
            assert_eq!(dialect.tokens(6000), most, "{said}");
            assert_eq!(dialect.tokens(100), 100);
        }
        let mut dialect = Dialect::new(OutputFormat::Plain, LimitName::MaxTokens);
        let window = "'max_tokens' is too large: 6000. this model's maximum context length is 8192 tokens";
        assert!(!dialect.lower_limit(window, 6000));
    }
}
