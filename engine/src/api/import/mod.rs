//! `POST /v1/gamestate/import`: a game from another engine, or from another time of this one.

mod bounds;
mod by_player;
mod turns;

use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::{
    EXPORT_VERSION, EventId, ExportedTurn, GameExport, GameId, ImportGame, ImportIds, Problem, ProblemType, User,
};
use store::{Changed, GameContents, GameDocument, IdempotencyKey, Owner, RememberedChange, StoredTurn};

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::task::spawn_blocking;

use super::account::Account;
use super::caller::Caller;
use super::error::{ApiError, internal};
use super::games::{check_name, created, store_new};
use super::{Api, body, idempotency};

pub(super) use self::bounds::check_size;
pub use self::turns::ImportTurns;
use self::turns::Turn;

/// Imports a game. A client that names it by an `Idempotency-Key` gets the same game when it asks again.
pub(super) async fn post(
    State(api): State<Api>,
    caller: Caller,
    account: Account,
    headers: HeaderMap,
    body: ImportBody,
) -> Result<Response, ApiError> {
    let owner = caller.owner(None)?;
    let bytes = body.bytes.len();
    let Document { own, ids, key, contents } = read_apart(&api, body, headers, caller.sees_hidden()).await?;
    if ids == ImportIds::Keep && !caller.may_keep_ids() {
        let detail =
            "an operator may keep the id: statuses of the game that had it may still be there; leave `ids` out";
        return Err(Problem::field("/ids", detail).into());
    }
    let (id, made_under) = match (ids, key) {
        (ImportIds::Keep, _) => (own, None),
        // Others may import the same document under the same key.
        (ImportIds::New, Some(key)) => {
            let id = idempotency::game_under(own, &of_owner(owner.as_ref(), &key.key));
            (id, Some(IdempotencyKey { key: format!("import {}", key.key), ..key }))
        }
        (ImportIds::New, None) => (GameId::new(), None),
    };
    let mut contents = GameContents { owner, ..contents };
    if let Some(known) = api.store.game(id).await? {
        let is_own = known.owner == contents.owner;
        match &made_under {
            // It was imported before, and nothing has happened since.
            None if is_own && known.version == 1 && known.document == contents.document => {}
            // Its key says that it was imported before. What has happened since is not undone.
            Some(key) if is_own => {
                if api.store.find_change(id, key).await? == Some(Changed::KeyReused) {
                    let detail =
                        "something else was imported under this key: a new import needs a new `Idempotency-Key`";
                    return Err(Problem::new(ProblemType::KeyReused, detail).into());
                }
            }
            _ => {
                let detail =
                    format!("there is a game {id} already: delete it first, or import with `\"ids\": \"new\"`");
                return Err(Problem::new(ProblemType::GameExists, detail).into());
            }
        }
    }
    // The game remembers its import as it remembers its changes.
    contents.remembered.changes.extend(made_under.map(|key| RememberedChange {
        key: key.key,
        fingerprint: key.fingerprint,
        version: 1,
        turn: contents.document.last_turn(),
        cursor: EventId { epoch: 0, offset: 0 },
        request: None,
    }));
    let is_owned = contents.owner.is_some();
    store_new(&api, account, id, contents, bytes as u64).await?;
    created(&api, &caller, id, is_owned).await
}

/// A document that was read.
struct Document {
    /// The id that the game had.
    own: GameId,
    ids: ImportIds,
    key: Option<IdempotencyKey>,
    contents: GameContents,
}

/// Reads a document where it holds no other call up, one at a time of its size.
async fn read_apart(
    api: &Api,
    ImportBody { bytes, turn }: ImportBody,
    headers: HeaderMap,
    is_trusted: bool,
) -> Result<Document, ApiError> {
    let only = turn.document(bytes.len()).await?;
    let api = api.clone();
    let read = move || {
        // Kept until the end, also of a document that nobody waits for any more: it is read all the same.
        let _kept = (only, turn);
        let (import, at) = import_of(&bytes)?;
        drop(bytes);
        let key = idempotency::key(&headers, &("import", &import))?;
        let (own, ids) = (import.game.id, import.ids);
        let contents = checked(&api, import, at)?;
        if is_trusted {
            return Ok(Document { own, ids, key, contents });
        }
        bounds::check_history(&contents.history, at)?;
        bounds::check_records(&contents.turns, at)?;
        let contents = by_player::keep_what_has_happened(contents, &api.library, api.turns.record_bytes);
        Ok(Document { own, ids, key, contents })
    };
    let read: Result<Document, Problem> = spawn_blocking(read).await.map_err(|error| internal(&error))?;
    Ok(read?)
}

/// A key as one owner means it.
fn of_owner(owner: Option<&Owner>, key: &str) -> String {
    let user = owner.and_then(|owner| owner.user.as_ref());
    owner.map_or_else(|| key.to_owned(), |owner| format!("{} {} {key}", owner.tenant, user.map_or("", User::as_str)))
}

/// The body, as it was sent: see [`read_apart`]. It is read when it is its sender's turn, and as far as there is room.
pub(super) struct ImportBody {
    bytes: Bytes,
    turn: Turn,
}

/// Whether a body has the members by which an [`ImportGame`] and a [`GameExport`] are known.
#[derive(Deserialize)]
struct Shape {
    game: Option<IgnoredAny>,
    state: Option<IgnoredAny>,
}

impl FromRequest<Api> for ImportBody {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, api: &Api) -> Result<Self, ApiError> {
        let Ok(account) = request.extract_parts_with_state::<Account, _>(api).await;
        let turn = api.imports.turn(account.one_of(), account.tenant).await?;
        let request = request.map(|body| turn.bounded(body));
        Ok(Self { bytes: body::bytes(request, api).await?, turn })
    }
}

/// What is imported, and where its document is in the body. By its members and not by trying one type after the other: an error names the field of
/// the type that was meant.
fn import_of(bytes: &[u8]) -> Result<(ImportGame, &'static str), Problem> {
    let shape: Shape = body::read(bytes)?;
    match shape {
        Shape { game: Some(_), .. } => Ok((body::read(bytes)?, "/game")),
        Shape { state: Some(_), .. } => {
            Ok((ImportGame { game: body::read(bytes)?, ids: ImportIds::New, provider: None }, ""))
        }
        Shape { .. } => {
            let detail = "it is no saved game: send the document that `GET /v1/gamestate/{id}/export` gives, as it is or as \
                          the member `game`";
            Err(Problem::field("", detail))
        }
    }
}

/// `at` is where the document is in the body.
fn checked(api: &Api, import: ImportGame, at: &str) -> Result<GameContents, Problem> {
    let GameExport { version, name, provider, branched_from, last_turn, state, chat_history, turns, .. } = import.game;
    if version == 0 || version > EXPORT_VERSION {
        let detail = format!("it is {version}, and this engine reads documents up to version {EXPORT_VERSION}");
        return Err(Problem::field(format!("{at}/version"), detail));
    }
    if let Some(name) = &name {
        check_name(name)?;
    }
    let (provider, pointer) = match import.provider {
        Some(provider) => (provider, "/provider".to_owned()),
        None => (provider, format!("{at}/provider")),
    };
    if api.models.get(&provider).is_none() {
        let names = api.models.list().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!(
            "there is no provider `{provider}`; configured: {names}. Name another one as `provider` beside the document as `game`"
        );
        return Err(Problem::field(pointer, detail));
    }
    bounds::check_last_turn(last_turn, &format!("{at}/last_turn"))?;
    bounds::check_state(&state, &api.library, &format!("{at}/state"))?;
    let mut turns = records(turns, last_turn, chat_history.len() as u64, at)?;
    turns.drain(..turns.len().saturating_sub(api.turns.kept));
    let turns = turns.into_iter().map(|turn| turn.no_larger_than(api.turns.record_bytes)).collect();
    let document = GameDocument { provider, state, turns: Some(last_turn), branched_from, ..GameDocument::default() };
    Ok(GameContents { turns, name, ..GameContents::new(document, chat_history) })
}

/// The records of a document: without a gap, up to its last turn.
fn records(turns: Vec<ExportedTurn>, last: u64, messages: u64, at: &str) -> Result<Vec<StoredTurn>, Problem> {
    let first = (last + 1).saturating_sub(turns.len() as u64);
    let mut stored = Vec::with_capacity(turns.len());
    for (n, (turn, expected)) in turns.into_iter().zip(first..).enumerate() {
        let wrong = |part: &str, detail: String| Problem::field(format!("{at}/turns/{n}/{part}"), detail);
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
        bounds::check_undo(&undo).map_err(|detail| wrong("undo", detail))?;
        stored.push(StoredTurn { record, undo, messages_before, prompts: None });
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_who_import_the_same_game_under_the_same_key_get_games_of_their_own() {
        let game = GameId::new();
        let owner = |tenant: &str, user: Option<&str>| Owner {
            tenant: tenant.parse().unwrap(),
            user: user.map(|user| user.parse().unwrap()),
        };
        let owners =
            [None, Some(owner("acme", None)), Some(owner("acme", Some("ada"))), Some(owner("acme", Some("bo")))];
        let under = |owner: &Option<Owner>| idempotency::game_under(game, &of_owner(owner.as_ref(), "1"));
        let mut ids: Vec<GameId> = owners.iter().map(under).collect();
        assert_eq!(ids, owners.iter().map(under).collect::<Vec<_>>());
        ids.sort_by_key(GameId::to_string);
        ids.dedup();
        assert_eq!(ids.len(), owners.len());
    }
}
