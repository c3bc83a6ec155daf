//! What to do when the event stream is open and nothing comes through it, as behind a proxy that buffers: ask for what is
//! awaited, and turn the answers into the events that should have come.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use client::{Client, ClientError};
use futures::future::join_all;
use protocol::{
    Event, GameId, ProblemType, RequestCancelled, RequestCompleted, RequestFailed, RequestId, RequestProcessing,
    RequestQueued, RequestStatus, RequestView,
};
use tokio::time::Instant;

use super::Timing;

/// How much rarer the console asks while it awaits nothing: somebody else may play, and stories have events of their own.
const IDLE: u32 = 5;

/// How many ended requests are remembered. One message is sent at a time, so the answer to one is never further behind.
const REMEMBERED: usize = 64;

/// What is awaited of the open game, and since when its stream is silent.
#[derive(Debug)]
pub(super) struct Watch {
    timing: Timing,
    /// Unfinished requests, and whether they have begun.
    awaited: BTreeMap<RequestId, bool>,
    /// The requests that ended last: the answer to a message may come after its events.
    ended: VecDeque<RequestId>,
    silent_since: Instant,
    /// Whether the stream is behind as far as is known, and whether it ever was.
    is_behind: bool,
    was_behind: bool,
    /// Whether an answer is on its way.
    is_asking: bool,
}

impl Watch {
    pub(super) fn new(timing: Timing, awaited: impl IntoIterator<Item = RequestId>) -> Self {
        let awaited = awaited.into_iter().map(|request| (request, false)).collect();
        Self {
            timing,
            awaited,
            ended: VecDeque::new(),
            silent_since: Instant::now(),
            is_behind: false,
            was_behind: false,
            is_asking: false,
        }
    }

    pub(super) const fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// The engine has taken a message of ours.
    pub(super) fn expect(&mut self, request: RequestId) {
        if !self.ended.contains(&request) {
            self.awaited.entry(request).or_insert(false);
            self.silent_since = Instant::now();
        }
    }

    /// An event came through the stream. Returns whether the stream was thought to be behind.
    pub(super) fn observe(&mut self, event: &Event) -> bool {
        self.silent_since = Instant::now();
        self.note(event);
        std::mem::take(&mut self.is_behind)
    }

    /// When to ask, if nothing comes until then.
    pub(super) fn due(&self) -> Option<Instant> {
        let wait = match (self.is_behind, self.awaited.is_empty()) {
            (false, true) => return None,
            // A stream that was held back once is held back again, also when some of it comes through.
            (false, false) if self.was_behind => self.timing.pause * 2,
            (false, false) => self.timing.silence,
            (true, false) => self.timing.pause,
            (true, true) => self.timing.pause * IDLE,
        };
        (!self.is_asking).then(|| self.silent_since + wait)
    }

    /// The call that asks.
    pub(super) fn ask(&mut self, client: Client, game: GameId) -> impl Future<Output = Answers> + Send + 'static {
        self.is_asking = true;
        let awaited: Vec<RequestId> = self.awaited.keys().copied().collect();
        async move {
            let requests = match client.lane(game).await {
                Ok(lane) => lane.requests,
                // Where keys are needed, a player may not look at the queue.
                Err(error) if matches!(error.problem_type(), Some(ProblemType::NotFound | ProblemType::Forbidden)) => {
                    Vec::new()
                }
                Err(error) => return vec![Err(error)],
            };
            let others = requests.into_iter().filter(|request| !awaited.contains(request));
            let requests: Vec<RequestId> = awaited.iter().copied().chain(others).collect();
            join_all(requests.into_iter().map(|request| client.request(request))).await
        }
    }

    /// The events that the stream should have brought by now; none if the engine no longer knows a request, so that the
    /// game must be read again.
    pub(super) fn answered(&mut self, answers: Answers) -> Option<Vec<Event>> {
        self.is_asking = false;
        self.silent_since = Instant::now();
        let mut news = Vec::new();
        for answer in answers {
            match answer {
                Ok(view) => news.extend(self.news(view)),
                Err(error) if error.problem_type() == Some(ProblemType::UnknownRequest) => return None,
                // An engine that does not answer is seen by the stream too.
                Err(_) => {}
            }
        }
        for event in &news {
            self.note(event);
        }
        self.is_behind |= !news.is_empty();
        self.was_behind |= self.is_behind;
        Some(news)
    }

    fn news(&self, view: RequestView) -> Option<Event> {
        let known = self.awaited.get(&view.request_id);
        let has_begun = known.copied().unwrap_or(false);
        let RequestView { request_id, game_id, kind, status, attempt, message: user_message, caused_by, .. } = view;
        match status {
            RequestStatus::Queued if known.is_some() => None,
            RequestStatus::Queued => {
                Some(RequestQueued { request_id, game_id, kind, status, user_message, caused_by }.into())
            }
            RequestStatus::Processing if has_begun => None,
            RequestStatus::Processing => {
                Some(RequestProcessing { request_id, game_id, kind, status, attempt, user_message }.into())
            }
            RequestStatus::Completed => {
                Some(RequestCompleted { request_id, game_id, kind, status, attempt, result: view.result? }.into())
            }
            RequestStatus::Failed => {
                Some(RequestFailed { request_id, game_id, kind, status, attempt, error: view.error? }.into())
            }
            RequestStatus::Cancelled => Some(RequestCancelled { request_id, game_id, status }.into()),
        }
    }

    fn note(&mut self, event: &Event) {
        let Some(request) = event.request_id() else { return };
        if self.ended.contains(&request) {
            // It was held back, and its end has been asked for.
            return;
        }
        match event {
            event if event.is_terminal() => {
                self.awaited.remove(&request);
                self.ended.push_back(request);
                if self.ended.len() > REMEMBERED {
                    self.ended.pop_front();
                }
            }
            Event::RequestQueued(_) => drop(self.awaited.entry(request).or_insert(false)),
            Event::RequestProcessing(_) => drop(self.awaited.insert(request, true)),
            _ => {}
        }
    }
}

/// The status of the requests that the console has asked for.
pub(super) type Answers = Vec<Result<RequestView, ClientError>>;

/// How long a stream may be silent while something is awaited.
pub(super) const SILENCE: Duration = Duration::from_secs(4);
