//! One model call, measured from its beginning to its end, however it ends.

use metrics::{counter, histogram};
use protocol::{PromptPurpose, Usage};
use store::Completion;
use store::trace_parent::TraceParent;
use tokio::time::Instant;

use super::model_figures::{self, OpenCall};
use super::traces::{self, Span};
use crate::llm::{ModelError, Provider};

/// The outcome of a call whose caller stopped waiting before its end.
const ABANDONED: &str = "abandoned";
/// The outcome of a call that brought what it was for.
const OK: &str = "ok";

/// What a call is for, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
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
pub(crate) struct ModelCall {
    provider: String,
    model: String,
    kind: CallKind,
    began: Instant,
    outcome: &'static str,
    open: OpenCall,
    span: Span,
}

impl ModelCall {
    /// A call of this provider begins, for the attempt with this span.
    #[must_use]
    pub(crate) fn begin(provider: &Provider, kind: CallKind, attempt: Option<TraceParent>) -> Self {
        let purpose = if kind == CallKind::Narrate { PromptPurpose::Narrate } else { PromptPurpose::Extract };
        let (model, _) = provider.model_of(purpose);
        let span = traces::model_call(attempt, provider.name(), provider.vendor(), model, kind.name());
        Self {
            provider: provider.name().to_owned(),
            model: model.to_owned(),
            kind,
            began: Instant::now(),
            outcome: ABANDONED,
            open: OpenCall::begin(provider.name()),
            span,
        }
    }

    /// Waits for the whole call.
    pub(crate) async fn of(
        mut self,
        call: impl Future<Output = Result<Completion, ModelError>>,
    ) -> Result<Completion, ModelError> {
        let answer = call.await;
        match &answer {
            Ok(answer) => self.succeeded(answer.usage),
            Err(error) => self.failed(error.reason.name()),
        }
        answer
    }

    /// The first text of a narration has come.
    pub(crate) fn first_token(&mut self) {
        let waited = self.began.elapsed();
        self.text();
        model_figures::first_token(&self.provider, waited);
        histogram!("story_engine_model_first_token_seconds", "provider" => self.provider.clone())
            .record(waited.as_secs_f64());
        tracing::Span::current().record("first_token_ms", super::turns::millis(waited));
        self.span.first_token(waited);
    }

    /// A piece of a narration has come.
    pub(crate) fn text(&self) {
        self.open.text();
    }

    /// The call is over, and has brought what it was for.
    pub(crate) fn succeeded(&mut self, usage: Usage) {
        self.outcome = OK;
        self.span.used(usage);
    }

    /// The call is over, for this reason.
    pub(crate) fn failed(&mut self, reason: &'static str) {
        self.outcome = reason;
    }
}

impl Drop for ModelCall {
    fn drop(&mut self) {
        if self.outcome != OK {
            self.span.failed(self.outcome);
        }
        if self.outcome != ABANDONED {
            model_figures::ended(&self.provider, self.outcome == OK);
        }
        let (provider, kind) = (self.provider.clone(), self.kind.name());
        let (took, model) = (self.began.elapsed().as_secs_f64(), std::mem::take(&mut self.model));
        histogram!("story_engine_model_call_seconds", "provider" => provider.clone(), "model" => model, "kind" => kind)
            .record(took);
        counter!("story_engine_model_calls_total", "provider" => provider, "kind" => kind, "outcome" => self.outcome)
            .increment(1);
    }
}
