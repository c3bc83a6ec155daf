//! A step that makes an HTTP request of its own.

use std::time::Duration;

use harness_case::{Capture, HttpStep};
use harness_events::Mismatch;
use harness_events::{Entry, Failure, Source};
use regex::Regex;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::branch::Branch;
use super::errors::failed;
use super::keep::first_group;
use super::outcome::{Look, until};
use super::world::World;
use crate::expect::{compare_members, compare_places};

/// What was answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

/// Makes the request, compares the answer, and keeps what is to be kept of it.
pub(super) async fn run(world: &World, branch: &Branch<'_>, step: &HttpStep, deadline: Instant) -> Result<(), Failure> {
    let answer = if step.eventually {
        until(world, branch, deadline, async || {
            let answer = match send(world, step, deadline).await {
                Ok(answer) => answer,
                Err(failure) => return Look::NotYetInTime(failure),
            };
            match compare(world, step, &answer) {
                Ok(()) => Look::Done(answer),
                Err(failure) => Look::NotYetInTime(failure),
            }
        })
        .await?
    } else {
        let answer = send(world, step, deadline).await?;
        compare(world, step, &answer)?;
        answer
    };
    let body = serde_json::from_str(&answer.text).unwrap_or_else(|_| Value::from(answer.text.as_str()));
    for (name, capture) in &step.capture {
        let value = captured(capture, &answer, &body).ok_or_else(|| {
            let place = Mismatch::new(format!("http.capture.{name}"), capture, &answer.text);
            Failure::new(format!("there is nothing to capture as `{name}`")).with(vec![place])
        })?;
        world.capture(name, value);
    }
    if let Some(name) = &step.snapshot {
        world.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((name.clone(), body));
    }
    Ok(())
}

async fn send(world: &World, step: &HttpStep, deadline: Instant) -> Result<Answer, Failure> {
    let path = world.filled(&step.path);
    let method = Method::from_bytes(step.method.to_uppercase().as_bytes()).map_err(|error| failed(&error))?;
    let base = if step.operators { operators_url(world, deadline).await? } else { world.players_url() };
    let url = format!("{base}{path}");
    let mut request = world.http.request(method.clone(), url).timeout(remaining(deadline));
    for (name, value) in &step.headers {
        request = request.header(name, world.filled(value));
    }
    if let Some(body) = &step.body {
        let mut body = body.clone();
        world.fill(&mut body);
        // A content type of the step's own replaces that of JSON.
        let own = step.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
        request = if own { request.body(body.to_string()) } else { request.json(&body) };
    } else if let Some(body) = &step.raw_body {
        request = request.body(world.filled(body));
    }
    let began = world.log.elapsed();
    let _asking = world.asking.read().await;
    let answer = request
        .send()
        .await
        .map_err(|error| Failure::new(format!("{method} {path}: {}", crate::http::innermost(&error))))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.map_err(|error| failed(&error))?;
    let line = format!("{method} {path} → {status} {text}");
    world.log.push(Entry::new(began, Source::Http, line).until(world.log.elapsed()));
    Ok(Answer { status: status.as_u16(), headers, text })
}

async fn operators_url(world: &World, deadline: Instant) -> Result<String, Failure> {
    match tokio::time::timeout_at(deadline, world.operators_url()).await {
        Ok(Some(url)) => Ok(url),
        Ok(None) | Err(_) => Err(Failure::new(
            "no process says where it serves operators: `operators` of a process in the profile finds it in what that prints, \
             and `--operators-url` names that of a service that is there already"
                .to_owned(),
        )),
    }
}

fn compare(world: &World, step: &HttpStep, answer: &Answer) -> Result<(), Failure> {
    let expect = &step.expect;
    let mut wrong = Vec::new();
    let Answer { status, headers, text } = answer;
    match expect.status {
        Some(expected) if expected != *status => {
            wrong.push(Mismatch::new("http.expect.status", expected, format!("{status} {text}")));
        }
        None if !(200..300).contains(status) => {
            wrong.push(Mismatch::new("http.expect.status", "2xx", format!("{status} {text}")));
        }
        _ => {}
    }
    let there = headers.iter().filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))));
    let mut expected = Value::Object(lower_case(&expect.headers));
    world.fill(&mut expected);
    let expected =
        expected.as_object().map(|expected| compare_members("http.expect.headers", expected, &there.collect()));
    wrong.extend(expected.unwrap_or_default());
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let mut places = Value::Object(expect.json.clone());
    world.fill(&mut places);
    let places = places.as_object();
    wrong.extend(places.map(|places| compare_places("http.expect.json", places, &body)).unwrap_or_default());
    for part in expect.body_contains.iter().map(|part| world.filled(part)).filter(|part| !text.contains(part)) {
        wrong.push(Mismatch::new("http.expect.body_contains", part, text));
    }
    // Unfilled, a placeholder would stand for a text that no body ever contains.
    for part in expect.body_not_contains.iter().map(|part| world.filled(part)).filter(|part| text.contains(part)) {
        wrong.push(Mismatch::new("http.expect.body_not_contains", format!("no {part}"), text));
    }
    if let Some(regex) = expect.body_regex.as_ref().filter(|regex| !matches(regex, text)) {
        wrong.push(Mismatch::new("http.expect.body_regex", regex, text));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} {} is answered otherwise", step.method, step.path)).with(wrong))
    }
}

/// Names of headers mean the same in either case; those of an answer are lower case.
fn lower_case(headers: &Map<String, Value>) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

/// Whether a text matches a regular expression, which was checked when the case was read.
fn matches(regex: &str, text: &str) -> bool {
    Regex::new(regex).is_ok_and(|regex| regex.is_match(text))
}

fn captured(capture: &Capture, answer: &Answer, body: &Value) -> Option<Value> {
    match capture {
        Capture::Json(pointer) => body.pointer(pointer).filter(|value| !value.is_null()).cloned(),
        Capture::Header(name) => answer.headers.get(name)?.to_str().ok().map(Value::from),
        Capture::Regex(regex) => first_group(regex, &answer.text),
    }
}

fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
