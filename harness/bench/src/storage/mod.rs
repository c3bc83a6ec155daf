//! How much a store holds: for a game without turns, and for each turn.
//!
//! The same deployment is started three times and ended in good order: for nothing, to create games, and to play turns that the model
//! streams word by word, as a real one does. What the store has grown by is theirs. On demand it is started once more, until the events of the games have
//! gone. Redis is asked for each key
//! (`MEMORY USAGE`, with all samples); of the embedded store the size of its file is taken, after its write-ahead log is in it.

mod report;
mod sizes;

use std::time::Duration;

use client::Item;
use futures::StreamExt;
use protocol::{ChatRequest, Event, IfBusy, Priority, RenameGame};
use serde::Serialize;
use serde_json::Value;

pub use report::Report;
pub use sizes::{Kind, Sizes};

use super::deployment::{BenchGame, Deployment, Setup, failed};
use super::narration_pace::Pace;
use super::{BenchEnvironment, BenchError, Machine, allow_files};

/// File descriptors in addition to those of the games.
const OTHER_FILES: usize = 200;
/// How long a turn may take on top of the model's own time, before `HARNESS_TIME_FACTOR` stretches it.
const GRACE: Duration = Duration::from_secs(20);
/// What every player says.
const MESSAGE: &str = "I look around, and then I ask the ferryman whether he will take me across tonight.";

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// How many games there are, played at the same time.
    pub games: usize,
    /// How many turns each has.
    pub turns: usize,
    /// How the model streams them.
    pub pace: Pace,
    /// Whether to measure also what is left once the games have rested for so long that their events have gone.
    pub rest: bool,
}

/// Measures the store.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    allow_files(options.games * 2 + OTHER_FILES)?;
    let script = options.pace.script();
    let setup = Setup { name: "storage", workers: 1, slots: options.games, streams: options.games, script: &script };
    let mut findings = Deployment::open(env, &setup).await?.stop().await;
    let empty = sizes::of(env, &setup).await?;

    let deployment = Deployment::open(env, &setup).await?;
    let games = deployment.games(options.games).await?;
    findings.extend(deployment.stop().await);
    let unplayed = sizes::of(env, &setup).await?;

    let deployment = Deployment::open(env, &setup).await?;
    let players = games.iter().map(|game| play(&deployment, game, options));
    findings.extend(futures::future::join_all(players).await.into_iter().filter_map(Result::err));
    findings.extend(deployment.stop().await);
    let mut stored = vec![empty, unplayed, sizes::of(env, &setup).await?];

    if options.rest {
        let deployment = Deployment::open_with(env, &setup, forget_soon).await?;
        for game in &games {
            rest(&deployment, game).await?;
        }
        findings.extend(deployment.stop().await);
        stored.push(sizes::of(env, &setup).await?);
    }
    Ok(Report::new(Machine::here(), env.store(), options, stored, findings))
}

/// Lets events go as soon as an engine does.
fn forget_soon(config: &mut Value) {
    config["queue"]["events_ttl_seconds"] = 1.into();
    config["sse"]["keepalive_seconds"] = 1.into();
}

/// Waits until the events of a game have gone: a reader from its beginning is reset then. The wait begins with the last event, so there is one more.
async fn rest(deployment: &Deployment, game: &BenchGame) -> Result<(), BenchError> {
    let (client, name) = (&deployment.client, RenameGame { name: Some("-".to_owned()) });
    client.rename(game.id, &name, "rest").await.map_err(|error| failed("rename a game", error))?;
    let mut again = tokio::time::interval(Duration::from_millis(100));
    let gone = async {
        loop {
            // Nothing announces that something has gone.
            again.tick().await;
            let mut events = client.game_events(game.id, game.cursor);
            loop {
                match events.next().await {
                    Some(Item::Reset(_)) => return,
                    Some(Item::Connected { .. }) => {}
                    _ => break,
                }
            }
        }
    };
    let limit = harness_runner::stretched(GRACE);
    tokio::time::timeout(limit, gone).await.map_err(|_| failed("let events go", format!("not within {limit:?}")))
}

/// Plays a game's turns, one after the other; an error says which one did not go well.
async fn play(deployment: &Deployment, game: &BenchGame, options: &Options) -> Result<(), String> {
    let limit = options.pace.due(options.pace.words) + harness_runner::stretched(GRACE);
    for turn in 1..=options.turns {
        let played = tokio::time::timeout(limit, play_turn(deployment, game)).await;
        played
            .map_err(|_| format!("not over after {} s", limit.as_secs()))
            .and_then(|played| played)
            .map_err(|reason| format!("game {}, turn {turn}: {reason}", game.id))?;
    }
    Ok(())
}

async fn play_turn(deployment: &Deployment, game: &BenchGame) -> Result<(), String> {
    let message = ChatRequest {
        game_state_id: game.id,
        message: MESSAGE.to_owned(),
        actor: None,
        if_busy: IfBusy::Enqueue,
        priority: Priority::Normal,
        stream: None,
    };
    let accepted =
        deployment.client.chat(&message).await.map_err(|error| failed("take a message", error).to_string())?;
    let mut events = deployment.client.request_events(accepted.request_id);
    while let Some(item) = events.next().await {
        match item {
            Item::Event { event: Event::RequestCompleted(_), .. } => return Ok(()),
            Item::Event { event, .. } if event.is_terminal() => {
                return Err(format!("{} {}", event.name(), event.data()));
            }
            Item::Failed(error) => return Err(error.to_string()),
            _ => {}
        }
    }
    Err("its events ended before it did".to_owned())
}

impl Options {
    /// What a turn says: the message and the narration, in bytes.
    fn text(&self) -> usize {
        MESSAGE.len() + self.pace.pieces().concat().trim_end().len()
    }
}
