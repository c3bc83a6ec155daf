//! A change of a game from outside a turn: a patch, an undo, a retry, an edit, a choice. One step for all of them, because
//! what is written differs and what must hold does not: the version is the expected one, no attempt can write behind it, and a
//! repeat changes nothing.

use jiff::Timestamp;
use protocol::{Event, EventId, GameId, IfBusy};
use serde::{Deserialize, Serialize};
use story::ChatMessage;

use super::{Accepted, Charge, GameDocument, IdempotencyKey, Limited, NewRequest, Owner, Remembered, StoredTurn};

/// A change of a game.
#[derive(Debug, Clone, PartialEq)]
pub struct GameChange {
    /// The game.
    pub game: GameId,
    /// The version that it must have; the change makes the next one.
    pub expected: u64,
    /// What to do when it has unfinished requests: with [`IfBusy::Interrupt`] all of them are cancelled in the same step,
    /// otherwise nothing changes.
    pub if_busy: IfBusy,
    /// The name of the change: a repeat of it returns what it returned first. A client's own, or one that the caller made.
    pub key: IdempotencyKey,
    /// The game afterwards.
    pub document: GameDocument,
    /// What becomes of its history.
    pub history: Rewrite<ChatMessage>,
    /// What becomes of its turn records.
    pub turns: Rewrite<StoredTurn>,
    /// The tries of the last message, as JSON; none to delete them.
    pub tries: Option<String>,
    /// The event that its readers get.
    pub event: Event,
    /// The request that plays on from here.
    pub request: Option<NewRequest>,
    /// The limits of its sender that it counts against. Without a request they have rates only.
    pub charges: Vec<Charge>,
}

/// How a list is changed: it keeps so many of its first entries, and others follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite<T> {
    /// What stays.
    pub kept: Keep,
    /// What follows.
    pub appended: Vec<T>,
}

/// Which entries of a list stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    All,
    /// The first ones, so many.
    First(u64),
    /// All but the last ones, so many.
    ButLast(u64),
}

impl<T> Rewrite<T> {
    /// Nothing changes.
    #[must_use]
    pub const fn none() -> Self {
        Self { kept: Keep::All, appended: Vec::new() }
    }

    /// All entries go, and others come.
    #[must_use]
    pub const fn all(appended: Vec<T>) -> Self {
        Self { kept: Keep::First(0), appended }
    }
}

/// The outcome of [`super::Games::change_game`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It happened, by this try of the step or an earlier one.
    Done(ChangeDone),
    /// No such game.
    Unknown,
    /// The game has unfinished requests.
    Busy,
    /// The game has another version than the expected one.
    Version(u64),
    /// The key was used for another change.
    KeyReused,
    /// As many requests are queued as [`super::Limits`] allow, and the change brings one.
    QueueFull,
    /// A limit of the sender of the request is reached.
    Limited(Limited),
}

/// A change that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDone {
    /// The version that it made.
    pub version: u64,
    /// The last turn that it left.
    pub turn: u64,
    /// The id before its events.
    pub cursor: EventId,
    /// The request that it brought.
    pub request: Option<Accepted>,
}

/// A page of a game's turn records, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnPage {
    /// The records.
    pub turns: Vec<StoredTurn>,
    /// The first turn whose record is kept; none if no record is.
    pub first_kept: Option<u64>,
}

/// Which records a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnRange {
    /// The first ones from this turn on.
    From(u64),
    /// The last ones before this turn, or the very last ones.
    Before(Option<u64>),
}

/// A game to be kept, with what it brings along.
#[derive(Debug, Clone, PartialEq)]
pub struct GameContents {
    /// Its state and settings.
    pub document: GameDocument,
    /// Its messages.
    pub history: Vec<ChatMessage>,
    /// Its turn records: the last ones that it has.
    pub turns: Vec<StoredTurn>,
    /// Its name.
    pub name: Option<String>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// The limits of its creator that it counts against. They have rates only.
    pub charges: Vec<Charge>,
    /// Where its versions and its log go on, if the store has had it before.
    pub before: Option<Before>,
    /// What was kept beside it in the store that it comes from.
    pub remembered: Remembered,
}

/// What a game has behind it that comes back to the store: versions and event ids must not be given a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Its version.
    pub version: u64,
    /// The offset of its latest event.
    pub offset: u64,
    /// When it was made. An engine of an earlier release archived games without it: they are as new as their return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

impl GameContents {
    /// A game that begins.
    #[must_use]
    pub const fn new(document: GameDocument, history: Vec<ChatMessage>) -> Self {
        let remembered = Remembered { tries: Vec::new(), changes: Vec::new(), requests: Vec::new() };
        Self {
            document,
            history,
            turns: Vec::new(),
            name: None,
            owner: None,
            charges: Vec::new(),
            before: None,
            remembered,
        }
    }
}
