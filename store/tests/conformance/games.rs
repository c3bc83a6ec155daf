//! Games are kept, listed, replaced and forgotten.

use protocol::GameId;
use store::{Changed, GameContents, GameWrite, GamesOf, ListedGame};
use story::ChatMessage;

use crate::bench::{Bench, Dump};
use crate::fixture::{
    claim_one, document, enqueue, failure, finish, game_id, is_done, latest, log, names, new_game, parse, replace,
    state_updated,
};

fn messages(count: usize) -> Vec<ChatMessage> {
    (0..count).map(|n| ChatMessage::user(format!("message {n}"))).collect()
}

pub(crate) async fn a_game_is_read_as_it_was_created(bench: Bench) {
    let store = bench.store().await;
    let (id, mut document) = (GameId::new(), document());
    document.state.user_inventory = vec!["a \"rusty\" key\n".to_owned()];
    assert_eq!(store.game(id).await.unwrap(), None);

    store.create_game(id, &GameContents::new(document.clone(), messages(2))).await.unwrap();

    let game = store.game(id).await.unwrap().unwrap();
    assert_eq!((game.id, game.version, game.cursor.offset), (id, 1, 0));
    assert_eq!(game.document, document);
    assert_eq!(game.created_at, game.updated_at);
    assert_eq!(store.history(id, 10).await.unwrap(), messages(2));
}

pub(crate) async fn creating_a_game_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let id = GameId::new();
    store.create_game(id, &GameContents::new(document(), messages(1))).await.unwrap();
    let before = bench.dump().await;

    store.create_game(id, &GameContents::new(document(), messages(1))).await.unwrap();

    assert!(bench.dump().await == before);
}

pub(crate) async fn a_history_of_any_length_can_be_brought_along(bench: Bench) {
    let store = bench.store().await;
    let (id, history) = (GameId::new(), messages(10_000));

    let empty = bench.dump().await;
    let contents = GameContents::new(document(), history.clone());

    store.create_game(id, &contents).await.unwrap();

    assert_eq!(store.history(id, 20_000).await.unwrap(), history);
    let before = bench.dump().await;
    store.create_game(id, &contents).await.unwrap();
    assert_eq!(store.history(id, 20_000).await.unwrap(), history);
    assert_eq!(unlike(&before, &bench.dump().await), Vec::<String>::new(), "a repeat leaves something behind");
    store.delete_game(id, None).await.unwrap();
    let left = unlike(&empty, &bench.dump().await);
    assert!(!left.iter().any(|name| name.contains("staged") || name.contains("history")), "{left:?}");
}

/// The names of what differs.
fn unlike(one: &Dump, other: &Dump) -> Vec<String> {
    one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

pub(crate) async fn history_is_read_from_its_end(bench: Bench) {
    let store = bench.store().await;
    let (id, history) = (GameId::new(), messages(5));
    store.create_game(id, &GameContents::new(document(), history.clone())).await.unwrap();

    assert_eq!(store.history(id, 2).await.unwrap(), history[3..]);
    assert_eq!(store.history(id, 0).await.unwrap(), []);
    assert_eq!(store.history(GameId::new(), 2).await.unwrap(), []);
}

pub(crate) async fn games_are_listed_in_pages_with_the_latest_changed_first(bench: Bench) {
    let store = bench.store().await;
    let (first, second, third) = (new_game(&store).await, new_game(&store).await, new_game(&store).await);
    let made = store.game(third).await.unwrap().unwrap().updated_at;
    // The clock counts in milliseconds: the first game is changed until that shows.
    let mut version = 1;
    while store.game(first).await.unwrap().unwrap().updated_at <= made {
        replace(&store, first, version, &document(), None, &state_updated(first)).await;
        version += 1;
    }

    let ids = |games: Vec<ListedGame>| games.iter().map(ListedGame::id).collect::<Vec<_>>();
    let page = async |after, limit| store.games(&GamesOf::Everybody, after, limit).await.unwrap();
    let behind = |games: &[ListedGame]| games.last().map(ListedGame::cursor);
    let top = page(None, 1).await;
    assert_eq!(ids(top.clone()), [first]);
    let rest = page(behind(&top), 10).await;
    assert_eq!(ids(page(behind(&rest), 10).await), []);
    assert_eq!(ids(page(None, 0).await), []);
    let rest = ids(rest);
    assert_eq!(rest.len(), 2);
    assert!(rest.contains(&second) && rest.contains(&third), "{rest:?}");
}

pub(crate) async fn games_of_the_same_moment_are_listed_once_each(bench: Bench) {
    let store = bench.store().await;
    let mut made = Vec::new();
    for _ in 0..20 {
        made.push(new_game(&store).await);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store.games(&GamesOf::Everybody, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        listed.extend(page.iter().map(ListedGame::id));
    }
    listed.sort();
    made.sort();
    assert_eq!(listed, made);
}

pub(crate) async fn a_game_is_replaced_only_at_the_expected_version(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    let mut changed = document();
    changed.state.turn_counter = 7;

    assert!(is_done(&replace(&store, id, 1, &changed, None, &state_updated(id)).await));
    let before = bench.dump().await;
    let again = replace(&store, id, 1, &document(), None, &state_updated(id)).await;

    assert_eq!(again, Changed::Version(2));
    assert!(bench.dump().await == before);
    assert_eq!(store.game(id).await.unwrap().unwrap().document, changed);
    let log = log(&store, id).await;
    assert_eq!(names(&log), ["game.state_updated"]);
    assert_eq!((parse(&log[0]), log[0].request), (state_updated(id).into(), None));
    let unknown = replace(&store, GameId::new(), 1, &document(), None, &state_updated(id)).await;
    assert_eq!(unknown, Changed::Unknown);
}

pub(crate) async fn replacing_a_game_can_replace_its_history(bench: Bench) {
    let store = bench.store().await;
    let id = GameId::new();
    store.create_game(id, &GameContents::new(document(), messages(5))).await.unwrap();

    replace(&store, id, 1, &document(), None, &state_updated(id)).await;
    assert_eq!(store.history(id, 9).await.unwrap(), messages(5));
    replace(&store, id, 2, &document(), Some(&messages(1)), &state_updated(id)).await;
    assert_eq!(store.history(id, 9).await.unwrap(), messages(1));
    replace(&store, id, 3, &document(), Some(&[]), &state_updated(id)).await;
    assert_eq!(store.history(id, 9).await.unwrap(), []);
}

pub(crate) async fn a_game_is_read_with_the_history_of_its_version(bench: Bench) {
    versions_and_histories_agree(bench, 2).await;
}

pub(crate) async fn a_long_history_is_read_as_of_one_moment(bench: Bench) {
    versions_and_histories_agree(bench, 600).await;
}

/// Reads a game while its history, of so many messages, is replaced again and again.
async fn versions_and_histories_agree(bench: Bench, length: usize) {
    let store = bench.store().await;
    let id = GameId::new();
    let of_version = |version: u64| vec![ChatMessage::user(if version % 2 == 1 { "odd" } else { "even" }); length];
    store.create_game(id, &GameContents::new(document(), of_version(1))).await.unwrap();
    assert_eq!(store.history(id, length / 2).await.unwrap(), of_version(1)[..length / 2]);

    let writing = async {
        for version in 1..60 {
            let next = of_version(version + 1);
            replace(&store, id, version, &document(), Some(&next), &state_updated(id)).await;
        }
    };
    let reading = async {
        loop {
            let (game, history) = store.game_with_history(id, usize::MAX).await.unwrap().unwrap();
            assert!(history == of_version(game.version), "version {} with {}", game.version, history[0].content);
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
}

pub(crate) async fn a_busy_game_is_neither_replaced_nor_deleted(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    let refused = async || {
        let before = bench.dump().await;
        assert_eq!(replace(&store, id, 1, &document(), None, &state_updated(id)).await, Changed::Busy);
        assert_eq!(store.delete_game(id, None).await.unwrap(), GameWrite::Busy);
        assert!(bench.dump().await == before);
    };

    enqueue(&store, id, "look").await;
    refused().await;
    let claim = claim_one(&store).await;
    refused().await;
    store.retry(&claim.lease, std::time::Duration::from_mins(1), &failure()).await.unwrap();
    refused().await;
    bench.end_backoff(id).await;
    finish(&store, &claim_one(&store).await, &[]).await;

    assert!(is_done(&replace(&store, id, 2, &document(), None, &state_updated(id)).await));
    latest(&store, id, "request.completed").await;
}

pub(crate) async fn a_deleted_game_leaves_nothing_behind(bench: Bench) {
    let store = bench.store().await;
    // The store keeps the providers that games have used; this game's is known already.
    let other = new_game(&store).await;
    let before = bench.dump().await;
    let id = game_id();
    store.create_game(id, &GameContents::new(document(), messages(3))).await.unwrap();
    replace(&store, id, 1, &document(), None, &state_updated(id)).await;

    assert_eq!(store.delete_game(id, None).await.unwrap(), GameWrite::Done);

    assert!(bench.dump().await == before);
    assert_eq!(store.delete_game(id, None).await.unwrap(), GameWrite::Unknown);
    let left: Vec<GameId> =
        store.games(&GamesOf::Everybody, None, 10).await.unwrap().iter().map(ListedGame::id).collect();
    assert_eq!(left, [other]);
}
