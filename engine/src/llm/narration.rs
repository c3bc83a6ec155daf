//! A narration that is being written: what has come, what is still awaited, and where it ends.

use std::time::Duration;

use store::Completion;
use tokio::time::{Instant, timeout_at};

use super::completion::Finish;
use super::dialect::Dialect;
use super::http::Reading;
use super::provider::Provider;
use super::window::{Size, Window};
use super::{ModelError, Reason};

/// Bytes of a token, at most, in the scripts that need most. A server that writes more than this for each token that it may
/// write does not mind its allowance.
const BYTES_PER_TOKEN: usize = 8;

/// Bytes of a token, at least, over a paragraph of prose.
const SURE_BYTES_PER_TOKEN: usize = 2;

/// Behind the reason of the end only a count of tokens comes, and some servers keep the connection open for long.
const AFTER_THE_END: Duration = Duration::from_secs(2);

impl Provider {
    /// Whether the narrating model is known to begin with thoughts that nothing opens.
    #[must_use]
    pub(crate) fn thinks_first(&self) -> bool {
        self.narrator.learned.get().thinks_first
    }

    /// Remembers it, for as long as this process runs.
    pub(crate) fn remember_that_it_thinks_first(&self) {
        let dialect = Dialect { thinks_first: true, ..(*self.narrator.learned.get()).clone() };
        self.narrator.learned.set(dialect);
    }

    /// So many bytes of a narration surely fit its allowance; behind them it may break off.
    #[must_use]
    pub(crate) fn may_break_off_after(&self) -> usize {
        // A prompt may leave no more than this of a small window.
        let least = self.narrator.window.tokens().map_or(u32::MAX, |tokens| (tokens / 16).max(Window::SHORT_ANSWER));
        let tokens = self.narrator.max_tokens.min(least);
        usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(SURE_BYTES_PER_TOKEN)
    }
}

/// A narration that is being written.
pub struct Narration<'a> {
    provider: &'a Provider,
    reading: Reading,
    prompt: Size,
    deadline: Instant,
    text: String,
    /// How many bytes are read, whatever the server goes on to write.
    limit: usize,
    ended: Option<Finish>,
    /// When the server was first waited for after it had said why it ends.
    finished: Option<Instant>,
    /// Text has come behind a reason of the end: the server gives one with every piece.
    goes_on: bool,
    /// What broke it off behind text that has come and was not taken.
    failed: Option<ModelError>,
}

impl<'a> Narration<'a> {
    /// Reads until the first text has come, or the end.
    pub(super) async fn begin(
        provider: &'a Provider,
        reading: Reading,
        prompt: Size,
        deadline: Instant,
    ) -> Result<Self, ModelError> {
        let limit = usize::try_from(provider.narrator.max_tokens).unwrap_or(usize::MAX).saturating_mul(BYTES_PER_TOKEN);
        let mut narration = Self {
            provider,
            reading,
            prompt,
            deadline,
            limit,
            text: String::new(),
            ended: None,
            failed: None,
            finished: None,
            goes_on: false,
        };
        while narration.reading.received.text.is_empty() && !narration.reading.received.ended {
            match narration.more().await {
                Ok(true) => {}
                Ok(false) => break,
                // It may be the end of a response that has nothing to say; that is found out when it is read on.
                Err(_) if narration.reading.received.is_finished() => narration.reading.received.ended = true,
                Err(error) if !narration.reading.received.text.is_empty() => narration.failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok(narration)
    }

    /// The next piece of text; `None` once the narration is whole. A stream that ends without saying that it has
    /// finished is an error: a cut-off text must not pass for a whole one.
    pub async fn next(&mut self) -> Result<Option<String>, ModelError> {
        loop {
            if self.ended.is_some() {
                return Ok(None);
            }
            if !self.reading.received.text.is_empty() {
                return Ok(Some(self.take()));
            }
            if self.reading.received.ended {
                return self.end(true).map(|()| None);
            }
            let more = match self.failed.take() {
                Some(error) => Err(error),
                None => self.more().await,
            };
            match more {
                Ok(true) => {}
                Ok(false) if self.reading.received.text.is_empty() => {
                    return self.end(self.reading.received.ended).map(|()| None);
                }
                // The rest is taken first; then the response is at its end once more.
                Ok(false) => self.reading.received.ended |= self.reading.received.finish.is_some(),
                // What has said that it is finished is, whatever becomes of the connection.
                Err(_) if self.reading.received.is_finished() => self.reading.received.ended = true,
                Err(error) if !self.reading.received.text.is_empty() => self.failed = Some(error),
                // The server has taken the call and written: what it refuses now is no form of the call.
                Err(error) if error.reason == Reason::TooLong && !self.text.is_empty() => {
                    self.provider.narrator.noted(error, self.prompt);
                    self.ended = Some(Finish::Length);
                }
                Err(error) if error.reason == Reason::Refused && !self.text.is_empty() => {
                    return Err(ModelError { reason: Reason::ServerError, ..error });
                }
                Err(error) => return Err(self.provider.narrator.noted(error, self.prompt)),
            }
        }
    }

    /// Waits until then. What the model writes meanwhile stays with the system, and is read in one piece afterwards.
    pub(crate) async fn rest_until(&self, when: Instant) {
        self.reading.rest_until(when).await;
    }

    /// Whether it comes in pieces.
    pub(super) fn streams(&self) -> bool {
        self.reading.is_stream()
    }

    async fn more(&mut self) -> Result<bool, ModelError> {
        let provider = self.provider;
        let caller = &provider.caller;
        let (timeouts, begun) = (caller.timeouts(), self.reading.begun);
        let started = !self.text.is_empty();
        let timeout = if started { timeouts.between_tokens } else { timeouts.first_token };
        // Any byte is a sign of life: servers send comments while a model loads or thinks.
        let within = self.deadline.min(Instant::now() + timeout);
        let was_finished = self.reading.received.is_finished();
        let rest = (was_finished && !self.goes_on)
            .then(|| *self.finished.get_or_insert_with(Instant::now) + AFTER_THE_END)
            .filter(|rest| *rest < within);
        match timeout_at(rest.unwrap_or(within), self.reading.more()).await {
            Ok(read) => {
                self.goes_on |= was_finished && !self.reading.received.text.is_empty();
                read.map_err(|error| caller.safe(error))
            }
            Err(_) if rest.is_some() => Ok(false),
            Err(_) if within == self.deadline => Err(caller.late(begun, "did not finish its answer", timeouts.call)),
            Err(_) if started => {
                Err(caller.late(begun, "stopped in the middle of its answer, and said no more", timeout))
            }
            Err(_) => Err(caller.late(begun, "did not begin to answer", timeout)),
        }
    }

    /// The text that has come, as far as it is wanted.
    fn take(&mut self) -> String {
        let mut piece = std::mem::take(&mut self.reading.received.text);
        let room = self.limit - self.text.len();
        if piece.len() > room {
            piece.truncate(piece.floor_char_boundary(room));
            self.ended = Some(Finish::Length);
        }
        self.text.push_str(&piece);
        piece
    }

    fn end(&mut self, is_whole: bool) -> Result<(), ModelError> {
        let received = &self.reading.received;
        self.provider.count(&self.provider.narrator, &received.tokens);
        self.provider.narrator.window.counted(self.prompt, received.tokens.prompt);
        let is_empty = !has_words(&self.text);
        let finish = received.finish.clone();
        self.ended = Some(match finish {
            Some(Finish::Filtered) => return Err(ModelError::filtered(&received.refusal)),
            Some(Finish::Error) => {
                return Err(ModelError::new(Reason::ServerError, "the model broke off with an error"));
            }
            Some(Finish::Length) if is_empty && received.thought => {
                return Err(self.provider.narrator.only_thought());
            }
            Some(Finish::Stop) if is_empty && !received.thoughts.trim().is_empty() => {
                return Err(ModelError::new(
                    Reason::OnlyThinking,
                    "everything that the model wrote came as thoughts, and nothing as text: the server takes the answer for a part of \
                     them; set thinking = false, or give the server the reasoning parser of this model",
                ));
            }
            // Some servers say nothing at the end but that the body has ended. A gateway says the same when its own server breaks off: in
            // the middle of a sentence that is likelier.
            None if !is_whole && self.reading.is_complete() && story::ends_with_sentence(&self.text) => Finish::Stop,
            None if !is_whole => {
                return Err(ModelError::new(
                    Reason::BrokeOff,
                    "the model's stream ended before the narration was whole",
                ));
            }
            _ if is_empty && !received.refusal.trim().is_empty() => {
                return Err(ModelError::filtered(&received.refusal));
            }
            _ if is_empty => return Err(ModelError::new(Reason::Empty, "the model's narration is empty")),
            Some(finish) => finish,
            None => Finish::Stop,
        });
        Ok(())
    }

    /// The whole narration and why it ended, once [`Narration::next`] has returned `None`.
    #[must_use]
    pub fn finish(self) -> (Completion, Finish) {
        let usage = self.reading.received.tokens.into();
        (
            Completion {
                text: self.text.trim_end().to_owned(),
                usage,
                cut_short: false,
                summary: None,
                given_up: None,
                also_told: Vec::new(),
            },
            self.ended.unwrap_or(Finish::Stop),
        )
    }
}

/// Whether there is anything to read in a text: characters without a width are no words.
fn has_words(text: &str) -> bool {
    text.chars()
        .any(|c| !c.is_whitespace() && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
}
