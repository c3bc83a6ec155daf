//! The calls behind the commands, each with the timing that a player would have.

use std::time::Duration;

use client::{Client, ClientError};
use futures::future::try_join_all;
use protocol::{
    ChatRequest, CreateGame, GameId, GameSummary, GameView, IfBusy, ProblemType, RequestId, RequestView, StopRequest,
};
use tokio::time::{Instant, sleep};

use super::watch::SILENCE;
use crate::app::{Menu, NetMessage, Opened};

/// How many games the first screen searches, and how many it asks for at once.
const GAMES: usize = 500;
const PAGE: u32 = 100;

/// How long an engine that is not there is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Between two tries.
    pub(crate) pause: Duration,
    /// How long the event stream may be silent while something is awaited.
    pub(crate) silence: Duration,
    /// From the first try to send a message to the last.
    pub(crate) sending: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { pause: Duration::from_secs(1), silence: SILENCE, sending: Duration::from_secs(30) }
    }
}

/// What there is to play.
pub(super) async fn menu(client: &Client) -> Result<Menu, String> {
    let lists = tokio::try_join!(games(client), client.scenarios(), client.pcs());
    let (games, scenarios, pcs) = lists.map_err(|error| error.to_string())?;
    Ok(Menu { games, scenarios, pcs })
}

/// The latest games, page by page.
async fn games(client: &Client) -> Result<Vec<GameSummary>, ClientError> {
    let mut games = Vec::new();
    let mut after = None;
    loop {
        let page = client.games(Some(PAGE), after.as_deref()).await?;
        games.extend(page.games);
        after = page.next;
        if after.is_none() || games.len() >= GAMES {
            return Ok(games);
        }
    }
}

/// Begins a game and opens it.
pub(super) async fn create(client: &Client, create: CreateGame) -> Result<Box<Opened>, String> {
    let game = client.create_game(&create).await.map_err(|error| error.to_string())?;
    let scenario = scenario_name(client, &game).await;
    Ok(Box::new(Opened { game, scenario, unfinished: Vec::new() }))
}

/// Opens a game; with a pause between tries, as soon as there is an engine that answers.
pub(super) async fn open(client: &Client, game: GameId, pause: Option<Duration>) -> Result<Box<Opened>, String> {
    loop {
        match read(client, game).await {
            Ok((game, unfinished)) => {
                let scenario = scenario_name(client, &game).await;
                return Ok(Box::new(Opened { game, scenario, unfinished }));
            }
            Err(error) => match pause {
                Some(pause) if error.is_transient() => sleep(pause).await,
                _ => return Err(error.to_string()),
            },
        }
    }
}

/// A game and its unfinished requests at one moment: between the two reads of the game no turn has ended. What happens
/// after the first read comes as events.
async fn read(client: &Client, id: GameId) -> Result<(GameView, Vec<RequestView>), ClientError> {
    let mut game = client.game(id).await?;
    loop {
        let lane = client.lane(id).await?;
        let unfinished = try_join_all(lane.requests.into_iter().map(|request| client.request(request))).await?;
        let now = client.game(id).await?;
        if now.version == game.version {
            return Ok((game, unfinished.into_iter().filter(|request| !request.status.is_terminal()).collect()));
        }
        game = now;
    }
}

async fn scenario_name(client: &Client, game: &GameView) -> String {
    let id = game.state.scenario.as_str();
    // A name is not worth a failure.
    let scenarios = client.scenarios().await.unwrap_or_default();
    Menu { scenarios, ..Menu::default() }.scenario_name(id)
}

/// Sends a message. It goes under one key, which makes it safe to repeat after a lost answer: the engine accepts it once.
pub(super) async fn send(client: &Client, local: u64, game: GameId, message: String, timing: Timing) -> NetMessage {
    let chat = ChatRequest { game_state_id: game, message, actor: None, if_busy: IfBusy::Enqueue, stream: None };
    let key = RequestId::new().to_string();
    let until = Instant::now() + timing.sending;
    loop {
        match client.chat_once(&chat, &key).await {
            Ok(accepted) => return NetMessage::Accepted { local, request: accepted.request_id },
            Err(error) if error.is_transient() && Instant::now() < until => {
                sleep(timing.pause).await;
            }
            Err(error) => return NetMessage::NotSent { local, reason: error.to_string() },
        }
    }
}

/// Cancels a request. What has ended in the meantime is shown as it has ended, and is no trouble.
pub(super) async fn cancel(client: &Client, request: RequestId) -> Option<NetMessage> {
    match client.cancel(request).await {
        Ok(_) => None,
        Err(error) if error.problem_type() == Some(ProblemType::RequestFinished) => None,
        Err(error) => Some(NetMessage::Refused(format!("It could not be stopped: {error}"))),
    }
}

/// Ends a narration and keeps its text so far.
pub(super) async fn stop(client: &Client, request: RequestId) -> Option<NetMessage> {
    match client.stop(request, StopRequest { keep: true }).await {
        Ok(_) => None,
        Err(error) if error.problem_type() == Some(ProblemType::RequestFinished) => None,
        Err(error) => Some(NetMessage::Refused(format!("It could not be stopped: {error}"))),
    }
}

/// Whether there is an engine, and the game if one is named: asked before the screen is taken over.
pub(crate) async fn check(client: &Client, game: Option<GameId>) -> Result<(), ClientError> {
    match game {
        Some(game) => client.game(game).await.map(drop),
        None => client.health().await,
    }
}
