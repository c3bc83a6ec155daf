//! What can be played: scenarios, player characters, narrators, monsters, NPCs and providers.

use axum::Json;
use axum::extract::{Path, State};
use protocol::{Problem, ProblemType};
use serde_json::{Value, json};
use story::ContentKind;

use super::Api;
use super::error::{ApiError, internal};

/// Scenarios, as a list to choose from.
pub(super) async fn scenarios(State(api): State<Api>) -> Json<Vec<Value>> {
    Json(
        api.library
            .scenarios()
            .map(|(id, scenario)| {
                json!({
                    "id": id,
                    "name": scenario.name,
                    "story": scenario.story,
                    "rating": scenario.rating,
                    "default_pc": scenario.default_pc,
                    "narrator_id": scenario.narrator_id,
                })
            })
            .collect(),
    )
}

/// Player characters.
pub(super) async fn pcs(State(api): State<Api>) -> Json<Vec<Value>> {
    Json(
        api.library
            .pcs()
            .map(|(id, pc)| {
                json!({
                    "id": id, "name": pc.name, "class": pc.class, "level": pc.level, "race": pc.race,
                    "pronouns": pc.pronouns, "description": pc.description,
                })
            })
            .collect(),
    )
}

/// Narrators.
pub(super) async fn narrators(State(api): State<Api>) -> Json<Vec<Value>> {
    let all = api.library.narrators();
    Json(
        all.map(|(id, narrator)| json!({"id": id, "name": narrator.name, "description": narrator.description}))
            .collect(),
    )
}

/// Monster templates.
pub(super) async fn monsters(State(api): State<Api>) -> Json<Vec<Value>> {
    let all = api.library.monsters();
    Json(all.map(|(id, monster)| json!({"id": id, "name": monster.name, "description": monster.description})).collect())
}

/// NPC templates.
pub(super) async fn npcs(State(api): State<Api>) -> Json<Vec<Value>> {
    let all = api.library.npcs();
    Json(all.map(|(id, npc)| json!({"id": id, "name": npc.name, "description": npc.description})).collect())
}

/// Configured models; never a key.
pub(super) async fn providers(State(api): State<Api>) -> Json<Value> {
    Json(json!({"default": api.models.default_name(), "providers": api.models.list().collect::<Vec<_>>()}))
}

/// One of them, whole.
pub(super) async fn one(
    State(api): State<Api>,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let Some(kind) = ContentKind::ALL.iter().copied().find(|known| known.dir() == kind) else {
        return Err(Problem::new(ProblemType::NotFound, format!("nothing is served at /v1/{kind}/{id}")).into());
    };
    let library = &api.library;
    let found = match kind {
        ContentKind::Scenario => library.scenario(&id).map(serde_json::to_value),
        ContentKind::Pc => library.pc(&id).map(serde_json::to_value),
        ContentKind::Narrator => library.narrator(&id).map(serde_json::to_value),
        ContentKind::Monster => library.monster(&id).map(serde_json::to_value),
        ContentKind::Npc => library.npc(&id).map(serde_json::to_value),
    };
    let Some(found) = found else {
        let near = library.nearest(kind, &id).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let detail = format!("there is no `{id}` among the {}{near}", kind.dir());
        return Err(Problem::new(ProblemType::UnknownContent, detail).into());
    };
    Ok(Json(found.map_err(|error| internal(&error))?))
}
