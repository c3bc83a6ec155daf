//! Reading what the player writes: from a message to clauses with a verb and what it is about. Nothing here knows the story.

pub(crate) mod clause;
pub(crate) mod leading;
pub(crate) mod letting;
pub(crate) mod phrasing;
pub(crate) mod reasons;
pub(crate) mod rewording;
pub(crate) mod sentence;
pub(crate) mod set_phrases;
pub(crate) mod short_words;
pub(crate) mod shorthand;
pub(crate) mod trimming;
pub(crate) mod two_in_one;
pub(crate) mod verbs;
pub(crate) mod vocabulary;
pub(crate) mod wishes;
pub(crate) mod word_order;
