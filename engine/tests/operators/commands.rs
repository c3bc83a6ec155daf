//! The operators' commands on a store that no engine has open.

use std::path::Path;
use std::process::{Command, Stdio};

use protocol::GameId;
use store::StoreOptions;
use store::embedded::{EmbeddedStore, Synchronous};
use tempfile::TempDir;

use crate::fixture::{complaint, engine, printed, scene};

#[tokio::test]
async fn the_queue_is_shown_with_its_lanes() {
    let (directory, game, _, waiting) = scene().await;

    let queue = printed(directory.path(), &["queue"]);
    assert!(queue.contains("1 queued") && queue.contains("1 ready"), "{queue}");
    assert!(queue.contains(&format!("ready    {game}  1")), "{queue}");
    let lane = printed(directory.path(), &["queue", &game.to_string()]);
    assert!(lane.contains(&format!("game {game} is ready")) && lane.contains(&waiting.to_string()), "{lane}");
}

#[tokio::test]
async fn a_dead_letter_is_listed_shown_and_retried() {
    let (directory, _, dead, _) = scene().await;
    let id = dead.to_string();

    let list = printed(directory.path(), &["dead-letters", "list"]);
    assert!(list.contains(&id) && list.contains("I sing to the moon."), "{list}");
    let letter = printed(directory.path(), &["dead-letters", "show", &id]);
    for part in
        ["the model hung up", "caused by: connection reset", "attempt 1", "on ada: failed, given up", "at version 1"]
    {
        assert!(letter.contains(part), "`{part}` is not in {letter}");
    }
    assert!(!letter.contains("its game has changed since"), "{letter}");
    crate::unreadable::execute(directory.path(), "UPDATE games SET version = 4");
    let played_on = "its game has changed since (version 1, now 4): retried, it is narrated after that";
    let dry = printed(directory.path(), &["dead-letters", "retry", "--all", "--dry-run"]);
    assert!(dry.contains(&format!("{id} would be queued again; {played_on}")), "{dry}");
    let retried = printed(directory.path(), &["dead-letters", "retry", &id]);
    assert!(retried.contains(&format!("is queued again, behind 1 others of its game; {played_on}")), "{retried}");
    assert_eq!(printed(directory.path(), &["dead-letters", "list"]), "");
    let gone = complaint(directory.path(), &["dead-letters", "show", &id]);
    assert!(gone.contains("has no dead letter"), "{gone}");
}

#[tokio::test]
async fn all_dead_letters_are_retried_at_once_or_one_is_deleted() {
    let (directory, _, dead, _) = scene().await;
    let id = dead.to_string();
    assert!(printed(directory.path(), &["dead-letters", "retry", "--all"]).contains(&id));
    assert!(printed(directory.path(), &["queue"]).contains("2 queued"));

    let (directory, _, dead, _) = scene().await;
    assert!(printed(directory.path(), &["dead-letters", "delete", &dead.to_string()]).contains("forgotten"));
    assert!(printed(directory.path(), &["queue"]).contains("dead letters  0"));
}

#[tokio::test]
async fn dead_letters_are_chosen_by_age_and_cause_and_counted_by_cause() {
    let (directory, game, dead, _) = scene().await;
    let (directory, id) = (directory.path(), dead.to_string());

    let causes = printed(directory, &["dead-letters", "causes"]);
    assert!(causes.contains("1  model-failed") && causes.contains("the model hung up"), "{causes}");
    let list = |more: &[&str]| printed(directory, &[&["dead-letters", "list"], more].concat());
    for all in [&["--since", "1h"][..], &["--cause", "model-failed"], &["--game", &game.to_string()]] {
        assert!(list(all).contains(&id), "{all:?}");
    }
    assert_eq!(list(&["--cause", "attempts-exhausted"]), "");
    assert_eq!(list(&["--game", &GameId::new().to_string()]), "");
    let letter: protocol::DeadLetter = serde_json::from_str(&list(&["--json"])).unwrap();
    assert_eq!(letter.request_id, dead);
    let unknown = engine(directory, &["dead-letters", "list", "--cause", "bad-mood"]);
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("requests fail with model-failed"));

    let dry = printed(directory, &["dead-letters", "delete", "--cause", "model-failed", "--dry-run"]);
    assert_eq!(dry, format!("{id} would be forgotten\n"));
    printed(directory, &["dead-letters", "delete", "--cause", "attempts-exhausted"]);
    assert!(list(&[]).contains(&id), "it is of another cause");
    printed(directory, &["dead-letters", "delete", "--cause", "model-failed"]);
    assert_eq!(list(&[]), "");
}

#[tokio::test]
async fn the_queue_is_shown_to_programs_as_json() {
    let (directory, game, ..) = scene().await;
    let json = |words: &[&str]| serde_json::from_str::<serde_json::Value>(&printed(directory.path(), words)).unwrap();
    let queue = json(&["queue", "--json"]);
    assert_eq!(
        (&queue["queue"]["depth"], &queue["lanes"]["lanes"][0]["game_id"]),
        (&1.into(), &game.to_string().into())
    );
    assert_eq!(queue["providers"][0]["circuit"], "closed");
    let lane = json(&["queue", &game.to_string(), "--json"]);
    assert_eq!(lane["lane"]["state"], "ready");
}

#[tokio::test]
async fn the_queue_is_paused_and_resumed_and_says_by_whom() {
    let (directory, game, ..) = scene().await;
    let (directory, id) = (directory.path(), game.to_string());

    let paused = printed(directory, &["queue", "pause"]);
    assert!(paused.starts_with("everything is paused by local command") && paused.contains(" ago"), "{paused}");
    printed(directory, &["queue", "pause", "--game", &id]);
    let queue = printed(directory, &["queue"]);
    assert!(queue.contains("1 queued") && queue.contains("0 ready, 0 delayed, 1 paused"), "{queue}");
    assert!(queue.contains("paused        everything, paused by local command"), "{queue}");
    assert!(queue.contains(&format!("paused        game {id}, paused by")), "{queue}");
    assert!(queue.contains("an operator has paused it"), "{queue}");

    assert!(printed(directory, &["queue", "resume"]).starts_with("everything goes on; it was paused by"));
    assert_eq!(printed(directory, &["queue", "resume"]), "everything was not paused\n");
    let resumed = printed(directory, &["queue", "resume", "--game", &id, "--json"]);
    let resumed: protocol::Resumed = serde_json::from_str(&resumed).unwrap();
    assert_eq!(resumed.pause.unwrap().what, protocol::PauseScope::Game { game_id: game });
    assert!(printed(directory, &["queue"]).contains("1 ready"));

    let tenant = printed(directory, &["queue", "pause", "--tenant", "acme"]);
    assert!(tenant.starts_with("the tenant acme is paused by local command"), "{tenant}");
    assert!(printed(directory, &["queue"]).contains("paused        the tenant acme, paused by"));
    assert!(printed(directory, &["audit"]).contains("tenant:acme"));
    let resumed = printed(directory, &["queue", "resume", "--tenant", "acme", "--json"]);
    assert!(resumed.contains(r#""tenant":"acme""#) || resumed.contains(r#""tenant": "acme""#), "{resumed}");

    let unknown = complaint(directory, &["queue", "pause", "--provider", "ofline"]);
    assert!(unknown.contains("there is no such provider; there are"), "{unknown}");
    let nowhere = complaint(directory, &["queue", "pause", "--game", &GameId::new().to_string()]);
    assert!(nowhere.contains("game"), "{nowhere}");
}

#[tokio::test]
async fn requests_that_wait_are_cancelled_by_what_they_have_in_common() {
    let (directory, game, _, waiting) = scene().await;
    let (directory, id) = (directory.path(), game.to_string());
    let cancel = |more: &[&str]| printed(directory, &[&["queue", "cancel"], more].concat());

    assert!(cancel(&["--provider", "other"]).starts_with("0 of the requests"));
    assert!(cancel(&["--older-than", "1h"]).starts_with("0 of the requests"));
    let dry = cancel(&["--game", &id, "--dry-run"]);
    assert_eq!(
        dry,
        format!("{waiting} of game {game} would be cancelled\n1 of the requests that wait would be cancelled\n")
    );
    let json: serde_json::Value = serde_json::from_str(&cancel(&["--all", "--dry-run", "--json"])).unwrap();
    assert_eq!((&json["request_id"], &json["cancelled"]), (&waiting.to_string().into(), &false.into()));
    assert!(printed(directory, &["queue"]).contains("1 queued"));
    assert!(cancel(&["--game", &id]).contains("is cancelled"));
    assert!(printed(directory, &["queue"]).contains("0 queued"));
    let vague = engine(directory, &["queue", "cancel"]);
    assert_eq!(vague.status.code(), Some(2), "without a condition it would cancel everything");
}

#[tokio::test]
async fn what_operators_change_is_in_the_audit_log() {
    let (directory, _, dead, _) = scene().await;
    let directory = directory.path();
    let id = dead.to_string();
    printed(directory, &["queue", "pause"]);
    printed(directory, &["queue", "resume"]);
    complaint(directory, &["queue", "pause", "--provider", "ofline"]);
    printed(directory, &["dead-letters", "delete", &id]);
    printed(directory, &["keys", "create", "--role", "viewer"]);
    printed(directory, &["fsck", "--repair"]);

    let log = printed(directory, &["audit", "--since", "1h", "--json"]);
    let entries: Vec<protocol::AuditEntry> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let written: Vec<_> = entries.iter().rev().map(|entry| (entry.action.as_str(), entry.outcome.as_str())).collect();
    let expected = [
        ("pauseQueue", "done"),
        ("resumeQueue", "done"),
        ("pauseQueue", "unknown-provider"),
        ("deleteDeadLetter", "done"),
        ("createKey", "done"),
        ("repairStore", "done"),
    ];
    assert_eq!(written, expected);
    assert!(entries.iter().all(|entry| entry.by.starts_with("local command")));
    assert_eq!((entries[5].subject.as_str(), entries[2].subject.as_str()), ("all", id.as_str()));
    assert!(entries[1].subject.starts_with("key ") && entries[1].subject.ends_with(" (viewer)"));
    let text = printed(directory, &["audit"]);
    assert!(
        text.contains("pauseQueue  provider:ofline  by local command") && text.contains("refused: unknown-provider")
    );
}

#[tokio::test]
async fn games_are_listed_exported_imported_and_deleted() {
    let (directory, game, _, waiting) = scene().await;
    let (directory, id) = (directory.path(), game.to_string());
    let files = TempDir::new().unwrap();
    let file = files.path().join("game.json");
    let file = file.to_str().unwrap();
    let games = |words: &[&str]| printed(directory, &[&["games"], words].concat());

    assert!(games(&["list"]).starts_with(&id), "{}", games(&["list"]));
    assert_eq!(games(&["list", "--idle", "1h"]), "");
    let json: protocol::GameSummary = serde_json::from_str(&games(&["list", "--json"])).unwrap();
    assert_eq!(json.id, game);
    let busy = complaint(directory, &["games", "delete", &id]);
    assert!(busy.contains("unfinished"), "{busy}");
    printed(directory, &["queue", "cancel", "--game", &id]);
    assert!(printed(directory, &["queue"]).contains("0 queued"), "{waiting} was cancelled");

    assert!(games(&["export", &id, file]).contains("is written to"));
    assert!(complaint(directory, &["games", "export", &id, file]).contains("exists"));
    // The scene is of no story, and nobody narrates it.
    let mut export: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    export["state"]["scenario"] = "ferry_crossing".into();
    export["provider"] = "offline".into();
    std::fs::write(file, export.to_string()).unwrap();
    assert_eq!(games(&["delete", "--idle", "0s", "--dry-run"]), format!("{id} would be deleted\n"));
    assert_eq!(games(&["delete", "--idle", "0s"]), "1 games are deleted\n");
    assert_eq!(games(&["list"]), "");
    let gone = complaint(directory, &["games", "export", &id]);
    assert!(gone.contains("game"), "{gone}");
    assert!(games(&["import", file, "--keep-id"]).ends_with(&format!("is the game {id}\n")));
    assert!(games(&["import", file, "--keep-id"]).ends_with(&format!("is the game {id}\n")), "a repeat is the same");
    assert!(!games(&["import", file]).contains(&format!("is the game {id}")), "it gets a new id");
    std::fs::write(file, "{}").unwrap();
    assert!(complaint(directory, &["games", "import", file]).contains("it is no exported game"));

    let audit = printed(directory, &["audit"]);
    assert!(audit.contains(&format!("deleteGame  {id}  by local command")) && audit.contains("importGame"), "{audit}");
}

#[tokio::test]
async fn a_damaged_store_is_found_and_repaired() {
    let (directory, ..) = scene().await;
    assert!(printed(directory.path(), &["fsck"]).contains("1 games, 1 unfinished requests, 0 contradictions"));
    let database = rusqlite::Connection::open(directory.path().join("story-engine.db")).unwrap();
    database.execute("UPDATE games SET lane_state = NULL", []).unwrap();
    drop(database);

    let found = engine(directory.path(), &["fsck"]);
    assert_eq!(found.status.code(), Some(1));
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(
        found.contains("neither ready, delayed nor active") && found.contains("--repair would: make it ready"),
        "{found}"
    );
    assert!(printed(directory.path(), &["fsck", "--repair"]).contains("1 contradictions, 1 repaired"));
    assert!(printed(directory.path(), &["fsck"]).contains("0 contradictions"));
}

#[tokio::test]
async fn a_store_that_is_in_use_is_distinguished_from_one_that_is_not_there() {
    let (directory, ..) = scene().await;
    let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();

    let away = complaint(directory.path(), &["queue"]);
    assert!(away.contains("does not answer at"), "{away}");
    let used = complaint(directory.path(), &["fsck"]);
    assert!(used.contains("stop the engine first"), "{used}");
    drop(store);

    let empty = TempDir::new().unwrap();
    let nothing = complaint(empty.path(), &["queue"]);
    assert!(nothing.contains("there is no store in the data directory"), "{nothing}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "looking has made one");
}

#[tokio::test]
async fn a_copy_of_a_store_that_is_in_use_becomes_a_store_of_a_new_epoch() {
    let (directory, _, dead, _) = scene().await;
    let running = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
    let (copies, restored) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let copy = copies.path().join("copy.db");
    let copy = copy.to_str().unwrap();

    printed(directory.path(), &["backup", copy]);
    assert!(complaint(directory.path(), &["backup", copy]).contains("is there already"));
    drop(running);
    printed(restored.path(), &["restore", copy]);
    assert!(complaint(restored.path(), &["restore", copy]).contains("is there already"));

    assert!(printed(restored.path(), &["fsck"]).contains("1 games, 1 unfinished requests, 0 contradictions"));
    assert!(printed(restored.path(), &["dead-letters", "list"]).contains(&dead.to_string()));
    let epoch = |of: &Path| {
        let database = rusqlite::Connection::open(of.join("story-engine.db")).unwrap();
        let sql = "SELECT value FROM meta WHERE name = 'epoch'";
        database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_ne!(epoch(restored.path()), epoch(directory.path()), "what is appended from here on has other ids");

    let empty = TempDir::new().unwrap();
    let broken = copies.path().join("broken.db");
    std::fs::write(&broken, "no database, whatever its name says").unwrap();
    assert!(complaint(empty.path(), &["restore", broken.to_str().unwrap()]).contains("no sound copy"));
    let redis = engine(empty.path(), &["backup", copy, "--redis-url", "redis://127.0.0.1:1"]);
    assert!(String::from_utf8(redis.stderr).unwrap().contains("cannot reach Redis"));
}

#[tokio::test]
async fn a_command_does_its_work_also_when_nobody_reads_what_it_prints() {
    let (directory, _, dead, _) = scene().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(["dead-letters", "delete", &dead.to_string(), "--listen", "127.0.0.1:1", "--data-dir"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(command.stdout.take());
    let ended = command.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    let queue = printed(directory.path(), &["queue"]);
    assert!(queue.contains("dead letters  0"), "{queue}");

    let mut watch = Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(["queue", "--watch", "--listen", "127.0.0.1:1", "--data-dir"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(watch.stdout.take());
    assert!(watch.wait().unwrap().success(), "it has nobody to look again for");
}
