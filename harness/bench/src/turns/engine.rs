//! The engine under load: sends messages to its games and checks all of their events.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use client::Frame;
use protocol::{ChatAccepted, EventName};
use tokio::time::Instant;
use uuid::Uuid;

use super::subject::{MessageEvent, Subject};
use super::verify::{GameLog, Step, check};
use crate::deployment::BenchGame;
use crate::wire::post;

/// How many findings are shown; one defect makes many.
const FINDINGS_MAX: usize = 20;

/// The engine's games.
pub(super) struct Games {
    address: SocketAddr,
    followed: Vec<BenchGame>,
    logs: Vec<Mutex<GameLog>>,
}

impl Games {
    pub(super) fn new(address: SocketAddr, games: Vec<BenchGame>) -> Self {
        let logs = games.iter().map(|_| Mutex::default()).collect();
        Self { address, followed: games, logs }
    }

    /// Everything that is wrong with any game.
    pub(super) fn findings(&self) -> Vec<String> {
        let of_game = |(number, log): (usize, &Mutex<GameLog>)| {
            let wrong = check(&lock(log));
            wrong.into_iter().map(move |what| format!("game {number}: {what}"))
        };
        let mut findings: Vec<String> = self.logs.iter().enumerate().flat_map(of_game).collect();
        if findings.len() > FINDINGS_MAX {
            let more = findings.len() - FINDINGS_MAX;
            findings.truncate(FINDINGS_MAX);
            findings.push(format!("and {more} more"));
        }
        findings
    }

    fn game(&self, number: u64) -> usize {
        usize::try_from(number).unwrap_or(usize::MAX) % self.followed.len()
    }
}

impl Subject for Games {
    const NAME: &'static str = "the engine";

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn message(&self, number: u64) -> Vec<u8> {
        let game = self.followed[self.game(number)].id;
        let body =
            format!(r#"{{"game_state_id":"{game}","message":"I look around, and then once more, for {number}."}}"#);
        post("/v1/chat", "Content-Type: application/json\r\n", &body)
    }

    fn accepted(&self, number: u64, _: Instant, body: &[u8]) -> Option<u128> {
        let accepted: ChatAccepted = serde_json::from_slice(body).ok()?;
        let id = id(&accepted.request_id.to_string())?;
        lock(&self.logs[self.game(number)]).accepted.push(id);
        Some(id)
    }

    fn streams(&self) -> Vec<String> {
        let path = |game: &BenchGame| format!("/v1/events/games/{}?last_event_id={}", game.id, game.cursor);
        self.followed.iter().map(path).collect()
    }

    fn take(&self, stream: usize, frame: &Frame) -> Option<MessageEvent> {
        let Frame::Event { name, data, id: event } = frame else { return None };
        let mut log = lock(&self.logs[stream]);
        if let Some(offset) = event.as_deref().and_then(|id| id.split_once(':')?.1.parse().ok()) {
            log.follow(offset, joined(data));
        }
        let name: EventName = name.parse().ok()?;
        if name == EventName::ChatChunk {
            return request(data).map(MessageEvent::Piece);
        }
        let step = Step::of(name)?;
        let request = request(data)?;
        log.observed.push((step, request));
        (step == Step::Completed).then_some(MessageEvent::End(request))
    }
}

fn lock(log: &Mutex<GameLog>) -> MutexGuard<'_, GameLog> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many chunks an event joins. In a text the quotes of this member would be escaped.
fn joined(data: &str) -> u64 {
    let Some((_, number)) = data.split_once("\"chunks\":") else { return 1 };
    number.split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// The request that an event belongs to. Reading the whole event would cost more than the engine takes to make it.
fn request(data: &str) -> Option<u128> {
    const KEY: &str = "\"request_id\":\"";
    let start = data.find(KEY)? + KEY.len();
    id(data.get(start..)?.split('"').next()?)
}

fn id(text: &str) -> Option<u128> {
    Uuid::parse_str(text).ok().map(|id| id.as_u128())
}

#[cfg(test)]
mod tests {
    use protocol::{Event, GameId, RequestCancelled, RequestId, RequestStatus};

    use super::*;

    #[test]
    fn an_event_names_its_request() {
        let request_id = RequestId::new();
        let event = RequestCancelled { request_id, game_id: GameId::new(), status: RequestStatus::Cancelled };
        assert_eq!(request(&Event::from(event).data()), id(&request_id.to_string()));
        assert_eq!(request(r#"{"request_id":null,"game_id":"x"}"#), None);
    }
}
