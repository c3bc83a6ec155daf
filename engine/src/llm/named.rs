//! Whether a refusal names a field of the call: under its own name, or in the words that servers have for what it asks.

/// What servers say in place of a field's name, in lower case.
const OTHER_WORDS: [(&str, &[&str]); 9] = [
    ("think", &["does not support thinking", "think value", "support thinking"]),
    ("chat_template_kwargs", &["enable_thinking", "chat_template is not supported", "does not support thinking"]),
    (
        "reasoning_effort",
        &["reasoning effort", "does not support thinking", "think value", "does not support reasoning"],
    ),
    ("reasoning", &["reasoning is mandatory", "reasoning cannot be disabled", "does not support reasoning"]),
    ("thinking", &["thinking mode", "does not support thinking", "thinking is not supported"]),
    (
        "thinkingConfig",
        &[
            "thinking budget",
            "thinking_budget",
            "thinking_config",
            "thinking level",
            "thinking is not supported",
            "thinking mode",
        ],
    ),
    ("stop", &["stop sequence", "stop sequences", "stop words"]),
    ("stop_sequences", &["stop sequence", "stop sequences"]),
    ("stopSequences", &["stop sequence", "stop sequences", "stop_sequences"]),
];

/// Words that say that a field is not known or not wanted.
const REFUSES: [&str; 14] = [
    "unsupported",
    "not support",
    "unrecognized",
    "unknown",
    "unexpected",
    "extra",
    "not permitted",
    "not allowed",
    "not available",
    "invalid",
    "additional propert",
    "cannot find field",
    "unable to",
    "not implemented",
];

/// The text before the name of a field where it is not quoted.
const BEFORE: [&str; 14] = [
    "param",
    "params",
    "parameter",
    "parameters",
    "argument",
    "arguments",
    "supplied",
    "field",
    "fields",
    "property",
    "option",
    "key",
    "name",
    "keyword",
];

/// Whether a refusal, in lower case, names a field.
pub(super) fn is_named(said: &str, field: &str) -> bool {
    let field_said = field.to_ascii_lowercase();
    let other = OTHER_WORDS
        .iter()
        .find(|(name, _)| *name == field)
        .is_some_and(|(_, words)| words.iter().any(|word| said.contains(word)));
    other
        || said
            .match_indices(&field_said)
            .any(|(at, _)| is_meant(&said[..at], &field_said, &said[at + field_said.len()..], said))
}

/// Whether the name between `before` and `after` is that of the field, and not a word of the language or a part of another name.
fn is_meant(before: &str, field: &str, after: &str, said: &str) -> bool {
    let previous = before.chars().next_back().unwrap_or(' ');
    let next = after.chars().next().unwrap_or(' ');
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    if is_part(previous) || is_part(next) {
        return false;
    }
    let is_word = !field.contains('_') && field != "temperature";
    if !is_word {
        return true;
    }
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`' | '\\');
    if is_quote(previous) && is_quote(next) {
        return true;
    }
    if !REFUSES.iter().any(|word| said.contains(word)) {
        return false;
    }
    // `body.stop`, `body -> stop`, `stop: Extra inputs`, `arguments supplied: min_p, stop`.
    let word = before.trim_end().rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
    previous == '.'
        || word.ends_with("->")
        || word.ends_with(':') && BEFORE.contains(&word.trim_end_matches(':'))
        || BEFORE.contains(&word)
        || (word.ends_with(',') && (before.contains("supplied") || before.contains("param")))
        || (before.trim().is_empty() && next == ':')
        || (next == ':' && word.ends_with([':', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_by_its_name_and_not_by_a_word_that_holds_it() {
        for (said, field) in [
            ("unsupported parameter: 'stop' is not supported", "stop"),
            ("unknown name \"stopsequences\"", "stopSequences"),
            ("temperature does not support 0.6 with this model", "temperature"),
            (r#"{"loc":["body","top_p"]}"#, "top_p"),
            ("unrecognized request argument supplied: seed", "seed"),
            ("unrecognized request arguments supplied: min_p, seed", "seed"),
            ("unsupported params: temperature, stop, seed", "stop"),
            ("seed: extra inputs are not permitted", "seed"),
            ("litellm.badrequesterror: seed: extra inputs are not permitted", "seed"),
            ("body -> stop: extra fields not permitted", "stop"),
            ("property 'seed' is unsupported", "seed"),
            ("\"llama3\" does not support thinking", "think"),
            ("system.0.cache_control: extra inputs are not permitted", "cache_control"),
            ("budget 0 is invalid. this model only works in thinking mode.", "thinkingConfig"),
        ] {
            assert!(is_named(said, field), "{field} in {said}");
        }
        for (said, field) in [
            ("please stop that", "stop"),
            ("max_top_p_x", "top_p"),
            ("stream_options is not supported", "stream"),
            ("the seed of doubt is invalid", "seed"),
        ] {
            assert!(!is_named(said, field), "{field} in {said}");
        }
    }
}
