//! Long games, which are laid ready in pieces: when a piece is lost, when the caller gives up, and when the process ends in between.

use std::path::Path;
use std::sync::Arc;

use futures::future::poll_immediate;
use protocol::GameId;
use rusqlite::Connection;
use store::embedded::{EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::{Created, GameContents, Games as _, Store as _};
use story::ChatMessage;
use tempfile::TempDir;

use crate::fixture::{document, options};
use crate::redis_server::RedisServer;

/// In how many tries a piece is lost between two steps.
const TRIES: usize = 100;

fn long() -> Vec<ChatMessage> {
    (0..10_000).map(|n| ChatMessage::user(format!("message {n}"))).collect()
}

#[tokio::test]
async fn a_game_whose_pieces_are_lost_is_not_stored_and_a_repeat_stores_it_whole() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = Arc::new(RedisStore::connect(&server.url(), "", 1, options()).await.unwrap());
    let history = long();
    let contents = GameContents::new(document(), history.clone());
    let mut connection = server.connect().await;
    let losing = tokio::spawn(async move {
        loop {
            let staged: Vec<String> = redis::cmd("KEYS").arg("staged:*").query_async(&mut connection).await.unwrap();
            for key in staged {
                let _: () = redis::cmd("DEL").arg(key).query_async(&mut connection).await.unwrap();
            }
        }
    });

    let mut lost = None;
    for _ in 0..TRIES {
        let id = GameId::new();
        match store.create_game(id, &contents).await {
            Ok(Created::Done) => assert_eq!(store.history(id, 20_000).await.unwrap(), history),
            Ok(refused) => panic!("{refused:?}"),
            Err(error) => {
                assert!(error.is_unreachable(), "{error}");
                lost = Some(id);
                break;
            }
        }
    }

    losing.abort();
    let id = lost.expect("no piece was lost");
    assert_eq!(store.game(id).await.unwrap(), None);
    assert_eq!(store.history(id, 1).await.unwrap(), []);
    assert_eq!(store.create_game(id, &contents).await.unwrap(), Created::Done);
    assert_eq!(store.history(id, 20_000).await.unwrap(), history);
}

/// Begins to store a long game, and calls `then` when a piece of it is written and the game is not.
async fn in_between(store: &EmbeddedStore, directory: &Path, then: impl FnOnce(&Connection)) {
    let reader = Connection::open(directory.join("story-engine.db")).unwrap();
    let contents = GameContents::new(document(), long());
    let mut creating = std::pin::pin!(store.create_game(GameId::new(), &contents));
    while messages(&reader) == 0 {
        assert!(poll_immediate(creating.as_mut()).await.is_none(), "it is stored already");
        store.ping().await.unwrap();
    }
    then(&reader);
}

fn messages(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM history", [], |row| row.get(0)).unwrap()
}

fn open(directory: &TempDir) -> EmbeddedStore {
    EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap()
}

#[tokio::test]
async fn the_pieces_of_a_caller_who_gives_up_go_and_other_games_get_other_rows() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let other = GameId::new();
    let short = GameContents::new(document(), vec![ChatMessage::user("short")]);

    in_between(&store, directory.path(), |_| ()).await;
    store.create_game(other, &short).await.unwrap();

    assert_eq!(store.history(other, 9).await.unwrap(), short.history);
    let reader = Connection::open(directory.path().join("story-engine.db")).unwrap();
    assert_eq!(messages(&reader), 1);
    let long = GameContents::new(document(), long());
    let id = GameId::new();
    store.create_game(id, &long).await.unwrap();
    assert_eq!(store.history(id, 20_000).await.unwrap(), long.history);
    assert_eq!(store.history(other, 9).await.unwrap(), short.history);
}

#[tokio::test]
async fn a_game_that_is_made_in_between_gets_other_rows() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let (first, second) = (GameId::new(), GameId::new());
    let (long, short) =
        (GameContents::new(document(), long()), GameContents::new(document(), vec![ChatMessage::user("short")]));
    let mut creating = std::pin::pin!(store.create_game(first, &long));
    assert!(poll_immediate(creating.as_mut()).await.is_none());
    store.ping().await.unwrap();
    assert!(poll_immediate(creating.as_mut()).await.is_none());

    store.create_game(second, &short).await.unwrap();

    assert_eq!(creating.await.unwrap(), Created::Done);
    assert_eq!(store.history(first, 20_000).await.unwrap(), long.history);
    assert_eq!(store.history(second, 9).await.unwrap(), short.history);
}

#[tokio::test]
async fn the_pieces_that_a_process_leaves_behind_are_gone_when_its_database_is_opened() {
    let (directory, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open(&directory);
    // The database as a process leaves it that is killed in between.
    in_between(&store, directory.path(), |reader| {
        let file = copy.path().join("story-engine.db");
        reader.execute("VACUUM INTO ?1", [file.to_string_lossy()]).unwrap();
        assert!(messages(&Connection::open(file).unwrap()) > 0);
    })
    .await;

    let _opened = open(&copy);

    let reader = Connection::open(copy.path().join("story-engine.db")).unwrap();
    assert_eq!(messages(&reader), 0);
    let reserved = "SELECT count(*) FROM meta WHERE name LIKE 'staged:%'";
    assert_eq!(reader.query_row(reserved, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}
