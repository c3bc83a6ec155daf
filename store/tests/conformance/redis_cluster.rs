//! A Redis Cluster of three nodes, which all tests of a run share.

use std::process::Command;

use redis::aio::MultiplexedConnection;
use tokio::sync::OnceCell;

use crate::redis_server::skip;

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;
/// How many nodes this one has.
const NODES: u16 = 3;
/// Where nextest's set-up script leaves the nodes' ports.
const PORTS: &str = "STORY_ENGINE_TEST_CLUSTER";
/// The script, also for tests of other crates. What it starts ends with the process that called it.
const START: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/tests/conformance/redis-cluster");

/// Running nodes.
pub(crate) struct RedisCluster {
    ports: Vec<u16>,
}

impl RedisCluster {
    /// The cluster: the one that nextest has started, or one of this process. `None` where there is no `redis-server`.
    pub(crate) async fn shared() -> Option<&'static Self> {
        static SHARED: OnceCell<Option<RedisCluster>> = OnceCell::const_new();
        SHARED.get_or_init(async || Self::find_or_start()).await.as_ref()
    }

    fn find_or_start() -> Option<Self> {
        let ports = std::env::var(PORTS).unwrap_or_else(|_| {
            let started = Command::new(START).output().unwrap();
            assert!(started.status.success(), "{started:?}");
            let line = String::from_utf8(started.stdout).unwrap();
            line.trim().strip_prefix(PORTS).and_then(|rest| rest.strip_prefix('=')).unwrap_or_default().to_owned()
        });
        let ports: Vec<u16> = ports.split_whitespace().map(|port| port.parse().unwrap()).collect();
        if ports.is_empty() {
            skip();
            return None;
        }
        Some(Self { ports })
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
    pub(crate) async fn owner_of(&self, prefix: &str) -> MultiplexedConnection {
        let mut nodes = self.connect().await;
        let slot: u16 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(prefix).query_async(&mut nodes[0]).await.unwrap();
        let owner = (0..NODES).rev().find(|number| first_slot(*number) <= slot).unwrap();
        nodes.swap_remove(usize::from(owner))
    }
}

fn first_slot(node: u16) -> u16 {
    SLOTS / NODES * node
}

fn client(port: u16) -> redis::Client {
    redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap()
}
