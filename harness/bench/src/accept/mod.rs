//! How fast a message is accepted: `POST /v1/chat` in an open loop, over many games and many connections that are kept alive.
//!
//! Nothing is worked off meanwhile, so that accepting is all that is measured: with Redis there is no worker; the one process
//! of the embedded store has one slot, whose model never answers. Afterwards everything that was accepted must be in the queue.

mod report;

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::ChatAccepted;
use serde::Serialize;
use tokio::time::Instant;

pub use report::{Outcome, Report};

use super::deployment::{BenchGame, Deployment, Setup, failed};
use super::open::{self, Posted};
use super::pace::Arrivals;
use super::wire::{Connection, post};
use super::{BenchEnvironment, BenchError, Latency, Machine, allow_files, process};

/// How long before the first message that is counted others are sent at the same rate.
const WARM_UP: Duration = Duration::from_secs(1);
/// How many messages are sent once more under their key in the end.
const REPEATS: usize = 20;
/// File descriptors in addition to those of the connections.
const OTHER_FILES: usize = 300;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Messages per second.
    pub rate: f64,
    /// How long it is counted.
    #[serde(rename = "seconds", serialize_with = "crate::seconds")]
    pub length: Duration,
    /// Over how many games messages are dealt, one after the other.
    pub games: usize,
    /// Over how many connections.
    pub connections: usize,
}

/// Measures it twice: as players send messages, and under an `Idempotency-Key` each.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    allow_files(options.connections + OTHER_FILES)?;
    let has_redis = env.services.redis_url.is_some();
    let idle_because = if has_redis { "no worker runs" } else { "the one slot waits for a model that never answers" };
    let mut outcomes = Vec::new();
    for with_key in [false, true] {
        let name = if with_key { "accept-keys" } else { "accept" };
        let script = stalled();
        let setup = Setup { name, workers: 0, slots: 1, streams: 0, script: &script };
        let deployment = Deployment::open(env, &setup).await?;
        outcomes.push(measure(options, &deployment, with_key).await?);
        // The embedded store's turn never ends, so its process does not end well; that is not what is measured.
        let wrong = deployment.stop().await;
        if let (true, Some(outcome)) = (has_redis, outcomes.last_mut()) {
            outcome.findings.extend(wrong);
        }
    }
    Ok(Report {
        machine: Machine::here(),
        store: env.store(),
        idle_because: idle_because.to_owned(),
        options: options.clone(),
        outcomes,
    })
}

/// A model that never answers.
fn stalled() -> String {
    serde_json::json!({ "entries": [{ "reply": { "text": "…", "fault": { "stall_after_frames": 0 } } }] }).to_string()
}

/// What was answered, as it comes.
#[derive(Debug, Default)]
struct Notes {
    planned: Latency,
    sent: Latency,
    accepted: HashSet<String>,
    doubles: u64,
    refused: u64,
    first_refusal: Option<String>,
}

impl Notes {
    fn take(&mut self, posted: &Posted, counts: bool) {
        if counts {
            self.planned.record(posted.due.elapsed());
            self.sent.record(posted.sent.elapsed());
        }
        if let Some(id) = accepted(&posted.answer.body).filter(|_| posted.answer.status == 200) {
            self.doubles += u64::from(!self.accepted.insert(id));
        } else {
            self.refused += 1;
            self.first_refusal.get_or_insert_with(|| posted.answer.text());
        }
    }
}

fn accepted(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<ChatAccepted>(body).ok().map(|accepted| accepted.request_id.to_string())
}

async fn measure(options: &Options, deployment: &Deployment, with_key: bool) -> Result<Outcome, BenchError> {
    let games = deployment.games(options.games).await?;
    let arrivals = Arrivals::new(Instant::now(), options.rate, WARM_UP + options.length);
    let first = Arrivals::new(Instant::now(), options.rate, WARM_UP).count();
    let notes = Arc::new(Mutex::new(Notes::default()));
    let answered = {
        let notes = Arc::clone(&notes);
        move |posted: Posted| {
            notes.lock().unwrap_or_else(PoisonError::into_inner).take(&posted, posted.number >= first);
        }
    };
    let before = process::cpu_by_name();
    let request = |number| message(&games, number, with_key);
    let lag = open::run(&arrivals, deployment.address, options.connections, request, answered).await;
    let lag = lag.map_err(|error| failed("take messages", error))?;
    let cpu = process::cpu_between(&before, &process::cpu_by_name());

    let notes = std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner));
    let mut findings = Vec::new();
    if let Some(answer) = &notes.first_refusal {
        findings.push(format!("{} messages were not accepted; the first: {answer}", notes.refused));
    }
    if notes.doubles > 0 {
        findings.push(format!("{} messages were accepted as another one", notes.doubles));
    }
    let queue = deployment.queue().await?;
    let (kept, accepted) = (queue.depth + queue.active, notes.accepted.len() as u64);
    if kept != accepted {
        findings.push(format!("{accepted} messages were accepted, and the queue holds {kept}"));
    }
    if with_key {
        let again = repeat(&games, deployment, arrivals.count(), &notes.accepted).await;
        findings.extend(again.map_err(|error| failed("take a message again", error))?);
        if deployment.queue().await?.depth + queue.active != kept {
            findings.push("a message that was sent again under its key was queued again".to_owned());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of messages are far below 2^53")]
    let each = |seconds: f64| seconds * 1000.0 / (arrivals.count() as f64).max(1.0);
    Ok(Outcome {
        with_key,
        accepted,
        refused: notes.refused,
        planned: notes.planned.summary(),
        sent: notes.sent.summary(),
        lag,
        cpu_ms: cpu.into_iter().map(|(name, seconds)| (name, each(seconds))).collect(),
        findings,
    })
}

/// The message with this number; the same one for the same number.
fn message(games: &[BenchGame], number: u64, with_key: bool) -> Vec<u8> {
    let game = games[usize::try_from(number).unwrap_or(usize::MAX) % games.len()].id;
    let key = if with_key { format!("Idempotency-Key: message-{number}-{game}\r\n") } else { String::new() };
    let body = format!(r#"{{"game_state_id":"{game}","message":"I look around, and then once more, for {number}."}}"#);
    post("/v1/chat", &format!("Content-Type: application/json\r\n{key}"), &body)
}

/// Sends the last messages once more: each must be answered as a message that was accepted already.
async fn repeat(
    games: &[BenchGame],
    deployment: &Deployment,
    sent: u64,
    known: &HashSet<String>,
) -> io::Result<Vec<String>> {
    let mut connection = Connection::open(deployment.address).await?;
    let mut findings = Vec::new();
    for number in (0..sent).rev().take(REPEATS) {
        let answer = connection.send(&message(games, number, true)).await?;
        if !accepted(&answer.body).is_some_and(|id| known.contains(&id)) {
            findings.push(format!("message {number}, sent again under its key, is answered: {}", answer.text()));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use mock_llm::Script;
    use protocol::{EventId, GameId};

    use super::*;

    #[test]
    fn messages_are_dealt_to_the_games_in_turn_and_keys_are_theirs_alone() {
        let cursor = EventId { epoch: 1, offset: 0 };
        let games: Vec<BenchGame> = (0..3).map(|_| BenchGame { id: GameId::new(), cursor }).collect();
        let text = |number, with_key| String::from_utf8(message(&games, number, with_key)).unwrap();
        assert!(text(4, false).contains(&games[1].id.to_string()) && !text(4, false).contains("Idempotency-Key"));
        assert_eq!(text(4, true), text(4, true));
        assert!(text(7, true).contains("Idempotency-Key: message-7-"));
    }

    #[test]
    fn the_model_that_never_answers_is_a_script() {
        Script::parse(&stalled(), "script").unwrap();
    }
}
