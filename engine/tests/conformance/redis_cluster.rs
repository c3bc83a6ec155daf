//! A Redis Cluster of three nodes, which all tests of this process share.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::redis_server::skip;

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;
/// How many nodes this one has.
const NODES: u16 = 3;
/// How long the cluster may take to come up before the tests give up on it.
const START: Duration = Duration::from_mins(1);
/// Ends the server when this process is gone, however it went: nothing else drops what is static.
const UNTIL_STDIN_ENDS: &str = r#""$@" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 $server"#;

/// Running nodes; they end with this process.
pub(crate) struct RedisCluster {
    ports: Vec<u16>,
    _directory: TempDir,
    _processes: Vec<Child>,
}

impl RedisCluster {
    /// The cluster, started by whoever asks first. `None` where there is no `redis-server`.
    pub(crate) async fn shared() -> Option<&'static Self> {
        static SHARED: OnceCell<Option<RedisCluster>> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await.as_ref()
    }

    async fn start() -> Option<Self> {
        match Command::new("redis-server").arg("--version").stdout(Stdio::null()).status() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip();
                return None;
            }
            version => assert!(version.unwrap().success()),
        }
        let directory = TempDir::new().unwrap();
        // Two for each node, all held until they are all known, so that no two are the same.
        let free: Vec<TcpListener> = (0..2 * NODES).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = free.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        drop(free);
        let (ports, buses) = ports.split_at(usize::from(NODES));
        let processes = ports.iter().zip(buses).map(|(port, bus)| spawn(&directory, *port, *bus)).collect();
        let cluster = Self { ports: ports.to_vec(), _directory: directory, _processes: processes };
        cluster.form(buses).await;
        Some(cluster)
    }

    /// Gives each node its slots, introduces them to each other, and returns once all agree.
    async fn form(&self, buses: &[u16]) {
        let deadline = Instant::now() + START;
        let mut nodes = Vec::new();
        for port in &self.ports {
            nodes.push(loop {
                if let Ok(connection) = client(*port).get_multiplexed_async_connection().await {
                    break connection;
                }
                assert!(Instant::now() < deadline, "a node did not come up within {START:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            });
        }
        for (number, node) in (0..NODES).zip(&mut nodes) {
            let (first, last) = (first_slot(number), first_slot(number + 1) - 1);
            let mut slots = redis::cmd("CLUSTER");
            slots.arg("ADDSLOTSRANGE").arg(first).arg(last).query_async::<()>(node).await.unwrap();
            let mut meet = redis::cmd("CLUSTER");
            meet.arg("MEET").arg("127.0.0.1").arg(self.ports[0]).arg(buses[0]).query_async::<()>(node).await.unwrap();
        }
        for node in &mut nodes {
            loop {
                let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(node).await.unwrap();
                if info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{NODES}")) {
                    break;
                }
                assert!(Instant::now() < deadline, "the nodes did not agree within {START:?}: {info}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// The URL of one node: the others are to be found.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.ports[0])
    }

    /// Connections to all nodes.
    pub(crate) async fn connect(&self) -> Vec<MultiplexedConnection> {
        let mut nodes = Vec::new();
        for port in &self.ports {
            nodes.push(client(*port).get_multiplexed_async_connection().await.unwrap());
        }
        nodes
    }

    /// A connection to the node that keeps the keys with this prefix.
    pub(crate) async fn keeper_of(&self, prefix: &str) -> MultiplexedConnection {
        let mut nodes = self.connect().await;
        let slot: u16 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(prefix).query_async(&mut nodes[0]).await.unwrap();
        let keeper = (0..NODES).rev().find(|number| first_slot(*number) <= slot).unwrap();
        nodes.swap_remove(usize::from(keeper))
    }
}

fn first_slot(node: u16) -> u16 {
    SLOTS / NODES * node + if node == NODES { SLOTS % NODES } else { 0 }
}

fn client(port: u16) -> redis::Client {
    redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap()
}

fn spawn(directory: &TempDir, port: u16, bus: u16) -> Child {
    let home = directory.path().join(port.to_string());
    std::fs::create_dir(&home).unwrap();
    Command::new("sh")
        .args(["-c", UNTIL_STDIN_ENDS, "sh", "redis-server", "--cluster-enabled", "yes", "--save", ""])
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--cluster-port", &bus.to_string(), "--dir"])
        .arg(home)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}
