//! A peer under load: sends messages to its conversations and checks all of their events.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use client::Frame;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::ChatPeer;
use super::check::Log;
use super::dialect::{Dialect, PeerEvent};
use crate::BenchError;
use crate::turns::subject::{MessageEvent, Subject};
use crate::wire::post;

/// How many findings are shown; one defect makes many.
const FINDINGS_MAX: usize = 10;

/// The peer's conversations.
pub(super) struct Conversations {
    address: SocketAddr,
    dialect: Dialect,
    ids: Vec<Uuid>,
    logs: Vec<Mutex<Log>>,
    narration: String,
}

fn failed(what: &'static str, reason: impl std::fmt::Display) -> BenchError {
    BenchError::Server { server: Conversations::NAME, what, reason: reason.to_string() }
}

impl Conversations {
    /// Makes so many conversations, in which each turn is to say this narration.
    pub(super) async fn open(
        peer: ChatPeer,
        address: SocketAddr,
        http: &reqwest::Client,
        count: usize,
        narration: String,
    ) -> Result<Self, BenchError> {
        let dialect = match peer {
            ChatPeer::Saq | ChatPeer::Dbos => Dialect::Conversations,
            ChatPeer::Langgraph => Dialect::Threads,
        };
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let request = http.post(format!("http://{address}{}", dialect.create())).json(&serde_json::json!({}));
            let answer = json(request).await?;
            let id = dialect.created(&answer);
            ids.push(id.ok_or_else(|| failed("make a conversation", &answer))?);
        }
        let logs = ids.iter().map(|_| Mutex::default()).collect();
        Ok(Self { address, dialect, ids, logs, narration })
    }

    /// Everything that is wrong with any conversation.
    pub(super) async fn findings(&self, http: &reqwest::Client) -> Result<Vec<String>, BenchError> {
        let mut findings = Vec::new();
        for (number, id) in self.ids.iter().enumerate() {
            let answer = json(http.get(format!("http://{}{}", self.address, self.dialect.shown(*id)))).await?;
            let stored = self.dialect.stored(&answer).ok_or_else(|| failed("show a conversation", &answer))?;
            let wrong = lock(&self.logs[number]).check(stored);
            findings.extend(wrong.into_iter().map(|what| format!("conversation {number}: {what}")));
        }
        if findings.len() > FINDINGS_MAX {
            let more = findings.len() - FINDINGS_MAX;
            findings.truncate(FINDINGS_MAX);
            findings.push(format!("and {more} more"));
        }
        Ok(findings)
    }

    fn conversation(&self, number: u64) -> usize {
        usize::try_from(number).unwrap_or(usize::MAX) % self.ids.len()
    }
}

impl Subject for Conversations {
    const NAME: &'static str = "the peer";

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn message(&self, number: u64) -> Vec<u8> {
        let text = format!("I look around, and then once more, for {number}.");
        let (path, body) = self.dialect.message(self.ids[self.conversation(number)], &text);
        post(&path, "Content-Type: application/json\r\n", &body)
    }

    fn accepted(&self, number: u64, from: Instant, body: &[u8]) -> Option<u128> {
        let id = Dialect::accepted(body)?;
        lock(&self.logs[self.conversation(number)]).accepted(id, from, Instant::now());
        Some(id)
    }

    fn streams(&self) -> Vec<String> {
        self.ids.iter().map(|id| self.dialect.events(*id)).collect()
    }

    fn take(&self, stream: usize, frame: &Frame) -> Option<MessageEvent> {
        let Frame::Event { name, data, .. } = frame else { return None };
        let event = self.dialect.parse_event(name, data)?;
        lock(&self.logs[stream]).record(&event, &self.narration);
        Some(match event {
            PeerEvent::Piece(id, _) => MessageEvent::Piece(id),
            PeerEvent::End(id, _) => MessageEvent::End(id),
        })
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a call that is not measured is answered.
async fn json(request: reqwest::RequestBuilder) -> Result<Value, BenchError> {
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    let answer = answer.map_err(|error| failed("be called", harness_runner::http::innermost(&error)))?;
    let text = answer.text().await.map_err(|error| failed("be called", error))?;
    serde_json::from_str(&text).map_err(|error| failed("be called", format!("{error}: {text}")))
}
