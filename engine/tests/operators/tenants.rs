//! What is kept of tenants and their users: listed, exported, erased.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use engine::retention::{Archive, Taken};
use protocol::{GameAccess, GameId, Problem, ProblemType, RequestId, RequestType, Role};
use redis::aio::MultiplexedConnection;
use serde_json::Value;
use store::embedded::{EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::secret::{Secret, SecretKind};
use store::{
    Enqueued, GameContents, GameDocument, Holder, NewCapability, NewKey, NewRequest, Owner, SharedStore, StoreOptions,
    Terms, WorkerId,
};
use story::ChatMessage;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::fixture::{complaint, printed};
use crate::redis_server::RedisServer;

/// What nobody else says.
const SAID: &str = "I sing to the moon.";

/// A store with games of two tenants, and an archive.
struct Scene {
    directory: TempDir,
    archive: TempDir,
    /// Of acme's users ada and bob, of acme itself, of ada in the archive, and of ada's namesake at globex.
    games: [GameId; 5],
}

impl Scene {
    async fn new() -> Self {
        let (directory, archive) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
        let games = furnish(&(std::sync::Arc::new(store) as SharedStore), archive.path()).await;
        Self { directory, archive, games }
    }

    fn engine(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_engine"))
            .args(words)
            .arg("--data-dir")
            .arg(self.directory.path())
            .env("STORY_ENGINE_RETENTION__ARCHIVE", self.archive.path())
            .output()
            .unwrap()
    }

    fn printed(&self, words: &[&str]) -> String {
        says(&self.engine(words))
    }

    fn lines(&self) -> Vec<Value> {
        let list = self.printed(&["tenants", "list", "--archived", "--json"]);
        list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn says(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Games of two tenants, with requests that wait and that failed, keys and capabilities.
async fn furnish(store: &SharedStore, archive: &Path) -> [GameId; 5] {
    let archived = game(store, "acme", Some("ada")).await;
    let archive = Archive::open(archive.to_str().unwrap()).unwrap();
    // The store's time is in milliseconds: the game must be older than the present one.
    let found = loop {
        if let [found] = store.idle_games(Duration::from_millis(1), None, 1).await.unwrap()[..] {
            break found;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(archive.take(store, &found).await.unwrap(), Taken::Gone);
    let games = [
        game(store, "acme", Some("ada")).await,
        game(store, "acme", Some("bob")).await,
        game(store, "acme", None).await,
        archived,
        game(store, "globex", Some("ada")).await,
    ];
    let mut waiting = Vec::new();
    for (nonce, id) in (1..).zip([games[0], games[1], games[4]]) {
        let failed = say(store, id).await;
        let claims = store.claim(&WorkerId::fixed("ada"), nonce, 1).await.unwrap().claims;
        let claim = claims.into_iter().find(|claim| claim.lease.request == failed).unwrap();
        let problem = Problem::new(ProblemType::ModelFailed, "the model hung up");
        store.fail(&claim.lease, &problem.into()).await.unwrap();
        waiting.push(id);
        let secret = Secret::generate(SecretKind::Capability).unwrap();
        let capability = NewCapability { hash: secret.hash(), access: GameAccess::Play, expires_in: None };
        store.add_capability(id, &capability).await.unwrap();
    }
    // Behind all claims: one of them would be claimed.
    for id in waiting {
        say(store, id).await;
    }
    for (role, tenant, user) in [
        (Role::Service, "acme", None),
        (Role::Player, "acme", Some("ada")),
        (Role::Player, "acme", Some("bob")),
        (Role::Player, "globex", Some("ada")),
    ] {
        let holder = Holder::new(role, Some(tenant.parse().unwrap()), user.map(|user| user.parse().unwrap())).unwrap();
        let hash = Secret::generate(SecretKind::Key).unwrap().hash();
        store.add_key(&NewKey { hash, grants: holder.into(), expires_in: None }).await.unwrap();
    }
    games
}

async fn game(store: &SharedStore, tenant: &str, user: Option<&str>) -> GameId {
    let owner = Owner { tenant: tenant.parse().unwrap(), user: user.map(|user| user.parse().unwrap()) };
    let mut document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    "ferry_crossing".clone_into(&mut document.state.scenario);
    let history = vec![ChatMessage::user(SAID)];
    let contents = GameContents { owner: Some(owner), ..GameContents::new(document, history) };
    let id = GameId::new();
    store.create_game(id, &contents).await.unwrap();
    id
}

async fn say(store: &SharedStore, game: GameId) -> RequestId {
    let request = NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        message: SAID.to_owned(),
        actor: None,
        user_message: SAID.to_owned(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
        priority: protocol::Priority::default(),
    };
    assert!(matches!(store.enqueue(&request, &Terms::default()).await.unwrap(), Enqueued::Accepted(_)));
    request.id
}

#[tokio::test]
async fn tenants_are_listed_with_what_they_have() {
    let scene = Scene::new().await;
    let text = scene.printed(&["tenants", "list"]);
    assert_eq!(text, "acme  3 games, 2 users, 3 keys\nglobex  1 games, 1 users, 1 keys\n");
    let lines = scene.lines();
    assert_eq!(lines[0], serde_json::json!({"tenant": "acme", "games": 3, "archived": 1, "users": 2, "keys": 3}));
}

#[tokio::test]
async fn a_tenant_or_a_user_is_exported_with_archived_games() {
    let (scene, files) = (Scene::new().await, TempDir::new().unwrap());
    let [of_ada, of_bob, of_acme, archived, of_globex] = scene.games;
    let (all, one) = (files.path().join("acme"), files.path().join("ada"));
    let of = |directory: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    let expected = |games: &[GameId]| {
        let mut names: Vec<_> = games.iter().map(|id| format!("{id}.json")).chain(["tenant.json".to_owned()]).collect();
        names.sort();
        names
    };

    let said = scene.printed(&["tenants", "export", "acme", all.to_str().unwrap()]);
    assert!(said.starts_with("4 games of acme are written to"), "{said}");
    assert_eq!(of(&all), expected(&[of_ada, of_bob, of_acme, archived]));
    scene.printed(&["tenants", "export", "acme", one.to_str().unwrap(), "--user", "ada"]);
    assert_eq!(of(&one), expected(&[of_ada, archived]));
    let list: Value = serde_json::from_slice(&std::fs::read(one.join("tenant.json")).unwrap()).unwrap();
    assert_eq!((&list["user"], list["keys"].as_array().unwrap().len()), (&"ada".into(), 1));

    let again = scene.engine(&["tenants", "export", "acme", all.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"), "it would overwrite files");
    let lines = scene.lines();
    assert_eq!(lines[0]["archived"], 1, "the archived game has stayed in the archive");
    let file = all.join(format!("{archived}.json"));
    assert!(scene.printed(&["games", "import", file.to_str().unwrap()]).contains("is the game"));
    assert!(scene.printed(&["games", "list"]).contains(&of_globex.to_string()));
}

#[tokio::test]
async fn a_dead_letter_of_an_archived_game_is_retried_and_brings_the_game_back() {
    let (directory, archive) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store: SharedStore = std::sync::Arc::new(
        EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap(),
    );
    let game = game(&store, "acme", None).await;
    let failed = crate::fixture::dead_letter(&store, game).await;
    let found = loop {
        if let [found] = store.idle_games(Duration::from_millis(1), None, 1).await.unwrap()[..] {
            break found;
        }
        tokio::task::yield_now().await;
    };
    let files = Archive::open(archive.path().to_str().unwrap()).unwrap();
    assert_eq!(files.take(&store, &found).await.unwrap(), Taken::Gone);
    drop(store);

    let scene = Scene { directory, archive, games: [game; 5] };
    assert_eq!(scene.printed(&["games", "list"]), "");
    let retried = scene.printed(&["dead-letters", "retry", &failed.to_string()]);
    assert!(retried.contains("is queued again"), "{retried}");
    assert!(scene.printed(&["games", "list"]).contains(&game.to_string()));
    assert!(scene.printed(&["queue"]).contains("1 queued"));
    assert!(scene.engine(&["fsck"]).status.success());
}

#[tokio::test]
async fn a_tenant_is_erased_when_it_is_confirmed_and_nobody_else_is() {
    let scene = Scene::new().await;
    let asked = complaint(scene.directory.path(), &["tenants", "erase", "acme"]);
    assert!(asked.contains("--yes") && asked.contains("3 games"), "{asked}");
    let dry = scene.printed(&["tenants", "erase", "acme", "--dry-run"]);
    assert!(dry.ends_with("3 games, 1 archived games, 2 dead letters and 3 keys of acme would be erased\n"), "{dry}");
    assert!(dry.contains(&format!("{} would be erased from the archive", scene.games[3])), "{dry}");
    assert_eq!(scene.lines().len(), 2);

    let said = scene.printed(&["tenants", "erase", "acme", "--yes"]);
    assert!(said.ends_with("nothing is kept of acme any more\n"), "{said}");
    assert_eq!(
        scene.lines(),
        [serde_json::json!({"tenant": "globex", "games": 1, "archived": 0, "users": 1, "keys": 1})]
    );
    let letters = scene.printed(&["dead-letters", "list", "--json"]);
    assert_eq!(letters.lines().count(), 1, "{letters}");
    assert!(scene.printed(&["queue"]).contains("1 queued"), "what waits at globex still does");
    assert!(scene.printed(&["queue"]).contains("0 paused"));
    let audit = scene.printed(&["audit", "--json"]);
    let entries: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let says = |entry: &Value| ["action", "subject", "outcome"].map(|name| entry[name].as_str().unwrap().to_owned());
    let subject = "acme: 3 games, 1 archived games, 2 dead letters and 3 keys";
    assert_eq!(
        entries.iter().map(says).collect::<Vec<_>>(),
        ["done", "begun"].map(|how| ["eraseTenant", subject, how])
    );
    assert_eq!(scene.printed(&["fsck"]).lines().next().unwrap(), "1 games, 1 unfinished requests, 0 contradictions");
    assert!(
        scene.printed(&["tenants", "erase", "acme", "--yes"]).contains("nothing is kept"),
        "a repeat finds nothing"
    );
}

#[tokio::test]
async fn dead_letters_of_games_that_were_deleted_before_are_erased_with_their_owner() {
    let scene = Scene::new().await;
    for game in [scene.games[0], scene.games[1], scene.games[4]].map(|game| game.to_string()) {
        scene.printed(&["queue", "cancel", "--game", &game]);
        scene.printed(&["games", "delete", &game]);
    }
    let letters = || scene.printed(&["dead-letters", "list", "--json"]).lines().count();
    assert_eq!(letters(), 3);
    scene.printed(&["tenants", "erase", "acme", "--user", "bob", "--yes"]);
    assert_eq!(letters(), 2);
    scene.printed(&["tenants", "erase", "acme", "--yes"]);
    assert_eq!(letters(), 1, "that of globex stays");
}

#[tokio::test]
async fn a_user_is_erased_and_the_others_of_the_tenant_are_not() {
    let scene = Scene::new().await;
    let [_, of_bob, of_acme, _, of_globex] = scene.games;
    scene.printed(&["tenants", "erase", "acme", "--user", "ada", "--yes"]);
    let games = scene.printed(&["games", "list"]);
    assert_eq!(games.lines().count(), 3, "{games}");
    assert!([of_bob, of_acme, of_globex].iter().all(|id| games.contains(&id.to_string())), "{games}");
    assert_eq!(
        scene.lines()[0],
        serde_json::json!({"tenant": "acme", "games": 2, "archived": 0, "users": 1, "keys": 2})
    );
    assert_eq!(printed(scene.directory.path(), &["dead-letters", "list", "--json"]).lines().count(), 2);
}

#[tokio::test]
async fn an_erased_tenant_leaves_nothing_under_any_key_of_redis() {
    let Some(server) = RedisServer::start(false).await else { return };
    let archive = TempDir::new().unwrap();
    let options = StoreOptions { status_ttl: Duration::from_secs(1), ..StoreOptions::default() };
    let store: SharedStore = std::sync::Arc::new(RedisStore::connect(&*server.url(), "", 1, options).await.unwrap());
    let games = furnish(&store, archive.path()).await;
    let mut connection = server.connect().await;
    let traces = || games[..4].iter().map(ToString::to_string).chain(["acme".to_owned()]);
    assert!(keys_with(&mut connection, &traces().collect::<Vec<_>>()).await.len() > 10);

    let erased = Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(["tenants", "erase", "acme", "--yes", "--redis-url", &server.url()])
        .env("STORY_ENGINE_RETENTION__ARCHIVE", archive.path())
        .env("STORY_ENGINE_QUEUE__STATUS_TTL_SECONDS", "1")
        .output()
        .unwrap();
    assert!(says(&erased).ends_with("nothing is kept of acme any more\n"));

    // The status of a request that was cancelled stays for a second.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left = keys_with(&mut connection, &traces().collect::<Vec<_>>()).await;
        let but_the_audit_log: Vec<_> = left.iter().filter(|key| !key.starts_with("audit")).collect();
        if but_the_audit_log.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{left:?}");
        tokio::task::yield_now().await;
    }
    assert!(!keys_with(&mut connection, &[SAID.to_owned()]).await.is_empty(), "globex has said it too");
}

/// The keys in whose name or value one of these texts is. What a stream has deleted stays in the server's memory until all entries of its
/// block are deleted, so values are read by commands.
async fn keys_with(connection: &mut MultiplexedConnection, texts: &[String]) -> Vec<String> {
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(connection).await.unwrap();
    let mut found = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(connection).await.unwrap();
        let (read, range): (_, &[&str]) = match kind.as_str() {
            "string" => ("GET", &[]),
            "hash" => ("HGETALL", &[]),
            "set" => ("SMEMBERS", &[]),
            "list" => ("LRANGE", &["0", "-1"]),
            "zset" => ("ZRANGE", &["0", "-1"]),
            "stream" => ("XRANGE", &["-", "+"]),
            // It has expired meanwhile.
            _ => continue,
        };
        let value: redis::Value = redis::cmd(read).arg(&key).arg(range).query_async(connection).await.unwrap();
        let text = format!("{key} {value:?}");
        if texts.iter().any(|wanted| text.contains(wanted.as_str())) {
            found.push(key);
        }
    }
    found
}
