//! `/v1/queue/pause` and `/v1/queue/resume`: operators stop claims and let them go on.

use axum::Json;
use axum::extract::State;
use protocol::{Pause, PauseScope, Pauses, Problem, ProblemType, Resumed};
use store::{Paused, SharedStore};

use super::actor::Actor;
use super::audit::Note;
use super::body::Body;
use super::error::ApiError;
use super::game_version::unknown_game;

/// Everything that is paused.
pub(super) async fn list(State(store): State<SharedStore>) -> Result<Json<Pauses>, ApiError> {
    Ok(Json(Pauses { pauses: store.pauses().await? }))
}

/// Pauses. What is paused already stays so, with its time and name.
pub(super) async fn pause(
    State(store): State<SharedStore>,
    actor: Actor,
    note: Note,
    Body(scope): Body<PauseScope>,
) -> Result<Json<Pause>, ApiError> {
    note.subject(&scope);
    let problem = match (store.pause_queue(&scope, &actor.0).await?, &scope) {
        (Paused::Done(pause), _) => {
            tracing::info!(what = %pause.what, by = pause.by, "paused");
            return Ok(Json(pause));
        }
        (Paused::UnknownGame, PauseScope::Game { game_id }) => unknown_game(*game_id),
        (Paused::UnknownGame, _) => Problem::new(ProblemType::UnknownGame, "there is no such game"),
        (Paused::UnknownProvider { known }, _) => {
            let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let detail = format!("there is no such provider; there are {known}");
            Problem::new(ProblemType::UnknownProvider, detail)
        }
        (Paused::UnknownWorker, _) => {
            let detail = "no such worker lives: `engine workers` and `GET /v1/workers` list those that do";
            Problem::new(ProblemType::UnknownWorker, detail)
        }
        (Paused::Full, _) => {
            let detail = "as many things are paused as `queue.max_pauses` allows: resume some, or pause everything";
            Problem::new(ProblemType::TooManyPauses, detail)
        }
    };
    Err(problem.into())
}

/// Resumes. What is not paused stays as it is.
pub(super) async fn resume(
    State(store): State<SharedStore>,
    actor: Actor,
    note: Note,
    Body(scope): Body<PauseScope>,
) -> Result<Json<Resumed>, ApiError> {
    note.subject(&scope);
    let pause = store.resume_queue(&scope).await?;
    if pause.is_some() {
        tracing::info!(what = %scope, by = actor.0, "resumed");
    }
    Ok(Json(Resumed { pause }))
}

/// A pause, for an operator.
pub(super) fn sentence(pause: &Pause) -> String {
    let what = match &pause.what {
        PauseScope::All {} => "everything is paused".to_owned(),
        PauseScope::Provider { provider } => format!("the provider `{provider}` is paused"),
        PauseScope::Tenant { tenant } => format!("the tenant `{tenant}` is paused"),
        PauseScope::Game { game_id } => format!("game {game_id} is paused"),
        PauseScope::Worker { worker } => format!("{worker} is drained"),
    };
    format!("{what} by {} since {:.0}", pause.by, pause.since)
}
