//! The readers: each reads its game while a turn of it is committed. An answer that holds one part from before the commit and another from after
//! it would be seen by nobody who reads when all is at rest.

use std::cell::RefCell;

use protocol::Event;
use tokio::sync::watch;

use super::testbed::{FollowedGame, Testbed};
use crate::watch::Journal;

/// How often a game is read at most from the end of a narration to its commit. Without a limit a game whose worker is frozen would be read
/// without pause.
const READS_OF_A_TURN: usize = 16;

/// What an answer of `GET /v1/gamestate/{id}` held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    /// The number of the game.
    pub(super) game: usize,
    pub(super) version: u64,
    pub(super) last_turn: u64,
    /// The length of the history.
    pub(super) messages: usize,
}

/// Reads all games until all is over.
pub(super) async fn read(testbed: &Testbed<'_>, mut over: watch::Receiver<bool>) -> Vec<Read> {
    let reads = RefCell::default();
    let readers = testbed.games.iter().enumerate().map(|(number, game)| follow(testbed, number, game, &reads));
    tokio::select! {
        _ = over.wait_for(|over| *over) => {}
        _ = futures::future::join_all(readers) => {}
    }
    reads.into_inner()
}

async fn follow(testbed: &Testbed<'_>, number: usize, game: &FollowedGame, reads: &RefCell<Vec<Read>>) {
    let mut changes = testbed.pulse.listen();
    let mut left = READS_OF_A_TURN;
    loop {
        if !is_narrated(&game.watch.journal()) {
            left = READS_OF_A_TURN;
        } else if left > 0 {
            left -= 1;
            if let Ok(view) = testbed.api().await.game(game.id).await {
                let (version, last_turn, messages) = (view.version, view.last_turn, view.chat_history.len());
                reads.borrow_mut().push(Read { game: number, version, last_turn, messages });
            }
            continue;
        }
        // The sender lives as long as `testbed`.
        let _ = changes.changed().await;
    }
}

/// Whether a narration has ended and is not known to be committed.
fn is_narrated(journal: &Journal) -> bool {
    let last = journal.events().iter().rev().find_map(|seen| match &seen.event {
        Some(Event::ChatChunk(chunk)) => Some(chunk.done),
        Some(Event::RequestProcessing(_) | Event::RequestCompleted(_)) => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}
