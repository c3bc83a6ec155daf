//! A snapshot of a game for a reader who joins in the middle: the unfinished requests, each with its text so far.
//!
//! The log is the truth. Replayed from before the oldest unfinished request, it says how far each has come, and the
//! last event read is the place where the stream goes on: nothing can fall between the two.

use protocol::{Attempt, Event, EventId, GameId, RequestId, RequestStatus, Unfinished};
use store::{LogRead, SharedStore, StoreError};

/// How many events one read of the log brings at most.
pub(super) const BATCH: usize = 256;

/// A game at one place of its log.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The version of the state to read; not older than `cursor`.
    pub(super) version: u64,
    /// The last event that the snapshot knows of.
    pub(super) cursor: EventId,
    pub(super) unfinished: Vec<Unfinished>,
}

impl Snapshot {
    /// The request that is worked on, or will be next.
    pub(super) fn head(&self) -> Option<RequestId> {
        self.unfinished.first().map(|request| request.request_id)
    }
}

/// Takes a snapshot; none when the game is gone.
pub(super) async fn take(store: &SharedStore, id: GameId) -> Result<Option<Snapshot>, StoreError> {
    // Whatever is queued from here on is in the log.
    let Some(game) = store.game(id).await? else { return Ok(None) };
    let lane = store.lane(id).await?.requests;
    let oldest = match lane.first() {
        Some(head) => store.request(*head).await?.map(|request| request.cursor),
        None => None,
    };
    let from = oldest.map_or(game.cursor, |cursor| cursor.min(game.cursor));
    let (mut replay, cursor) = Replay::read(store, id, from).await?;
    // A message may wait behind a story event that came after it but was queued ahead; and a log that was trimmed no
    // longer has a request's beginning.
    for request in &lane {
        if replay.knows(*request) {
            continue;
        }
        let Some(found) = store.request(*request).await?.filter(|found| !found.status.is_terminal()) else { continue };
        replay.unfinished.push(Unfinished {
            request_id: found.id,
            kind: found.kind,
            status: found.status,
            attempt: found.attempt,
            user_message: found.user_message,
            text: String::new(),
        });
    }
    let place = |request: &Unfinished| lane.iter().position(|id| *id == request.request_id).unwrap_or(usize::MAX);
    replay.unfinished.sort_by_key(place);
    let Some(game) = store.game(id).await? else { return Ok(None) };
    Ok(Some(Snapshot { version: game.version, cursor, unfinished: replay.unfinished }))
}

/// The requests that begin in a stretch of the log, as its events leave them.
#[derive(Debug, Default)]
struct Replay {
    unfinished: Vec<Unfinished>,
    finished: Vec<RequestId>,
}

impl Replay {
    /// Reads a log to its end; answers the last event, too.
    async fn read(store: &SharedStore, game: GameId, from: EventId) -> Result<(Self, EventId), StoreError> {
        let (mut replay, mut after, mut from) = (Self::default(), Some(from), from);
        loop {
            match store.read_log(game, after, BATCH).await? {
                LogRead::Events(events) => {
                    for event in &events {
                        // An event of a later version is skipped: this version cannot show it.
                        if let Ok(event) = Event::parse(&event.name, &event.data) {
                            replay.apply(event);
                        }
                    }
                    after = events.last().map(|event| event.id).or(after);
                    if events.len() < BATCH {
                        return Ok((replay, after.unwrap_or(from)));
                    }
                }
                // Trimmed or gone: what is left is replayed from its first event; if nothing is, the stream goes on at the end.
                LogRead::Reset { head, .. } if after.is_some() => (replay, after, from) = (Self::default(), None, head),
                LogRead::Reset { head, .. } => return Ok((replay, head)),
            }
        }
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::RequestQueued(e) => self.unfinished.push(Unfinished {
                request_id: e.request_id,
                kind: e.kind,
                status: RequestStatus::Queued,
                attempt: Attempt(0),
                user_message: e.user_message,
                text: String::new(),
            }),
            Event::RequestProcessing(e) => self.update(e.request_id, |request| {
                (request.status, request.attempt) = (RequestStatus::Processing, e.attempt);
            }),
            Event::ChatChunk(e) => self.update(e.request_id, |request| request.text.push_str(&e.content)),
            Event::AttemptSuperseded(e) => self.update(e.request_id, |request| {
                (request.status, request.text) = (RequestStatus::Queued, String::new());
            }),
            Event::RequestWaiting(e) => self.update(e.request_id, |request| request.status = RequestStatus::Queued),
            Event::RequestRetrying(e) => {
                self.update(e.request_id, |request| request.status = RequestStatus::Queued);
            }
            Event::RequestCompleted(_) | Event::RequestFailed(_) | Event::RequestCancelled(_) => {
                let over = event.request_id();
                self.unfinished.retain(|request| Some(request.request_id) != over);
                self.finished.extend(over);
            }
            // Other kinds change no unfinished request.
            _ => {}
        }
    }

    fn update(&mut self, id: RequestId, change: impl FnOnce(&mut Unfinished)) {
        if let Some(request) = self.unfinished.iter_mut().find(|request| request.request_id == id) {
            change(request);
        }
    }

    fn knows(&self, id: RequestId) -> bool {
        self.finished.contains(&id) || self.unfinished.iter().any(|request| request.request_id == id)
    }
}
