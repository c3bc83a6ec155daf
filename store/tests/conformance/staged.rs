//! Long games on Redis, which are laid ready in pieces, when the server loses a piece.

use std::sync::Arc;

use protocol::GameId;
use store::redis::RedisStore;
use store::{Created, GameContents, Games as _};
use story::ChatMessage;

use crate::fixture::{document, options};
use crate::redis_server::RedisServer;

/// In how many tries a piece is lost between two steps.
const TRIES: usize = 100;

#[tokio::test]
async fn a_game_whose_pieces_are_lost_is_not_stored_and_a_repeat_stores_it_whole() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = Arc::new(RedisStore::connect(&server.url(), "", 1, options()).await.unwrap());
    let history: Vec<_> = (0..10_000).map(|n| ChatMessage::user(format!("message {n}"))).collect();
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
