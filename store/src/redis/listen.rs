//! The two connections that wait for the server: one blocks for wake tokens, one follows the channels of games with subscribers.
//!
//! ```text
//!  LPUSH requests:wake ──► BLPOP (TokenTaker, one per shard) ──► Notify ──► a worker in wait_for_work() ──► claim
//!                               └─ nobody here waits, or shutdown ──► LPUSH: the token goes to another process
//!
//!  PUBLISH game-events:{game} ──► pub/sub (Follower, one per process) ──► Fanout ──► every local subscriber
//!                               └─ connection lost ──► reconnect, subscribe again ──► Live::Resync: read the log
//! ```

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
use super::connection::{Connection, ShardAddress};
use super::failures::unavailable;
use crate::backoff::Backoff;
use crate::fanout::Fanout;
use crate::{StoreError, Subscription};

/// Consumes wake tokens for this process, and only while one of its callers waits for work.
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
                address: shard.address(),
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
        let _waiting = WaitGuard(&self.waiting);
        self.work.notified().await;
    }

    /// Consumes no more tokens. A token that was consumed and led to no claim would be lost with this process, so each shard gets
    /// one back for another worker. At worst that worker finds nothing to claim.
    pub(super) async fn end(&self) {
        self.ended.cancel();
        self.takers.wait().await;
    }
}

/// Counts a caller that waits; dropping it ends that, whether the caller was woken or cancelled.
struct WaitGuard<'a>(&'a watch::Sender<usize>);

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// Blocks for wake tokens on a connection that does nothing else: a blocking command would stall every other user of a
/// shared one.
struct TokenTaker {
    address: ShardAddress,
    key: String,
    waiters: watch::Receiver<usize>,
    work: Arc<Notify>,
    ended: CancellationToken,
}

impl TokenTaker {
    async fn run(mut self) {
        let (ended, mut backoff) = (self.ended.clone(), Backoff::reconnect());
        while !ended.is_cancelled() {
            // While the server is down, no worker can claim; each claims by itself once it is back.
            let connection = ended.run_until_cancelled(blocking_connection(&self.address)).await;
            if let Some(Ok(connection)) = connection {
                backoff.reset();
                // There may have been tokens while this connection was down.
                self.work.notify_one();
                if self.take_tokens(connection).await.is_ok() {
                    return;
                }
            }
            ended.run_until_cancelled(backoff.wait()).await;
        }
    }

    /// Runs until the connection fails, or until the store is closed or the worker retired.
    async fn take_tokens(&mut self, mut connection: MultiplexedConnection) -> Result<(), RedisError> {
        // A rented server may refuse CLIENT. Then nothing can end a blocking pop, so each one ends by itself.
        let id = match redis::cmd("CLIENT").arg("ID").query_async::<i64>(&mut connection).await {
            Err(error) if error.code() == Some("NOPERM") => None,
            id => Some(id?),
        };
        let ended = self.ended.clone();
        loop {
            // A worker without a free slot leaves the tokens to others.
            let wanted = ended.run_until_cancelled(self.waiters.wait_for(|waiting| *waiting > 0)).await;
            match wanted.map(|waiting| waiting.is_ok()) {
                Some(true) => {}
                // The store is closed.
                Some(false) => return Ok(()),
                None => return self.pass_on(&mut connection).await,
            }
            match self.pop(&mut connection, id).await? {
                Popped::Token if *self.waiters.borrow() > 0 => {
                    self.work.notify_one();
                    continue;
                }
                Popped::Nothing if !ended.is_cancelled() => continue,
                Popped::Token | Popped::Nothing => {}
            }
            // The worker was retired, or its slots were filled while this waited: the token belongs to another worker.
            self.pass_on(&mut connection).await?;
            if ended.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Blocks for a token. With the `id` of its connection it returns without one only after `end`; else after a second.
    async fn pop(&self, connection: &mut MultiplexedConnection, id: Option<i64>) -> Result<Popped, RedisError> {
        let mut pop = redis::cmd("BLPOP");
        pop.arg(&self.key).arg(id.map_or(UNENDED_POP_SECONDS, |_| 0));
        let popped = pop.query_async::<Option<(String, String)>>(connection);
        let Some(id) = id else { return Ok(popped.await?.map_or(Popped::Nothing, |_| Popped::Token)) };
        tokio::pin!(popped);
        if let Some(token) = self.ended.run_until_cancelled(&mut popped).await {
            return token.map(|_| Popped::Token);
        }
        let mut second = self.address.client().await?.get_multiplexed_async_connection().await?;
        loop {
            redis::cmd("CLIENT").arg("UNBLOCK").arg(id).query_async::<()>(&mut second).await?;
            // The server may process UNBLOCK before BLPOP, and then it has no effect: repeat it.
            if let Ok(token) = tokio::time::timeout(Duration::from_millis(5), &mut popped).await {
                token?;
                return Ok(Popped::Nothing);
            }
        }
    }

    async fn pass_on(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        redis::cmd("LPUSH").arg(&self.key).arg(1).query_async(connection).await
    }
}

/// How long a pop blocks that nothing can end: so long may a worker need to stop.
const UNENDED_POP_SECONDS: u32 = 1;

/// What a blocking pop has brought.
enum Popped {
    Token,
    Nothing,
}

/// A connection without a response time-out.
async fn blocking_connection(address: &ShardAddress) -> Result<MultiplexedConnection, RedisError> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(Duration::from_secs(2))).set_response_timeout(None);
    address.client().await?.get_multiplexed_async_connection_with_config(&config).await
}

/// The pub/sub connection of this process: one subscription per game, however many subscribers it has here.
#[derive(Debug)]
pub(super) struct Channels {
    requests: mpsc::Sender<(GameId, oneshot::Sender<Result<Subscription, StoreError>>)>,
    _task: AbortOnDropHandle<()>,
}

impl Channels {
    /// In a cluster, every node forwards all messages, so a connection to the first shard's node serves all shards.
    pub(super) fn start(shards: &[Connection], fanout: Fanout) -> Self {
        let (requests, receiver) = mpsc::channel(64);
        let follower = Follower {
            address: shards[0].address(),
            channels: shards.iter().map(|shard| format!("{}game-events:", shard.prefix())).collect(),
            fanout,
            requests: receiver,
        };
        Self { requests, _task: AbortOnDropHandle::new(tokio::spawn(follower.run())) }
    }

    /// Follows a game; returns once the server has confirmed the channel.
    pub(super) async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError> {
        let gone = || StoreError::unreachable("the pub/sub connection has ended");
        let (answer, answered) = oneshot::channel();
        self.requests.send((game, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

struct Follower {
    address: ShardAddress,
    /// The prefix of the channel names of each shard.
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
                    // Events that were appended while the connection was down are in the log.
                    self.fanout.resync();
                    self.follow(sink, stream).await;
                    tracing::warn!("the pub/sub connection was lost; subscribers wait for it to come back");
                }
                Err(error) => tracing::warn!(error = %unavailable(&error), "no pub/sub connection"),
            }
            self.refuse_during(&mut backoff).await;
        }
    }

    fn channel(&self, game: GameId) -> String {
        format!("{}{game}", self.channels[game.shard(self.channels.len())])
    }

    async fn connect(&self) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let (mut sink, stream) = self.address.client().await?.get_async_pubsub().await?.split();
        for game in self.fanout.subscribed() {
            sink.subscribe(self.channel(game)).await?;
        }
        Ok((sink, stream))
    }

    /// Forwards messages until the connection ends. A channel without subscribers is left when the next message on it
    /// arrives.
    async fn follow(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) {
        loop {
            tokio::select! {
                message = stream.next() => {
                    let Some(message) = message else { return };
                    let Some(game) = message.get_channel_name().rsplit(':').next().and_then(|id| id.parse().ok()) else {
                        continue;
                    };
                    let has_subscribers = self.forward(game, &message.get_payload::<String>().unwrap_or_default());
                    if !has_subscribers && self.fanout.remove_if_unused(game)
                        && sink.unsubscribe(message.get_channel_name()).await.is_err()
                    {
                        return;
                    }
                }
                request = self.requests.recv() => {
                    // The store is closed, and with it every subscription.
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

    /// Sends the events of a message to the game's subscribers; returns whether there are any.
    fn forward(&self, game: GameId, frames: &str) -> bool {
        if frames.is_empty() {
            // An empty message: the game was deleted.
            return self.fanout.resync_game(game);
        }
        let mut has_subscribers = true;
        for event in codec::events_of_message(frames) {
            match event {
                Ok(event) => has_subscribers = self.fanout.publish(game, event),
                Err(error) => tracing::error!(%game, %error, "a frame on the event channel cannot be read"),
            }
        }
        has_subscribers
    }

    /// While the connection is down, subscribing fails at once instead of hanging.
    async fn refuse_during(&mut self, backoff: &mut Backoff) {
        let wait = backoff.wait();
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => return,
                request = self.requests.recv() => {
                    let Some((_, answer)) = request else { return pending().await };
                    let reason = "the pub/sub connection is down".to_owned();
                    let _ = answer.send(Err(StoreError::unreachable(reason)));
                }
            }
        }
    }
}
