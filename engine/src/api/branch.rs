//! `POST /v1/gamestate/{id}/branch`: a new game that goes on from a turn of another one.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::{BranchGame, BranchedFrom, GameId, Problem, ProblemType};
use store::{Game, GameContents, GameDocument, turns_up_to};
use story::ChatMessage;

use super::account::Account;
use super::body::Body;
use super::caller::Caller;
use super::error::ApiError;
use super::game_version::unknown_game;
use super::games::{check_name, created, store_new};
use super::json_bytes::json_bytes;
use super::path::Id;
use super::rewind::before_turn;
use super::{Api, apart, idempotency};

/// How often a game is read again if it changes during the operation.
const TRIES: usize = 5;

/// Makes a branch. A client that names it by an `Idempotency-Key` gets the same game when it asks again.
pub(super) async fn post(
    State(api): State<Api>,
    caller: Caller,
    account: Account,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(branch): Body<BranchGame>,
) -> Result<Response, ApiError> {
    if let Some(name) = &branch.name {
        check_name(name)?;
    }
    let key = idempotency::key(&headers, &("branch", &branch))?;
    let new_id = key.as_ref().map_or_else(GameId::new, |key| idempotency::game_under(id, &key.key));
    if let Some(made) = api.store.game(new_id).await? {
        let is_same = made
            .document
            .branched_from
            .is_some_and(|from| from.game_id == id && branch.turn.is_none_or(|turn| turn == from.turn));
        if !is_same {
            let detail = "another branch was made under this key: a new branch needs a new `Idempotency-Key`";
            return Err(Problem::new(ProblemType::KeyReused, detail).into());
        }
        return created(&api, &caller, new_id, made.owner.is_some()).await;
    }
    // It costs as much as an import of the same game.
    let turn = api.imports.turn(account.one_of(), account.tenant.clone()).await?;
    for _ in 0..TRIES {
        let (game, history) = api.store.game_with_history(id, usize::MAX).await?.ok_or_else(|| unknown_game(id))?;
        let last = branch.turn.unwrap_or(game.document.last_turn());
        let branched = up_to(&api, &game, history, last, branch.name.clone()).await;
        // A game that was changed while it was read is read again.
        if api.store.game(id).await?.is_none_or(|now| now.version != game.version) {
            continue;
        }
        let branched = branched?;
        let (branched, bytes) = apart::on_game(branched.history.len(), move || {
            let bytes = json_bytes(&(&branched.document.state, &branched.history, &branched.turns));
            (branched, bytes)
        })
        .await?;
        let bytes = bytes?;
        turn.hold(bytes).await?;
        let _only = turn.document(bytes).await?;
        store_new(&api, account, new_id, branched, bytes as u64).await?;
        return created(&api, &caller, new_id, game.owner.is_some()).await;
    }
    Err(Problem::new(ProblemType::GameBusy, "the game changes faster than it can be read: try again").into())
}

/// A game as another one was after a turn.
async fn up_to(
    api: &Api,
    game: &Game,
    mut history: Vec<ChatMessage>,
    turn: u64,
    name: Option<String>,
) -> Result<GameContents, ApiError> {
    let state = if turn == game.document.last_turn() {
        game.document.state.clone()
    } else {
        let (state, next) = before_turn(api, game, turn.saturating_add(1)).await?;
        history.truncate(usize::try_from(next.messages_before).unwrap_or(usize::MAX));
        state
    };
    let from = BranchedFrom { game_id: game.id, turn };
    let document = GameDocument { state, turns: Some(turn), branched_from: Some(from), ..game.document.clone() };
    Ok(GameContents {
        turns: turns_up_to(&*api.store, game.id, turn).await?,
        name: name.or_else(|| game.name.clone()),
        owner: game.owner.clone(),
        ..GameContents::new(document, history)
    })
}
