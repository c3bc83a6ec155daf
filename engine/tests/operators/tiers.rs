//! Tiers with a Redis of their own, as processes of the engine serve them: who plays what, what an outage costs, and how a tenant moves.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use engine::retention::{Archive, Taken};
use protocol::{GameId, Problem, ProblemType, RequestId, RequestType, WorkerInfo};
use redis::aio::MultiplexedConnection;
use reqwest::Method;
use serde_json::{Value, json};
use store::redis::RedisStore;
use store::tiers::{TierStore, TieredStore};
use store::{
    DeadLetterCursor, DeadLetterQueue as _, Enqueued, GameContents, GameDocument, Games as _, IdleGame, NewRequest,
    Owner, Queue as _, SharedStore, StoreOptions, Terms, WorkerId, Workers as _,
};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::redis_server::RedisServer;

/// How long something may take that does not depend on a clock.
const LIMIT: Duration = Duration::from_secs(30);

/// Two servers, a configuration for them, and an archive.
struct Deployment {
    directory: TempDir,
    default: RedisServer,
    gold: Option<RedisServer>,
}

impl Deployment {
    async fn start() -> Option<Self> {
        let default = RedisServer::start(false).await?;
        let gold = RedisServer::start(false).await?;
        let deployment = Self { directory: TempDir::new().unwrap(), default, gold: Some(gold) };
        deployment.configure(&["acme"]);
        Some(deployment)
    }

    /// Writes the configuration: these tenants are in the tier `gold`.
    fn configure(&self, tenants: &[&str]) {
        let text = format!(
            "[redis]\nurl = '{}'\n[tiers.gold]\ntenants = {}\nredis.url = '{}'\n[auth]\nmode = 'keys'\n[retention]\narchive = '{}'\n\
             [offline]\nwords_per_second = 0.0\n",
            self.default.url(),
            json!(tenants),
            self.gold.as_ref().unwrap().url(),
            self.directory.path().join("archive").display(),
        );
        std::fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("engine.toml")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
        command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--config"]).arg(self.file());
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command().args(words).output().unwrap()
    }

    fn printed(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn key(&self, words: &[&str]) -> String {
        self.printed(&[&["keys", "create", "--role"], words].concat()).trim().to_owned()
    }

    /// Whether the store of the tier `gold`, or the default one, has something of a game.
    async fn has(&self, gold: bool, game: &str) -> bool {
        let server = if gold { self.gold.as_ref().unwrap() } else { &self.default };
        let mut connection: MultiplexedConnection = server.connect().await;
        let keys: Vec<String> =
            redis::cmd("KEYS").arg(format!("game*{game}*")).query_async(&mut connection).await.unwrap();
        !keys.is_empty()
    }
}

/// A process that ends with the test.
struct Engine {
    process: Child,
    urls: Vec<String>,
}

impl Engine {
    /// Starts a process, and returns once it has printed as many addresses as it has.
    fn start(deployment: &Deployment, words: &[&str], addresses: usize) -> Self {
        let mut process =
            deployment.command().args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let urls = lines
            .filter_map(|line| Some(line.split_once("http://")?.1.split(' ').next()?.to_owned()))
            .filter(|url| !url.contains('/'))
            .take(addresses)
            .collect();
        Self { process, urls }
    }

    fn api(deployment: &Deployment) -> Self {
        Self::start(deployment, &[], 2)
    }

    fn worker(deployment: &Deployment, words: &[&str]) -> Self {
        Self::start(deployment, &[&["--worker"], words].concat(), 1)
    }

    async fn call(&self, port: usize, key: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method, format!("http://{}{path}", self.urls[port])).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn get(&self, key: &str, path: &str) -> (u16, Value) {
        self.call(0, key, Method::GET, path, None).await
    }

    async fn metrics(&self, key: &str) -> String {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let scrape = client.get(format!("http://{}/metrics", self.urls[1])).bearer_auth(key);
        scrape.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    }

    /// Scrapes until there is a line, as a scraper does: what is shown may be some seconds old.
    async fn measures(&self, key: &str, line: &str) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let metrics = self.metrics(key).await;
            if metrics.lines().any(|measured| measured == line) {
                return;
            }
            assert!(Instant::now() < deadline, "no {line} in {metrics}");
            tokio::task::yield_now().await;
        }
    }

    async fn create(&self, key: &str) -> String {
        let new = json!({"scenario": "ferry_crossing", "user": "ada"});
        let (status, game) = self.call(0, key, Method::POST, "/v1/gamestate", Some(new)).await;
        assert_eq!(status, 201, "{game}");
        game["id"].as_str().unwrap().to_owned()
    }

    async fn say(&self, key: &str, game: &str) -> String {
        let message = json!({"game_state_id": game, "message": "I look around."});
        let (status, accepted) = self.call(0, key, Method::POST, "/v1/chat", Some(message)).await;
        assert_eq!(status, 200, "{accepted}");
        accepted["request_id"].as_str().unwrap().to_owned()
    }

    /// Sends something under an idempotency key.
    async fn send_under(&self, key: &str, idempotency_key: &str, path: &str, body: &Value) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("http://{}{path}", self.urls[0])).bearer_auth(key);
        let response = request.header("idempotency-key", idempotency_key).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn status(&self, key: &str, request: &str) -> String {
        let (_, view) = self.get(key, &format!("/v1/requests/{request}")).await;
        view["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Plays a turn to its end: the event stream of a request ends with it.
    async fn plays(&self, key: &str, request: &str) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let events = client.get(format!("http://{}/v1/events/requests/{request}", self.urls[0])).bearer_auth(key);
        let text = tokio::time::timeout(LIMIT, async { events.send().await.unwrap().text().await.unwrap() }).await;
        let text = text.unwrap();
        assert!(text.is_empty() || text.contains("event: request.completed"), "{text}");
        assert_eq!(self.status(key, request).await, "completed");
    }
}

/// Follows a game; returns once the stream has begun.
async fn follow(api: &Engine, key: &str, game: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let events = client.get(format!("http://{}/v1/events/games/{game}", api.urls[0])).bearer_auth(key);
    let mut stream = events.send().await.unwrap().error_for_status().unwrap();
    let mut text = String::new();
    while !text.contains("event: stream.snapshot") {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    stream
}

/// Waits until a stream has the end of a request. Its own end is as good: its reader comes back and reads on.
async fn sees(mut stream: reqwest::Response, request: &str) {
    let seen = tokio::time::timeout(LIMIT, async {
        let mut text = String::new();
        while let Some(part) = stream.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&part));
            if text.contains("event: request.completed") && text.contains(request) {
                return;
            }
        }
    });
    seen.await.unwrap();
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_tier_with_its_own_redis_is_played_by_its_own_workers_and_fails_alone() {
    let Some(mut deployment) = Deployment::start().await else { return };
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let globex = deployment.key(&["service", "--tenant", "globex"]);
    let operator = deployment.key(&["operator"]);
    let api = Engine::api(&deployment);
    let _default = Engine::worker(&deployment, &[]);

    let (of_acme, of_globex) = (api.create(&acme).await, api.create(&globex).await);
    assert!(deployment.has(true, &of_acme).await && !deployment.has(false, &of_acme).await);
    assert!(deployment.has(false, &of_globex).await && !deployment.has(true, &of_globex).await);

    let waits = api.say(&acme, &of_acme).await;
    let request = api.say(&globex, &of_globex).await;
    api.plays(&globex, &request).await;
    assert_eq!(api.status(&acme, &waits).await, "queued", "a worker of the default tier has played it");
    let (_, queue) = api.call(1, &operator, Method::GET, "/v1/queue", None).await;
    assert_eq!((&queue["depth"], &queue["ready"]), (&json!(1), &json!(1)), "operators see the queues of all tiers");
    api.measures(&operator, "story_engine_tier_queue_depth{tier=\"gold\"} 1").await;
    api.measures(&operator, "story_engine_tier_workers{tier=\"gold\"} 0").await;
    api.measures(&operator, "story_engine_tier_workers{tier=\"default\"} 1").await;
    api.measures(&operator, "story_engine_queue_depth_by_tenant{tenant=\"acme\"} 1").await;
    let metrics = api.metrics(&operator).await;
    assert!(metrics.contains("{tier=\"default\"} 0") && !metrics.contains("globex"), "{metrics}");
    let _gold = Engine::worker(&deployment, &["--tier", "gold"]);
    api.plays(&acme, &waits).await;
    let (_, workers) = api.call(1, &operator, Method::GET, "/v1/workers", None).await;
    assert_eq!(workers["workers"].as_array().unwrap().len(), 2, "{workers}");
    let unknown = deployment.output(&["--worker", "--tier", "silver"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("configured: gold, default"), "{unknown:?}");
    let (_, list) = api.call(0, &operator, Method::GET, "/v1/gamestate", None).await;
    assert_eq!(list["games"].as_array().unwrap().len(), 2, "{list}");

    drop(deployment.gold.take());
    api.measures(&operator, "story_engine_tier_store_up{tier=\"gold\"} 0").await;
    api.measures(&operator, "story_engine_tier_store_up{tier=\"default\"} 1").await;
    let (status, _) = api.get(&acme, &format!("/v1/gamestate/{of_acme}")).await;
    assert_eq!(status, 503);
    assert_eq!(api.get(&acme, "/v1/gamestate").await.0, 503, "a list that is empty would be a lie");
    let request = api.say(&globex, &of_globex).await;
    api.plays(&globex, &request).await;
    assert_eq!(api.get(&globex, "/v1/gamestate").await.0, 200);
    let deadline = Instant::now() + LIMIT;
    loop {
        let (status, ready) = api.call(1, "", Method::GET, "/readyz", None).await;
        if ready["status"] == "degraded" && ready["reasons"].to_string().contains("the tier `gold`") {
            assert_eq!(status, 200);
            break;
        }
        assert!(Instant::now() < deadline, "{ready}");
        tokio::task::yield_now().await;
    }

    // One that starts meanwhile serves the others too.
    let late = Engine::api(&deployment);
    assert_eq!(late.get(&globex, &format!("/v1/gamestate/{of_globex}")).await.0, 200);
    assert_eq!(late.get(&acme, &format!("/v1/gamestate/{of_acme}")).await.0, 503);
}

#[tokio::test]
async fn a_tenant_moves_to_another_tier_and_goes_on_playing() {
    let Some(deployment) = Deployment::start().await else { return };
    deployment.configure(&[]);
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let globex = deployment.key(&["service", "--tenant", "globex"]);
    let (idle, busy, other, before) = {
        let (api, _worker) = (Engine::api(&deployment), Engine::worker(&deployment, &[]));
        let (idle, busy, other) = (api.create(&acme).await, api.create(&acme).await, api.create(&globex).await);
        let request = api.say(&acme, &idle).await;
        api.plays(&acme, &request).await;
        let (_, game) = api.get(&acme, &format!("/v1/gamestate/{idle}")).await;
        (idle, busy, other, game)
    };
    let refused = deployment.output(&["tenants", "move", "acme", "--to", "gold"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("tiers.gold.tenants"), "{refused:?}");

    deployment.configure(&["acme"]);
    let (api, _worker) = (Engine::api(&deployment), Engine::worker(&deployment, &["--tier", "gold"]));
    let waits = api.say(&acme, &busy).await;
    assert!(deployment.has(false, &busy).await, "its game is found where it is");
    let followed = follow(&api, &acme, &idle).await;
    let named = deployment.output(&["tenants", "move", "acme", "--to", "gold", "--wait", "0s"]);
    let said = String::from_utf8_lossy(&named.stdout).into_owned();
    assert!(!named.status.success() && said.contains("1 games of acme are moved"), "{named:?}");
    assert!(said.contains(&format!("{busy} stays: it is played")), "{said}");
    assert!(deployment.has(true, &idle).await && !deployment.has(false, &idle).await);
    assert!(deployment.has(false, &busy).await && !deployment.has(true, &busy).await);

    let (_, after) = api.get(&acme, &format!("/v1/gamestate/{idle}")).await;
    for part in ["version", "state", "chat_history", "last_turn"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    let offset = |game: &Value| game["cursor"].as_str().unwrap().split_once(':').unwrap().1.to_owned();
    assert_eq!(offset(&after), offset(&before));
    let request = api.say(&acme, &idle).await;
    api.plays(&acme, &request).await;
    let (_, turns) = api.get(&acme, &format!("/v1/gamestate/{idle}/turns")).await;
    assert_eq!(turns["turns"].as_array().unwrap().len(), 2, "the turn before has moved with it: {turns}");
    sees(followed, &request).await;

    let (status, _) = api.call(0, &acme, Method::DELETE, &format!("/v1/requests/{waits}"), None).await;
    assert_eq!(status, 200);
    let moved = deployment.printed(&["tenants", "move", "acme", "--to", "gold"]);
    assert!(moved.contains("1 games of acme are moved"), "{moved}");
    assert!(deployment.has(true, &busy).await && !deployment.has(false, &busy).await);
    assert!(deployment.has(false, &other).await, "a game of somebody else");
    assert!(deployment.printed(&["tenants", "move", "acme", "--to", "gold"]).contains("0 games of acme are moved"));
    assert!(deployment.printed(&["audit"]).contains("moveTenant  acme to gold"));
    let (_, list) = api.get(&acme, "/v1/gamestate").await;
    assert_eq!(list["games"].as_array().unwrap().len(), 2, "{list}");
    let erased = deployment.printed(&["tenants", "erase", "acme", "--yes"]);
    assert!(erased.contains("2 games") && erased.contains("nothing is kept of acme"), "{erased}");
    assert!(!deployment.has(true, &busy).await && !deployment.has(true, &idle).await);
}

#[tokio::test]
async fn what_was_done_under_a_key_before_a_move_is_not_done_again_after_it() {
    let Some(deployment) = Deployment::start().await else { return };
    deployment.configure(&[]);
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let (game, requests, undone) = {
        let (api, _worker) = (Engine::api(&deployment), Engine::worker(&deployment, &[]));
        let game = api.create(&acme).await;
        let mut requests = Vec::new();
        for key in ["told", "undone"] {
            let message = json!({"game_state_id": game, "message": format!("I look around: {key}.")});
            let (status, accepted) = api.send_under(&acme, key, "/v1/chat", &message).await;
            assert_eq!(status, 200, "{accepted}");
            api.plays(&acme, accepted["request_id"].as_str().unwrap()).await;
            requests.push((key, message, accepted["request_id"].clone()));
        }
        let undone = api.send_under(&acme, "undo", &format!("/v1/gamestate/{game}/undo"), &json!({})).await;
        assert_eq!(undone.0, 200, "{undone:?}");
        (game, requests, undone)
    };

    deployment.configure(&["acme"]);
    let moved = deployment.printed(&["tenants", "move", "acme", "--to", "gold"]);
    assert!(moved.contains("1 games of acme are moved") && deployment.has(true, &game).await, "{moved}");

    let (api, _worker) = (Engine::api(&deployment), Engine::worker(&deployment, &["--tier", "gold"]));
    for (key, message, request) in &requests {
        let (status, again) = api.send_under(&acme, key, "/v1/chat", message).await;
        assert_eq!((status, &again["request_id"]), (200, request), "{key}: {again}");
        assert_eq!(api.status(&acme, request.as_str().unwrap()).await, "completed");
        let other = json!({"game_state_id": game, "message": "Something else."});
        assert_eq!(api.send_under(&acme, key, "/v1/chat", &other).await.0, 422);
    }
    assert_eq!(api.send_under(&acme, "undo", &format!("/v1/gamestate/{game}/undo"), &json!({})).await, undone);
    let (_, now) = api.get(&acme, &format!("/v1/gamestate/{game}")).await;
    assert_eq!(now["last_turn"], 1, "nothing was told again: {now}");
}

#[tokio::test]
async fn a_game_that_cannot_be_read_hides_no_others_of_its_tenant() {
    let Some(deployment) = Deployment::start().await else { return };
    deployment.configure(&[]);
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let game = {
        let api = Engine::api(&deployment);
        api.create(&acme).await;
        api.create(&acme).await
    };
    let client = redis::Client::open(deployment.default.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let document = redis::cmd("HSET").arg(&[&format!("gamestate:{game}"), "document", "{\"x"]).to_owned();
    document.exec_async(&mut connection).await.unwrap();
    // The games are still where the tenant was before.
    deployment.configure(&["acme"]);
    let api = Engine::api(&deployment);
    let (status, list) = api.get(&acme, "/v1/gamestate").await;
    assert_eq!((status, list["games"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    assert_eq!(list["unreadable"][0]["id"], game.clone(), "{list}");
    let erased = deployment.printed(&["tenants", "erase", "acme", "--yes"]);
    assert!(erased.contains("erasing 2 games"), "{erased}");
    assert!(!deployment.has(false, &game).await, "what cannot be read is erased too");
}

#[tokio::test]
async fn one_file_brings_the_games_of_every_tier_back_to_new_servers() {
    let Some(mut deployment) = Deployment::start().await else { return };
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let globex = deployment.key(&["service", "--tenant", "globex"]);
    let file = deployment.directory.path().join("copy").display().to_string();
    let (of_acme, of_globex, before) = {
        let (api, _workers) = (Engine::api(&deployment), Engine::worker(&deployment, &["--tier", "all"]));
        let (of_acme, of_globex) = (api.create(&acme).await, api.create(&globex).await);
        for (key, game) in [(&acme, &of_acme), (&globex, &of_globex)] {
            let request = api.say(key, game).await;
            api.plays(key, &request).await;
        }
        deployment.printed(&["backup", &file]);
        let (_, before) = api.get(&acme, &format!("/v1/gamestate/{of_acme}")).await;
        (of_acme, of_globex, before)
    };

    deployment.default = RedisServer::start(false).await.unwrap();
    deployment.gold = Some(RedisServer::start(false).await.unwrap());
    deployment.configure(&["acme"]);
    deployment.printed(&["restore", &file]);
    assert!(deployment.has(true, &of_acme).await && !deployment.has(false, &of_acme).await);
    assert!(deployment.has(false, &of_globex).await && !deployment.has(true, &of_globex).await);
    let (api, _workers) = (Engine::api(&deployment), Engine::worker(&deployment, &["--tier", "all"]));
    // The keys have come along too.
    let (status, after) = api.get(&acme, &format!("/v1/gamestate/{of_acme}")).await;
    assert_eq!((status, &after["chat_history"], &after["version"]), (200, &before["chat_history"], &before["version"]));
    for (key, game) in [(&acme, &of_acme), (&globex, &of_globex)] {
        let request = api.say(key, game).await;
        api.plays(key, &request).await;
    }
    assert!(deployment.output(&["fsck"]).status.success());
}

#[tokio::test]
async fn the_store_of_one_tier_is_put_back_alone() {
    let Some(mut deployment) = Deployment::start().await else { return };
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let globex = deployment.key(&["service", "--tenant", "globex"]);
    let file = deployment.directory.path().join("copy").display().to_string();
    let (of_acme, of_globex) = {
        let api = Engine::api(&deployment);
        (api.create(&acme).await, api.create(&globex).await)
    };
    deployment.printed(&["backup", &file]);

    deployment.gold = Some(RedisServer::start(false).await.unwrap());
    deployment.configure(&["acme"]);
    let refused = deployment.output(&["restore", &file]);
    let refused = String::from_utf8_lossy(&refused.stderr).replace('\n', " ");
    assert!(refused.contains("there is a store already") && refused.contains("`default`"), "{refused}");
    let restored = deployment.printed(&["restore", &file, "--tier", "gold"]);
    assert!(restored.contains("the store of the tier gold of") && restored.contains("1 games"), "{restored}");
    let api = Engine::api(&deployment);
    for (key, game) in [(&acme, &of_acme), (&globex, &of_globex)] {
        assert_eq!(api.get(key, &format!("/v1/gamestate/{game}")).await.0, 200);
    }
    assert!(deployment.printed(&["audit"]).contains("restoreStore"));
    assert!(deployment.output(&["fsck"]).status.success());
}

#[tokio::test]
async fn a_move_that_died_half_way_is_finished_by_the_next_one() {
    let Some(deployment) = Deployment::start().await else { return };
    deployment.configure(&[]);
    let acme = deployment.key(&["service", "--tenant", "acme"]);
    let game = Engine::api(&deployment).create(&acme).await;
    deployment.configure(&["acme"]);
    // The command moves it, and then the state is made that it leaves when it dies between the two stores.
    deployment.printed(&["tenants", "move", "acme", "--to", "gold"]);
    let archive = Archive::open(deployment.directory.path().join("archive").to_str().unwrap()).unwrap();
    let gold = deployment.gold.as_ref().unwrap().url();
    let options = StoreOptions::default();
    let store: SharedStore = Arc::new(RedisStore::connect(&*gold, "", 1, options).await.unwrap());
    let id: GameId = game.parse().unwrap();
    let kept = store.game(id).await.unwrap().unwrap();
    let found = IdleGame { id, version: kept.version, updated_at: kept.updated_at, idle: Duration::ZERO };
    assert_eq!(archive.take(&store, &found).await.unwrap(), Taken::Gone);
    let notes = deployment.directory.path().join("archive/under-way");
    std::fs::create_dir_all(&notes).unwrap();
    std::fs::write(notes.join(&game), "").unwrap();
    assert!(!deployment.has(true, &game).await && !deployment.has(false, &game).await);

    let finished = deployment.printed(&["tenants", "move", "acme", "--to", "gold"]);
    assert!(finished.contains("1 games of acme are moved"), "{finished}");
    assert!(deployment.has(true, &game).await);
    assert_eq!(std::fs::read_dir(&notes).unwrap().count(), 0);
}

#[tokio::test]
async fn every_dead_letter_of_all_tiers_is_on_one_page_however_long_pages_are() {
    let (Some(one), Some(other)) = (RedisServer::start(false).await, RedisServer::start(false).await) else { return };
    let connect = async |server: &RedisServer| {
        let store = RedisStore::connect(&*server.url(), "", 1, StoreOptions::default()).await.unwrap();
        Arc::new(store) as SharedStore
    };
    let (default, gold) = (connect(&one).await, connect(&other).await);
    let tiers = vec![(TierStore::reached("gold", Arc::clone(&gold)), vec!["acme".parse().unwrap()])];
    let all = TieredStore::new(TierStore::reached("default", Arc::clone(&default)), tiers);
    let mut dead = Vec::new();
    for tenant in ["acme", "globex", "acme", "globex", "acme"] {
        let owner = Owner { tenant: tenant.parse().unwrap(), user: None };
        let document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
        let (game, contents) = (GameId::new(), GameContents::new(document, Vec::new()));
        all.create_game(game, &GameContents { owner: Some(owner), ..contents }).await.unwrap();
        dead.push(say(&all, game).await);
        let store = if tenant == "acme" { &gold } else { &default };
        let claim = store.claim(&WorkerId::fixed("w"), rand::random(), 1).await.unwrap().claims.remove(0);
        store.fail(&claim.lease, &Problem::new(ProblemType::ModelFailed, "no").into()).await.unwrap();
        // The next one fails in another millisecond.
        let failed_at = all.dead_letter(dead[dead.len() - 1]).await.unwrap().unwrap().failed_at;
        while jiff::Timestamp::now().as_millisecond() <= failed_at.as_millisecond() {
            tokio::task::yield_now().await;
        }
    }
    for limit in [1, 2, 5, 10] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = all.dead_letters(after, limit).await.unwrap();
            listed.extend(page.dead_letters.iter().map(|letter| letter.request_id));
            let Some(next) = page.next else { break };
            after = Some(next.parse::<DeadLetterCursor>().unwrap());
        }
        listed.reverse();
        assert_eq!(listed, dead, "with pages of {limit}");
    }
    assert!(all.delete_dead_letter(dead[0]).await.unwrap());
    assert_eq!(all.queue().await.unwrap().dead_letters, 4);
}

async fn say(all: &TieredStore, game: GameId) -> RequestId {
    let request = NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        message: "look".to_owned(),
        actor: None,
        user_message: "look".to_owned(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
        priority: protocol::Priority::default(),
    };
    assert!(matches!(all.enqueue(&request, &Terms::default()).await.unwrap(), Enqueued::Accepted(_)));
    request.id
}

#[tokio::test]
async fn a_redis_of_the_release_before_is_moved_on_when_an_operator_says_so() {
    let Some(deployment) = Deployment::start().await else { return };
    deployment.key(&["operator"]);
    let mut gold = deployment.gold.as_ref().unwrap().connect().await;
    redis::cmd("HSET").arg("deployment").arg(&["layout", "3"]).exec_async(&mut gold).await.unwrap();

    for _ in 0..2 {
        let said = deployment.printed(&["migrate"]);
        assert!(said.contains("`default` has the layout of this release"), "{said}");
        assert!(said.contains("`gold` has layout 3") && said.contains("engine migrate --yes"), "{said}");
    }
    let url = deployment.gold.as_ref().unwrap().url();
    let store = RedisStore::connect(&*url, "", 1, StoreOptions::default()).await.unwrap();
    let old = WorkerId::fixed("of the release before");
    let about = WorkerInfo {
        slots: 1,
        host: "here".to_owned(),
        version: "0.0.9".to_owned(),
        config: None,
        started_at: jiff::Timestamp::now(),
        models: Vec::new(),
    };
    store.claim(&old, 1, 1).await.unwrap();
    store.announce_worker(&old, &about).await.unwrap();
    let said = deployment.printed(&["migrate"]);
    assert!(said.contains("A worker of another release is alive: of the release before (0.0.9)."), "{said}");
    let refused = deployment.output(&["migrate", "--yes"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("workers of another release are alive"));
    store.retire_worker(&old).await;
    assert!(deployment.printed(&["migrate", "--yes"]).contains("`gold` is moved on from layout 3"));
    assert!(deployment.printed(&["migrate"]).contains("`gold` has the layout of this release"));
    assert!(deployment.printed(&["audit"]).contains("migrateStore"));
}
