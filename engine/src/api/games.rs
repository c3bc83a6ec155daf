//! `/v1/gamestate`: create, read, patch, delete and list games.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{
    CreateGame, GAME_NAME_MAX_BYTES, GameAccess, GameId, GameList, GameSummary, GameView, IfBusy, PlayerView, Problem,
    ProblemType, RenameGame, StateUpdated, Tenant, UnreadableGame, User, path,
};
use serde::Deserialize;
use store::{
    Changed, Created, Game, GameChange, GameContents, GameDocument, GameWrite, GamesCursor, GamesOf, IdempotencyKey,
    Keep, ListedGame, Rewrite,
};
use story::{GameState, Language, NewGame, Role, StatePatch};

use super::account::{Account, CallLimits, counts_as};
use super::body::Body;
use super::caller::Caller;
use super::chat::check_speaker;
use super::error::ApiError;
use super::game_version::{busy, conflict, if_match, unknown_game};
use super::import::check_size;
use super::json_bytes::json_bytes;
use super::look_alikes::{is_blank, is_invisible};
use super::paging::Paging;
use super::path::Id;
use super::rewind::{before_turn, last_record};
use super::{Api, apart, capabilities, idempotency};

/// How many games a page holds when the client does not say.
const PAGE: usize = 50;
/// How many games a page holds at most.
const LARGEST_PAGE: usize = 200;
/// How often a patch is tried when a turn's commit comes between its read and its write.
const TRIES: usize = 5;

/// Creates a game.
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    account: Account,
    Body(create): Body<CreateGame>,
) -> Result<Response, ApiError> {
    let owner = caller.owner(create.user)?;
    if let Some(name) = &create.name {
        check_name(name)?;
    }
    let ids =
        [("/scenario", Some(&create.scenario)), ("/pc", create.pc.as_ref()), ("/narrator", create.narrator.as_ref())];
    // Ids are found in any spelling, which would leave it out.
    if let Some((field, _)) = ids.iter().find(|(_, id)| id.is_some_and(|id| id.contains(char::is_control))) {
        return Err(Problem::field(*field, "it is an id, and holds a control character").into());
    }
    check_language(create.language.as_ref())?;
    let tenant = owner.as_ref().map(|owner| &owner.tenant);
    let default = || api.tiers.default_provider(tenant).unwrap_or_else(|| api.models.default_name()).to_owned();
    let provider = create.provider.unwrap_or_else(default);
    if api.models.get(&provider).is_none() {
        let names = api.models.list().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(
            Problem::field("/provider", format!("there is no provider `{provider}`; configured: {names}")).into()
        );
    }
    let new = NewGame {
        scenario: create.scenario,
        pc: create.pc,
        narrator: create.narrator,
        rules: create.rules,
        temperature: create.temperature,
        language: create.language,
        seed: Some(create.seed.unwrap_or_else(draw_seed)),
    };
    let (mut state, opening) = story::new_game(&api.library, &new)
        .map_err(|error| Problem::field(format!("/{}", error.field()), error.to_string()))?;
    state.language = state.language.or_else(|| api.language.clone());
    let id = GameId::new();
    let document = GameDocument::begun(provider, state);
    let contents = GameContents { name: create.name, owner, ..GameContents::new(document, opening) };
    let is_owned = contents.owner.is_some();
    store_new(&api, account, id, contents, 0).await?;
    created(&api, &caller, id, is_owned).await
}

/// A language stands in prompts as it is, so its name says nothing else.
fn check_language(language: Option<&Language>) -> Result<(), Problem> {
    if language.is_none_or(Language::is_short) {
        return Ok(());
    }
    Err(Problem::field(
        "/language",
        "it has more than three words; a language is named shortly, such as `Brazilian Portuguese`",
    ))
}

/// Every game has chances of its own.
fn draw_seed() -> u32 {
    uuid::Uuid::new_v4().as_fields().0
}

/// Stores a new game of so many bytes, which counts against the limits of its creator, and whose provider its owner's tier must allow.
pub(super) async fn store_new(
    api: &Api,
    account: Account,
    id: GameId,
    contents: GameContents,
    bytes: u64,
) -> Result<(), ApiError> {
    let tenant = contents.owner.as_ref().map(|owner| &owner.tenant);
    api.tiers.check_provider(tenant, &contents.document.provider)?;
    let charges = account.for_owner(contents.owner.as_ref()).game(&api.tiers, bytes);
    let contents = GameContents { charges: charges.charges.clone(), ..contents };
    match api.store.create_game(id, &contents).await? {
        Created::Done => Ok(()),
        Created::Limited(limited) => Err(charges.refusal(limited)),
    }
}

/// The answer that a game was made; with a capability to play it if it has an owner, who may pass that on.
pub(super) async fn created(api: &Api, caller: &Caller, id: GameId, is_owned: bool) -> Result<Response, ApiError> {
    let capability = if is_owned {
        Some(capabilities::add(&api.store, id, GameAccess::Play).await?.0.reveal().to_owned())
    } else {
        None
    };
    let mut response = view_for(caller, api, id, StatusCode::CREATED, capability).await?;
    if let Ok(location) = HeaderValue::try_from(path::with_id(path::GAME, id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// `?view=`
#[derive(Debug, Deserialize)]
pub(super) struct GameQuery {
    view: Option<View>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    /// What the player sees.
    Player,
    /// Everything.
    Full,
}

/// Reads a game.
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<GameId>,
    wanted: Result<Query<GameQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) = wanted.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    match wanted.view {
        None => view_for(&caller, &api, id, StatusCode::OK, None).await,
        Some(View::Player) => players_view(&api, id, StatusCode::OK, None).await,
        Some(View::Full) if caller.sees_hidden() => view(&api, id, StatusCode::OK, None).await,
        Some(View::Full) => {
            let detail =
                "the full view shows what is hidden from players: it takes the key of a service or an operator";
            Err(Problem::new(ProblemType::Forbidden, detail).into())
        }
    }
}

/// Patches a game that has no unfinished requests.
pub(super) async fn patch(
    State(api): State<Api>,
    account: Account,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(patch): Body<StatePatch>,
) -> Result<Response, ApiError> {
    let expected = if_match(&headers)?;
    if let Some(pc) = &patch.pc {
        check_speaker("/pc/name", &pc.name)?;
    }
    check_language(patch.language.as_ref())?;
    let key = idempotency::own_key();
    for _ in 0..TRIES {
        let game = api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
        if expected.is_some_and(|version| version != game.version) {
            return Err(conflict(game.version).into());
        }
        let state = story::patch(&api.library, &game.document.state, &patch)
            .map_err(|error| Problem::field(format!("/{}", error.field()), error.to_string()))?;
        check_size(&state, "")?;
        let grown = growth(&api, &game, &patch, &state).await?;
        let limits = account.clone().for_owner(game.owner.as_ref()).growth(&api.tiers, grown);
        match write(&api, &game, &patch, state, &key, &limits).await? {
            Changed::Done(_) => return view(&api, id, StatusCode::OK, None).await,
            Changed::Unknown => return Err(unknown_game(id).into()),
            Changed::Version(version) if expected.is_some() => return Err(conflict(version).into()),
            Changed::Version(_) => {}
            Changed::Limited(limited) => return Err(limits.refusal(limited)),
            Changed::Busy | Changed::KeyReused | Changed::QueueFull => return Err(busy().into()),
        }
    }
    Err(busy().into())
}

/// As how many games more a game counts after a patch. What came by an import or an earlier patch has counted, so it makes no difference in how many steps a
/// game grows.
async fn growth(api: &Api, game: &Game, patch: &StatePatch, state: &GameState) -> Result<u64, ApiError> {
    let each = api.tiers.limits(game.owner.as_ref().map(|owner| owner.tenant.as_str())).bytes_per_game;
    let games = |bytes: usize| counts_as(bytes as u64, each);
    let grown = games(json_bytes(state)?).saturating_sub(games(json_bytes(&game.document.state)?));
    let after = patch.chat_history.as_ref().map_or(Ok(1), |history| json_bytes(history).map(games))?;
    if after == 1 {
        return Ok(grown);
    }
    let before = api.store.history(game.id, usize::MAX).await?;
    let before = apart::on_game(before.len(), move || json_bytes(&before)).await??;
    Ok(grown + after.saturating_sub(games(before)))
}

async fn write(
    api: &Api,
    game: &Game,
    patch: &StatePatch,
    state: GameState,
    key: &IdempotencyKey,
    limits: &CallLimits,
) -> Result<Changed, ApiError> {
    let updated = StateUpdated {
        request_id: None,
        game_id: game.id,
        version: game.version + 1,
        turn: state.turn_counter,
        location: state.user_location.clone(),
        scene: state.scene_name.clone(),
        is_ended: state.is_ended,
        changes: Vec::new(),
    };
    let mut turns = Rewrite::none();
    if patch.chat_history.is_some() {
        // The records lead back to a history that is gone.
        turns = Rewrite::all(Vec::new());
    } else if let Ok(last) = last_record(api, game).await
        && let Ok((before, _)) = before_turn(api, game, last.record.turn).await
    {
        // The patch belongs to the turn before it: who takes that one back takes back both.
        turns =
            Rewrite { kept: Keep::ButLast(1), appended: vec![last.ending_in(&before, &state, api.turns.record_bytes)] };
    }
    let change = GameChange {
        game: game.id,
        expected: game.version,
        if_busy: IfBusy::Reject,
        key: key.clone(),
        document: GameDocument { state, ..game.document.clone() },
        history: patch.chat_history.clone().map_or_else(Rewrite::none, Rewrite::all),
        turns,
        tries: None,
        event: updated.into(),
        request: None,
        charges: limits.charges.clone(),
    };
    Ok(api.store.change_game(&change).await?)
}

/// Gives a game a name, or takes it away.
pub(super) async fn rename(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<GameId>,
    Body(RenameGame { name }): Body<RenameGame>,
) -> Result<Response, ApiError> {
    if let Some(name) = &name {
        check_name(name)?;
    }
    match api.store.rename_game(id, name.as_deref()).await? {
        GameWrite::Done => view_for(&caller, &api, id, StatusCode::OK, None).await,
        GameWrite::Unknown => Err(unknown_game(id).into()),
        // Renaming asks for no version.
        GameWrite::Busy | GameWrite::Changed => Err(busy().into()),
    }
}

/// What a game may be called.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    if is_blank(name) || name.len() > GAME_NAME_MAX_BYTES || name.contains(is_invisible) {
        let detail = format!(
            "it is a name on one line, of 1 to {GAME_NAME_MAX_BYTES} bytes, without control characters and characters that nobody sees, or left out"
        );
        return Err(Problem::field("/name", detail));
    }
    Ok(())
}

/// Deletes a game that has no unfinished requests.
pub(super) async fn delete(State(api): State<Api>, Id(id): Id<GameId>) -> Result<StatusCode, ApiError> {
    match api.store.delete_game(id, None).await? {
        GameWrite::Busy | GameWrite::Changed => return Err(busy().into()),
        GameWrite::Done | GameWrite::Unknown => {}
    }
    if let Some(archive) = &api.archive {
        // Left by a process that died while it archived or restored the game: it must not come back from there.
        archive.forget(id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `?tenant=&user=`: whose games an operator wants.
#[derive(Debug, Deserialize)]
pub(super) struct WantedOwner {
    tenant: Option<Tenant>,
    user: Option<User>,
}

impl WantedOwner {
    fn among(self, games: GamesOf) -> Result<GamesOf, Problem> {
        match (self, games) {
            (Self { tenant: None, user: None }, games) => Ok(games),
            (Self { tenant: None, user: Some(_) }, GamesOf::Everybody) => {
                Err(Problem::new(ProblemType::InvalidPath, "`user` is a user of a tenant: name the `tenant` too"))
            }
            (Self { tenant: Some(tenant), user: None }, GamesOf::Everybody) => Ok(GamesOf::Tenant(tenant)),
            (Self { tenant: Some(tenant), user: Some(user) }, GamesOf::Everybody) => Ok(GamesOf::User(tenant, user)),
            (_, GamesOf::Tenant(_) | GamesOf::User(..)) => {
                let detail = "`tenant` and `user` are for operators: a key lists the games of its holder";
                Err(Problem::new(ProblemType::Forbidden, detail))
            }
        }
    }
}

/// Lists the caller's games, the latest changed first.
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    page: Paging<GamesCursor>,
    wanted: Result<Query<WantedOwner>, QueryRejection>,
) -> Result<Json<GameList>, ApiError> {
    let Query(wanted) = wanted.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    let limit = page.limit(PAGE, LARGEST_PAGE);
    let games = api.store.games(&wanted.among(caller.games())?, page.after, limit).await?;
    let next = games.last().filter(|_| games.len() == limit).map(|last| last.cursor().to_string());
    let mut list = GameList { games: Vec::new(), unreadable: Vec::new(), next };
    for game in games {
        match game {
            ListedGame::Readable(game) => list.games.push(summary(*game)),
            ListedGame::Unreadable(game) => list.unreadable.push(unreadable(game, caller.sees_hidden())),
        }
    }
    Ok(Json(list))
}

/// A game that cannot be read, as lists show it. What the store has of it is not for players.
fn unreadable(game: store::UnreadableGame, with_reason: bool) -> UnreadableGame {
    let store::UnreadableGame { id, owner, updated_at, reason } = game;
    let (tenant, user) = owner.map_or((None, None), |owner| (Some(owner.tenant), owner.user));
    UnreadableGame { id, tenant, user, updated_at, reason: with_reason.then_some(reason) }
}

/// A game as lists show it.
fn summary(game: Game) -> GameSummary {
    let name = game.name;
    let state = game.document.state;
    let (tenant, user) = game.owner.map_or((None, None), |owner| (Some(owner.tenant), owner.user));
    GameSummary {
        id: game.id,
        name,
        tenant,
        user,
        scenario: state.scenario,
        pc: state.pc.map(|pc| pc.name),
        scene_name: state.scene_name,
        location: state.user_location,
        turn: state.turn_counter,
        is_ended: state.is_ended,
        updated_at: game.updated_at,
    }
}

/// A game as a caller may see it.
async fn view_for(
    caller: &Caller,
    api: &Api,
    id: GameId,
    status: StatusCode,
    capability: Option<String>,
) -> Result<Response, ApiError> {
    if caller.sees_hidden() {
        view(api, id, status, capability).await
    } else {
        players_view(api, id, status, capability).await
    }
}

async fn view(api: &Api, id: GameId, status: StatusCode, capability: Option<String>) -> Result<Response, ApiError> {
    let (game, chat_history) = api.store.game_with_history(id, usize::MAX).await?.ok_or_else(|| unknown_game(id))?;
    let view = GameView {
        id,
        name: game.name,
        version: game.version,
        last_turn: game.document.last_turn(),
        branched_from: game.document.branched_from,
        cursor: game.cursor,
        provider: game.document.provider,
        here: story::here(&game.document.state),
        state: game.document.state,
        chat_history,
        created_at: game.created_at,
        updated_at: game.updated_at,
        capability,
    };
    let (version, messages) = (view.version, view.chat_history.len());
    Ok(tagged(version, apart::on_game(messages, move || (status, Json(&view)).into_response()).await?))
}

async fn players_view(
    api: &Api,
    id: GameId,
    status: StatusCode,
    capability: Option<String>,
) -> Result<Response, ApiError> {
    let (game, mut chat_history) =
        api.store.game_with_history(id, usize::MAX).await?.ok_or_else(|| unknown_game(id))?;
    chat_history.retain(|message| message.role != Role::System && !message.is_story_event);
    let view = PlayerView {
        id,
        name: game.name,
        version: game.version,
        last_turn: game.document.last_turn(),
        cursor: game.cursor,
        provider: game.document.provider,
        sight: story::sight(&game.document.state),
        chat_history,
        created_at: game.created_at,
        updated_at: game.updated_at,
        capability,
    };
    let (version, messages) = (view.version, view.chat_history.len());
    Ok(tagged(version, apart::on_game(messages, move || (status, Json(&view)).into_response()).await?))
}

/// A response with the version of its game.
fn tagged(version: u64, mut response: Response) -> Response {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_game_is_one_line_of_what_is_seen() {
        for name in ["Ada's ferry: [take 2] <3", "Ночь", "עברית", "می\u{200c}نا", "\u{2764}\u{fe0f}"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for c in "\n\u{1b}\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{200b}\u{feff}".chars() {
            let problem = check_name(&format!("a{c}b")).expect_err("it is not seen");
            assert!(problem.status == 422 && problem.detail.contains("on one line"), "{c:?}: {}", problem.detail);
        }
    }
}
