//! A player with a game of its own, who notes when each piece of the answer arrives.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use client::Frame;
use protocol::{ChatAccepted, Event, RequestId};
use tokio::time::{Instant, timeout};

use crate::deployment::BenchGame;
use crate::wire::{Connection, Stream, post};

/// A turn as its player has met it.
#[derive(Debug)]
pub(super) struct ObservedTurn {
    /// When the message was sent.
    pub(super) sent: Instant,
    /// Every chunk with text: when it came, and how many bytes.
    pub(super) chunks: Vec<(Instant, usize)>,
}

/// A game, with what it is spoken to and listened to by.
#[derive(Debug)]
pub(super) struct Player {
    number: usize,
    game: BenchGame,
    connection: Connection,
    stream: Stream,
}

impl Player {
    /// Listens to the game from here on.
    pub(super) async fn open(number: usize, game: BenchGame, address: SocketAddr) -> io::Result<Self> {
        let path = format!("/v1/events/games/{}?last_event_id={}", game.id, game.cursor);
        let stream = Stream::open(address, &path).await?;
        Ok(Self { number, game, connection: Connection::open(address).await?, stream })
    }

    /// Sends a message, and listens until its turn is over.
    pub(super) async fn play(&mut self, limit: Duration) -> Result<ObservedTurn, String> {
        timeout(limit, self.turn()).await.map_err(|_| format!("its turn was not over after {} s", limit.as_secs()))?
    }

    async fn turn(&mut self) -> Result<ObservedTurn, String> {
        let body = format!(r#"{{"game_state_id":"{}","message":"{}"}}"#, self.game.id, message(self.number));
        let request = post("/v1/chat", "Content-Type: application/json\r\n", &body);
        let sent = Instant::now();
        let answer = self.connection.send(&request).await.map_err(|error| error.to_string())?;
        let accepted: ChatAccepted = serde_json::from_slice(&answer.body).map_err(|_| answer.text())?;
        let mut observed = ObservedTurn { sent, chunks: Vec::new() };
        loop {
            let frames = self.stream.next().await.map_err(|error| error.to_string())?;
            let frames = frames.ok_or("its events ended")?;
            let now = Instant::now();
            for frame in &frames {
                if observed.take(accepted.request_id, frame, now)? {
                    return Ok(observed);
                }
            }
        }
    }
}

impl ObservedTurn {
    /// Takes an event; answers whether it was the turn's last.
    fn take(&mut self, request: RequestId, frame: &Frame, now: Instant) -> Result<bool, String> {
        let Frame::Event { name, data, .. } = frame else { return Ok(false) };
        match Event::parse(name, data) {
            Ok(Event::ChatChunk(chunk)) if chunk.request_id == request && !chunk.content.is_empty() => {
                self.chunks.push((now, chunk.content.len()));
                Ok(false)
            }
            Ok(Event::RequestCompleted(completed)) if completed.request_id == request => Ok(true),
            Ok(event @ (Event::RequestFailed(_) | Event::RequestRetrying(_) | Event::AttemptSuperseded(_))) => {
                Err(format!("its turn did not go well: {} {}", event.name(), event.data()))
            }
            Ok(_) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn message(number: usize) -> String {
    format!("I listen to stream {number}.")
}

/// The stream's number in its player's message.
pub(super) fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("listen to stream ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_whose_it_is() {
        assert_eq!(number(&format!("Pim: {}", message(17))), Some(17));
        assert_eq!(number("I look around."), None);
    }
}
