//! `GET /v1/gamestate/{id}/export`: a whole game as JSON, or its story as a transcript.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use protocol::{ExportFormat, GameExport, GameId, Problem, ProblemType};
use serde::Deserialize;
use store::{Game, turns_up_to};

use super::error::{ApiError, internal};
use super::game_version::unknown_game;
use super::path::Id;
use super::rights::OnlyReads;
use super::{Api, apart, transcript};
use crate::exported;

/// How often a game is read that changes meanwhile.
const TRIES: usize = 5;

/// `?format=`
#[derive(Debug, Deserialize)]
pub(super) struct ExportQuery {
    #[serde(default)]
    format: ExportFormat,
}

/// Exports a game.
pub(super) async fn get(
    State(api): State<Api>,
    Id(id): Id<GameId>,
    only_reads: Option<Extension<OnlyReads>>,
    wanted: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) = wanted.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    if only_reads.is_some() && wanted.format == ExportFormat::Json {
        let detail = "this capability allows to read the story: ask for `?format=markdown` or `?format=html`. The saved game holds what \
                      is hidden from players, and is for those who may play it";
        return Err(Problem::new(ProblemType::Forbidden, detail).into());
    }
    let export = read(&api, id).await?;
    let scenario = api.library.scenario(&export.state.scenario).map(|scenario| scenario.name.as_str());
    let title = export.name.as_deref().or(scenario).unwrap_or_else(|| export.state.scenario.trim_end_matches(".json"));
    let title = title.to_owned();
    let (mut response, kind, ending) = apart::on_game(export.chat_history.len(), move || match wanted.format {
        ExportFormat::Json => (Json(&export).into_response(), "application/json", "json"),
        ExportFormat::Markdown => {
            (transcript::markdown(&export, &title).into_response(), "text/markdown; charset=utf-8", "md")
        }
        ExportFormat::Html => (transcript::html(&export, &title).into_response(), "text/html; charset=utf-8", "html"),
    })
    .await?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // A page that holds what players and models have written may load and run nothing.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{id}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A game with everything that belongs to it, as of one version.
async fn read(api: &Api, id: GameId) -> Result<GameExport, ApiError> {
    for _ in 0..TRIES {
        let (game, chat_history) =
            api.store.game_with_history(id, usize::MAX).await?.ok_or_else(|| unknown_game(id))?;
        let (last_turn, messages) = (game.document.last_turn(), chat_history.len());
        let turns = turns_up_to(&*api.store, id, last_turn).await?;
        if api.store.game(id).await?.is_some_and(|now| now.version == game.version) {
            let Game { name, document, .. } = game;
            let write = move || exported::game(id, name, document, chat_history, turns);
            return Ok(apart::on_game(messages, write).await?.map_err(|error| internal(&error))?);
        }
    }
    Err(Problem::new(ProblemType::GameBusy, "the game changes faster than it can be read: try again").into())
}
