//! How a case is played: as it stands, under a schedule, or with one blow at one moment.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How a case is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it stands.
    #[default]
    Plain,
    /// Who goes on first, wherever several could, is drawn from this seed.
    Scheduled(u64),
    /// Undisturbed, and only for its end: what a blow may change is not looked at.
    Rehearsed,
    /// As [`Manner::Rehearsed`], with this blow.
    Struck(Blow),
}

/// Something is killed at one moment, and comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blow {
    /// What.
    pub victim: Victim,
    /// When.
    pub moment: Moment,
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Victim {
    /// All workers, with SIGKILL.
    Worker,
    /// The process that serves HTTP, with SIGKILL.
    Api,
    /// Redis, with SIGKILL; it comes back on its data.
    Redis,
    /// The case's own event streams.
    Stream,
}

/// A moment that can be met again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The nth call of the model waits, with so many pieces of its answer sent.
    Piece {
        /// Which call, from 1.
        call: u64,
        /// How many pieces.
        pieces: usize,
    },
    /// The nth call has been answered, and nothing of it has reached Redis.
    Unwritten {
        /// Which call, from 1.
        call: u64,
    },
    /// The nth request of all has just ended.
    Ended {
        /// Which end, from 1.
        nth: usize,
    },
}

impl Blow {
    /// What the model must hold for the moment to come.
    pub(super) fn holds(self) -> mock_llm::Holds {
        let calls = match self.moment {
            Moment::Piece { call, pieces } => BTreeMap::from([(call, pieces)]),
            Moment::Unwritten { call } => BTreeMap::from([(call, 0)]),
            Moment::Ended { .. } => BTreeMap::new(),
        };
        mock_llm::Holds { every: false, calls }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let victim = match self.victim {
            Victim::Worker => "workers killed",
            Victim::Api => "API killed",
            Victim::Redis => "Redis killed",
            Victim::Stream => "streams cut",
        };
        match self.moment {
            Moment::Piece { call, pieces: 0 } => write!(f, "{victim} before model call {call} is answered"),
            Moment::Piece { call, pieces } => write!(f, "{victim} after {pieces} pieces of model call {call}"),
            Moment::Unwritten { call } => write!(f, "{victim} before the answer to model call {call} is written down"),
            Moment::Ended { nth } => write!(f, "{victim} after the end of request {nth}"),
        }
    }
}
