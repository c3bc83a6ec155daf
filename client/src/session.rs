//! One listener's life over many connections: connect, read, lose, wait, resume.
//!
//! The rules about ids are in [`Session::take`]: an id that was handed out is not handed out again, and a jump is
//! asked about once before it is believed.

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use protocol::{Event, EventId, EventName, EventParseError, GameId, RequestId, path};
use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};
use tokio::time::{Instant, sleep_until, timeout};

use crate::backoff::Backoff;
use crate::call::{is_media_type, refusal, transport};
use crate::{Client, ClientError, Frame, HttpCall, Item, Parser, Since};

/// Whose events are listened to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Game(GameId),
    Request(RequestId),
}

/// A listener.
pub(crate) struct Session {
    client: Client,
    subject: Subject,
    path: String,
    call: HttpCall,
    since: Since,
    /// A jump that was seen once: expected and found.
    doubted: Option<(EventId, EventId)>,
    backoff: Backoff,
    phase: Phase,
    ready: VecDeque<Item>,
}

enum Phase {
    Waiting(Instant),
    Reading(Box<Connection>),
    Over,
}

struct Connection {
    body: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    parser: Parser,
    frames: VecDeque<Frame>,
}

impl Session {
    pub(crate) fn new(client: Client, subject: Subject, since: Since) -> Self {
        let path = match subject {
            Subject::Game(game) => path::with_id(path::GAME_EVENTS, game),
            Subject::Request(request) => path::with_id(path::REQUEST_EVENTS, request),
        };
        let (call, _) = client.build(Method::GET, &path);
        let settings = client.settings();
        let backoff = Backoff::new(settings.reconnect_min, settings.reconnect_max);
        let phase = Phase::Waiting(Instant::now());
        Self { client, subject, path, call, since, doubted: None, backoff, phase, ready: VecDeque::new() }
    }

    /// The next item; none once the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            match &mut self.phase {
                Phase::Over => return None,
                Phase::Waiting(until) => {
                    sleep_until(*until).await;
                    self.connect().await;
                }
                Phase::Reading(connection) => match connection.frames.pop_front() {
                    Some(frame) => self.take(frame),
                    None => self.read().await,
                },
            }
        }
    }

    async fn connect(&mut self) {
        let (_, request) = self.client.build(Method::GET, &self.path);
        let mut request = request.header(ACCEPT, "text/event-stream");
        match self.since {
            Since::Now => {}
            Since::Beginning => request = request.header("Last-Event-ID", "0"),
            Since::After(id) => request = request.header("Last-Event-ID", id.to_string()),
        }
        let limit = self.client.settings().request_timeout;
        let response = match timeout(limit, request.send()).await {
            Err(_) => return self.lose(ClientError::TimedOut { call: self.call.clone(), after: limit }),
            Ok(Err(error)) => return self.lose(transport(self.call.clone(), error, limit)),
            Ok(Ok(response)) => response,
        };
        if response.status() == StatusCode::NO_CONTENT {
            self.phase = Phase::Over;
            return;
        }
        if response.status() != StatusCode::OK {
            let refusal = match timeout(limit, refusal(self.call.clone(), response)).await {
                Ok(refusal) => refusal,
                Err(_) => ClientError::TimedOut { call: self.call.clone(), after: limit },
            };
            return self.lose(refusal);
        }
        if !is_media_type(&response, "text/event-stream") {
            let reason = "the answer is not an event stream".to_owned();
            return self.fail(ClientError::Unexpected { call: self.call.clone(), status: 200, reason });
        }
        let resumed = if let Since::After(id) = self.since { Some(id) } else { None };
        self.ready.push_back(Item::Connected { resumed });
        self.phase = Phase::Reading(Box::new(Connection {
            body: response.bytes_stream().boxed(),
            parser: Parser::default(),
            frames: VecDeque::new(),
        }));
    }

    async fn read(&mut self) {
        let Phase::Reading(connection) = &mut self.phase else { return };
        let limit = self.client.settings().idle_timeout;
        let call = self.call.clone();
        match timeout(limit, connection.body.next()).await {
            Err(_) => self.lose(ClientError::Silent { call, after: limit }),
            Ok(None) => self.lose(ClientError::Ended { call }),
            Ok(Some(Err(error))) => self.lose(transport(call, error, limit)),
            Ok(Some(Ok(bytes))) => {
                if let Err(source) = connection.parser.push(&bytes, &mut connection.frames) {
                    self.lose(ClientError::Stream { call, source });
                }
            }
        }
    }

    /// Hands a frame on, unless it was handed out before.
    fn take(&mut self, frame: Frame) {
        let (name, data, id) = match frame {
            Frame::Retry(wait) => return self.backoff.set_min(wait),
            Frame::Id(id) => {
                if let Ok(id) = id.parse() {
                    self.since = Since::After(id);
                }
                return;
            }
            Frame::Event { name, data, id } => (name, data, id),
        };
        let id = id.and_then(|id| id.parse::<EventId>().ok());
        let is_snapshot = name.parse().is_ok_and(EventName::is_snapshot);
        if id.is_some_and(|id| self.is_known(id)) && !is_snapshot {
            return;
        }
        let event = match Event::parse(&name, &data) {
            Ok(event) => event,
            Err(EventParseError::Unknown(_)) => {
                self.follows(id.map(|id| (id, id)));
                return;
            }
            Err(EventParseError::Data { event, source }) => {
                let what = format!("the event `{event}`");
                return self.fail(ClientError::Decode { call: self.call.clone(), what, source });
            }
        };
        let event = match event {
            Event::StreamSnapshot(snapshot) => return self.stand_at(id, Item::Snapshot(snapshot)),
            Event::StreamReset(reset) => return self.stand_at(id, Item::Reset(reset)),
            event => event,
        };
        if !self.follows(id.map(|id| (event.first_id(id), id))) {
            return;
        }
        self.backoff.reset();
        let is_last = matches!(self.subject, Subject::Request(request)
            if event.is_terminal() && event.request_id() == Some(request));
        self.ready.push_back(Item::Event { id, event });
        if is_last {
            self.phase = Phase::Over;
        }
    }

    /// Starts over at an event that describes the whole game. Without an id there is more of it to come, and a reader who is
    /// cut off before that starts over again.
    fn stand_at(&mut self, id: Option<EventId>, item: Item) {
        self.since = id.map_or(Since::Now, Since::After);
        self.doubted = None;
        self.backoff.reset();
        self.ready.push_back(item);
    }

    fn is_known(&self, id: EventId) -> bool {
        matches!(self.since, Since::After(last) if last.epoch == id.epoch && id.offset <= last.offset)
    }

    /// Moves on to the last of an event's ids, or goes back for what is missing before the first. Only a game's offsets are
    /// contiguous.
    fn follows(&mut self, ids: Option<(EventId, EventId)>) -> bool {
        let Some((found, end)) = ids else { return true };
        if let (Subject::Game(_), Since::After(last)) = (self.subject, self.since)
            && found != last.next()
        {
            let expected = last.next();
            if self.doubted != Some((expected, found)) {
                self.doubted = Some((expected, found));
                self.lose(ClientError::Gap { call: self.call.clone(), expected, found });
                return false;
            }
            self.ready.push_back(Item::Gap { expected, found });
        }
        self.doubted = None;
        self.since = Since::After(end);
        true
    }

    /// Gives the connection up, and the stream too if another connection would not help.
    fn lose(&mut self, error: ClientError) {
        if !error.is_transient() {
            return self.fail(error);
        }
        let retry_in = self.backoff.next();
        let retry_in = retry_in.max(error.retry_after().unwrap_or(Duration::ZERO).min(Duration::from_mins(1)));
        self.phase = Phase::Waiting(Instant::now() + retry_in);
        self.ready.push_back(Item::Disconnected { error, retry_in });
    }

    fn fail(&mut self, error: ClientError) {
        self.phase = Phase::Over;
        self.ready.push_back(Item::Failed(error));
    }
}
