//! One event stream: what the log holds first, then what is appended, without a gap and without a repetition.
//!
//! The subscription is older than the first read of the log, so what is appended in between is in one of the two; ids
//! say what has been sent. A reader that is slow holds nothing here: it misses live events and reads the log again.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use futures::Stream;
use futures::stream::unfold;
use metrics::{counter, histogram};
use protocol::{Event, EventId, GameId, RequestId, StreamReset, StreamSnapshot};
use store::backoff::Backoff;
use store::{Live, LogEvent, LogRead, Request, SharedStore, StoreError, Subscription};
use tokio_util::sync::CancellationToken;

use super::Api;
use super::compact::Chunks;
use super::limits::OpenStream;
use super::pace::Pace;
use super::snapshot::{self, BATCH, Snapshot};
use super::{frame, hidden};

/// How many the first read asks for, when it is not known yet how large they are.
const FIRST_BATCH: usize = 16;
/// How many bytes of them are kept until the reader has taken them, if it is more than one event. The rest is read again.
const BATCH_BYTES: usize = 32 * 1024;

/// What a stream is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    /// Every event of a game.
    Game(GameId),
    /// The events of one request of a game, up to its terminal one.
    Request(GameId, RequestId),
}

impl Scope {
    const fn game(self) -> GameId {
        match self {
            Self::Game(game) | Self::Request(game, _) => game,
        }
    }
}

/// Where a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// With a snapshot of the game.
    Snapshot,
    /// With the first event that is kept.
    Oldest,
    /// With the event after this one.
    After(EventId),
}

/// What has to be done before live events can be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Follow,
    /// The log holds more than the reader has been sent.
    Read,
    End,
}

/// A reader's place in a game's log, and how it gets on from there.
pub(super) struct Follow {
    store: SharedStore,
    subscription: Subscription,
    scope: Scope,
    /// Whether the reader may see what is hidden from players.
    sees_hidden: bool,
    after: Option<EventId>,
    /// Read and not yet sent.
    ready: VecDeque<Bytes>,
    /// How many events the next read asks for: about as many as are kept.
    batch: usize,
    chunks: Chunks,
    task: Task,
    /// A resync came: the game itself may be gone.
    doubtful: bool,
    backoff: Backoff,
    pace: Pace,
    _open: OpenStream,
}

impl Follow {
    pub(super) fn new(api: &Api, subscription: Subscription, scope: Scope, start: Start, open: OpenStream) -> Self {
        let after = if let Start::After(id) = start { Some(id) } else { None };
        Self {
            store: Arc::clone(&api.store),
            subscription,
            scope,
            sees_hidden: false,
            after,
            ready: VecDeque::from([frame::opening(api.pace.retry)]),
            batch: FIRST_BATCH,
            chunks: Chunks::default(),
            task: Task::Read,
            doubtful: false,
            backoff: Backoff::reconnect(),
            pace: api.pace,
            _open: open,
        }
    }

    /// The same for a reader who may or may not see what is hidden from players.
    pub(super) const fn seen_by(mut self, sees_hidden: bool) -> Self {
        self.sees_hidden = sees_hidden;
        self
    }

    /// The stream's frames. It ends cleanly when `drain` is cancelled: the client reconnects and goes on elsewhere.
    pub(super) fn frames(self, drain: CancellationToken) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let keepalive = self.pace.keepalive;
        // Boxed, so that what moves between two frames is a pointer.
        unfold(Some((Box::new(self), drain)), move |open| async move {
            let (mut follow, drain) = open?;
            if let Some(frame) = follow.ready.pop_front() {
                return Some((Ok(frame), Some((follow, drain))));
            }
            let frame = tokio::select! {
                biased;
                () = drain.cancelled() => return Some((Ok(frame::closing(follow.pace.retry)), None)),
                frame = tokio::time::timeout(keepalive, follow.next()) => frame.unwrap_or(Some(frame::KEEPALIVE)),
            }?;
            Some((Ok(frame), Some((follow, drain))))
        })
    }

    /// The next frame; `None` at the end. May be dropped at any point without losing an event.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            let done = match self.task {
                Task::End => return None,
                Task::Read => self.read().await,
                Task::Follow => {
                    match self.subscription.next().await {
                        Live::Resync => {
                            counter!("story_engine_event_streams_resynced_total").increment(1);
                            (self.task, self.doubtful) = (Task::Read, true);
                        }
                        Live::Event(event) => self.take_live(&event),
                    }
                    continue;
                }
            };
            match done {
                Ok(()) => self.backoff.reset(),
                Err(error) => {
                    // The stream stays open: the store comes back, and the log with it.
                    tracing::debug!(%error, "cannot read the event log");
                    self.backoff.wait().await;
                }
            }
        }
    }

    /// Sends a reader who has just joined a snapshot of the game, and goes on from there.
    pub(super) async fn join(&mut self) -> Result<(), StoreError> {
        let game_id = self.scope.game();
        let Some(snapshot) = snapshot::take(&self.store, game_id).await? else { return self.end() };
        let (request_id, Snapshot { version, cursor, unfinished }) = (snapshot.head(), snapshot);
        self.push(Some(cursor), &StreamSnapshot { request_id, game_id, version, cursor, unfinished }.into());
        self.go_on_after(cursor);
        Ok(())
    }

    /// Reads the log from the reader's position.
    async fn read(&mut self) -> Result<(), StoreError> {
        let game = self.scope.game();
        if self.doubtful {
            // It may be in another store by now.
            self.subscription = self.store.subscribe(game).await?;
        }
        match self.store.read_log(game, self.after, self.batch).await? {
            LogRead::Events(events) => {
                if std::mem::take(&mut self.doubtful) && events.is_empty() && self.store.game(game).await?.is_none() {
                    return self.end();
                }
                self.task = if events.len() < self.batch { Task::Follow } else { Task::Read };
                self.keep(&events);
                if self.task == Task::Follow
                    && let Some(chunk) = self.chunks.flush()
                {
                    self.ready.push_back(self.frame(&chunk));
                }
                Ok(())
            }
            LogRead::Reset { reason, .. } => self.reset(reason.to_owned()).await,
        }
    }

    /// Takes events from the log, as many as may be held for a reader that may be slow.
    fn keep(&mut self, events: &[Arc<LogEvent>]) {
        let mut bytes = 0;
        for (kept, event) in (1..).zip(events) {
            self.take(event);
            bytes += event.data.len();
            self.batch = (kept * BATCH_BYTES / bytes.max(1)).clamp(1, BATCH);
            if bytes >= BATCH_BYTES && kept < events.len() && self.task == Task::Follow {
                self.task = Task::Read;
            }
            if bytes >= BATCH_BYTES {
                return;
            }
        }
    }

    /// The log cannot be followed from the reader's position: the reader gets a reset with a snapshot of the game.
    async fn reset(&mut self, reason: String) -> Result<(), StoreError> {
        let game_id = self.scope.game();
        let Some(snapshot) = snapshot::take(&self.store, game_id).await? else { return self.end() };
        // What became of the request that the stream is about, should its terminal event be among those that are gone.
        let over = match self.scope {
            Scope::Request(_, id) => self.store.request(id).await?.map(Request::terminal_event),
            Scope::Game(_) => Some(None),
        };
        let may_have_moved = self.doubtful;
        if may_have_moved {
            // It was looked for before, perhaps while it was in no store.
            self.subscription = self.store.subscribe(game_id).await?;
            self.doubtful = false;
        }
        let (request_id, Snapshot { version, cursor, unfinished }) = (snapshot.head(), snapshot);
        let reset = StreamReset { request_id, game_id, reason, version, cursor, unfinished }.into();
        match over {
            Some(Some(terminal)) => {
                // A reader that is cut off between the two gets both again: only the second one has an id.
                self.push(None, &reset);
                self.push(Some(cursor), &terminal);
                return self.end();
            }
            Some(None) => self.go_on_after(cursor),
            None => self.task = Task::End,
        }
        self.push(Some(cursor), &reset);
        if may_have_moved && self.task == Task::Follow {
            // What has come between the snapshot and the subscription.
            self.task = Task::Read;
        }
        Ok(())
    }

    /// Sends an event that is not in the log.
    fn push(&mut self, id: Option<EventId>, event: &Event) {
        let seen = if self.sees_hidden { None } else { hidden::event(event) };
        self.ready.push_back(frame::of(id, seen.as_ref().unwrap_or(event)));
    }

    fn go_on_after(&mut self, cursor: EventId) {
        self.chunks = Chunks::default();
        (self.after, self.task) = (Some(cursor), Task::Follow);
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last step of those that can fail")]
    fn end(&mut self) -> Result<(), StoreError> {
        self.task = Task::End;
        Ok(())
    }

    fn take_live(&mut self, event: &Arc<LogEvent>) {
        match self.after {
            Some(after) if event.id.offset <= after.offset && event.id.epoch == after.epoch => {}
            Some(after) if event.id == after.next() => {
                self.after = Some(event.id);
                if self.is_about(event) {
                    self.ready.push_back(self.frame(event));
                    self.end_after(event);
                    measure_lag(event);
                }
            }
            // Something lies between: the log knows what.
            _ => {
                counter!("story_engine_event_streams_resynced_total").increment(1);
                self.task = Task::Read;
            }
        }
    }

    /// Takes an event from the log.
    fn take(&mut self, event: &Arc<LogEvent>) {
        self.after = Some(event.id);
        if self.task == Task::End || !self.is_about(event) {
            return;
        }
        match self.scope {
            Scope::Game(_) => self.ready.push_back(self.frame(event)),
            Scope::Request(..) => {
                let events = self.chunks.push(event).into_iter().flatten();
                let frames: Vec<Bytes> = events.map(|event| self.frame(&event)).collect();
                self.ready.extend(frames);
            }
        }
        self.end_after(event);
    }

    fn frame(&self, event: &LogEvent) -> Bytes {
        if self.sees_hidden { frame::of_log(event) } else { frame::of_log_for_player(event) }
    }

    fn is_about(&self, event: &LogEvent) -> bool {
        match self.scope {
            Scope::Game(_) => true,
            Scope::Request(_, id) => event.request == Some(id),
        }
    }

    fn end_after(&mut self, event: &LogEvent) {
        if matches!(self.scope, Scope::Request(..)) && event.is_terminal() {
            self.task = Task::End;
        }
    }
}

/// Measures what lies between an event's commit and here, where a stream takes it. Clocks that differ show as lag, or as none.
fn measure_lag(event: &LogEvent) {
    if let Some(committed_at) = event.committed_at {
        let lag = SystemTime::now().duration_since(committed_at).unwrap_or_default();
        histogram!("story_engine_event_lag_seconds").record(lag);
    }
}
