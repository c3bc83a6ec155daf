//! What an attempt sends to models, kept for operators where `turns.keep_prompts` says so.

use std::sync::{Mutex, PoisonError};

use protocol::PromptPurpose;
use store::{SentPrompt, SentPrompts};
use story::Prompt;

use crate::llm::Provider;

/// The prompts that an attempt has sent so far.
///
/// What an attempt before it has sent is not there. Keeping it with the checkpoints was rejected: each claim would read it again.
#[derive(Debug)]
pub(super) struct Sent {
    /// How many bytes of them are kept, if any.
    most: Option<usize>,
    prompts: Mutex<SentPrompts>,
}

impl Sent {
    /// An attempt begins, of whose prompts so many bytes are kept.
    pub(super) fn begin(most: Option<usize>) -> Self {
        Self { most, prompts: Mutex::default() }
    }

    /// A narration is asked for. Of several tries, the last one counts.
    pub(super) fn narration(&self, provider: &Provider, prompt: &Prompt) {
        self.note(PromptPurpose::Narrate, provider, prompt);
    }

    /// A delta is asked for.
    pub(super) fn extraction(&self, provider: &Provider, prompt: &Prompt) {
        self.note(PromptPurpose::Extract, provider, prompt);
    }

    fn note(&self, purpose: PromptPurpose, provider: &Provider, prompt: &Prompt) {
        if self.most.is_none() {
            return;
        }
        let sent = Some(SentPrompt::new(provider.name(), provider.model_of(purpose).0, prompt));
        let mut prompts = self.prompts.lock().unwrap_or_else(PoisonError::into_inner);
        match purpose {
            PromptPurpose::Narrate => prompts.narration = sent,
            PromptPurpose::Extract => prompts.extraction = sent,
        }
    }

    /// As the turn's record keeps them.
    pub(super) fn kept(&self) -> Option<SentPrompts> {
        let most = self.most?;
        let prompts = std::mem::take(&mut *self.prompts.lock().unwrap_or_else(PoisonError::into_inner));
        prompts.no_larger_than(most)
    }
}
