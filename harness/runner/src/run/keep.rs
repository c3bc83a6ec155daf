//! What a step keeps for later steps: parts of the state, of its request, of an event.

use std::sync::Arc;

use harness_case::{EventCapture, Step, StepCapture};
use harness_events::{Failure, Mismatch};
use regex::Regex;
use serde_json::Value;

use super::errors::failed;
use super::settle::Subject;
use super::turn_state;
use super::world::{RequestRun, World};
use crate::expect::compare_places;
use crate::watch::Seen;

/// Keeps everything that the step captures. Whatever it expects has come to hold by now.
pub(super) async fn keep(world: &World, step: &Step, subject: &Subject<'_>) -> Result<(), Failure> {
    for (name, capture) in &step.capture {
        let value = value(world, step, subject, capture).await?;
        let value = value.ok_or_else(|| {
            let place = Mismatch::new(format!("capture.{name}"), capture, "nothing");
            Failure::new(format!("there is nothing to capture as `{name}`")).with(vec![place])
        })?;
        world.capture(name, value);
    }
    Ok(())
}

async fn value(
    world: &World,
    step: &Step,
    subject: &Subject<'_>,
    capture: &StepCapture,
) -> Result<Option<Value>, Failure> {
    let request = match &step.expect.request {
        Some(label) => world.labelled(label),
        None => subject.own.clone(),
    };
    let at = |document: &Value, pointer: &str| document.pointer(pointer).filter(|value| !value.is_null()).cloned();
    Ok(match capture {
        StepCapture::State(pointer) => {
            let own = subject.own.as_ref();
            let events = own.map(|own| events(world, subject, Some(own))).unwrap_or_default();
            let state = turn_state::seen_by(world, subject.game, own, &events).await;
            let state = state.map_err(|error| failed(&error))?;
            at(&state, pointer)
        }
        StepCapture::Request(pointer) => {
            let request =
                request.ok_or_else(|| Failure::new("the step has no request of which a part could be kept"))?;
            at(&world.request_view(&request).await.map_err(|error| failed(&error))?, pointer)
        }
        StepCapture::Response(regex) => {
            let request =
                request.ok_or_else(|| Failure::new("the step has no request of which a part could be kept"))?;
            let shown = world.game_of(&request).watch.as_ref().map(|watch| watch.journal().narration(&request.id));
            first_group(regex, &shown.unwrap_or_default())
        }
        StepCapture::Event(EventCapture { event, request: label, matching, at: pointer }) => {
            let request = label.as_ref().map_or(request, |label| world.labelled(label));
            let mut matching = matching.clone();
            world.fill_places(&mut matching);
            let fits = |seen: &&Arc<Seen>| seen.name == *event && compare_places("", &matching, &seen.data).is_empty();
            let events = events(world, subject, request.as_ref());
            events.iter().rev().find(fits).and_then(|seen| at(&seen.data, pointer))
        }
    })
}

/// The events of a request, or of the step's game.
fn events(world: &World, subject: &Subject<'_>, request: Option<&RequestRun>) -> Vec<Arc<Seen>> {
    let game = request.map_or(subject.game, |request| world.game_of(request));
    let Some(watch) = &game.watch else { return Vec::new() };
    let of_request = |seen: &&Arc<Seen>| request.is_none_or(|request| seen.is_of(&request.id));
    watch.journal().events().iter().filter(of_request).cloned().collect()
}

/// The first group of a regular expression in a text, or all of its first match.
pub(super) fn first_group(regex: &str, text: &str) -> Option<Value> {
    // It was checked when the case was read.
    let found = Regex::new(regex).ok()?.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().into())
}
