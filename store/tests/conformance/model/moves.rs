//! What can happen to a store, and how often it does.

use proptest::prelude::*;
use protocol::{IfBusy, Priority};

use super::{GAMES, WORKERS};

/// One move. Numbers that pick a request or a lease are taken modulo how many there are, so that every move can be made
/// at every time, and small ones are what a failure shrinks to.
#[derive(Debug, Clone)]
pub(super) enum Move {
    /// A player sends a message.
    Enqueue { game: usize, if_busy: IfBusy, priority: Priority },
    /// A player sends a message under one of a few keys: a new one, the same one again, or another one.
    EnqueueUnder { game: usize, key: usize, words: usize },
    /// A step that accepted a request is repeated.
    EnqueueAgain { request: usize },
    /// A player cancels a request, whatever its status.
    Cancel { request: usize },
    /// An operator has a request tried again that may be a dead letter.
    RetryDeadLetter { request: usize },
    /// An operator deletes a dead letter, if it is one.
    Forget { request: usize },
    /// An operator cancels the queued story events of a game's lane.
    ClearStoryEvents { game: usize },
    /// An operator pauses something.
    Halt { what: What },
    /// An operator resumes something.
    Resume { what: What },
    /// An operator looks for contradictions: there are none.
    Inspect,
    /// A player takes turns back, and perhaps plays on from there in the same step.
    Rewind { game: usize, to: usize, if_busy: IfBusy, plays_on: bool },
    /// The latest of these steps is repeated.
    RewindAgain,
    /// A search finds a game that nobody plays: it leaves the store, and comes back.
    LeaveAndReturn { game: usize },
    /// The time of the log of a game that rests is over.
    Rest { game: usize },
    /// A player ends a narration, if there is one.
    Stop { request: usize },
    /// A worker asks for work.
    Claim { worker: usize, max: usize },
    /// A worker repeats its last claim.
    ClaimAgain { worker: usize },
    /// A worker renews every lease that it was ever given.
    Heartbeat { worker: usize },
    /// The process of a worker is replaced, and the new one ends what the old one has left.
    Restart { worker: usize },
    /// The time of a game's lease is over.
    Expire { game: usize },
    /// The time of a game's back-off is over.
    EndBackoff { game: usize },
    /// The wait of a game's provider for its next probe is over.
    EndProbeWait { game: usize },
    /// Something other than an attempt finds that a game's provider has a fault.
    ProviderFault { game: usize },
    /// A game's provider is found to work.
    ProviderSuccess { game: usize },
    /// A worker does something with a lease.
    Use { lease: Pick, step: Step },
}

/// What an operator pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Everything,
    /// The provider of this game.
    ProviderOf(usize),
    /// The tenant of this game.
    TenantOf(usize),
    Game(usize),
}

/// Which lease: mostly one that holds, sometimes any that was ever given, the oldest included.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    Held(usize),
    Any(usize),
}

/// What an attempt does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Chunk,
    ChunkAgain,
    /// Reserves so many tokens of the sender's budget.
    Reserve {
        tokens: u64,
    },
    SaveNarration,
    SaveDelta,
    Commit {
        story_events: usize,
    },
    /// Commits, and claims with the freed slot in the same round trip.
    CommitAndClaim {
        story_events: usize,
    },
    Retry,
    Fail,
    Release,
    Postpone,
    /// The provider of `game` has a fault: mostly the attempt's own one, sometimes the other.
    Pause {
        game: usize,
    },
}

/// Any move, the usual ones more often.
pub(super) fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (0..GAMES, if_busy(), priority())
            .prop_map(|(game, if_busy, priority)| Move::Enqueue { game, if_busy, priority }),
        2 => (0..GAMES, 0..3_usize, 0..2_usize)
            .prop_map(|(game, key, words)| Move::EnqueueUnder { game, key, words }),
        1 => (0..50_usize).prop_map(|request| Move::EnqueueAgain { request }),
        2 => (0..50_usize).prop_map(|request| Move::Cancel { request }),
        2 => (0..50_usize).prop_map(|request| Move::RetryDeadLetter { request }),
        1 => (0..50_usize).prop_map(|request| Move::Forget { request }),
        1 => (0..GAMES).prop_map(|game| Move::ClearStoryEvents { game }),
        2 => what().prop_map(|what| Move::Halt { what }),
        3 => what().prop_map(|what| Move::Resume { what }),
        1 => Just(Move::Inspect),
        6 => (0..GAMES, 0..50_usize, any::<bool>(), any::<bool>()).prop_map(|(game, to, interrupts, plays_on)| {
            let if_busy = if interrupts { IfBusy::Interrupt } else { IfBusy::Reject };
            Move::Rewind { game, to, if_busy, plays_on }
        }),
        2 => (0..GAMES).prop_map(|game| Move::LeaveAndReturn { game }),
        2 => (0..GAMES).prop_map(|game| Move::Rest { game }),
        1 => Just(Move::RewindAgain),
        2 => (0..50_usize).prop_map(|request| Move::Stop { request }),
        6 => (0..WORKERS, 1..=GAMES).prop_map(|(worker, max)| Move::Claim { worker, max }),
        1 => (0..WORKERS).prop_map(|worker| Move::ClaimAgain { worker }),
        1 => (0..WORKERS).prop_map(|worker| Move::Heartbeat { worker }),
        1 => (0..WORKERS).prop_map(|worker| Move::Restart { worker }),
        2 => (0..GAMES).prop_map(|game| Move::Expire { game }),
        2 => (0..GAMES).prop_map(|game| Move::EndBackoff { game }),
        2 => (0..GAMES).prop_map(|game| Move::EndProbeWait { game }),
        1 => (0..GAMES).prop_map(|game| Move::ProviderFault { game }),
        2 => (0..GAMES).prop_map(|game| Move::ProviderSuccess { game }),
        14 => (pick(), step()).prop_map(|(lease, step)| Move::Use { lease, step }),
    ]
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        1 => Just(What::Everything),
        2 => (0..GAMES).prop_map(What::ProviderOf),
        3 => (0..GAMES).prop_map(What::TenantOf),
        3 => (0..GAMES).prop_map(What::Game),
    ]
}

fn if_busy() -> impl Strategy<Value = IfBusy> {
    prop_oneof![6 => Just(IfBusy::Enqueue), 2 => Just(IfBusy::Reject), 1 => Just(IfBusy::Interrupt)]
}

fn priority() -> impl Strategy<Value = Priority> {
    prop_oneof![3 => Just(Priority::Normal), 2 => Just(Priority::High), 2 => Just(Priority::Low)]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![3 => (0..GAMES).prop_map(Pick::Held), 1 => (0..50_usize).prop_map(Pick::Any)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Chunk),
        1 => Just(Step::ChunkAgain),
        3 => (0..9_u64).prop_map(|tokens| Step::Reserve { tokens }),
        2 => Just(Step::SaveNarration),
        1 => Just(Step::SaveDelta),
        4 => (0..=2_usize).prop_map(|story_events| Step::Commit { story_events }),
        2 => (0..=2_usize).prop_map(|story_events| Step::CommitAndClaim { story_events }),
        2 => Just(Step::Retry),
        1 => Just(Step::Fail),
        2 => Just(Step::Release),
        1 => Just(Step::Postpone),
        2 => (0..GAMES).prop_map(|game| Step::Pause { game }),
    ]
}
