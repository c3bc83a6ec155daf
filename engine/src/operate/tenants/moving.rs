//! `engine tenants move`: the games of a tenant go to the store of its tier, one by one, through the archive.
//!
//! A game leaves the one store as it leaves for the archive: only as it was found, idle, and once its file has been read back. Then it comes
//! back from there, in the other store. So it is never in both, whatever dies, and a request that comes in between brings it back itself.
//! A copy from store to store would need an order of two truths for as long as both have it, also after a crash, for every process that
//! looks for a game by its id.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{GameId, PauseScope, Tenant};
use store::tiers::TierStore;
use store::{Game, GamesOf, IdleGame, ListedGame, NewAuditEntry, SharedStore, StoreError};
use tokio::time::Instant;

use super::OperateError;
use crate::api::Actor;
use crate::config::Config;
use crate::outln;
use crate::retention::{Archive, ArchiveError, Taken};
use crate::serve::{self, ServeError};

/// How many games are read at a time.
const PAGE: usize = 100;
/// How soon games that were played are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A move from one store to another.
struct Move<'a> {
    archive: &'a Archive,
    from: &'a SharedStore,
    to: &'a SharedStore,
}

/// What became of a game.
enum Moved {
    Done,
    Stays(Stay),
}

/// Why a game stays.
struct Stay {
    why: String,
    /// Whether it may move once it is tried again.
    is_for_now: bool,
}

impl Stay {
    fn for_good(why: &str) -> Self {
        Self { why: why.to_owned(), is_for_now: false }
    }

    fn for_now(why: &str) -> Self {
        Self { why: why.to_owned(), is_for_now: true }
    }

    fn unreadable(reason: &str) -> Self {
        Self::for_good(&format!("it cannot be read, as `engine fsck` says too: {reason}"))
    }
}

/// Moves all games of a tenant that are not in the store of its tier yet.
pub(super) async fn move_tenant(
    config: &Config,
    tenant: &Tenant,
    to: &str,
    wait: Duration,
) -> Result<(), OperateError> {
    let target = config.storing_tier(tenant.as_str());
    if config.tier_named(tenant.as_str()) != to {
        return Err(OperateError::OtherTier { tenant: tenant.clone(), to: to.to_owned() });
    }
    let Some(archive) = &config.retention.archive else { return Err(OperateError::MovesThroughArchive) };
    let archive = Archive::open(archive).map_err(ServeError::from)?;
    let tiers = serve::open_tiers(config).await?;
    let store_of = |name: &str| tiers.iter().find(|tier| tier.name() == name).map(TierStore::get);
    let (Some(to_store), Some(default)) = (store_of(target), store_of(crate::config::DEFAULT_TIER)) else {
        return Err(OperateError::OtherTier { tenant: tenant.clone(), to: to.to_owned() });
    };
    let (to_store, default) = (to_store.map_err(OperateError::from)?, default.map_err(OperateError::from)?);

    let deadline = Instant::now() + wait;
    let mut count = finish(&archive, &tiers, to_store).await?;
    let stays = loop {
        let mut stays = Vec::new();
        for tier in tiers.iter().filter(|tier| tier.name() != target) {
            let moving = Move { archive: &archive, from: tier.get()?, to: to_store };
            count += moving.all_of(tenant, &mut stays).await?;
        }
        if !stays.iter().any(|(_, stay)| stay.is_for_now) || Instant::now() >= deadline {
            break stays;
        }
        tokio::time::sleep(AGAIN).await;
    };
    let outcome = if stays.is_empty() { "done".to_owned() } else { format!("{} stay", stays.len()) };
    let subject = format!("{tenant} to {to}: {count} games");
    let by = Actor::local_command().0;
    let entry = NewAuditEntry { nonce: rand::random(), by, action: "moveTenant".to_owned(), subject, outcome };
    default.record_audit(&entry).await?;
    outln!("{count} games of {tenant} are moved to the tier {to}");
    for (game, stay) in &stays {
        outln!("{game} stays: {}", stay.why);
    }
    if stays.is_empty() { Ok(()) } else { Err(OperateError::GamesStay { count: stays.len() }) }
}

/// Brings back what an earlier command has taken and not put down again.
async fn finish(archive: &Archive, tiers: &[TierStore], to: &SharedStore) -> Result<u64, OperateError> {
    let mut count = 0;
    for game in archive.under_way().await? {
        let mut is_in_a_store = false;
        for tier in tiers {
            is_in_a_store |= match tier.get()?.game(game).await {
                // It is there, whatever else is wrong with it.
                Err(StoreError::Corrupt { .. }) => true,
                found => found?.is_some(),
            };
        }
        // A store's own game is newer than a file.
        if !is_in_a_store && archive.restore(to, game).await? {
            count += 1;
        }
        archive.set_under_way(game, false).await?;
    }
    Ok(count)
}

impl Move<'_> {
    /// Moves what is idle, and adds what is not.
    async fn all_of(&self, tenant: &Tenant, stays: &mut Vec<(GameId, Stay)>) -> Result<u64, OperateError> {
        let held = self.from.pauses().await?.into_iter();
        let paused: BTreeSet<GameId> = held
            .filter_map(|pause| if let PauseScope::Game { game_id } = pause.what { Some(game_id) } else { None })
            .collect();
        let with_letters = self.with_dead_letters(tenant).await?;
        let (mut after, mut count) = (None, 0);
        loop {
            let page = self.from.games(&GamesOf::Tenant(tenant.clone()), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.cursor());
            for game in page {
                let id = game.id();
                let moved = match game {
                    ListedGame::Unreadable(game) => Moved::Stays(Stay::unreadable(&game.reason)),
                    ListedGame::Readable(_) if paused.contains(&id) => Moved::Stays(Stay::for_good(
                        "an operator has paused it, which would not move with it: resume it first",
                    )),
                    ListedGame::Readable(_) if with_letters.contains(&id) => Moved::Stays(Stay::for_good(
                        "it has dead letters, which would not move with it: retry or delete them first",
                    )),
                    ListedGame::Readable(game) => self.one(&as_found(*game)).await?,
                };
                match moved {
                    Moved::Done => count += 1,
                    Moved::Stays(stay) => stays.push((id, stay)),
                }
            }
        }
    }

    /// The games of a tenant that have dead letters: a retry looks for the game where the letter is.
    async fn with_dead_letters(&self, tenant: &Tenant) -> Result<BTreeSet<GameId>, OperateError> {
        let (mut games, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.from.dead_letters(after, PAGE).await?;
            let its = page.dead_letters.iter().filter(|letter| letter.tenant.as_ref() == Some(tenant));
            games.extend(its.map(|letter| letter.game_id));
            let Some(next) = page.next else { return Ok(games) };
            let next = next.parse().map_err(|error: store::DeadLetterIdError| StoreError::Corrupt {
                what: "the list of dead letters".to_owned(),
                reason: error.to_string(),
            })?;
            after = Some(next);
        }
    }

    async fn one(&self, found: &IdleGame) -> Result<Moved, ArchiveError> {
        let id = found.id;
        self.archive.set_under_way(id, true).await?;
        let taken = match self.archive.take(self.from, found).await {
            Err(ArchiveError::Store(StoreError::Corrupt { what, reason })) => {
                self.archive.set_under_way(id, false).await?;
                return Ok(Moved::Stays(Stay::unreadable(&format!("{what}: {reason}"))));
            }
            taken => taken?,
        };
        if taken == Taken::Gone {
            self.archive.restore(self.to, id).await?;
        }
        self.archive.set_under_way(id, false).await?;
        if taken == Taken::Stays {
            return Ok(Moved::Stays(Stay::for_now("it is played at this moment")));
        }
        if self.from.game(id).await?.is_some() {
            // It was asked for at this moment, by a process that takes the old store for its home.
            self.to.delete_game(id, None).await?;
            let why = "a process has brought it back that has an older configuration: restart it";
            return Ok(Moved::Stays(Stay::for_good(why)));
        }
        Ok(Moved::Done)
    }
}

/// A game as it was found, idle or not: what has changed since stays.
fn as_found(Game { id, version, updated_at, .. }: Game) -> IdleGame {
    IdleGame { id, version, updated_at, idle: Duration::ZERO }
}
