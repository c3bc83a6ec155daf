//! What a store holds at one moment.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;

use redis::aio::MultiplexedConnection;
use serde::Serialize;
use uuid::Uuid;

use crate::deployment::{Setup, prefix};
use crate::{BenchEnvironment, BenchError};

/// The database's name in the data directory of the embedded store.
const DATABASE: &str = "story-engine.db";
/// How many keys one step of a scan reads.
const SCAN: usize = 1000;

/// The sizes of what is stored, by kind: the keys of Redis by the beginning of their name, or the one file.
pub type Sizes = BTreeMap<String, Kind>;

/// What is stored of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// Bytes that stay.
    pub bytes: u64,
    /// Bytes that expire after a time.
    pub expiring: u64,
}

/// Looks at the store of a deployment that has ended.
pub(super) async fn of(env: &BenchEnvironment<'_>, setup: &Setup<'_>) -> Result<Sizes, BenchError> {
    if let Some(url) = &env.services.redis_url {
        return of_redis(url, &prefix(setup.name)).await.map_err(unmeasured);
    }
    let data = env.subdir(setup.name)?.join("data");
    let mut bytes = 0;
    for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        let path = data.join(name);
        bytes += match std::fs::metadata(&path) {
            Ok(file) => file.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(source) => return Err(BenchError::File { path, source }),
        };
    }
    let (path, mut header) = (data.join(DATABASE), [0; 40]);
    let read = File::open(&path).and_then(|mut file| file.read_exact(&mut header));
    read.map_err(|source| BenchError::File { path, source })?;
    let free = free_bytes(&header).min(bytes);
    let kind = |bytes| Kind { bytes, expiring: 0 };
    Ok([("the database file".to_owned(), kind(bytes - free)), ("free pages in it".to_owned(), kind(free))].into())
}

/// What the free pages of a database take, as its header says: the size of a page at 16 (1 is 65,536), and how many are free at 36.
fn free_bytes(header: &[u8; 40]) -> u64 {
    let page = u64::from(u16::from_be_bytes([header[16], header[17]]));
    let free = u64::from(u32::from_be_bytes([header[36], header[37], header[38], header[39]]));
    free * if page == 1 { 65_536 } else { page }
}

async fn of_redis(url: &str, prefix: &str) -> redis::RedisResult<Sizes> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let mut sizes = Sizes::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(SCAN);
        let (next, keys): (u64, Vec<String>) = scan.query_async(&mut connection).await?;
        for key in keys {
            let (bytes, expires) = size(&mut connection, &key).await?;
            let kind = sizes.entry(kind(key.trim_start_matches(prefix))).or_default();
            *if expires { &mut kind.expiring } else { &mut kind.bytes } += bytes;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(sizes);
        }
    }
}

/// How much a key takes, and whether it expires. One that has expired meanwhile takes nothing.
async fn size(connection: &mut MultiplexedConnection, key: &str) -> redis::RedisResult<(u64, bool)> {
    let mut both = redis::pipe();
    both.cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(0).cmd("PTTL").arg(key);
    let (bytes, left): (Option<u64>, i64) = both.query_async(connection).await?;
    Ok((bytes.unwrap_or_default(), left >= 0))
}

/// The name of a key without the ids in it.
fn kind(name: &str) -> String {
    let parts = name.split(':').take_while(|part| Uuid::parse_str(part).is_err());
    parts.collect::<Vec<_>>().join(":")
}

fn unmeasured(error: impl Display) -> BenchError {
    BenchError::Server { server: "Redis", what: "say how much it holds", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_pages_of_a_database_are_those_of_its_header() {
        let mut header = [0; 40];
        (header[16], header[39]) = (0x10, 3);
        assert_eq!(free_bytes(&header), 3 * 4096);
        (header[16], header[17]) = (0, 1);
        assert_eq!(free_bytes(&header), 3 * 65_536);
    }

    #[test]
    fn keys_are_of_one_kind_whatever_their_id() {
        let id = Uuid::nil();
        for (name, expected) in [
            (format!("gamestate:{id}"), "gamestate"),
            (format!("idempotency-key:{id}:7"), "idempotency-key"),
            ("requests:ready:mock".to_owned(), "requests:ready:mock"),
            ("games".to_owned(), "games"),
        ] {
            assert_eq!(kind(&name), expected);
        }
    }
}
