//! Checks names as they are written in a step's JSON: events and statuses of the profile, gates of the model's script, JSON
//! pointers, and the words of what is expected. Names that earlier steps define are checked in [`crate::labels`].

use super::ModelScript;
use crate::json::{JsonError, Kind, Node, nearest};
use crate::predicate;
use crate::profile::Profile;

/// The lists in which events are named.
const EVENT_LISTS: &[&str] = &["events", "exactly", "any_order", "interleaved", "none"];

/// Every name in a step and in those inside it that is not known, and every place that cannot be read.
pub(super) fn check(step: &Node, profile: &Profile) -> Vec<JsonError> {
    let mut found = Vec::new();
    check_step(step, profile, &mut found);
    found
}

fn check_step(step: &Node, profile: &Profile, found: &mut Vec<JsonError>) {
    check_events(step, profile, found);
    check_places_of(step, false, found);
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    children.chain(actors).for_each(|child| check_step(child, profile, found));
}

/// Every event that a step names is one that the profile knows.
fn check_events(node: &Node, profile: &Profile, found: &mut Vec<JsonError>) {
    let names = &profile.events.names;
    if names.is_empty() {
        return;
    }
    let mut known = |node: &Node| match &node.kind {
        Kind::String(name) if !names.contains(name) => {
            let error = JsonError::at(node.span.clone(), format!("`{name}` is not known here: it is no event"));
            found.push(match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("known here: {}", names.join(", "))),
            });
        }
        _ => {}
    };
    for capture in node.get("capture").map_or(&[][..], Node::members) {
        capture.value.get("event").and_then(|event| event.get("event")).into_iter().for_each(&mut known);
    }
    for key in ["wait_for", "stream", "expect"] {
        let Some(part) = node.get(key) else { continue };
        part.get("event").into_iter().for_each(&mut known);
        if let Some(list) = part.get("events") {
            each_pattern(list, &mut |pattern| known(pattern.get("event").unwrap_or(pattern)));
        }
    }
    found.extend(check_status(node, profile).err());
}

/// The maps whose keys are JSON pointers.
const POINTED: &[&str] = &["where", "state", "json"];

/// The maps in which something is expected at each place.
const PLACES: &[&str] = &["where", "state", "json", "vars", "headers"];

/// Every JSON pointer begins with a slash, or is empty and means the whole; what is expected there can be read.
fn check_places_of(node: &Node, in_expect: bool, found: &mut Vec<JsonError>) {
    for member in node.members() {
        // What is sent is the service's own.
        if matches!(member.key.as_str(), "body" | "with" | "parallel" | "actors") {
            continue;
        }
        // The members of a capture are the author's names.
        if member.key == "capture" {
            let events = member.value.members().iter().filter_map(|capture| capture.value.get("event"));
            events.for_each(|event| check_places_of(event, true, found));
            continue;
        }
        // The headers that are sent, and a captured part of the state, are no expectations.
        let expected = !matches!(member.value.kind, Kind::String(_)) && (member.key != "headers" || in_expect);
        if PLACES.contains(&member.key.as_str()) && expected {
            found.extend(predicate::check(&member.value));
        }
        if POINTED.contains(&member.key.as_str()) {
            for place in member.value.members() {
                if !place.key.is_empty() && !place.key.starts_with('/') {
                    let what = format!("`{}` is no JSON pointer", place.key);
                    let error = JsonError::at(place.key_span.clone(), what);
                    found.push(error.help(format!("did you mean `/{}`?", place.key)));
                }
            }
            continue;
        }
        let in_expect = in_expect || member.key == "expect";
        check_places_of(&member.value, in_expect, found);
        member.value.items().iter().for_each(|item| check_places_of(item, in_expect, found));
    }
}

/// Every gate that a step waits for or opens is one at which a reply of the model's script waits.
pub(super) fn check_gates(steps: &[Node], model: Option<&ModelScript>) -> Vec<JsonError> {
    let gates = model.map_or(&[][..], |model| &model.gates);
    let mut found = Vec::new();
    for step in steps {
        check_gates_of(step, gates, &mut found);
    }
    found
}

fn check_gates_of(step: &Node, gates: &[String], found: &mut Vec<JsonError>) {
    if let Some(name) = step.get("gate").and_then(|gate| gate.get("wait").or_else(|| gate.get("open")))
        && let Kind::String(gate) = &name.kind
        && !gates.contains(gate)
    {
        let error =
            JsonError::at(name.span.clone(), format!("no reply of the model's script waits at a gate `{gate}`"));
        found.push(match nearest(gate, gates.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if gates.is_empty() => error.help("a reply waits where it has a `\"gate\": \"NAME\"`"),
            None => error.help(format!("its gates: {}", gates.join(", "))),
        });
    }
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    children.chain(actors).for_each(|child| check_gates_of(child, gates, found));
}

/// A status of the story engine is one that it has.
fn check_status(node: &Node, profile: &Profile) -> Result<(), JsonError> {
    const NAMES: [&str; 5] = ["queued", "processing", "completed", "failed", "cancelled"];
    let Some(status) = node.get("expect").and_then(|expect| expect.get("status")) else { return Ok(()) };
    match &status.kind {
        Kind::String(name) if profile.is_story_engine() && !NAMES.contains(&name.as_str()) => {
            let error = JsonError::at(status.span.clone(), format!("no request ever is `{name}`"));
            Err(match nearest(name, NAMES) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("known here: {}", NAMES.join(", "))),
            })
        }
        _ => Ok(()),
    }
}

fn each_pattern(node: &Node, check: &mut impl FnMut(&Node)) {
    match &node.kind {
        Kind::Array(items) => items.iter().for_each(|item| each_pattern(item, check)),
        Kind::Object(members) if members.iter().any(|member| EVENT_LISTS.contains(&member.key.as_str())) => {
            for member in members {
                each_pattern(&member.value, check);
            }
        }
        _ => check(node),
    }
}
