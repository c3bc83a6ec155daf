//! Why an effect is rejected. Each message says what would be accepted, for the person who debugs a story.

use thiserror::Error;

use crate::suggest::did_you_mean;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Reason {
    #[error("the scenario has no scene `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScene { name: String, suggestion: Option<String> },
    #[error("the scenario has no ending `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownEnding { name: String, suggestion: Option<String> },
    #[error("the world has no location `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownLocation { name: String, suggestion: Option<String> },
    #[error("the world has no NPC `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownNpc { name: String, suggestion: Option<String> },
    #[error("no scene of the scenario declares the variable `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UndeclaredVar { name: String, suggestion: Option<String> },
    #[error("there is no monster template `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownTemplate { name: String, suggestion: Option<String> },
    #[error("the way `{direction}` is blocked: {reason}")]
    Blocked { direction: String, reason: String },
    #[error("no open exit of `{here}` leads to `{to}`; open exits: {}", list(.open))]
    NoWay { here: String, to: String, open: Vec<String> },
    #[error("{holder} does not have `{item}`")]
    NotThere { item: String, holder: String },
    #[error("`{name}` may mean {}; name one", list(.candidates))]
    Ambiguous { name: String, candidates: Vec<String> },
    #[error("`{failed}` was rejected, and what is made is made of all its parts or of none")]
    PartOfMaking { failed: String },
    #[error("`{name}` is `{value}`, which is not a number")]
    NotANumber { name: String, value: String },
    #[error("`{item}` is not within the player's reach")]
    NotHere { item: String },
    #[error("{holder} is not within the player's reach")]
    OutOfReach { holder: String },
    #[error("`{item}` is fixed where it is")]
    Fixed { item: String },
    #[error("`{item}` is locked, and {}", without_key(.key.as_deref()))]
    Locked { item: String, key: Option<String> },
    #[error("`{container}` is closed; it must be opened first")]
    Closed { container: String },
    #[error("`{item}` cannot be locked: {}", match .key { Some(key) => format!("the player does not hold `{key}`"), None => "no key fits it".to_owned() })]
    NoKeyToLock { item: String, key: Option<String> },
    #[error("no item that holds others is called `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    NoContainer { name: String, suggestion: Option<String> },
    #[error("`{item}` cannot be put into itself")]
    InItself { item: String },
    #[error("it is dark in `{place}`, so nobody finds `{item}` there")]
    Dark { item: String, place: String },
    #[error("the player has `{item}` already")]
    AlreadyHeld { item: String },
    #[error("it is not said who gets `{item}`; name a `to`")]
    NoRecipient { item: String },
    #[error("an NPC must be named as holder of `{item}`")]
    UnnamedNpc { item: String },
    #[error("the item must be named that `{item}` is put into or taken from")]
    UnnamedContainer { item: String },
    #[error("a model cannot send `{0}`; only conditionals can")]
    ConditionalsOnly(&'static str),
    #[error("a monster needs {0} to appear")]
    IncompleteSpawn(&'static str),
    #[error("the story has no fights: its scenario has no `conflict`")]
    NoConflict,
    #[error("nobody who fights is called `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownFighter { name: String, suggestion: Option<String> },
    #[error("`{who}` does not fight")]
    NoFighter { who: String },
    #[error("`{who}` is defeated already")]
    Defeated { who: String },
    #[error("`{who}` has attacked in this turn already; each strikes once")]
    StruckAlready { who: String },
    #[error("`{who}` cannot attack itself")]
    OwnTarget { who: String },
    #[error("`{attacker}` and `{target}` are not both where the player is")]
    Apart { attacker: String, target: String },
    #[error("there is no monster `{0}` in the world")]
    UnknownMonster(String),
}

fn without_key(key: Option<&str>) -> String {
    key.map_or_else(|| "only a conditional opens it".to_owned(), |key| format!("the player does not hold `{key}`"))
}

pub(super) fn list(open: &[String]) -> String {
    if open.is_empty() { "none".to_owned() } else { open.join(", ") }
}
