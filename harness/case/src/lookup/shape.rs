//! Places of a game and of events, by the types that the API publishes. A place that can never be there makes `null`, `$ne` and
//! `{"$exists": false}` hold whatever happens.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use protocol::{EventName, GameView};
use schemars::SchemaGenerator;
use serde_json::Value;

use super::schema::is_open;
use super::{types, unknown};
use crate::json::{JsonError, Kind, Member, Node, Span, nearest};

/// The schema of a game.
static GAME: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(GameView).to_value());

/// The schemas of what events carry, by the names of their types.
static EVENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut generator = SchemaGenerator::default();
    protocol::Event::declare(&mut generator);
    let types = generator.take_definitions(true);
    Value::Object([("$defs".to_owned(), Value::Object(types))].into_iter().collect())
});

/// The names of the types, by the names of the events: `chat.chunk` is a `ChatChunk`.
static TYPES: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let of = |event: &EventName| (event.as_str(), format!("{event:?}"));
    EventName::ALL.iter().map(of).collect()
});

/// Every place in the steps that a game or an event cannot have.
pub(crate) fn check(steps: &[Node]) -> Vec<JsonError> {
    let mut found = Vec::new();
    for step in steps {
        check_step(step, &mut found);
    }
    found
}

fn check_step(step: &Node, found: &mut Vec<JsonError>) {
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    children.chain(actors).for_each(|child| check_step(child, found));
    for place in step.get("expect").and_then(|expect| expect.get("state")).map_or(&[][..], Node::members) {
        let at = check_place(&GAME, &GAME, "a game", &place.key, &place.key_span);
        found.extend(check_types(&GAME, "a game", place, at));
    }
    for capture in step.get("capture").map_or(&[][..], Node::members) {
        if let Some(Node { span, kind: Kind::String(pointer) }) = capture.value.get("state") {
            found.extend(check_place(&GAME, &GAME, "a game", pointer, span).err());
        }
        if let Some(event) = capture.value.get("event") {
            check_pattern(event, found);
            if let (Some(name), Some(Node { span, kind: Kind::String(pointer) })) = (name(event), event.get("at")) {
                found.extend(check_event(name, pointer, span).err());
            }
        }
    }
    if let Some(wait) = step.get("wait_for") {
        check_pattern(wait, found);
    }
    let lists = ["expect", "stream"].map(|key| step.get(key).and_then(|part| part.get("events")));
    lists.into_iter().flatten().for_each(|list| check_patterns(list, found));
}

fn check_patterns(node: &Node, found: &mut Vec<JsonError>) {
    if node.get("event").is_some() {
        return check_pattern(node, found);
    }
    node.items().iter().for_each(|item| check_patterns(item, found));
    node.members().iter().for_each(|member| check_patterns(&member.value, found));
}

/// The places of `where` in an event's data.
fn check_pattern(pattern: &Node, found: &mut Vec<JsonError>) {
    let Some(name) = name(pattern) else { return };
    for place in pattern.get("where").map_or(&[][..], Node::members) {
        let at = check_event(name, &place.key, &place.key_span);
        found.extend(check_types(&EVENTS, &format!("`{name}`"), place, at));
    }
}

fn name(pattern: &Node) -> Option<&str> {
    match &pattern.get("event")?.kind {
        Kind::String(name) => Some(name),
        _ => None,
    }
}

fn check_event(name: &str, pointer: &str, span: &Span) -> Result<Vec<&'static Value>, JsonError> {
    let schema = TYPES.get(name).and_then(|name| EVENTS.pointer(&format!("/$defs/{name}")));
    schema.map_or(Ok(Vec::new()), |schema| check_place(&EVENTS, schema, &format!("`{name}`"), pointer, span))
}

/// What is expected at a place and is of another type than what may be there, or that there is no such place.
fn check_types(
    root: &'static Value,
    whose: &str,
    place: &Member,
    at: Result<Vec<&'static Value>, JsonError>,
) -> Vec<JsonError> {
    match at {
        Err(error) => vec![error],
        Ok(at) => {
            let choices: Vec<&Value> = at.iter().flat_map(|schema| choices(root, schema)).collect();
            types::check(&choices, &format!("`{}` of {whose}", place.key), &place.value)
        }
    }
}

/// Follows a pointer through a schema, as far as that says what may be there. The schemas of the place come back, none if
/// nothing is known of it.
fn check_place(
    root: &'static Value,
    schema: &'static Value,
    whose: &str,
    pointer: &str,
    span: &Span,
) -> Result<Vec<&'static Value>, JsonError> {
    let mut at = vec![schema];
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
        let key = token.replace("~1", "/").replace("~0", "~");
        let choices: Vec<&Value> = at.iter().flat_map(|schema| choices(root, schema)).collect();
        // A place that a run fills, or one of which nothing is known, may be anything.
        if key.contains('{') || choices.iter().any(|choice| is_open(choice)) {
            return Ok(Vec::new());
        }
        let next: Vec<&Value> = choices.iter().flat_map(|choice| inside(choice, &key)).collect();
        if next.is_empty() {
            let here = if path.is_empty() { whose.to_owned() } else { format!("`{path}` of {whose}") };
            let known =
                choices.iter().filter_map(|choice| choice.get("properties")?.as_object()).flat_map(|it| it.keys());
            let known: Vec<&str> = known.map(String::as_str).collect();
            let error = unknown(span.clone(), &format!("place in {here} called"), &key, known.iter().copied());
            return Err(match nearest(&key, known.iter().copied()) {
                Some(near) => error.help(format!("did you mean `{path}/{near}`?")),
                None => error,
            });
        }
        path = format!("{path}/{token}");
        at = next;
    }
    Ok(at)
}

/// The schemas that a schema combines: what it refers to, and each of what it may be.
fn choices<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    if let Some(referred) = referred {
        return choices(root, referred);
    }
    let lists = ["anyOf", "oneOf", "allOf"].map(|key| schema.get(key).and_then(Value::as_array));
    let inner = lists.into_iter().flatten().flatten().flat_map(|choice| choices(root, choice));
    let mut all: Vec<&Value> = inner.collect();
    if all.is_empty() || schema.get("properties").is_some() {
        all.push(schema);
    }
    all
}

/// What may be at a key of what a schema describes.
fn inside<'a>(schema: &'a Value, key: &str) -> Vec<&'a Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties").filter(|others| **others != Value::Bool(false));
    let items = schema.get("items").filter(|_| key == "*" || key.parse::<usize>().is_ok());
    if key == "*" {
        let all = properties.into_iter().flat_map(|properties| properties.values());
        return all.chain(others).chain(items).collect();
    }
    properties.and_then(|properties| properties.get(key)).or(others).into_iter().chain(items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn found(step: &str) -> Vec<String> {
        let errors = check(&[parse(step).unwrap()]).into_iter();
        errors
            .map(|error| {
                format!("{}: {}", &step[error.span.unwrap()], error.message + error.help.as_deref().unwrap_or(""))
            })
            .collect()
    }

    #[test]
    fn a_place_that_no_game_and_no_event_has_is_found() {
        for (step, place, help) in [
            (r#"{"expect": {"state": {"/user_locaton": null}}}"#, r#""/user_locaton""#, "`/user_location`?"),
            (
                r#"{"expect": {"state": {"/npcs/odile/dispositon": {"$ne": "x"}}}}"#,
                r#""/npcs/odile/dispositon""#,
                "/disposition`?",
            ),
            (r#"{"expect": {"state": {"/user_inventory/first": null}}}"#, r#""/user_inventory/first""#, "no place in"),
            (r#"{"expect": {"state": {"/turn_counter/x": null}}}"#, r#""/turn_counter/x""#, "no place in"),
            (r#"{"capture": {"a": {"state": "/user_locaton"}}}"#, r#""/user_locaton""#, "`/user_location`?"),
            (
                r#"{"wait_for": {"event": "request.processing", "where": {"/attmpt": null}}}"#,
                r#""/attmpt""#,
                "`/attempt`?",
            ),
            (
                r#"{"expect": {"events": {"none": [{"event": "request.failed", "where": {"/erro": null}}]}}}"#,
                r#""/erro""#,
                "`/error`?",
            ),
            (r#"{"parallel": [{"expect": {"state": {"/var": null}}}]}"#, r#""/var""#, "`/vars`?"),
            (
                r#"{"expect": {"events": {"none": [{"event": "request.processing", "where": {"/attempt": "2"}}]}}}"#,
                r#""2""#,
                "`/attempt` of `request.processing` is a number, and \"2\" is a textleave off the quotes",
            ),
            (
                r#"{"wait_for": {"event": "request.processing", "where": {"/attempt": {"$in": [1, {"$ne": "two"}]}}}}"#,
                r#""two""#,
                "and \"two\" is a text",
            ),
            (
                r#"{"expect": {"state": {"/vars/lamp": {"$ne": true}}}}"#,
                "true",
                "is a text, and true is a booleanput it in double quotes",
            ),
            (
                r#"{"expect": {"events": {"none": [{"event": "game.state_updated", "where": {"/changes/*/type": "npc_mved"}}]}}}"#,
                r#""npc_mved""#,
                "did you mean `npc_moved`?",
            ),
            (r#"{"expect": {"state": {"/is_ended": "false"}}}"#, r#""false""#, "leave off the quotes"),
            (r#"{"expect": {"state": {"/user_inventory": "lamp"}}}"#, r#""lamp""#, "is a list, and"),
        ] {
            let found = found(step);
            assert!(found.len() == 1 && found[0].starts_with(place) && found[0].contains(help), "{step}: {found:?}");
        }
    }

    #[test]
    fn a_place_that_may_be_there_is_left_alone() {
        for step in [
            r#"{"expect": {"state": {"/vars/any": null, "/npcs/*/location": "x", "/chat_history/0/role": "user", "": {"$exists": true}}}}"#,
            r#"{"expect": {"state": {"/locations/{place}/name": "x", "/pc/name": "x", "/version": 1, "/visited_locations/0": "x"}}}"#,
            r#"{"expect": {"events": ["chat.chunk", {"event": "game.state_updated", "where": {"/changes/*/npc": "x"}}]}}"#,
            r#"{"wait_for": {"event": "request.processing", "where": {"/attempt": "{n}", "": {"$exists": true}}}}"#,
            r#"{"expect": {"state": {"/vars/n": {"$gt": 2}, "/turn_counter": {"$gte": 1}, "/pc/name": {"$regex": "2"}}}}"#,
            r#"{"wait_for": {"event": "an.event.of.another.service", "where": {"/a": 1}}}"#,
        ] {
            assert_eq!(found(step), Vec::<String>::new(), "{step}");
        }
    }
}
