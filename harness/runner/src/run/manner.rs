//! How a case is played: as it stands, under a schedule, or with one fault at one injection point.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How a case is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it stands.
    #[default]
    Plain,
    /// A seed draws which waiting actor or model call continues first.
    Scheduled(u64),
    /// Without a fault, to learn how the case ends. Expectations on what a fault may change are left out.
    Rehearsed,
    /// As [`Manner::Rehearsed`], with this fault.
    Faulted(Fault),
}

/// A target is killed at an injection point, and started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub target: FaultTarget,
    /// When.
    pub point: InjectionPoint,
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    /// All workers, with SIGKILL.
    Worker,
    /// The process that serves HTTP, with SIGKILL.
    Api,
    /// Redis, with SIGKILL; it comes back on its data.
    Redis,
    /// The case's own event streams.
    Stream,
}

/// A moment of a case that a second run of it reaches too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectionPoint {
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

impl Fault {
    /// The calls that the model must hold so that the injection point can be recognised.
    pub(super) fn holds(self) -> mock_llm::Holds {
        let calls = match self.point {
            InjectionPoint::Piece { call, pieces } => BTreeMap::from([(call, pieces)]),
            InjectionPoint::Unwritten { call } => BTreeMap::from([(call, 0)]),
            InjectionPoint::Ended { .. } => BTreeMap::new(),
        };
        mock_llm::Holds { calls, ..Default::default() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target {
            FaultTarget::Worker => "workers killed",
            FaultTarget::Api => "API killed",
            FaultTarget::Redis => "Redis killed",
            FaultTarget::Stream => "streams cut",
        };
        match self.point {
            InjectionPoint::Piece { call, pieces: 0 } => write!(f, "{target} before model call {call} is answered"),
            InjectionPoint::Piece { call, pieces } => write!(f, "{target} after {pieces} pieces of model call {call}"),
            InjectionPoint::Unwritten { call } => {
                write!(f, "{target} before the answer to model call {call} is stored")
            }
            InjectionPoint::Ended { nth } => write!(f, "{target} after the end of request {nth}"),
        }
    }
}
