//! Tells the workers of this process which leases were taken away: `requests:revoked`, a channel of each shard.

use futures::StreamExt;
use redis::RedisError;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

use super::connection::{Connection, Site};
use crate::backoff::Backoff;
use crate::store::LeaseToken;

/// More tokens than this are not kept for a worker that does not look; its heartbeat tells it the same.
const KEPT: usize = 256;

/// Listens on every shard for as long as it is kept.
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
            AbortOnDropHandle::new(tokio::spawn(listen(shard.site(), channel, tokens.clone())))
        };
        Self { _tasks: shards.iter().map(listen).collect(), tokens }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<LeaseToken> {
        self.tokens.subscribe()
    }
}

async fn listen(site: Site, channel: String, tokens: broadcast::Sender<LeaseToken>) {
    let mut backoff = Backoff::reconnect();
    loop {
        // What is missed meanwhile, heartbeats find out.
        if follow(&site, &channel, &tokens, &mut backoff).await.is_err() {
            tracing::debug!("the channel of revoked leases is not followed for now");
        }
        backoff.wait().await;
    }
}

async fn follow(
    site: &Site,
    channel: &str,
    tokens: &broadcast::Sender<LeaseToken>,
    backoff: &mut Backoff,
) -> Result<(), RedisError> {
    let (mut sink, mut messages) = site.client().await?.get_async_pubsub().await?.split();
    sink.subscribe(channel).await?;
    backoff.reset();
    while let Some(message) = messages.next().await {
        // Without a worker that listens, nobody needs to know.
        let _ = tokens.send(LeaseToken::new(message.get_payload()?));
    }
    Ok(())
}
