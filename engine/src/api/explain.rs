//! `GET /v1/gamestate/{id}/explain`: why conditionals fire or wait, exits are open or closed, and effects were refused. It shows what is
//! hidden from players, so players may not call it.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use protocol::{ExplainView, GameId, Problem, ProblemType, RequestType, TurnRecord};
use serde::Deserialize;
use serde_json::Value;
use store::{Game, StoredTurn, TurnRange};
use story::{GameState, Input, Library, Refusal};

use super::Api;
use super::error::ApiError;
use super::game_version::{busy, unknown_game};
use super::path::Id;
use super::rewind::before_turn;

/// How often a game is read that has another turn by the time it is explained.
const TRIES: usize = 5;

/// `?turn=`
#[derive(Debug, Deserialize)]
pub(super) struct ExplainQuery {
    turn: Option<u64>,
}

/// Explains a game.
pub(super) async fn get(
    State(api): State<Api>,
    Id(id): Id<GameId>,
    asked: Result<Query<ExplainQuery>, QueryRejection>,
) -> Result<Json<ExplainView>, ApiError> {
    let Query(ExplainQuery { turn }) =
        asked.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    for _ in 0..TRIES {
        let game = api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
        let view = explain(&api, &game, turn).await;
        // Game and records are read one after the other: only a game that has not changed meanwhile goes with its records.
        if api.store.game(id).await?.is_some_and(|now| now.version == game.version) {
            return Ok(Json(view?));
        }
    }
    Err(busy().into())
}

async fn explain(api: &Api, game: &Game, turn: Option<u64>) -> Result<ExplainView, ApiError> {
    let last = game.document.last_turn();
    let shown = turn.unwrap_or(last);
    let state = match shown {
        _ if shown == last => game.document.state.clone(),
        // It is refused in the words for this turn, not for the next one.
        _ if shown > last => before_turn(api, game, shown).await?.0,
        _ => before_turn(api, game, shown.saturating_add(1)).await?.0,
    };
    let library = &api.library;
    let unplayable = |why: String| Problem::new(ProblemType::UnknownContent, why);
    let scenario = library
        .scenario(&state.scenario)
        .ok_or_else(|| unplayable(format!("the game's scenario `{}` does not exist", state.scenario)))?;
    let record = match shown {
        0 => None,
        _ => record(api, game, shown).await?,
    };
    let changes = record.as_ref().map_or(&[][..], |stored| &stored.record.changes);
    let explained = story::explain(scenario, &state, changes);
    let rejections = match &record {
        Some(stored) if !stored.record.rejections.is_empty() => {
            // Without the state before the turn, the reasons are all that is known.
            let before = before_turn(api, game, shown).await.ok().map(|(before, _)| before);
            refusals(library, before.as_ref(), &stored.record)
        }
        _ => Vec::new(),
    };
    Ok(ExplainView {
        game_id: game.id,
        turn: shown,
        scene: state.scene_name,
        location: state.user_location,
        conditionals: explained.conditionals,
        exits: explained.exits,
        rejections,
    })
}

/// The record of a turn, if it is kept.
async fn record(api: &Api, game: &Game, turn: u64) -> Result<Option<StoredTurn>, ApiError> {
    let page = api.store.turns(game.id, TurnRange::From(turn), 1).await?;
    Ok(page.turns.into_iter().next().filter(|stored| stored.record.turn == turn))
}

/// What was refused, as the record has it, with the parts of each rule: the turn is applied once more to find them. A rejection that
/// does not come again, because the content has changed since, stays without.
fn refusals(library: &Library, before: Option<&GameState>, record: &TurnRecord) -> Vec<Refusal> {
    let mut again = before.and_then(|before| apply_again(library, before, record)).unwrap_or_default();
    let with_parts = |rejection: &story::Rejection| {
        let same = |refusal: &Refusal| {
            (&refusal.author, &refusal.effect, &refusal.reason)
                == (&rejection.author, &rejection.effect, &rejection.reason)
        };
        let found = again.iter().position(same).map(|at| again.swap_remove(at));
        found.unwrap_or_else(|| rejection.clone().with(Vec::new()))
    };
    record.rejections.iter().map(with_parts).collect()
}

fn apply_again(library: &Library, before: &GameState, record: &TurnRecord) -> Option<Vec<Refusal>> {
    let proposed = match record.proposed.as_ref()? {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let delta = story::parse_delta(&proposed).ok()?.delta;
    let message = record.message.clone();
    let input = match record.kind {
        RequestType::Chat => Input::Player { message, actor: record.actor.clone() },
        RequestType::StoryEvent => Input::story_event(message),
    };
    story::refusals(library, before, &delta, &input).ok()
}
