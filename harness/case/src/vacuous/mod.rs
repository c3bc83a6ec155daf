//! Refuses expectations that expect nothing: an empty list, object or text holds whatever happens, so a case that asserts
//! only such things would always pass.
//!
//! It reads the JSON and not the types, because the types cannot tell a key that is empty from one that is absent.

mod of_case;

pub(crate) use of_case::expects_nothing;

use crate::json::{JsonError, Kind, Member, Node};
use crate::regexes::matches_everything;

/// Keys whose empty list says something: no items, no events at all.
const EMPTY_MEANS_NONE: &[&str] = &["inventory", "user_inventory", "exactly"];

/// Maps from a place to the value that it has there: an empty value, a null and an empty text are values like others.
const PLACES: &[&str] = &["state", "json", "where", "vars", "headers", "npc_locations"];

/// Keys that hold expectations, and nothing else.
const LISTS_OF_TEXTS: &[&str] = &[
    "response_contains",
    "response_not_contains",
    "story_event_contains",
    "story_event_not_contains",
    "body_contains",
    "body_not_contains",
    "contains",
    "not_contains",
];

/// What in a case and in its steps expects nothing.
pub(super) fn find(case: &Node) -> Vec<JsonError> {
    let mut found = of_case::find(case);
    for step in case.get("steps").map_or(&[][..], Node::items) {
        in_step(step, &mut found);
    }
    found
}

/// Expectations of a story event. A message that a player sends is none.
const OF_STORY_EVENTS: [&str; 3] = ["story_event_contains", "story_event_not_contains", "story_event_exact"];

/// A message's own words, compared with what a story event should say.
fn of_no_story_event(step: &Node, found: &mut Vec<JsonError>) {
    let message = step.get("user_prompt").map(|message| &message.kind);
    let is_message = matches!(message, Some(Kind::String(text)) if text.trim() != "WAIT_FOR_STORY_EVENT");
    let Some(expect) = step.get("expect").filter(|expect| is_message && expect.get("request").is_none()) else {
        return;
    };
    for member in expect.members().iter().filter(|member| OF_STORY_EVENTS.contains(&member.key.as_str())) {
        let what = format!("`{}` is of a story event, and this step sends a message", member.key);
        found.push(
            JsonError::at(member.key_span.clone(), what)
                .help("expect it of a step with `\"user_prompt\": \"WAIT_FOR_STORY_EVENT\"`"),
        );
    }
}

fn in_step(step: &Node, found: &mut Vec<JsonError>) {
    of_no_story_event(step, found);
    for member in step.members() {
        match member.key.as_str() {
            "expect" => {
                in_expectations(&member.value, found);
                // A capture may be of the request that is named here.
                if step.get("capture").is_none() {
                    names_only(&member.value, found);
                }
            }
            "http" => {
                if let Some(expect) = member.value.get("expect") {
                    in_expectations(expect, found);
                }
                found.extend(member.value.get("capture").and_then(captures_nothing));
            }
            "capture" => found.extend(captures_nothing(&member.value)),
            "stream" | "wait_for" => {
                for key in ["events", "where", "narration"] {
                    if let Some(part) = member_of(&member.value, key) {
                        in_expectation(part, found);
                    }
                }
            }
            "parallel" => member.value.items().iter().for_each(|step| in_step(step, found)),
            "actors" => {
                let steps = member.value.members().iter().flat_map(|actor| actor.value.items());
                steps.for_each(|step| in_step(step, found));
            }
            _ => {}
        }
    }
}

fn captures_nothing(capture: &Node) -> Option<JsonError> {
    let is_empty = matches!(capture.kind, Kind::Object(_)) && capture.members().is_empty();
    is_empty.then(|| {
        JsonError::at(capture.span.clone(), "this captures nothing").help("leave it out, or name what is kept")
    })
}

/// An object whose members are expectations.
fn in_expectations(expect: &Node, found: &mut Vec<JsonError>) {
    if expect.members().is_empty() && matches!(expect.kind, Kind::Object(_)) {
        found.push(
            JsonError::at(expect.span.clone(), "this expects nothing").help("leave it out, or say what must hold"),
        );
    }
    for member in expect.members() {
        in_expectation(member, found);
    }
}

/// A request or a listener that is named, and of which nothing is expected.
fn names_only(expect: &Node, found: &mut Vec<JsonError>) {
    let names = |member: &Member| matches!(member.key.as_str(), "request" | "listener");
    if let [first, ..] = expect.members()
        && expect.members().iter().all(names)
    {
        let what = format!("this names a {} and expects nothing of it", first.key);
        found.push(
            JsonError::at(expect.span.clone(), what).help("say what must hold, such as its `status` or its `events`"),
        );
    }
}

fn in_expectation(member: &Member, found: &mut Vec<JsonError>) {
    let key = member.key.as_str();
    match &member.value.kind {
        Kind::Array(items) if items.is_empty() && !EMPTY_MEANS_NONE.contains(&key) => {
            let help = match key {
                "events" => "leave it out, or write `{\"exactly\": []}` if no event may come",
                _ => "leave it out, or say what must hold",
            };
            found.push(holds_always(member).help(help));
        }
        Kind::Object(members) if members.is_empty() => {
            found.push(holds_always(member).help("leave it out, or say what must hold"));
        }
        Kind::Null => {
            let what = format!("`{key}` is null, so nothing is expected");
            found.push(JsonError::at(member.value.span.clone(), what).help("leave it out, or say what must hold"));
        }
        Kind::Bool(false) if key == "quiet" => {
            found.push(
                JsonError::at(member.value.span.clone(), "`quiet` is false, so nothing is expected")
                    .help("leave it out"),
            );
        }
        Kind::Number(number) if key == "response_min_length" && number.as_u64() == Some(0) => {
            found.push(
                JsonError::at(member.value.span.clone(), "every text is at least 0 bytes long").help("leave it out"),
            );
        }
        Kind::String(text)
            if text.is_empty() && matches!(key, "response_regex" | "body_regex" | "regex" | "narration") =>
        {
            found.push(holds_always(member).help("give it a text"));
        }
        Kind::String(text) if matches!(key, "response_regex" | "body_regex" | "regex") && matches_everything(text) => {
            let what = format!("every text matches this `{key}`, so it holds whatever happens");
            found.push(JsonError::at(member.value.span.clone(), what).help("say more of the text, or leave it out"));
        }
        Kind::Array(items) if LISTS_OF_TEXTS.contains(&key) => {
            let empty = items.iter().filter(|item| matches!(&item.kind, Kind::String(text) if text.is_empty()));
            let error = |item: &Node| JsonError::at(item.span.clone(), "every text contains the empty one");
            found.extend(empty.map(error));
        }
        Kind::Array(items) => {
            for item in items {
                match &item.kind {
                    // `interleaved` holds lists of lists.
                    Kind::Array(inner) if inner.is_empty() => {
                        found.push(JsonError::at(item.span.clone(), "an empty list holds whatever happens"));
                    }
                    Kind::Array(inner) => inner.iter().for_each(|item| in_pattern(item, found)),
                    _ => in_pattern(item, found),
                }
            }
        }
        Kind::Object(members) if !PLACES.contains(&key) => {
            for member in members {
                in_expectation(member, found);
            }
        }
        _ => {}
    }
}

/// An event pattern or a prompt pattern. `{}` among the prompts still expects that there is a call.
fn in_pattern(pattern: &Node, found: &mut Vec<JsonError>) {
    for member in pattern.members() {
        in_expectation(member, found);
    }
}

fn holds_always(member: &Member) -> JsonError {
    JsonError::at(member.value.span.clone(), format!("`{}` is empty, so it holds whatever happens", member.key))
}

fn member_of<'a>(node: &'a Node, key: &str) -> Option<&'a Member> {
    node.members().iter().find(|member| member.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// The parts of the text that are found to expect nothing.
    fn found(step: &str) -> Vec<String> {
        let text = format!(r#"{{"name": "x", "scenario": "s", "steps": [{step}]}}"#);
        let errors = find(&parse(&text).unwrap());
        errors.into_iter().map(|error| text[error.span.unwrap()].to_owned()).collect()
    }

    #[test]
    fn an_expectation_that_holds_whatever_happens_is_found_where_it_stands() {
        for (step, part) in [
            (r#"{"user_prompt": "a", "expect": {}}"#, "{}"),
            (r#"{"expect": {"events": []}}"#, "[]"),
            (r#"{"expect": {"events": {"any_order": []}}}"#, "[]"),
            (r#"{"expect": {"events": {"none": []}}}"#, "[]"),
            (r#"{"expect": {"events": {"interleaved": []}}}"#, "[]"),
            (r#"{"expect": {"events": {"interleaved": [[], ["chat.chunk"]]}}}"#, "[]"),
            (r#"{"expect": {"events": [{"event": "chat.chunk", "where": {}}]}}"#, "{}"),
            (r#"{"expect": {"response_contains": []}}"#, "[]"),
            (r#"{"expect": {"response_contains": ["a", ""]}}"#, "\"\""),
            (r#"{"expect": {"response_regex": ""}}"#, "\"\""),
            (r#"{"expect": {"response_regex": ".*"}}"#, "\".*\""),
            (r#"{"http": {"method": "GET", "path": "/", "expect": {"body_regex": "(?s)^.*"}}}"#, "\"(?s)^.*\""),
            (r#"{"expect": {"prompts": [{"regex": "a*"}]}}"#, "\"a*\""),
            (r#"{"expect": {"vars": {}}}"#, "{}"),
            (r#"{"expect": {"queue": {}}}"#, "{}"),
            (r#"{"expect": {"location": null}}"#, "null"),
            (r#"{"expect": {"quiet": false}}"#, "false"),
            (r#"{"expect": {"response_min_length": 0}}"#, "0"),
            (r#"{"expect": {"request": "a"}}"#, r#"{"request": "a"}"#),
            (r#"{"expect": {"prompts": []}}"#, "[]"),
            (
                r#"{"user_prompt": "hi", "expect": {"turn_counter": 1, "story_event_exact": "hi"}}"#,
                r#""story_event_exact""#,
            ),
            (r#"{"expect": {"prompts": [{"contains": []}]}}"#, "[]"),
            (r#"{"stream": {"request": "a", "events": []}}"#, "[]"),
            (r#"{"wait_for": {"narration": ""}}"#, "\"\""),
            (r#"{"http": {"method": "GET", "path": "/", "expect": {"json": {}}}}"#, "{}"),
            (r#"{"parallel": [{"expect": {"events": []}}]}"#, "[]"),
            (r#"{"actors": {"ada": [{"expect": {"events": []}}]}}"#, "[]"),
        ] {
            assert_eq!(found(step), [part], "{step}");
        }
    }

    #[test]
    fn an_empty_value_that_is_expected_is_no_empty_expectation() {
        for step in [
            r#"{"expect": {"inventory": []}}"#,
            r#"{"user_prompt": "WAIT_FOR_STORY_EVENT", "expect": {"story_event_exact": "hi"}}"#,
            r#"{"expect": {"user_inventory": []}}"#,
            r#"{"expect": {"events": {"exactly": []}}}"#,
            r#"{"expect": {"state": {"/vars": {}, "/pc": null}}}"#,
            r#"{"expect": {"vars": {"name": ""}}}"#,
            r#"{"expect": {"events": [{"event": "game.state_updated", "where": {"/changes": []}}]}}"#,
            r#"{"expect": {"prompts": [{}]}}"#,
            r#"{"expect": {"request": "a"}, "capture": {"text": {"request": "/result/message"}}}"#,
            r#"{"http": {"method": "GET", "path": "/", "expect": {"json": {"/games": []}, "headers": {"etag": null}}}}"#,
            r#"{"http": {"method": "POST", "path": "/", "body": {}}}"#,
        ] {
            assert!(found(step).is_empty(), "{step}: {:?}", found(step));
        }
    }
}
