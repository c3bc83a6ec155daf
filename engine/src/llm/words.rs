//! What was learned of a server, in words for the log, each with the key of the provider that says it from the start, if there is one.

use super::dialect::{Dialect, LimitName, OutputFormat};

/// The fields of bodies that a key of the provider puts there or keeps out, and what to write for that.
const KEYS: [(&[&str], &str); 12] = [
    (&["temperature"], "send_temperature = false"),
    (&["top_p", "topP"], "leave top_p out"),
    (&["top_k", "topK"], "leave top_k out"),
    (&["min_p"], "leave min_p out"),
    (&["seed"], "leave seed out"),
    (&["presence_penalty", "presencePenalty"], "leave presence_penalty out"),
    (&["frequency_penalty", "frequencyPenalty"], "leave frequency_penalty out"),
    (&["repeat_penalty", "repetition_penalty"], "leave repeat_penalty out"),
    (&["reasoning_effort"], "leave reasoning_effort out"),
    (&["thinking", "think", "thinkingConfig", "reasoning", "chat_template_kwargs"], "leave thinking out"),
    (&["keep_alive"], "leave keep_alive out"),
    (&["stop", "stop_sequences", "stopSequences"], ""),
];

/// How a server is asked, as far as that differs from how it is asked at first.
pub(super) fn of(first: &Dialect, now: &Dialect) -> String {
    let mut said = Vec::new();
    if now.output != first.output {
        said.push(match now.output {
            OutputFormat::Schema => "deltas by schema (structured = \"schema\")",
            OutputFormat::WithoutLimits => "deltas by a schema without lengths",
            OutputFormat::Json => "deltas as JSON of any form (structured = \"json\")",
            OutputFormat::Plain => "deltas by the prompt alone (structured = \"none\")",
        });
    }
    if now.limit != first.limit {
        said.push(match now.limit {
            LimitName::MaxTokens => "the most tokens of an answer as `max_tokens`",
            LimitName::MaxCompletionTokens => "the most tokens of an answer as `max_completion_tokens`",
        });
    }
    if !now.system_role && first.system_role {
        said.push("the system text at the head of the first message");
    }
    if !now.streams && first.streams {
        said.push("narrations that come whole (stream = false)");
    }
    let mut said: Vec<String> = said.into_iter().map(str::to_owned).collect();
    if let Some(most) = now.most_tokens.filter(|_| now.most_tokens != first.most_tokens) {
        said.push(format!(
            "answers of at most {most} tokens (max_tokens = {most}, backend_max_tokens = {most}, or less)"
        ));
    }
    if now.limit_factor != first.limit_factor {
        let factor = now.limit_factor;
        said.push(format!("{factor} times the tokens for an answer, because the model thinks (thinking = false, or a larger max_tokens)"));
    }
    if now.most_stops != first.most_stops {
        said.push(format!("at most {} stop sequences", now.most_stops));
    }
    // The mark of a limit that has another name is no field.
    let dropped = now.dropped.iter().filter(|field| *field != "limit" && first.sends(field));
    said.extend(dropped.map(|field| without(field)));
    if said.is_empty() { "as at first".to_owned() } else { said.join("; ") }
}

fn without(field: &str) -> String {
    match KEYS.iter().find(|(names, _)| names.contains(&field)) {
        Some((_, "")) => "no stop sequences".to_owned(),
        Some((_, key)) => format!("no `{field}` ({key})"),
        None => format!("no `{field}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_said_in_words_with_the_key_that_says_it_from_the_start() {
        let first = Dialect::new(OutputFormat::Schema, LimitName::MaxTokens);
        assert_eq!(of(&first, &first), "as at first");
        let dropped = ["temperature", "limit", "stream_options", "stopSequences", "topK"].map(str::to_owned).to_vec();
        let now = Dialect {
            output: OutputFormat::Json,
            limit: LimitName::MaxCompletionTokens,
            most_tokens: Some(512),
            most_stops: 2,
            system_role: false,
            streams: false,
            limit_factor: 4,
            dropped,
            ..first.clone()
        };
        assert_eq!(
            of(&first, &now),
            "deltas as JSON of any form (structured = \"json\"); the most tokens of an answer as `max_completion_tokens`; \
             the system text at the head of the first message; narrations that come whole (stream = false); \
             answers of at most 512 tokens (max_tokens = 512, backend_max_tokens = 512, or less); \
             4 times the tokens for an answer, because the model thinks (thinking = false, or a larger max_tokens); \
             at most 2 stop sequences; no `temperature` (send_temperature = false); no `stream_options`; no stop sequences; \
             no `topK` (leave top_k out)"
        );
    }
}
