//! Changes from outside a turn: records of turns, a game that goes back, a retry in the same step, a name, a narration that is
//! stopped.

use std::num::NonZeroU64;
use std::time::Duration;

use protocol::{
    Alternative, Attempt, ChatChunk, Event, GameId, GameRewound, IfBusy, RequestId, RequestStatus, RewindCause,
    TurnModel, Usage,
};
use store::{
    Changed, Charge, Completion, GameChange, GameContents, GameWrite, IdempotencyKey, Keep, Limited, NewRequest, Rate,
    Rewrite, SentPrompt, SentPrompts, SharedStore, Stopped, StoreOptions, StoredTurn, Try, TurnLimits, TurnRange,
    state_before,
};
use story::{ChatMessage, Prompt};

use crate::bench::Bench;
use crate::fixture::{
    TIMEOUT, a_change, claim_one, commit_only, completion, document, enqueue, finish, game_id, is_done, is_lost,
    latest, log, message, names, new_game, options, request, run_all, turn,
};

/// A game in which something was said three times.
async fn three_turns(store: &SharedStore) -> GameId {
    let game = new_game(store).await;
    for text in ["one", "two", "three"] {
        enqueue(store, game, text).await;
    }
    run_all(store).await;
    game
}

/// Takes a game back to its state before a turn.
pub(crate) async fn back_to_before(store: &SharedStore, game: GameId, turn: u64) -> GameChange {
    let now = store.game(game).await.unwrap().unwrap();
    let page = store.turns(game, TurnRange::From(turn), 100).await.unwrap();
    let mut document = now.document.clone();
    document.state = state_before(&page.turns, &now.document.state).unwrap();
    document.turns = Some(turn - 1);
    let event = GameRewound {
        request_id: None,
        game_id: game,
        cause: RewindCause::Undo,
        version: now.version + 1,
        turn: turn - 1,
        location: String::new(),
        scene: String::new(),
        is_ended: false,
    };
    GameChange {
        history: Rewrite { kept: Keep::First(page.turns[0].messages_before), appended: Vec::new() },
        turns: Rewrite { kept: Keep::ButLast(page.turns.len() as u64), appended: Vec::new() },
        event: event.into(),
        ..a_change(game, now.version, &document)
    }
}

fn numbers(turns: &[StoredTurn]) -> Vec<u64> {
    turns.iter().map(|turn| turn.record.turn).collect()
}

async fn contents(store: &SharedStore, game: GameId) -> Vec<String> {
    store.history(game, 100).await.unwrap().into_iter().map(|message| message.content).collect()
}

pub(crate) async fn a_commit_keeps_the_record_of_its_turn(bench: Bench) {
    let store = bench.store().await;
    let game = game_id();
    let history = vec![ChatMessage::assistant("It begins.")];
    store.create_game(game, &GameContents::new(document(), history)).await.unwrap();
    enqueue(&store, game, "look \"around\"\n").await;
    let claim = claim_one(&store).await;
    let mut commit = turn(&claim, &[]);
    let prompt = Prompt::new("You narrate \"all\".\n".to_owned(), [], "I look.".to_owned());
    let narration = Some(SentPrompt::new("mock", "m", &prompt));
    commit.record.prompts = Some(SentPrompts { narration, extraction: None });
    commit_only(&store, &claim.lease, &commit).await.unwrap();

    let page = store.turns(game, TurnRange::From(0), 10).await.unwrap();
    assert_eq!(page.first_kept, Some(1));
    assert_eq!(page.turns, [StoredTurn { messages_before: 1, ..commit.record.clone() }]);
    let committed = store.game(game).await.unwrap().unwrap().document;
    assert_eq!(state_before(&page.turns, &committed.state).unwrap(), claim.game.document.state);
    assert_eq!(committed.last_turn(), 1);

    // A repeat keeps no second record.
    commit_only(&store, &claim.lease, &commit).await.unwrap();
    assert_eq!(store.turns(game, TurnRange::From(0), 10).await.unwrap().turns.len(), 1);
}

pub(crate) async fn turn_records_are_read_in_pages_from_both_ends(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let read = async |range, limit| numbers(&store.turns(game, range, limit).await.unwrap().turns);

    assert_eq!(read(TurnRange::From(0), 2).await, [1, 2]);
    assert_eq!(read(TurnRange::From(3), 2).await, [3]);
    assert_eq!(read(TurnRange::From(4), 2).await, [0; 0]);
    assert_eq!(read(TurnRange::Before(None), 2).await, [2, 3]);
    assert_eq!(read(TurnRange::Before(Some(2)), 2).await, [1]);
    assert_eq!(read(TurnRange::Before(Some(1)), 2).await, [0; 0]);
    let none = store.turns(GameId::new(), TurnRange::From(0), 2).await.unwrap();
    assert_eq!((none.turns, none.first_kept), (Vec::new(), None));
}

pub(crate) async fn no_more_turn_records_are_kept_than_may_be(bench: Bench) {
    let turns = TurnLimits { kept: 2, ..TurnLimits::default() };
    let store = bench.store_with(StoreOptions { turns, ..options() }).await;
    let game = three_turns(&store).await;

    let page = store.turns(game, TurnRange::From(0), 10).await.unwrap();

    assert_eq!((numbers(&page.turns), page.first_kept), (vec![2, 3], Some(2)));
    assert_eq!(page.turns[0].messages_before, 2);
}

pub(crate) async fn no_more_changes_are_remembered_than_may_be(bench: Bench) {
    let turns = TurnLimits { changes: 2, ..TurnLimits::default() };
    let store = bench.store_with(StoreOptions { turns, ..options() }).await;
    let game = three_turns(&store).await;
    let mut keys = Vec::new();
    for turn in [3, 2, 1] {
        let change = back_to_before(&store, game, turn).await;
        let key = IdempotencyKey { key: format!("back to {turn}"), ..change.key.clone() };
        assert!(matches!(
            store.change_game(&GameChange { key: key.clone(), ..change }).await.unwrap(),
            Changed::Done(_)
        ));
        keys.push(key);
    }

    let mut known = Vec::new();
    for key in &keys {
        known.push(store.find_change(game, key).await.unwrap().is_some());
    }
    assert_eq!(known, [false, true, true]);
}

pub(crate) async fn a_change_without_a_request_counts_once_and_one_that_is_refused_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let rate = Rate { count: 3, period: Duration::from_hours(24), taken: 2 };
    let charges = vec![Charge { bucket: "games:user:ada".into(), rate: Some(rate), unfinished: None }];
    let first = GameChange { charges: charges.clone(), ..back_to_before(&store, game, 3).await };
    assert!(matches!(store.change_game(&first).await.unwrap(), Changed::Done(_)));
    assert!(matches!(store.change_game(&first).await.unwrap(), Changed::Done(_)), "a repeat");
    let second = GameChange { charges, ..back_to_before(&store, game, 2).await };
    let before = bench.dump().await;

    let refused = store.change_game(&second).await.unwrap();

    let Changed::Limited(Limited::Rate { charge: 0, retry_after }) = refused else { panic!("{refused:?}") };
    assert!((7..=8).contains(&(retry_after.as_secs() / 3600)), "one is left, and two are wanted: {retry_after:?}");
    assert!(bench.dump().await == before);
}

pub(crate) async fn a_game_goes_back_to_a_turn(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let change = back_to_before(&store, game, 2).await;

    let Changed::Done(done) = store.change_game(&change).await.unwrap() else { panic!() };

    assert_eq!((done.version, done.turn, done.request), (5, 1, None));
    let now = store.game(game).await.unwrap().unwrap();
    assert_eq!((now.version, now.document.state.turn_counter, now.document.last_turn()), (5, 1, 1));
    assert_eq!(contents(&store, game).await, ["one", "So: one"]);
    assert_eq!(numbers(&store.turns(game, TurnRange::From(0), 10).await.unwrap().turns), [1]);
    assert!(
        matches!(latest(&store, game, "game.rewound").await, Event::GameRewound(e) if e.version == 5 && e.turn == 1)
    );
    assert_eq!(done.cursor.offset + 1, now.cursor.offset);

    // It plays on from there, and its turns are counted on from there.
    enqueue(&store, game, "another").await;
    assert_eq!(run_all(&store).await, ["another"]);
    assert_eq!(numbers(&store.turns(game, TurnRange::From(0), 10).await.unwrap().turns), [1, 2]);
    assert_eq!(contents(&store, game).await, ["one", "So: one", "another", "So: another"]);
}

pub(crate) async fn changing_again_answers_as_at_first(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let change = GameChange { request: Some(message(game, "again")), ..back_to_before(&store, game, 3).await };
    let first = store.change_game(&change).await.unwrap();
    let before = bench.dump().await;

    assert_eq!(store.change_game(&change).await.unwrap(), first);
    assert_eq!(store.find_change(game, &change.key).await.unwrap(), Some(first));
    let other = IdempotencyKey { fingerprint: "another".to_owned(), ..change.key.clone() };
    let reused = GameChange { key: other.clone(), ..change.clone() };
    assert_eq!(store.change_game(&reused).await.unwrap(), Changed::KeyReused);
    assert_eq!(store.find_change(game, &other).await.unwrap(), Some(Changed::KeyReused));
    let unknown = IdempotencyKey { key: "unknown".to_owned(), fingerprint: String::new() };
    assert_eq!(store.find_change(game, &unknown).await.unwrap(), None);

    assert!(bench.dump().await == before);
    // Also once the game has gone on.
    assert_eq!(run_all(&store).await, ["again"]);
    let Changed::Done(done) = store.change_game(&change).await.unwrap() else { panic!() };
    assert_eq!(done.request.unwrap().status, RequestStatus::Completed);
}

pub(crate) async fn a_change_brings_a_request_in_the_same_step(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let earlier =
        Alternative { narration: "So: three".to_owned(), usage: Usage::default(), model: TurnModel::default() };
    let again = NewRequest { alternatives: vec![earlier.clone()], ..message(game, "three") };
    let tries = Some("[]".to_owned());
    let change = GameChange { request: Some(again.clone()), tries, ..back_to_before(&store, game, 3).await };

    let Changed::Done(done) = store.change_game(&change).await.unwrap() else { panic!() };

    let accepted = done.request.unwrap();
    assert_eq!((accepted.id, accepted.status, accepted.position), (again.id, RequestStatus::Queued, 0));
    let claim = claim_one(&store).await;
    assert_eq!((claim.lease.request, claim.game.version), (again.id, 5));
    assert_eq!(claim.request.alternatives, [earlier]);
    assert_eq!(claim.history.len(), 4);
    finish(&store, &claim, &[]).await;
    let turns = store.turns(game, TurnRange::From(3), 10).await.unwrap().turns;
    assert_eq!(turns[0].record.alternatives.len(), 1);
    let log = log(&store, game).await;
    let end: Vec<&str> = names(&log).into_iter().rev().take(5).collect();
    let rewound = ["request.completed", "game.state_updated", "request.processing", "request.queued", "game.rewound"];
    assert_eq!(end, rewound);
}

pub(crate) async fn a_change_is_refused_by_a_busy_game_or_cancels_what_it_does(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let (running, waiting) = (enqueue(&store, game, "four").await, enqueue(&store, game, "five").await);
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "So").await.unwrap();
    let before = bench.dump().await;
    let change = back_to_before(&store, game, 3).await;

    assert_eq!(store.change_game(&change).await.unwrap(), Changed::Busy);
    assert!(bench.dump().await == before);
    let stale = GameChange { if_busy: IfBusy::Interrupt, expected: 3, ..change.clone() };
    assert_eq!(store.change_game(&stale).await.unwrap(), Changed::Version(4));
    assert!(bench.dump().await == before, "nothing is cancelled where nothing is changed");

    let interrupting = GameChange { if_busy: IfBusy::Interrupt, ..change };
    assert!(is_done(&store.change_game(&interrupting).await.unwrap()));

    for id in [running, waiting] {
        assert_eq!(request(&store, id).await.status, RequestStatus::Cancelled);
    }
    // A lease of before can commit nothing, and not even publish.
    assert!(is_lost(&commit_only(&store, &claim.lease, &turn(&claim, &[])).await));
    assert!(is_lost(&store.publish_chunk(&claim.lease, 2, "lost").await));
    assert_eq!(contents(&store, game).await, ["one", "So: one", "two", "So: two"]);
    assert!(store.lane(game).await.unwrap().requests.is_empty());
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn tries_are_kept_until_the_player_goes_on(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let tries = vec![Try {
        turns: store.turns(game, TurnRange::From(3), 9).await.unwrap().turns,
        state: store.game(game).await.unwrap().unwrap().document.state,
    }];
    let alternatives = vec![Alternative::default()];
    let again = NewRequest { alternatives, ..message(game, "three") };
    let change = GameChange {
        request: Some(again),
        tries: Some(serde_json::to_string(&tries).unwrap()),
        ..back_to_before(&store, game, 3).await
    };
    store.change_game(&change).await.unwrap();

    assert_eq!(store.tries(game).await.unwrap(), tries);
    run_all(&store).await;
    assert_eq!(store.tries(game).await.unwrap(), tries, "another try keeps them");
    enqueue(&store, game, "four").await;
    run_all(&store).await;
    assert_eq!(store.tries(game).await.unwrap(), []);
}

pub(crate) async fn a_game_begins_with_the_turns_that_it_brings(bench: Bench) {
    let store = bench.store().await;
    let game = three_turns(&store).await;
    let now = store.game(game).await.unwrap().unwrap();
    let turns = store.turns(game, TurnRange::From(0), 9).await.unwrap().turns;
    let history = store.history(game, 99).await.unwrap();
    let (id, name) = (game_id(), Some("a \"branch\"".to_owned()));
    let contents =
        GameContents { turns: turns.clone(), name: name.clone(), ..GameContents::new(now.document.clone(), history) };

    store.create_game(id, &contents).await.unwrap();

    let made = store.game(id).await.unwrap().unwrap();
    assert_eq!((made.version, made.name, &made.document), (1, name, &now.document));
    assert_eq!(store.turns(id, TurnRange::From(0), 9).await.unwrap().turns, turns);
    assert!(is_done(&store.change_game(&back_to_before(&store, id, 2).await).await.unwrap()));
    assert_eq!(self::contents(&store, id).await, ["one", "So: one"]);
    assert_eq!(self::contents(&store, game).await.len(), 6, "the other game stays as it is");
}

pub(crate) async fn a_game_has_a_name_that_is_no_part_of_its_version(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;

    assert_eq!(store.rename_game(game, Some("The \"moon\"")).await.unwrap(), GameWrite::Done);
    let before = bench.dump().await;
    assert_eq!(store.rename_game(game, Some("The \"moon\"")).await.unwrap(), GameWrite::Done);
    assert!(bench.dump().await == before, "the same name is no news");

    let named = store.game(game).await.unwrap().unwrap();
    assert_eq!((named.name.as_deref(), named.version), (Some("The \"moon\""), 1));
    finish(&store, &claim, &[]).await;
    assert_eq!(store.rename_game(game, None).await.unwrap(), GameWrite::Done);
    assert_eq!(store.game(game).await.unwrap().unwrap().name, None);
    assert!(matches!(latest(&store, game, "game.renamed").await, Event::GameRenamed(e) if e.name.is_none()));
    assert_eq!(store.rename_game(GameId::new(), None).await.unwrap(), GameWrite::Unknown);
}

pub(crate) async fn a_narration_that_is_stopped_is_kept_as_far_as_it_was_published(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "A door. And then").await.unwrap();
    let so_far = Completion { cut_short: true, ..completion("A door.") };
    let end = |attempt| ChatChunk {
        request_id: id,
        game_id: game,
        attempt,
        content: String::new(),
        done: true,
        chunks: NonZeroU64::MIN,
    };

    let before = bench.dump().await;
    assert_eq!(store.stop(id, Attempt(2), &so_far, &end(Attempt(2))).await.unwrap(), Stopped::Changed);
    assert!(bench.dump().await == before);
    assert_eq!(store.stop(id, Attempt(1), &so_far, &end(Attempt(1))).await.unwrap(), Stopped::Done);
    let before = bench.dump().await;
    assert_eq!(store.stop(id, Attempt(1), &so_far, &end(Attempt(1))).await.unwrap(), Stopped::Done);
    assert!(bench.dump().await == before, "a repeat changes nothing");

    assert!(is_lost(&store.publish_chunk(&claim.lease, 2, " more").await));
    let again = claim_one(&store).await;
    assert_eq!((again.lease.request, again.lease.attempt), (id, Attempt(1)), "the attempt is not counted");
    assert_eq!(again.request.checkpoints.narration, Some(so_far.clone()));
    finish(&store, &again, &[]).await;
    let log = log(&store, game).await;
    assert!(!names(&log).contains(&"attempt.superseded"), "the text so far is not void");
    let finished = store.stop(id, Attempt(1), &so_far, &end(Attempt(1))).await.unwrap();
    assert_eq!(finished, Stopped::Finished(RequestStatus::Completed));
    let unknown = RequestId::in_game(game);
    assert_eq!(store.stop(unknown, Attempt(1), &so_far, &end(Attempt(1))).await.unwrap(), Stopped::Unknown);
}

pub(crate) async fn a_worker_is_notified_of_a_narration_that_was_stopped(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut revoked = store.revocations();

    let notified = async {
        // Until the listener is there, messages to it are lost: so there is one after the other.
        let mut taken = Vec::new();
        loop {
            let id = enqueue(&store, game, "look").await;
            let attempt = claim_one(&store).await.lease;
            let end = ChatChunk {
                request_id: id,
                game_id: game,
                attempt: Attempt(1),
                content: String::new(),
                done: true,
                chunks: NonZeroU64::MIN,
            };
            assert_eq!(store.stop(id, Attempt(1), &completion("A door."), &end).await.unwrap(), Stopped::Done);
            taken.push(attempt.token);
            run_all(&store).await;
            if let Ok(token) = tokio::time::timeout(Duration::from_millis(20), revoked.recv()).await {
                assert!(taken.contains(&token.unwrap()));
                return;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, notified).await.unwrap();
}
