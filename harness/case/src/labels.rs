//! Checks labels across the steps of a case: the games, requests and streams that a step names, and what the placeholders
//! of its paths stand for, must be defined by then.

use std::collections::BTreeSet;

use super::step::{Action, Chat, Step};
use super::{DEFAULT_GAME, EventList, Game, StepCapture};
use crate::json::{JsonError, Node, nearest};

/// Every game, request and stream that a step names is there by then.
pub(crate) fn check(games: &[Game], steps: &[Step], nodes: &[Node]) -> Result<(), JsonError> {
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
            captured.extend(part.capture.keys().map(String::as_str));
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
            let patterns = part.expect.events.iter().flat_map(EventList::patterns);
            let named = patterns.filter_map(|pattern| pattern.request.as_deref());
            let kept = part.capture.values().filter_map(|capture| match capture {
                StepCapture::Event(event) => event.request.as_deref(),
                _ => None,
            });
            for label in named.chain(kept).chain(request).chain(part.expect.request.as_deref()) {
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
