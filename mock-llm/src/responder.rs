//! Answers that a program makes itself: the mock serves them in every vendor's wire format, as it serves a script's.

use std::fmt::Debug;
use std::time::Duration;

use crate::call::{Kind, Message};

/// Answers model calls in the program that embeds the mock.
pub trait Responder: Debug + Send + Sync + 'static {
    /// What the model says. For [`Kind::Json`], JSON of the shape that the caller asked for.
    fn respond(&self, kind: Kind, messages: &[Message]) -> String;

    /// How fast it is said.
    fn pace(&self) -> Speed {
        Speed::default()
    }
}

/// How fast an answer is streamed; by default at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speed {
    /// Before the first word.
    pub first_word: Duration,
    /// Between two words.
    pub between_words: Duration,
}
