//! Which ready games a claim considers in SQLite: the next one, and when there is something to do again.
//! It mirrors `candidates` of `lua/lease.lua`.

use protocol::{Circuit, GameId};

use super::pauses::ended_at;
use super::providers::{all_but_paused, fallback_of, has_slot, is_probed, ms};
use super::rows;
use super::step::Step;
use super::{StoreError, tenants};
use crate::ClaimedProvider;

/// The ready game that is claimed next, and the provider that serves it. In fair order that is the one to which its tenant gives the turn.
pub(super) fn next_ready(step: &mut Step<'_>) -> Result<Option<(GameId, ClaimedProvider)>, StoreError> {
    let mut next: Option<(i64, String, String, ClaimedProvider)> = None;
    for provider in all_but_paused(step)? {
        let Some((game, key)) = first_claimable(step, &provider.name)? else { continue };
        if next.as_ref().is_some_and(|(earlier, ..)| *earlier <= key) {
            continue;
        }
        let is_probe = match provider.circuit {
            Circuit::Closed => false,
            Circuit::Open => provider.probe_at.is_none_or(|at| at <= step.now),
            Circuit::HalfOpen => !is_probed(step, &provider)?,
        };
        let serving = match provider.circuit {
            _ if is_probe => Some(provider.name.clone()),
            Circuit::Closed => Some(provider.name.clone()),
            Circuit::Open | Circuit::HalfOpen => fallback_of(step, &provider.name)?,
        };
        if let Some(name) = serving
            && (is_probe || has_slot(step, &name)?)
        {
            next = Some((key, game, provider.name, ClaimedProvider { name, is_probe }));
        }
    }
    let Some((key, game, waits_for, provider)) = next else { return Ok(None) };
    Ok(Some((step.give_turn(rows::id(&game)?, key, &waits_for)?, provider)))
}

/// The first ready game whose tenant is not paused; those before it are held.
fn first_claimable(step: &mut Step<'_>, provider: &str) -> Result<Option<(String, i64)>, StoreError> {
    for _ in 0..tenants::STEP {
        let Some((game, key)) = first_ready(step, provider)? else { return Ok(None) };
        let id = rows::id(&game)?;
        let Some(tenant) = tenants::paused_tenant_of(step, id)? else { return Ok(Some((game, key))) };
        tenants::hold(step, id, &tenant)?;
    }
    // There may be more to hold: the next claim goes on at once.
    step.effects.wake = true;
    Ok(None)
}

fn first_ready(step: &Step<'_>, provider: &str) -> Result<Option<(String, i64)>, StoreError> {
    step.first(
        "SELECT id, lane_key FROM games WHERE lane_state = 'ready' AND ifnull(waits_for, provider) = ?1 \
         ORDER BY lane_key LIMIT 1",
        [provider],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// When the next probe may begin or the next request is given up, in ms since 1970, if a game waits for that.
pub(super) fn next_due(step: &mut Step<'_>) -> Result<Option<i64>, StoreError> {
    let mut due = Vec::new();
    for provider in all_but_paused(step)? {
        let Some((game, _)) = first_claimable(step, &provider.name)? else { continue };
        if provider.circuit == Circuit::Open {
            due.extend(provider.probe_at);
        }
        let gives_up = !step.options.providers.give_up_after.is_zero();
        if provider.circuit != Circuit::Closed && gives_up && fallback_of(step, &provider.name)?.is_none() {
            let enqueued: Option<i64> = step.first(
                "SELECT max(enqueued_at, ifnull((SELECT CAST(value AS INTEGER) FROM owners JOIN meta \
                 ON name = 'resumed:tenant:' || tenant WHERE owners.game_id = ?1), 0)) \
                 FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place LIMIT 1",
                [&game],
                |row| row.get(0),
            )?;
            let since = enqueued.max(provider.opened_at).max(Some(ended_at(step, &provider.name)?));
            due.extend(since.map(|since| since.saturating_add(ms(step.options.providers.give_up_after))));
        }
    }
    Ok(due.into_iter().min())
}
