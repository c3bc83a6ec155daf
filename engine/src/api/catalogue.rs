//! What can be played: scenarios, player characters, narrators, monsters, NPCs and providers.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use protocol::{CatalogueEntry, PcEntry, Problem, ProblemType, Providers, ScenarioEntry};
use story::{ContentKind, Monster, Narrator, Npc, Pc, Scenario, suggest};

use super::Api;
use super::error::ApiError;
use super::path::Id;

/// Scenarios, as a list to choose from.
pub(super) async fn scenarios(State(api): State<Api>) -> Json<Vec<ScenarioEntry>> {
    let entry = |(id, scenario): (&str, &Scenario)| ScenarioEntry {
        id: id.to_owned(),
        name: scenario.name.clone(),
        story: scenario.story.clone(),
        rating: scenario.rating.clone(),
        default_pc: scenario.default_pc.clone(),
        narrator_id: scenario.narrator_id.clone(),
        places: places(scenario),
        endings: scenario.endings.len(),
    };
    Json(api.library.scenarios().map(entry).collect())
}

// A place that several scenes describe is one.
fn places(scenario: &Scenario) -> usize {
    let of_scenes = scenario.scenes.values().flat_map(|scene| scene.locations.keys());
    scenario.locations.keys().chain(of_scenes).collect::<BTreeSet<_>>().len()
}

/// Player characters.
pub(super) async fn pcs(State(api): State<Api>) -> Json<Vec<PcEntry>> {
    let entry = |(id, pc): (&str, &Pc)| PcEntry {
        id: id.to_owned(),
        name: pc.name.clone(),
        class: pc.class.clone(),
        level: pc.level,
        race: pc.race.clone(),
        pronouns: pc.pronouns.clone(),
        description: pc.description.clone(),
    };
    Json(api.library.pcs().map(entry).collect())
}

/// Narrators.
pub(super) async fn narrators(State(api): State<Api>) -> Json<Vec<CatalogueEntry>> {
    Json(api.library.narrators().map(|(id, found)| entry(id, &found.name, &found.description)).collect())
}

/// Monster templates.
pub(super) async fn monsters(State(api): State<Api>) -> Json<Vec<CatalogueEntry>> {
    Json(api.library.monsters().map(|(id, found)| entry(id, &found.name, &at_the_start(&found.description))).collect())
}

/// NPC templates.
pub(super) async fn npcs(State(api): State<Api>) -> Json<Vec<CatalogueEntry>> {
    Json(api.library.npcs().map(|(id, found)| entry(id, &found.name, &at_the_start(&found.description))).collect())
}

/// A text that may vary, as it is before anything has happened.
fn at_the_start(text: &story::Text) -> String {
    text.read(&story::GameState::default())
}

fn entry(id: &str, name: &str, description: &str) -> CatalogueEntry {
    CatalogueEntry { id: id.to_owned(), name: name.to_owned(), description: description.to_owned() }
}

/// Configured models; never a key.
pub(super) async fn providers(State(api): State<Api>) -> Json<Providers> {
    let providers = api.models.list().cloned().collect();
    Json(Providers { default: api.models.default_name().to_owned(), providers })
}

/// A scenario, whole.
pub(super) async fn scenario(State(api): State<Api>, Id(id): Id<String>) -> Result<Json<Scenario>, ApiError> {
    api.library.scenario(&id).cloned().map(Json).ok_or_else(|| unknown(&api, ContentKind::Scenario, &id))
}

/// A player character, whole.
pub(super) async fn pc(State(api): State<Api>, Id(id): Id<String>) -> Result<Json<Pc>, ApiError> {
    api.library.pc(&id).cloned().map(Json).ok_or_else(|| unknown(&api, ContentKind::Pc, &id))
}

/// A narrator, whole.
pub(super) async fn narrator(State(api): State<Api>, Id(id): Id<String>) -> Result<Json<Narrator>, ApiError> {
    api.library.narrator(&id).cloned().map(Json).ok_or_else(|| unknown(&api, ContentKind::Narrator, &id))
}

/// A monster template, whole.
pub(super) async fn monster(State(api): State<Api>, Id(id): Id<String>) -> Result<Json<Monster>, ApiError> {
    api.library.monster(&id).cloned().map(Json).ok_or_else(|| unknown(&api, ContentKind::Monster, &id))
}

/// An NPC template, whole.
pub(super) async fn npc(State(api): State<Api>, Id(id): Id<String>) -> Result<Json<Npc>, ApiError> {
    api.library.npc(&id).cloned().map(Json).ok_or_else(|| unknown(&api, ContentKind::Npc, &id))
}

fn unknown(api: &Api, kind: ContentKind, id: &str) -> ApiError {
    let near = suggest::did_you_mean(api.library.nearest(kind, id));
    let detail = format!("there is no `{id}` among the {}{near}", kind.dir());
    Problem::new(ProblemType::UnknownContent, detail).into()
}
