//! The wire of story-engine: what the engine answers, what a client sends, and the events between them.
//!
//! One definition that the engine, the client and the harness share. Nothing here performs I/O, and nothing here knows
//! a store, a queue or a model.

mod chat;
mod dead_letter;
mod event;
mod game;
mod id;
mod problem;
mod provider;
mod queue;
mod request;
mod schema;

pub use chat::{ChatAccepted, ChatRequest, IfBusy, Links, MESSAGE_MAX_BYTES};
pub use dead_letter::{AttemptOutcome, AttemptView, DeadLetter, DeadLetters};
pub use event::{
    AttemptSuperseded, ChatChunk, Event, EventName, EventParseError, RequestCancelled, RequestCompleted, RequestFailed,
    RequestProcessing, RequestQueued, RequestRetrying, StateUpdated, StreamReset, StreamSnapshot, Unfinished,
    UnknownEvent,
};
pub use game::{CreateGame, GameList, GameSummary, GameView};
pub use id::{Attempt, EventId, GameId, IdError, RequestId};
pub use problem::{FieldError, Problem, ProblemType};
pub use provider::{Circuit, ProviderView, WaitReason};
pub use queue::{LaneState, LaneView, Lanes, LeaseView, QueueView, StoryEventsView};
pub use request::{RequestStatus, RequestType, RequestView, TurnResult, Usage};

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
