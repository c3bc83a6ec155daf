//! Notifies the workers of this process of revoked leases: `requests:revoked`, a channel of each shard.

use futures::StreamExt;
use redis::RedisError;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

use super::connection::{Connection, ShardAddress};
use crate::LeaseToken;
use crate::backoff::Backoff;

/// A worker that reads late loses tokens beyond this number; its heartbeat then reports the same leases as lost.
const KEPT: usize = 256;

/// Listens on every shard until it is dropped.
#[derive(Debug)]
pub(super) struct Revocations {
    tokens: broadcast::Sender<LeaseToken>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Revocations {
    pub(super) fn start(shards: &[Connection]) -> Self {
        let tokens = broadcast::channel(KEPT).0;
        let listen = |shard: &Connection| {
            let channel = format!("{}requests:revoked", shard.prefix());
            AbortOnDropHandle::new(tokio::spawn(listen(shard.address(), channel, tokens.clone())))
        };
        Self { _tasks: shards.iter().map(listen).collect(), tokens }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<LeaseToken> {
        self.tokens.subscribe()
    }
}

async fn listen(address: ShardAddress, channel: String, tokens: broadcast::Sender<LeaseToken>) {
    let mut backoff = Backoff::reconnect();
    loop {
        // Heartbeats report the tokens that are missed meanwhile.
        if follow(&address, &channel, &tokens, &mut backoff).await.is_err() {
            tracing::debug!("the channel of revoked leases is not followed for now");
        }
        backoff.wait().await;
    }
}

async fn follow(
    address: &ShardAddress,
    channel: &str,
    tokens: &broadcast::Sender<LeaseToken>,
    backoff: &mut Backoff,
) -> Result<(), RedisError> {
    let (mut sink, mut messages) = address.client().await?.get_async_pubsub().await?.split();
    sink.subscribe(channel).await?;
    backoff.reset();
    while let Some(message) = messages.next().await {
        // Fails only where no worker listens.
        let _ = tokens.send(LeaseToken::new(message.get_payload()?));
    }
    Ok(())
}
