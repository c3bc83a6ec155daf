//! The operators' commands, as a person at a terminal uses them: on a store that no engine has open, and next to an engine that has it open.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use engine::store::embedded::{EmbeddedStore, Synchronous};
use engine::store::{Enqueued, GameContents, GameDocument, Games, NewRequest, Queue, StoreOptions, Terms, WorkerId};
use protocol::{GameId, Problem, ProblemType, RequestId, RequestType};
use tempfile::TempDir;

/// A directory with a store in which one request was given up and one waits behind it.
async fn scene() -> (TempDir, GameId, RequestId, RequestId) {
    let directory = TempDir::new().unwrap();
    let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
    let game = GameId::new();
    let document = GameDocument { provider: "none".to_owned(), ..GameDocument::default() };
    store.create_game(game, &GameContents::new(document, Vec::new())).await.unwrap();
    let mut ids = Vec::new();
    for text in ["I sing to the moon.", "I listen."] {
        let request = NewRequest {
            id: RequestId::in_game(game),
            game,
            kind: RequestType::Chat,
            message: text.to_owned(),
            actor: None,
            user_message: text.to_owned(),
            caused_by: None,
            alternatives: Vec::new(),
            trace: None,
        };
        let answer = store.enqueue(&request, &Terms::default()).await.unwrap();
        assert!(matches!(answer, Enqueued::Accepted(_)));
        ids.push(request.id);
    }
    let claim = store.claim(&WorkerId::fixed("ada"), 1, 1).await.unwrap().claims.remove(0);
    let problem = Problem::new(ProblemType::ModelFailed, "the model hung up").because(["connection reset".to_owned()]);
    store.fail(&claim.lease, &problem.into()).await.unwrap();
    (directory, game, ids[0], ids[1])
}

fn engine(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(words)
        .arg("--data-dir")
        .arg(directory)
        // Where nothing listens.
        .args(["--listen", "127.0.0.1:1"])
        .output()
        .unwrap()
}

/// What a command prints that ends well.
fn printed(directory: &Path, words: &[&str]) -> String {
    let output = engine(directory, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command complains of that does not.
fn complaint(directory: &Path, words: &[&str]) -> String {
    let output = engine(directory, words);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

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
    let retried = printed(directory.path(), &["dead-letters", "retry", &id]);
    assert!(retried.contains("is queued again, behind 1 others"), "{retried}");
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
    assert!(unknown.contains("no game uses such a provider; games use"), "{unknown}");
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
    assert!(printed(directory.path(), &["fsck", "--repair"]).contains("repaired: make it ready"));
    assert!(printed(directory.path(), &["fsck"]).contains("0 contradictions"));
}

#[tokio::test]
async fn a_store_that_is_in_use_or_not_there_is_told_apart() {
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
    assert!(String::from_utf8(redis.stderr).unwrap().contains("redis-cli --rdb"));
}

/// An engine of its own process, which ends with the test.
struct Engine {
    process: Child,
    /// Where players and where operators reach it.
    urls: [String; 2],
}

impl Engine {
    /// Starts it on free ports and reads them from what it prints.
    fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[])
    }

    fn start_with(directory: &Path, environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_engine"))
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .env("STORY_ENGINE_LOG", "debug")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let urls: Vec<String> = lines
            .filter_map(|line| Some(line.split_once("http://")?.1.split(' ').next()?.to_owned()))
            .filter(|url| !url.contains('/'))
            .take(2)
            .collect();
        Self { process, urls: urls.try_into().unwrap() }
    }

    async fn get(&self, port: usize, path: &str) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(format!("http://{}{path}", self.urls[port])).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn an_engine_outlives_the_reader_of_its_log() {
    let directory = TempDir::new().unwrap();
    let mut engine = Engine::start(directory.path());
    let mut log = engine.process.stderr.take().unwrap();
    engine.get(0, "/v1/scenarios").await;
    assert!(log.read(&mut [0; 64]).unwrap() > 0, "it logs nothing");

    drop(log);
    // Each of them is a line for a pipe that is broken.
    for _ in 0..3 {
        assert_eq!(engine.get(0, "/v1/scenarios").await.0, 200);
    }
    assert_eq!(engine.get(1, "/livez").await, (200, r#"{"alive":true}"#.to_owned()));
    assert_eq!(engine.process.try_wait().unwrap(), None);
}

#[tokio::test]
async fn operators_see_how_a_process_is_on_their_own_port() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::start(directory.path());

    let (status, ready) = engine.get(1, "/readyz").await;
    assert_eq!(status, 200, "{ready}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pause = client.post(format!("http://{}/v1/queue/pause", engine.urls[1])).json(&protocol::PauseScope::All {});
    assert!(pause.send().await.unwrap().status().is_success());
    let (status, ready) = engine.get(1, "/readyz").await;
    assert!(status == 200 && ready.contains("everything is paused by a caller without a key since"), "{ready}");
    let (_, metrics) = engine.get(1, "/metrics").await;
    assert!(metrics.contains("story_engine_pauses{scope=\"all\"} 1"), "{metrics}");
    for line in
        ["# HELP story_engine_queue_depth ", "story_engine_store_writable 1", "# HELP process_cpu_seconds_total "]
    {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
    assert_eq!(engine.get(1, "/v1/scenarios").await.0, 404);
    let health =
        Command::new(env!("CARGO_BIN_EXE_engine")).args(["health", "--admin-listen", &engine.urls[1]]).output();
    assert!(health.unwrap().status.success());
}

#[tokio::test]
async fn keys_are_made_before_the_engine_runs_and_revoked_while_it_does() {
    let directory = TempDir::new().unwrap();
    let made = |words: &[&str]| printed(directory.path(), words).trim().to_owned();
    let operator = made(&["keys", "create", "--role", "operator"]);
    let player = made(&["keys", "create", "--role", "player", "--tenant", "acme", "--user", "ada", "--expires", "90d"]);
    assert!(operator.starts_with("se_") && player.starts_with("se_") && operator != player);
    let wrong = complaint(directory.path(), &["keys", "create", "--role", "player", "--tenant", "acme"]);
    assert!(wrong.contains("needs a user"), "{wrong}");

    let mut engine = Engine::start_with(directory.path(), &[("STORY_ENGINE_AUTH__MODE", "keys")]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let games = format!("http://{}/v1/gamestate", engine.urls[0]);
    let status = async |key: &str| client.get(&games).bearer_auth(key).send().await.unwrap().status().as_u16();
    assert_eq!(
        (engine.get(0, "/v1/gamestate").await.0, status(&player).await, status(&operator).await),
        (401, 200, 200)
    );
    assert_eq!((engine.get(0, "/v1/queue").await.0, engine.get(1, "/v1/queue").await.0), (404, 401));
    assert_eq!((engine.get(1, "/livez").await.0, engine.get(1, "/metrics").await.0), (200, 401));

    // The store is the engine's now: the commands ask it, at the operators' port.
    let beside = |words: &[&str], key: &str| {
        Command::new(env!("CARGO_BIN_EXE_engine"))
            .args(words)
            .args(["--admin-listen", &engine.urls[1], "--data-dir"])
            .arg(directory.path())
            .envs([("STORY_ENGINE_AUTH__MODE", "keys"), ("STORY_ENGINE_KEY", key)])
            .output()
            .unwrap()
    };
    let refused = beside(&["keys", "list"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("STORY_ENGINE_KEY"), "{refused:?}");
    let list = String::from_utf8(beside(&["keys", "list"], &operator).stdout).unwrap();
    let id = list.lines().find(|line| line.contains("acme ada")).unwrap().split(' ').next().unwrap();
    assert!(list.contains("operator") && !list.contains(&player), "{list}");
    assert!(beside(&["keys", "revoke", id], &operator).status.success());
    assert_eq!(status(&player).await, 401);

    engine.process.kill().unwrap();
    let mut log = String::new();
    engine.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("a key was revoked") && !log.contains(&player) && !log.contains(&operator), "{log}");
}
