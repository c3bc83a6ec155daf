//! Gemini `generateContent`: <https://ai.google.dev/api/generate-content>.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use story::Role;

use super::Holds;
use super::ask::Ask;
use super::fixed::{Fields, Fixed, Written, put};
use crate::config::ProviderConfig;
use crate::llm::completion::{Count, Finish, Lenient, Received, Text, Tokens};
use crate::llm::purpose::Purpose;

pub(super) fn fixed(config: &ProviderConfig, purpose: Purpose) -> Fields {
    let varying = &["contents", "systemInstruction", "generationConfig"];
    let mut fields = Fields { varying, ..Fields::default() };
    let options = &mut fields.options;
    put(options, "seed", config.seed);
    if purpose == Purpose::Narrate {
        put(options, "topP", config.top_p);
        put(options, "topK", config.top_k);
        put(options, "presencePenalty", config.presence_penalty);
        put(options, "frequencyPenalty", config.frequency_penalty);
    }
    let thinking = match (&config.reasoning_effort, config.thinking) {
        (_, Some(false)) => Some(json!({ "thinkingBudget": 0 })),
        (Some(effort), _) => Some(json!({ "thinkingLevel": effort })),
        (None, _) => None,
    };
    put(options, "thinkingConfig", thinking);
    fields
}

/// The body of a call. Model and streaming are in its address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'a>>,
    contents: Vec<Content<'a>>,
    generation_config: Options<'a>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Part<'a> {
    text: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a RawValue>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

impl<'a> Body<'a> {
    pub(super) fn new(fixed: &'a Fixed, ask: &Ask<'a>) -> Self {
        let system = ask.system();
        let schema = ask.by_schema();
        let contents = ask.spoken().map(|(speaker, content)| Content {
            role: if speaker == Role::Assistant { "model" } else { "user" },
            parts: [Part { text: content }],
        });
        Self {
            system_instruction: (!system.trim().is_empty())
                .then_some(Instruction { parts: [Part { text: system.into() }] }),
            contents: contents.collect(),
            generation_config: Options {
                max_output_tokens: ask.max_tokens(),
                temperature: ask.temperature(),
                stop_sequences: ask.stops("stopSequences"),
                response_mime_type: (schema.is_some() || ask.is_json()).then_some("application/json"),
                response_json_schema: schema,
                fixed: fixed.options(&ask.dialect.dropped),
            },
            fixed: fixed.top(&ask.dialect.dropped),
        }
    }
}

/// An event of a stream, or a whole answer: they have the same form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    #[serde(borrow, default)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, default)]
    prompt_feedback: Option<Feedback<'a>>,
    #[serde(default)]
    usage_metadata: Option<Lenient<Usage>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow, default)]
    content: Option<ReplyMessage<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ReplyMessage<'a> {
    #[serde(borrow, default)]
    parts: Option<Vec<Piece<'a>>>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow, default)]
    block_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "these are the vendor's names")]
struct Usage {
    #[serde(default)]
    prompt_token_count: Option<Count>,
    #[serde(default)]
    cached_content_token_count: Option<Count>,
    #[serde(default)]
    candidates_token_count: Option<Count>,
    #[serde(default)]
    thoughts_token_count: Option<Count>,
}

pub(super) fn read(frame: &[u8], received: &mut Received) -> serde_json::Result<Holds> {
    let frame: Frame<'_> = serde_json::from_slice(frame)?;
    let known = frame.candidates.is_some() || frame.prompt_feedback.is_some() || frame.usage_metadata.is_some();
    let holds = Holds::of(frame.error.is_some(), known);
    if let Some(candidate) = frame.candidates.unwrap_or_default().into_iter().next() {
        for piece in candidate.content.and_then(|said| said.parts).unwrap_or_default() {
            if piece.thought {
                received.thought = true;
                received.think(Text::of(piece.text.as_ref()));
            } else {
                received.text.push_str(Text::of(piece.text.as_ref()));
            }
        }
        received.finish(candidate.finish_reason.as_ref().map(|reason| &*reason.0));
    }
    if let Some(reason) = frame.prompt_feedback.and_then(|feedback| feedback.block_reason) {
        received.finish = Some(Finish::Filtered);
        received.refusal.push_str(&reason.0);
    }
    if let Some(usage) = frame.usage_metadata.and_then(|usage| usage.0) {
        let number = |count: Option<Count>| count.unwrap_or_default().0;
        let reasoning = number(usage.thoughts_token_count);
        received.thought |= reasoning > 0;
        received.tokens = Tokens {
            prompt: number(usage.prompt_token_count),
            cached: number(usage.cached_content_token_count),
            completion: number(usage.candidates_token_count) + reasoning,
            reasoning,
        };
    }
    Ok(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_add_up_to_an_answer() {
        let mut received = Received::default();
        for event in [
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm.","thought":true}]}}]}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"You wait."}]},"finishReason":"STOP"}],
                "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":2}}"#,
        ] {
            read(event.as_bytes(), &mut received).unwrap();
        }
        assert_eq!((received.text.as_str(), received.thought), ("You wait.", true));
        assert_eq!(received.finish, Some(Finish::Stop));
        assert_eq!(received.tokens, Tokens { prompt: 7, cached: 0, completion: 5, reasoning: 2 });
    }

    #[test]
    fn a_blocked_prompt_is_filtered() {
        let mut received = Received::default();
        read(br#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, &mut received).unwrap();
        assert_eq!(received.finish, Some(Finish::Filtered));
    }
}
