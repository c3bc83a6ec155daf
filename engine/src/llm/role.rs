//! A model, and how it is called for one of a turn's purposes.

use std::sync::Arc;

use url::Url;

use super::learned::Learned;
use super::window::{Size, Window};
use super::wire::fixed::Fixed;
use super::{ModelError, Reason};
use crate::config::Price;

/// A model, and how it is called for one purpose.
pub(super) struct Role {
    pub(super) model: String,
    /// What its tokens cost, if the operator has said so.
    pub(super) price: Option<Price>,
    pub(super) url: Url,
    pub(super) max_tokens: u32,
    pub(super) fixed: Fixed,
    pub(super) learned: Arc<Learned>,
    pub(super) window: Arc<Window>,
}

impl Role {
    /// A refusal, with what it says of the window kept for the next prompt.
    pub(super) fn noted(&self, mut error: ModelError, prompt: Size) -> ModelError {
        if error.reason == Reason::TooLong {
            let answer = self.window.answer_limit(prompt, self.max_tokens);
            error.may_fit_shorter = self.window.refused(&error, prompt, answer);
            let window = self.window.tokens();
            tracing::warn!(model = self.model, window, %error, "the prompt is too long for the model");
        }
        error
    }

    /// The model has thought until no token was left. The next attempt gives it more.
    pub(super) fn only_thought(&self) -> ModelError {
        let mut dialect = (*self.learned.get()).clone();
        let had = dialect.tokens(self.max_tokens);
        let more = dialect.raise_limit();
        self.learned.set(dialect);
        let advice = if more { "the next attempt allows more" } else { "raise max_tokens, or set thinking = false" };
        let detail = format!("thinking used up max_tokens ({had}) before a word was written; {advice}");
        ModelError::new(Reason::OnlyThinking, detail)
    }
}
