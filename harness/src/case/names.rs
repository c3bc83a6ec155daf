//! What a step names must be there: events in the profile, games in the case, gates in the model's script, and by that step
//! requests, streams and what a path's placeholders stand for.

use std::collections::BTreeSet;

use super::step::{Action, Chat, Step};
use super::{DEFAULT_GAME, Game, ModelScript};
use crate::json::{JsonError, Kind, Node, nearest};
use crate::profile::Profile;

/// The lists in which events are named.
const EVENT_LISTS: &[&str] = &["events", "exactly", "any_order", "interleaved", "none"];

/// Every event that a step names is one that the profile knows.
pub(super) fn check_events(node: &Node, profile: &Profile) -> Result<(), JsonError> {
    let names = &profile.events.names;
    if names.is_empty() {
        return Ok(());
    }
    let known = |node: &Node| match &node.kind {
        Kind::String(name) if !names.contains(name) => {
            let error = JsonError::at(node.span.clone(), format!("`{name}` is not known here: it is no event"));
            Err(match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("known here: {}", names.join(", "))),
            })
        }
        _ => Ok(()),
    };
    check_status(node, profile)?;
    for key in ["wait_for", "stream", "expect"] {
        let Some(part) = node.get(key) else { continue };
        part.get("event").map_or(Ok(()), known)?;
        if let Some(list) = part.get("events") {
            each_pattern(list, &|pattern| known(pattern.get("event").unwrap_or(pattern)))?;
        }
    }
    Ok(())
}

/// The maps whose keys are JSON pointers.
const POINTED: &[&str] = &["where", "state", "json", "json_regex", "json_length"];

/// Every JSON pointer begins with a slash, or is empty and means the whole.
pub(super) fn check_pointers(node: &Node) -> Result<(), JsonError> {
    for member in node.members() {
        // What is sent is the service's own.
        if matches!(member.key.as_str(), "body" | "with" | "parallel" | "actors" | "capture") {
            continue;
        }
        if POINTED.contains(&member.key.as_str()) {
            for place in member.value.members() {
                if !place.key.is_empty() && !place.key.starts_with('/') {
                    let what = format!("`{}` is no JSON pointer", place.key);
                    return Err(
                        JsonError::at(place.key_span.clone(), what).help(format!("did you mean `/{}`?", place.key))
                    );
                }
            }
            continue;
        }
        check_pointers(&member.value)?;
        member.value.items().iter().try_for_each(check_pointers)?;
    }
    Ok(())
}

/// Every gate that a step waits for or opens is one at which a reply of the model's script waits.
pub(super) fn check_gates(steps: &[Node], model: Option<&ModelScript>) -> Result<(), JsonError> {
    let gates = model.map_or(&[][..], |model| &model.gates);
    steps.iter().try_for_each(|step| check_gates_of(step, gates))
}

fn check_gates_of(step: &Node, gates: &[String]) -> Result<(), JsonError> {
    if let Some(name) = step.get("gate").and_then(|gate| gate.get("wait").or_else(|| gate.get("open")))
        && let Kind::String(gate) = &name.kind
        && !gates.contains(gate)
    {
        let error =
            JsonError::at(name.span.clone(), format!("no reply of the model's script waits at a gate `{gate}`"));
        return Err(match nearest(gate, gates.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if gates.is_empty() => error.help("a reply waits where it has a `\"gate\": \"NAME\"`"),
            None => error.help(format!("its gates: {}", gates.join(", "))),
        });
    }
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    children.chain(actors).try_for_each(|child| check_gates_of(child, gates))
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

fn each_pattern(node: &Node, check: &impl Fn(&Node) -> Result<(), JsonError>) -> Result<(), JsonError> {
    match &node.kind {
        Kind::Array(items) => items.iter().try_for_each(|item| each_pattern(item, check)),
        Kind::Object(members) if members.iter().any(|member| EVENT_LISTS.contains(&member.key.as_str())) => {
            members.iter().try_for_each(|member| each_pattern(&member.value, check))
        }
        _ => check(node),
    }
}

/// Every game, request and stream that a step names is there by then.
pub(super) fn check_labels(games: &[Game], steps: &[Step], nodes: &[Node]) -> Result<(), JsonError> {
    let games: BTreeSet<&str> = games.iter().map(|game| game.label.as_str()).collect();
    let (mut requests, mut streams, mut captured) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::from(["prefix"]));
    for (step, node) in steps.iter().zip(nodes) {
        for part in step.with_children() {
            known("game", part.game.as_deref().unwrap_or(DEFAULT_GAME), &games, node)?;
            if let Action::Chat(Chat { label: Some(label), .. }) | Action::WaitForStoryEvent { label: Some(label) } =
                &part.action
                && (games.contains(label.as_str()) || !requests.insert(label.as_str()))
            {
                return Err(JsonError::at(node.span.clone(), format!("the label `{label}` is taken")));
            }
            match &part.action {
                Action::Listen(listen) => drop(streams.insert(listen.label.as_str())),
                Action::Http(http) => captured.extend(http.capture.keys().map(String::as_str)),
                _ => {}
            }
        }
        // Within one step everybody acts at the same time, so what one of them makes another one may name.
        for part in step.with_children() {
            let (request, stream) = match &part.action {
                Action::WaitFor(wait) => (wait.request.as_deref(), wait.listener.as_deref()),
                Action::RequestStream(stream) => (Some(stream.request.as_str()), None),
                Action::Listen(listen) => (listen.request.as_deref(), None),
                Action::HangUp(label) => (None, Some(label.as_str())),
                _ => (None, None),
            };
            let patterns = part.expect.events.iter().flat_map(super::EventList::patterns);
            let named = patterns.filter_map(|pattern| pattern.request.as_deref());
            for label in named.chain(request).chain(part.expect.request.as_deref()) {
                known("request", label, &requests, node)?;
            }
            for label in stream.into_iter().chain(part.expect.listener.as_deref()) {
                known("stream", label, &streams, node)?;
            }
            let paths = match &part.action {
                Action::Http(http) => [Some(&http.path), None],
                Action::Listen(listen) => [listen.path.as_ref(), listen.after.as_ref()],
                _ => [None, None],
            };
            for name in paths.into_iter().flatten().flat_map(|path| placeholders(path)) {
                check_placeholder(name, [&games, &requests, &captured], node)?;
            }
        }
    }
    Ok(())
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// A placeholder is what a game, a request or a part of an answer is called, or the latest event of one of the former.
fn check_placeholder(
    name: &str,
    [games, requests, captured]: [&BTreeSet<&str>; 3],
    node: &Node,
) -> Result<(), JsonError> {
    let label = name.strip_suffix(".last").unwrap_or(name);
    if games.contains(label) || requests.contains(label) || captured.contains(name) {
        return Ok(());
    }
    let error = JsonError::at(node.span.clone(), format!("`{{{name}}}` stands for nothing at this step"));
    Err(match nearest(name, games.iter().chain(requests).chain(captured).copied()) {
        Some(near) => error.help(format!("did you mean `{{{near}}}`?")),
        None => error.help("labels and captures of earlier steps stand for something"),
    })
}

fn known(what: &str, label: &str, labels: &BTreeSet<&str>, node: &Node) -> Result<(), JsonError> {
    if labels.contains(label) {
        return Ok(());
    }
    let error = JsonError::at(node.span.clone(), format!("no {what} is called `{label}` at this step"));
    Err(match (nearest(label, labels.iter().copied()), what) {
        (Some(name), _) => error.help(format!("did you mean `{name}`?")),
        (None, "request") => error.help("a request gets its label by `\"as\": …` at an earlier step"),
        (None, "stream") => error.help("a stream gets its label by `\"listen\": {\"as\": …}` at an earlier step"),
        (None, _) => error.help("more games are declared under `games`"),
    })
}
