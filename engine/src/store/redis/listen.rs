//! The two connections that wait: one blocks for wake tokens, one follows the channels of games with subscribers.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use protocol::GameId;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, RedisError};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::codec;
use super::connection::{Connection, Site, unavailable};
use crate::backoff::Backoff;
use crate::store::fanout::Fanout;
use crate::store::{StoreError, Subscription};

/// Takes wake tokens for this process, and only while it has a use for them.
#[derive(Debug)]
pub(super) struct Wakeups {
    /// How many callers wait for work.
    waiting: watch::Sender<usize>,
    work: Arc<Notify>,
    ended: CancellationToken,
    takers: TaskTracker,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Wakeups {
    pub(super) fn start(shards: &[Connection]) -> Self {
        let (waiting, waiters) = watch::channel(0);
        let (work, ended, takers) = (Arc::new(Notify::new()), CancellationToken::new(), TaskTracker::new());
        let taker = |shard: &Connection| {
            let taker = TokenTaker {
                site: shard.site(),
                key: format!("{}requests:wake", shard.prefix()),
                waiters: waiters.clone(),
                work: Arc::clone(&work),
                ended: ended.clone(),
            };
            AbortOnDropHandle::new(takers.spawn(taker.run()))
        };
        let tasks = shards.iter().map(taker).collect();
        takers.close();
        Self { waiting, work, ended, takers, _tasks: tasks }
    }

    /// Returns once there may be work.
    pub(super) async fn wait(&self) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        let _leave = Leave(&self.waiting);
        self.work.notified().await;
    }

    /// Takes no more tokens. Those that have been taken and led to nothing are lost with this process, so each shard gets one
    /// for another worker; it finds nothing at worst.
    pub(super) async fn end(&self) {
        self.ended.cancel();
        self.takers.wait().await;
    }
}

/// A caller that no longer waits, because it was woken or because it has something else to do.
struct Leave<'a>(&'a watch::Sender<usize>);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// Blocks for wake tokens on a connection that does nothing else: a blocking command would stall every other user of a
/// shared one.
struct TokenTaker {
    site: Site,
    key: String,
    waiters: watch::Receiver<usize>,
    work: Arc<Notify>,
    ended: CancellationToken,
}

impl TokenTaker {
    async fn run(mut self) {
        let (ended, mut backoff) = (self.ended.clone(), Backoff::reconnect());
        while !ended.is_cancelled() {
            // While the server is away, so are the other workers; they look for themselves when it is back.
            let connection = ended.run_until_cancelled(blocking_connection(&self.site)).await;
            if let Some(Ok(connection)) = connection {
                backoff.reset();
                // There may have been tokens while nobody listened.
                self.work.notify_one();
                if self.take_tokens(connection).await.is_ok() {
                    return;
                }
            }
            ended.run_until_cancelled(backoff.wait()).await;
        }
    }

    /// Until the connection fails, or nobody here is to be woken any more.
    async fn take_tokens(&mut self, mut connection: MultiplexedConnection) -> Result<(), RedisError> {
        let id: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut connection).await?;
        let ended = self.ended.clone();
        loop {
            // A worker without a free slot leaves the tokens to others.
            let wanted = ended.run_until_cancelled(self.waiters.wait_for(|waiting| *waiting > 0)).await;
            match wanted.map(|waiting| waiting.is_ok()) {
                Some(true) => {}
                // The store is gone.
                Some(false) => return Ok(()),
                None => return self.pass_on(&mut connection).await,
            }
            if self.pop(&mut connection, id).await? && *self.waiters.borrow() > 0 {
                self.work.notify_one();
                continue;
            }
            // It has ended, or its slots have filled up while it waited: the token is for another worker.
            self.pass_on(&mut connection).await?;
            if ended.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Blocks for a token; says whether there is one, as there is unless this was ended.
    async fn pop(&self, connection: &mut MultiplexedConnection, id: i64) -> Result<bool, RedisError> {
        let mut pop = redis::cmd("BLPOP");
        pop.arg(&self.key).arg(0);
        let popped = pop.query_async::<Option<(String, String)>>(connection);
        tokio::pin!(popped);
        if let Some(token) = self.ended.run_until_cancelled(&mut popped).await {
            return token.map(|_| true);
        }
        let mut beside = self.site.client().await?.get_multiplexed_async_connection().await?;
        loop {
            redis::cmd("CLIENT").arg("UNBLOCK").arg(id).query_async::<()>(&mut beside).await?;
            // The server may have heard of the one command before the other.
            if let Ok(token) = tokio::time::timeout(Duration::from_millis(5), &mut popped).await {
                token?;
                return Ok(false);
            }
        }
    }

    async fn pass_on(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        redis::cmd("LPUSH").arg(&self.key).arg(1).query_async(connection).await
    }
}

/// A connection whose commands may take for ever.
async fn blocking_connection(site: &Site) -> Result<MultiplexedConnection, RedisError> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(Duration::from_secs(2))).set_response_timeout(None);
    site.client().await?.get_multiplexed_async_connection_with_config(&config).await
}

/// The pub/sub connection of this process: one subscription per game, however many subscribers it has here.
#[derive(Debug)]
pub(super) struct Channels {
    requests: mpsc::Sender<(GameId, oneshot::Sender<Result<Subscription, StoreError>>)>,
    _task: AbortOnDropHandle<()>,
}

impl Channels {
    /// Of a cluster, any node passes on what is published on any other: that of the first shard is followed for all.
    pub(super) fn start(shards: &[Connection], fanout: Fanout) -> Self {
        let (requests, receiver) = mpsc::channel(64);
        let follower = Follower {
            site: shards[0].site(),
            channels: shards.iter().map(|shard| format!("{}game-events:", shard.prefix())).collect(),
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
    site: Site,
    /// What the names of each shard's channels begin with.
    channels: Vec<String>,
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

    fn channel(&self, game: GameId) -> String {
        format!("{}{game}", self.channels[game.shard(self.channels.len())])
    }

    async fn connect(&self) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let (mut sink, stream) = self.site.client().await?.get_async_pubsub().await?.split();
        for game in self.fanout.subscribed() {
            sink.subscribe(self.channel(game)).await?;
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
                    let Some(game) = message.get_channel_name().rsplit(':').next().and_then(|id| id.parse().ok()) else {
                        continue;
                    };
                    let heard = self.pass_on(game, &message.get_payload::<String>().unwrap_or_default());
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
                    if first && let Err(error) = sink.subscribe(self.channel(game)).await {
                        let _ = answer.send(Err(unavailable(&error)));
                        return;
                    }
                    let _ = answer.send(Ok(subscription));
                }
            }
        }
    }

    /// Tells a game's subscribers here; says whether there are any.
    fn pass_on(&self, game: GameId, frames: &str) -> bool {
        if frames.is_empty() {
            // The game was deleted.
            return self.fanout.resync_game(game);
        }
        let mut heard = true;
        for event in codec::told(frames) {
            match event {
                Ok(event) => heard = self.fanout.publish(game, event),
                Err(error) => tracing::error!(%game, %error, "a frame on the event channel cannot be read"),
            }
        }
        heard
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
