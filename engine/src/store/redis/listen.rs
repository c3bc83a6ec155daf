//! The two connections that wait: one blocks for wake tokens, one follows the channels of games with subscribers.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use protocol::GameId;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use super::codec::live_event;
use super::connection::{Connection, unavailable};
use crate::backoff::Backoff;
use crate::store::fanout::Fanout;
use crate::store::{StoreError, Subscription};

/// Notifies `work` for every wake token, on a connection that does nothing else: a blocking command would stall every
/// other user of a shared one.
pub(super) fn wake_on_tokens(connection: &Connection, work: &Arc<Notify>) -> AbortOnDropHandle<()> {
    let (client, work) = (connection.client().clone(), Arc::clone(work));
    let key = format!("{}requests:wake", connection.prefix());
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut backoff = Backoff::reconnect();
        loop {
            if let Ok(mut connection) = blocking_connection(&client).await {
                backoff.reset();
                // There may have been tokens while nobody listened.
                work.notify_one();
                while redis::cmd("BLPOP").arg(&key).arg(0).query_async::<()>(&mut connection).await.is_ok() {
                    work.notify_one();
                }
            }
            backoff.wait().await;
        }
    }))
}

/// A connection whose commands may take for ever.
async fn blocking_connection(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// The pub/sub connection of this process: one subscription per game, however many subscribers it has here.
#[derive(Debug)]
pub(super) struct Channels {
    requests: mpsc::Sender<(GameId, oneshot::Sender<Result<Subscription, StoreError>>)>,
    _task: AbortOnDropHandle<()>,
}

impl Channels {
    pub(super) fn start(connection: &Connection, fanout: Fanout) -> Self {
        let (requests, receiver) = mpsc::channel(64);
        let follower = Follower {
            client: connection.client().clone(),
            prefix: format!("{}game-events:", connection.prefix()),
            fanout,
            requests: receiver,
        };
        Self { requests, _task: AbortOnDropHandle::new(tokio::spawn(follower.run())) }
    }

    /// Follows a game; returns once the server has confirmed the channel.
    pub(super) async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError> {
        let gone = || StoreError::Unavailable { reason: "the pub/sub connection has ended".to_owned() };
        let (answer, answered) = oneshot::channel();
        self.requests.send((game, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

struct Follower {
    client: Client,
    prefix: String,
    fanout: Fanout,
    requests: mpsc::Receiver<(GameId, oneshot::Sender<Result<Subscription, StoreError>>)>,
}

impl Follower {
    async fn run(mut self) {
        let mut backoff = Backoff::reconnect();
        loop {
            match self.connect().await {
                Ok((sink, stream)) => {
                    backoff.reset();
                    // What was appended while the channels were not followed is in the log.
                    self.fanout.resync();
                    self.follow(sink, stream).await;
                    tracing::warn!("the pub/sub connection was lost; subscribers wait for it to come back");
                }
                Err(error) => tracing::warn!(error = %unavailable(&error), "no pub/sub connection"),
            }
            self.answer_unavailable_for(&mut backoff).await;
        }
    }

    async fn connect(&self) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
        for game in self.fanout.subscribed() {
            sink.subscribe(format!("{}{game}", self.prefix)).await?;
        }
        Ok((sink, stream))
    }

    /// Passes messages on until the connection ends. Channels that nobody listens to any more are left when the next
    /// message on them arrives.
    async fn follow(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) {
        loop {
            tokio::select! {
                message = stream.next() => {
                    let Some(message) = message else { return };
                    let Some(game) = message.get_channel_name().strip_prefix(&self.prefix).and_then(|id| id.parse().ok()) else {
                        continue;
                    };
                    let frame = message.get_payload::<String>().unwrap_or_default();
                    let heard = match live_event(&frame) {
                        Ok(event) => self.fanout.publish(game, event),
                        Err(error) => {
                            tracing::error!(%game, %error, "a frame on the event channel cannot be read");
                            true
                        }
                    };
                    if !heard && self.fanout.forget_if_unused(game)
                        && sink.unsubscribe(message.get_channel_name()).await.is_err()
                    {
                        return;
                    }
                }
                request = self.requests.recv() => {
                    // The store is gone, and with it every subscriber.
                    let Some((game, answer)) = request else { return pending().await };
                    let (subscription, first) = self.fanout.subscribe(game);
                    if first && let Err(error) = sink.subscribe(format!("{}{game}", self.prefix)).await {
                        let _ = answer.send(Err(unavailable(&error)));
                        return;
                    }
                    let _ = answer.send(Ok(subscription));
                }
            }
        }
    }

    /// Between connections, subscribing fails at once instead of hanging.
    async fn answer_unavailable_for(&mut self, backoff: &mut Backoff) {
        let wait = backoff.wait();
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => return,
                request = self.requests.recv() => {
                    let Some((_, answer)) = request else { return pending().await };
                    let reason = "the pub/sub connection is down".to_owned();
                    let _ = answer.send(Err(StoreError::Unavailable { reason }));
                }
            }
        }
    }
}
