//! Operators next to an engine that runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::fixture::{complaint, printed};

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
    let (_, metrics) = engine.get(1, "/metrics").await;
    let lost = metrics.lines().find_map(|line| line.strip_prefix("story_engine_log_lines_dropped_total "));
    assert!(lost.unwrap().parse::<u64>().unwrap() >= 3, "{lost:?} lines are counted");
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

    // One that is killed leaves the lines that no effect has waited for.
    kill_process(Pid::from_child(&engine.process), Signal::TERM).unwrap();
    let mut log = String::new();
    engine.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("a key was revoked") && !log.contains(&player) && !log.contains(&operator), "{log}");
}

#[tokio::test]
async fn an_unreadable_game_leaves_the_others_to_players_and_to_commands() {
    let (directory, [spoiled, sound, _]) = crate::unreadable::scene().await;
    let engine = Engine::start(directory.path());
    let (status, list) = engine.get(0, "/v1/gamestate?limit=2").await;
    let list: protocol::GameList = serde_json::from_str(&list).unwrap();
    assert_eq!((status, list.games.len(), list.unreadable.len()), (200, 2, 0));
    let next = list.next.unwrap();
    let (_, rest) = engine.get(0, &format!("/v1/gamestate?after={next}")).await;
    let rest: protocol::GameList = serde_json::from_str(&rest).unwrap();
    let [unreadable] = &rest.unreadable[..] else { panic!("{rest:?}") };
    assert!(unreadable.id == spoiled && rest.games.is_empty() && unreadable.tenant.is_some(), "{rest:?}");

    let output = Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(["games", "list", "--listen", &engine.urls[0], "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(said.contains(&sound.to_string()) && !said.contains(&spoiled.to_string()), "{said}{complained}");
    assert!(complained.contains(&format!("{spoiled} cannot be read: ")), "{complained}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_process_whose_data_are_deleted_under_it_says_so() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::start(directory.path());
    assert!(engine.get(1, "/readyz").await.1.contains("\"status\":\"ready\""));
    std::fs::remove_file(directory.path().join("story-engine.db")).unwrap();
    let (status, ready) = loop {
        let answer = engine.get(1, "/readyz").await;
        if answer.1.contains("degraded") {
            break answer;
        }
    };
    assert!(status == 200 && ready.contains("was deleted since this process began"), "{ready}");
    let (_, metrics) = engine.get(1, "/metrics").await;
    assert!(metrics.contains("\nstory_engine_store_data_lost 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_game_that_a_worker_cannot_play_is_left_to_others_until_its_last_attempt() {
    let (directory, _, _, waiting) = crate::fixture::scene().await;
    let delay = [("STORY_ENGINE_WORKER__RETRY_DELAY_SECONDS", "0.01")];
    let engine = Engine::start_with(directory.path(), &delay);
    let letter = loop {
        let (status, letter) = engine.get(0, &format!("/v1/dead-letters/{waiting}")).await;
        if status == 200 {
            break serde_json::from_str::<protocol::DeadLetter>(&letter).unwrap();
        }
    };
    assert_eq!(letter.error.problem_type(), Some(protocol::ProblemType::ContentMismatch));
    let outcomes: Vec<_> = letter.attempts.iter().map(|attempt| attempt.outcome).collect();
    let [retried @ .., protocol::AttemptOutcome::Failed] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(*retried, [protocol::AttemptOutcome::Retried; 3]);
}
