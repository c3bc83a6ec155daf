//! Requests that have waited too long for a provider, in SQLite. It mirrors `lua/recover.lua`.

use protocol::{Attempt, AttemptOutcome, Circuit, GameId, Problem, WaitReason};

use super::pauses::ended_at;
use super::providers::{Provider, add, all_but_paused, fallback_of, ms};
use super::rows::{self, to_json, unavailable};
use super::step::{Head, PAUSED, Step};
use super::{StoreError, tenants};
use crate::{ClaimedProvider, Completion, waited_too_long};

/// How many requests one step gives up.
const BATCH: i64 = 64;

/// Gives requests up that have waited too long for a provider.
pub(super) fn give_up(step: &mut Step<'_>) -> Result<(), StoreError> {
    let give_up_after = ms(step.options.providers.give_up_after);
    for provider in waiting(step)? {
        // What was paused has not waited for the provider: it begins to when the pause ends.
        let since = provider.opened_at.max(Some(ended_at(step, &provider.name)?));
        let games = step.all(
            "SELECT games.id FROM games JOIN requests ON game_id = games.id AND place = \
             (SELECT min(place) FROM requests WHERE game_id = games.id AND status IN ('queued', 'processing')) \
             AND status IN ('queued', 'processing') \
             WHERE lane_state = 'ready' AND ifnull(waits_for, provider) = ?1 AND max(enqueued_at, ?2, ifnull((SELECT CAST(value AS INTEGER) FROM owners JOIN meta ON name = 'resumed:tenant:' || tenant \
             WHERE owners.game_id = games.id), 0)) <= ?3 \
             ORDER BY lane_key LIMIT ?4",
            (&provider.name, since, step.now.saturating_sub(give_up_after), BATCH),
            |row| rows::id(&row.get::<_, String>(0).map_err(unavailable)?),
        )?;
        for game in games {
            if let Some(tenant) = tenants::paused_tenant_of(step, game)? {
                tenants::hold(step, game, &tenant)?;
            } else if let Some(head) = step.head(game)? {
                give_up_request(step, game, &head, &provider)?;
            }
        }
    }
    Ok(())
}

/// Gives a request up. What a player has read is not taken back: of a request with a narration only the delta is given up, and its game
/// is ready for a commit that needs no model. Any other request becomes a dead letter.
fn give_up_request(step: &mut Step<'_>, game: GameId, head: &Head, provider: &Provider) -> Result<(), StoreError> {
    let reason = provider.reason.unwrap_or(WaitReason::Unreachable);
    if head.has_narration {
        let why = format!("the storyteller was not ready for too long ({reason})");
        let delta = to_json(&Completion::given_up(why))?;
        let request = head.request.to_string();
        step.execute("UPDATE requests SET delta = ifnull(delta, ?2) WHERE id = ?1", (request, delta))?;
        add(step, ClaimedProvider::NO_MODEL)?;
        step.make_ready(game)?;
        step.execute(
            "UPDATE games SET waits_for = ?2 WHERE id = ?1 AND waits_for IS NOT ?3",
            (game.to_string(), ClaimedProvider::NO_MODEL, PAUSED),
        )?;
        return Ok(());
    }
    let problem = waited_too_long(step.options);
    let detail = provider.detail.as_deref().unwrap_or_default();
    let in_full = format!("{}; provider `{}` ({reason}): {detail}", problem.detail, provider.name);
    // The attempt that met the fault was not counted.
    let last = Head { attempt: Attempt(head.attempt.0.saturating_add(1)), ..head.clone() };
    step.record(&last, AttemptOutcome::Failed, Some(&Problem { detail: in_full, ..problem.clone() }))?;
    step.dead_letter(game, head, &problem)?;
    step.make_ready(game)
}

/// The providers for which requests wait that are given up in time.
fn waiting(step: &Step<'_>) -> Result<Vec<Provider>, StoreError> {
    if step.options.providers.give_up_after.is_zero() {
        return Ok(Vec::new());
    }
    let mut waiting = Vec::new();
    for provider in all_but_paused(step)? {
        if provider.circuit != Circuit::Closed && fallback_of(step, &provider.name)?.is_none() {
            waiting.push(provider);
        }
    }
    Ok(waiting)
}
