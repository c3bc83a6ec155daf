//! Talking: to people and about them, and what is said to nobody. Nothing here changes anything, unless a beat or a rule of the story speaks of it.

pub(crate) mod about_others;
pub(crate) mod absent;
pub(crate) mod addressing;
pub(crate) mod asked_of_them;
pub(crate) mod asking;
pub(crate) mod chatter;
pub(crate) mod exclaiming;
pub(crate) mod follow_ups;
pub(crate) mod musing;
pub(crate) mod nameless;
pub(crate) mod personal;
pub(crate) mod planning;
pub(crate) mod replying;
pub(crate) mod saying;
pub(crate) mod talking;
