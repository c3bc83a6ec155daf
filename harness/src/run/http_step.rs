//! A step that makes an HTTP request of its own, and one that reads a request's own stream.

use std::time::Duration;

use client::Item;
use futures::StreamExt;
use protocol::EventId;
use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::world::{World, failed};
use crate::case::{EventList, Expect, HttpStep, RequestStream};
use crate::expect::{Mismatch, Observed, check, matches_places, substitute};
use crate::report::{Failure, Source};
use crate::watch::Seen;

/// Sends the request and compares the answer.
pub(super) async fn send(world: &World, step: &HttpStep, deadline: Instant) -> Result<(), Failure> {
    let (_, base_url) = world.api();
    let label = |name: &str| world.id_of(name);
    let replaced = |value: Value| {
        let mut value = value;
        substitute(&mut value, &label);
        value
    };
    let path = replaced(Value::from(step.path.as_str()));
    let path = path.as_str().unwrap_or_default();
    let method = Method::from_bytes(step.method.to_uppercase().as_bytes()).map_err(|error| failed(&error))?;
    let mut request = world.http.request(method.clone(), format!("{base_url}{path}")).timeout(remaining(deadline));
    for (name, value) in &step.headers {
        let value = replaced(Value::from(value.as_str()));
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    if let Some(body) = &step.body {
        request = request.json(&replaced(body.clone()));
    } else if let Some(body) = &step.raw_body {
        request = request.body(body.clone());
    }
    let answer = request
        .send()
        .await
        .map_err(|error| Failure::new(format!("{method} {path}: {}", crate::http::innermost(&error))))?;
    let status = answer.status();
    let headers = answer.headers().clone();
    let text = answer.text().await.map_err(|error| failed(&error))?;
    world.log.note(Source::Http, format!("{method} {path} → {status} {text}"));

    let mut wrong = Vec::new();
    match step.expect.status {
        Some(expected) if expected != status.as_u16() => {
            wrong.push(Mismatch::new("http.expect.status", expected, format!("{status} {text}")));
        }
        None if !status.is_success() => {
            wrong.push(Mismatch::new("http.expect.status", "2xx", format!("{status} {text}")));
        }
        _ => {}
    }
    for (name, expected) in &step.expect.headers {
        let actual = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("nothing");
        if actual != expected {
            wrong.push(Mismatch::new(format!("http.expect.headers.{name}"), expected, actual));
        }
    }
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    let places = replaced(Value::Object(step.expect.json.clone()));
    wrong
        .extend(places.as_object().map(|places| matches_places("http.expect.json", places, &body)).unwrap_or_default());
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("{method} {path} is answered otherwise")).with(wrong))
    }
}

/// Opens a request's own stream and reads it until the engine ends it.
pub(super) async fn read_stream(world: &World, step: &RequestStream, deadline: Instant) -> Result<(), Failure> {
    let request = world
        .labelled(&step.request)
        .ok_or_else(|| Failure::new(format!("no request is called `{}`", step.request)))?;
    let mut items = world.api().0.request_events(request.id);
    let mut events = Vec::new();
    let read = async {
        while let Some(item) = items.next().await {
            match item {
                Item::Event { id, event } => {
                    let data = serde_json::from_str(&event.data()).unwrap_or_default();
                    let id = id.unwrap_or(EventId { epoch: 0, offset: 0 });
                    events.push(Seen {
                        at: world.log.elapsed(),
                        id,
                        name: event.name().to_owned(),
                        data,
                        event: Some(event),
                    });
                }
                Item::Failed(error) => return Err(failed(&error)),
                Item::Gap { expected, found } => {
                    return Err(Failure::new(format!(
                        "the stream of `{}` leaves out {expected} to {found}",
                        step.request
                    )));
                }
                Item::Connected { .. } | Item::Snapshot(_) | Item::Reset(_) | Item::Disconnected { .. } => {}
            }
        }
        Ok(())
    };
    match tokio::time::timeout_at(deadline, read).await {
        Ok(result) => result?,
        Err(_) => {
            return Err(Failure::new(format!("the stream of `{}` had not ended before the time limit", step.request)));
        }
    }
    if !events.last().and_then(|seen| seen.event.as_ref()).is_some_and(protocol::Event::is_terminal) {
        return Err(Failure::new(format!("the stream of `{}` ended without a last event", step.request)));
    }
    let wrong = step.events.as_ref().map_or_else(Vec::new, |list: &EventList| {
        let expect = Expect { events: Some(list.clone()), ..Expect::default() };
        check(&expect, &Observed { events: events.iter().collect(), labels: world.labels(), ..Observed::default() })
    });
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("the stream of `{}` brings other events", step.request)).with(wrong))
    }
}

fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
