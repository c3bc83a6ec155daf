//! A change of a game: planned from the game as it is, made if it still is so, answered as at first when it is repeated.

use axum::Json;
use axum::http::HeaderMap;
use protocol::{GameId, GameRewound, GameRewritten, IfBusy, Priority, Problem, ProblemType};
use serde::Serialize;
use store::{ChangeDone, Changed, Game, GameChange, GameDocument, IdempotencyKey, NewRequest};

use super::super::account::{Account, CallLimits};
use super::super::caller::Caller;
use super::super::error::{ApiError, internal};
use super::super::game_version::{conflict, if_match, unknown_game};
use super::super::{Api, chat, idempotency};
use super::draft::Draft;
use super::patience::Patience;
use super::plan::{RewindKind, plan};

/// How often a change is planned when a turn's commit comes between its reading and its step.
const TRIES: usize = 5;

/// What a client asks for, besides the change itself.
pub(super) struct RewindOptions {
    expected: Option<u64>,
    if_busy: IfBusy,
    /// Of the request that plays on, if there is one.
    priority: Priority,
    key: IdempotencyKey,
    /// Whether the client may repeat it: it has named it.
    is_named: bool,
}

impl RewindOptions {
    pub(super) fn new(
        operation: &str,
        caller: &Caller,
        headers: &HeaderMap,
        body: &impl Serialize,
        if_busy: IfBusy,
    ) -> Result<Self, Problem> {
        let expected = if_match(headers)?;
        let named = idempotency::key(headers, &(operation, body))?;
        let is_named = named.is_some();
        let priority = caller.priority(Priority::default());
        Ok(Self { expected, if_busy, priority, key: named.unwrap_or_else(idempotency::own_key), is_named })
    }
}

/// Makes a game what is wanted of it. With [`IfBusy::Enqueue`] it waits until nothing is unfinished in the game.
pub(super) async fn change(
    api: &Api,
    id: GameId,
    account: Account,
    asked: RewindOptions,
    wanted: RewindKind,
) -> Result<Json<GameRewritten>, ApiError> {
    let charges = account.message(&api.tiers);
    let patience = Patience::new(api, id);
    let mut tries = 0;
    while tries < TRIES {
        // A change that was made before is answered as it was then, whatever has happened to its game: also by a repeat of this
        // call that came while it waited.
        if asked.is_named
            && let Some(found) = api.store.find_change(id, &asked.key).await?
        {
            return answer(id, found);
        }
        // Before it is planned: what the player said last, and whether there is a turn to go back to, is known when all is done.
        if asked.if_busy == IfBusy::Enqueue && !patience.until_idle().await? {
            break;
        }
        let game = api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
        if asked.expected.is_some_and(|version| version != game.version) {
            return Err(conflict(game.version).into());
        }
        let draft = match plan(api, &game, &wanted).await {
            // What was planned from has changed meanwhile.
            Err(_) if api.store.game(id).await?.is_some_and(|now| now.version != game.version) => {
                tries += 1;
                continue;
            }
            planned => planned?,
        };
        let Some(draft) = draft else {
            let (version, turn, cursor) = (game.version, game.document.last_turn(), game.cursor);
            return Ok(Json(GameRewritten { game_id: id, version, turn, cursor, request: None }));
        };
        let change = of_draft(&game, &asked, draft, &charges)?;
        match api.store.change_game(&change).await? {
            Changed::Limited(limited) => return Err(charges.refusal(limited)),
            // Something was queued between the look and the step.
            Changed::Busy if asked.if_busy == IfBusy::Enqueue => continue,
            Changed::Version(_) if asked.expected.is_none() => {}
            outcome => return answer(id, outcome),
        }
        tries += 1;
    }
    Err(busy().into())
}

fn of_draft(game: &Game, asked: &RewindOptions, draft: Draft, charges: &CallLimits) -> Result<GameChange, ApiError> {
    let Draft { cause, state, turn, history, turns, tries, request } = draft;
    let event = GameRewound {
        request_id: None,
        game_id: game.id,
        cause,
        version: game.version + 1,
        turn,
        location: state.user_location.clone(),
        scene: state.scene_name.clone(),
        is_ended: state.is_ended,
    };
    let tries = (!tries.is_empty()).then(|| serde_json::to_string(&tries)).transpose();
    Ok(GameChange {
        game: game.id,
        expected: game.version,
        if_busy: asked.if_busy,
        key: asked.key.clone(),
        document: GameDocument { state, turns: Some(turn), ..game.document.clone() },
        history,
        turns,
        tries: tries.map_err(|error| internal(&error))?,
        event: event.into(),
        // What asks for no turn is free.
        charges: if request.is_some() { charges.charges.clone() } else { Vec::new() },
        request: request.map(|request| NewRequest {
            priority: asked.priority,
            budgets: charges.budgets.clone(),
            ..request
        }),
    })
}

fn answer(game_id: GameId, changed: Changed) -> Result<Json<GameRewritten>, ApiError> {
    let problem = match changed {
        Changed::Done(ChangeDone { version, turn, cursor, request }) => {
            let request = request.map(|accepted| chat::view(&accepted, game_id));
            return Ok(Json(GameRewritten { game_id, version, turn, cursor, request }));
        }
        Changed::Unknown => unknown_game(game_id),
        Changed::Busy => busy(),
        Changed::Version(version) => conflict(version),
        Changed::KeyReused => {
            let detail = "another change was made under this key: a new change needs a new `Idempotency-Key`";
            Problem::new(ProblemType::KeyReused, detail)
        }
        // Who charges a request answers the limit by itself.
        Changed::Limited(_) | Changed::QueueFull => {
            Problem::new(ProblemType::QueueFull, "as many requests wait as may: try again later")
        }
    };
    Err(problem.into())
}

fn busy() -> Problem {
    let detail = "the game has unfinished requests: try again when they are done, cancel them, or say \
                  `\"if_busy\": \"interrupt\"` to cancel them with this change";
    Problem::new(ProblemType::GameBusy, detail)
}
