//! Chat completions of `OpenAI` and everybody who is compatible with them:
//! <https://platform.openai.com/docs/api-reference/chat>.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use story::Prompt;

use super::ask::{Ask, List, role};
use super::fixed::{Fields, Fixed, Written, put};
use crate::config::{Adapter, Endpoint, ProviderConfig};
use crate::llm::completion::{Received, Text, Tokens};
use crate::llm::dialect::LimitName;
use crate::llm::purpose::Purpose;

pub(super) fn fixed(config: &ProviderConfig, endpoint: &Endpoint, purpose: Purpose) -> Fields {
    let mut fields = Fields {
        varying: &[
            "model",
            "messages",
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "response_format",
            "stop",
        ],
        ..Fields::default()
    };
    let top = &mut fields.top;
    if purpose == Purpose::Narrate {
        put(top, "top_p", config.top_p);
        put(top, "top_k", config.top_k);
        put(top, "min_p", config.min_p);
        put(top, "presence_penalty", config.presence_penalty);
        put(top, "frequency_penalty", config.frequency_penalty);
        let repeat = if config.adapter == Adapter::LlamaCpp { "repeat_penalty" } else { "repetition_penalty" };
        put(top, repeat, config.repeat_penalty);
    }
    put(top, "seed", config.seed);
    put(top, "reasoning_effort", config.reasoning_effort.clone());
    match config.thinking {
        Some(on) if endpoint.is_host("openrouter.ai") => put(top, "reasoning", Some(json!({ "enabled": on }))),
        Some(on) if endpoint.is_host("deepseek.com") => {
            put(top, "thinking", Some(json!({ "type": if on { "enabled" } else { "disabled" } })));
        }
        Some(false) if endpoint.is_host("openai.com") => put(top, "reasoning_effort", Some("minimal")),
        Some(true) if endpoint.is_host("openai.com") => {}
        Some(on) => put(top, "chat_template_kwargs", Some(json!({ "enable_thinking": on }))),
        None => {}
    }
    fields
}

/// The body of a call.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Messages<'a>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonSchema { json_schema: JsonSchema<'a> },
    JsonObject,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a RawValue,
}

struct Messages<'a>(&'a Prompt);

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub(super) role: &'static str,
    pub(super) content: &'a str,
}

/// A prompt as one list of messages.
pub(super) fn messages(prompt: &Prompt) -> impl Iterator<Item = Message<'_>> {
    let system = std::iter::once(Message { role: "system", content: prompt.system() });
    let spoken =
        prompt.messages().iter().map(|message| Message { role: role(message.role), content: &message.content });
    system.chain(spoken)
}

impl Serialize for Messages<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        List(|| messages(self.0)).serialize(serializer)
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(fixed: &'a Fixed, ask: &Ask<'a>) -> Self {
        let max_tokens = ask.max_tokens();
        let called = |name| (ask.dialect.limit == name).then_some(max_tokens);
        let by_schema = ask.by_schema().map(|schema| ResponseFormat::JsonSchema {
            json_schema: JsonSchema { name: "delta", strict: true, schema },
        });
        let usage = ask.stream && ask.dialect.sends("stream_options");
        Self {
            model: ask.model,
            messages: Messages(ask.prompt),
            stream: ask.stream,
            stream_options: usage.then_some(StreamOptions { include_usage: true }),
            max_tokens: called(LimitName::MaxTokens),
            max_completion_tokens: called(LimitName::MaxCompletionTokens),
            temperature: ask.temperature(),
            stop: ask.stops("stop"),
            response_format: by_schema.or_else(|| ask.is_json().then_some(ResponseFormat::JsonObject)),
            fixed: fixed.top(&ask.dialect.dropped),
        }
    }
}

/// A chunk of a stream, or a whole completion.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Option<Said<'a>>,
    #[serde(borrow, default)]
    message: Option<Said<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(default)]
    reasoning_content: Option<IgnoredAny>,
    #[serde(default)]
    reasoning: Option<IgnoredAny>,
    #[serde(borrow, default)]
    refusal: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    arguments: Option<Arguments<'a>>,
}

/// Arguments are JSON in a string; some servers send the JSON itself.
struct Arguments<'a>(std::borrow::Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(match serde_json::from_str::<Text<'de>>(value.get()) {
            Ok(text) => text.0,
            Err(_) => value.get().into(),
        }))
    }
}

/// Text, or a list of parts of which some are text and others thought.
#[derive(Default)]
struct Content<'a> {
    text: std::borrow::Cow<'a, str>,
    thought: bool,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reads<'a> {
            type Value = Content<'a>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content { text: text.into(), thought: false })
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content { text: text.to_owned().into(), thought: false })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                let mut content = Content::default();
                while let Some(part) = parts.next_element::<Part<'de>>()? {
                    if matches!(&*part.kind.0, "thinking" | "reasoning") {
                        content.thought = true;
                    } else {
                        content.text.to_mut().push_str(Text::of(part.text.as_ref()));
                    }
                }
                Ok(content)
            }
        }
        deserializer.deserialize_any(Reads(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

pub(super) fn read(frame: &[u8], received: &mut Received) -> serde_json::Result<()> {
    let frame: Frame<'_> = serde_json::from_slice(frame)?;
    // Only one choice is asked for; a server that sends more means the first.
    if let Some(choice) = frame.choices.unwrap_or_default().into_iter().next() {
        if let Some(said) = choice.delta.or(choice.message) {
            hear(&said, received);
        }
        received.finish(choice.finish_reason.as_ref().map(|reason| &*reason.0));
    }
    if let Some(usage) = frame.usage {
        let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
        received.tokens = Tokens {
            prompt: usage.prompt_tokens.unwrap_or(0),
            cached: cached.or(usage.prompt_cache_hit_tokens).unwrap_or(0),
            completion: usage.completion_tokens.unwrap_or(0),
            reasoning: usage.completion_tokens_details.and_then(|details| details.reasoning_tokens).unwrap_or(0),
        };
    }
    Ok(())
}

fn hear(said: &Said<'_>, received: &mut Received) {
    received.thought |= said.reasoning_content.is_some() || said.reasoning.is_some();
    if let Some(content) = &said.content {
        received.thought |= content.thought;
        received.text.push_str(&content.text);
    }
    received.refusal.push_str(Text::of(said.refusal.as_ref()));
    for call in said.tool_calls.iter().flatten() {
        if let Some(arguments) = call.function.as_ref().and_then(|function| function.arguments.as_ref()) {
            received.arguments.push_str(&arguments.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::completion::Finish;

    fn received(frames: &[&str]) -> Received {
        let mut received = Received::default();
        for frame in frames {
            read(frame.as_bytes(), &mut received).unwrap();
        }
        received
    }

    #[test]
    fn chunks_add_up_to_what_a_whole_completion_says() {
        let streamed = received(&[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]}"#,
            r#"{"choices":[{"delta":{"content":"You \"wait\"."},"finish_reason":""}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5}}}"#,
        ]);
        let whole = received(&[
            r#"{"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"You \"wait\"."},
            "finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5}}}"#,
        ]);
        for received in [streamed, whole] {
            assert_eq!(received.text, "You \"wait\".");
            assert_eq!(received.finish, Some(Finish::Stop));
            assert_eq!(received.tokens, Tokens { prompt: 7, cached: 5, completion: 3, reasoning: 0 });
            assert!(!received.thought);
        }
    }

    #[test]
    fn thoughts_refusals_and_tool_calls_are_told_from_text() {
        assert!(received(&[r#"{"choices":[{"delta":{"reasoning_content":"Hm."}}]}"#]).thought);
        assert!(!received(&[r#"{"choices":[{"delta":{"reasoning_content":null,"content":"Hm."}}]}"#]).thought);
        let parts = received(&[
            r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]},
            {"type":"text","text":"You wait."}]}}]}"#,
        ]);
        assert_eq!((parts.text.as_str(), parts.thought), ("You wait.", true));
        let refusal =
            received(&[r#"{"choices":[{"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}]}"#]);
        assert_eq!((refusal.text.as_str(), refusal.refusal.as_str()), ("", "I can't."));
        for arguments in [r#""{\"a\":1}""#, r#"{"a":1}"#] {
            let body = format!(
                r#"{{"choices":[{{"message":{{"tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}}}]}}"#
            );
            assert_eq!(received(&[&body]).arguments, r#"{"a":1}"#);
        }
    }
}
