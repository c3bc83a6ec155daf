//! The engine as it is measured: one API and worker processes round a Redis, or all in one process; games, and a model.

use std::net::SocketAddr;

use client::Client;
use futures::{StreamExt, TryStreamExt};
use harness_case::profile::Profile;
use harness_events::CaseLog;
use harness_runner::fleet::{Fleet, Surroundings};
use harness_runner::model::{Model, Wire};
use harness_runner::watch::Pulse;
use protocol::{CreateGame, EventId, GameId, QueueView};
use serde_json::{Map, Value, json};

use super::{BenchEnvironment, BenchError};

/// The scenario of the shipped content that is played.
const SCENARIO: &str = "ferry_crossing";
/// How many games are created at the same time.
const CREATING: usize = 16;

/// What is started.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    /// Keeps this deployment's files, keys and model apart from another's.
    pub(super) name: &'a str,
    /// Worker processes; without Redis there is one process for all, whatever is said here.
    pub(super) workers: usize,
    /// How many turns a worker process runs at once.
    pub(super) slots: usize,
    /// How many event streams there will be.
    pub(super) streams: usize,
    /// What the model answers.
    pub(super) script: &'a str,
}

/// A game, and the cursor from which its events continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BenchGame {
    pub(super) id: GameId,
    pub(super) cursor: EventId,
}

/// A running engine. Dropping it ends its processes.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) client: Client,
    pub(super) address: SocketAddr,
    pub(super) model: Model,
    fleet: Fleet,
}

pub(super) fn failed(what: &'static str, reason: impl std::fmt::Display) -> BenchError {
    BenchError::Server { server: "the engine", what, reason: reason.to_string() }
}

/// What the keys of a deployment begin with.
pub(super) fn prefix(name: &str) -> String {
    format!("bench-{name}:")
}

impl Deployment {
    /// Starts it.
    pub(super) async fn open(env: &BenchEnvironment<'_>, setup: &Setup<'_>) -> Result<Self, BenchError> {
        Self::open_with(env, setup, |_| {}).await
    }

    /// Starts it with another configuration.
    pub(super) async fn open_with(
        env: &BenchEnvironment<'_>,
        setup: &Setup<'_>,
        change: impl FnOnce(&mut Value) + Send,
    ) -> Result<Self, BenchError> {
        let Setup { name, workers, slots, streams, script } = *setup;
        let (services, dir) = (env.services, env.subdir(name)?);
        let model = Model::new(env.http.clone(), format!("{}/t/{name}", services.mock_url));
        model.load(script).await?;
        // One process does the work of all workers.
        let slots = if services.redis_url.is_some() { slots } else { slots * workers.max(1) };
        let mut over = json!({
            "content": null,
            "worker": { "concurrent_workers": slots },
            // No limit is measured, and none may be met.
            "queue": { "events_kept": 1_000_000, "max_depth": 10_000_000, "max_depth_per_game": 10_000_000 },
            "sse": { "max_streams": streams + 10, "max_streams_per_client": streams + 10 },
            "http": { "max_connections": streams + 4000, "max_connections_per_address": streams + 4000 },
        });
        change(&mut over);
        let over = if let Value::Object(over) = over { over } else { Map::new() };
        let around = Surroundings {
            services,
            redis_url: None,
            model: &model,
            wire: Wire::default(),
            content: &dir,
            dir: &dir,
            prefix: &prefix(name),
        };
        let (profile, log) = (Profile::story_engine(), CaseLog::default());
        let fleet = Fleet::new(&profile, env.programs, &around, &over, log, Pulse::default())?;
        let url = fleet.start_all(workers).await?;
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        let address = address.parse().map_err(|_| failed("say where it listens", &url))?;
        let client = Client::new(&url).map_err(|error| failed("be called", error))?;
        Ok(Self { client, address, model, fleet })
    }

    /// Creates so many games.
    pub(super) async fn games(&self, count: usize) -> Result<Vec<BenchGame>, BenchError> {
        let create = async || {
            let game = CreateGame { scenario: SCENARIO.to_owned(), ..CreateGame::default() };
            let game = self.client.create_game(&game).await.map_err(|error| failed("create a game", error))?;
            Ok(BenchGame { id: game.id, cursor: game.cursor })
        };
        futures::stream::iter((0..count).map(|_| create())).buffered(CREATING).try_collect().await
    }

    /// What waits, and what runs.
    pub(super) async fn queue(&self) -> Result<QueueView, BenchError> {
        self.client.queue().await.map_err(|error| failed("show its queue", error))
    }

    /// Starts or ends worker processes until there are so many. One that ends lets its turns end first.
    pub(super) async fn scale(&self, workers: usize) -> Result<(), BenchError> {
        self.fleet.scale(workers).await.map_err(|error| failed("have more or fewer workers", error))
    }

    /// Ends it in good order. A process that did not end well, or had ended before, comes back.
    pub(super) async fn stop(self) -> Vec<String> {
        let died = self.fleet.unexpected_end();
        let badly = self.fleet.stop().await;
        self.model.forget().await;
        died.into_iter().chain(badly).collect()
    }
}

/// A script: what every narration says, as fast as can be, and that nothing ever changes.
pub(super) fn script(narration: &str) -> String {
    let text = json!({ "match": { "kind": "text" }, "reply": narration });
    json!({ "entries": [text, nothing_changes()] }).to_string()
}

/// A script's entry that answers what a turn has changed: nothing.
pub(super) fn nothing_changes() -> Value {
    let delta = json!({
        "user_location": null, "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [],
        "game_ended": false,
    });
    json!({ "match": { "kind": "json" }, "reply": { "json": delta } })
}

#[cfg(test)]
mod tests {
    use mock_llm::Script;

    use super::*;

    #[test]
    fn the_script_is_one() {
        Script::parse(&script("It is quiet."), "script").unwrap();
    }
}
