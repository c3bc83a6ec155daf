//! The state of the providers in SQLite. It mirrors `lua/providers.lua` and `lua/faults.lua`.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{Circuit, GameId, ProviderView, RequestId, RequestStatus, RequestWaiting, WaitReason};
use rusqlite::Row;

use super::pauses::{LeftOut, is_paused};
use super::rows::Columns;
use super::step::{Ending, PAUSED, Step};
use super::values::{corrupt, unsigned};
use super::{EmbeddedStore, StoreError, budgets, tenants};
use crate::{ClaimedProvider, LONGEST_DELAY, Lease, ProviderFault, Providers};

#[async_trait]
impl Providers for EmbeddedStore {
    async fn pause(&self, lease: &Lease, fault: &ProviderFault) -> Result<(), StoreError> {
        let (lease, fault) = (lease.clone(), fault.clone());
        self.step(move |step| {
            if !step.end_attempt(&lease, Ending::Pause, None)? {
                return Ok(());
            }
            let Some(head) = step.head(lease.game)? else { return Err(corrupt("a lane", "its head is gone")) };
            let probe_at = record_fault(step, &fault, lease.token.as_str())?;
            step.execute("UPDATE requests SET attempt = attempt - 1 WHERE id = ?1", [lease.request.to_string()])?;
            // A provider that is at fault has used nothing, unless it has narrated before.
            if !head.has_narration {
                budgets::give_back(step, lease.request)?;
            }
            step.arrive(lease.game, &head)?;
            step.move_lane(lease.game, Some("ready"), step.order_key(lease.game, &head)?)?;
            step.execute(
                "UPDATE games SET waits_for = nullif(?2, provider) WHERE id = ?1 AND waits_for IS NOT ?3",
                (lease.game.to_string(), &fault.provider, PAUSED),
            )?;
            // Idle workers wait for the earliest probe that they know of.
            step.effects.wake = true;
            append_wait(step, lease.game, lease.request, fault.reason, probe_at)
        })
        .await
    }

    async fn record_provider_fault(&self, fault: &ProviderFault) -> Result<(), StoreError> {
        let fault = fault.clone();
        self.step(move |step| {
            // Idle workers learn of its first probe.
            step.effects.wake = find(step, &fault.provider)?.is_none_or(|known| known.circuit == Circuit::Closed);
            record_fault(step, &fault, "").map(drop)
        })
        .await
    }

    async fn record_provider_success(&self, provider: &str) -> Result<(), StoreError> {
        let name = provider.to_owned();
        self.step(move |step| {
            let closed = step.execute(
                "UPDATE providers SET circuit = 'closed', reason = NULL, detail = NULL, opened_at = NULL, probe_at = NULL, \
                 failed = 0, probe = NULL, probe_game = NULL WHERE name = ?1 AND circuit <> 'closed'",
                [&name],
            )?;
            step.effects.wake |= closed > 0;
            Ok(())
        })
        .await
    }

    async fn providers(&self) -> Result<Vec<ProviderView>, StoreError> {
        self.step(|step| {
            all(step)?
                .into_iter()
                .filter(|provider| provider.name != ClaimedProvider::NO_MODEL)
                .map(|provider| {
                    Ok(ProviderView {
                        waiting: count(
                            step,
                            "lane_state = 'ready' AND ifnull(waits_for, provider) = ?1",
                            &provider.name,
                        )?,
                        in_use: if step
                            .options
                            .providers
                            .policies
                            .get(&provider.name)
                            .is_some_and(|policy| policy.max_concurrent.is_some())
                        {
                            in_use(step, &provider.name)?
                        } else {
                            0
                        },
                        name: provider.name,
                        circuit: provider.circuit,
                        reason: provider.reason,
                        detail: provider.detail,
                        opened_at: time(provider.opened_at)?,
                        probe_at: time(provider.probe_at)?,
                    })
                })
                .collect()
        })
        .await
    }
}

/// A provider as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) circuit: Circuit,
    pub(super) reason: Option<WaitReason>,
    pub(super) detail: Option<String>,
    pub(super) opened_at: Option<i64>,
    pub(super) probe_at: Option<i64>,
    pub(super) failed: u32,
    pub(super) probe: Option<String>,
    pub(super) probe_game: Option<String>,
}

const PROVIDER: &str =
    "SELECT name, circuit, reason, detail, opened_at, probe_at, failed, probe, probe_game FROM providers";

fn read(row: &Row<'_>) -> Result<Provider, StoreError> {
    let row = Columns::new("a provider", row);
    let circuit: String = row.need("circuit")?;
    Ok(Provider {
        name: row.need("name")?,
        circuit: match circuit.as_str() {
            "closed" => Circuit::Closed,
            "open" => Circuit::Open,
            _ => Circuit::HalfOpen,
        },
        reason: row.parse_optional("reason")?,
        detail: row.get("detail")?,
        opened_at: row.get("opened_at")?,
        probe_at: row.get("probe_at")?,
        failed: row.number("failed")?,
        probe: row.get("probe")?,
        probe_game: row.get("probe_game")?,
    })
}

fn all(step: &Step<'_>) -> Result<Vec<Provider>, StoreError> {
    step.all(PROVIDER, [], read)
}

/// The providers whose games claims look at.
pub(super) fn all_but_paused(step: &Step<'_>) -> Result<Vec<Provider>, StoreError> {
    let left_out = LeftOut::by(step)?;
    Ok(all(step)?.into_iter().filter(|provider| !left_out.has(&provider.name)).collect())
}

fn find(step: &Step<'_>, name: &str) -> Result<Option<Provider>, StoreError> {
    Ok(step.all(&format!("{PROVIDER} WHERE name = ?1"), [name], read)?.pop())
}

/// Adds a provider that a game uses.
pub(super) fn add(step: &Step<'_>, name: &str) -> Result<(), StoreError> {
    step.execute("INSERT OR IGNORE INTO providers (name) VALUES (?1)", [name]).map(drop)
}

/// The provider that a game's lane waits for, if that gets no calls and none serves instead.
fn blocking(step: &Step<'_>, game: GameId) -> Result<Option<Provider>, StoreError> {
    let name: Option<String> =
        step.first("SELECT ifnull(waits_for, provider) FROM games WHERE id = ?1", [game.to_string()], |row| {
            row.get(0)
        })?;
    let Some(provider) = find(step, &name.unwrap_or_default())? else { return Ok(None) };
    let is_blocked = provider.circuit != Circuit::Closed && fallback_of(step, &provider.name)?.is_none();
    Ok(is_blocked.then_some(provider))
}

/// Why a ready lane cannot be claimed.
pub(super) enum NotClaimed {
    /// Its provider gets no calls.
    Provider(String),
    /// An operator has paused the game, or everything.
    ByOperator,
}

/// Why a ready lane cannot be claimed, if it cannot.
pub(super) fn not_claimed(step: &Step<'_>, game: GameId) -> Result<Option<NotClaimed>, StoreError> {
    let sql = "SELECT ifnull(waits_for, provider) FROM games WHERE id = ?1 AND lane_state = 'ready'";
    let Some(name) = step.first(sql, [game.to_string()], |row| row.get::<_, String>(0))? else { return Ok(None) };
    let left_out = LeftOut::by(step)?;
    let is_held = tenants::is_held(&name) || tenants::paused_tenant_of(step, game)?.is_some();
    if left_out.everything || name == PAUSED || is_held {
        return Ok(Some(NotClaimed::ByOperator));
    }
    let is_open = find(step, &name)?.is_some_and(|provider| provider.circuit != Circuit::Closed);
    Ok((is_open || left_out.has(&name)).then_some(NotClaimed::Provider(name)))
}

/// Appends `request.waiting` for a new request whose lane waits for a provider that gets no calls.
pub(super) fn announce_wait(step: &mut Step<'_>, game: GameId, request: RequestId) -> Result<(), StoreError> {
    match blocking(step, game)? {
        _ if is_paused(step, game)? || tenants::paused_tenant_of(step, game)?.is_some() => Ok(()),
        Some(Provider { reason: Some(reason), probe_at: Some(probe_at), .. }) => {
            append_wait(step, game, request, reason, probe_at)
        }
        _ => Ok(()),
    }
}

fn append_wait(
    step: &mut Step<'_>,
    game_id: GameId,
    request_id: RequestId,
    reason: WaitReason,
    probe_at: i64,
) -> Result<(), StoreError> {
    let probe_at = time(Some(probe_at))?.unwrap_or_default();
    let event = RequestWaiting { request_id, game_id, status: RequestStatus::Queued, reason, probe_at };
    step.append(game_id, &event.into())
}

fn time(ms: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    ms.map(|ms| Timestamp::from_millisecond(ms).map_err(|error| corrupt("a provider", error))).transpose()
}

/// Whether the probe of a half-open provider is under way: its lease holds.
pub(super) fn is_probed(step: &Step<'_>, provider: &Provider) -> Result<bool, StoreError> {
    let held = step.first(
        "SELECT 1 FROM games WHERE id = ?1 AND token = ?2 AND lane_state = 'active' AND lane_key > ?3",
        (&provider.probe_game, &provider.probe, step.now),
        |_| Ok(()),
    )?;
    Ok(held.is_some())
}

/// The provider that serves the games of one that is not closed: its first fallback that is closed and not paused, if there is one.
pub(super) fn fallback_of(step: &Step<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let Some(policy) = step.options.providers.policies.get(name) else { return Ok(None) };
    let left_out = LeftOut::by(step)?;
    for other in &policy.fallback {
        let is_closed = find(step, other)?.is_none_or(|other| other.circuit == Circuit::Closed);
        if is_closed && !left_out.has(other) {
            return Ok(Some(other.clone()));
        }
    }
    Ok(None)
}

fn count(step: &Step<'_>, condition: &str, name: &str) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM games WHERE {condition}");
    Ok(step.first(&sql, [name], |row| row.get(0).map(unsigned))?.unwrap_or_default())
}

fn in_use(step: &Step<'_>, name: &str) -> Result<u64, StoreError> {
    count(step, "lane_state = 'active' AND serves = ?1", name)
}

pub(super) fn has_slot(step: &Step<'_>, name: &str) -> Result<bool, StoreError> {
    match step.options.providers.policies.get(name).and_then(|policy| policy.max_concurrent) {
        Some(slots) => Ok(in_use(step, name)? < u64::from(slots)),
        None => Ok(true),
    }
}

/// Records a fault that an attempt has met, or none where `token` is empty; returns when the next probe may begin.
fn record_fault(step: &Step<'_>, fault: &ProviderFault, token: &str) -> Result<i64, StoreError> {
    add(step, &fault.provider)?;
    let Some(provider) = find(step, &fault.provider)? else { return Err(corrupt("a provider", "it is gone")) };
    let options = &step.options.providers;
    let in_ms = |delay: Duration| step.now.saturating_add(ms(delay));
    let asked = in_ms(fault.retry_after.unwrap_or_default());
    let probed_by_other = provider.circuit == Circuit::HalfOpen
        && provider.probe.as_deref() != Some(token)
        && is_probed(step, &provider)?;
    let (opened_at, probe_at, failed) = match provider.circuit {
        Circuit::Closed => (step.now, asked.max(in_ms(options.probe_delay.min(options.probe_delay_max))), 0),
        Circuit::HalfOpen if !probed_by_other => {
            let failed = provider.failed.saturating_add(1);
            let doubled = options.probe_delay.saturating_mul(2_u32.saturating_pow(failed));
            (provider.opened_at.unwrap_or(step.now), asked.max(in_ms(doubled.min(options.probe_delay_max))), failed)
        }
        // A late fault of a call that began earlier: only what the provider itself asks for moves its probe.
        Circuit::Open | Circuit::HalfOpen => {
            (provider.opened_at.unwrap_or(step.now), provider.probe_at.unwrap_or(asked).max(asked), provider.failed)
        }
    };
    let detail: String = fault.detail.chars().take(ProviderFault::DETAIL_MAX).collect();
    step.execute(
        "UPDATE providers SET reason = ?2, detail = ?3, opened_at = ?4, probe_at = ?5, failed = ?6 WHERE name = ?1",
        (&fault.provider, fault.reason.as_str(), detail, opened_at, probe_at, failed),
    )?;
    if !probed_by_other {
        step.execute(
            "UPDATE providers SET circuit = 'open', probe = NULL, probe_game = NULL WHERE name = ?1",
            [&fault.provider],
        )?;
    }
    Ok(probe_at)
}

pub(super) fn ms(delay: Duration) -> i64 {
    i64::try_from(delay.min(LONGEST_DELAY).as_millis()).unwrap_or(i64::MAX)
}

/// Records which provider a lease uses.
pub(super) fn serve(step: &Step<'_>, game: GameId, provider: &ClaimedProvider, token: &str) -> Result<(), StoreError> {
    let key = game.to_string();
    let policy = step.options.providers.policies.get(&provider.name);
    let is_noted = provider.is_probe || policy.is_some_and(|policy| policy.max_concurrent.is_some());
    step.execute(
        "UPDATE games SET waits_for = NULL, serves = iif(?3 OR provider <> ?2, ?2, NULL) WHERE id = ?1",
        (&key, &provider.name, is_noted),
    )?;
    if provider.is_probe {
        step.execute(
            "UPDATE providers SET circuit = 'half_open', probe = ?2, probe_game = ?3 WHERE name = ?1",
            (&provider.name, token, &key),
        )?;
    }
    Ok(())
}

/// The provider that a lease uses.
pub(super) fn served(step: &Step<'_>, game: GameId, token: &str) -> Result<ClaimedProvider, StoreError> {
    let found = step.first(
        "SELECT ifnull(serves, provider) AS used, \
         (SELECT probe FROM providers WHERE name = ifnull(serves, provider)) IS ?2 FROM games WHERE id = ?1",
        (game.to_string(), token),
        |row| Ok(ClaimedProvider { name: row.get("used")?, is_probe: row.get(1)? }),
    )?;
    Ok(found.unwrap_or_default())
}
