//! Chat completions of `OpenAI` and everybody who is compatible with them:
//! <https://platform.openai.com/docs/api-reference/chat>.

use std::borrow::Cow;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Holds;
use super::ask::{Ask, List, role};
use super::fixed::{Fields, Fixed, Written, put};
use crate::config::{Adapter, Endpoint, ProviderConfig};
use crate::llm::completion::{Count, Lenient, Received, Text, Tokens};
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

struct Messages<'a>(Ask<'a>);

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub(super) role: &'static str,
    pub(super) content: Cow<'a, str>,
}

/// A prompt as one list of messages.
pub(super) fn messages<'a>(ask: &Ask<'a>) -> impl Iterator<Item = Message<'a>> {
    let system = Some(ask.system()).filter(|system| !system.is_empty());
    let system = system.map(|system| Message { role: "system", content: system.into() });
    system.into_iter().chain(ask.spoken().map(|(speaker, content)| Message { role: role(speaker), content }))
}

impl Serialize for Messages<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        List(|| messages(&self.0)).serialize(serializer)
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
            messages: Messages(*ask),
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
    choices: Option<Vec<Option<Choice<'a>>>>,
    #[serde(default)]
    usage: Option<Lenient<Usage>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<Count>,
    #[serde(borrow, default)]
    delta: Option<ReplyMessage<'a>>,
    #[serde(borrow, default)]
    message: Option<ReplyMessage<'a>>,
    /// Where servers put it that know completions only.
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ReplyMessage<'a> {
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    reasoning: Option<Text<'a>>,
    #[serde(borrow, default)]
    refusal: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Lenient<Vec<ToolCall<'a>>>>,
    /// What calls of tools were called first.
    #[serde(borrow, default)]
    function_call: Option<Lenient<Function<'a>>>,
    /// The object that a server has read from the answer itself.
    #[serde(borrow, default)]
    parsed: Option<&'a RawValue>,
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
struct Arguments<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(match value.get() {
            "null" => "".into(),
            text if text.starts_with('"') => serde_json::from_str::<Text<'de>>(text).map_err(D::Error::custom)?.0,
            json => json.into(),
        }))
    }
}

/// Text, or a list of parts of which some are text and others thought.
#[derive(Default)]
struct Content<'a> {
    text: Cow<'a, str>,
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
                while let Some(part) = parts.next_element::<&'de RawValue>()? {
                    let Ok(part) = serde_json::from_str::<Part<'de>>(part.get()) else {
                        let text = serde_json::from_str::<Text<'de>>(part.get()).unwrap_or_default();
                        content.text.to_mut().push_str(&text.0);
                        continue;
                    };
                    if matches!(&*part.kind.0, "thinking" | "reasoning") {
                        content.thought = true;
                    } else {
                        content.text.to_mut().push_str(Text::of(part.text.as_ref()));
                    }
                }
                Ok(content)
            }

            fn visit_map<A: MapAccess<'de>>(self, part: A) -> Result<Self::Value, A::Error> {
                let object = Map::<String, Value>::deserialize(MapAccessDeserializer::new(part))?;
                let text = match object.get("text").and_then(Value::as_str) {
                    Some(text) => text.to_owned(),
                    None if object.is_empty() || object.contains_key("type") => String::new(),
                    // The answer itself, where JSON was asked for.
                    None => Value::Object(object).to_string(),
                };
                Ok(Content { text: text.into(), thought: false })
            }
        }
        deserializer.deserialize_any(Reads(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<Count>,
    #[serde(default)]
    completion_tokens: Option<Count>,
    #[serde(default)]
    prompt_tokens_details: Option<Lenient<PromptDetails>>,
    #[serde(default)]
    completion_tokens_details: Option<Lenient<CompletionDetails>>,
    #[serde(default)]
    prompt_cache_hit_tokens: Option<Count>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<Count>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<Count>,
}

pub(super) fn read(frame: &[u8], received: &mut Received) -> serde_json::Result<Holds> {
    let frame: Frame<'_> = serde_json::from_slice(frame)?;
    let holds = Holds::of(frame.error.is_some(), frame.choices.is_some() || frame.usage.is_some());
    // Only one choice is asked for; a server that sends more means the first.
    let mut choices = frame.choices.unwrap_or_default().into_iter();
    let choice = choices.next().flatten();
    let is_empty = choice.is_none();
    let choice = choice.into_iter().chain(choices.flatten()).find(|choice| {
        let index = choice.index.unwrap_or_default().0;
        index == *received.choice.get_or_insert(index)
    });
    received.counted = is_empty && frame.usage.as_ref().is_some_and(|usage| usage.0.is_some());
    if let Some(choice) = choice {
        match choice.delta.or(choice.message) {
            Some(said) => take(&said, received),
            None => received.text.push_str(Text::of(choice.text.as_ref())),
        }
        received.finish(choice.finish_reason.as_ref().map(|reason| &*reason.0));
    }
    if let Some(usage) = frame.usage.and_then(|usage| usage.0) {
        let number = |count: Option<Count>| count.unwrap_or_default().0;
        let cached = usage.prompt_tokens_details.and_then(|details| details.0?.cached_tokens);
        let reasoning = usage.completion_tokens_details.and_then(|details| details.0?.reasoning_tokens);
        received.tokens = Tokens {
            prompt: number(usage.prompt_tokens),
            cached: number(cached.or(usage.prompt_cache_hit_tokens)),
            completion: number(usage.completion_tokens),
            reasoning: number(reasoning),
        };
    }
    Ok(holds)
}

fn take(said: &ReplyMessage<'_>, received: &mut Received) {
    for thoughts in [&said.reasoning_content, &said.reasoning].into_iter().flatten() {
        received.thought = true;
        received.think(&thoughts.0);
    }
    if let Some(content) = &said.content {
        received.thought |= content.thought;
        received.text.push_str(&content.text);
    }
    received.refusal.push_str(Text::of(said.refusal.as_ref()));
    for call in said.tool_calls.iter().filter_map(|calls| calls.0.as_ref()).flatten() {
        if let Some(arguments) = call.function.as_ref().and_then(|function| function.arguments.as_ref()) {
            received.arguments.push_str(&arguments.0);
        }
    }
    let function = said.function_call.as_ref().and_then(|function| function.0.as_ref());
    if let Some(arguments) = function.and_then(|function| function.arguments.as_ref()) {
        received.arguments.push_str(&arguments.0);
    }
    if let Some(parsed) = said.parsed.filter(|parsed| parsed.get().starts_with('{') && received.arguments.is_empty()) {
        received.arguments.push_str(parsed.get());
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
    fn thoughts_refusals_and_tool_calls_are_distinguished_from_text() {
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
