//! The engine: games whose state is patched, and their event streams.

use std::net::SocketAddr;
use std::time::Duration;

use client::Client;
use harness_runner::fleet::engine_config;
use harness_runner::model::Model;
use harness_runner::services::{Launch, Process};
use protocol::{CreateGame, EventId, GameId};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::publish::Publisher;
use super::{Options, Server};
use crate::process::Group;
use crate::{BenchEnvironment, BenchError};

/// The scenario of the shipped content that is played.
const SCENARIO: &str = "ferry_crossing";
/// How long the engine may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running engine.
pub(super) struct Engine {
    process: Process,
    client: Client,
    address: SocketAddr,
    games: Vec<(GameId, EventId)>,
    store: &'static str,
}

fn failed(what: &'static str, reason: impl std::fmt::Display) -> BenchError {
    BenchError::Server { server: "the engine", what, reason: reason.to_string() }
}

/// Starts an engine with its games.
pub(super) async fn start(options: &Options, env: &BenchEnvironment<'_>) -> Result<Engine, BenchError> {
    let over = json!({
        "content": null,
        "sse": { "max_streams": options.subscribers + 10, "max_streams_per_client": options.subscribers + 10 },
        "http": {
            "max_connections": options.subscribers + 100,
            "max_connections_per_address": options.subscribers + 100,
        },
        "queue": { "events_kept": 1_000_000 },
    });
    let over = if let Value::Object(over) = over { over } else { Map::new() };
    let model = Model::new(env.http.clone(), env.services.mock_url.clone());
    let config = engine_config(env.services, &model, env.dir, env.dir, "bench:", &over);
    let path = env.dir.join("engine.json");
    std::fs::write(&path, format!("{config:#}")).map_err(|source| BenchError::File { path: path.clone(), source })?;
    let program = env.programs.engine()?;
    let args = ["--config", &path.display().to_string(), "--listen", "127.0.0.1:0"].map(str::to_owned);
    let launch = Launch::new("engine", &program, args, env.dir, "listening on");
    let (process, line) = Process::start(launch, env.programs).await?;
    let url = line.split_whitespace().last().unwrap_or_default();
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let address = address.parse().map_err(|_| failed("say where it listens", format!("it says `{line}`")))?;
    let client = Client::new(url).map_err(|error| failed("be called", error))?;
    let mut games = Vec::new();
    for _ in 0..options.games {
        let create = CreateGame { scenario: SCENARIO.to_owned(), ..CreateGame::default() };
        let game = client.create_game(&create).await.map_err(|error| failed("create a game", error))?;
        games.push((game.id, game.cursor));
    }
    let store = if env.services.redis_url.is_some() { "Redis" } else { "embedded" };
    Ok(Engine { process, client, address, games, store })
}

impl Server for Engine {
    fn name(&self) -> String {
        format!("story-engine ({})", self.store)
    }

    fn group(&self) -> Group {
        Group(self.process.id())
    }

    fn stream(&self, game: usize) -> (SocketAddr, String) {
        let (game, cursor) = self.games[game];
        (self.address, format!("/v1/events/games/{game}?last_event_id={cursor}"))
    }

    fn publisher(&self, game: usize) -> impl Publisher + 'static {
        Patcher { client: self.client.clone(), game: self.games[game].0 }
    }

    async fn replay(&self, events: usize) -> Result<Option<Duration>, BenchError> {
        let create = CreateGame { scenario: SCENARIO.to_owned(), ..CreateGame::default() };
        let game = self.client.create_game(&create).await.map_err(|error| failed("create a game", error))?.id;
        let mut patcher = Patcher { client: self.client.clone(), game };
        for number in 1..=events as u64 {
            patcher.publish(number).await?;
        }
        let start = Instant::now();
        let read = async {
            let mut stream = TcpStream::connect(self.address).await?;
            let path = format!("/v1/events/games/{game}?last_event_id=0");
            stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: engine\r\n\r\n").as_bytes()).await?;
            let mut lines = 0;
            let mut buffer = vec![0; 64 * 1024];
            // A frame has three lines and ends with an empty one: two line feeds in a row.
            let mut after_line_feed = false;
            // The head of the answer ends otherwise, the opening block as a frame does.
            while lines <= events {
                let read = stream.read(&mut buffer).await?;
                if read == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                for byte in &buffer[..read] {
                    lines += usize::from(after_line_feed && *byte == b'\n');
                    after_line_feed = *byte == b'\n';
                }
            }
            Ok(start.elapsed())
        };
        let read: std::io::Result<Duration> = read.await;
        read.map(Some).map_err(|error| failed("replay a log", error))
    }

    async fn stop(self) -> Result<Duration, BenchError> {
        let start = Instant::now();
        self.process.terminate(harness_runner::stretched(STOP_LIMIT)).await.map_err(|reason| failed("end", reason))?;
        Ok(start.elapsed())
    }
}

/// Each patch of a game is one event, `game.state_updated`, with the game's next version.
struct Patcher {
    client: Client,
    game: GameId,
}

impl Publisher for Patcher {
    async fn publish(&mut self, number: u64) -> Result<(), BenchError> {
        let patched = self.client.patch_game(self.game, &json!({ "turn_counter": number }), None).await;
        let version = patched.map_err(|error| failed("patch a game", error))?.version;
        if version == number + 1 {
            return Ok(());
        }
        Err(failed("count", format!("event {number} has made version {version}")))
    }
}
