//! Finds the server that owns a key: the only one, the master that Sentinels name, or a node of a Redis Cluster.
//!
//! A shard's keys share a hash tag, so one node owns them all, and a shard needs no more than a plain connection to that
//! node. Each connection first passes its server's run id to `open.lua`, so a failover begins a new epoch; a connection
//! that routes by itself would hide it.

use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, RedisConnectionInfo, RedisError,
    TlsCertificates,
};

use super::address::RedisAddress;
use super::failures::unavailable;
use crate::StoreError;

/// How long a connection may take to come up.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// First and last slot, and the master's address; none when the node that was asked knows no name of its own.
type SlotRange = (u16, u16, Option<(String, u16)>);

/// The servers that the operator has configured, and the nodes that those have named.
#[derive(Debug)]
pub(super) struct Servers {
    configured: Vec<ConnectionInfo>,
    tls: Option<TlsCertificates>,
    /// The name of the master, when the configured servers are Sentinels.
    sentinel_master: Option<String>,
    discovered: Mutex<Vec<ConnectionInfo>>,
}

/// The server that owns a key.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) client: Client,
    pub(super) in_cluster: bool,
}

impl Servers {
    /// Reads URLs, separated by commas: one server, some nodes of a cluster, or Sentinels.
    pub(super) fn new(address: RedisAddress) -> Result<Self, StoreError> {
        let RedisAddress { urls, tls, sentinel_master } = address;
        let configured = urls.split(',').map(|url| url.trim().parse::<ConnectionInfo>()).collect::<Result<Vec<_>, _>>();
        let configured = configured.map_err(|error| StoreError::Mismatch {
            reason: format!(
                "the Redis URL is not valid ({}); it looks like redis://[user:password@]host[:port][/db], or rediss://… for TLS",
                error.detail().unwrap_or("cannot be read")
            ),
        })?;
        let servers = Self { configured, tls, sentinel_master, discovered: Mutex::default() };
        // Certificates that cannot be read are found here, not when a server is first asked.
        for info in &servers.configured {
            servers.client(info.clone()).map_err(|error| StoreError::Mismatch {
                reason: format!("the certificates for Redis cannot be used: {error}"),
            })?;
        }
        Ok(servers)
    }

    /// The configured hosts and ports, without credentials.
    pub(super) fn addresses(&self) -> String {
        self.configured.iter().map(|info| info.addr().to_string()).collect::<Vec<_>>().join(", ")
    }

    /// Why no connection came up. The client's own words do not say that the other side speaks something else.
    pub(super) fn not_connected(&self, error: &RedisError) -> StoreError {
        let over_tls = self.configured.iter().any(|info| matches!(info.addr(), ConnectionAddr::TcpTls { .. }));
        let is_something_else = error.is_io_error() && error.to_string().contains("corrupt message");
        let hint = match error.kind() {
            ErrorKind::Parse => {
                let reason = "what answers there does not speak Redis' protocol: is it the port of Redis, and one without TLS \
                              (else write rediss://…)?";
                return StoreError::unreachable(reason.to_owned());
            }
            _ if over_tls && (error.is_timeout() || error.is_connection_dropped() || is_something_else) => {
                "; with rediss:// the server must speak TLS at this port (else write redis://…)"
            }
            _ => "",
        };
        match unavailable(error) {
            StoreError::Unavailable { outage, reason } => {
                StoreError::Unavailable { outage, reason: format!("{reason}{hint}") }
            }
            other => other,
        }
    }

    /// The server that owns a key. Asks the cluster each time, because a replica may have been promoted.
    pub(super) async fn owner_of(&self, key: &str) -> Result<Owner, RedisError> {
        // Splitting a text gives at least one part, so there is a candidate.
        let mut error = RedisError::from((redis::ErrorKind::InvalidClientConfig, "no server is named"));
        for info in self.candidates() {
            match self.owner_by(&info, key).await {
                Ok(owner) => return Ok(owner),
                Err(failed) => error = failed,
            }
        }
        Err(error)
    }

    /// The owner of a key, as a configured server says: a Sentinel names the master, which is asked then.
    async fn owner_by(&self, info: &ConnectionInfo, key: &str) -> Result<Owner, RedisError> {
        match &self.sentinel_master {
            Some(name) => self.ask(&self.master(info, name).await?, key).await,
            None => self.ask(info, key).await,
        }
    }

    /// The master that a Sentinel names. Most Sentinels ask for no password, and refuse one that they do not know; one that asks for
    /// one gets that of the master, for a password of its own would have no place in the URL.
    async fn master(&self, sentinel: &ConnectionInfo, name: &str) -> Result<ConnectionInfo, RedisError> {
        let settings = sentinel.redis_settings();
        let anonymous = sentinel.clone().set_redis_settings(RedisConnectionInfo::default());
        let with_password = sentinel.clone().set_redis_settings(settings.clone().set_db(0));
        let found = match self.ask_sentinel(anonymous, name).await {
            Err(error) if error.code() == Some("NOAUTH") && settings.password().is_some() => {
                self.ask_sentinel(with_password, name).await?
            }
            found => found?,
        };
        match found {
            Some((host, port)) => Ok(at(sentinel, host, port)),
            None => Err(RedisError::from((
                ErrorKind::InvalidClientConfig,
                "a Sentinel knows no master of this name (redis.sentinel_master)",
                name.to_owned(),
            ))),
        }
    }

    async fn ask_sentinel(&self, sentinel: ConnectionInfo, name: &str) -> Result<Option<(String, u16)>, RedisError> {
        let mut connection = connect(&self.client(sentinel)?).await?;
        redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name).query_async(&mut connection).await
    }

    fn client(&self, info: ConnectionInfo) -> Result<Client, RedisError> {
        match (&self.tls, info.addr()) {
            (Some(tls), ConnectionAddr::TcpTls { .. }) => Client::build_with_tls(info, tls.clone()),
            _ => Client::open(info),
        }
    }

    fn candidates(&self) -> Vec<ConnectionInfo> {
        self.configured.iter().chain(self.discovered.lock().iter()).cloned().collect()
    }

    async fn ask(&self, info: &ConnectionInfo, key: &str) -> Result<Owner, RedisError> {
        let client = self.client(info.clone())?;
        let mut connection = connect(&client).await?;
        if !is_node(&mut connection).await? {
            return Ok(Owner { client, in_cluster: false });
        }
        let slot: u16 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(key).query_async(&mut connection).await?;
        let ranges: Vec<redis::Value> = redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut connection).await?;
        let mut nodes = Vec::new();
        let mut owner = None;
        for range in ranges {
            let (first, last, master) = read_range(range)?;
            let node = master.map_or_else(|| info.clone(), |(host, port)| at(info, host, port));
            if (first..=last).contains(&slot) {
                owner = Some(node.clone());
            }
            nodes.push(node);
        }
        *self.discovered.lock() = nodes;
        let owner = owner.ok_or_else(|| {
            RedisError::from((
                redis::ErrorKind::ClusterConnectionNotFound,
                "no node of the cluster serves the key's slot",
            ))
        })?;
        Ok(Owner { client: self.client(owner)?, in_cluster: true })
    }
}

/// Another server, reached in the same way: with the same credentials, and over TLS if that one is.
fn at(info: &ConnectionInfo, host: String, port: u16) -> ConnectionInfo {
    let address = match *info.addr() {
        ConnectionAddr::TcpTls { insecure, .. } => ConnectionAddr::TcpTls { host, port, insecure, tls_params: None },
        _ => ConnectionAddr::Tcp(host, port),
    };
    info.clone().set_addr(address)
}

fn read_range(range: redis::Value) -> Result<SlotRange, RedisError> {
    let mut parts: Vec<redis::Value> = redis::from_redis_value(range)?;
    if parts.len() < 3 {
        return Err(RedisError::from((redis::ErrorKind::UnexpectedReturnType, "CLUSTER SLOTS names no master")));
    }
    let first = redis::from_redis_value(parts.remove(0))?;
    let last = redis::from_redis_value(parts.remove(0))?;
    let mut master = redis::from_redis_value::<Vec<redis::Value>>(parts.remove(0))?.into_iter();
    let host: Option<String> = master.next().map(redis::from_redis_value).transpose()?.flatten();
    let port: Option<u16> = master.next().map(redis::from_redis_value).transpose()?;
    Ok((first, last, host.filter(|host| !host.is_empty() && host != "?").zip(port)))
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(CONNECT_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn is_node(connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
    let info: String = redis::cmd("INFO").arg("cluster").query_async(connection).await?;
    Ok(info.contains("cluster_enabled:1"))
}
