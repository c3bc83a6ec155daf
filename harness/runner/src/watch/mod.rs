//! Follows event streams and keeps every event, as it came over the wire.
//!
//! The `client` crate hides what a player need not see: it drops doubles and asks again after a gap. Here that would hide
//! the very defects that are looked for, so the stream is read raw, by a parser from outside (`wire`), and whatever is not
//! contiguous is a fault. [`Journal`] holds the events, [`Watch`] reads the stream.

mod journal;
mod pulse;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventsource_stream::Event;
use futures::StreamExt;
use harness_case::profile::Profile;
use harness_events::{CaseLog, Source};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use journal::{Coverage, Journal, Seen};
pub use pulse::Pulse;
use wire::WireError;

/// The wait between two connections to a service that is away.
const RECONNECT: Duration = Duration::from_millis(20);

/// What to follow, and from where.
#[derive(Debug, Clone)]
pub struct Feed {
    /// What messages call the stream.
    pub name: String,
    /// The path for a reader that has no event yet.
    pub path: String,
    /// The path for a reader that sends `Last-Event-ID`.
    pub resume: String,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// The id of the event after which it begins, if it is not the first.
    pub after: Option<String>,
    /// What part of a game's events it brings.
    pub coverage: Coverage,
    /// Whether to connect again when the server has ended the stream.
    pub lasting: bool,
    /// The game of which it brings all events from some event on.
    pub game: Option<String>,
}

impl Feed {
    /// A game's stream from its first event, as the profile says that it is read.
    #[must_use]
    pub fn of_game(profile: &Profile, game: &str) -> Option<Self> {
        let path = profile.events.path.as_ref()?;
        let resume = profile.events.resume.as_ref().unwrap_or(path);
        let fill = |path: &str| path.replace("{game}", game);
        Some(Self {
            name: game.to_owned(),
            path: fill(path),
            resume: fill(resume),
            headers: Vec::new(),
            after: None,
            coverage: Coverage::Whole,
            lasting: true,
            game: Some(game.to_owned()),
        })
    }
}

/// The state of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamStatus {
    /// Whether it is open.
    pub open: bool,
    /// The status of the latest answer.
    pub status: u16,
    /// How often the server has ended it.
    pub ended: usize,
}

/// Follows one stream until it is dropped.
#[derive(Debug)]
pub struct Watch {
    journal: Arc<Mutex<Journal>>,
    /// The base URL to listen at; `None` while the stream is to be dropped.
    target: watch::Sender<Option<String>>,
    /// The state of the stream, as the listener reports it.
    status: watch::Receiver<StreamStatus>,
    game: Option<String>,
    after: Option<String>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Follows a stream. `pulse` is notified at every event.
    #[must_use]
    pub fn start(
        http: reqwest::Client,
        profile: &Arc<Profile>,
        feed: Feed,
        base_url: String,
        log: CaseLog,
        pulse: Pulse,
    ) -> Self {
        let journal = Arc::new(Mutex::new(Journal::new(Arc::clone(profile), feed.coverage)));
        let (target, targets) = watch::channel(Some(base_url));
        let (report, status) = watch::channel(StreamStatus::default());
        let (game, after) = (feed.game.clone(), feed.after.clone());
        let listener = Listener { http, feed, journal: Arc::clone(&journal), log, pulse, report };
        Self { journal, target, status, game, after, task: tokio::spawn(listener.run(targets)) }
    }

    /// The events so far.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the stream.
    #[must_use]
    pub fn status(&self) -> StreamStatus {
        *self.status.borrow()
    }

    /// Whether nothing more comes on this stream while nothing happens in the service, as far as that is known from the
    /// stream by which the case itself follows that game.
    pub(crate) fn is_settled<'a>(&self, case_own: impl FnOnce(&str) -> Option<&'a Self>) -> bool {
        let status = self.status();
        if self.target.borrow().is_none() {
            return true;
        }
        let own = self.game.as_deref().and_then(case_own);
        match own {
            Some(own) if status.open => {
                let (own, here) = (own.journal(), self.journal());
                // A stream that was resumed behind the last event brings nothing more.
                let last = here.last_id().or(self.after.as_deref());
                let reached = last.and_then(|last| own.offset_of(last)).unwrap_or(0);
                own.last_id() == last || (own.last_offset() > 0 && reached >= own.last_offset())
            }
            // What it brings is not known, only that it has been answered.
            _ => status.status != 0 && (self.game.is_none() || status.status != 200),
        }
    }

    /// Waits for the stream's first answer, whatever it is.
    pub async fn answered(&self) {
        // The listener lasts as long as `self`.
        let _ = self.status.clone().wait_for(|status| status.status != 0).await;
    }

    /// Closes the stream and waits until it is closed.
    pub(crate) async fn drop_stream(&self) {
        self.closing().await;
    }

    /// Closes the stream; the future ends when it is closed.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + use<> {
        self.target.send_replace(None);
        let mut status = self.status.clone();
        async move {
            // A listener that is gone has closed it too.
            let _ = status.wait_for(|status| !status.open).await;
        }
    }

    /// Closes the stream, for the service is away: connecting to it would only keep this machine busy.
    pub(crate) fn pause(&self) {
        self.target.send_replace(None);
    }

    /// Opens the stream at a service, from after the last event that came. Nothing happens if it is open there.
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

struct Listener {
    http: reqwest::Client,
    feed: Feed,
    journal: Arc<Mutex<Journal>>,
    log: CaseLog,
    pulse: Pulse,
    report: watch::Sender<StreamStatus>,
}

impl Listener {
    async fn run(self, mut targets: watch::Receiver<Option<String>>) {
        loop {
            let target = targets.borrow_and_update().clone();
            let Some(base_url) = target else {
                self.report.send_modify(|stream| stream.open = false);
                if targets.changed().await.is_err() {
                    return;
                }
                continue;
            };
            tokio::select! {
                changed = targets.changed() => if changed.is_err() { return },
                () = self.listen(&base_url) => {
                    if self.feed.lasting {
                        tokio::time::sleep(RECONNECT).await;
                    } else if targets.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// One connection, from its request to its end.
    async fn listen(&self, base_url: &str) {
        let last = self.lock().last_id().map(str::to_owned);
        let request = match &last {
            Some(id) => self.http.get(format!("{base_url}{}", self.feed.resume)).header("Last-Event-ID", id),
            None => self.http.get(format!("{base_url}{}", self.feed.path)),
        };
        let request = request.header("Accept", "text/event-stream");
        // Who takes a stream up again goes on behind the last event that has come, and not where it began.
        let headers = self.feed.headers.iter().filter(|(name, _)| last.is_none() || name != "Last-Event-ID");
        let request = headers.fold(request, |request, (name, value)| request.header(name, value));
        let Ok(answer) = request.send().await else { return };
        let status = answer.status();
        let name = &self.feed.name;
        if status != StatusCode::OK {
            let entry = self.log.now(Source::Sse, format!("the stream of {name} was refused with {status}"));
            self.log.push(entry.lane(name).detail(json!({ "refused": status.as_u16() })));
            self.report.send_modify(|stream| stream.status = status.as_u16());
            self.pulse.notify();
            return;
        }
        self.report.send_modify(|stream| {
            stream.open = true;
            stream.status = status.as_u16();
        });
        let from = last.map_or_else(|| "the beginning".to_owned(), |id| format!("after {id}"));
        let open = self.log.begin(self.log.now(Source::Sse, format!("listening to {name}, from {from}")).lane(name));
        let mut events = wire::events(Box::pin(answer.bytes_stream()));
        loop {
            match events.next().await {
                Some(Ok(event)) => self.take(event),
                Some(Err(WireError::Invalid(fault))) => {
                    self.lock().fault(fault);
                    break;
                }
                Some(Err(WireError::Broken(_))) | None => break,
            }
        }
        drop(open);
        self.log.push(self.log.now(Source::Sse, format!("the stream of {name} ended")).lane(name));
        self.report.send_modify(|stream| {
            stream.open = false;
            stream.ended += 1;
        });
        self.pulse.notify();
    }

    fn take(&self, event: Event) {
        let Event { event: name, data, id, .. } = event;
        let id = Some(id).filter(|id| !id.is_empty());
        let place = id.as_deref().map_or("?", |id| id.rsplit(':').next().unwrap_or(id));
        let read: Value = serde_json::from_str(&data).unwrap_or_default();
        let entry = self.log.now(Source::Event, format!("{place} {name} {data}")).lane(&self.feed.name);
        self.log.push(entry.detail(json!({ "offset": place, "event": name, "data": read })));
        self.lock().take(self.log.elapsed(), &name, &data, id.as_deref());
        self.pulse.notify();
    }

    fn lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
