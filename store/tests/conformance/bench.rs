//! One backend with its data, for as long as a test runs, and what a test may do to it behind the store's back: let
//! time pass, and look at everything that is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::GameId;
use redis::aio::MultiplexedConnection;
use rusqlite::Connection;
use rusqlite::types::Value;
use store::embedded::{EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::{SharedStore, StoreOptions};
use tempfile::TempDir;

use crate::fixture::options;
use crate::redis_cluster::RedisCluster;
use crate::redis_server::RedisServer;

/// Over how many shards games are spread in a cluster.
pub(crate) const SHARDS: usize = 3;

/// Where a test's store keeps its data.
pub(crate) enum Bench {
    Redis {
        server: Arc<RedisServer>,
        prefix: String,
    },
    /// Three shards on three nodes.
    Cluster {
        cluster: &'static RedisCluster,
        prefix: String,
    },
    Embedded {
        directory: TempDir,
    },
}

/// Everything that is kept, by name. It is compared, not read.
pub(crate) type Dump = BTreeMap<String, Vec<u8>>;

/// Runs a test on a Redis server of its own.
pub(crate) async fn on_redis<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    if let Some(server) = RedisServer::start(false).await {
        test(Bench::redis(Arc::new(server), "test:")).await;
    }
}

/// Runs a test on a prefix of its own in a cluster that all tests share.
pub(crate) async fn on_cluster<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    if let Some(cluster) = RedisCluster::shared().await {
        test(Bench::Cluster { cluster, prefix: format!("{}:", uuid()) }).await;
    }
}

/// Runs a test on a directory of its own.
pub(crate) async fn on_embedded<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    test(Bench::embedded()).await;
}

impl Bench {
    pub(crate) fn redis(server: Arc<RedisServer>, prefix: &str) -> Self {
        Self::Redis { server, prefix: prefix.to_owned() }
    }

    pub(crate) fn embedded() -> Self {
        Self::Embedded { directory: TempDir::new().unwrap() }
    }

    /// The server, for stores under other prefixes.
    pub(crate) fn server(&self) -> Arc<RedisServer> {
        let Self::Redis { server, .. } = self else { panic!("it has no server of its own") };
        Arc::clone(server)
    }

    /// Opens the store with the suite's usual options.
    pub(crate) async fn store(&self) -> SharedStore {
        self.store_with(options()).await
    }

    /// Opens the store.
    pub(crate) async fn store_with(&self, options: StoreOptions) -> SharedStore {
        match self {
            Self::Redis { server, prefix } => {
                Arc::new(RedisStore::connect(&server.url(), prefix, 1, options).await.unwrap())
            }
            Self::Cluster { cluster, prefix } => {
                Arc::new(RedisStore::connect(&cluster.url(), prefix, SHARDS, options).await.unwrap())
            }
            Self::Embedded { directory } => {
                Arc::new(EmbeddedStore::open(directory.path(), Synchronous::Normal, options).unwrap())
            }
        }
    }

    /// Lets the lease of a game pass, as if its time were over.
    pub(crate) async fn expire_lease(&self, game: GameId) {
        if let Self::Embedded { directory } = self {
            return end(directory, "active", game);
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let mut both = redis::pipe();
        both.atomic()
            .cmd("ZADD")
            .arg(format!("{prefix}requests:active"))
            .arg("XX")
            .arg(0)
            .arg(game.to_string())
            .ignore()
            .del(format!("{prefix}game-lock:{game}"))
            .ignore();
        both.query_async::<()>(&mut connection).await.unwrap();
    }

    /// Lets the back-off of a game pass, as if its time were over.
    pub(crate) async fn end_backoff(&self, game: GameId) {
        if let Self::Embedded { directory } = self {
            return end(directory, "delayed", game);
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let mut command = redis::cmd("ZADD");
        command.arg(format!("{prefix}requests:delayed")).arg("XX").arg(0).arg(game.to_string());
        command.query_async::<()>(&mut connection).await.unwrap();
    }

    /// Lets the wait of a game's provider for its next probe end, as if its time were over.
    pub(crate) async fn end_probe_wait(&self, game: GameId, provider: &str) {
        if let Self::Embedded { .. } = self {
            return self.execute(&format!("UPDATE providers SET probe_at = 0 WHERE name = '{provider}'"));
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let mut command = redis::cmd("HSET");
        command.arg(format!("{prefix}provider:{provider}")).arg("probe_at").arg(0);
        command.query_async::<()>(&mut connection).await.unwrap();
    }

    /// Makes everything that is used of a budget so much older, as if that time had passed.
    pub(crate) async fn let_hours_pass(&self, game: GameId, bucket: &str, hours: i64) {
        let slots = |what: &str| if what == "t" { hours } else { hours / 24 };
        if let Self::Embedded { directory } = self {
            let sql = "UPDATE used SET slot = slot - ?2 WHERE what = ?1";
            for what in ["t", "c"] {
                open(directory).execute(sql, (what, slots(what))).unwrap();
            }
            return;
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let key = format!("{prefix}used:{bucket}");
        let fields: BTreeMap<String, i64> = redis::cmd("HGETALL").arg(&key).query_async(&mut connection).await.unwrap();
        let mut rewrite = redis::pipe();
        rewrite.del(&key).ignore();
        for (field, amount) in fields {
            let (what, slot) = field.split_at(1);
            let field = slot.parse::<i64>().map_or(field.clone(), |slot| format!("{what}{}", slot - slots(what)));
            rewrite.hset(&key, field, amount).ignore();
        }
        rewrite.query_async::<()>(&mut connection).await.unwrap();
    }

    /// In how many hours and days something of a budget is kept.
    pub(crate) async fn slots_used(&self, game: GameId, bucket: &str) -> i64 {
        if let Self::Embedded { directory } = self {
            return open(directory).query_row("SELECT count(*) FROM used", [], |row| row.get(0)).unwrap();
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let used = format!("{prefix}used:{bucket}");
        let fields: Vec<String> = redis::cmd("HKEYS").arg(used).query_async(&mut connection).await.unwrap();
        i64::try_from(fields.iter().filter(|field| !field.starts_with('r')).count()).unwrap()
    }

    /// Whether the log of a game is to go once its time is over: the game rests.
    pub(crate) async fn is_to_go(&self, game: GameId) -> bool {
        if let Self::Embedded { directory } = self {
            let sql = "SELECT rests_since IS NOT NULL FROM games WHERE id = ?1";
            return open(directory).query_row(sql, [game.to_string()], |row| row.get(0)).unwrap();
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let goes_in: i64 =
            redis::cmd("PTTL").arg(format!("{prefix}game-events:{game}")).query_async(&mut connection).await.unwrap();
        goes_in >= 0
    }

    /// Lets the log of a game go, as if its time were over; returns whether it was to go.
    pub(crate) async fn end_rest(&self, game: GameId) -> bool {
        if !self.is_to_go(game).await {
            return false;
        }
        if let Self::Embedded { .. } = self {
            self.execute(&format!(
                "DELETE FROM events WHERE id >> 30 = (SELECT number FROM games WHERE id = '{game}'); \
                 UPDATE games SET rests_since = NULL WHERE id = '{game}'"
            ));
            return true;
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let log = format!("{prefix}game-events:{game}");
        redis::cmd("DEL").arg(log).query_async::<()>(&mut connection).await.unwrap();
        true
    }

    /// A connection to the server that keeps a game, and what its keys begin with there.
    pub(crate) async fn owner_of(&self, game: GameId) -> (MultiplexedConnection, String) {
        match self {
            Self::Redis { server, prefix } => (server.connect().await, prefix.clone()),
            Self::Cluster { cluster, prefix } => {
                let prefix = format!("{prefix}{{s{}}}:", game.shard(SHARDS));
                (cluster.owner_of(&prefix).await, prefix)
            }
            Self::Embedded { .. } => panic!("there is no server"),
        }
    }

    /// How many games are stored with each version of content, fewest first.
    pub(crate) async fn contents(&self, game: GameId) -> Vec<i64> {
        let mut games: Vec<i64> = Vec::new();
        if let Self::Embedded { directory } = self {
            let connection = open(directory);
            games.extend(
                column(&connection, "SELECT CAST(games AS TEXT) FROM contents")
                    .iter()
                    .map(|it| it.parse::<i64>().unwrap()),
            );
        } else {
            let (mut connection, prefix) = self.owner_of(game).await;
            let pattern = format!("{prefix}content:*");
            let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
            for key in keys {
                games.push(redis::cmd("HGET").arg(key).arg("games").query_async(&mut connection).await.unwrap());
            }
        }
        games.sort_unstable();
        games
    }

    /// Deletes every version of content.
    pub(crate) async fn lose_contents(&self, game: GameId) {
        if let Self::Embedded { .. } = self {
            return self.execute("DELETE FROM contents");
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let pattern = format!("{prefix}content:*");
        let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
        redis::cmd("DEL").arg(keys).query_async::<()>(&mut connection).await.unwrap();
    }

    /// Makes the text of every version of content one that is not its own.
    pub(crate) async fn spoil_contents(&self, game: GameId) {
        if let Self::Embedded { .. } = self {
            return self.execute("UPDATE contents SET text = '{}'");
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let pattern = format!("{prefix}content:*");
        let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
        for key in keys {
            redis::cmd("HSET").arg(key).arg(&["text", "{}"]).query_async::<()>(&mut connection).await.unwrap();
        }
    }

    /// A game's document, as it is stored.
    pub(crate) async fn stored_document(&self, game: GameId) -> String {
        if let Self::Embedded { directory } = self {
            let sql = "SELECT document FROM documents WHERE game_id = ?1";
            return open(directory).query_row(sql, [game.to_string()], |row| row.get(0)).unwrap();
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let mut command = redis::cmd("HGET");
        command.arg(format!("{prefix}gamestate:{game}")).arg("document");
        command.query_async(&mut connection).await.unwrap()
    }

    /// Makes a game's document one that this engine cannot read.
    pub(crate) async fn spoil(&self, game: GameId) {
        if let Self::Embedded { .. } = self {
            return self
                .execute(&format!("UPDATE documents SET document = '{{\"nonsense\": 1}}' WHERE game_id = '{game}'"));
        }
        let (mut connection, prefix) = self.owner_of(game).await;
        let mut command = redis::cmd("HSET");
        command.arg(format!("{prefix}gamestate:{game}")).arg("document").arg("{\"nonsense\": 1}");
        command.query_async::<()>(&mut connection).await.unwrap();
    }

    /// Does something to the embedded store's database behind its back.
    pub(crate) fn execute(&self, sql: &str) {
        let Self::Embedded { directory } = self else { panic!("there is no database") };
        open(directory).execute_batch(sql).unwrap();
    }

    /// Everything that is kept of games and requests, down to the last field.
    pub(crate) async fn dump(&self) -> Dump {
        match self {
            Self::Redis { server, prefix } => {
                let mut dump = Dump::new();
                dump_keys(&mut server.connect().await, prefix, &mut dump).await;
                dump
            }
            Self::Cluster { cluster, prefix } => {
                let mut dump = Dump::new();
                for mut node in cluster.connect().await {
                    dump_keys(&mut node, prefix, &mut dump).await;
                }
                dump
            }
            Self::Embedded { directory } => {
                let connection = open(directory);
                let names = column(&connection, "SELECT name FROM sqlite_master WHERE type = 'table'");
                names.into_iter().map(|name| (name.clone(), rows(&connection, &name))).collect()
            }
        }
    }
}

async fn dump_keys(connection: &mut MultiplexedConnection, prefix: &str, dump: &mut Dump) {
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(connection).await.unwrap();
    // When a worker was seen last is no effect of what it did.
    for key in keys.into_iter().filter(|key| !key.ends_with("workers")) {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(connection).await.unwrap();
        let value = if kind == "hash" {
            // A hash that is growing is dumped in another order after every look at it.
            let fields: BTreeMap<Vec<u8>, Vec<u8>> =
                redis::cmd("HGETALL").arg(&key).query_async(connection).await.unwrap();
            format!("{fields:?}").into_bytes()
        } else {
            redis::cmd("DUMP").arg(&key).query_async(connection).await.unwrap()
        };
        dump.insert(key, value);
    }
}

/// A name that no other test has.
fn uuid() -> String {
    GameId::new().to_string()
}

fn open(directory: &TempDir) -> Connection {
    Connection::open(directory.path().join("story-engine.db")).unwrap()
}

fn end(directory: &TempDir, state: &str, game: GameId) {
    let sql = "UPDATE games SET lane_key = 0 WHERE id = ?1 AND lane_state = ?2";
    open(directory).execute(sql, (game.to_string(), state)).unwrap();
}

fn column(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn rows(connection: &Connection, table: &str) -> Vec<u8> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
        all.extend(format!("{values:?}\n").into_bytes());
    }
    all
}
