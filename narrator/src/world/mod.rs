//! What the story knows: the world around the player as the prompt tells it, the author's rules and words, and what a noun means here.

pub(crate) mod certain;
pub(crate) mod entries;
pub(crate) mod found;
pub(crate) mod homes;
pub(crate) mod lines;
pub(crate) mod matter;
pub(crate) mod naming;
pub(crate) mod parts;
pub(crate) mod pronouns;
pub(crate) mod rules;
pub(crate) mod script;
pub(crate) mod spelling;
pub(crate) mod synonyms;
pub(crate) mod texts;
pub(crate) mod told;
pub(crate) mod vessels;
pub(crate) mod view;
