//! `/openapi.json`: the operations as `OpenAPI` 3.1. Its schemas are those of the types that handlers read and write;
//! `ci/api-test` checks a running engine against it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use protocol::ProblemType::{
    BodyTimeout, Forbidden, ForbiddenHost, ForbiddenOrigin, IdentityUnavailable, InvalidHeader, InvalidPath,
    InvalidRequest, MalformedJson, RateLimited, StoreFull, StoreReadOnly, StoreUnavailable, TooLarge, Unauthorized,
    UnknownGame, UnknownRequest, UnsupportedMediaType,
};
use protocol::{Event, EventName, Problem, ProblemType};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::caller::COOKIE;
use super::operation::{About, Answer, Operation, Parameter, Right, Verb, schema_of};
use super::operations::OPERATIONS;

/// The document.
pub(super) async fn document() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        // The texts are the types' own, where Rust's names are links.
        build().to_string().replace("[`", "`").replace("`]", "`")
    });
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
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
        paths.entry(operation.path).or_default().insert(operation.verb.name().to_owned(), described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "story-engine",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key, or a capability of a game."},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Set by openSession."},
                "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "Made by createTicket."},
            },
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = Map::new();
    described.insert("operationId".to_owned(), operation.id.into());
    described.insert("summary".to_owned(), operation.summary.into());
    described.insert("x-right".to_owned(), operation.right.name().into());
    described.insert("security".to_owned(), security(operation));
    let parameters: Vec<Value> = of_path(operation).chain(operation.parameters.iter().map(parameter)).collect();
    if !parameters.is_empty() {
        described.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = operation.body {
        let content = json!({"application/json": {"schema": body(generator)}});
        described
            .insert("requestBody".to_owned(), json!({"required": !operation.is_body_optional, "content": content}));
    }
    let mut responses = answers(operation, generator);
    for (status, means) in refusals(operation) {
        let content = json!({"application/problem+json": {"schema": schema_of::<Problem>(generator)}});
        responses.insert(status.to_string(), json!({"description": means, "content": content}));
    }
    described.insert("responses".to_owned(), json!(responses));
    described.into()
}

fn parameter(Parameter { location, name, means, schema }: &Parameter) -> Value {
    json!({"in": location, "name": name, "description": means, "required": false, "schema": schema()})
}

fn of_path(operation: &Operation) -> impl Iterator<Item = Value> {
    operation.path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| {
        let schema = match name {
            "id" => json!({"type": "string", "format": "uuid"}),
            "key" => json!({"type": "string", "pattern": "^[0-9a-f]{16}$"}),
            _ => json!({"type": "string"}),
        };
        json!({"in": "path", "name": name, "required": true, "schema": schema})
    })
}

/// How a caller may say who it is: with any of these.
fn security(operation: &Operation) -> Value {
    match (operation.right, &operation.answer) {
        (Right::Public, _) => json!([]),
        (_, Answer::Events) => json!([{"key": []}, {"session": []}, {"ticket": []}]),
        _ => json!([{"key": []}, {"session": []}]),
    }
}

/// The responses of an operation that does not refuse, by status.
fn answers(operation: &Operation, generator: &mut SchemaGenerator) -> BTreeMap<String, Value> {
    let with = |status: u16, means: &str, content: Value| {
        (status.to_string(), json!({"description": means, "content": content}))
    };
    match operation.answer {
        Answer::Json(status, schema) => {
            let content = json!({"application/json": {"schema": schema(generator)}});
            BTreeMap::from([with(status, operation.summary, content)])
        }
        Answer::Nothing => BTreeMap::from([("204".to_owned(), json!({"description": "Done."}))]),
        Answer::Text => {
            let content = json!({"text/plain": {"schema": {"type": "string"}}});
            BTreeMap::from([with(200, operation.summary, content)])
        }
        Answer::Export(schema) => {
            let text = json!({"schema": {"type": "string"}});
            let json = json!({"schema": schema(generator)});
            let content = json!({"application/json": json, "text/markdown": text, "text/html": text});
            BTreeMap::from([with(200, operation.summary, content)])
        }
        Answer::Health(schema) => {
            let content = json!({"application/json": {"schema": schema(generator)}});
            BTreeMap::from([
                with(200, "The store answers.", content.clone()),
                with(503, "The store does not answer.", content),
            ])
        }
        Answer::Events => {
            let names = EventName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("`, `");
            let events = format!(
                "Server-Sent Events: `{names}`. The data of each is JSON, and its schema is among the components; `id` is \
                 what to go on after."
            );
            let finished = "There is nothing more to come: a reader that has seen the last event need not come again.";
            BTreeMap::from([
                with(200, &events, json!({"text/event-stream": {"schema": {"type": "string"}}})),
                ("204".to_owned(), json!({"description": finished})),
            ])
        }
    }
}

/// How an operation may refuse: for each status, what it means.
fn refusals(operation: &Operation) -> BTreeMap<u16, String> {
    let mut refusals = vec![ProblemType::Internal, ForbiddenHost, InvalidHeader];
    if operation.verb != Verb::Get {
        refusals.push(ForbiddenOrigin);
    }
    if operation.right != Right::Public {
        refusals.extend([Unauthorized, Forbidden, IdentityUnavailable]);
    }
    if operation.is_counted() {
        refusals.push(RateLimited);
    }
    match operation.about {
        // What is about neither says itself what it refuses.
        About::NoGame | About::DeadLetter => {}
        About::Game | About::GameInBody => refusals.push(UnknownGame),
        About::Request => refusals.push(UnknownRequest),
    }
    if !matches!(operation.answer, Answer::Health(_) | Answer::Text) {
        refusals.extend([StoreUnavailable, StoreFull, StoreReadOnly]);
    }
    let reads_query = operation.parameters.iter().any(|parameter| parameter.location == "query");
    if of_path(operation).next().is_some() || reads_query {
        refusals.push(InvalidPath);
    }
    if operation.body.is_some() {
        refusals.extend([MalformedJson, InvalidRequest, BodyTimeout, TooLarge, UnsupportedMediaType]);
    }
    for refusal in operation.refusals {
        if !refusals.contains(refusal) {
            refusals.push(*refusal);
        }
    }
    let mut meanings: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for refusal in refusals {
        let means = format!("`{}`: {}", refusal.slug(), refusal.title());
        meanings.entry(refusal.status()).or_default().push(means);
    }
    meanings.into_iter().map(|(status, meanings)| (status, meanings.join("; "))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use protocol::path;

    use super::*;

    #[test]
    fn each_operation_has_its_own_name_and_a_summary() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        assert!(OPERATIONS.iter().all(|operation| !operation.summary.is_empty()));
    }

    #[test]
    fn only_operators_change_what_belongs_to_no_player() {
        for operation in OPERATIONS.iter().filter(|operation| operation.right == Right::Viewer) {
            assert_eq!(operation.verb, Verb::Get, "{}", operation.id);
        }
        // A page opens its session before it has anything to show.
        let changes = OPERATIONS.iter().filter(|operation| operation.verb != Verb::Get);
        for operation in changes.filter(|operation| operation.path != path::SESSION) {
            assert_ne!(operation.right, Right::Public, "{}", operation.id);
        }
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
