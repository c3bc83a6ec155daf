//! How many tokens a model takes, and how many a prompt has: configured, found out, or learned from what the server refuses.
//!
//! Nobody here knows the model's tokenizer. A prompt's tokens are estimated from its bytes, by the ratio that the server's own
//! counts of earlier prompts have shown; a refusal of a prompt that should have fitted raises it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use story::Prompt;

use super::ModelError;

/// Bytes of a token before any prompt was counted, in tenths: English prose has 42, JSON and other languages less.
const TENTHS: u32 = 35;
/// The fewest bytes of a token that are believed, in tenths.
const FEWEST_TENTHS: u32 = 10;
/// Tokens that a chat template puts around each message.
const TEMPLATE: u32 = 8;
/// Left free in every prompt.
const MARGIN: u32 = 32;
/// No window is believed to be smaller.
const SMALLEST: u32 = 512;
/// The fewest tokens that an answer is given.
const FEWEST: u32 = 96;

/// About how many tokens so many bytes have for a model of which nothing is known.
#[must_use]
pub(crate) fn about_tokens(bytes: usize) -> u32 {
    Window::new(None, 0).tokens_of(bytes)
}

/// What is known of a model's window. Numbers only get better, so readers may see them in any order.
#[derive(Debug)]
pub(super) struct Window {
    /// Tokens of prompt and answer together; 0 while nobody knows.
    tokens: AtomicU32,
    /// What prompts are kept within until then.
    assumed: u32,
    tenths: AtomicU32,
    /// Whether the number is a guess: a prompt was refused as too long, and the server did not say what it takes.
    is_guessed: AtomicBool,
}

impl Window {
    /// The tokens of a few sentences. Where the prompt turns out to have fewer tokens than was estimated, an answer gets more.
    pub(super) const SHORT_ANSWER: u32 = 128;

    pub(super) fn new(tokens: Option<u32>, assumed: u32) -> Self {
        Self {
            tokens: AtomicU32::new(tokens.unwrap_or(0)),
            assumed,
            tenths: AtomicU32::new(TENTHS),
            is_guessed: AtomicBool::new(false),
        }
    }

    /// Tokens of prompt and answer together, if they are known.
    pub(super) fn tokens(&self) -> Option<u32> {
        Some(self.tokens.load(Ordering::Relaxed)).filter(|tokens| *tokens > 0)
    }

    /// What the server says of itself; what is configured or was learned counts more.
    pub(super) fn found(&self, tokens: u32) {
        let _ = self.tokens.compare_exchange(0, tokens.max(SMALLEST), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// How many tokens so many bytes have.
    pub(super) fn tokens_of(&self, bytes: usize) -> u32 {
        let tenths = u64::from(self.tenths.load(Ordering::Relaxed));
        let tokens = (bytes as u64).saturating_mul(10).div_ceil(tenths);
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    /// How many tokens a prompt has.
    fn tokens_of_prompt(&self, size: Size) -> u32 {
        self.tokens_of(size.bytes).saturating_add(TEMPLATE.saturating_mul(size.messages))
    }

    /// How many bytes a prompt of so many messages may have besides an answer of `answer` tokens. A small window is shared: an answer
    /// gets no more than half of it. One that nobody knows is taken to have as many tokens as is assumed: without a bound, a history of
    /// long messages makes a prompt that costs more than a day of play.
    pub(super) fn budget(&self, messages: u32, answer: u32) -> usize {
        let tokens = self.tokens().unwrap_or(self.assumed);
        let kept = answer.min(tokens / 2).saturating_add(MARGIN).saturating_add(TEMPLATE.saturating_mul(messages));
        let tenths = u64::from(self.tenths.load(Ordering::Relaxed));
        usize::try_from(u64::from(tokens.saturating_sub(kept)) * tenths / 10).unwrap_or(usize::MAX)
    }

    /// The model takes no more than this, whatever it is asked for.
    pub(super) fn at_most(&self, tokens: u32) {
        self.tokens.fetch_min(tokens.max(SMALLEST), Ordering::Relaxed);
    }

    /// A number that was only guessed is doubled: if it was right, one prompt more is refused.
    pub(super) fn doubt(&self) {
        if self.is_guessed.load(Ordering::Relaxed) {
            let _ =
                self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(tokens.saturating_mul(2)));
        }
    }

    /// How many tokens the answer to a prompt may have.
    pub(super) fn answer_limit(&self, prompt: Size, answer: u32) -> u32 {
        let Some(tokens) = self.tokens() else { return answer };
        let left = tokens.saturating_sub(self.tokens_of_prompt(prompt)).saturating_sub(MARGIN);
        answer.min(left.max(FEWEST))
    }

    /// What the server has counted for a prompt.
    pub(super) fn counted(&self, prompt: Size, tokens: u64) {
        let Size { bytes, messages } = prompt;
        let tokens = tokens.saturating_sub(u64::from(TEMPLATE.saturating_mul(messages)));
        // Short prompts say little.
        if tokens < 200 {
            return;
        }
        let tenths = u32::try_from((bytes as u64).saturating_mul(10) / tokens).unwrap_or(TENTHS);
        // Prompts differ: one with few tokens for its bytes is no promise for the next.
        self.tenths.store(tenths.clamp(FEWEST_TENTHS, TENTHS + 5), Ordering::Relaxed);
    }

    /// A prompt with room for `answer` was too long for the server. Answers whether a shorter one is worth a try.
    pub(super) fn refused(&self, error: &ModelError, prompt: Size, answer: u32) -> bool {
        let prompt = self.tokens_of_prompt(prompt);
        let sent = prompt.saturating_add(answer);
        let known = self.tokens().unwrap_or(u32::MAX);
        let smaller = match error.context_tokens {
            // The number is new.
            Some(stated) if stated < known => stated,
            // It was minded: the estimate was too low.
            Some(_) => {
                let tenths = self.tenths.load(Ordering::Relaxed);
                let lower = (tenths * 3 / 4).max(FEWEST_TENTHS);
                self.tenths.store(lower, Ordering::Relaxed);
                return lower < tenths;
            }
            None => known.min(sent) / 2,
        };
        let smaller = smaller.max(SMALLEST);
        self.is_guessed.store(error.context_tokens.is_none(), Ordering::Relaxed);
        self.tokens.store(smaller, Ordering::Relaxed);
        smaller < known
    }
}

/// How large a prompt is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    bytes: usize,
    messages: u32,
}

impl Size {
    pub(super) fn of(prompt: &Prompt) -> Self {
        let messages = prompt.messages().len() + 1;
        Self { bytes: prompt.bytes(), messages: u32::try_from(messages).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Reason;

    const ASSUMED: u32 = 65_536;

    const fn prompt(bytes: usize) -> Size {
        Size { bytes, messages: 2 }
    }

    fn too_long(context_tokens: Option<u32>) -> ModelError {
        ModelError { context_tokens, ..ModelError::new(Reason::TooLong, "") }
    }

    #[test]
    fn a_window_that_nobody_knows_is_halved_until_a_prompt_fits() {
        let window = Window::new(None, ASSUMED);
        assert_eq!((window.budget(2, 1024), window.answer_limit(prompt(1_000_000), 1024)), (225_624, 1024));
        assert!(window.refused(&too_long(None), prompt(35_000), 1024));
        let first = window.tokens().unwrap();
        assert!((5400..5600).contains(&first), "{first}");
        assert!(window.refused(&too_long(None), prompt(15_000), 1024));
        let second = window.tokens().unwrap();
        assert!(second < first);
        window.doubt();
        assert_eq!(window.tokens(), Some(2 * second), "a guess is doubted after a time");
    }

    #[test]
    fn what_is_assumed_of_a_window_counts_until_somebody_knows_it() {
        let budget = |window: &Window| window.budget(2, 1024);
        let found = Window::new(None, ASSUMED);
        assert_eq!((found.tokens(), budget(&found)), (None, budget(&Window::new(Some(ASSUMED), 0))));
        found.found(200_000);
        assert_eq!(budget(&found), budget(&Window::new(Some(200_000), 0)));
        let configured = Window::new(Some(131_072), ASSUMED);
        assert!(budget(&configured) > budget(&Window::new(None, ASSUMED)));
        let stated = Window::new(None, ASSUMED);
        assert!(stated.refused(&too_long(Some(8192)), prompt(200_000), 1024));
        assert_eq!(budget(&stated), budget(&Window::new(Some(8192), 0)));
    }

    #[test]
    fn a_window_that_the_server_states_is_minded_and_then_the_estimate_is_doubted() {
        let window = Window::new(None, ASSUMED);
        assert!(window.refused(&too_long(Some(4096)), prompt(14_000), 1024));
        assert_eq!(window.budget(2, 1024), 10_584);
        window.doubt();
        assert_eq!(window.tokens(), Some(4096), "the server's own word is not doubted");
        let before = window.tokens_of(3500);
        assert!(window.refused(&too_long(Some(4096)), prompt(9000), 1024));
        assert!(window.tokens_of(3500) > before);
        let mut tries = 1;
        while window.refused(&too_long(Some(4096)), prompt(9000), 1024) {
            tries += 1;
        }
        assert!(tries < 8, "it is not tried without end");
    }

    #[test]
    fn an_answer_gets_what_is_left_and_no_more_than_half_is_kept_for_it() {
        let window = Window::new(Some(2048), ASSUMED);
        assert_eq!(window.budget(2, 2048), 3416);
        assert_eq!(window.answer_limit(prompt(3500), 1024), 1000);
        assert_eq!(window.answer_limit(prompt(7000), 1024), FEWEST);
    }

    #[test]
    fn the_servers_own_counts_are_believed() {
        let window = Window::new(None, ASSUMED);
        window.counted(prompt(4000), 2016);
        assert_eq!(window.tokens_of(4000), 2000);
    }
}
