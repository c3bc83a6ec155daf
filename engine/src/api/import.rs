//! `POST /v1/gamestate/import`: a game from another engine, or from another time of this one.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::{EXPORT_VERSION, ExportedTurn, GameExport, GameId, ImportGame, ImportIds, Problem, ProblemType};

use super::account::Account;
use super::body::Body;
use super::caller::Caller;
use super::error::ApiError;
use super::games::{check_name, created, store_new};
use super::{Api, idempotency};
use crate::store::{GameContents, GameDocument, StoredTurn};

/// Imports a game. A client that names it by an `Idempotency-Key` gets the same game when it asks again.
pub(super) async fn post(
    State(api): State<Api>,
    caller: Caller,
    account: Account,
    headers: HeaderMap,
    Body(import): Body<ImportGame>,
) -> Result<Response, ApiError> {
    // The document may be large, and it is what the key stands for; its id is enough to distinguish it from another one.
    let key = idempotency::key(&headers, &("import", import.game.id))?;
    let own = import.game.id;
    let id = match (import.ids, &key) {
        (ImportIds::Keep, _) => own,
        (ImportIds::New, Some(key)) => idempotency::game_under(own, &key.key),
        (ImportIds::New, None) => GameId::new(),
    };
    let contents = GameContents { owner: caller.owner(None)?, ..checked(&api, import)? };
    match api.store.game(id).await? {
        None => {}
        // It was imported before, by the same owner, and nothing has happened since or its key says so.
        Some(known)
            if known.owner == contents.owner
                && (key.is_some() && id != own || known.version == 1 && known.document == contents.document) => {}
        Some(_) => {
            let detail = format!("there is a game {id} already: delete it first, or import with `\"ids\": \"new\"`");
            return Err(Problem::new(ProblemType::GameExists, detail).into());
        }
    }
    let is_owned = contents.owner.is_some();
    store_new(&api, account, id, contents).await?;
    created(&api, &caller, id, is_owned).await
}

fn checked(api: &Api, import: ImportGame) -> Result<GameContents, Problem> {
    let GameExport { version, name, provider, branched_from, last_turn, state, chat_history, turns, .. } = import.game;
    if version == 0 || version > EXPORT_VERSION {
        let detail = format!("it is {version}, and this engine reads documents up to version {EXPORT_VERSION}");
        return Err(Problem::field("/game/version", detail));
    }
    if let Some(name) = &name {
        check_name(name)?;
    }
    let (provider, pointer) = match import.provider {
        Some(provider) => (provider, "/provider"),
        None => (provider, "/game/provider"),
    };
    if api.models.get(&provider).is_none() {
        let names = api.models.list().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!("there is no provider `{provider}`; configured: {names}. Name another one as `/provider`");
        return Err(Problem::field(pointer, detail));
    }
    if api.library.scenario(&state.scenario).is_none() {
        let detail = format!("the scenario `{}` is not among the content of this engine", state.scenario);
        return Err(Problem::field("/game/state/scenario", detail));
    }
    let turns = records(turns, last_turn, chat_history.len() as u64)?;
    let document = GameDocument { provider, state, turns: Some(last_turn), branched_from };
    Ok(GameContents { turns, name, ..GameContents::new(document, chat_history) })
}

/// The records of a document: without a gap, up to its last turn.
fn records(turns: Vec<ExportedTurn>, last: u64, messages: u64) -> Result<Vec<StoredTurn>, Problem> {
    let first = (last + 1).saturating_sub(turns.len() as u64);
    let mut stored = Vec::with_capacity(turns.len());
    for (n, (turn, expected)) in turns.into_iter().zip(first..).enumerate() {
        let wrong = |part: &str, detail: String| Problem::field(format!("/game/turns/{n}/{part}"), detail);
        let ExportedTurn { record, undo, messages_before } = turn;
        if record.turn != expected {
            let detail = format!("it is turn {}, and turn {expected} comes here: the last one is {last}", record.turn);
            return Err(wrong("record/turn", detail));
        }
        if messages_before > messages {
            return Err(wrong(
                "messages_before",
                format!("it is {messages_before}, and the history has {messages} messages"),
            ));
        }
        let undo = serde_json::from_value(undo).map_err(|error| wrong("undo", error.to_string()))?;
        stored.push(StoredTurn { record, undo, messages_before });
    }
    Ok(stored)
}
