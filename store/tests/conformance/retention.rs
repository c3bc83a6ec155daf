//! Games that nobody plays are found, leave the store, and come back.

use std::time::Duration;

use protocol::{Alternative, EventId, GameId};
use store::{
    Before, GameChange, GameContents, GameWrite, GamesCursor, IdleGame, LogRead, NewRequest, SharedStore, Try,
    TurnRange,
};

use crate::bench::Bench;
use crate::fixture::{
    claim_one, document, enqueue, finish, game_id, is_done, log, message, new_game, replace, run_all, state_updated,
};
use crate::rewind::back_to_before;

async fn idle(store: &SharedStore, idle: Duration, after: Option<GamesCursor>, limit: usize) -> Vec<GameId> {
    let found = store.idle_games(idle, after, limit).await.unwrap();
    assert!(found.iter().all(|game| game.idle >= idle), "{found:?}");
    found.iter().map(|game| game.id).collect()
}

pub(crate) async fn idle_games_come_the_longest_idle_first_and_in_pages(bench: Bench) {
    let store = bench.store().await;
    let mut created = Vec::new();
    for _ in 0..5 {
        let id = new_game(&store).await;
        let game = store.game(id).await.unwrap().unwrap();
        created.push((game.updated_at, id.to_string(), id));
    }
    created.sort();
    let expected: Vec<GameId> = created.iter().map(|(.., id)| *id).collect();

    assert_eq!(idle(&store, Duration::ZERO, None, 10).await, expected);
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = store.idle_games(Duration::ZERO, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(GamesCursor { updated_at: last.updated_at, id: last.id });
        paged.extend(page.iter().map(|game| game.id));
    }
    assert_eq!(paged, expected);
    assert_eq!(idle(&store, Duration::from_hours(1), None, 10).await, []);
}

pub(crate) async fn a_game_that_has_changed_is_not_idle(bench: Bench) {
    let store = bench.store().await;
    let (first, second) = (new_game(&store).await, new_game(&store).await);

    assert!(is_done(&replace(&store, first, 1, &document(), None, &state_updated(first)).await));

    let found = store.idle_games(Duration::ZERO, None, 10).await.unwrap();
    let version = |id| found.iter().find(|game| game.id == id).map(|game| game.version);
    assert_eq!((version(first), version(second)), (Some(2), Some(1)));
    let changed = store.game(first).await.unwrap().unwrap().updated_at;
    assert_eq!(found.iter().find(|game| game.id == first).unwrap().updated_at, changed);
}

/// A game as a search finds it.
async fn found(store: &SharedStore, id: GameId) -> IdleGame {
    let found = store.idle_games(Duration::ZERO, None, 10).await.unwrap();
    found.into_iter().find(|game| game.id == id).unwrap()
}

pub(crate) async fn a_game_is_deleted_as_it_was_found_and_not_otherwise(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    let first = found(&store, id).await;
    assert!(is_done(&replace(&store, id, 1, &document(), None, &state_updated(id)).await));
    let now = found(&store, id).await;
    let another_time = IdleGame { updated_at: now.updated_at - Duration::from_millis(1), ..now };
    let before = bench.dump().await;

    for stale in [first, IdleGame { version: 1, ..now }, another_time] {
        assert_eq!(store.delete_game(id, Some(&stale)).await.unwrap(), GameWrite::Changed, "{stale:?}");
    }
    assert!(bench.dump().await == before);

    enqueue(&store, id, "look").await;
    assert_eq!(store.delete_game(id, Some(&now)).await.unwrap(), GameWrite::Busy);
    finish(&store, &claim_one(&store).await, &[]).await;
    let now = found(&store, id).await;
    assert_eq!(store.delete_game(id, Some(&now)).await.unwrap(), GameWrite::Done);
    assert_eq!(store.delete_game(id, Some(&now)).await.unwrap(), GameWrite::Unknown);
    assert_eq!(store.game(id).await.unwrap(), None);
}

pub(crate) async fn a_game_that_comes_back_goes_on_where_it_was(bench: Bench) {
    let store = bench.store().await;
    let id = game_id();
    let before = Before { version: 7, offset: 40, created_at: Some("2020-01-02T03:04:05.678Z".parse().unwrap()) };

    let contents = GameContents { before: Some(before), ..GameContents::new(document(), Vec::new()) };
    store.create_game(id, &contents).await.unwrap();

    let game = store.game(id).await.unwrap().unwrap();
    assert_eq!((game.version, game.cursor.offset, Some(game.created_at)), (7, 40, before.created_at));
    let LogRead::Events(none) = store.read_log(id, Some(game.cursor), 10).await.unwrap() else {
        panic!("who is at the end of the log has missed nothing");
    };
    assert!(none.is_empty());
    let old = EventId { epoch: game.cursor.epoch, offset: 12 };
    assert!(matches!(store.read_log(id, Some(old), 10).await.unwrap(), LogRead::Reset { .. }));

    enqueue(&store, id, "look").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    assert_eq!(log(&store, id).await[0].id.offset, 41);
    assert_eq!(store.game(id).await.unwrap().unwrap().version, 8);
    assert!(store.inspect(false).await.unwrap().inconsistencies.is_empty());
}

pub(crate) async fn what_was_kept_beside_a_game_comes_back_with_it(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    for text in ["one", "two"] {
        enqueue(&store, id, text).await;
    }
    run_all(&store).await;
    let tries = vec![Try {
        turns: store.turns(id, TurnRange::From(2), 9).await.unwrap().turns,
        state: store.game(id).await.unwrap().unwrap().document.state,
    }];
    let tries_text = serde_json::to_string(&tries).unwrap();
    let mut changes = Vec::new();
    for text in ["three", "four"] {
        let planned = back_to_before(&store, id, 2).await;
        // Another try of the same message: a new one would end the choice.
        let request = NewRequest { alternatives: vec![Alternative::default()], ..message(id, text) };
        let change = GameChange { request: Some(request), tries: Some(tries_text.clone()), ..planned };
        assert!(is_done(&store.change_game(&change).await.unwrap()));
        run_all(&store).await;
        changes.push((change.key.clone(), store.find_change(id, &change.key).await.unwrap()));
    }
    let game = store.game(id).await.unwrap().unwrap();
    let remembered = store.remembered(id, &[]).await.unwrap();
    assert_eq!(remembered.tries, tries);

    assert_eq!(store.delete_game(id, None).await.unwrap(), GameWrite::Done);
    assert_eq!(store.tries(id).await.unwrap(), []);
    let before = Before { version: game.version, offset: game.cursor.offset, created_at: Some(game.created_at) };
    let contents = GameContents { before: Some(before), remembered, ..GameContents::new(game.document, Vec::new()) };
    store.create_game(id, &contents).await.unwrap();

    assert_eq!(store.tries(id).await.unwrap(), tries);
    for (key, answer) in changes {
        assert!(answer.is_some());
        assert_eq!(store.find_change(id, &key).await.unwrap(), answer);
    }
    // Each one is still in its place: the oldest is the first to be forgotten.
    let again = store.remembered(id, &[]).await.unwrap();
    assert_eq!(again, contents.remembered);
    assert!(store.inspect(false).await.unwrap().inconsistencies.is_empty());
}
