//! Follows a game's events and keeps every one, as they came over the wire.
//!
//! The `client` crate hides what a player need not see: it drops doubles and asks again after a gap. Here that would hide
//! the very defects that are looked for, so the stream is read raw, with only the client's parser, and whatever is not
//! contiguous is a fault.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::{Frame, Parser};
use futures::StreamExt;
use protocol::{Event, EventId, EventParseError, GameId, RequestId, RequestType};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::report::{CaseLog, Source};

/// The wait between two connections to an engine that is away.
const RECONNECT: Duration = Duration::from_millis(20);

/// One event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When, since the case began.
    pub at: Duration,
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
    /// The event, if this version knows it.
    pub event: Option<Event>,
}

impl Seen {
    /// The request that the event belongs to.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        self.event.as_ref().and_then(Event::request_id)
    }
}

/// All events of a game so far, and everything that was wrong with their stream.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    events: Vec<Seen>,
    faults: Vec<String>,
}

impl Journal {
    /// Every event, in the order in which they came.
    #[must_use]
    pub fn events(&self) -> &[Seen] {
        &self.events
    }

    /// What was wrong: gaps, doubles, events that cannot be read.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The id of the last event.
    #[must_use]
    pub fn last_id(&self) -> Option<EventId> {
        self.events.last().map(|seen| seen.id)
    }

    /// The events of one request.
    pub fn of(&self, request: RequestId) -> impl Iterator<Item = &Seen> {
        self.events.iter().filter(move |seen| seen.request() == Some(request))
    }

    /// The event that ended a request; none if it goes on, as one that was given up does when it is tried again.
    #[must_use]
    pub fn terminal(&self, request: RequestId) -> Option<&Event> {
        self.of(request).filter_map(|seen| seen.event.as_ref()).last().filter(|event| event.is_terminal())
    }

    /// What has been shown of a request's narration, by the latest attempt that showed anything.
    #[must_use]
    pub fn narration(&self, request: RequestId) -> String {
        let chunks = || {
            self.of(request).filter_map(|seen| match &seen.event {
                Some(Event::ChatChunk(chunk)) => Some(chunk),
                _ => None,
            })
        };
        let Some(latest) = chunks().map(|chunk| chunk.attempt).max() else { return String::new() };
        chunks().filter(|chunk| chunk.attempt == latest).map(|chunk| chunk.content.as_str()).collect()
    }

    /// Story events with their prompts, in the order in which they were queued.
    pub fn story_events(&self) -> impl Iterator<Item = (RequestId, &str)> {
        self.events.iter().filter_map(|seen| match &seen.event {
            Some(Event::RequestQueued(queued)) if queued.kind == RequestType::StoryEvent => {
                Some((queued.request_id, queued.user_message.as_str()))
            }
            _ => None,
        })
    }

    /// Takes an event as it came. Also used by tests to make journals.
    pub fn take(&mut self, at: Duration, name: &str, data: &str, id: Option<&str>) {
        let Some(id) = id.and_then(|id| id.parse::<EventId>().ok()) else {
            self.faults.push(format!("{name} came with the id {id:?}, which is not `epoch:offset`"));
            return;
        };
        let expected = self.last_id().map_or(1, |last| last.offset + 1);
        if id.offset < expected {
            self.faults.push(format!("event {} ({name}) came again", id.offset));
        } else if id.offset > expected {
            self.faults.push(format!("after event {} came event {} ({name})", expected - 1, id.offset));
        }
        let event = match Event::parse(name, data) {
            Ok(event) => Some(event),
            Err(EventParseError::Unknown(_)) => None,
            Err(error) => {
                self.faults.push(error.to_string());
                None
            }
        };
        if let Some(Event::StreamReset(reset)) = &event {
            self.faults.push(format!("the stream was reset: {}", reset.reason));
        }
        let data = serde_json::from_str(data).unwrap_or(Value::Null);
        self.events.push(Seen { at, id, name: name.to_owned(), data, event });
    }
}

/// Follows one game until it is dropped.
#[derive(Debug)]
pub struct Watch {
    journal: Arc<Mutex<Journal>>,
    /// The base URL to listen at; `None` while the stream is to be dropped.
    target: watch::Sender<Option<String>>,
    /// Whether a stream is open, as the listener reports it.
    listening: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Follows a game from its first event. `pulse` is struck at every event.
    #[must_use]
    pub fn start(http: reqwest::Client, game: GameId, base_url: String, log: CaseLog, pulse: Pulse) -> Self {
        let journal = Arc::new(Mutex::new(Journal::default()));
        let (target, targets) = watch::channel(Some(base_url));
        let (report, listening) = watch::channel(false);
        let listener = Listener { http, game, journal: Arc::clone(&journal), log, pulse, report };
        Self { journal, target, listening, task: tokio::spawn(listener.run(targets)) }
    }

    /// The events so far.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the stream and waits until it is closed.
    pub async fn drop_stream(&self) {
        self.target.send_replace(None);
        let mut listening = self.listening.clone();
        // The listener lasts as long as `self`.
        let _ = listening.wait_for(|open| !open).await;
    }

    /// Closes the stream, for the engine is away: connecting to it would only keep this machine busy.
    pub fn pause(&self) {
        self.target.send_replace(None);
    }

    /// Opens the stream at an engine, from after the last event that came. Nothing happens if it is open there.
    pub fn resume(&self, base_url: &str) {
        self.target.send_if_modified(|target| {
            let other = target.as_deref() != Some(base_url);
            *target = Some(base_url.to_owned());
            other
        });
    }

    /// Goes to another address if the stream is meant to be open.
    pub fn moved(&self, base_url: &str) {
        if self.target.borrow().is_some() {
            self.resume(base_url);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Wakes everybody who waits for something to happen in a case.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<watch::Sender<()>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl Pulse {
    /// Something has happened.
    pub fn strike(&self) {
        self.0.send_replace(());
    }

    /// To be taken before looking, so that nothing that happens between looking and waiting is missed.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

struct Listener {
    http: reqwest::Client,
    game: GameId,
    journal: Arc<Mutex<Journal>>,
    log: CaseLog,
    pulse: Pulse,
    report: watch::Sender<bool>,
}

impl Listener {
    async fn run(self, mut targets: watch::Receiver<Option<String>>) {
        loop {
            let target = targets.borrow_and_update().clone();
            let Some(base_url) = target else {
                self.report.send_replace(false);
                if targets.changed().await.is_err() {
                    return;
                }
                continue;
            };
            tokio::select! {
                changed = targets.changed() => if changed.is_err() { return },
                () = self.listen(&base_url) => tokio::time::sleep(RECONNECT).await,
            }
        }
    }

    /// One connection, from its request to its end.
    async fn listen(&self, base_url: &str) {
        let last = self.lock().last_id();
        let url = format!("{base_url}/v1/events/games/{}", self.game);
        let request = match last {
            Some(id) => self.http.get(url).header("Last-Event-ID", id.to_string()),
            None => self.http.get(format!("{url}?last_event_id=0")),
        };
        let request = request.header("Accept", "text/event-stream");
        let Ok(answer) = request.send().await else { return };
        if answer.status() != StatusCode::OK {
            self.log.note(Source::Sse, format!("the stream of {} was refused with {}", self.game, answer.status()));
            return;
        }
        self.report.send_replace(true);
        let from = last.map_or_else(|| "the beginning".to_owned(), |id| format!("after {}", id.offset));
        self.log.note(Source::Sse, format!("listening, {from}"));
        let mut parser = Parser::default();
        let mut body = answer.bytes_stream();
        while let Some(Ok(bytes)) = body.next().await {
            let mut frames = Vec::new();
            let parsed = parser.push(&bytes, &mut frames);
            self.take(frames);
            if let Err(error) = parsed {
                self.lock().faults.push(error.to_string());
                break;
            }
        }
        self.log.note(Source::Sse, "the stream ended".to_owned());
    }

    fn take(&self, frames: Vec<Frame>) {
        for frame in frames {
            if let Frame::Event { name, data, id } = frame {
                let offset = id.as_deref().and_then(|id| id.split(':').nth(1)).unwrap_or("?");
                self.log.note(Source::Event, format!("{offset} {name} {data}"));
                self.lock().take(self.log.elapsed(), &name, &data, id.as_deref());
            }
        }
        self.pulse.strike();
    }

    fn lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Attempt;

    use super::*;

    fn chunk(request: RequestId, attempt: u32, content: &str) -> String {
        let chunk = protocol::ChatChunk {
            request_id: request,
            game_id: GameId::new(),
            attempt: Attempt(attempt),
            content: content.to_owned(),
            done: false,
        };
        Event::from(chunk).data()
    }

    fn take(journal: &mut Journal, id: &str, data: &str) {
        journal.take(Duration::ZERO, "chat.chunk", data, Some(id));
    }

    #[test]
    fn a_gap_and_a_double_are_faults() {
        let request = RequestId::new();
        let mut journal = Journal::default();
        for offset in [1, 2, 2, 4, 5] {
            take(&mut journal, &format!("9:{offset}"), &chunk(request, 1, "x"));
        }
        assert_eq!(journal.faults(), ["event 2 (chat.chunk) came again", "after event 2 came event 4 (chat.chunk)"]);
    }

    #[test]
    fn events_without_an_id_or_with_broken_data_are_faults() {
        let mut journal = Journal::default();
        journal.take(Duration::ZERO, "chat.chunk", "{}", None);
        journal.take(Duration::ZERO, "chat.chunk", "{}", Some("1:1"));
        assert_eq!(journal.faults().len(), 2);
    }

    #[test]
    fn the_narration_is_that_of_the_latest_attempt() {
        let request = RequestId::new();
        let mut journal = Journal::default();
        take(&mut journal, "1:1", &chunk(request, 1, "The old "));
        take(&mut journal, "1:2", &chunk(request, 2, "The "));
        take(&mut journal, "1:3", &chunk(RequestId::new(), 1, "elsewhere"));
        take(&mut journal, "1:4", &chunk(request, 2, "bell."));
        assert_eq!(journal.narration(request), "The bell.");
    }
}
