//! One model call, measured from its beginning to its end, however it ends.

use metrics::{counter, histogram};
use tokio::time::Instant;

use super::model_figures;
use crate::llm::ModelError;

/// The outcome of a call that nobody waited for to its end.
const ABANDONED: &str = "abandoned";
/// The outcome of a call that brought what it was for.
const OK: &str = "ok";

/// What a call is for, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// The narration of a turn.
    Narrate,
    /// The delta of a turn.
    Extract,
    /// The summary of history that leaves the prompts.
    Summarize,
}

impl CallKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Narrate => "narrate",
            Self::Extract => "extract",
            Self::Summarize => "summarize",
        }
    }
}

/// A call that is under way. It is recorded when this is dropped: as `abandoned` unless it has said how it ended.
#[derive(Debug)]
pub struct ModelCall {
    provider: String,
    kind: CallKind,
    began: Instant,
    outcome: &'static str,
}

impl ModelCall {
    /// A call of this provider begins.
    #[must_use]
    pub fn begin(provider: &str, kind: CallKind) -> Self {
        Self { provider: provider.to_owned(), kind, began: Instant::now(), outcome: ABANDONED }
    }

    /// Waits for the whole call.
    pub async fn of<T>(mut self, call: impl Future<Output = Result<T, ModelError>>) -> Result<T, ModelError> {
        let answer = call.await;
        match &answer {
            Ok(_) => self.succeeded(),
            Err(error) => self.failed(error.reason.name()),
        }
        answer
    }

    /// The first text of a narration has come.
    pub fn first_token(&self) {
        let waited = self.began.elapsed();
        model_figures::first_token(&self.provider, waited);
        histogram!("story_engine_model_first_token_seconds", "provider" => self.provider.clone())
            .record(waited.as_secs_f64());
        tracing::Span::current().record("first_token_ms", super::turns::millis(waited));
    }

    /// The call is over, and has brought what it was for.
    pub fn succeeded(&mut self) {
        self.outcome = OK;
    }

    /// The call is over, for this reason.
    pub fn failed(&mut self, reason: &'static str) {
        self.outcome = reason;
    }
}

impl Drop for ModelCall {
    fn drop(&mut self) {
        if self.outcome != ABANDONED {
            model_figures::ended(&self.provider, self.outcome == OK);
        }
        let (provider, kind) = (self.provider.clone(), self.kind.name());
        histogram!("story_engine_model_call_seconds", "provider" => provider.clone(), "kind" => kind)
            .record(self.began.elapsed().as_secs_f64());
        counter!("story_engine_model_calls_total", "provider" => provider, "kind" => kind, "outcome" => self.outcome)
            .increment(1);
    }
}
