//! Expectations that are about a request, in a step that has none. Nothing is known of it at run time, which fulfils a greatest
//! length and fails everything else.

use super::{There, game_of};
use crate::json::{JsonError, Kind, Node, Span};
use crate::step::{Action, Step};

/// The expectations that are about a request.
const ABOUT: [&str; 11] = [
    "status",
    "attempt",
    "error",
    "response_contains",
    "response_not_contains",
    "response_regex",
    "response_min_length",
    "response_max_length",
    "story_event_contains",
    "story_event_not_contains",
    "story_event_exact",
];

impl There<'_> {
    /// What a step expects or keeps of a request is of the one that it makes, finds or names.
    pub(super) fn check_request(&self, step: &Step, node: &Node) -> Result<(), JsonError> {
        let has_own = matches!(step.action, Action::Chat(_) | Action::WaitForStoryEvent { .. });
        if has_own || step.expect.request.is_some() {
            return Ok(());
        }
        let Some(Found { place, adding }) = of_expectations(node).or_else(|| of_captures(node)) else { return Ok(()) };
        let error = match self.meant(step, node) {
            Some(label) => JsonError::at(place, format!("this step has no request: add {}", adding(label))),
            None => JsonError::at(place, "this step has no request").help(format!(
                "give the step that sends it a label, `\"as\": \"look\"`, and add {} here",
                adding("look")
            )),
        };
        let is_of_answer =
            matches!(step.action, Action::Http(_)) && node.get("expect").is_some_and(|it| it.get("status").is_some());
        Err(if is_of_answer {
            error.help("the status of the answer belongs into `http.expect`, as a number")
        } else {
            error
        })
    }

    /// The request that is meant: the one that the step's action speaks of, or else the nearest one before it, first of all
    /// in the same game.
    fn meant<'a>(&'a self, step: &Step, node: &'a Node) -> Option<&'a str> {
        let spoken_of =
            ["wait_for", "stream", "listen"].iter().find_map(|key| match &node.get(key)?.get("request")?.kind {
                Kind::String(label) => Some(label.as_str()),
                _ => None,
            });
        let before = |game: Option<&str>| {
            let fits = |(_, of): &&(&str, &str)| game.is_none_or(|game| *of == game);
            self.earlier.iter().rev().find(fits).map(|(label, _)| *label)
        };
        let of_other_game = || if step.game.is_none() { before(None) } else { None };
        spoken_of.or_else(|| before(Some(game_of(step)))).or_else(of_other_game)
    }
}

/// Where a request is spoken of, and how one is named there.
struct Found {
    place: Span,
    adding: fn(&str) -> String,
}

fn of_expectations(step: &Node) -> Option<Found> {
    let member = step.get("expect")?.members().iter().find(|member| ABOUT.contains(&member.key.as_str()))?;
    Some(Found { place: member.key_span.clone(), adding: |label| format!("`\"request\": \"{label}\"`") })
}

fn of_captures(step: &Node) -> Option<Found> {
    let is_of_request = |capture: &Node| ["request", "response"].iter().any(|key| capture.get(key).is_some());
    let member = step.get("capture")?.members().iter().find(|member| is_of_request(&member.value))?;
    Some(Found {
        place: member.key_span.clone(),
        adding: |label| format!("`\"expect\": {{\"request\": \"{label}\"}}`"),
    })
}
