//! What a step names must be there: events in the profile, games in the case, requests and streams by that step.

use std::collections::BTreeSet;

use super::step::{Action, Chat, Step};
use super::{DEFAULT_GAME, Game};
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
    let mut requests = BTreeSet::new();
    let mut streams = BTreeSet::new();
    for (step, node) in steps.iter().zip(nodes) {
        for part in step.with_children() {
            known("game", part.game.as_deref().unwrap_or(DEFAULT_GAME), &games, node)?;
            if let Action::Chat(Chat { label: Some(label), .. }) | Action::WaitForStoryEvent { label: Some(label) } =
                &part.action
                && (games.contains(label.as_str()) || !requests.insert(label.as_str()))
            {
                return Err(JsonError::at(node.span.clone(), format!("the label `{label}` is taken")));
            }
            if let Action::Listen(listen) = &part.action {
                streams.insert(listen.label.as_str());
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
        }
    }
    Ok(())
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
