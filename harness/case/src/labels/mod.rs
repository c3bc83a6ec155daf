//! Checks labels across the steps of a case: the games, requests and streams that a step names, and what the placeholders
//! of its texts stand for, must be defined by then.

mod named;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Action, Chat, Step};
use super::{DEFAULT_GAME, Game, placeholder, texts};
use crate::error::MISTAKES_MAX;
use crate::json::{JsonError, Node, Span, nearest};
use named::{Kind, Named};

/// Every game, request and stream that a step names is there by then.
pub(crate) fn check(games: &[Game], steps: &[Step], nodes: &[Node]) -> Vec<JsonError> {
    let games: BTreeSet<&str> = games.iter().map(|game| game.label.as_str()).collect();
    let mut there = There { games, ..There::default() };
    let mut found = Vec::new();
    for (step, node) in steps.iter().zip(nodes) {
        // More are not shown, and each is compared with all names.
        if found.len() > MISTAKES_MAX {
            break;
        }
        let parts = step.with_nodes(node);
        for (part, written) in &parts {
            there.add_all_of(part, written, &mut found);
        }
        // Within one step everybody acts at the same time, so what one of them makes another one may name.
        for (part, written) in &parts {
            named::each(written, &mut |named| found.extend(there.check_name(part, &named).err()));
            found.extend(there.check_request(part, written).err());
            there.earlier.extend(request_of(part));
        }
        texts::each(node, &mut |text, span| {
            for name in placeholder::names(text) {
                found.extend(there.check_placeholder(name, span).err());
            }
        });
    }
    found
}

/// What is there at a step.
#[derive(Default)]
struct There<'a> {
    games: BTreeSet<&'a str>,
    /// Requests by their labels, each with the label of its game.
    requests: BTreeMap<&'a str, &'a str>,
    /// The same of the steps before this one, in their order.
    earlier: Vec<(&'a str, &'a str)>,
    streams: BTreeSet<&'a str>,
    captured: BTreeSet<&'a str>,
}

/// What stands for something in every case.
const ALWAYS: &str = "prefix";

/// The label of the game that a step speaks to.
fn game_of(step: &Step) -> &str {
    step.game.as_deref().unwrap_or(DEFAULT_GAME)
}

/// The label of the request that a step makes or finds, with that of its game.
fn request_of(step: &Step) -> Option<(&str, &str)> {
    match &step.action {
        Action::Chat(Chat { label: Some(label), .. }) | Action::WaitForStoryEvent { label: Some(label) } => {
            Some((label, game_of(step)))
        }
        _ => None,
    }
}

impl<'a> There<'a> {
    /// Adds what a step makes.
    fn add_all_of(&mut self, part: &'a Step, node: &Node, found: &mut Vec<JsonError>) {
        if let Some((label, game)) = request_of(part) {
            let taken = [
                (self.games.contains(label), "a game"),
                (self.captured.contains(label), "a capture"),
                // Taken or not, what follows speaks of this request: one slip is reported once.
                (self.requests.insert(label, game).is_some(), "another request"),
            ];
            if let Some((_, by)) = taken.iter().find(|(is_taken, _)| *is_taken) {
                let place = node.get("as").unwrap_or(node).span.clone();
                let what = format!("{by} is called `{label}` already");
                found.push(JsonError::at(place, what).help("call this request something else"));
            }
        }
        let captures = [node.get("capture"), node.get("http").and_then(|http| http.get("capture"))];
        for capture in captures.into_iter().flatten().flat_map(Node::members) {
            let name = capture.key.as_str();
            if self.games.contains(name) || self.requests.contains_key(name) {
                let what = format!("`{{{name}}}` stands for a game or a request already");
                found.push(JsonError::at(capture.key_span.clone(), what).help("call the capture something else"));
            }
        }
        self.captured.extend(part.capture.keys().map(String::as_str));
        match &part.action {
            Action::Listen(listen) => drop(self.streams.insert(&listen.label)),
            Action::Http(http) => self.captured.extend(http.capture.keys().map(String::as_str)),
            _ => {}
        }
    }

    /// A game, a request or a stream that a step names. A request is one of the game that the step names, if it names one.
    fn check_name(&self, step: &Step, named: &Named<'_>) -> Result<(), JsonError> {
        match named.kind {
            Kind::Game => known("game", named, self.games.iter().copied()),
            Kind::Stream => known("stream", named, self.streams.iter().copied()),
            Kind::Request => {
                known("request", named, self.requests.keys().copied())?;
                let (of, Some(wanted)) = (self.requests[named.label], step.game.as_deref()) else { return Ok(()) };
                if of == wanted || !self.games.contains(wanted) {
                    return Ok(());
                }
                let what =
                    format!("`{}` is a request of the game `{of}`, and this step speaks to `{wanted}`", named.label);
                Err(JsonError::at(named.span.clone(), what)
                    .help(format!("leave `game` out, or name a request of `{wanted}`")))
            }
        }
    }

    /// A placeholder is what a game, a request or a part of an answer is called, or the latest event of one of the former.
    fn check_placeholder(&self, name: &str, span: &Span) -> Result<(), JsonError> {
        let label = name.strip_suffix(".last").unwrap_or(name);
        let Self { games, requests, captured, .. } = self;
        if games.contains(label) || requests.contains_key(label) || captured.contains(name) || name == ALWAYS {
            return Ok(());
        }
        let error = JsonError::at(span.clone(), format!("`{{{name}}}` stands for nothing at this step"));
        let names = games.iter().chain(requests.keys()).chain(captured).copied().chain([ALWAYS]);
        let literal = format!("`{{{{{name}}}}}` is the text `{{{name}}}`");
        Err(match nearest(name, names) {
            Some(near) => error.help(format!("did you mean `{{{near}}}`? {literal}")),
            None => error.help(format!("labels and captures of earlier steps stand for something; {literal}")),
        })
    }
}

fn known<'a>(
    what: &str,
    named: &Named<'_>,
    mut labels: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), JsonError> {
    let Named { label, span, .. } = named;
    if labels.clone().any(|known| known == *label) {
        return Ok(());
    }
    let error = JsonError::at((*span).clone(), format!("no {what} is called `{label}` at this step"));
    Err(match (nearest(label, &mut labels), what) {
        (Some(name), _) => error.help(format!("did you mean `{name}`?")),
        (None, "request") => error.help("a request gets its label by `\"as\": …` at an earlier step"),
        (None, "stream") => error.help("a stream gets its label by `\"listen\": {\"as\": …}` at an earlier step"),
        (None, _) => error.help("more games are declared under `games`"),
    })
}
