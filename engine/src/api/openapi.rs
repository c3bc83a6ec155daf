//! `/openapi.json`: what the API takes and answers, as `OpenAPI` 3.1. Its schemas are those of the types that handlers read and
//! write; which operation uses which is listed here, and `ci/api-test` holds a running engine to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use protocol::ProblemType::{
    GameBusy, GameEnded, InvalidHeader, InvalidPath, InvalidRequest, KeyReused, LaneFull, MalformedJson, QueueFull,
    RequestFinished, ShuttingDown, StoreUnavailable, TooLarge, TooManyStreams, UnknownContent, UnknownDeadLetter,
    UnknownGame, UnknownRequest, UnsupportedMediaType, VersionConflict,
};
use protocol::{
    ChatAccepted, ChatRequest, CreateGame, DeadLetter, DeadLetters, Event, EventName, GameList, GameView, LaneView,
    Lanes, Problem, ProblemType, QueueView, RequestView, StoryEventsView,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use story::{Monster, Narrator, Npc, Pc, Scenario, StatePatch};

use super::queue::SetOff;

/// The document.
pub(super) async fn document() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        // The texts are the types' own, where Rust's names are links.
        build().to_string().replace("[`", "`").replace("`]", "`")
    });
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

type SchemaOf = fn(&mut SchemaGenerator) -> Value;

/// What an operation answers when it is not refused.
enum Answer {
    Json(u16, SchemaOf),
    Nothing,
    Events,
    Text,
    /// The same whether the store is there or not, as 200 or as 503.
    Health,
}

/// A query parameter or a header.
struct Parameter {
    place: &'static str,
    name: &'static str,
    means: &'static str,
    schema: fn() -> Value,
}

struct Operation {
    /// What generated clients call it.
    id: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    body: Option<SchemaOf>,
    answer: Answer,
    /// How it may be refused, besides what every operation with a body, an id or a store has in common.
    refusals: &'static [ProblemType],
}

impl Parameter {
    const fn query(name: &'static str, means: &'static str, schema: fn() -> Value) -> Self {
        Self { place: "query", name, means, schema }
    }

    const fn header(name: &'static str, means: &'static str, schema: fn() -> Value) -> Self {
        Self { place: "header", name, means, schema }
    }
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

const LIMIT: Parameter = Parameter::query("limit", "How many to answer with.", count);
const SKIP: Parameter = Parameter::query("after", "`next` of the page before.", count);
const AFTER: Parameter = Parameter::query("after", "`next` of the page before.", text);
const IF_MATCH: Parameter = Parameter::header(
    "If-Match",
    "The `ETag` of the game that is to change.",
    || json!({"type": "string", "pattern": "^(\\*|\"?[0-9]+\"?)$"}),
);
const KEY: Parameter = Parameter::header(
    "Idempotency-Key",
    "The same key and message are accepted once, however often they are sent.",
    || json!({"type": "string", "minLength": 1, "maxLength": 255}),
);
const CURSOR: &[Parameter] = &[
    Parameter::header("Last-Event-ID", "The event to go on after.", text),
    Parameter::query(
        "last_event_id",
        "The same, for readers that cannot set a header; `0` for all that is kept.",
        text,
    ),
];

impl Operation {
    const fn new(
        id: &'static str,
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self { id, method, path, summary, parameters: &[], body: None, answer, refusals: &[] }
    }

    const fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    const fn takes(self, body: SchemaOf) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn refuses(self, refusals: &'static [ProblemType]) -> Self {
        Self { refusals, ..self }
    }
}

/// Every operation, in the order of the router.
static OPERATIONS: &[Operation] = &[
    Operation::new("chat", "post", "/v1/chat", "Say or do something in a game", Answer::Json(200, of::<ChatAccepted>))
        .with(&[KEY])
        .takes(of::<ChatRequest>)
        .refuses(&[InvalidHeader, UnknownGame, GameEnded, GameBusy, KeyReused, LaneFull, QueueFull]),
    Operation::new(
        "getRequest",
        "get",
        "/v1/requests/{id}",
        "Where a request stands",
        Answer::Json(200, of::<RequestView>),
    )
    .refuses(&[UnknownRequest]),
    Operation::new(
        "cancelRequest",
        "delete",
        "/v1/requests/{id}",
        "Cancel a request",
        Answer::Json(200, of::<RequestView>),
    )
    .refuses(&[UnknownRequest, RequestFinished]),
    Operation::new("followGame", "get", "/v1/events/games/{id}", "Follow a game", Answer::Events)
        .with(CURSOR)
        .refuses(&[UnknownGame, TooManyStreams]),
    Operation::new(
        "followRequest",
        "get",
        "/v1/events/requests/{id}",
        "Follow a request to its last event",
        Answer::Events,
    )
    .with(CURSOR)
    .refuses(&[UnknownRequest, TooManyStreams]),
    Operation::new("createGame", "post", "/v1/gamestate", "Begin a game", Answer::Json(201, of::<GameView>))
        .takes(of::<CreateGame>),
    Operation::new(
        "listGames",
        "get",
        "/v1/gamestate",
        "Games, the latest changed first",
        Answer::Json(200, of::<GameList>),
    )
    .with(&[LIMIT, SKIP])
    .refuses(&[InvalidPath]),
    Operation::new(
        "getGame",
        "get",
        "/v1/gamestate/{id}",
        "A game with its history",
        Answer::Json(200, of::<GameView>),
    )
    .refuses(&[UnknownGame]),
    Operation::new(
        "patchGame",
        "patch",
        "/v1/gamestate/{id}",
        "Change an idle game",
        Answer::Json(200, of::<GameView>),
    )
    .with(&[IF_MATCH])
    .takes(of::<StatePatch>)
    .refuses(&[UnknownGame, GameBusy, VersionConflict]),
    Operation::new("deleteGame", "delete", "/v1/gamestate/{id}", "Delete an idle game", Answer::Nothing)
        .refuses(&[GameBusy]),
    Operation::new("listScenarios", "get", "/v1/scenarios", "Scenarios to choose from", Answer::Json(200, named_list)),
    Operation::new("listPcs", "get", "/v1/pcs", "Player characters to choose from", Answer::Json(200, named_list)),
    Operation::new("listNarrators", "get", "/v1/narrators", "Narrators to choose from", Answer::Json(200, named_list)),
    Operation::new("listMonsters", "get", "/v1/monsters", "Monster templates", Answer::Json(200, named_list)),
    Operation::new("listNpcs", "get", "/v1/npcs", "NPC templates", Answer::Json(200, named_list)),
    Operation::new("getScenario", "get", "/v1/scenarios/{name}", "A scenario", Answer::Json(200, of::<Scenario>))
        .refuses(&[UnknownContent]),
    Operation::new("getPc", "get", "/v1/pcs/{name}", "A player character", Answer::Json(200, of::<Pc>))
        .refuses(&[UnknownContent]),
    Operation::new("getNarrator", "get", "/v1/narrators/{name}", "A narrator", Answer::Json(200, of::<Narrator>))
        .refuses(&[UnknownContent]),
    Operation::new("getMonster", "get", "/v1/monsters/{name}", "A monster template", Answer::Json(200, of::<Monster>))
        .refuses(&[UnknownContent]),
    Operation::new("getNpc", "get", "/v1/npcs/{name}", "An NPC template", Answer::Json(200, of::<Npc>))
        .refuses(&[UnknownContent]),
    Operation::new("listProviders", "get", "/v1/providers", "Models that are configured", Answer::Json(200, providers)),
    Operation::new(
        "explainProblem",
        "get",
        "/problems/{name}",
        "What a kind of problem means",
        Answer::Json(200, object),
    )
    .refuses(&[ProblemType::NotFound]),
    Operation::new("health", "get", "/health", "Whether the process lives, and how its store is", Answer::Health),
    Operation::new("ready", "get", "/ready", "Whether traffic should come here", Answer::Json(200, readiness))
        .refuses(&[ShuttingDown]),
    Operation::new("metrics", "get", "/metrics", "Metrics, in Prometheus' format", Answer::Text),
    Operation::new("describe", "get", "/openapi.json", "This document", Answer::Json(200, object)),
    Operation::new("getQueue", "get", "/v1/queue", "Depth and age of the queue", Answer::Json(200, of::<QueueView>)),
    Operation::new("listLanes", "get", "/v1/queue/games", "Lanes that are not empty", Answer::Json(200, of::<Lanes>))
        .with(&[LIMIT])
        .refuses(&[InvalidPath]),
    Operation::new("getLane", "get", "/v1/queue/games/{id}", "A game's lane", Answer::Json(200, of::<LaneView>))
        .refuses(&[UnknownGame]),
    Operation::new(
        "listStoryEvents",
        "get",
        "/v1/queue/games/{id}/story-events",
        "Story events that wait in a game",
        Answer::Json(200, of::<StoryEventsView>),
    )
    .with(&[LIMIT])
    .refuses(&[UnknownGame]),
    Operation::new(
        "setOffStoryEvent",
        "post",
        "/v1/queue/games/{id}/story-events",
        "Set off a story event",
        Answer::Json(200, of::<ChatAccepted>),
    )
    .takes(of::<SetOff>)
    .refuses(&[UnknownGame, GameEnded, LaneFull, QueueFull]),
    Operation::new(
        "clearStoryEvents",
        "delete",
        "/v1/queue/games/{id}/story-events",
        "Withdraw the story events that wait in a game",
        Answer::Nothing,
    )
    .refuses(&[UnknownGame]),
    Operation::new(
        "listDeadLetters",
        "get",
        "/v1/dead-letters",
        "Requests that were given up",
        Answer::Json(200, of::<DeadLetters>),
    )
    .with(&[LIMIT, AFTER])
    .refuses(&[InvalidPath]),
    Operation::new(
        "getDeadLetter",
        "get",
        "/v1/dead-letters/{id}",
        "A dead letter",
        Answer::Json(200, of::<DeadLetter>),
    )
    .refuses(&[UnknownDeadLetter]),
    Operation::new("deleteDeadLetter", "delete", "/v1/dead-letters/{id}", "Forget a dead letter", Answer::Nothing)
        .refuses(&[UnknownDeadLetter]),
    Operation::new(
        "retryDeadLetter",
        "post",
        "/v1/dead-letters/{id}/retry",
        "Queue a dead letter's request again",
        Answer::Json(200, of::<ChatAccepted>),
    )
    .refuses(&[UnknownDeadLetter, UnknownGame]),
];

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn object(_: &mut SchemaGenerator) -> Value {
    json!({"type": "object"})
}

fn named_list(_: &mut SchemaGenerator) -> Value {
    let members = json!({"id": {"type": "string"}, "name": {"type": "string"}});
    json!({"type": "array", "items": {"type": "object", "required": ["id", "name"], "properties": members}})
}

fn providers(_: &mut SchemaGenerator) -> Value {
    let members = ["name", "display_name", "vendor", "model"].map(|name| (name.to_owned(), json!({"type": "string"})));
    let provider = json!({"type": "object", "required": ["name"], "properties": Map::from_iter(members)});
    json!({"type": "object", "required": ["default", "providers"], "properties": {
        "default": {"type": "string"},
        "providers": {"type": "array", "items": provider},
    }})
}

fn health() -> Value {
    let storage = json!({"type": "object", "required": ["storage"], "properties": {"storage": {"enum": ["healthy", "unhealthy"]}}});
    json!({"type": "object", "required": ["status", "service", "components"], "properties": {
        "status": {"enum": ["healthy", "degraded"]},
        "service": {"const": "story-engine"},
        "components": storage,
    }})
}

fn readiness(generator: &mut SchemaGenerator) -> Value {
    let queue = of::<QueueView>(generator);
    json!({"type": "object", "required": ["status", "queue"], "properties": {"status": {"const": "ready"}, "queue": queue}})
}

fn build() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        // The dialect is that of the document.
        .with(|settings| settings.meta_schema = None);
    let mut generator = settings.into_generator();
    Event::declare(&mut generator);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in OPERATIONS {
        let described = describe(operation, &mut generator);
        paths.entry(operation.path).or_default().insert(operation.method.to_owned(), described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "story-engine",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "paths": paths,
        "components": {"schemas": generator.take_definitions(true)},
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = Map::new();
    described.insert("operationId".to_owned(), operation.id.into());
    described.insert("summary".to_owned(), operation.summary.into());
    let mut parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    let mut refusals = vec![ProblemType::Internal];
    if !matches!(operation.answer, Answer::Health) {
        refusals.push(StoreUnavailable);
    }
    if operation.path.contains("{id}") {
        let schema = json!({"type": "string", "format": "uuid"});
        parameters.push(json!({"in": "path", "name": "id", "required": true, "schema": schema}));
        refusals.push(InvalidPath);
    } else if operation.path.contains("{name}") {
        parameters.push(json!({"in": "path", "name": "name", "required": true, "schema": {"type": "string"}}));
        refusals.push(InvalidPath);
    }
    if !parameters.is_empty() {
        described.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = operation.body {
        let content = json!({"application/json": {"schema": body(generator)}});
        described.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
        refusals.extend([MalformedJson, InvalidRequest, TooLarge, UnsupportedMediaType]);
    }
    refusals.extend(operation.refusals);
    let mut answers = BTreeMap::new();
    match &operation.answer {
        Answer::Json(status, schema) => {
            let content = json!({"application/json": {"schema": schema(generator)}});
            answers.insert(status.to_string(), json!({"description": operation.summary, "content": content}));
        }
        Answer::Nothing => {
            answers.insert("204".to_owned(), json!({"description": "Done."}));
        }
        Answer::Text => {
            let content = json!({"text/plain": {"schema": {"type": "string"}}});
            answers.insert("200".to_owned(), json!({"description": operation.summary, "content": content}));
        }
        Answer::Health => {
            let content = json!({"application/json": {"schema": health()}});
            for (status, means) in [("200", "The store answers."), ("503", "The store does not answer.")] {
                answers.insert(status.to_owned(), json!({"description": means, "content": content}));
            }
        }
        Answer::Events => {
            let names: Vec<&str> = EventName::ALL.iter().map(|name| name.as_str()).collect();
            let names = names.join("`, `");
            let description = format!(
                "Server-Sent Events: `{names}`. The data of each is JSON, and its schema is among the components; `id` is what to \
                 go on after."
            );
            let content = json!({"text/event-stream": {"schema": {"type": "string"}}});
            answers.insert("200".to_owned(), json!({"description": description, "content": content}));
            let finished = "There is nothing more to come: a reader that has seen the last event need not come again.";
            answers.insert("204".to_owned(), json!({"description": finished}));
        }
    }
    let mut statuses: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for refusal in refusals {
        let means = format!("`{}`: {}", refusal.slug(), refusal.title());
        statuses.entry(refusal.status()).or_default().push(means);
    }
    for (status, mut meanings) in statuses {
        meanings.dedup();
        let content = json!({"application/problem+json": {"schema": of::<Problem>(generator)}});
        answers.insert(status.to_string(), json!({"description": meanings.join("; "), "content": content}));
    }
    described.insert("responses".to_owned(), json!(answers));
    described.into()
}

fn parameter(Parameter { place, name, means, schema }: &Parameter) -> Value {
    json!({"in": place, "name": name, "description": means, "required": false, "schema": schema()})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The routers, as they are written.
    const ROUTERS: &str = include_str!("mod.rs");

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let routed: BTreeSet<String> = ROUTERS
            .split(".route(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            // One route that serves all kinds of content, each of which is described for itself.
            .filter(|path| *path != "/v1/{kind}/{id}")
            .map(|path| path.replace("{slug}", "{name}"))
            .collect();
        let content = ["scenarios", "pcs", "narrators", "monsters", "npcs"].map(|kind| format!("/v1/{kind}/{{name}}"));
        let described: BTreeSet<String> = OPERATIONS.iter().map(|operation| operation.path.to_owned()).collect();
        assert_eq!(described, routed.into_iter().chain(content).collect());
    }

    #[test]
    fn each_operation_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(names.len(), OPERATIONS.len());
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = build();
        let text = document.to_string();
        let mut found = 0;
        for reference in text.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let pointer = reference.strip_prefix('#').unwrap_or(reference);
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            found += 1;
        }
        assert!(found > 50, "{found} references");
        assert!(document.pointer("/components/schemas/StreamSnapshot").is_some());
    }
}
