//! Checks labels across the steps of a case: the games, requests and streams that a step names, and what the placeholders
//! of its texts stand for, must be defined by then.

use std::collections::BTreeSet;

use super::step::{Action, Chat, Step};
use super::{DEFAULT_GAME, EventList, Game, StepCapture, placeholder, texts};
use crate::error::MISTAKES_MAX;
use crate::json::{JsonError, Node, Span, nearest};

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
        there.add_all_of(step, node, &mut found);
        // Within one step everybody acts at the same time, so what one of them makes another one may name.
        for part in step.with_children() {
            found.extend(there.check_names(part, node).err());
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
    requests: BTreeSet<&'a str>,
    streams: BTreeSet<&'a str>,
    captured: BTreeSet<&'a str>,
}

/// What stands for something in every case.
const ALWAYS: &str = "prefix";

impl<'a> There<'a> {
    /// Adds what a step makes.
    fn add_all_of(&mut self, step: &'a Step, node: &Node, found: &mut Vec<JsonError>) {
        for part in step.with_children() {
            if let Action::Chat(Chat { label: Some(label), .. }) | Action::WaitForStoryEvent { label: Some(label) } =
                &part.action
                && (self.games.contains(label.as_str()) || !self.requests.insert(label))
            {
                found.push(JsonError::at(node.span.clone(), format!("the label `{label}` is taken")));
            }
            self.captured.extend(part.capture.keys().map(String::as_str));
            match &part.action {
                Action::Listen(listen) => drop(self.streams.insert(&listen.label)),
                Action::Http(http) => self.captured.extend(http.capture.keys().map(String::as_str)),
                _ => {}
            }
        }
    }

    /// The games, requests and streams that a step names.
    fn check_names(&self, part: &Step, node: &Node) -> Result<(), JsonError> {
        known("game", part.game.as_deref().unwrap_or(DEFAULT_GAME), &self.games, node)?;
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
            known("request", label, &self.requests, node)?;
        }
        for label in stream.into_iter().chain(part.expect.listener.as_deref()) {
            known("stream", label, &self.streams, node)?;
        }
        Ok(())
    }

    /// A placeholder is what a game, a request or a part of an answer is called, or the latest event of one of the former.
    fn check_placeholder(&self, name: &str, span: &Span) -> Result<(), JsonError> {
        let label = name.strip_suffix(".last").unwrap_or(name);
        let Self { games, requests, captured, .. } = self;
        if games.contains(label) || requests.contains(label) || captured.contains(name) || name == ALWAYS {
            return Ok(());
        }
        let error = JsonError::at(span.clone(), format!("`{{{name}}}` stands for nothing at this step"));
        let names = games.iter().chain(requests).chain(captured).copied().chain([ALWAYS]);
        let literal = format!("`{{{{{name}}}}}` is the text `{{{name}}}`");
        Err(match nearest(name, names) {
            Some(near) => error.help(format!("did you mean `{{{near}}}`? {literal}")),
            None => error.help(format!("labels and captures of earlier steps stand for something; {literal}")),
        })
    }
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
