//! What is there when all is at rest: read once, so that the checker touches nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, stream};
use protocol::{GameId, QueueView, RequestId, RequestView};
use story::ChatMessage;

use super::injector::InjectionLog;
use super::ledger::{Call, Ledger};
use super::players::Post;
use super::readers::Read;
use super::testbed::Testbed;
use crate::watch::Journal;

/// How many reads run at the same time.
const AT_ONCE: usize = 16;

/// How long reading one event log again may take, before `HARNESS_TIME_FACTOR` stretches it.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// What was done and seen while all was played.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) posts: Vec<Post>,
    pub(super) ledger: Ledger,
    pub(super) reads: Vec<Read>,
}

/// Everything that was done and that came of it.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// By number.
    pub(super) games: Vec<GameEvidence>,
    pub(super) posts: Vec<Post>,
    /// What games were like in between.
    pub(super) reads: Vec<Read>,
    /// What the API says of every request that was observed.
    pub(super) statuses: BTreeMap<RequestId, RequestView>,
    pub(super) calls: Vec<Call>,
    pub(super) queue: Option<QueueView>,
    /// Processes that did not do as they must.
    pub(super) troubles: Vec<String>,
    /// What could not be read.
    pub(super) unread: Vec<String>,
    /// How many story events one turn may tell.
    pub(super) story_event_batch: usize,
}

/// What is known of one game.
#[derive(Debug)]
pub(super) struct GameEvidence {
    pub(super) id: GameId,
    /// The events as they came while everything was broken.
    pub(super) live: Journal,
    /// The events as the log holds them, and the history; `None` if the game could not be read.
    pub(super) kept: Option<Kept>,
}

/// What the engine has kept of a game.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) log: Journal,
    pub(super) history: Vec<ChatMessage>,
    pub(super) last_turn: u64,
}

/// Reads everything.
pub(super) async fn collect(
    testbed: &Testbed<'_>,
    done: Done,
    injected: &InjectionLog,
    story_event_batch: usize,
) -> Evidence {
    let Done { posts, ledger, reads } = done;
    let mut evidence = Evidence {
        posts,
        reads,
        calls: ledger.calls.into_values().collect(),
        troubles: injected.troubles.clone(),
        unread: ledger.gaps,
        story_event_batch,
        ..Evidence::default()
    };
    if evidence.reads.is_empty() {
        evidence.unread.push("no game was read while a turn of it was committed: play more messages".to_owned());
    }
    let client = testbed.api().await;
    match client.queue().await {
        Ok(queue) => evidence.queue = Some(queue),
        Err(error) => evidence.unread.push(format!("the queue: {error}")),
    }
    let games = testbed.games.iter().map(|game| async {
        let live = game.watch.journal().clone();
        match client.game(game.id).await {
            Ok(view) => {
                let log = testbed.read_again(game, READ_LIMIT).await;
                let kept = Kept { log, history: view.chat_history, last_turn: view.last_turn };
                (GameEvidence { id: game.id, live, kept: Some(kept) }, None)
            }
            Err(error) => (GameEvidence { id: game.id, live, kept: None }, Some(error)),
        }
    });
    // In order: a game's index is its number.
    let mut games = stream::iter(games).buffered(AT_ONCE);
    while let Some((game, error)) = games.next().await {
        evidence.unread.extend(error.map(|error| format!("game {}: {error}", game.id)));
        evidence.games.push(game);
    }
    drop(games);
    let heard_of: BTreeSet<RequestId> =
        evidence.games.iter().flat_map(|game| game.live.events()).filter_map(|seen| seen.request_id()).collect();
    let reads = heard_of.into_iter().map(|id| {
        let client = client.clone();
        async move { (id, client.request(id).await) }
    });
    let mut reads = stream::iter(reads).buffer_unordered(AT_ONCE);
    while let Some((id, view)) = reads.next().await {
        match view {
            Ok(view) => drop(evidence.statuses.insert(id, view)),
            Err(error) => evidence.unread.push(format!("request {id}: {error}")),
        }
    }
    evidence
}
