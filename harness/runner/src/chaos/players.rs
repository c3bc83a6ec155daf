//! The players: they send messages when these are due, and remember what became of each.

use std::cell::{Ref, RefCell};
use std::time::Duration;

use protocol::{ChatRequest, IfBusy, Priority, RequestId};
use tokio::time::Instant;

use super::plan::Message;
use super::testbed::Testbed;

/// How long a message is tried before it is given up, before `HARNESS_TIME_FACTOR` stretches it.
const TRY_LIMIT: Duration = Duration::from_mins(1);

/// The pause before a message is sent again.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// A message, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) message: Message,
    /// When it was sent so that it may have been accepted: the first such time.
    pub(super) sent: Duration,
    /// When its outcome was known, as far as it is.
    pub(super) settled: Duration,
    pub(super) outcome: Outcome,
    /// How often it was sent again, under the same key.
    pub(super) repeats: usize,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It must not be lost.
    Accepted(RequestId),
    /// It may have been accepted or not: no response came for as long as it was repeated.
    Unknown,
    /// It was never accepted.
    Refused,
}

/// What all players have done so far.
#[derive(Debug, Default)]
pub(super) struct Board(RefCell<Vec<Post>>);

impl Board {
    pub(super) fn posts(&self) -> Ref<'_, Vec<Post>> {
        self.0.borrow()
    }

    pub(super) fn into_posts(self) -> Vec<Post> {
        self.0.into_inner()
    }
}

/// Sends all messages, so many at the same time. Messages of one game may overtake each other on their way to the engine.
pub(super) async fn speak(testbed: &Testbed<'_>, board: &Board, load: Vec<Message>, concurrency: usize) {
    let began = Instant::now();
    let waiting = RefCell::new(load.into_iter());
    let player = async || {
        loop {
            let next = waiting.borrow_mut().next();
            let Some(message) = next else { return };
            tokio::time::sleep_until(began + message.due).await;
            let post = send(testbed, message).await;
            board.0.borrow_mut().push(post);
        }
    };
    futures::future::join_all((0..concurrency.max(1)).map(|_| player())).await;
}

/// Sends a message until it is answered. Its key makes one of however many: an answer that was lost does not matter.
async fn send(testbed: &Testbed<'_>, message: Message) -> Post {
    let request = ChatRequest {
        game_state_id: testbed.games[message.game].id,
        message: message.text(),
        actor: None,
        if_busy: IfBusy::Enqueue,
        priority: Priority::Normal,
        stream: None,
    };
    let key = format!("turn {} of game {}", message.turn, request.game_state_id);
    let deadline = Instant::now() + crate::stretched(TRY_LIMIT);
    let (mut repeats, mut doubtful, mut sent) = (0, false, Duration::ZERO);
    let outcome = loop {
        let client = testbed.api().await;
        if !doubtful {
            sent = testbed.log.elapsed();
        }
        match client.chat_once(&request, &key).await {
            Ok(accepted) => break Outcome::Accepted(accepted.request_id),
            Err(error) => doubtful |= !error.had_no_effect(),
        }
        if Instant::now() > deadline {
            break if doubtful { Outcome::Unknown } else { Outcome::Refused };
        }
        repeats += 1;
        tokio::time::sleep(TRY_AGAIN).await;
    };
    Post { message, sent, settled: testbed.log.elapsed(), outcome, repeats }
}
