//! Games, requests and turns as the tests use them, and the few moves that most of them begin with.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::{
    Event, GameId, IfBusy, Priority, Problem, ProblemType, RequestCompleted, RequestId, RequestStatus, RequestType,
    StateUpdated, TurnRecord, TurnResult, TurnVersions, Usage, WaitReason,
};
use store::{
    Accepted, Changed, Claim, Commit, Committed, Companion, Completion, Enqueued, Failure, GameChange, GameContents,
    GameDocument, IdempotencyKey, Lease, LogEvent, LogRead, NewRequest, ProviderFault, Request, Rewrite, SharedStore,
    StoreError, StoreOptions, StoredTurn, Terms, TurnEvents, TurnLimits, WorkerId,
};
use story::{ChatMessage, GameState};

/// How many attempts a request has in these tests.
pub(crate) const ATTEMPTS: u32 = 3;
/// How long a test waits for something that must happen.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks until there is an answer; `what` is there then. For what time alone brings: nothing announces it, so that it can only be
/// asked for again.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    let answer = async {
        loop {
            again.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, answer).await.unwrap_or_else(|_| panic!("{what}: not within {TIMEOUT:?}"))
}

/// Leases that do not pass by themselves while a test runs.
pub(crate) fn options() -> StoreOptions {
    StoreOptions {
        lease_ttl: Duration::from_mins(2),
        recover_interval: Duration::ZERO,
        max_attempts: ATTEMPTS,
        ..StoreOptions::default()
    }
}

pub(crate) fn document() -> GameDocument {
    // Begun, so that stores keep it as what differs from its content.
    GameDocument::begun("offline".to_owned(), GameState::default())
}

/// An id of a new game. All games of a test share a shard where there are several, for the order of arrival is a shard's
/// own; different tests use different ones.
pub(crate) fn game_id() -> GameId {
    let mut hasher = DefaultHasher::new();
    std::thread::current().name().hash(&mut hasher);
    let id = GameId::new().to_string();
    format!("{}{:04x}", &id[..id.len() - 4], hasher.finish() & 0xffff).parse().unwrap()
}

pub(crate) async fn new_game(store: &SharedStore) -> GameId {
    new_game_of(store, "offline").await
}

/// A new game that a provider narrates.
pub(crate) async fn new_game_of(store: &SharedStore, provider: &str) -> GameId {
    let game = game_id();
    let document = GameDocument { provider: provider.to_owned(), ..document() };
    store.create_game(game, &GameContents::new(document, Vec::new())).await.unwrap();
    game
}

/// What readers of a game get of a patch; the store does not look into it.
pub(crate) fn state_updated(game: GameId) -> StateUpdated {
    StateUpdated {
        request_id: None,
        game_id: game,
        version: 2,
        turn: 0,
        location: String::new(),
        scene: String::new(),
        is_ended: false,
        changes: Vec::new(),
    }
}

/// A change of a game at a version: its document, and nothing else.
pub(crate) fn a_change(game: GameId, expected: u64, document: &GameDocument) -> GameChange {
    GameChange {
        game,
        expected,
        if_busy: IfBusy::Reject,
        key: IdempotencyKey { key: format!("change {}", nonce()), fingerprint: String::new() },
        document: document.clone(),
        history: Rewrite::none(),
        turns: Rewrite::none(),
        tries: None,
        event: state_updated(game).into(),
        request: None,
        charges: Vec::new(),
    }
}

/// Replaces a game's document, and its history if one is given, as a patch does.
pub(crate) async fn replace(
    store: &SharedStore,
    game: GameId,
    expected: u64,
    document: &GameDocument,
    history: Option<&[ChatMessage]>,
    updated: &StateUpdated,
) -> Changed {
    let history = history.map_or_else(Rewrite::none, |history| Rewrite::all(history.to_vec()));
    let change = GameChange { history, event: updated.clone().into(), ..a_change(game, expected, document) };
    store.change_game(&change).await.unwrap()
}

/// Whether a change has happened.
pub(crate) fn is_done(changed: &Changed) -> bool {
    matches!(changed, Changed::Done(_))
}

pub(crate) fn message(game: GameId, text: &str) -> NewRequest {
    NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        message: text.to_owned(),
        actor: None,
        user_message: text.to_owned(),
        priority: Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    }
}

/// Enqueues a message that must be accepted.
pub(crate) async fn enqueue(store: &SharedStore, game: GameId, text: &str) -> RequestId {
    accept(store, &message(game, text), &Terms::default()).await.id
}

/// Enqueues a request that must be accepted.
pub(crate) async fn accept(store: &SharedStore, request: &NewRequest, terms: &Terms) -> Accepted {
    match store.enqueue(request, terms).await.unwrap() {
        Enqueued::Accepted(accepted) => accepted,
        refused => panic!("{refused:?}"),
    }
}

/// Terms that say only what to do with a busy game.
pub(crate) fn if_busy(if_busy: IfBusy) -> Terms {
    Terms { if_busy, ..Terms::default() }
}

/// Terms with an idempotency key.
pub(crate) fn keyed(key: &str, fingerprint: &str) -> Terms {
    let key = IdempotencyKey { key: key.to_owned(), fingerprint: fingerprint.to_owned() };
    Terms { key: Some(key), ..Terms::default() }
}

pub(crate) fn worker() -> WorkerId {
    WorkerId::fixed("ada")
}

/// A nonce that no claim has had.
pub(crate) fn nonce() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) async fn claim(store: &SharedStore, max: usize) -> Vec<Claim> {
    store.claim(&worker(), nonce(), max).await.unwrap().claims
}

/// Claims the one request that can be claimed.
pub(crate) async fn claim_one(store: &SharedStore) -> Claim {
    let mut claims = claim(store, 2).await;
    assert_eq!(claims.len(), 1, "one request can be claimed");
    claims.remove(0)
}

pub(crate) fn requests(claims: &[Claim]) -> Vec<RequestId> {
    claims.iter().map(|claim| claim.lease.request).collect()
}

/// The turn that a worker commits: it counts, answers, and sets off a story event for each prompt.
pub(crate) fn turn(claim: &Claim, prompts: &[&str]) -> Commit {
    let (request_id, game_id) = (claim.lease.request, claim.lease.game);
    let version = claim.game.version + 1;
    let mut document = claim.game.document.clone();
    document.state.turn_counter += 1;
    let answer = format!("So: {}", claim.request.message);
    let result = TurnResult {
        message: answer.clone(),
        turn: document.state.turn_counter,
        version,
        duration_ms: 1,
        rejections: Vec::new(),
        usage: Usage::default(),
        cut_short: false,
        told_with: None,
    };
    let state_updated = StateUpdated {
        request_id: Some(request_id),
        version,
        turn: document.state.turn_counter,
        ..state_updated(game_id)
    };
    let completed = RequestCompleted {
        request_id,
        game_id,
        kind: claim.request.kind,
        status: RequestStatus::Completed,
        attempt: claim.lease.attempt,
        result: result.clone(),
    };
    let story_event = |(n, prompt): (usize, &&str)| NewRequest {
        id: request_id.child(n),
        kind: RequestType::StoryEvent,
        priority: claim.request.priority,
        caused_by: Some(request_id),
        budgets: claim.request.budgets.clone(),
        ..message(game_id, prompt)
    };
    let record = TurnRecord {
        turn: claim.game.document.last_turn() + 1,
        request_id,
        kind: claim.request.kind,
        message: claim.request.message.clone(),
        user_message: claim.request.user_message.clone(),
        narration: answer.clone(),
        alternatives: claim.request.alternatives.clone(),
        version: TurnVersions { before: claim.game.version, after: version },
        ..TurnRecord::default()
    };
    let most = TurnLimits::default().record_bytes;
    let record = StoredTurn::new(record, &claim.game.document.state, &document.state, most);
    document.turns = Some(record.record.turn);
    Commit {
        base_version: claim.game.version,
        document,
        record,
        ends_choice: claim.request.kind == RequestType::Chat && claim.request.alternatives.is_empty(),
        turn: vec![ChatMessage::user(&claim.request.message), ChatMessage::assistant(answer)],
        result,
        events: TurnEvents { state_updated, completed },
        companions: Vec::new(),
        story_events: prompts.iter().enumerate().map(story_event).collect(),
        used: None,
    }
}

/// The same turn, in which these companions are told as well.
pub(crate) fn with_companions(commit: Commit, claim: &Claim, companions: &[Companion]) -> Commit {
    let companions = companions.iter().map(|companion| companion.told_with(&claim.lease, &commit.result)).collect();
    Commit { companions, ..commit }
}

/// Commits a turn, and claims nothing.
pub(crate) async fn commit_only(store: &SharedStore, lease: &Lease, commit: &Commit) -> Result<Committed, StoreError> {
    store.commit_and_claim(lease, commit, &worker(), nonce(), 0).await.committed
}

/// Commits a turn that must succeed.
pub(crate) async fn finish(store: &SharedStore, claim: &Claim, prompts: &[&str]) {
    let committed = commit_only(store, &claim.lease, &turn(claim, prompts)).await.unwrap();
    assert_eq!(committed, Committed::Done);
}

/// Runs everything that can be claimed, one after the other, and answers in which order that was.
pub(crate) async fn run_all(store: &SharedStore) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some(claim) = claim(store, 1).await.pop() {
        finish(store, &claim, &[]).await;
        messages.push(claim.request.message);
    }
    messages
}

pub(crate) fn completion(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        usage: Usage { prompt_tokens: 7, completion_tokens: 11, ..Usage::default() },
        cut_short: false,
        summary: None,
        given_up: None,
        also_told: Vec::new(),
    }
}

/// Sends a game a message that its provider keeps waiting, until it is given up.
pub(crate) async fn until_another_is_given_up(store: &SharedStore, game: GameId, provider: &str) {
    let sent = enqueue(store, game, "look").await;
    store.record_provider_fault(&fault(provider)).await.unwrap();
    until("another request is given up", async || {
        assert_eq!(claim(store, 1).await, []);
        (request(store, sent).await.status == RequestStatus::Failed).then_some(())
    })
    .await;
}

/// A fault of a provider.
pub(crate) fn fault(provider: &str) -> ProviderFault {
    ProviderFault {
        provider: provider.to_owned(),
        reason: WaitReason::Unreachable,
        detail: "connection refused".to_owned(),
        retry_after: None,
    }
}

/// Why an attempt failed, in words that differ for players and operators.
pub(crate) fn failure() -> Failure {
    Failure {
        for_players: problem(),
        for_operators: Problem::new(ProblemType::ModelFailed, "the model said \"no\"\nand hung up")
            .because(["connection reset".to_owned()]),
    }
}

/// The part of [`failure`] that players read.
pub(crate) fn problem() -> Problem {
    Problem::new(ProblemType::ModelFailed, "the storyteller \"broke off\"")
}

pub(crate) async fn request(store: &SharedStore, id: RequestId) -> Request {
    store.request(id).await.unwrap().unwrap()
}

/// A game's log from the first event kept.
pub(crate) async fn log(store: &SharedStore, game: GameId) -> Vec<Arc<LogEvent>> {
    match store.read_log(game, None, 100_000).await.unwrap() {
        LogRead::Events(events) => events,
        LogRead::Reset { reason, .. } => panic!("the log cannot be read from its start: {reason}"),
    }
}

pub(crate) fn names(events: &[Arc<LogEvent>]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

/// The payload of an event, which must be one that clients can read.
pub(crate) fn parse(event: &LogEvent) -> Event {
    Event::parse(&event.name, &event.data).unwrap()
}

/// The latest event of a name.
pub(crate) async fn latest(store: &SharedStore, game: GameId, name: &str) -> Event {
    let log = log(store, game).await;
    parse(log.iter().rev().find(|event| event.name == name).unwrap())
}

pub(crate) fn is_lost<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost))
}
