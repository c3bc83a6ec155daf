//! The journal: a bounded record of every call, what it was answered and how it ended, also when the caller hung up.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    choose::Progress,
    explain::{EntryExplanation, EntryRef, explain},
};
use crate::{
    call::{Api, Kind, Message, ModelCall, Vendor},
    script::Script,
    sync::lock,
};

/// How many calls a namespace remembers.
pub const JOURNAL_CAPACITY: usize = 1000;

/// How many bytes of requests a namespace remembers; long prompts push old calls out sooner.
const JOURNAL_BYTES: usize = 8 * 1024 * 1024;

/// Headers that carry keys.
const SECRET_HEADERS: [&str; 4] = ["authorization", "x-api-key", "api-key", "cookie"];

/// Whether a header, by its lower-case name, carries a key.
pub(crate) fn is_secret(header: &str) -> bool {
    SECRET_HEADERS.contains(&header)
}

/// One call, as the journal reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Number of the call in its namespace, from 1.
    pub id: u64,
    /// The namespace; empty for calls without `/t/NAME`.
    pub namespace: String,
    /// When it arrived.
    pub at: Timestamp,
    /// Whose wire format it came in.
    pub vendor: Vendor,
    /// Which of the vendor's interfaces it used.
    pub api: Api,
    /// The model that it asked for.
    pub model: String,
    /// Whether it asked for structured output.
    pub kind: Kind,
    /// Whether it asked for a stream.
    pub stream: bool,
    /// Its messages, reduced to their texts.
    pub messages: Vec<Message>,
    /// Its headers by lower-case name, without the keys in them.
    pub headers: BTreeMap<String, String>,
    /// Its body as it came; null if it was no JSON.
    pub request: Value,
    /// Facts of the answer.
    pub answer: AnswerRecord,
    /// How it ended.
    pub ending: Ending,
    /// Milliseconds from arrival to the end.
    pub ended_ms: Option<f64>,
}

/// What a call was answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// The entry that answered.
    pub entry: Option<EntryRef>,
    /// Why none did, or why its reply could not be sent.
    pub miss: Option<String>,
    /// HTTP status; none while nothing has been sent.
    pub status: Option<u16>,
    /// The text, or the JSON of the tool calls, as it was planned.
    pub text: String,
    /// The fault that the script asked for.
    pub fault: Option<String>,
    /// Frames that carry a piece of the answer: planned,
    pub frames_planned: usize,
    /// and handed to the connection.
    pub frames_sent: usize,
    /// Tokens in the frames that were handed to the connection.
    pub tokens_sent: usize,
    /// Milliseconds from arrival to the first frame.
    pub first_frame_ms: Option<f64>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It has not.
    #[default]
    InFlight,
    /// Everything was sent.
    Finished,
    /// The caller closed the connection first.
    HungUp,
    /// The script's fault ended it.
    Fault,
    /// The mock was shut down.
    Stopped,
}

/// The calls of one namespace.
#[derive(Debug)]
pub(crate) struct Journal {
    namespace: String,
    ring: Mutex<Ring>,
    /// The last id, for those who wait for a call.
    last: watch::Sender<u64>,
    in_flight: watch::Sender<usize>,
    /// Whether some call was not foreseen.
    has_miss: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Ring {
    last: u64,
    slots: VecDeque<Arc<Slot>>,
    /// The bytes of the slots' requests.
    bytes: usize,
}

impl Ring {
    fn push(&mut self, slot: Arc<Slot>) {
        self.bytes += slot.call.body.len();
        self.slots.push_back(slot);
        // The newest call is remembered, however long it is.
        while self.slots.len() > JOURNAL_CAPACITY || (self.bytes > JOURNAL_BYTES && self.slots.len() > 1) {
            let oldest = self.slots.pop_front();
            self.bytes -= oldest.map_or(0, |slot| slot.call.body.len());
        }
    }
}

#[derive(Debug)]
struct Slot {
    id: u64,
    at: Timestamp,
    started: Instant,
    call: Arc<ModelCall>,
    script: Arc<Script>,
    before: Progress,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    answer: AnswerRecord,
    ending: Ending,
    ended_ms: Option<f64>,
}

impl Journal {
    pub(crate) fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ring: Mutex::default(),
            last: watch::Sender::new(0),
            in_flight: watch::Sender::new(0),
            has_miss: watch::Sender::new(false),
        }
    }

    /// Opens the record of a call. It ends when the ticket does.
    pub(crate) fn open(
        self: &Arc<Self>,
        call: Arc<ModelCall>,
        script: Arc<Script>,
        before: Progress,
        stopping: CancellationToken,
    ) -> Ticket {
        self.in_flight.send_modify(|count| *count += 1);
        let mut ring = lock(&self.ring);
        ring.last += 1;
        let slot = Arc::new(Slot {
            id: ring.last,
            at: Timestamp::now(),
            started: Instant::now(),
            call,
            script,
            before,
            live: Mutex::default(),
        });
        ring.push(Arc::clone(&slot));
        drop(ring);
        self.last.send_replace(slot.id);
        Ticket { journal: Arc::clone(self), slot, stopping }
    }

    /// The calls after `since`, oldest first.
    pub(crate) fn records(&self, since: u64) -> Vec<Record> {
        let slots: Vec<_> = lock(&self.ring).slots.iter().filter(|slot| slot.id > since).cloned().collect();
        slots.iter().map(|slot| slot.record(&self.namespace)).collect()
    }

    pub(crate) fn explain(&self, id: u64) -> Option<Vec<EntryExplanation>> {
        let slot = lock(&self.ring).slots.iter().find(|slot| slot.id == id).cloned()?;
        Some(explain(&slot.script, &slot.before, &slot.call))
    }

    /// Forgets all calls; those after it count on.
    pub(crate) fn clear(&self) {
        let mut ring = lock(&self.ring);
        (ring.bytes, ring.slots) = (0, VecDeque::new());
        self.has_miss.send_replace(false);
    }

    /// Forgets all calls; those after it count from 1.
    pub(crate) fn restart(&self) {
        *lock(&self.ring) = Ring::default();
        self.last.send_replace(0);
        self.has_miss.send_replace(false);
    }

    pub(crate) async fn wait_for_call(&self, since: u64) {
        // The sender lives as long as `self`, so waiting cannot end early.
        let _ = self.last.subscribe().wait_for(|last| *last > since).await;
    }

    pub(crate) async fn wait_for_miss(&self) {
        let _ = self.has_miss.subscribe().wait_for(|has_miss| *has_miss).await;
    }

    pub(crate) async fn wait_idle(&self) {
        let _ = self.in_flight.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(crate) fn in_flight(&self) -> usize {
        *self.in_flight.borrow()
    }
}

impl Slot {
    fn record(&self, namespace: &str) -> Record {
        let live = lock(&self.live);
        let headers = self.call.headers.iter().map(|(name, value)| {
            let text = || String::from_utf8_lossy(value.as_bytes()).into_owned();
            let name = name.as_str();
            (name.to_owned(), if is_secret(name) { "[hidden]".to_owned() } else { text() })
        });
        Record {
            id: self.id,
            namespace: namespace.to_owned(),
            at: self.at,
            vendor: self.call.vendor(),
            api: self.call.api,
            model: self.call.model.clone(),
            kind: self.call.kind(),
            stream: self.call.stream,
            messages: self.call.messages.clone(),
            headers: headers.collect(),
            request: self.call.body_json(),
            answer: live.answer.clone(),
            ending: live.ending,
            ended_ms: live.ended_ms,
        }
    }
}

/// A call in flight. Dropping it before its end means that the caller has hung up: nobody else drops an answer
/// half-way.
#[derive(Debug)]
pub(crate) struct Ticket {
    journal: Arc<Journal>,
    slot: Arc<Slot>,
    stopping: CancellationToken,
}

impl Ticket {
    pub(crate) fn id(&self) -> u64 {
        self.slot.id
    }

    pub(crate) fn started(&self) -> Instant {
        self.slot.started
    }

    pub(crate) fn note(&self, change: impl FnOnce(&mut AnswerRecord)) {
        let mut live = lock(&self.slot.live);
        change(&mut live.answer);
        let has_miss = live.answer.miss.is_some();
        drop(live);
        if has_miss {
            self.journal.has_miss.send_replace(true);
        }
    }

    /// Frames with so many pieces and tokens were handed to the connection.
    pub(crate) fn sent(&self, pieces: usize, tokens: usize) {
        self.note(|answer| {
            answer.frames_sent += pieces;
            answer.tokens_sent += tokens;
            answer.first_frame_ms.get_or_insert_with(|| self.elapsed_ms());
        });
    }

    /// The call has ended; only the first end counts.
    pub(crate) fn end(&self, ending: Ending) {
        let elapsed = self.elapsed_ms();
        let mut live = lock(&self.slot.live);
        if live.ending == Ending::InFlight {
            (live.ending, live.ended_ms) = (ending, Some(elapsed));
        }
    }

    /// Ends when the mock is shut down.
    pub(crate) async fn stopped(&self) {
        self.stopping.cancelled().await;
    }

    fn elapsed_ms(&self) -> f64 {
        self.slot.started.elapsed().as_secs_f64() * 1000.0
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(if self.stopping.is_cancelled() { Ending::Stopped } else { Ending::HungUp });
        self.journal.in_flight.send_modify(|count| *count = count.saturating_sub(1));
    }
}
