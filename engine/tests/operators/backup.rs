//! A backup of Redis while games are played, and the same games in another Redis.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::redis_server::RedisServer;

/// How long something may take that does not depend on a clock.
const LIMIT: Duration = Duration::from_mins(1);
const GAMES: usize = 6;
const MESSAGES: usize = 8;

/// A deployment, and its processes, which end with it.
struct Deployment {
    file: PathBuf,
    processes: Vec<Child>,
    url: String,
}

impl Deployment {
    fn new(directory: &TempDir, name: &str, redis: &RedisServer, shards: usize) -> Self {
        let file = directory.path().join(format!("{name}.toml"));
        let text =
            format!("[redis]\nurl = '{}'\nshards = {shards}\n[offline]\nwords_per_second = 400.0\n", redis.url());
        std::fs::write(&file, text).unwrap();
        Self { file, processes: Vec::new(), url: String::new() }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
        command.args(words).args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--config"]).arg(&self.file);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn printed(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts an API and a worker.
    fn start(&mut self) {
        let spawn = |words: &[&str]| self.command(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (mut api, worker) = (spawn(&[]), spawn(&["--worker"]));
        let lines = BufReader::new(api.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut urls = lines.filter_map(|line| Some(line.split_once("http://")?.1.split(' ').next()?.to_owned()));
        self.url = urls.find(|url| !url.contains('/')).unwrap();
        self.processes.extend([api, worker]);
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = client().request(method, format!("http://{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn game(&self, id: &str) -> Value {
        self.call(Method::GET, &format!("/v1/gamestate/{id}"), None).await
    }

    async fn say(&self, game: &str, message: &str) {
        let body = json!({"game_state_id": game, "message": message});
        self.call(Method::POST, "/v1/chat", Some(body)).await;
    }

    /// Waits until a game has so many turns.
    async fn has_turns(&self, game: &str, turns: u64) {
        let deadline = Instant::now() + LIMIT;
        while self.game(game).await["turn_counter"].as_u64().unwrap() < turns {
            assert!(
                Instant::now() < deadline,
                "{game} has not {turns} turns: {}",
                self.game(game).await["turn_counter"]
            );
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// What players have said in a game, in its order, without the name of who spoke.
fn said(game: &Value) -> Vec<String> {
    let messages = game["chat_history"].as_array().unwrap().iter();
    let of_player = messages.filter(|message| message["role"] == "user");
    let text = |message: &Value| message["content"].as_str().unwrap().to_owned();
    of_player.map(|message| text(message).split_once(": ").map(|(_, said)| said.to_owned()).unwrap()).collect()
}

/// The first event that a reader gets who goes on behind one.
async fn first_behind(of: &Deployment, game: &str, last: &str) -> (String, String) {
    let url = format!("http://{}/v1/events/games/{game}", of.url);
    let mut stream = client().get(url).header("Last-Event-ID", last).send().await.unwrap().error_for_status().unwrap();
    let mut text = String::new();
    let read = async {
        while !text.contains("\ndata: ") {
            text.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
        }
    };
    timeout(LIMIT, read).await.unwrap();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_else(|| panic!("no {name} in {text}"))
            .to_owned()
    };
    (field("id: "), field("event: "))
}

fn offset(id: &str) -> u64 {
    id.split_once(':').unwrap().1.parse().unwrap()
}

fn path(of: &Path) -> &str {
    of.to_str().unwrap()
}

#[tokio::test]
async fn what_is_played_while_it_is_copied_goes_on_elsewhere_and_readers_go_on_behind_their_last_event() {
    let (Some(one), Some(other)) = (RedisServer::start(false).await, RedisServer::start(false).await) else { return };
    let directory = TempDir::new().unwrap();
    let mut first = Deployment::new(&directory, "first", &one, 1);
    first.start();
    let mut games = Vec::new();
    for _ in 0..GAMES {
        let game = first.call(Method::POST, "/v1/gamestate", Some(json!({"scenario": "ferry_crossing"}))).await;
        games.push(game["id"].as_str().unwrap().to_owned());
    }
    let messages: Vec<String> = (0..MESSAGES).map(|number| format!("I look around for the {number}th time.")).collect();
    for message in &messages {
        for game in &games {
            first.say(game, message).await;
        }
    }
    first.has_turns(&games[0], 1).await;
    let cursor = first.game(&games[0]).await["cursor"].as_str().unwrap().to_owned();
    let file = directory.path().join("copy");

    let printed = first.printed(&["backup", path(&file)]);
    assert!(
        printed.contains(&format!("{GAMES} games, ")) && !printed.contains(" 0 unfinished"),
        "not under load: {printed}"
    );
    let again = first.run(&["backup", path(&file)]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"), "{again:?}");
    assert!(first.printed(&["audit"]).contains("backUpStore"));
    drop(first);
    drop(one);

    let mut second = Deployment::new(&directory, "second", &other, 3);
    let restored = second.printed(&["restore", path(&file)]);
    assert_eq!(restored.split_once(": ").unwrap().1, printed.split_once(": ").unwrap().1);
    let sound = second.printed(&["fsck"]);
    assert!(sound.contains(", 0 contradictions"), "{sound}");
    let refused = second.run(&["restore", path(&file)]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is a store already"), "{refused:?}");
    second.start();
    let (id, name) = first_behind(&second, &games[0], &cursor).await;
    assert_ne!(name, "stream.reset", "the copy has the reader's last event {cursor}");
    assert!(offset(&id) > offset(&cursor), "{cursor} {id}");
    for game in &games {
        second.has_turns(game, MESSAGES as u64).await;
        assert_eq!(said(&second.game(game).await), messages, "each message once, in the order in which it came");
    }
}
