//! What games that begin alike have in common is kept once, for as long as one of them has it, and nobody sees any of that.

use protocol::{GameId, RequestStatus};
use std::sync::Arc;
use store::redis::{Migration, RedisStore};
use store::{Before, Changed, Commit, GameContents, GameDocument, GameWrite, SharedStore};
use story::{GameState, Library, NewGame};

use crate::bench::Bench;
use crate::fixture::{
    a_change, claim, claim_one, commit_only, enqueue, game_id, is_done, options, request, run_all, turn,
};
use crate::redis_server::RedisServer;

/// The state of a new game of a shipped scenario.
fn state(scenario: &str, seed: u32) -> GameState {
    let library = Library::load(fixtures::sources()).unwrap();
    let new = NewGame { scenario: scenario.to_owned(), seed: Some(seed), ..NewGame::default() };
    story::new_game(&library, &new).unwrap().0
}

pub(crate) fn begun(scenario: &str, seed: u32) -> GameDocument {
    GameDocument::begun("offline".to_owned(), state(scenario, seed))
}

/// The same document without its origin, as an import and an archive bring it.
fn without_origin(document: &GameDocument) -> GameDocument {
    serde_json::from_value(serde_json::to_value(document).unwrap()).unwrap()
}

async fn create(store: &SharedStore, document: &GameDocument) -> GameId {
    let game = game_id();
    store.create_game(game, &GameContents::new(document.clone(), Vec::new())).await.unwrap();
    game
}

async fn read(store: &SharedStore, game: GameId) -> GameDocument {
    store.game(game).await.unwrap().unwrap().document
}

/// The store as another process opens it, which remembers nothing.
async fn reopened(bench: &Bench, store: SharedStore) -> SharedStore {
    drop(store);
    bench.store().await
}

pub(crate) async fn games_that_begin_alike_share_their_content(bench: Bench) {
    let store = bench.store().await;
    let documents = [begun("ferry_crossing", 1), begun("ferry_crossing", 2), begun("pawned_moon", 3)];
    let mut games = Vec::new();
    for document in &documents {
        games.push(create(&store, document).await);
    }
    assert_eq!(bench.contents(games[0]).await, [1, 2]);
    // The narrator's prompts, the people and the places are not in it.
    assert!(bench.stored_document(games[2]).await.len() < 200);
    let store = reopened(&bench, store).await;
    for (game, document) in games.iter().zip(&documents) {
        assert_eq!(read(&store, *game).await, *document);
    }
    let listed = store.games(&store::GamesOf::Everybody, None, 9).await.unwrap();
    assert!(
        documents
            .iter()
            .all(|document| listed.iter().filter_map(|game| game.readable()).any(|game| game.document == *document))
    );
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn content_goes_with_the_last_game_that_has_it(bench: Bench) {
    let store = bench.store().await;
    let document = begun("ferry_crossing", 1);
    let (one, other) = (create(&store, &document).await, create(&store, &document).await);
    store.create_game(one, &GameContents::new(document.clone(), Vec::new())).await.unwrap();
    assert_eq!(bench.contents(one).await, [2], "a repeat counts nothing");
    for _ in 0..2 {
        store.delete_game(one, None).await.unwrap();
        assert_eq!(bench.contents(one).await, [1]);
    }
    assert_eq!(read(&store, other).await, document);
    store.delete_game(other, None).await.unwrap();
    assert_eq!(bench.contents(one).await, [0; 0]);
    // This process still knows the content, and the store gets it back.
    let again = create(&store, &document).await;
    assert_eq!(bench.contents(one).await, [1]);
    assert_eq!(read(&reopened(&bench, store).await, again).await, document);
}

pub(crate) async fn a_changed_content_file_does_not_change_a_game_that_has_begun(bench: Bench) {
    let store = bench.store().await;
    let before = begun("ferry_crossing", 1);
    let game = create(&store, &before).await;
    let mut changed = state("ferry_crossing", 1);
    "The New Ferry".clone_into(&mut changed.locations.get_mut("ferry").unwrap().name);
    let after = GameDocument::begun("offline".to_owned(), changed);
    let later = create(&store, &after).await;
    assert_eq!(bench.contents(game).await, [1, 1]);
    let store = reopened(&bench, store).await;
    assert_eq!((read(&store, game).await, read(&store, later).await), (before, after));
}

pub(crate) async fn a_game_is_played_on_as_what_differs_from_its_content(bench: Bench) {
    let store = bench.store().await;
    let document = begun("pawned_moon", 1);
    let game = create(&store, &document).await;
    enqueue(&store, game, "look").await;
    // Another process claims it.
    let store = reopened(&bench, store).await;
    let claim = claim_one(&store).await;
    assert_eq!(claim.game.document, document);
    let mut state = claim.game.document.state.clone();
    state.user_inventory.push("a lamp".to_owned());
    state.npcs.remove("crake");
    state.turn_counter = 1;
    let played = GameDocument { state, turns: Some(1), ..claim.game.document.clone() };
    let commit = Commit { document: played.clone(), ..turn(&claim, &[]) };
    for _ in 0..2 {
        commit_only(&store, &claim.lease, &commit).await.unwrap();
        assert_eq!(bench.contents(game).await, [1]);
    }
    assert!(bench.stored_document(game).await.len() < 300);
    assert_eq!(read(&store, game).await, played);
    assert_eq!(read(&reopened(&bench, store).await, game).await, played);
}

pub(crate) async fn a_game_that_has_become_another_is_stored_whole_and_lets_its_content_go(bench: Bench) {
    let store = bench.store().await;
    let game = create(&store, &begun("pawned_moon", 1)).await;
    let origin = read(&store, game).await;
    let other = GameDocument { state: state("ferry_crossing", 1), ..origin.clone() };
    assert!(is_done(&store.change_game(&a_change(game, 1, &other)).await.unwrap()));
    assert_eq!((bench.contents(game).await, read(&store, game).await), (Vec::new(), other));
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_game_that_was_read_can_be_stored_as_another_one(bench: Bench) {
    let store = bench.store().await;
    let game = create(&store, &begun("ferry_crossing", 1)).await;
    let document = read(&store, game).await;
    let branch = create(&store, &document).await;
    assert_eq!(bench.contents(game).await, [2]);
    for gone in [game, branch] {
        store.delete_game(gone, None).await.unwrap();
    }
    let late = create(&store, &document).await;
    assert_eq!((bench.contents(game).await, read(&store, late).await), (vec![1], document));
}

pub(crate) async fn a_game_from_elsewhere_finds_its_content_where_it_was_used_lately(bench: Bench) {
    let store = bench.store().await;
    let document = begun("ferry_crossing", 1);
    let first = create(&store, &document).await;
    let mut imported = without_origin(&document);
    imported.state.user_inventory.clear();
    let second = create(&store, &imported).await;
    assert_eq!((bench.contents(first).await, read(&store, second).await), (vec![2], imported.clone()));
    // Nobody who imports a game makes content.
    let store = reopened(&bench, store).await;
    let third = create(&store, &imported).await;
    assert_eq!((bench.contents(first).await, read(&store, third).await), (vec![2], imported));
}

pub(crate) async fn a_change_that_was_planned_on_a_game_before_it_left_the_store_loses_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = create(&store, &begun("ferry_crossing", 1)).await;
    let read_before = read(&store, game).await;
    store.delete_game(game, None).await.unwrap();
    let back = GameContents {
        before: Some(Before { version: 1, offset: 0, created_at: None }),
        ..GameContents::new(without_origin(&begun("pawned_moon", 1)), Vec::new())
    };
    store.create_game(game, &back).await.unwrap();

    let outcome = store.change_game(&a_change(game, 1, &read_before)).await.unwrap();
    assert!(is_done(&outcome) || outcome == Changed::Version(1), "{outcome:?}");
    let store = reopened(&bench, store).await;
    assert_eq!(read(&store, game).await, if is_done(&outcome) { read_before } else { back.document });
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_game_whose_content_is_lost_is_found_and_holds_up_no_other(bench: Bench) {
    let store = bench.store().await;
    let game = create(&store, &begun("ferry_crossing", 1)).await;
    enqueue(&store, game, "lost").await;
    bench.lose_contents(game).await;
    let store = reopened(&bench, store).await;
    let found = store.inspect(true).await.unwrap().inconsistencies;
    assert!(
        found.len() == 1 && found[0].game == Some(game) && found[0].what.contains("of its content is gone"),
        "{found:?}"
    );
    assert!(store.game(game).await.unwrap_err().to_string().contains("restore that from a backup"));
    let other = create(&store, &without_origin(&begun("pawned_moon", 1))).await;
    enqueue(&store, other, "told").await;
    let claims = claim(&store, 9).await;
    assert_eq!((claims.len(), claims[0].lease.game), (1, other));
}

pub(crate) async fn a_game_whose_content_cannot_be_read_holds_up_no_other(bench: Bench) {
    let store = bench.store().await;
    let game = create(&store, &begun("ferry_crossing", 1)).await;
    let other = create(&store, &without_origin(&begun("pawned_moon", 1))).await;
    let unread = enqueue(&store, game, "unread").await;
    enqueue(&store, other, "told").await;
    bench.spoil_contents(game).await;
    let store = reopened(&bench, store).await;
    let claims = claim(&store, 9).await;
    assert_eq!((claims.len(), claims[0].lease.game), (1, other));
    assert_eq!(request(&store, unread).await.status, RequestStatus::Failed);
}

#[tokio::test]
async fn a_server_that_is_full_lets_a_game_go_with_its_content() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "");
    let Bench::Redis { server, .. } = &bench else { unreachable!() };
    let store = bench.store().await;
    let (one, other) =
        (create(&store, &begun("ferry_crossing", 1)).await, create(&store, &begun("ferry_crossing", 2)).await);
    let mut connection = server.connect().await;
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec_async(&mut connection).await.unwrap();
    assert_eq!(store.delete_game(one, None).await.unwrap(), GameWrite::Done);
    assert_eq!(bench.contents(one).await, [1]);
    assert_eq!(store.delete_game(other, None).await.unwrap(), GameWrite::Done);
    assert_eq!(bench.contents(other).await, [0; 0]);
}

#[tokio::test]
async fn versions_of_content_that_are_miscounted_are_found_and_repaired() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    let game = create(&store, &begun("ferry_crossing", 1)).await;
    bench.execute("UPDATE contents SET games = 7; INSERT INTO contents (id, text) VALUES ('left', '{}')");
    let found = store.inspect(true).await.unwrap().inconsistencies;
    assert_eq!(found.iter().filter(|it| it.what.contains("are stored with it")).count(), 2, "{found:?}");
    assert_eq!(bench.contents(game).await, [1]);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

#[tokio::test]
async fn a_deployment_of_the_layout_before_stores_games_whole_until_it_is_migrated() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let Bench::Redis { server, .. } = &bench else { unreachable!() };
    let migrate = async |really| RedisStore::migrate(server.url().as_str(), "test:", really).await.unwrap();
    assert_eq!(migrate(true).await, Migration::NoStore);
    let mut behind = server.connect().await;
    redis::cmd("HSET")
        .arg("test:deployment")
        .arg(&["layout", "3", "shards", "1"])
        .exec_async(&mut behind)
        .await
        .unwrap();
    let document = begun("ferry_crossing", 1);
    let before = bench.store_with(options()).await;
    let whole = create(&before, &document).await;
    assert_eq!(bench.stored_document(whole).await, serde_json::to_string(&document).unwrap());

    assert_eq!(migrate(false).await, Migration::From(3));
    assert_eq!(migrate(true).await, Migration::From(3));
    assert_eq!(migrate(true).await, Migration::UpToDate);
    let after = bench.store().await;
    let game = create(&after, &document).await;
    assert_eq!(bench.contents(game).await, [1]);
    // The process that has seen the earlier layout goes on beside it.
    assert_eq!((read(&before, game).await, read(&after, whole).await), (document.clone(), document.clone()));
    enqueue(&before, game, "look").await;
    assert_eq!(run_all(&before).await, ["look"]);
    assert_eq!(bench.contents(game).await, [1], "the game stays as it was stored");
    let by_it = create(&before, &document).await;
    assert_eq!(
        (bench.contents(game).await, read(&after, by_it).await),
        (vec![1], document.clone()),
        "a new one is stored whole"
    );
    assert_eq!(read(&after, game).await.state.seed, document.state.seed);
}
