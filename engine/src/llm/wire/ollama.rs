//! Ollama chat: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Holds;
use super::ask::Ask;
use super::fixed::{Fields, Fixed, Written, put};
use super::openai::{Message, messages};
use crate::config::ProviderConfig;
use crate::llm::completion::{Count, Lenient, Received, Text, Tokens};
use crate::llm::purpose::Purpose;

/// The window that Ollama is asked for when none is configured. Its own default cuts longer prompts without a word.
const WINDOW: u32 = 8192;

pub(super) fn fixed(config: &ProviderConfig, purpose: Purpose) -> Fields {
    let varying = &["model", "messages", "stream", "format", "options"];
    let mut fields = Fields { varying, ..Fields::default() };
    let options = &mut fields.options;
    put(options, "num_ctx", Some(window(config)));
    put(options, "seed", config.seed);
    if purpose == Purpose::Narrate {
        put(options, "top_p", config.top_p);
        put(options, "top_k", config.top_k);
        put(options, "min_p", config.min_p);
        put(options, "presence_penalty", config.presence_penalty);
        put(options, "frequency_penalty", config.frequency_penalty);
        put(options, "repeat_penalty", config.repeat_penalty);
    }
    let keep_alive = config.keep_alive.as_ref().map(|text| match text.parse::<i64>() {
        Ok(seconds) => json!(seconds),
        Err(_) => json!(text),
    });
    put(&mut fields.top, "keep_alive", keep_alive);
    let effort = config.reasoning_effort.clone().map(Value::from);
    put(&mut fields.top, "think", config.thinking.filter(|on| !on || effort.is_none()).map(Value::from).or(effort));
    fields
}

/// The window that is asked for.
pub(in crate::llm) fn window(config: &ProviderConfig) -> u32 {
    config.context_tokens.unwrap_or(WINDOW)
}

/// The body of a call.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Shape<'a>>,
    options: Options<'a>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shape<'a> {
    Schema(&'a RawValue),
    Json(&'static str),
}

#[derive(Serialize)]
struct Options<'a> {
    num_predict: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

impl<'a> Body<'a> {
    pub(super) fn new(fixed: &'a Fixed, ask: &Ask<'a>) -> Self {
        let json = ask.is_json().then_some(Shape::Json("json"));
        Self {
            model: ask.model,
            messages: messages(ask).collect(),
            stream: ask.stream,
            format: ask.by_schema().map(Shape::Schema).or(json),
            options: Options {
                num_predict: ask.max_tokens(),
                temperature: ask.temperature(),
                stop: ask.stops("stop"),
                fixed: fixed.options(&ask.dialect.dropped),
            },
            fixed: fixed.top(&ask.dialect.dropped),
        }
    }
}

/// A line of a stream, or a whole answer.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default)]
    message: Option<ReplyMessage<'a>>,
    #[serde(default)]
    done: bool,
    #[serde(borrow, default)]
    done_reason: Option<Text<'a>>,
    #[serde(default)]
    prompt_eval_count: Option<Count>,
    #[serde(default)]
    eval_count: Option<Count>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ReplyMessage<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Lenient<Vec<ToolCall<'a>>>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

pub(super) fn read(frame: &[u8], received: &mut Received) -> serde_json::Result<Holds> {
    let frame: Frame<'_> = serde_json::from_slice(frame)?;
    if let Some(said) = &frame.message {
        let thoughts = Text::of(said.thinking.as_ref());
        received.thought |= !thoughts.is_empty();
        received.think(thoughts);
        received.text.push_str(Text::of(said.content.as_ref()));
        for call in said.tool_calls.iter().filter_map(|calls| calls.0.as_ref()).flatten() {
            if let Some(arguments) = call.function.as_ref().and_then(|function| function.arguments) {
                received.arguments.push_str(arguments.get());
            }
        }
    }
    if frame.done {
        received.ended = true;
        received.finish(frame.done_reason.as_ref().map(|reason| &*reason.0).or(Some("stop")));
        received.tokens = Tokens {
            prompt: frame.prompt_eval_count.unwrap_or_default().0,
            completion: frame.eval_count.unwrap_or_default().0,
            ..Tokens::default()
        };
    }
    Ok(Holds::of(frame.error.is_some(), frame.message.is_some() || frame.done))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::completion::Finish;

    #[test]
    fn lines_add_up_to_an_answer() {
        let mut received = Received::default();
        for line in [
            r#"{"message":{"role":"assistant","content":"","thinking":"Hm."},"done":false}"#,
            r#"{"message":{"role":"assistant","content":"You wait."},"done":false}"#,
            r#"{"message":{"content":""},"done":true,"done_reason":"length","prompt_eval_count":7,"eval_count":3}"#,
        ] {
            read(line.as_bytes(), &mut received).unwrap();
        }
        assert_eq!((received.text.as_str(), received.thought, received.ended), ("You wait.", true, true));
        assert_eq!(received.finish, Some(Finish::Length));
        assert_eq!((received.tokens.prompt, received.tokens.completion), (7, 3));
    }
}
