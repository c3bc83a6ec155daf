//! What is done: games of some 512 bytes of state, requests, and turns that change nothing but the turn counter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use protocol::{
    GameId, RequestCompleted, RequestId, RequestStatus, RequestType, StateUpdated, TurnRecord, TurnResult, Usage,
};
use store::{
    Claim, Commit, Committed, Completion, Created, Enqueued, GameContents, GameDocument, Lease, NewRequest,
    SharedStore, StoredTurn, Terms, TurnEvents, TurnLimits, WorkerId,
};
use story::{ChatMessage, GameState};
use tokio::time::Instant;

/// How large a game's document is, in bytes.
const DOCUMENT: usize = 512;

/// What a turn writes and reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The state, and the three events that every turn has.
    Bare,
    /// The same with its two messages, and with the window of the history that a prompt needs.
    Whole,
    /// The same, with two chunks and two checkpoints, each a step of its own.
    Narrated,
}

static NONCE: AtomicU64 = AtomicU64::new(0);

pub(crate) fn nonce() -> u64 {
    NONCE.fetch_add(1, Ordering::Relaxed)
}

fn document() -> GameDocument {
    let mut state = GameState::default();
    let bare = serde_json::to_string(&state).unwrap().len();
    state.vars.insert("ballast".to_owned(), "x".repeat(DOCUMENT.saturating_sub(bare)));
    GameDocument { provider: "none".to_owned(), state, ..GameDocument::default() }
}

pub(crate) async fn games(store: &SharedStore, count: usize) -> Vec<GameId> {
    let games: Vec<GameId> = (0..count).map(|_| GameId::new()).collect();
    let contents = GameContents::new(document(), Vec::new());
    for some in games.chunks(64) {
        join_all(some.iter().map(|game| store.create_game(*game, &contents)))
            .await
            .into_iter()
            .for_each(|created| assert_eq!(created.unwrap(), Created::Done));
    }
    games
}

pub(crate) fn message(game: GameId, text: String) -> NewRequest {
    NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        user_message: text.clone(),
        message: text,
        actor: None,
        priority: protocol::Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    }
}

/// Enqueues `total` messages, the nth of a game saying `n`, through `lanes` callers at a time; answers how long it took.
pub(crate) async fn enqueue(store: &SharedStore, games: &[GameId], total: usize, lanes: usize) -> Duration {
    let began = Instant::now();
    // Each caller has games of its own, so that their messages arrive in order.
    let callers = (0..lanes.min(games.len())).map(|caller| async move {
        let own: Vec<GameId> = games.iter().copied().skip(caller).step_by(lanes).collect();
        let share = total / games.len() * own.len();
        for n in 0..share {
            let request = message(own[n % own.len()], (n / own.len()).to_string());
            let answer = store.enqueue(&request, &Terms::default()).await.unwrap();
            assert!(matches!(answer, Enqueued::Accepted(_)), "{answer:?}");
        }
    });
    join_all(callers).await;
    began.elapsed()
}

/// Enqueues `total` messages as fast as they are taken, in any order.
pub(crate) async fn fill(store: &SharedStore, games: &[GameId], total: usize, at_a_time: usize) {
    let callers = (0..at_a_time).map(|caller| async move {
        for n in (caller..total).step_by(at_a_time) {
            let request = message(games[n % games.len()], "0".to_owned());
            let answer = store.enqueue(&request, &Terms::default()).await.unwrap();
            assert!(matches!(answer, Enqueued::Accepted(_)), "{answer:?}");
        }
    });
    join_all(callers).await;
}

/// Publishes and checkpoints a narration, as a worker does before it commits.
async fn narrate(store: &SharedStore, lease: &Lease) {
    let completion = Completion { text: "The door opens.".to_owned(), ..Completion::default() };
    store.publish_chunk(lease, 1, "The door").await.unwrap();
    store.checkpoint_narration(lease, 2, " opens.", &completion).await.unwrap();
    store.checkpoint_delta(lease, &completion).await.unwrap();
}

pub(crate) fn turn(claim: &Claim) -> Commit {
    let (request_id, game_id) = (claim.lease.request, claim.lease.game);
    let version = claim.game.version + 1;
    let mut document = claim.game.document.clone();
    document.state.turn_counter += 1;
    let turn = document.state.turn_counter;
    let message = "The door opens.".to_owned();
    let result = TurnResult {
        message: message.clone(),
        turn,
        version,
        duration_ms: 1,
        rejections: Vec::new(),
        usage: Usage::default(),
        cut_short: false,
        told_with: None,
    };
    let state_updated = StateUpdated {
        request_id: Some(request_id),
        game_id,
        version,
        turn,
        location: "hall".to_owned(),
        scene: String::new(),
        is_ended: false,
        changes: Vec::new(),
    };
    let completed = RequestCompleted {
        request_id,
        game_id,
        kind: claim.request.kind,
        status: RequestStatus::Completed,
        attempt: claim.lease.attempt,
        result: result.clone(),
    };
    let record = TurnRecord {
        turn: claim.game.document.last_turn() + 1,
        request_id,
        kind: claim.request.kind,
        message: claim.request.message.clone(),
        user_message: claim.request.user_message.clone(),
        narration: message.clone(),
        ..TurnRecord::default()
    };
    let most = TurnLimits::default().record_bytes;
    let record = StoredTurn::new(record, &claim.game.document.state, &document.state, most);
    document.turns = Some(record.record.turn);
    Commit {
        base_version: claim.game.version,
        document,
        record,
        ends_choice: true,
        turn: vec![ChatMessage::user(&claim.request.message), ChatMessage::assistant(message)],
        result,
        events: TurnEvents { state_updated, completed },
        companions: Vec::new(),
        story_events: Vec::new(),
        used: None,
    }
}

/// Runs `total` turns in `slots` slots, as a worker does; answers how long it took. Panics when one game's requests are
/// committed out of order or twice.
pub(crate) async fn work(store: &SharedStore, total: usize, slots: usize, kind: Turn) -> Duration {
    let worker = WorkerId::fixed("bench");
    let left = AtomicU64::new(total as u64);
    let began = Instant::now();
    let run = |mut next: Option<Claim>| {
        let (worker, left) = (&worker, &left);
        async move {
            while left.load(Ordering::Relaxed) > 0 {
                let Some(claim) = next.take() else {
                    next = store.claim(worker, nonce(), 1).await.unwrap().claims.pop();
                    if next.is_none() && left.load(Ordering::Relaxed) > 0 {
                        // The safety net also ends the wait of those for whom nothing is left.
                        let _ = tokio::time::timeout(Duration::from_millis(20), store.wait_for_work()).await;
                    }
                    continue;
                };
                // The nth message of a game meets the game as n turns have left it: none was doubled, left out or overtaken.
                let before = claim.request.message.parse::<u64>().unwrap();
                assert_eq!(claim.game.version, before + 1, "a request of game {} is out of order", claim.lease.game);
                let mut turn = turn(&claim);
                match kind {
                    Turn::Bare => turn.turn.clear(),
                    Turn::Whole => {}
                    Turn::Narrated => narrate(store, &claim.lease).await,
                }
                let ended = store.commit_and_claim(&claim.lease, &turn, worker, nonce(), 1).await;
                assert_eq!(ended.committed.unwrap(), Committed::Done);
                left.fetch_sub(1, Ordering::Relaxed);
                next = ended.claims.claims.into_iter().next();
            }
        }
    };
    let first = store.claim(&worker, nonce(), slots).await.unwrap().claims;
    let first = first.into_iter().map(Some).chain(std::iter::repeat(None)).take(slots);
    join_all(first.map(run)).await;
    let took = began.elapsed();
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.active), (0, 0), "something is left over");
    took
}
