//! Games that cannot be read: commands name them, do the rest, and end with 1.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use protocol::GameId;
use serde_json::Value;
use store::embedded::{EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::{GameContents, GameDocument, Owner, SharedStore, StoreOptions};
use story::ChatMessage;
use tempfile::TempDir;

use crate::fixture::{complaint, engine, printed};
use crate::redis_server::RedisServer;

/// A directory with a store in which the first of two games of acme cannot be read; nor can the history of the third.
pub(crate) async fn scene() -> (TempDir, [GameId; 3]) {
    let directory = TempDir::new().unwrap();
    let store: SharedStore =
        Arc::new(EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap());
    let games = [game(&store, "ada").await, game(&store, "bob").await, game(&store, "bob").await];
    drop(store);
    execute(directory.path(), &format!("UPDATE documents SET document = '{{\"prov' WHERE game_id = '{}'", games[0]));
    let number = format!("(SELECT number << 30 FROM games WHERE id = '{}')", games[2]);
    execute(directory.path(), &format!("UPDATE history SET message = 'xx' WHERE id = {number} + 1"));
    (directory, games)
}

async fn game(store: &SharedStore, user: &str) -> GameId {
    let owner = Owner { tenant: "acme".parse().unwrap(), user: Some(user.parse().unwrap()) };
    let mut document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    "ferry_crossing".clone_into(&mut document.state.scenario);
    let contents = GameContents::new(document, vec![ChatMessage::user("Hello.")]);
    let id = GameId::new();
    store.create_game(id, &GameContents { owner: Some(owner), ..contents }).await.unwrap();
    id
}

pub(crate) fn execute(directory: &Path, sql: &str) {
    rusqlite::Connection::open(directory.join("story-engine.db")).unwrap().execute_batch(sql).unwrap();
}

/// What a command prints and complains of that ends with 1.
fn ends_with_1(output: Output) -> (String, String) {
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.code(), Some(1), "{said}\n{complained}");
    (said, complained)
}

#[tokio::test]
async fn what_cannot_be_repaired_is_not_called_repaired_and_the_command_ends_with_1() {
    let (directory, [spoiled, sound, _]) = scene().await;
    let directory = directory.path();
    execute(directory, &format!("UPDATE owners SET changed_at = 7 WHERE game_id = '{sound}'"));

    let (found, _) = ends_with_1(engine(directory, &["fsck"]));
    assert!(found.contains(&format!("game {spoiled}: its document cannot be read")), "{found}");
    assert!(found.contains("\n    it cannot be repaired: restore the game from a backup"), "{found}");
    assert!(found.contains("3 contradictions, 2 that cannot be repaired"), "{found}");
    let (repaired, _) = ends_with_1(engine(directory, &["fsck", "--repair"]));
    assert!(repaired.contains("repaired: put it there"), "{repaired}");
    assert!(repaired.contains("3 contradictions, 1 repaired, 2 that cannot be repaired"), "{repaired}");
    let (left, _) = ends_with_1(engine(directory, &["fsck", "--repair"]));
    assert!(left.contains("2 contradictions, 2 that cannot be repaired"), "{left}");
    assert!(printed(directory, &["audit"]).contains("1 of 3 contradictions"));
}

#[tokio::test]
async fn games_that_can_be_read_are_listed_and_the_others_are_named() {
    let (directory, [spoiled, sound, _]) = scene().await;
    let (said, complained) = ends_with_1(engine(directory.path(), &["games", "list"]));
    assert!(said.contains(&sound.to_string()) && !said.contains(&spoiled.to_string()), "{said}");
    assert!(complained.contains(&spoiled.to_string()) && complained.contains("engine fsck"), "{complained}");

    let one = complaint(directory.path(), &["games", "export", &spoiled.to_string()]);
    assert!(one.contains("something unreadable") && one.contains("engine fsck"), "{one}");
    let (said, complained) = ends_with_1(engine(directory.path(), &["tenants", "list"]));
    assert!(
        said.starts_with("acme  3 games, 2 users") && complained.contains(&spoiled.to_string()),
        "{said}{complained}"
    );
}

#[tokio::test]
async fn idle_games_are_deleted_but_for_those_that_cannot_be_read() {
    let (directory, [spoiled, ..]) = scene().await;
    let directory = directory.path();
    let (said, complained) = ends_with_1(engine(directory, &["games", "delete", "--idle", "0s"]));
    assert!(said.contains(&format!("{spoiled} stays: it cannot be read")), "{said}");
    assert!(said.contains("2 games are deleted") && complained.contains("engine fsck"), "{said}{complained}");
    printed(directory, &["games", "delete", &spoiled.to_string()]);
    assert_eq!(printed(directory, &["games", "list"]), "");
    assert!(printed(directory, &["fsck"]).contains("0 games, 0 unfinished requests, 0 contradictions"));
}

#[tokio::test]
async fn an_export_of_a_tenant_that_lacks_games_says_so_and_names_them() {
    let (directory, [spoiled, sound, without_history]) = scene().await;
    let files = TempDir::new().unwrap();
    let target = files.path().join("acme");
    let (_, complained) =
        ends_with_1(engine(directory.path(), &["tenants", "export", "acme", target.to_str().unwrap()]));
    for id in [spoiled, without_history] {
        assert!(complained.contains(&id.to_string()), "{complained}");
        assert!(!target.join(format!("{id}.json")).exists());
    }
    assert!(target.join(format!("{sound}.json")).exists());
    let list: Value = serde_json::from_slice(&std::fs::read(target.join("tenant.json")).unwrap()).unwrap();
    assert_eq!((&list["is_complete"], list["unreadable"].as_array().unwrap().len()), (&false.into(), 2));

    let erased = printed(directory.path(), &["tenants", "erase", "acme", "--yes"]);
    assert!(erased.ends_with("nothing is kept of acme any more\n"), "{erased}");
}

#[tokio::test]
async fn a_tenant_moves_but_for_the_games_that_cannot_be_read() {
    let (Some(default), Some(gold)) = (RedisServer::start(false).await, RedisServer::start(false).await) else {
        return;
    };
    let connect = async |server: &RedisServer| {
        let store = RedisStore::connect(&*server.url(), "", 1, StoreOptions::default()).await.unwrap();
        Arc::new(store) as SharedStore
    };
    let (from, to) = (connect(&default).await, connect(&gold).await);
    let games = [game(&from, "ada").await, game(&from, "bob").await, game(&from, "bob").await];
    let with_letter = game(&from, "bob").await;
    crate::fixture::dead_letter(&from, with_letter).await;
    let mut connection = default.connect().await;
    let document = ["document", "{\"prov"];
    redis::cmd("HSET")
        .arg(format!("gamestate:{}", games[0]))
        .arg(&document)
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    let history = format!("game-history:{}", games[2]);
    redis::cmd("LSET").arg(history).arg(0).arg("xx").query_async::<()>(&mut connection).await.unwrap();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("engine.toml");
    let archive = directory.path().join("archive");
    let text = format!(
        "[redis]\nurl = '{}'\n[tiers.gold]\ntenants = ['acme']\nredis.url = '{}'\n[retention]\narchive = '{}'\n",
        default.url(),
        gold.url(),
        archive.display()
    );
    std::fs::write(&file, text).unwrap();
    for moved in [1, 0] {
        let move_them = Command::new(env!("CARGO_BIN_EXE_engine"))
            .args(["tenants", "move", "acme", "--to", "gold", "--wait", "1h", "--config"])
            .arg(&file)
            .output()
            .unwrap();
        let (said, complained) = ends_with_1(move_them);
        assert!(said.starts_with(&format!("{moved} games of acme are moved")), "{said}{complained}");
        for stays in [games[0], games[2]] {
            assert!(said.contains(&format!("{stays} stays: it cannot be read")), "{said}");
        }
        assert!(said.contains(&format!("{with_letter} stays: it has dead letters")), "{said}");
        assert!(complained.contains("3 games stay where they are"), "{complained}");
    }
    assert!(to.game(games[1]).await.unwrap().is_some() && from.game(games[1]).await.unwrap().is_none());

    let key = format!("gamestate:{}", games[0]);
    redis::cmd("SET").arg(&key).arg("a string").query_async::<()>(&mut connection).await.unwrap();
    let run = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_engine")).args(words).arg("--config").arg(&file).output().unwrap()
    };
    let (said, complained) = ends_with_1(run(&["games", "list"]));
    assert!(said.contains(&games[1].to_string()) && said.contains(&games[2].to_string()), "{said}{complained}");
    assert!(complained.contains(&games[0].to_string()), "{complained}");
    let deleted = run(&["games", "delete", &games[2].to_string()]);
    assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
    redis::cmd("DEL").arg(key).query_async::<()>(&mut connection).await.unwrap();
    let repaired = run(&["fsck", "--repair"]);
    assert!(repaired.status.success(), "{}", String::from_utf8_lossy(&repaired.stdout));
    assert!(run(&["fsck"]).status.success());
}
