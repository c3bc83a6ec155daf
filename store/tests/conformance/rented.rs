//! A Redis as it is rented: over TLS, behind Sentinels, with a user of few rights.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use redis::{ClientTlsConfig, TlsCertificates};
use store::redis::{RedisAddress, RedisStore};
use store::{SharedStore, StoreError};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant, timeout};

use crate::fixture::{TIMEOUT, enqueue, latest, new_game, options, run_all};
use crate::redis_server::{RedisServer, skip};

/// How long Sentinels and servers may take to find each other, and to promote a replica.
const SETTLE: Duration = Duration::from_secs(30);

/// A process on a port of its own; dropping it ends it.
struct Server {
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl Server {
    /// Starts `redis-server`, where there is one; `configure` writes its configuration for a port.
    fn start(configure: impl FnOnce(u16, &Path) -> String) -> Option<Self> {
        Self::start_as(&[], configure)
    }

    fn start_as(mode: &[&str], configure: impl FnOnce(u16, &Path) -> String) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = directory.path().join("redis.conf");
        let common = format!("save \"\"\nbind 127.0.0.1\ndir {}\n", directory.path().display());
        std::fs::write(&file, common + &configure(port, directory.path())).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&file).args(mode).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(process) => Some(Self { port, process, _directory: directory }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                skip();
                None
            }
            Err(error) => panic!("redis-server cannot be started: {error}"),
        }
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Tries until the step succeeds: a server that starts, or a replica that is promoted, announces it to nobody.
async fn settled<T, E: std::fmt::Debug>(mut step: impl AsyncFnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + SETTLE;
    loop {
        match step().await {
            Ok(value) => return value,
            Err(error) => assert!(Instant::now() < deadline, "not within {SETTLE:?}: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connect(address: &RedisAddress) -> Result<RedisStore, StoreError> {
    RedisStore::connect(address.clone(), "e:", 1, options()).await
}

/// The store at an address, as soon as its servers answer.
async fn connected(address: &RedisAddress) -> SharedStore {
    Arc::new(settled(async || connect(address).await).await)
}

/// A turn, with everything that it takes: scripts, the connection that blocks, and pub/sub.
async fn plays_a_turn(store: &SharedStore) {
    let game = new_game(store).await;
    let mut subscription = store.subscribe(game).await.unwrap();
    enqueue(store, game, "look").await;
    timeout(TIMEOUT, store.wait_for_work()).await.unwrap();
    assert_eq!(run_all(store).await, ["look"]);
    latest(store, game, "request.completed").await;
    timeout(TIMEOUT, subscription.next()).await.unwrap();
}

/// An authority and what it has signed, as PEM.
struct Certificates {
    authority: String,
    client: ClientTlsConfig,
    server: (PathBuf, PathBuf, PathBuf),
}

fn certificates(directory: &Path) -> Certificates {
    let mut of_authority = CertificateParams::new(Vec::new()).unwrap();
    // OpenSSL takes a certificate whose issuer has its own name for one that signed itself.
    of_authority.distinguished_name.push(DnType::CommonName, "the authority");
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(of_authority, KeyPair::generate().unwrap()).unwrap();
    let sign = |names: &[&str], purpose| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &authority).unwrap().pem(), key.serialize_pem())
    };
    let (cert, key) = sign(&["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth);
    let (client_cert, client_key) = sign(&["engine"], ExtendedKeyUsagePurpose::ClientAuth);
    let write = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    Certificates {
        server: (write("server.pem", &cert), write("server.key", &key), write("ca.pem", &authority.pem())),
        authority: authority.pem(),
        client: ClientTlsConfig { client_cert: client_cert.into_bytes(), client_key: client_key.into_bytes() },
    }
}

#[tokio::test]
async fn a_server_over_tls_is_trusted_by_its_authority_and_sees_the_client_s_certificate() {
    let directory = TempDir::new().unwrap();
    let made = certificates(directory.path());
    let (cert, key, authority) = &made.server;
    let Some(server) = Server::start(|port, _| {
        format!(
            "port 0\ntls-port {port}\ntls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {}\ntls-auth-clients yes\n",
            cert.display(),
            key.display(),
            authority.display()
        )
    }) else {
        return;
    };
    let urls = format!("rediss://127.0.0.1:{}", server.port);
    let address = |root_cert: Option<&str>, client_tls| RedisAddress {
        urls: urls.clone(),
        tls: Some(TlsCertificates { client_tls, root_cert: root_cert.map(|pem| pem.as_bytes().to_vec()) }),
        sentinel_master: None,
    };

    let store = connected(&address(Some(&made.authority), Some(made.client.clone()))).await;
    plays_a_turn(&store).await;

    // Neither an unknown authority nor a client without a certificate gets through.
    for (what, address) in [
        ("the system's authorities", RedisAddress::from(&urls)),
        ("no certificate of the client", address(Some(&made.authority), None)),
    ] {
        let refused = connect(&address).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable { .. }), "{what}: {refused:?}");
    }
    let unread = connect(&address(Some("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"), None)).await;
    let unread = unread.unwrap_err().to_string();
    assert!(unread.contains("the certificates for Redis cannot be used"), "{unread}");
}

#[tokio::test]
async fn behind_sentinels_games_go_on_at_the_replica_that_was_promoted() {
    let password = "requirepass secret\nmasterauth secret\nrepl-diskless-sync-delay 0\n";
    let server = |more: String| Server::start(|port, _| format!("port {port}\n{password}{more}"));
    let Some(mut master) = server(String::new()) else { return };
    let Some(replica) = server(format!("replicaof 127.0.0.1 {}\n", master.port)) else { return };
    let Some(sentinel) = Server::start_as(&["--sentinel"], |port, _| {
        format!(
            "port {port}\nsentinel monitor games 127.0.0.1 {} 1\nsentinel auth-pass games secret\n\
             sentinel down-after-milliseconds games 500\nsentinel failover-timeout games 2000\n",
            master.port
        )
    }) else {
        return;
    };
    let urls = format!("redis://:secret@127.0.0.1:{}", sentinel.port);
    let address = RedisAddress { urls: urls.clone(), sentinel_master: Some("games".to_owned()), tls: None };
    let store = connected(&address).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    assert_eq!(run_all(&store).await, ["first"]);

    // A failover keeps what the replica has; and Sentinel promotes only a replica that it knows.
    let behind = |port: u16| redis::Client::open(format!("redis://:secret@127.0.0.1:{port}")).unwrap();
    settled(async || {
        let mut connection = behind(master.port).get_multiplexed_async_connection().await.map_err(|e| e.to_string())?;
        let kept: u64 = redis::cmd("WAIT").arg(1).arg(200).query_async(&mut connection).await.unwrap();
        (kept == 1).then_some(()).ok_or_else(|| "the replica is behind".to_owned())
    })
    .await;
    let mut asked = redis::Client::open(format!("redis://127.0.0.1:{}", sentinel.port))
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    settled(async || {
        let replicas: Vec<redis::Value> =
            redis::cmd("SENTINEL").arg("REPLICAS").arg("games").query_async(&mut asked).await.unwrap();
        (!replicas.is_empty()).then_some(()).ok_or("no replica is known")
    })
    .await;
    master.kill();

    settled(async || store.probe_writes().await.into_iter().collect::<Result<Vec<()>, _>>()).await;
    enqueue(&store, game, "second").await;
    assert_eq!(run_all(&store).await, ["second"]);
    let mut promoted = behind(replica.port).get_multiplexed_async_connection().await.unwrap();
    let info: String = redis::cmd("INFO").arg("replication").query_async(&mut promoted).await.unwrap();
    assert!(info.contains("role:master"), "{info}");

    let other = RedisAddress { sentinel_master: Some("nobody".to_owned()), ..RedisAddress::from(&urls) };
    let unknown = connect(&other).await.unwrap_err().to_string();
    assert!(unknown.contains("knows no master of this name"), "{unknown}");
}

/// What docs/operating.md says that the engine's user needs.
const LEAST_RIGHTS: &str =
    "+@read +@write +@scripting +@pubsub +@transaction +@connection +info +time -@dangerous -@admin +info";

#[tokio::test]
async fn a_user_with_the_least_rights_plays_and_is_answered_honestly() {
    let handbook = include_str!("../../../docs/operating.md");
    assert!(handbook.contains(LEAST_RIGHTS), "docs/operating.md names the rights");
    for (rights, has_client) in [(LEAST_RIGHTS.to_owned(), true), (format!("{LEAST_RIGHTS} -client"), false)] {
        let Some(server) =
            Server::start(|port, _| format!("port {port}\nuser engine on >secret ~e:* &e:* -@all {rights}\n"))
        else {
            return;
        };
        let address = RedisAddress::from(&format!("redis://engine:secret@127.0.0.1:{}", server.port));
        let store = connected(&address).await;
        plays_a_turn(&store).await;
        let text = store.describe().await.unwrap();
        assert!(text.contains("CONFIG is not allowed"), "{text}");
        assert!(!text.contains("WARNING"), "{text}");
        // A worker that shuts down does not wait for a token that never comes, with the right to end its pop or without.
        let waiting = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.wait_for_work().await }
        });
        let mut behind = redis::Client::open(format!("redis://127.0.0.1:{}", server.port))
            .unwrap()
            .get_multiplexed_async_connection()
            .await
            .unwrap();
        settled(async || {
            let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut behind).await.unwrap();
            if clients.contains("cmd=blpop") { Ok(()) } else { Err(clients) }
        })
        .await;
        let retired = timeout(TIMEOUT, store.retire_worker(&crate::fixture::worker())).await;
        assert!(retired.is_ok(), "with CLIENT: {has_client}");
        waiting.abort();
    }
}

#[tokio::test]
async fn settings_that_lose_data_are_noticed_when_they_change_under_a_running_engine() {
    let Some(server) = RedisServer::start(true).await else { return };
    let store: SharedStore = Arc::new(connect(&RedisAddress::from(&server.url())).await.unwrap());
    assert_eq!(store.risks().await.unwrap(), Vec::<String>::new());

    let mut operator = server.connect().await;
    let mut set = async |name: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).query_async::<()>(&mut operator).await.unwrap();
    };
    set("maxmemory-policy", "allkeys-lru").await;
    set("appendonly", "no").await;
    let risks = store.risks().await.unwrap();
    assert!(risks.len() == 2 && risks[0].contains("`noeviction`") && risks[1].contains("appendonly yes"), "{risks:?}");
    set("maxmemory-policy", "noeviction").await;
    set("appendonly", "yes").await;
    assert_eq!(store.risks().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_of_another_protocol_is_told_from_one_that_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut asked = [0; 1024];
            let _ = caller.read(&mut asked).await;
            let _ = caller.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for (scheme, says) in [("redis", "does not speak Redis' protocol"), ("rediss", "the server must speak TLS")] {
        let refused = connect(&format!("{scheme}://127.0.0.1:{port}").as_str().into()).await;
        let Err(StoreError::Unavailable { reason, .. }) = refused else { panic!("{scheme}: {refused:?}") };
        assert!(reason.contains(says), "{scheme}: {reason}");
    }
    answering.abort();
}

#[tokio::test]
async fn the_clock_of_a_server_on_this_machine_is_that_of_this_machine() {
    let Some(server) = RedisServer::start(false).await else { return skip() };
    let store = connected(&server.url().as_str().into()).await;
    let ahead = store.clock_ahead().await.unwrap().unwrap();
    assert!(ahead.abs() < 1.0, "{ahead}");
}
