//! Games that nobody plays leave the store: for an archive, from which they come back when they are asked for, or for good.
//!
//! Each worker searches for them now and then, the longest idle first, in steps of one game. Two workers that find the same game
//! do no harm: a game is deleted only at the version that was archived, and only once.

mod archive;

use std::time::Duration;

use metrics::counter;
use protocol::PauseScope;
use store::backoff::Backoff;
use store::{GameWrite, GamesCursor, IdleGame, SharedStore, StoreError};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

pub use self::archive::{Archive, ArchiveError, ArchivedOwner, Taken};
use crate::config::RetentionConfig;

/// How many games are read from the index at a time.
const PAGE: usize = 50;

/// The search for games that leave the store.
#[expect(missing_debug_implementations, reason = "a store has none")]
pub struct Retention {
    store: SharedStore,
    archive: Option<Archive>,
    idle: Option<Duration>,
    ended: Option<Duration>,
    pause: Duration,
    between_games: Duration,
}

/// After so many games in a row that could not be archived, a search ends: the archive is away, and the next one finds them again.
const FAILURES: u32 = 10;

/// What became of a game that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Considered {
    /// It is kept, or another worker has dealt with it.
    Stays,
    /// It has left the store.
    Gone,
    /// It should have, and could not be archived.
    Failed,
}

/// What one search did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Games that left the store.
    pub gone: u64,
    /// Games that could not be archived; they stay.
    pub failed: u64,
}

impl Retention {
    /// None if games are kept without a limit.
    #[must_use]
    pub fn new(store: SharedStore, archive: Option<Archive>, config: &RetentionConfig) -> Option<Self> {
        let (idle, ended) = (config.idle(), config.ended());
        (idle.is_some() || ended.is_some()).then(|| Self {
            store,
            archive,
            idle,
            ended,
            pause: Duration::from_secs(config.sweep_minutes * 60),
            between_games: Duration::from_secs(1) / u32::try_from(config.games_per_second.max(1)).unwrap_or(u32::MAX),
        })
    }

    /// Searches again and again until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_secs(1), self.pause);
        loop {
            let searched = tokio::select! {
                () = stop.cancelled() => return,
                searched = self.sweep() => searched,
            };
            let pause = match searched {
                Ok(Swept { gone, failed }) => {
                    if gone + failed > 0 {
                        let archived = self.archive.is_some();
                        tracing::info!(gone, failed, archived, "games left the store that nobody played");
                    }
                    backoff.reset();
                    self.pause
                }
                Err(error) => {
                    tracing::warn!(%error, "the search for games that nobody plays broke off");
                    backoff.next_delay()
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// One search, through every game that may have to go. It ends early where the archive takes nothing.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let (mut swept, mut in_a_row) = (Swept::default(), 0);
        let Some(shortest) = self.idle.into_iter().chain(self.ended).min() else { return Ok(swept) };
        let mut after = None;
        loop {
            let page = self.store.idle_games(shortest, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(swept) };
            after = Some(GamesCursor { updated_at: last.updated_at, id: last.id });
            let is_last = page.len() < PAGE;
            // A pause would not come back with its game.
            let pauses = self.store.pauses().await?;
            let is_paused = |id| pauses.iter().any(|pause| pause.what == PauseScope::Game { game_id: id });
            for game in page.into_iter().filter(|game| !is_paused(game.id)) {
                // What a search may cost is a rate, so it waits for time.
                let next = Instant::now() + self.between_games;
                match self.consider(&game).await? {
                    Considered::Stays => {}
                    Considered::Gone => (swept.gone, in_a_row) = (swept.gone + 1, 0),
                    Considered::Failed => (swept.failed, in_a_row) = (swept.failed + 1, in_a_row + 1),
                }
                if in_a_row == FAILURES {
                    return Ok(swept);
                }
                sleep_until(next).await;
            }
            if is_last {
                return Ok(swept);
            }
        }
    }

    async fn consider(&self, found: &IdleGame) -> Result<Considered, StoreError> {
        let is_due = |limit: Option<Duration>| limit.is_some_and(|limit| found.idle >= limit);
        let goes = is_due(self.idle)
            || is_due(self.ended) && self.store.game(found.id).await?.is_some_and(|game| game.document.state.is_ended);
        if !goes {
            return Ok(Considered::Stays);
        }
        let Some(archive) = &self.archive else {
            return Ok(match self.store.delete_game(found.id, Some(found)).await? {
                GameWrite::Done => gone("deleted"),
                GameWrite::Unknown | GameWrite::Busy | GameWrite::Changed => Considered::Stays,
            });
        };
        match archive.take(&self.store, found).await {
            Ok(Taken::Gone) => Ok(gone("archived")),
            Ok(Taken::Stays) => Ok(Considered::Stays),
            Err(ArchiveError::Store(error)) => Err(error),
            Err(error) => {
                counter!("story_engine_games_removed_total", "outcome" => "failed").increment(1);
                tracing::warn!(game = %found.id, %error, "a game could not be archived: it stays in the store");
                Ok(Considered::Failed)
            }
        }
    }
}

/// Counts a game that has left the store.
fn gone(outcome: &'static str) -> Considered {
    counter!("story_engine_games_removed_total", "outcome" => outcome).increment(1);
    Considered::Gone
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use protocol::{GameAccess, GameId, Tenant};
    use store::embedded::EmbeddedStore;
    use store::secret::{Secret, SecretKind};
    use store::{GameContents, GameDocument, NewCapability, Owner, StoreOptions, Subject};
    use story::ChatMessage;
    use tempfile::TempDir;

    use super::*;

    fn fresh_store() -> SharedStore {
        Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap())
    }

    async fn game(store: &SharedStore, is_ended: bool) -> GameId {
        let mut document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
        document.state.is_ended = is_ended;
        let owner = Owner { tenant: "acme".parse::<Tenant>().unwrap(), user: Some("ada".parse().unwrap()) };
        let contents = GameContents {
            name: Some("The ferry".to_owned()),
            owner: Some(owner),
            ..GameContents::new(document, vec![ChatMessage::user("look")])
        };
        let id = GameId::new();
        store.create_game(id, &contents).await.unwrap();
        id
    }

    fn search(
        store: &SharedStore,
        idle: Option<Duration>,
        ended: Option<Duration>,
        archive: Option<Archive>,
    ) -> Retention {
        let (store, pause) = (Arc::clone(store), Duration::from_mins(1));
        Retention { store, archive, idle, ended, pause, between_games: Duration::ZERO }
    }

    #[tokio::test]
    async fn games_that_have_ended_may_leave_before_the_others() {
        let store = fresh_store();
        let (played, ended) = (game(&store, false).await, game(&store, true).await);

        let swept = search(&store, Some(Duration::from_hours(1)), Some(Duration::ZERO), None).sweep().await.unwrap();

        assert_eq!(swept, Swept { gone: 1, failed: 0 });
        assert!(store.game(ended).await.unwrap().is_none() && store.game(played).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn an_archived_game_comes_back_whole_and_once() {
        let (store, dir) = (fresh_store(), TempDir::new().unwrap());
        let archive = Archive::open(dir.path().to_str().unwrap()).unwrap();
        let id = game(&store, false).await;
        let link = Secret::generate(SecretKind::Capability).unwrap();
        let capability = NewCapability { hash: link.hash(), access: GameAccess::Read, expires_in: None };
        store.add_capability(id, &capability).await.unwrap();
        let before = store.game(id).await.unwrap().unwrap();

        let swept = search(&store, Some(Duration::ZERO), None, Some(archive.clone())).sweep().await.unwrap();
        assert_eq!(swept, Swept { gone: 1, failed: 0 });
        assert_eq!(store.game(id).await.unwrap(), None);

        assert!(archive.restore(&store, id).await.unwrap());
        let after = store.game(id).await.unwrap().unwrap();
        assert_eq!((after.version, after.cursor.offset), (before.version, before.cursor.offset));
        assert_eq!((after.document, after.name, after.owner), (before.document, before.name, before.owner));
        assert_eq!(store.history(id, 10).await.unwrap(), [ChatMessage::user("look")]);
        let access = store.access(Subject::Game(id), Some(&link.hash())).await.unwrap().unwrap();
        assert_eq!(access.capability, Some(GameAccess::Read));
        assert!(!archive.restore(&store, id).await.unwrap(), "it is in the archive no more");
    }

    #[tokio::test]
    async fn where_the_directory_of_the_archive_is_gone_no_game_is_said_to_be_unknown() {
        let (store, dir) = (fresh_store(), TempDir::new().unwrap());
        let place = dir.path().join("archive");
        let archive = Archive::open(place.to_str().unwrap()).unwrap();
        let id = game(&store, false).await;
        search(&store, Some(Duration::ZERO), None, Some(archive.clone())).sweep().await.unwrap();
        std::fs::rename(&place, dir.path().join("away")).unwrap();
        // The place where something is to be mounted.
        std::fs::create_dir(&place).unwrap();

        assert!(matches!(archive.restore(&store, id).await, Err(ArchiveError::Gone(_))));
        assert!(matches!(archive.owned_by(|_| true).await, Err(ArchiveError::Gone(_))));

        std::fs::remove_dir(&place).unwrap();
        std::fs::rename(dir.path().join("away"), &place).unwrap();
        assert!(archive.restore(&store, id).await.unwrap());
    }

    #[tokio::test]
    async fn two_workers_that_find_the_same_game_lose_nothing() {
        let (store, dir) = (fresh_store(), TempDir::new().unwrap());
        let archive = Archive::open(dir.path().to_str().unwrap()).unwrap();
        let search = search(&store, Some(Duration::ZERO), None, Some(archive.clone()));
        let id = game(&store, false).await;
        // The store's time is in milliseconds: the game must not come back in the one in which it was created.
        let found = loop {
            if let [found] = store.idle_games(Duration::from_millis(1), None, 1).await.unwrap()[..] {
                break found;
            }
            tokio::task::yield_now().await;
        };

        assert_eq!(search.consider(&found).await.unwrap(), Considered::Gone);
        assert_eq!(search.consider(&found).await.unwrap(), Considered::Stays, "the slower worker");
        assert!(archive.restore(&store, id).await.unwrap(), "the slower worker has left the file alone");

        assert_eq!(
            search.consider(&found).await.unwrap(),
            Considered::Stays,
            "it is back at the version that was found"
        );
        assert!(store.game(id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_game_that_cannot_be_archived_stays() {
        let (store, dir) = (fresh_store(), TempDir::new().unwrap());
        let archive = Archive::open(dir.path().to_str().unwrap()).unwrap();
        let id = game(&store, false).await;
        // A file where the folder of the game should be.
        let folder = id.to_string();
        std::fs::write(dir.path().join(&folder[folder.len() - 2..]), "in the way").unwrap();

        let swept = search(&store, Some(Duration::ZERO), None, Some(archive)).sweep().await.unwrap();

        assert_eq!(swept, Swept { gone: 0, failed: 1 });
        assert!(store.game(id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn what_was_tampered_with_is_refused() {
        let (store, dir) = (fresh_store(), TempDir::new().unwrap());
        let archive = Archive::open(dir.path().to_str().unwrap()).unwrap();
        let id = GameId::new();
        let name = id.to_string();
        let folder = dir.path().join(&name[name.len() - 2..]);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.json.gz")), "no game").unwrap();

        assert!(matches!(archive.restore(&store, id).await, Err(ArchiveError::Unreadable(..))));
        assert!(matches!(Archive::open("ftp://example.org/games"), Err(ArchiveError::Location(..))));
    }
}
