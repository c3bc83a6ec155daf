//! The harness' own connection to Redis, past the engine.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

/// How long Redis may take to answer. The client's own half a second is too short where other programs use the processors: once in 50 runs of all
/// cases on such a machine, a command timed out with which nothing was wrong.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Connects.
pub(crate) async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let limits = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_LIMIT))
        .set_response_timeout(Some(ANSWER_LIMIT));
    Client::open(url)?.get_multiplexed_async_connection_with_config(&limits).await
}
