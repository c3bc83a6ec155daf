//! The two calls of a turn: a narration that streams, and a delta in structured output.

use std::time::Duration;

use futures::StreamExt;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStream, ChatStreamEvent, StopReason, StreamEnd};
use protocol::Usage;
use story::{Prompt, Role};
use tokio::time::{Instant, timeout_at};

use super::ModelError;
use super::provider::Provider;
use crate::store::Narrated;

/// A narration that is being written.
pub struct Narration<'a> {
    provider: &'a Provider,
    source: Source,
    deadline: Instant,
    started: bool,
    text: String,
    usage: Usage,
}

/// Where a narration comes from.
enum Source {
    /// Piece by piece, from the model.
    Stream(ChatStream),
    /// It came as a whole, and is shown in one piece.
    Whole(Option<String>),
}

impl Provider {
    /// Asks for a narration. Of one that streams, nothing is there yet when this returns.
    pub async fn narrate(&self, prompt: &Prompt, temperature: f64) -> Result<Narration<'_>, ModelError> {
        let deadline = Instant::now() + self.timeouts.call;
        let options = ChatOptions::default().with_max_tokens(self.max_tokens).with_capture_usage(true);
        let options = if self.send_temperature { options.with_temperature(temperature) } else { options };
        let begun = |source, text, usage| Narration { provider: self, source, deadline, started: false, text, usage };
        if !self.stream {
            let call = self.client.exec_chat(self.narrator.clone(), request(prompt), Some(&options));
            let response = timeout_at(deadline, call)
                .await
                .map_err(|_| late("did not finish its answer", self.timeouts.call))?
                .map_err(|error| self.failed(error))?;
            let usage = usage(&response.usage);
            let reason = response.stop_reason.clone();
            let whole = whole(reason.as_ref(), response.into_first_text())?;
            return Ok(begun(Source::Whole(Some(whole)), String::new(), usage));
        }
        let call = self.client.exec_chat_stream(self.narrator.clone(), request(prompt), Some(&options));
        let within = deadline.min(Instant::now() + self.timeouts.first_token);
        let stream = timeout_at(within, call)
            .await
            .map_err(|_| late("did not begin to answer", self.timeouts.first_token))?
            .map_err(|error| self.failed(error))?
            .stream;
        Ok(begun(Source::Stream(stream), String::new(), Usage::default()))
    }

    /// Asks for a delta; answers the text that the model wrote.
    pub async fn extract(&self, prompt: &Prompt) -> Result<Narrated, ModelError> {
        let call = self.client.exec_chat(self.backend.clone(), request(prompt), Some(&self.extraction));
        let response = tokio::time::timeout(self.timeouts.call, call)
            .await
            .map_err(|_| late("did not finish its answer", self.timeouts.call))?
            .map_err(|error| self.failed(error))?;
        let usage = usage(&response.usage);
        match response.into_first_text() {
            Some(text) if !text.trim().is_empty() => Ok(Narrated { text, usage }),
            _ => Err(ModelError::passing("the model's delta is empty")),
        }
    }

    fn failed(&self, error: genai::Error) -> ModelError {
        ModelError::from(error).without(self.key.as_deref())
    }
}

/// A narration that came in one piece, if it is one.
fn whole(reason: Option<&StopReason>, text: Option<String>) -> Result<String, ModelError> {
    match (reason, text) {
        (Some(StopReason::ContentFilter(_)), _) => Err(ModelError::lasting("the model refused to narrate this")),
        (_, Some(text)) if !text.trim().is_empty() => Ok(text),
        _ => Err(ModelError::passing("the model's narration is empty")),
    }
}

fn late(what: &str, after: Duration) -> ModelError {
    ModelError::passing(format!("the model {what} within {:.1} s", after.as_secs_f64()))
}

impl Narration<'_> {
    /// The next piece of text; `None` once the narration is whole. A stream that ends without saying that it has
    /// finished is an error: a cut-off text must not pass for a whole one.
    pub async fn next(&mut self) -> Result<Option<String>, ModelError> {
        let timeouts = &self.provider.timeouts;
        let stream = match &mut self.source {
            Source::Whole(whole) => {
                let piece = whole.take();
                self.text.push_str(piece.as_deref().unwrap_or_default());
                return Ok(piece);
            }
            Source::Stream(stream) => stream,
        };
        loop {
            let patience = if self.started { timeouts.between_tokens } else { timeouts.first_token };
            let within = self.deadline.min(Instant::now() + patience);
            let Ok(event) = timeout_at(within, stream.next()).await else {
                let what = if self.started { "stopped in the middle of its answer" } else { "did not begin to answer" };
                return Err(late(what, patience));
            };
            match event {
                Some(Ok(ChatStreamEvent::Chunk(chunk))) if !chunk.content.is_empty() => {
                    self.started = true;
                    self.text.push_str(&chunk.content);
                    return Ok(Some(chunk.content));
                }
                Some(Ok(ChatStreamEvent::End(end))) => return self.end(&end).map(|()| None),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(self.provider.failed(error)),
                None => return Err(ModelError::passing("the model's stream ended before the narration was whole")),
            }
        }
    }

    /// The whole narration, once [`Narration::next`] has answered `None`.
    #[must_use]
    pub fn finish(self) -> Narrated {
        Narrated { text: self.text.trim_end().to_owned(), usage: self.usage }
    }

    fn end(&mut self, end: &StreamEnd) -> Result<(), ModelError> {
        if let Some(found) = &end.captured_usage {
            self.usage = usage(found);
        }
        match &end.captured_stop_reason {
            None => Err(ModelError::passing("the model's stream ended before the narration was whole")),
            Some(StopReason::ContentFilter(_)) => Err(ModelError::lasting("the model refused to narrate this")),
            Some(_) if self.text.trim().is_empty() => Err(ModelError::passing("the model's narration is empty")),
            Some(_) => Ok(()),
        }
    }
}

/// A prompt as genai takes it: stable system text first, so that a vendor's prompt cache hits.
fn request(prompt: &Prompt) -> ChatRequest {
    let system = prompt.system.iter().map(|text| ChatMessage::system(text.as_str()));
    let messages = prompt.messages.iter().map(|message| match message.role {
        Role::System => ChatMessage::system(message.content.as_str()),
        Role::User => ChatMessage::user(message.content.as_str()),
        Role::Assistant => ChatMessage::assistant(message.content.as_str()),
    });
    ChatRequest::new(system.chain(messages).collect())
}

fn usage(found: &genai::chat::Usage) -> Usage {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0);
    Usage { prompt_tokens: count(found.prompt_tokens), completion_tokens: count(found.completion_tokens) }
}
